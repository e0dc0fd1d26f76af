--- The data directory: where datasets live, what state their resources are in, who is at work there.
-- The layout and the state file are the Python program's, so that both can share one directory:
--   data/<repository>/<id as path>/<filename>, .state.json and .state.lock beside them, and the files
--   that are being made in .downloads/.
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local process = require "datamaestro.api.process"
local records = require "datamaestro.engine.records"

local store = {}

local Store = { __name = "store" }
Store.__index = Store

local STATE_VERSION = 1

--- Opens the data directory; nothing is read or made yet.
-- @param asked string|nil: what --data says; default $DATAMAESTRO_DIR, then ~/datamaestro
-- @return store | nil, message, code
function store.open(asked)
  local root, message, code = config.data_directory(asked)
  if not root then
    return nil, message, code
  end
  return setmetatable({ root = root }, Store)
end

local function folder_in(root, dataset)
  return ("%s/data/%s/%s"):format(root, dataset.repository.id, dataset.folder or (dataset.id:gsub("%.", "/")))
end

-- --- Stores of others ---------------------------------------------------------------------------

--- Names further data directories, in which datasets are used that are complete there. Nothing is ever
-- written in them.
-- @param sites array of absolute paths, in the order in which they are searched
-- @return store: the same
function Store:search(sites)
  local own = file.realpath(self.root) or self.root
  self.sites, self.roots, self.plans = {}, {}, {}
  for _, site in ipairs(sites) do
    site = site:gsub("(.)/+$", "%1")
    if (file.realpath(site) or site) ~= own then
      table.insert(self.sites, site)
    end
  end
  self.sites = #self.sites > 0 and self.sites or nil
  return self
end

-- The plan of a dataset that is complete in a data directory, as its state and a look at its files say:
-- none is read | nil where it is not.
local function plan_in(root, dataset)
  if not file.stat(folder_in(root, dataset) .. "/.state.json") then
    return nil
  end
  local view = setmetatable({ root = root, read_only = true }, Store)
  local found = require "datamaestro.engine.plan".of(view, dataset, true)
  return found.complete and found or nil
end

-- One's own copy, if it is complete, then the first that is; else it is to be one's own.
local function choose(self, dataset)
  local own = plan_in(self.root, dataset)
  for _, site in ipairs(own and {} or self.sites) do
    local found = plan_in(site, dataset)
    if found then
      return site, found
    end
  end
  return self.root, own
end

-- The data directory in which a dataset is: looked for once.
local function root_of(self, dataset)
  if not self.sites then
    return self.root
  elseif not self.roots[dataset] then
    self.roots[dataset], self.plans[dataset] = choose(self, dataset)
  end
  return self.roots[dataset]
end

--- The plan of a dataset that was made while it was looked for, once: then time has gone by.
-- @param dataset dataset
-- @return table: as of plan.of | nil
function Store:planned(dataset)
  root_of(self, dataset)
  local found = self.sites and self.plans[dataset]
  if found then
    self.plans[dataset] = nil
  end
  return found or nil
end

--- The data directory of others in which a dataset is used.
-- @param dataset dataset
-- @return string | nil: where it is, or would be, in one's own
function Store:site(dataset)
  local root = root_of(self, dataset)
  return root ~= self.root and root or nil
end

--- Whether nothing may be written in a dataset's folder.
-- @param dataset dataset
-- @return boolean
function Store:is_read_only(dataset)
  return self.read_only or self:site(dataset) ~= nil
end

local function refuse(folder)
  return nil, folder .. ": in a store of others (nothing is written there)", "error"
end

--- From here on a dataset is in one's own data directory: it is about to be brought there.
-- @param dataset dataset
function Store:settle(dataset)
  if self.sites then
    self.roots[dataset], self.plans[dataset] = self.root, nil
  end
end

--- Where else a resource may be, of a dataset that is not complete there.
-- @param dataset dataset
-- @param resource resource
-- @return array of tables: path (absolute), recorded (boolean: complete, as its state says)
function Store:elsewhere(dataset, resource)
  local places = {}
  for i, site in ipairs(self.sites or {}) do
    local view = setmetatable({ root = site, read_only = true }, Store)
    places[i] = { path = view:path(dataset, resource),
      recorded = view:states(dataset)[resource.name] == "complete" }
  end
  return places
end

-- --- Where things are ---------------------------------------------------------------------------

--- The folder of a dataset: where it is complete, else where it would be brought.
-- @param dataset dataset
-- @return string: absolute path
function Store:folder(dataset)
  return folder_in(root_of(self, dataset), dataset)
end

-- Whether a folder is a dataset's.
local function is_dataset(folder)
  return file.stat(folder .. "/.state.lock") ~= nil or file.stat(folder .. "/.state.json") ~= nil
end

