--- Many files read at once, by threads, while other things go on.
local auditing = {}

local BATCH = 10000   -- files that are handed over at once
local FIRST = 0.0005  -- seconds before the first look at what the threads do
local LOOK = 0.02     -- and between two looks, once it takes its time

--- For auditing.read, where there is nothing else to do.
-- @param handle audit
function auditing.wait(handle)
  handle:wait(LOOK)
end

--- For auditing.read, in a task: lets other tasks go on between looks.
-- @param scheduler scheduler
-- @return function
function auditing.in_task(scheduler)
  local delay = FIRST
  return function()
    scheduler:sleep(delay)
    delay = math.min(delay * 2, LOOK)
  end
end

local function take_all(handle, first, each)
  local index, found, message, code = handle:take()
  while index do
    each(first + index - 1, found, message, code)
    index, found, message, code = handle:take()
  end
end

local function read_batch(files, first, last, each, turn, before)
  -- OpenSSL, which it brings, is no part of a start that reads nothing.
  local handle <close> = assert(require "datamaestro.api.audit".start(table.move(files, first, last, 1, {})))
  local done
  repeat
    turn(handle, before + select(2, handle:progress()))
    done = handle:wait(0)
    take_all(handle, first, each)
  until done
  return select(2, handle:progress())
end

--- Reads files.
-- @param files array: as of audit.start, paths or {path =, digests = names}
-- @param each function(index, found, message, code): called for each of them, in no order; found has size and
--   the digests by name, and is nil where it could not be read
-- @param turn function(handle, bytes): called again and again; it waits for the handle, or lets others go on.
--   `bytes` have been read.
-- @return integer: bytes read
function auditing.read(files, each, turn)
  local bytes = 0
  for first = 1, #files, BATCH do
    bytes = bytes + read_batch(files, first, math.min(first + BATCH - 1, #files), each, turn, bytes)
  end
  return bytes
end

return auditing
