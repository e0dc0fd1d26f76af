--- What there is to do: a dataset and what is on disk → ordered actions.
local contents = require "datamaestro.engine.contents"
local graph = require "datamaestro.engine.graph"
local place = require "datamaestro.engine.place"
local recipe = require "datamaestro.engine.recipe"
local resources = require "datamaestro.engine.resources"
local verify = require "datamaestro.engine.verify"

local plan = {}

local UNPROVED = "%s: taken as it is (the definition has no size or checksum of its content)"
local UNPROVED_FOLDER = "%s: taken as it is (no checksum in the definition tells what must be in it)"

local function check(store, dataset, resource, path)
  local kind = resources.kind(resource)
  if kind.check then
    return kind.check(resource, path, store, dataset)
  end
  return true
end

-- The size that a file must have, as declared or as it was when it was complete.
local function size_of(resource, record)
  return resources.kind(resource).stored(resource).size or (record.stored and record.stored.size)
end

-- What there is to say of a resource that is complete.
local function doubt(resource, path, record)
  if record.recipe and record.recipe ~= recipe.of(resource) then
    return ("%s: its definition has changed since it was made (delete it to have it made anew)"):format(path)
  end
end

-- A complete resource is trusted without being read; a file of another size than it must have is not it.
local function look_at_complete(store, dataset, resource, path, record)
  local stands = resources.kind(resource).stands
  local right, message = check(store, dataset, resource, path)
  if not right then
    return nil, message
  elseif stands == "nothing" then
    return "keep", doubt(resource, path, record)
  end
  local found = place.found(resource, path)
  if not found then
    return nil
  elseif stands == "file" then
    local size = size_of(resource, record)
    if size and size ~= found.size then
      return nil, ("%s: %d bytes (%d expected)"):format(path, found.size, size)
    end
    return "keep", doubt(resource, path, record)
  end
  right, message = contents.check(store:folder(dataset), resource.name, path)
  if right == false then
    return nil, message
  end
  return "keep", doubt(resource, path, record)
end

-- A folder that nobody recorded, but whose list of contents may be there.
local function look_at_folder(store, dataset, resource, path, unread)
  local kind, folder = resources.kind(resource), store:folder(dataset)
  local proved, message
  if kind.prove and unread and resource.check then
    return { action = "adopt", doubtful = true }
  elseif kind.prove then
    proved, message = kind.prove(resource, path)
  end
  if proved == false then
    return { reason = message }
  end
  local listed, missing = contents.check(folder, resource.name, path)
  if listed == false then
    return { reason = missing }
  end
  local list = listed and not unread and contents.read(folder, resource.name)
  return { action = "adopt", reason = not proved and UNPROVED_FOLDER:format(path) or nil, has_list = listed,
    record = list and { stored = contents.sum(list) } or nil }
end

-- A file that nobody recorded.
local function look_at_file(resource, path, unread)
  local declared = resources.kind(resource).stored(resource)
  local has_digest = verify.digest(declared) ~= nil
  local doubtful = unread and has_digest or nil
  local right, found = verify.file(path, doubtful and { size = declared.size } or declared)
  if not right then
    return { reason = found }
  elseif not declared.size and not has_digest then
    return { action = "adopt", reason = UNPROVED:format(path) }
  end
  return { action = "adopt", record = found and { stored = found } or nil, doubtful = doubtful }
end

-- What nobody recorded: of the Python program, or put there by hand, or of a run that died. `unread`: what
-- would have to be read is taken for right (`doubtful`).
local function look_at_unknown(store, dataset, resource, path, state, unread)
  local kind = resources.kind(resource)
  local is_file = kind.stands == "file"
  if not place.found(resource, path) or state == "partial" and not is_file
    or resource.filename == "" and not place.is_filled(resource, path) then
    return {}
  end
  local right, message = check(store, dataset, resource, path)
  if not right then
    return { reason = message }
  elseif resources.kind(resource).stands == "folder" then
    return look_at_folder(store, dataset, resource, path, unread)
  end
  local found = look_at_file(resource, path, unread)
  if state == "partial" and not verify.digest(kind.stored(resource)) then
    found.action = nil -- it is known to be wrong, and nothing proves that it is so no more
    found.reason = found.reason ~= UNPROVED:format(path) and found.reason or nil
  end
  return found
end

-- Whether what stands there may be it though it is not what was recorded: where a digest tells.
local function may_be_another(resource)
  local kind = resources.kind(resource)
  return kind.stands ~= "folder" and verify.digest(kind.stored(resource)) ~= nil
end

-- What is there of a resource: a step without an action where it is to be made.
local function look(store, dataset, resource, record, unread)
  local path = store:path(dataset, resource)
  local step = { resource = resource, path = path, state = record.state }
  if record.state == "complete" then
    step.action, step.reason = look_at_complete(store, dataset, resource, path, record)
  end
  if not step.action and (not step.reason or may_be_another(resource)) then
    local other = look_at_unknown(store, dataset, resource, path, record.state, unread)
    step.action, step.record, step.has_list = other.action, other.record, other.has_list
    step.reason = step.action and other.reason or step.reason or other.reason
    step.doubtful = other.doubtful
  end
  return step
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
-- @param unread boolean|nil: no file is read, however long; what is not recorded is then taken for right
-- @return table: actions (array of {resource, path, action, reason = string|nil: what there is to say of
--   what is in place, doubtful = boolean|nil: "adopt", but the content was not read, record = table|nil: of
--   what is adopted, has_list = boolean|nil: so is its list of contents}, each after those that it needs;
--   action is "keep", "adopt" (right, but not recorded), "make", "drop" (transient, and needed no more) or
--   "idle" (transient, gone and not needed)), complete (boolean: nothing to do), warning (string|nil)
function plan.of(store, dataset, unread)
  local records, warning = store:records(dataset)
  local steps = {}
  for i, resource in ipairs(graph.order(dataset.resources)) do
    local step = look(store, dataset, resource, records[resource.name] or {}, unread)
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
