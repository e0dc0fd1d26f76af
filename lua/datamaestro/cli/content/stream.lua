--- Rows that a reader gives one after another: what tables, JSON lines and text have in common. A reader has
-- skip(count) and a function that gives the next rows as text.
local output = require "datamaestro.cli.output"

local stream = {}

local function too_few(label, rows, wanted)
  return nil, ("%s: %d rows (no row %d)"):format(label, rows, wanted), "usage"
end

--- Writes the rows of a slice.
-- @param label string: what messages begin with
-- @param reader reader: its method `skip` is called
-- @param slice table | nil
-- @param text function(count) → string, rows | nil, message, code, string: the next rows
-- @param write function(string)
-- @return true | nil, message, code
function stream.copy(label, reader, slice, text, write)
  local skipped, message, code = reader:skip(slice and slice.first - 1 or 0)
  if not skipped then
    return nil, message, code
  end
  local left = slice and slice.last and slice.last - slice.first + 1 or math.maxinteger
  local wanted = slice and (slice.last or slice.first) or 0
  local done = skipped
  while left > 0 do
    local bytes, rows, kind, rest = text(left)
    if not bytes then
      write(rest or "")
      return nil, rows, kind
    elseif rows == 0 then
      break
    end
    write(bytes)
    left, done = left - rows, done + rows
  end
  if done < wanted and not slice.lenient then
    return too_few(label, done, wanted)
  end
  return true
end

--- Writes a file as it is.
-- @param object object: with the method open
-- @param label string
-- @param slice table | nil: of bytes
-- @return true | nil, message, code
function stream.bytes(object, label, slice)
  local handle <close>, message, code = object:open()
  if not handle then
    return nil, message, code or "error"
  end
  local left = slice and slice.last or math.maxinteger
  local skip, total = slice and slice.first - 1 or 0, 0
  while left > 0 do
    local bytes, why, kind = handle:read(math.min(left, 65536))
    if not bytes and why then
      return nil, why, type(kind) == "string" and kind or "error"
    elseif not bytes then
      break
    end
    output.write(bytes:sub(math.max(skip - total, 0) + 1))
    total, left = total + #bytes, left - #bytes
  end
  local wanted = slice and (slice.last or slice.first) or 0
  if total < wanted and not slice.lenient then
    return nil, ("%s: %d bytes (no byte %d)"):format(label, total, wanted), "usage"
  end
  return true
end

--- Refuses a slice of rows of a file as it is.
-- @param label string
-- @return nil, message, "usage"
function stream.no_slice(label)
  return nil, ("%s: raw is the whole file as it is (jsonl or csv has rows)"):format(label), "usage"
end

return stream
