--- Exactly what a lock says: definitions, data in place, and what is fetched are held against it.
local auditing = require "datamaestro.engine.auditing"
local inventory = require "datamaestro.engine.inventory"
local plan = require "datamaestro.engine.plan"
local resources = require "datamaestro.engine.resources"
local text = require "datamaestro.text"

local frozen = {}

--- Holds what is stored against what is locked.
-- @param subject string: what the message begins with
-- @param stored table: size, sha256, files
-- @param locked table|nil: likewise
-- @return true | nil, message, "checksum"
function frozen.compare(subject, stored, locked)
  if not locked or not locked.sha256 or stored.sha256 == locked.sha256 then
    return true
  end
  local what = stored.files and "sha256 of its list " or "sha256 "
  return nil, ("%s: %s%s (%s is locked)"):format(subject, what, stored.sha256, locked.sha256), "checksum"
end

-- --- Before a run -------------------------------------------------------------------------------------

--- What a difference of definitions is called.
-- @param difference table: as of declaration.differences
-- @return string: "RESOURCE.FIELD", "RESOURCE", or "FIELD" of the dataset
function frozen.name(difference)
  local name = { difference.resource, difference.field }
  return difference.resource and table.concat(name, ".") or difference.field
end

local function said(difference)
  return ("%s: %s (%s is locked)"):format(frozen.name(difference), difference.new, difference.old)
end

local function check_definition(dataset, lock)
  local differences = lock:differences(dataset)
  if not differences then
    return nil, ("%s: not in %s (`datamaestro lock` makes a lock of it)"):format(dataset.id, lock.path),
      "definition"
  elseif #differences == 0 then
    return true
  end
  local lines = { ("%s: its definition is another one than %s has:"):format(dataset.id, lock.path) }
  for _, difference in ipairs(differences) do
    lines[#lines + 1] = "  " .. said(difference)
  end
  return nil, table.concat(lines, "\n"), "definition"
end

--- What differs from a lock of a dataset's data in place. What is recorded is believed; what is not is read.
-- @param store store
-- @param dataset dataset
-- @param lock lock
-- @return array of messages
function frozen.in_place(store, dataset, lock)
  local problems, known = {}, store:records(dataset)
  for _, step in ipairs(plan.of(store, dataset, true).actions) do
    local resource = step.resource
    local locked = lock:entry(dataset, resource.name)
    local is_there = step.action == "keep" and resources.kind(resource).stands ~= "nothing"
    if is_there and locked and locked.stored then
      local stored, message = (known[resource.name] or {}).stored, nil
      if not stored or not stored.sha256 then
        stored, message = inventory.measure(resource, step.path, auditing.wait)
      end
      if stored then
        message = select(2, frozen.compare(step.path, stored, locked.stored))
      end
      problems[#problems + 1] = message
    end
  end
  return problems
end

--- Whether a run may begin: definitions and what is in place are those that are locked.
-- @param store store
-- @param datasets array of datasets
-- @param lock lock
-- @return true | nil, message, code: "definition" or "checksum"
function frozen.check(store, datasets, lock)
  for _, dataset in ipairs(datasets) do
    local same, message, code = check_definition(dataset, lock)
    if not same then
      return nil, message, code
    end
  end
  local problems = {}
  for _, dataset in ipairs(datasets) do
    local found = frozen.in_place(store, dataset, lock)
    table.move(found, 1, #found, #problems + 1, problems)
  end
  if #problems > 0 then
    return nil, table.concat(problems, "\n"), "checksum"
  end
  return true
end

-- --- In a run -----------------------------------------------------------------------------------------

-- What is locked of one fetch of a resource.
local function fetch_of(spec, locked)
  local url = text.url(spec.sources[1].url)
  for _, one in ipairs(locked.fetched or {}) do
    if one.url == url then
      return one
    end
  end
  return locked
end

-- A source that must serve the locked bytes. Its size is no reason to give up early: what came is to be
-- shown.
local function with_digest(source, sha256)
  return setmetatable({ sha256 = sha256 }, { __index = function(_, key)
    return key ~= "size" and source[key] or nil
  end })
end

-- The declared source that the locked bytes came from; a mirror of the settings' stands for the first one.
local function locked_source(spec, fetched)
  for _, source in ipairs(spec.sources) do
    if text.url(source.url) == fetched.source then
      return source
    end
  end
  return spec.sources[1]
end

-- Whether two sources of a resource serve the same bytes: it and its mirrors that are only URLs, which read
-- their fields from it. A mirror that is a table may hold the content packed anew.
local function are_one(source, other)
  return source == other or source.mirrors ~= nil and source.mirrors == other.mirrors
end

--- What is to be fetched, so that it is what was locked: sources that serve the same bytes must serve those,
-- others (packed anew) must have the same content.
-- @param spec table: as of fetch.obtain
-- @param locked table|nil: as of records.of
-- @return table: likewise
function frozen.spec(spec, locked)
  local fetched = locked and fetch_of(spec, locked)
  if not fetched or not fetched.served or not fetched.served.sha256 then
    return spec
  end
  local one, list = locked_source(spec, fetched), {}
  for i, source in ipairs(spec.sources) do
    list[i] = are_one(source, one) and with_digest(source, fetched.served.sha256) or source
  end
  local is_file = not spec.unpack or spec.unpack.concat
  local stored = is_file and fetched.stored and fetched.stored.sha256
  return setmetatable({ sources = list, content = stored and { sha256 = stored } or spec.content },
    { __index = spec })
end

return frozen
