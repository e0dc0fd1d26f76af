--- Text for people: sizes, and bytes that a terminal may not see raw.
local text = {}

local UNITS = { "KB", "MB", "GB", "TB", "PB" }

--- A number of bytes in decimal units, as disks and hosts count: `517 bytes`, `26.4 MB`.
-- @param bytes integer
-- @return string
function text.size(bytes)
  if bytes < 1000 then
    return ("%d bytes"):format(bytes)
  end
  local value, unit = bytes, 0
  repeat
    value, unit = value / 1000, unit + 1
  until value < 999.95 or unit == #UNITS
  return ("%.1f %s"):format(value, UNITS[unit])
end

--- Makes text of strangers safe to print: control characters (but newline and tab) as `\x1b`, and the
-- C1 controls of UTF-8 likewise.
-- @param value any: turned into a string first
-- @return string
function text.printable(value)
  local function hex(byte)
    return ("\\x%02x"):format(byte:byte(-1))
  end
  return (tostring(value):gsub("[\0-\8\11-\31\127]", hex):gsub("\xc2[\x80-\x9f]", hex))
end

local function columns(line)
  return utf8.len(line, 1, -1, true) or #line
end

--- Wraps text into lines of at most `width` columns, keeping paragraphs (blank lines) apart.
-- @param value string
-- @param width integer: columns, default 78
-- @return string
function text.wrap(value, width)
  local lines = {}
  for paragraph in (value .. "\n\n"):gmatch "(.-)\n%s*\n" do
    local line = ""
    for word in paragraph:gmatch "%S+" do
      if line ~= "" and columns(line .. " " .. word) > (width or 78) then
        lines[#lines + 1], line = line, word
      else
        line = line == "" and word or line .. " " .. word
      end
    end
    lines[#lines + 1] = line
    lines[#lines + 1] = ""
  end
  return (table.concat(lines, "\n"):gsub("%s+$", ""))
end

return text
