--- Runs the function of a resource of kind `custom`, in the task of the resource.
--
-- The function is a script of the definition layer, of which this knows: script:start() → session, to be
-- closed, with `thread` (its coroutine) | nil, message, code; session:resume(…) → "done" | "request", … |
-- "pause" | nil, message, code; and session:place() → "PATH:LINE", where it waits.
local checks = require "datamaestro.engine.work.checks"
local console = require "datamaestro.api.console"
local errands = require "datamaestro.engine.work.errands"
local file = require "datamaestro.api.file"
local needed = require "datamaestro.engine.work.needed"
local privacy = require "datamaestro.engine.work.privacy"
local work = require "datamaestro.engine.work"
local workspace = require "datamaestro.api.workspace"
local writer = require "datamaestro.engine.work.writer"

local run = {}

local TURN = 0.05 -- seconds after which other tasks have theirs

-- The first resource that the function needs and that it must not send away: {name, why} | nil.
local function private_of(job)
  for _, name in ipairs(job.needs) do
    local public, why = privacy.is_public(job.context.store, job.dataset, job.dataset:resource(name))
    if not public then
      return { name = name, why = why }
    end
  end
end

-- What the function is given | nil, message, code.
local function arguments_of(job)
  local given = { work.new(job) }
  job.private = private_of(job)
  for i, name in ipairs(job.needs) do
    local object, message, code = needed.new(job, job.dataset:resource(name))
    if not object then
      return nil, message, code
    end
    given[i + 1] = object
  end
  return given
end

-- Carries out what the function asks for; what it gets | nil, message, code.
local function serve(job, what, ...)
  local done, message, code = errands[what](job, ...)
  if not done then
    return nil, ("%s: %s"):format(job.session:place(), message), checks.code(code)
  end
  return true
end

-- Lets other tasks go on, now and then.
local function give_way(job, outcome)
  if outcome == "pause" or console.now() - job.turn > TURN then
    job.context.scheduler:sleep(0)
    job.turn = console.now()
  end
end

-- Runs the function to its end; true | nil, message, code.
local function drive(job, given)
  job.turn = console.now()
  local outcome = table.pack(job.session:resume(table.unpack(given)))
  while outcome[1] == "request" or outcome[1] == "pause" do
    give_way(job, outcome[1])
    if outcome[1] == "pause" then
      outcome = table.pack(job.session:resume())
    else
      local done, message, code = serve(job, table.unpack(outcome, 2, outcome.n))
      if not done then
        return nil, message, code
      end
      outcome = table.pack(job.session:resume(done))
    end
  end
  if outcome[1] then
    return true
  end
  return nil, outcome[2], job.code or outcome[3]
end

-- Brings what was made to disk; true | nil, message, code.
local function store(job)
  local done, message, code = writer.finish(job)
  local names
  if done then
    names, message, code = file.list(job.part)
  end
  if names and #names == 0 then
    return nil, "its function made no file", "definition"
  elseif names then
    return errands.sync(job)
  end
  return nil, message, code
end

-- What fails where no line of the function is at fault.
local function placed(job, done, message, code)
  if not done then
    message = ("%s:%d: %s: %s"):format(job.resource.file, job.resource.line, job.label, message)
  end
  return done, message, code
end

-- What a function left open: at once, for an unlinked file keeps its space.
local function close_all(job)
  for _, handles in ipairs { job.readers, job.writers } do
    for handle in pairs(handles) do
      if handle ~= "count" then
        handle:close()
      end
    end
  end
end

-- Runs the function, and stores what it makes; true | nil, message, code.
local function work_in(job)
  local _ <close> = setmetatable({}, { __close = function() -- luacheck: ignore
    close_all(job)
  end })
  local session <close>, message, code = job.resource.run:start()
  if not session then
    return nil, message, code
  end
  job.session = session
  local given, done
  given, message, code = placed(job, arguments_of(job))
  if given then
    done, message, code = drive(job, given)
  end
  if done then
    done, message, code = placed(job, store(job))
  end
  return done, message, code
end

--- Makes the folder.
-- @param job table: resource, dataset, context, part (the folder), needs (array of names), label; see
--   engine/work/checks.lua for what it gets here
-- @return true, record: what was fetched | nil, message, code
function run.make(job)
  job.readers, job.writers, job.fetched = { count = 0 }, { count = 0 }, {}
  local folder <close>, message, code = workspace.open { folder = job.part, subject = "work", create = true }
  if not folder then
    return nil, message, code
  end
  job.workspace = folder
  local done
  done, message, code = work_in(job)
  if done then
    return true, { fetched = job.fetched, public = not job.private }
  end
  return nil, message, code
end

return run
