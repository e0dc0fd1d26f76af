--- The form of lists of contents (contents.lua), line by line.
--
-- A list begins with "datamaestro contents 2". Then comes a line for each folder, "d TIME PATH", with the
-- time of its last change in nanoseconds; one for each file or link, "f SIZE SHA256 PATH" or "l 0 - PATH";
-- and in the end "e COUNT", how many lines there are between. Bytes of a path that would not do in a line are
-- percent-encoded. Lists of before (contents 1) have no digests and no last line.
local contents_lines = {}

--- The first line.
contents_lines.HEAD = "datamaestro contents 2"
local HEAD = contents_lines.HEAD
local HEAD_OF_BEFORE = "datamaestro contents 1"

local function encode(path)
  return (path:gsub("[%c%%]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end))
end

local function decode(path)
  return (path:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- The line of a folder.
-- @param path string: relative
-- @param time integer: nanoseconds
-- @return string: with its end
function contents_lines.folder(path, time)
  return ("d %d %s\n"):format(time, encode(path))
end

--- The line of a file or a link.
-- @param path string: relative
-- @param size integer: bytes
-- @param is_link boolean
-- @param digest string|nil: sha256 in hex
-- @return string: with its end
function contents_lines.member(path, size, is_link, digest)
  return ("%s %d %s %s\n"):format(is_link and "l" or "f", size, digest or "-", encode(path))
end

--- The last line.
-- @param count integer: lines after the first one
-- @return string: with its end
function contents_lines.last(count)
  return ("e %d\n"):format(count)
end

-- A line taken apart: mark, number, path, digest | "?" where it is none.
local function parse(line, head)
  local mark, number, rest = line:match "^([dfl]) (%d+) (.+)$"
  if head == HEAD and not mark then
    return line:match "^(e) (%d+)$"
  elseif head == HEAD and mark ~= "d" then
    local digest, path = rest:match "^(%S+) (.+)$"
    if not path or digest ~= "-" and not digest:find "^%x+$" or #digest ~= 1 and #digest ~= 64 then
      return nil
    end
    return mark, number, path, digest ~= "-" and digest or nil
  end
  return mark, number, rest
end

--- The lines of a list.
-- @param place string: its path
-- @return iterator of mark ("d", "f", "l"), number, path, digest, to be closed, which ends with the mark "?"
--   where the list is damaged or cut short | nil where there is none that can be read
function contents_lines.read(place)
  local stream = io.open(place, "rb")
  local head = stream and stream:read "l"
  if head ~= HEAD and head ~= HEAD_OF_BEFORE then
    if stream then
      stream:close()
    end
    return nil
  end
  local count, ended = 0, false
  return setmetatable({}, {
    __call = function()
      local line = not ended and stream:read "l"
      if not line then
        local cut = head == HEAD and not ended
        ended = true
        return cut and "?" or nil
      end
      local mark, number, path, digest = parse(line, head)
      number = number and math.tointeger(tonumber(number))
      ended = mark == "e" and number == count
      if ended then
        return nil
      elseif not number or mark == "e" or ("/" .. decode(path) .. "/"):find "/%.?%.?/" then
        ended = true
        return "?"
      end
      count = count + 1
      return mark, number, decode(path), digest
    end,
    __close = function()
      stream:close()
    end,
  })
end

return contents_lines
