--- Makes datasets' files present and right, then opens them.
local Run = require "datamaestro.engine.run"
local ledger = require "datamaestro.engine.ledger"
local plan = require "datamaestro.engine.plan"
local resources = require "datamaestro.engine.resources"

local prepare = {}

-- After these, trying the other resources is pointless.
local FINAL = { interrupted = true, space = true }

-- Makes one resource, in a task of its own; true | nil, message, code.
local function make(run, dataset, step, workshop, record)
  local resource = step.resource
  local part = ("%s/%s.part"):format(workshop, resource.filename)
  local made, message, code = resources.kind(resource).make(resource, part, run.context, dataset)
  if made then
    made, message, code = record:take(resource, part, step.path)
  else
    record:note(resource, "none")
  end
  if made then
    run:done(dataset, resource, step.path)
  end
  return made, message, code
end

-- Carries out the steps, those that take time all at once; the failures.
local function carry_out(run, dataset, steps, workshop, record)
  local tasks, failures = {}, {}
  for _, step in ipairs(steps) do
    if step.reason then
      run.context.warn(step.action == "adopt" and step.reason or step.reason .. "; it is made again")
    end
    if step.action == "adopt" then
      record:note(step.resource, "complete")
    elseif step.action == "make" then
      tasks[#tasks + 1] = run.scheduler:spawn_limited(function()
        if run.given_up then
          return
        end
        local made, message, code = make(run, dataset, step, workshop, record)
        if not made then
          failures[#failures + 1] = { message = message, code = code }
          run.given_up = run.given_up or FINAL[code]
          run:failed(dataset, step.resource, message, code)
        end
      end)
    end
  end
  run.scheduler:join(tasks)
  return failures
end

-- One dataset, in a task; appends to `failures`.
local function bring(run, dataset, failures)
  local function fail(message, code)
    failures[#failures + 1] = { message = message, code = code }
  end
  local lock <close>, message, code = run:lock(dataset)
  if not lock then
    return fail(message, code)
  end
  local workshop
  workshop, message, code = run.store:workshop(dataset, run.context.cache.owner)
  if not workshop then
    return fail(message, code)
  end
  local _ <close> = setmetatable({}, { __close = function()
    run.store:close_workshop(dataset, run.context.cache.owner)
  end })
  local record <close> = ledger.open(run.store, dataset)
  -- Planned under the lock: another process may have done it all while this one waited.
  for _, failure in ipairs(carry_out(run, dataset, plan.of(run.store, dataset).actions, workshop, record)) do
    fail(failure.message, failure.code)
  end
  -- The state comes last: what a process leaves that dies before is cleared away when the next one looks.
  run.store:close_workshop(dataset, run.context.cache.owner)
  local written
  written, message, code = record:close()
  if not written then
    fail(message, code)
  end
end

-- The datasets in which there is something to do, and their plans.
local function incomplete(store, datasets, warn)
  local todo, plans = {}, {}
  for _, dataset in ipairs(datasets) do
    local found = plan.of(store, dataset)
    if found.warning then
      warn(found.warning)
    end
    if not found.complete then
      todo[#todo + 1] = dataset
      plans[#plans + 1] = found
    end
  end
  return todo, plans
end

local function conclude(failures)
  if #failures == 0 then
    return true
  end
  local messages = {}
  for i, failure in ipairs(failures) do
    messages[i] = failure.message
  end
  return nil, table.concat(messages, "\n"), failures[1].code
end

--- Brings all files of some datasets in place, all at once. Complete ones are left alone without a lock, a
-- write or a connection.
-- @param store store
-- @param datasets array of datasets, no two the same
-- @param options table: settings (as of settings.read), offline, keep_downloads (booleans), observe
--   (function(event): see cli/progress_run.lua), warn (function(message))
-- @return true | nil, message, code
function prepare.download_all(store, datasets, options)
  local todo, plans = incomplete(store, datasets, options.warn)
  if #todo == 0 then
    return true
  end
  local run <close> = Run.new(store, options)
  local ready, message, code = run:begin(todo, plans)
  if not ready then
    return nil, message, code
  end
  local failures = {}
  for _, dataset in ipairs(todo) do
    run.scheduler:spawn(function()
      bring(run, dataset, failures)
    end)
  end
  local finished
  finished, message, code = run.scheduler:run()
  if not finished then
    failures[#failures + 1] = { message = message, code = code }
  end
  options.observe { event = "end", ok = #failures == 0 }
  return conclude(failures)
end

--- Opens a dataset: calls its definition with the paths of its files, which need not be there yet.
-- @param store store
-- @param dataset dataset
-- @return object: of the dataset's type, with nested ids set | nil, message, code
function prepare.open(store, dataset)
  local paths = {}
  for _, resource in ipairs(dataset.resources) do
    paths[resource.name] = store:path(dataset, resource)
  end
  return dataset:build(paths)
end

return prepare
