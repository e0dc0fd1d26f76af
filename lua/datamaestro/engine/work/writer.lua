--- Files that the functions of `custom` write.
local checks = require "datamaestro.engine.work.checks"
local opaque = require "datamaestro.engine.work.opaque"

local writer = {}

local WRITERS = 256 -- files that are written at once, at most: each takes memory

local function put(state, what, value, ending)
  if not state.handle then
    checks.refuse("writer:%s: the writer is closed", what)
  elseif type(value) ~= "string" and type(value) ~= "number" then
    checks.refuse("writer:%s: %s (string or number expected)", what, type(value))
  end
  checks.expect(state.job, state.handle:write(value, ending))
end

local function write(state, what, ending, value, ...)
  local more = select("#", ...)
  put(state, what, value, ending and more == 0)
  if more > 0 then
    local values = { ... }
    for i = 1, more do
      put(state, what, values[i], ending and i == more)
    end
  end
end

local function close(job, handle)
  job.writers[handle], job.writers.count = nil, job.writers.count - 1
  return handle:close()
end

local Writer = opaque.class("writer", {
  line = function(state, ...)
    write(state, "line", true, ...)
    return state.object
  end,

  write = function(state, ...)
    write(state, "write", false, ...)
    return state.object
  end,

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
  return opaque.new(Writer, { job = job, handle = handle })
end

--- Closes all that the function has left open.
-- @param job table
-- @return true | nil, message, code
function writer.finish(job)
  local handles = job.writers
  job.writers = { count = 0 }
  for handle in pairs(handles) do
    if handle ~= "count" then
      local done, message, code = handle:close()
      if not done then
        return nil, message, code
      end
    end
  end
  return true
end

return writer
