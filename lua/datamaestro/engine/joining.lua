--- Joins files to one, while other things go on.
local file = require "datamaestro.api.file"
local verify = require "datamaestro.engine.verify"

local joining = {}

local BLOCK = 1 << 20 -- bytes; between two of them, others have their turn

local function append(out, path, hash, scheduler)
  local stream <close>, message = io.open(path, "rb")
  if not stream then
    return nil, message, "error"
  end
  local size = 0
  for block in stream.lines(stream, BLOCK) do
    local written, reason, number = out:write(block)
    if not written then
      return nil, reason, number == 28 and "space" or "error" -- ENOSPC
    end
    if hash then
      assert(hash:update(block))
    end
    size = size + #block
    scheduler:sleep(0)
  end
  return size
end

local function append_all(paths, target, hash, scheduler)
  local out <close>, message = io.open(target, "wb")
  if not out then
    return nil, message, "error"
  end
  local total = 0
  for _, path in ipairs(paths) do
    local size, reason, code = append(out, path, hash, scheduler)
    if not size then
      return nil, reason, code
    end
    total = total + size
  end
  local closed, reason, number = out:close()
  if not closed then
    return nil, ("%s: %s"):format(target, reason), number == 28 and "space" or "error"
  end
  return total
end

--- Joins files to a new one, which is on disk then. In a task.
-- @param paths array of paths
-- @param target string: path
-- @param content table|nil: what is declared of the result: size, sha256, …
-- @param scheduler scheduler
-- @return true | nil, message, code
function joining.join(paths, target, content, scheduler)
  local name = verify.digest(content)
  local hash <close> = name and assert(require "datamaestro.api.digest".new(name)) or nil
  local size, message, code = append_all(paths, target, hash, scheduler)
  if not size then
    return nil, message, code
  end
  local right, difference = verify.matches(content, { size = size, [name or 0] = hash and hash:hex() })
  if not right then
    return nil, difference, "checksum"
  end
  return file.publish(target, target)
end

return joining
