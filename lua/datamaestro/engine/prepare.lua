--- Makes a dataset's files present and right, then opens it.
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local ledger = require "datamaestro.engine.ledger"
local plan = require "datamaestro.engine.plan"
local resources = require "datamaestro.engine.resources"

local prepare = {}

-- After these, trying the other resources is pointless.
local FINAL = { interrupted = true, space = true }

local function ignore() end

-- Carries out one action; true | nil, message, code.
local function carry_out(dataset, step, workshop, record, context)
  local resource = step.resource
  if step.reason then
    context.warn(step.action == "adopt" and step.reason or step.reason .. "; it is made again")
  end
  if step.action == "adopt" then
    record:note(resource, "complete")
    return true
  end
  local part = ("%s/%s.%d.part"):format(workshop, resource.filename, file.pid())
  local made, message, code = resources.kind(resource).make(resource, part, context, dataset)
  if not made then
    record:note(resource, "none")
    return nil, message, code
  end
  return record:take(resource, part, step.path)
end

-- Each resource is tried, so that what one failure leaves undone is little; returns the failures.
local function carry_out_all(store, dataset, steps, workshop, context)
  local record <close> = ledger.open(store, dataset, context.done)
  local failures = {}
  local function check(done, message, code)
    if not done then
      failures[#failures + 1] = { message = message, code = code }
    end
  end
  for _, step in ipairs(steps) do
    if step.action ~= "keep" and not (failures[#failures] and FINAL[failures[#failures].code]) then
      check(carry_out(dataset, step, workshop, record, context))
    end
  end
  check(record:close())
  return failures
end

local function run(store, dataset, context)
  local workshop, message, code = store:workshop(dataset)
  if not workshop then
    return nil, message, code
  end
  -- Planned under the lock: another process may have done it all while this one waited.
  local failures = carry_out_all(store, dataset, plan.of(store, dataset).actions, workshop, context)
  store:close_workshop(dataset)
  if #failures == 0 then
    return true
  end
  local messages = {}
  for i, failure in ipairs(failures) do
    messages[i] = failure.message
  end
  return nil, table.concat(messages, "\n"), failures[1].code
end

--- Brings all files of a dataset in place. Complete ones are left alone without a lock, a write or a
-- connection.
-- @param store store
-- @param dataset dataset
-- @param options table: offline, keep_downloads (booleans), progress (function(label, received, total|nil)),
--   warn (function(message)), wait (function(path of the lock)), done (function(resource, path)); all may
--   be left out
-- @return true | nil, message, code
function prepare.download(store, dataset, options)
  local warn = options.warn or ignore
  local first = plan.of(store, dataset)
  if first.warning then
    warn(first.warning)
  end
  if first.complete then
    return true
  end
  local lock <close>, message, code = store:lock(dataset, options.wait)
  if not lock then
    return nil, message, code
  end
  local timeouts
  timeouts, message, code = config.timeouts()
  if not timeouts then
    return nil, message, code
  end
  if options.keep_downloads then
    local made, why, kind = store:open_cache()
    if not made then
      return nil, why, kind
    end
  end
  return run(store, dataset, {
    offline = options.offline,
    timeouts = timeouts,
    keep = options.keep_downloads,
    cached = function(url)
      return store:cached(url)
    end,
    has_cache = file.stat(store.root .. "/cache") ~= nil, -- else naming its files would be for nothing
    progress = options.progress,
    warn = warn,
    done = options.done or ignore,
  })
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
