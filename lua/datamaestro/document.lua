--- Small JSON files that people and other programs edit too: read in the order of their keys, changed under a
-- lock, replaced at once. What cannot be read is never written over.
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local record = require "datamaestro.record"

local document = {}

--- Whether a value of a document is an object.
-- @param value any
-- @return boolean
function document.is_object(value)
  return record.is(value)
end

--- Makes an empty object for a document.
-- @return table
function document.object()
  return setmetatable({}, record.metatable {})
end

--- Reads a file that holds a JSON object.
-- @param path string
-- @return table: its pairs come in the order of the file (empty where there is no file) | nil, message, code:
--   "format" where it holds something else
function document.read(path)
  local content, message, code = file.read(path)
  if not content and code == "unknown" then
    return document.object()
  elseif not content then
    return nil, message, code
  end
  local value
  value, message, code = json.decode_ordered(content, path)
  if value == nil then
    return nil, message, code
  elseif not document.is_object(value) then
    return nil, path .. ": not a JSON object (one expected)", "format"
  end
  return value
end

-- A value that JSON cannot hold, such as the infinity that 1e999 was read as, must not cost the others.
local function write(path, value)
  local ok, text = pcall(json.encode, value, "  ")
  if not ok then
    return nil, ("%s: %s"):format(path, text), "format"
  end
  return file.replace(path, text .. "\n")
end

--- Changes such a file; two programs that do it at once both have their way.
-- @param path string: its folder is made where it is missing; a link's target is changed
-- @param change function(table): changes the document in place → true | nil, message, code, which leaves the
--   file as it was
-- @return true | nil, message, code
function document.update(path, change)
  local made, message, code = file.mkdirs(path:match "^(.*)/")
  if not made then
    return nil, message, code
  end
  path = file.realpath(path) or path
  local lock_path = path .. ".lock"
  local lock <close>, problem, kind = file.lock(lock_path, true)
  if not lock then
    return nil, problem, kind
  end
  local value
  value, message, code = document.read(path)
  local done
  if value then
    done, message, code = change(value)
  end
  if done then
    done, message, code = write(path, value)
  end
  lock:remove(lock_path)
  return done, message, code
end

return document
