--- What there is to do: a dataset and what is on disk → ordered actions.
local file = require "datamaestro.api.file"
local resources = require "datamaestro.engine.resources"
local verify = require "datamaestro.engine.verify"

local plan = {}

local function choose(resource, path, state)
  local found = file.stat(path)
  if not found then
    return "make"
  end
  -- A complete resource is trusted without being read; a file of another size than declared is not it.
  local declared = resources.kind(resource).stored(resource)
  if state == "complete" and found.type == "file" and (not declared.size or declared.size == found.size) then
    return "keep"
  end
  -- A file that nobody recorded: of the Python program, or put there by hand.
  local right, message = verify.file(path, declared)
  if right and not declared.size and not verify.digest(declared) then
    return "adopt", path .. ": taken as it is (the definition has no size or digest of its content)"
  elseif right then
    return "adopt"
  end
  return "make", message
end

--- Plans a dataset.
-- @param store store
-- @param dataset dataset
-- @return table: actions (array of {resource, path, action = "keep"|"adopt"|"make", reason = string|nil: what
--   there is to say of the file in place}), complete (boolean: nothing to do), warning (string|nil)
function plan.of(store, dataset)
  local states, warning = store:states(dataset)
  local actions, complete = {}, true
  for i, resource in ipairs(dataset.resources) do
    local path = store:path(dataset, resource)
    local action, reason = choose(resource, path, states[resource.name])
    actions[i] = { resource = resource, path = path, action = action, reason = reason }
    complete = complete and action == "keep"
  end
  return { actions = actions, complete = complete, warning = warning }
end

return plan