--- Whether a dataset's folder is its own. Links in a dataset's folder are made by definitions, and lead to
-- what is not theirs: nothing is written through them.
-- @param dataset dataset
-- @return true | nil, message, code
function Store:own(dataset)
  local path = self.root .. "/data"
  for part in (self:folder(dataset):sub(#path + 1)):gmatch "[^/]+" do
    local parent = path
    path = path .. "/" .. part
    local found = file.stat(path, true)
    if found and found.type == "link" and is_dataset(parent) then
      return nil, ("%s: a link in another dataset's folder (folder of %s expected)"):format(path, dataset.id),
        "definition"
    end
  end
  return true
end

--- The path where a resource stands once it is complete.
-- @param dataset dataset
-- @param resource resource
-- @return string: absolute path
function Store:path(dataset, resource)
  local folder = self:folder(dataset)
  return resource.filename == "" and folder or folder .. "/" .. resource.filename
end

local function state_path(folder)
  return folder .. "/.state.json"
end

local function well_formed(document)
  if type(document) ~= "table" or type(document.resources) ~= "table" then
    return false
  end
  for name, entry in pairs(document.resources) do
    if type(name) ~= "string" or type(entry) ~= "table" or type(entry.state) ~= "string" then
      return false
    end
  end
  return true
end

-- The whole document, so that entries of other programs are written back.
local function read_document(folder)
  local path = state_path(folder)
  local content, message, code = file.read(path)
  if not content and code == "unknown" then
    return { version = STATE_VERSION, resources = {} }
  end
  local document = content and json.decode(content)
  if well_formed(document) then
    return document
  end
  message = content and path .. ": damaged (a state file expected); every file is checked again" or message
  return { version = STATE_VERSION, resources = {} }, message
end

--- Reads what is recorded of a dataset's resources.
-- @param dataset dataset
-- @return table: resource name → record (records.lua)
-- @return string|nil: a warning when the state file is there but cannot be used; nothing is recorded then
function Store:records(dataset)
  local document, warning = read_document(self:folder(dataset))
  local found = {}
  for name, entry in pairs(document.resources) do
    found[name] = records.of(entry)
  end
  return found, warning
end

--- Reads the states of the resources in a folder.
-- @param folder string: a dataset's
-- @return table: resource name → "none" | "partial" | "complete"
-- @return string|nil: a warning when the state file is there but cannot be used; all states are then none
function store.states_in(folder)
  local document, warning = read_document(folder)
  local states = {}
  for name, entry in pairs(document.resources) do
    states[name] = entry.state
  end
  return states, warning
end

--- Reads the states of a dataset's resources.
-- @param dataset dataset
-- @return table: resource name → "none" | "partial" | "complete"
-- @return string|nil: a warning when the state file is there but cannot be used; all states are then none
function Store:states(dataset)
  return store.states_in(self:folder(dataset))
end

--- Writes what is to be recorded of some resources, atomically; of the others it stays. The caller holds the
-- lock.
-- @param dataset dataset
-- @param states table: resource name → record
-- @return true | nil, message, code
function Store:set_states(dataset, states)
  local folder = self:folder(dataset)
  if self:is_read_only(dataset) then
    return refuse(folder)
  end
  local document = read_document(folder)
  for name, record in pairs(states) do
    document.resources[name] = records.encode(record)
  end
  local names = {}
  for key in pairs(document.resources) do
    names[#names + 1] = key
  end
  table.sort(names)
  local resources = json.object()
  for _, key in ipairs(names) do
    json.set(resources, key, document.resources[key])
  end
  local ordered = json.object()
  json.set(ordered, "version", STATE_VERSION)
  json.set(ordered, "resources", resources)
  local path = state_path(folder)
  local there = file.stat(path, true)
  if there and there.type == "folder" then -- which is none of ours
    file.remove_tree(path)
  end
  return file.replace(path, json.encode(ordered, "  ") .. "\n")
end

--- The path of a dataset's lock, which one process at a time holds.
-- @param dataset dataset
-- @return string: absolute path
function Store:lock_path(dataset)
  return self:folder(dataset) .. "/.state.lock"
end

-- A part may be of a living process where locks do not work; on another machine it is given a day.
local FORGOTTEN = 86400 -- seconds

local function is_abandoned(path, owner)
  local alive = process.is_alive(owner)
  if alive == nil then
    local found = file.stat(path)
    return found and os.time() - found.mtime > FORGOTTEN
  end
  return not alive
end

-- Another process may remove the folder in between, where locks do not work.
local function make_folder(folder)
  local made, message, code
  for _ = 1, 100 do
    made, message, code = file.mkdirs(folder)
    if made or code ~= "unknown" then
      break
    end
  end
  return made, message, code
end

local STALE = 60 -- seconds after which a state that is not in its place will not get there

-- What processes leave that die while they write a state or a list of contents.
local function sweep(folder, pattern)
  for _, name in ipairs(file.list(folder) or {}) do
    local path = folder .. "/" .. name
    local found = name:find(pattern) and file.stat(path, true)
    if found and found.type == "file" and os.time() - found.mtime > STALE then
      file.remove(path)
    end
  end
end

--- The folder where this process makes a dataset's files; what dead processes left beside it is removed.
-- @param dataset dataset
-- @param owner string: the name of this process
-- @return string: absolute path | nil, message, code
function Store:workshop(dataset, owner)
  if self:is_read_only(dataset) then
    return refuse(self:folder(dataset))
  end
  local shared = self:folder(dataset) .. "/.downloads"
  local made, message, code = make_folder(shared .. "/" .. owner)
  if not made then
    return nil, message, code
  end
  for _, name in ipairs(file.list(shared) or {}) do
    if name:find "^%x+%-%d+%-%d+$" and is_abandoned(shared .. "/" .. name, name) then
      file.remove_tree(shared .. "/" .. name)
    end
  end
  sweep(self:folder(dataset), "^%.state%.json%.%d+%.%d+$")
  sweep(self:folder(dataset) .. "/.contents", "%.%d+%.%d+$")
  return shared .. "/" .. owner
end

--- Removes the folder of this process, and the one around it if nobody else has anything there.
-- @param dataset dataset
-- @param owner string: the name of this process
function Store:close_workshop(dataset, owner)
  local shared = self:folder(dataset) .. "/.downloads"
  file.remove_tree(shared .. "/" .. owner)
  file.remove(shared)
end

return store
