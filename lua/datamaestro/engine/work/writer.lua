--- Files that the functions of `custom` write.
local checks = require "datamaestro.engine.work.checks"
local opaque = require "datamaestro.engine.work.opaque"

local writer = {}

local WRITERS = 256 -- files that are written at once, at most: each takes memory

local function write(state, line, ...)
  if not state.handle then
    checks.refuse "writer: it is closed"
  end
  checks.expect(state.job, state.handle:write(line, ...))
  return state.object
end

local function close(job, handle)
  job.writers[handle], job.writers.count = nil, job.writers.count - 1
  return handle:close()
end

writer.class = opaque.class("writer", {
  --- Writes strings and numbers, and a line end after them.
  -- @param ... string
  -- @return writer: the same
  line = function(state, ...)
    return write(state, true, ...)
  end,

  --- Writes strings and numbers.
  -- @param ... string
  -- @return writer: the same
  write = function(state, ...)
    return write(state, false, ...)
  end,

  --- Closes the file.
  close = function(state)
    if state.handle then
      local handle = state.handle
      state.handle = nil
      checks.expect(state.job, close(state.job, handle))
    end
  end,
})

--- Makes a file.
-- @param job table
-- @param name any: the author's
-- @return object
function writer.new(job, name)
  if job.writers.count == WRITERS then
    checks.refuse("work:write: '%s' is one file too many (%d are written at once; close some of them)", name,
      WRITERS)
  end
  local handle = checks.expect(job, job.workspace:writer(checks.name(name, "work:write")))
  job.writers[handle], job.writers.count = true, job.writers.count + 1
  return opaque.new(writer.class, { job = job, handle = handle })
end

--- Closes all that the function has left open.
-- @param job table
-- @return true | nil, message, code
function writer.finish(job)
  for handle in pairs(job.writers) do
    if handle ~= "count" then
      local done, message, code = close(job, handle)
      if not done then
        return nil, message, code
      end
    end
  end
  return true
end

return writer
