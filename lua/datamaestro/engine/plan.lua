--- What there is to do: a dataset and what is on disk → ordered actions.
local contents = require "datamaestro.engine.contents"
local graph = require "datamaestro.engine.graph"
local place = require "datamaestro.engine.place"
local resources = require "datamaestro.engine.resources"
local verify = require "datamaestro.engine.verify"

local plan = {}

local UNPROVED = "%s: taken as it is (the definition has no size or digest of its content)"

-- A complete resource is trusted without being read; a file of another size than declared is not it.
local function look_at_complete(store, dataset, resource, path)
  local kind = resources.kind(resource)
  if kind.check then
    local right, message = kind.check(resource, path, store, dataset)
    if not right then
      return nil, message
    end
  end
  if kind.stands == "nothing" then
    return "keep"
  end
  local found = place.found(resource, path)
  if not found then
    return nil
  elseif kind.stands == "file" then
    local declared = kind.stored(resource)
    return (not declared.size or declared.size == found.size) and "keep" or nil
  end
  local right, missing = contents.check(store:folder(dataset), resource.name, path)
  if right == false then
    return nil, ("%s/%s: not as it was"):format(path, missing)
  end
  return "keep"
end

-- What nobody recorded: of the Python program, or put there by hand, or of a run that died.
local function look_at_unknown(store, dataset, resource, path, state)
  local kind = resources.kind(resource)
  local found = place.found(resource, path)
  if not found or state == "partial" then
    return nil
  end
  if kind.check then
    local right, message = kind.check(resource, path, store, dataset)
    if not right then
      return nil, message
    end
  end
  if kind.stands == "folder" then
    local proved, message
    if kind.prove then
      proved, message = kind.prove(resource, path)
    end
    if proved == false then
      return nil, message
    end
    return "adopt", not proved and UNPROVED:format(path) or nil
  end
  local declared = kind.stored(resource)
  local right, message = verify.file(path, declared)
  if right and not declared.size and not verify.digest(declared) then
    return "adopt", UNPROVED:format(path)
  elseif right then
    return "adopt"
  end
  return nil, message
end

-- What is there of a resource: {action = "keep" or "adopt", or nil: to be made, reason}.
local function look(store, dataset, resource, state)
  local path = store:path(dataset, resource)
  local action, reason
  if state == "complete" then
    action, reason = look_at_complete(store, dataset, resource, path)
  end
  if not action and not (reason and resources.kind(resource).stands == "folder") then
    local other
    action, other = look_at_unknown(store, dataset, resource, path, state)
    reason = action and other or reason or other
  end
  return { resource = resource, path = path, action = action, reason = reason, state = state }
end

-- Marks what must be made, and what that needs in turn.
local function demand(steps, step)
  if step.action then
    return
  end
  step.action = "make"
  for _, name in ipairs(graph.requires(step.resource)) do
    demand(steps, steps[name])
  end
end

-- What may go, and is not needed again, goes.
local function release(step, store, dataset)
  local known = step.action ~= nil or (step.state or "none") ~= "none"
  local there = step.action or place.found(step.resource, step.path)
  step.action, step.reason = (known or there) and "drop" or "idle", nil
  step.folder = store:folder(dataset)
end

local function is_wanted(steps, dependents, step)
  for _, other in ipairs(dependents[step.resource.name]) do
    local action = steps[other.name].action
    if action == "make" then
      return true
    end
  end
  return false
end

-- From the last to the first: who needs a resource has been decided before it.
local function decide(steps, store, dataset)
  local dependents = graph.dependents(dataset.resources)
  for _, step in ipairs(steps) do
    if not step.resource.transient then
      demand(steps, step)
    end
  end
  for i = #steps, 1, -1 do
    local step = steps[i]
    if step.resource.transient and step.action ~= "make" and not is_wanted(steps, dependents, step) then
      release(step, store, dataset)
    end
  end
end

--- Plans a dataset.
-- @param store store
-- @param dataset dataset
-- @return table: actions (array of {resource, path, action, reason = string|nil: what there is to say of what
--   is in place}, each after those that it needs; action is "keep", "adopt" (right, but not recorded),
--   "make", "drop" (transient, and needed no more) or "idle" (transient, gone and not needed)), complete
--   (boolean: nothing to do), warning (string|nil)
function plan.of(store, dataset)
  local states, warning = store:states(dataset)
  local steps = {}
  for i, resource in ipairs(graph.order(dataset.resources)) do
    local step = look(store, dataset, resource, states[resource.name])
    steps[i], steps[resource.name] = step, step
  end
  decide(steps, store, dataset)
  local complete = true
  for _, step in ipairs(steps) do
    complete = complete and (step.action == "keep" or step.action == "idle"
      or step.action == "drop" and store:is_read_only(dataset)) -- what stays there does no harm
  end
  return { actions = steps, complete = complete, warning = warning }
end

return plan
