--- Images made byte by byte, and pictures for terminals taken apart again.
local images = {}

local function crc(bytes)
  local value = 0xffffffff
  for i = 1, #bytes do
    value = value ~ bytes:byte(i)
    for _ = 1, 8 do
      value = value & 1 == 1 and value >> 1 ~ 0xedb88320 or value >> 1
    end
  end
  return ~value & 0xffffffff
end

--- Packs a chunk of a PNG file, with its checksum.
-- @param kind string: four letters
-- @param content string
-- @return string
function images.chunk(kind, content)
  return string.pack(">I4", #content) .. kind .. content .. string.pack(">I4", crc(kind .. content))
end

-- zlib data without compression: blocks of up to 65535 bytes.
local function deflate(bytes)
  local parts, a, b = { "\x78\x01" }, 1, 0
  for start = 1, #bytes, 65535 do
    local block = bytes:sub(start, start + 65534)
    parts[#parts + 1] = string.pack("<I1I2I2", start + 65535 > #bytes and 1 or 0, #block, ~#block & 0xffff)
      .. block
  end
  for i = 1, #bytes do
    a = (a + bytes:byte(i)) % 65521
    b = (b + a) % 65521
  end
  return table.concat(parts) .. string.pack(">I2I2", b, a)
end

images.SIGNATURE = "\x89PNG\r\n\x1a\n"

--- Packs the header of a PNG file.
-- @param width integer
-- @param height integer
-- @param depth integer: bits a sample
-- @param kind integer: 0 grey, 2 colours, 3 palette, 4 grey and opacity, 6 colours and opacity
-- @return string
function images.header(width, height, depth, kind)
  return images.SIGNATURE .. images.chunk("IHDR", string.pack(">I4I4BBBBB", width, height, depth, kind, 0, 0,
    0))
end

--- Packs a PNG file.
-- @param width integer
-- @param height integer
-- @param depth integer
-- @param kind integer
-- @param rows array of strings: the samples of each row, packed
-- @param extra string|nil: chunks before the image's data
-- @return string
function images.png(width, height, depth, kind, rows, extra)
  local lines = {}
  for i, row in ipairs(rows) do
    lines[i] = "\0" .. row
  end
  return images.header(width, height, depth, kind) .. (extra or "")
    .. images.chunk("IDAT", deflate(table.concat(lines))) .. images.chunk("IEND", "")
end

--- Takes sixels apart, as a terminal does.
-- @param text string
-- @return table: width, height (as announced), colours (number → { red, green, blue }, in percent), get(x, y)
--   → number of the colour | nil, both from 1
function images.sixels(text)
  local head, width, height, body = text:match '^\27P([%d;]*)q"1;1;(%d+);(%d+)(.*)\27\\$'
  assert(head == "0;1;0", "not the sixels expected")
  local picture = { width = tonumber(width), height = tonumber(height), colours = {} }
  local pixels, x, top, colour, at = {}, 0, 0, nil, 1
  local function put(sixel, count)
    for _ = 1, count do
      for row = 0, 5 do
        if sixel >> row & 1 == 1 then
          pixels[(top + row) * picture.width + x] = colour
        end
      end
      x = x + 1
    end
    assert(x <= picture.width, "sixels beyond the right edge")
  end
  while at <= #body do
    local number, r, g, b, after = body:match("^#(%d+);2;(%d+);(%d+);(%d+)()", at)
    local count, sixel, behind = body:match("^!(%d+)([?-~])()", at)
    local chosen, beyond = body:match("^#(%d+)()", at)
    local byte = body:sub(at, at)
    if number then
      picture.colours[tonumber(number)] = { tonumber(r), tonumber(g), tonumber(b) }
      at = after
    elseif count then
      put(sixel:byte() - 63, tonumber(count))
      at = behind
    elseif chosen then
      colour, at = assert(picture.colours[tonumber(chosen)] and tonumber(chosen)), beyond
    else
      if byte == "$" or byte == "-" then
        x, top = 0, byte == "-" and top + 6 or top
      else
        assert(byte:find "[?-~]", "no sixel: " .. byte)
        put(byte:byte() - 63, 1)
      end
      at = at + 1
    end
  end
  function picture.get(column, row)
    return pixels[(row - 1) * picture.width + column - 1]
  end
  return picture
end

local DIGITS = {}
for i = 1, 64 do
  DIGITS[("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"):byte(i)] = i - 1
end

local function base64(text)
  assert(#text % 4 == 0)
  local bytes = text:gsub("....", function(group)
    local value = 0
    for i = 1, 4 do
      value = value << 6 | (DIGITS[group:byte(i)] or 0)
    end
    return string.pack(">I3", value)
  end)
  return bytes:sub(1, #bytes - #text:match "=*$")
end

--- Takes Kitty's commands apart.
-- @param text string
-- @return string: the keys of the first command; string: the bytes of all
function images.kitty(text)
  local parts, first, at, last = {}, nil, 1, false
  while at <= #text do
    assert(not last, "a command after the last one")
    local keys, payload, after = text:match("^\27_G([%w=,]*);([%w+/=]*)\27\\()", at)
    assert(keys and #payload <= 4096, "no command")
    first = first or keys
    last = keys:find "m=0" ~= nil
    parts[#parts + 1] = payload
    at = after
  end
  assert(last, "the last command says that more follow")
  return first, base64(table.concat(parts))
end

--- Takes half blocks in true colour apart.
-- @param text string
-- @return array of rows of pixels: 0xRRGGBB, or false where the terminal's ground shows
function images.blocks(text)
  local rows = {}
  for line in text:gmatch "([^\n]*)\n" do
    local upper, lower, front, ground, at = {}, {}, false, false, 1
    while at <= #line do
      local layer, r, g, b, after = line:match("^\27%[([34])8;2;(%d+);(%d+);(%d+)m()", at)
      local default, behind = line:match("^\27%[([04]9?)m()", at)
      if layer then
        local colour = tonumber(r) << 16 | tonumber(g) << 8 | tonumber(b)
        front, ground = layer == "3" and colour or front, layer == "4" and colour or ground
        at = after
      elseif default then
        front, ground = default == "49" and front, false
        at = behind
      else
        local character = line:match("^" .. utf8.charpattern, at)
        upper[#upper + 1] = character == "▀" and front or ground
        lower[#lower + 1] = character == "▄" and front or ground
        at = at + #character
      end
    end
    rows[#rows + 1], rows[#rows + 2] = upper, lower
  end
  return rows
end

return images
