--- Large files read within a task, piece by piece, so that transfers go on meanwhile and Ctrl-C is heard.
local file = require "datamaestro.api.file"

local reading = {}

local PIECE = 1 << 20 -- bytes
local TURN = 16       -- pieces between two looks at what else there is to do

-- A pipe would be waited for, and a folder cannot be read.
local function open(path)
  local found, message, code = file.stat(path)
  if found and found.type ~= "file" then
    return nil, ("%s: a %s (file expected)"):format(path, found.type), "format"
  elseif not found then
    return nil, message, code
  end
  local handle, problem = io.open(path, "rb")
  if not handle then
    return nil, problem, "error"
  end
  handle:setvbuf "no"
  return handle
end

-- Calls func with each piece | nil, message, code.
local function each(handle, scheduler, func)
  local count = 0
  while true do
    local piece, message, code = handle:read(PIECE)
    if not piece and message then
      return nil, message, type(code) == "string" and code or "error"
    elseif not piece then
      return true
    end
    local done
    done, message, code = func(piece)
    if not done then
      return nil, message, code
    end
    count = count + 1
    if scheduler and count % TURN == 0 then
      scheduler:sleep(0)
    end
  end
end

-- Feeds what a handle reads to a digest (none without a name), and to `also` | nil, message, code.
local function digest(handle, name, scheduler, also)
  local size = 0
  local sum <close> = name and assert(require "datamaestro.api.digest".new(name)) or nil
  local done, message, code = each(handle, scheduler, function(piece)
    size = size + #piece
    if sum then
      sum:update(piece)
    end
    if also then
      return also(piece)
    end
    return true
  end)
  if not done then
    return nil, message, code
  end
  local found = { size = size }
  if name then
    found[name] = sum:hex()
  end
  return found
end

--- Digests a file.
-- @param path string
-- @param name string: of the digest, such as "sha256"
-- @param scheduler scheduler|nil: in a task; without one, nothing goes on meanwhile
-- @param format string|nil: "gzip": of the decompressed bytes
-- @return table: size and, under its name, the digest in hex | nil, message, code
function reading.digest(path, name, scheduler, format)
  local plain <close>, message, code = open(path)
  if not plain then
    return nil, message, code
  elseif not format then
    return digest(plain, name, scheduler)
  end
  local stream <close>, problem, kind = require "datamaestro.api.stream".open(path, nil, format, path)
  if not stream then
    return nil, problem, kind
  end
  return digest(stream, name, scheduler)
end

local ENOSPC = 28 -- on Linux

-- What a failed write of the file `copy` is.
local function failed(copy, message, number)
  return nil, ("%s: %s"):format(copy, (message:gsub("^.*: ", ""))), number == ENOSPC and "space" or "error"
end

-- Copies from one handle to another, to the last byte | nil, message, code.
local function pour(source, target, copy, name, scheduler)
  local found, message, code = digest(source, name, scheduler, function(piece)
    local written, problem, number = target:write(piece)
    if not written then
      return failed(copy, problem, number)
    end
    return true
  end)
  if not found then
    return nil, message, code
  end
  local flushed, problem, number = target:flush()
  if not flushed then
    return failed(copy, problem, number)
  end
  return found
end

--- Copies a file, which is on disk then. In a task.
-- @param path string
-- @param copy string: a new path
-- @param name string|nil: of a digest
-- @param scheduler scheduler
-- @return table: of the copy, as of reading.digest | nil, message, code; then there is no copy
function reading.copy(path, copy, name, scheduler)
  local source <close>, message, code = open(path)
  if not source then
    return nil, message, code
  end
  local part = copy .. ".new"
  local target <close>, problem, number = io.open(part, "wb")
  if not target then
    return failed(copy, problem, number)
  end
  local clear <close> = setmetatable({}, { __close = function() -- luacheck: ignore
    file.remove(part)
  end })
  local found, done
  found, message, code = pour(source, target, copy, name, scheduler)
  if found then
    done, message, code = file.publish(part, copy)
  end
  if not done then
    return nil, message, code
  end
  return found
end

return reading
