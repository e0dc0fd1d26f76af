--- What inspection found is made right: what is proved is recorded again, what is damaged is marked, so that
-- the next run makes it anew and takes nothing of it for right.
local auditing = require "datamaestro.engine.auditing"
local contents = require "datamaestro.engine.contents"
local file = require "datamaestro.api.file"
local inventory = require "datamaestro.engine.inventory"
local place = require "datamaestro.engine.place"
local recipe = require "datamaestro.engine.recipe"
local records = require "datamaestro.engine.records"
local resources = require "datamaestro.engine.resources"

local repair = {}

-- Of a folder whose list alone is lost: makes it again where the folder is what was recorded.
local function restore_list(store, dataset, finding)
  local stored = finding.record.stored or {}
  if not finding.list_is_lost or #finding.problems > 1 or not stored.sha256 then
    return false
  end
  local list = place.list(finding.resource, finding.path)
  return list and inventory.digest(list, finding.path, auditing.wait)
    and contents.sum(list).sha256 == stored.sha256
    and contents.write(store:folder(dataset), finding.resource.name, list) == true
end

-- What was read to prove a file, as a record has it.
local function stored_of(finding)
  if finding.list then
    return contents.sum(finding.list)
  end
  local stored
  auditing.read({ finding.path }, function(_, found)
    stored = found
  end, auditing.wait)
  return stored
end

-- The record that a resource gets | nil: the next run finds out by itself.
local function record_of(store, dataset, finding)
  local kind = resources.kind(finding.resource)
  if finding.status == "damaged" then
    return not restore_list(store, dataset, finding) and { state = "partial" } or nil
  elseif finding.status == "unrecorded" and finding.unproved then
    return kind.sources and #kind.sources(finding.resource) > 0 and { state = "partial" } or nil
  elseif finding.status == "unrecorded" then
    local record = records.complete(finding.record, stored_of(finding))
    record.recipe = record.recipe or recipe.of(finding.resource)
    return record
  end
end

--- Prepares a dataset for being made right by a run.
-- @param store store
-- @param result table: of inspection.of; what is not recorded was read
-- @return true | nil, message, code: "busy" where another process is at it, "error" where it is in a store of
--   others
function repair.begin(store, result)
  local dataset, states = result.dataset, {}
  if store:is_read_only(dataset) then
    return nil, store:folder(dataset) .. ": in a store of others (its owner is to repair it)", "error"
  end
  local made, message, code = file.mkdirs(store:folder(dataset))
  if not made then
    return nil, message, code
  end
  local lock <close>, problem, kind = file.lock(store:lock_path(dataset), false)
  if not lock then
    return nil, problem, kind
  end
  for _, finding in ipairs(result.findings) do
    local record = record_of(store, dataset, finding)
    states[finding.resource.name] = record
    if not record and finding.status == "right" then -- the state file may be what is damaged
      states[finding.resource.name] = finding.record
    end
  end
  return next(states) == nil or store:set_states(dataset, states)
end

return repair
