--- The content of files of any kind: their bytes are the rows.
local json = require "datamaestro.json"
local stream = require "datamaestro.cli.content.stream"

local BYTES = 16 -- shown on one line

-- One line of a dump: the bytes in hex, and as text where they are ASCII.
local function dump_line(offset, bytes)
  local hex = bytes:gsub(".", function(byte)
    return ("%02x "):format(byte:byte())
  end)
  return ("%08d  %-48s %s"):format(offset, hex, (bytes:gsub("[^\32-\126]", ".")))
end

local function preview(object, count, slice)
  local handle <close>, message, code = object:open()
  if not handle then
    return nil, message, code or "error"
  end
  local first = slice and slice.first or 1
  local last = math.min(first + count * BYTES - 1, slice and slice.last or math.maxinteger)
  local lines, offset = {}, 1
  while offset <= last do
    local bytes, why, kind = handle:read(math.min(BYTES, (offset < first and first or last + 1) - offset))
    if why then
      return nil, why, type(kind) == "string" and kind or "error"
    elseif not bytes then
      break
    end
    if offset >= first then
      lines[#lines + 1] = dump_line(offset, bytes)
    end
    offset = offset + #bytes
  end
  return lines
end

local function describe(object)
  local handle <close>, message, code = object:open()
  if not handle then
    return nil, message, code or "error"
  end
  local size, zeros = 0, 0
  while true do
    local bytes, why, kind = handle:read(65536)
    if why then
      return nil, why, type(kind) == "string" and kind or "error"
    elseif not bytes then
      break
    end
    size = size + #bytes
    zeros = zeros + select(2, bytes:gsub("%z", ""))
  end
  local facts = json.object()
  json.set(facts, "bytes", size)
  json.set(facts, "zeros", zeros)
  return facts
end

--- Makes the content of a file's object.
-- @param object object: of data.File or below
-- @param label string
-- @return content
return function(object, label)
  return {
    kind = require "datamaestro.data.types".type_of(object).name, formats = { "raw" },
    write = function(_, slice)
      return stream.bytes(object, label, slice)
    end,
    preview = function(count, slice)
      return preview(object, count, slice)
    end,
    facts = function()
      return describe(object)
    end,
  }
end
