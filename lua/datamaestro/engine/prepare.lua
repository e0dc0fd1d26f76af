--- Makes datasets' files present and right.
local plan = require "datamaestro.engine.plan"

local prepare = {}

-- The datasets in which there is something to do, and their plans.
local function incomplete(store, datasets, warn)
  local todo, plans = {}, {}
  for _, dataset in ipairs(datasets) do
    local found = store:planned(dataset) or plan.of(store, dataset)
    if found.warning then
      warn(found.warning)
    end
    for _, step in ipairs(found.actions) do
      if step.action == "keep" and step.reason then
        warn(step.reason)
      end
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

-- Each dataset in a task; those that wait for another find it in run.tasks.
local function bring_all(run, todo)
  local failures = {}
  for _, dataset in ipairs(todo) do
    run.tasks[dataset] = run.scheduler:spawn(function()
      for _, failure in ipairs(require "datamaestro.engine.bringing".bring(run, dataset)) do
        failures[#failures + 1] = failure
        run.failed_datasets[dataset] = run.failed_datasets[dataset] or failure
      end
    end)
  end
  local finished, message, code = run.scheduler:run()
  if not finished then
    failures[#failures + 1] = { message = message, code = code }
  end
  return failures
end

--- Brings all files of some datasets in place, all at once. Complete ones are left alone without a lock, a
-- write or a connection.
-- @param store store
-- @param datasets array of datasets, no two the same, with all that they refer to
-- @param options table: settings (as of settings.read), offline, keep_downloads (booleans), observe
--   (function(event): see cli/progress_run.lua), warn (function(message)), lock_file (lock|nil: exactly what
--   it says)
-- @return true | nil, message, code
function prepare.download_all(store, datasets, options)
  if options.lock_file then
    local same, message, code = require "datamaestro.engine.frozen".check(store, datasets, options.lock_file)
    if not same then
      return nil, message, code
    end
  end
  local todo, plans = incomplete(store, datasets, options.warn)
  if #todo == 0 then
    return true
  end
  local run <close> = require "datamaestro.engine.run".new(store, options)
  local ready, message, code = run:begin(todo, plans)
  if not ready then
    return nil, message, code
  end
  local failures = bring_all(run, todo)
  options.observe { event = "end", ok = #failures == 0 }
  return conclude(failures)
end

return prepare
