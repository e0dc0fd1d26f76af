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

local FACTORS = { [""] = 1, K = 1e3, M = 1e6, G = 1e9, T = 1e12, P = 1e15, KI = 2 ^ 10, MI = 2 ^ 20,
  GI = 2 ^ 30, TI = 2 ^ 40, PI = 2 ^ 50 }

--- The bytes that a size stands for, the opposite of text.size: "1.2 GB", "12kB", "3 MiB", "517 bytes".
-- @param value string
-- @return integer | nil: where it is no size
function text.bytes(value)
  local number, unit = value:upper():match "^%s*(%d+%.?%d*)%s*([KMGTP]?I?)B?%s*$"
  if not number then
    number, unit = value:lower():match "^%s*(%d+)%s*bytes?%s*$", ""
  end
  local bytes = number and FACTORS[unit] and tonumber(number) * FACTORS[unit]
  return bytes and bytes < 2 ^ 63 and math.tointeger(math.floor(bytes + 0.5)) or nil
end

--- A floating-point number as Python's str() writes it: the fewest digits that give the same number again.
-- @param value number: finite
-- @return string: "0.1", "3.0", "1e-05"
function text.float(value)
  local mantissa, exponent
  for digits = 0, 16 do
    local written = ("%%.%de"):format(digits):format(value)
    mantissa, exponent = written:match "^(.-)e(.*)$"
    if tonumber(written) == value then
      break
    end
  end
  local power = math.tointeger(tonumber(exponent))
  if power < -4 or power >= 16 then
    return ("%se%s%02d"):format(mantissa, power < 0 and "-" or "+", math.abs(power))
  end
  local decimals = math.max(#mantissa:gsub("[-.]", "") - 1 - power, 1)
  return ("%%.%df"):format(decimals):format(value)
end

-- Bytes that are no UTF-8: a terminal may take them for controls.
local function escape_invalid(value, escape)
  local parts, from = {}, 1
  local _, bad = utf8.len(value)
  while bad do
    parts[#parts + 1] = value:sub(from, bad - 1) .. escape(value:sub(bad, bad))
    from = bad + 1
    _, bad = utf8.len(value, from)
  end
  return table.concat(parts) .. value:sub(from)
end

--- Makes text of strangers safe to print: control characters (but newline and tab) as `\x1b`, likewise bytes
-- that are no UTF-8, the C1 controls, and the characters that turn the direction of writing or break lines.
-- @param value any: turned into a string first
-- @return string
function text.printable(value)
  local function hex(byte)
    return ("\\x%02x"):format(byte:byte(-1))
  end
  local function code_point(character)
    return ("\\u{%x}"):format(utf8.codepoint(character))
  end
  local clean = escape_invalid(tostring(value), hex):gsub("[\0-\8\11-\31\127]", hex)
  return (clean:gsub("\xc2[\x80-\x9f]", hex):gsub("\xe2\x80[\x8e\x8f\xa8-\xae]", code_point)
    :gsub("\xe2\x81[\xa6-\xa9]", code_point))
end

--- A URL without the user and the password in it.
-- @param url string
-- @return string
function text.url(url)
  local shown, found = url:gsub("^(%a[%w+.-]*://)[^/?#]*@", "%1")
  -- What is no port is a password with odd characters.
  if found == 0 and url:find "^%a[%w+.-]*://[^/?#:]*:%d*[^/?#%d]" then
    shown = url:gsub("^(%a[%w+.-]*://).*@", "%1")
  end
  return shown
end

--- Text for one line of a terminal: as printable, newlines and tabs escaped too.
-- @param value any
-- @return string
function text.line(value)
  if type(value) == "string" and not value:find "[^\32-\126]" then -- as most are
    return value
  end
  return (text.printable(value):gsub("\n", "\\n"):gsub("\t", "\\t"))
end

local TAB = (" "):rep(8)

-- What a line takes on a terminal, at the most; its colours take nothing.
local function columns(line)
  local plain = line:gsub("\27%[%d*m", ""):gsub("\t", TAB)
  return utf8.len(plain, 1, -1, true) or #plain
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

-- Words with the spaces before them. What stands between backticks is one word, as it is there to be copied.
local function words_of(line, room)
  local whole = line:gsub("`[^`]+`", function(span)
    return columns(span) <= room and span:gsub(" ", "\0") or nil
  end)
  local list = {}
  for gap, word in whole:gmatch "(%s*)(%S+)" do
    list[#list + 1] = { gap, (word:gsub("%z", " ")) }
  end
  return list
end

local function fold_line(line, width, hang)
  local indent = (" "):rep(hang)
  local lines, current, begun = {}, "", false
  for _, one in ipairs(words_of(line, width - hang)) do
    local gap, word = one[1], one[2]
    if begun and columns(current .. gap .. word) > width then
      lines[#lines + 1], current = current, indent .. word
    else
      current, begun = current .. gap .. word, true
    end
  end
  lines[#lines + 1] = current
  return table.concat(lines, "\n")
end

local LEAST = 20 -- columns beside an indentation; where there are fewer, a terminal's own way is as good

--- Wraps the lines that are too long between their words, as text for people is shown on a terminal. A word
-- that is longer than a line, such as a path or a hash, stands alone on one and stays whole. So does an
-- indented line that is a command of this program's, which is there to be copied.
-- @param value string
-- @param width integer: columns
-- @param hang integer|nil: column at which what continues begins (default: two further in than its line)
-- @return string
function text.fold(value, width, hang)
  local lines = {}
  for line in (value .. "\n"):gmatch "(.-)\n" do
    local further = hang or #line:match "^%s*" + 2
    if columns(line) > width and width >= further + LEAST and not line:find "^%s+datamaestro " then
      line = fold_line(line, width, further)
    end
    lines[#lines + 1] = line
  end
  return table.concat(lines, "\n")
end

return text
