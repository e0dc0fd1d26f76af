--- What it would take to bring datasets in place, and what is in the way: nothing is asked, nothing written.
local Cache = require "datamaestro.engine.cache"
local Hosts = require "datamaestro.engine.hosts"
local Shares = require "datamaestro.engine.shares"
local agreements = require "datamaestro.engine.agreements"
local file = require "datamaestro.api.file"
local needs = require "datamaestro.engine.needs"
local outlook = require "datamaestro.engine.outlook"
local plan = require "datamaestro.engine.plan"

local forecast = {}

-- What a person has to mend first; what is not here comes after these.
local RANKS = { "agreement", "space", "unknown", "definition", "offline" }

local function obstruct(self, message, code, row)
  row = row or {}
  local obstacle = { message = message, code = code, dataset = row.dataset, resource = row.name }
  table.insert(self.obstacles, obstacle)
  row.obstacle = obstacle
end

-- --- What has to be done ----------------------------------------------------------------------------

local function context_of(store, options)
  local cache = Cache.open(store.root)
  return {
    store = store, cache = cache, has_cache = file.stat(cache.folder) ~= nil, shares = Shares.new(cache),
    hosts = Hosts.open(cache.folder .. "/hosts"), settings = options.settings, offline = options.offline,
    keep = options.keep_downloads,
  }
end

local ACTIONS = { keep = "keep", adopt = "adopt", make = "make", drop = "remove", idle = "idle" }

local function row_of(dataset, step)
  return {
    name = step.resource.name, kind = step.resource.kind, resource = step.resource, dataset = dataset.id,
    label = ("%s: %s"):format(dataset.id, step.resource.name), path = step.path, reason = step.reason,
    action = step.doubtful and "check" or ACTIONS[step.action], transient = step.resource.transient,
  }
end

-- What `prepare` would say of what it finds in place.
local function warn_of(self, row)
  if row.reason then
    self.warn(row.action == "adopt" and row.reason or row.reason .. "; it is made again")
  end
end

local function add_dataset(self, dataset, found)
  local entry = { dataset = dataset, complete = found.complete, rows = {} }
  if found.warning then
    self.warn(found.warning)
  end
  for i, step in ipairs(found.actions) do
    local row = row_of(dataset, step)
    entry.rows[i] = row
    warn_of(self, row)
    if step.action == "make" then
      local done, message, code = outlook.add(self.outlook, row, step.resource, dataset)
      if not done then
        obstruct(self, message, code, row)
      end
    end
  end
  table.insert(self.datasets, entry)
end

-- --- What is in the way -----------------------------------------------------------------------------

local function add_terms(self, datasets, accepted)
  local list, message, code = agreements.of(datasets)
  if not list then
    return obstruct(self, message, code)
  end
  for _, one in ipairs(list) do
    if not one.accepted and not accepted[one.key] then
      table.insert(self.terms, one)
      obstruct(self, ("%s: terms '%s' are not accepted"):format(one.datasets[1], one.id), "agreement")
    end
  end
end

local function add_space(self, root)
  local free, inodes, code = needs.room(root)
  if not free then
    return obstruct(self, inodes, code)
  end
  local problem = needs.problem(root, self.needs, free, inodes)
  if problem then
    obstruct(self, problem, "space")
  end
  self.free, self.inodes = free, inodes
end

-- Whether a path can be written in | nil, message, code.
local function is_open(path)
  local found, message, code = file.stat(path)
  if not found then
    return nil, message, code
  elseif found.type ~= "folder" then
    return nil, path .. ": not a folder (folder expected)", "error"
  end
  return file.writable(path)
end

-- Folders in which nothing can be written.
local function add_folders(self, store, datasets, plans)
  local seen = {}
  for i, dataset in ipairs(datasets) do
    local nearest = not plans[i].complete and needs.nearest(store:folder(dataset))
    if nearest and not seen[nearest] then
      seen[nearest] = true
      local writable, message, code = is_open(nearest)
      if not writable then
        obstruct(self, message, code)
      end
    end
  end
end

-- The code with which `prepare` would end; where several things are in the way, that of the most telling one.
local function worst(obstacles)
  local codes = {}
  for _, obstacle in ipairs(obstacles) do
    codes[obstacle.code or "error"] = true
  end
  for _, code in ipairs(RANKS) do
    if codes[code] then
      return code
    end
  end
  return obstacles[1] and (obstacles[1].code or "error")
end

--- Looks ahead.
-- @param store store
-- @param datasets array of datasets, no two the same, with all that they refer to
-- @param options table: settings (as of settings.read), offline, keep_downloads (booleans), accepted (table:
--   keys of terms that this session has accepted → true)
-- @return table: could_run (boolean), code (of status.lua, where not), datasets (array of {dataset, complete,
--   rows}), hosts and saved (as of outlook.new), needs (as of needs.of), free (bytes), inodes (integer|nil),
--   terms (array of agreements that are not accepted), obstacles (array of {message, code, dataset, resource:
--   names, or nil}), warnings (array of strings). A row is {name, kind, resource, path, action: "keep",
--   "adopt", "check" (adopted, if the content is right), "make", "remove" or "idle" (not needed any more),
--   reason, transient, obstacle} with what outlook.add says
function forecast.of(store, datasets, options)
  local self = { datasets = {}, obstacles = {}, terms = {}, warnings = {} }
  function self.warn(message)
    table.insert(self.warnings, message)
  end
  local context = context_of(store, options)
  add_terms(self, datasets, options.accepted)
  local plans = {}
  for i, dataset in ipairs(datasets) do
    plans[i] = plan.of(store, dataset, true)
  end
  self.needs = needs.of(plans, context)
  if self.needs.files > 0 then
    add_space(self, store.root)
  end
  add_folders(self, store, datasets, plans)
  self.outlook = outlook.new(context, self.warn)
  for i, dataset in ipairs(datasets) do
    add_dataset(self, dataset, plans[i])
  end
  self.code = worst(self.obstacles)
  self.could_run = self.code == nil
  self.hosts, self.saved = self.outlook.hosts, self.outlook.saved
  return self
end

return forecast
