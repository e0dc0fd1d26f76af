--- Strings as people write them in Lua: quoted, with escapes.
local text = require "datamaestro.text"

local quote = {}

local ESCAPES = { ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r", ['"'] = '\\"', ["\\"] = "\\\\" }

--- The first bytes of a string, not ending within a character.
-- @param value string
-- @param limit integer: bytes at most
-- @return string
function quote.cut(value, limit)
  if #value <= limit then
    return value
  end
  local last = limit
  while last > limit - 4 and (value:byte(last + 1) & 0xC0) == 0x80 do
    last = last - 1
  end
  return value:sub(1, last)
end

-- Bytes that are no UTF-8 as \xNN.
local function escape_invalid(value)
  local parts, position = {}, 1
  while position <= #value do
    local length, bad = utf8.len(value, position)
    local last = length and #value or bad - 1
    parts[#parts + 1] = value:sub(position, last)
    if bad then
      parts[#parts + 1] = ("\\x%02x"):format(value:byte(bad))
    end
    position = (bad or #value) + 1
  end
  return table.concat(parts)
end

--- Shows a string quoted, with escapes, cut to a length.
-- @param value string
-- @param limit integer: bytes
-- @return string
function quote.string(value, limit)
  local head = quote.cut(value, limit):gsub('[\n\t\r"\\]', ESCAPES)
  local quoted = '"' .. text.printable(escape_invalid(head)) .. '"'
  return #value > limit and ("%s… (%d bytes)"):format(quoted, #value) or quoted
end

return quote
