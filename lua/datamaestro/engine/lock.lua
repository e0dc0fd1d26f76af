--- Locks: a JSON file that says of datasets what their definitions declare, where their bytes came from and
-- which they are, so that the same can be had elsewhere, or later.
--
--   { "version": 1, "datasets": { "ID@REPOSITORY": { "definition": sha256, "opens": {…},
--     "resources": { NAME: { "declared": {…}, (these three: declaration.lua)
--       "source", "served", "stored", "fetched" (records.lua) } } } } }
local auditing = require "datamaestro.engine.auditing"
local declaration = require "datamaestro.engine.declaration"
local file = require "datamaestro.api.file"
local inventory = require "datamaestro.engine.inventory"
local json = require "datamaestro.json"
local plan = require "datamaestro.engine.plan"
local records = require "datamaestro.engine.records"
local resources = require "datamaestro.engine.resources"

local lock = {}

local Lock = { __name = "lock" }
Lock.__index = Lock

local VERSION = 1

--- The name of a dataset in locks.
-- @param dataset dataset
-- @return string
function lock.key(dataset)
  return ("%s@%s"):format(dataset.id, dataset.repository.id)
end

-- --- Making -------------------------------------------------------------------------------------------

-- What is recorded of a resource; what is not is read.
local function entry_of(step, record)
  local entry = { source = record.source, served = record.served, stored = record.stored,
    fetched = record.fetched }
  local stands = resources.kind(step.resource).stands
  if step.action == "keep" and stands ~= "nothing" and not (entry.stored and entry.stored.sha256) then
    local stored, message, code = inventory.measure(step.resource, step.path, auditing.wait)
    if not stored then
      return nil, message, code
    end
    entry.stored = stored
  end
  return entry
end

-- Only what a lock has of bytes.
local function bytes(value)
  return value and { files = value.files, size = value.size, sha256 = value.sha256 }
end

local function encode_entry(entry, declared)
  local fetched
  for i, one in ipairs(entry.fetched or {}) do
    fetched = fetched or {}
    fetched[i] = { url = one.url, source = one.source, served = bytes(one.served) }
  end
  return { declared = declared, source = entry.source, served = bytes(entry.served),
    stored = bytes(entry.stored), fetched = fetched }
end

local function lock_dataset(store, dataset)
  local known, declared = store:records(dataset), declaration.of(dataset)
  local entries = {}
  for _, step in ipairs(plan.of(store, dataset, true).actions) do
    local name = step.resource.name
    if step.action ~= "keep" and step.action ~= "idle" then
      return nil, ("%s: %s is not complete (`datamaestro prepare %s` first)"):format(dataset.id, name,
        dataset.id), "unknown"
    end
    local entry, message, code = entry_of(step, known[name] or {})
    if not entry then
      return nil, message, code
    end
    entries[name] = encode_entry(entry, declared.resources[name])
  end
  return { definition = declaration.digest(declared), opens = declared.opens, resources = entries }
end

--- Locks datasets as they are in place.
-- @param store store
-- @param datasets array of datasets, with all that they refer to
-- @return string: JSON | nil, message, code: "unknown" where one is not complete
function lock.make(store, datasets)
  local all = {}
  for _, dataset in ipairs(datasets) do
    local made, message, code = lock_dataset(store, dataset)
    if not made then
      return nil, message, code
    end
    all[lock.key(dataset)] = made
  end
  return json.encode({ version = VERSION, datasets = all }, "  ") .. "\n"
end

-- --- Reading ------------------------------------------------------------------------------------------

local function is_dataset(value)
  if type(value) ~= "table" or type(value.definition) ~= "string" or type(value.opens) ~= "table"
    or type(value.resources) ~= "table" then
    return false
  end
  for name, entry in pairs(value.resources) do
    if type(name) ~= "string" or type(entry) ~= "table" or type(entry.declared) ~= "table" then
      return false
    end
  end
  return true
end

local function is_lock(document)
  if type(document) ~= "table" or type(document.datasets) ~= "table" then
    return false
  end
  for key, value in pairs(document.datasets) do
    if type(key) ~= "string" or not is_dataset(value) then
      return false
    end
  end
  return true
end

--- Reads a lock.
-- @param path string
-- @return lock: path, keys (array of the names of its datasets, sorted) | nil, message, code
function lock.read(path)
  local content, message, code = file.read(path)
  if not content then
    return nil, message, code
  end
  local document = json.decode(content)
  if not is_lock(document) then
    return nil, path .. ": no lock (what `datamaestro lock` prints expected)", "format"
  elseif document.version ~= VERSION then
    return nil, ("%s: version %s of locks (%d expected)"):format(path, tostring(document.version), VERSION),
      "format"
  end
  local self = setmetatable({ path = path, datasets = document.datasets, keys = {} }, Lock)
  for key in pairs(document.datasets) do
    table.insert(self.keys, key)
  end
  table.sort(self.keys)
  return self
end

--- What is locked of a resource.
-- @param dataset dataset
-- @param name string: the resource's
-- @return table: as of records.of | nil
function Lock:entry(dataset, name)
  local found = self.datasets[lock.key(dataset)]
  local entry = found and found.resources[name]
  return entry and records.of(entry)
end

--- Where a definition is another one than the locked.
-- @param dataset dataset
-- @return array: as of declaration.differences, empty where it is the same | nil where it is not locked
function Lock:differences(dataset)
  local found = self.datasets[lock.key(dataset)]
  if not found then
    return nil
  end
  local now, before = declaration.of(dataset), { opens = found.opens, resources = {} }
  if declaration.digest(now) == found.definition then
    return {}
  end
  for name, entry in pairs(found.resources) do
    before.resources[name] = entry.declared
  end
  local list = declaration.differences(before, now)
  if #list == 0 then -- somebody has edited the lock
    list[1] = { field = "definition", old = found.definition, new = declaration.digest(now) }
  end
  return list
end

return lock
