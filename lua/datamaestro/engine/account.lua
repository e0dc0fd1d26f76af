--- What the resources of a dataset account for in its folder.
local contents = require "datamaestro.engine.contents"
local place = require "datamaestro.engine.place"
local resources = require "datamaestro.engine.resources"

local account = {}

local Account = { __name = "account" }
Account.__index = Account

-- The list of contents of a resource, read when it is asked for; false where there is none.
local function list_of(self, name)
  if self.lists[name] == nil then
    self.lists[name] = contents.paths(self.folder, name) or false
  end
  return self.lists[name]
end

local function add(self, resource)
  local kind = resources.kind(resource)
  self.names[resource.name] = true
  for _, name in ipairs(kind.places and kind.places(resource) or {}) do
    self.whole[name:match "^[^/]+"] = true
  end
  if kind.stands == "nothing" then
    return
  elseif resource.filename == "" then
    self.filling[#self.filling + 1] = resource.name
  elseif resource.filename:find("/", 1, true) then
    self.whole[resource.filename:match "^[^/]+"] = true
  else
    local names = self.places[resource.filename] or {}
    self.places[resource.filename] = names
    names[#names + 1] = resource.name
  end
end

-- Whether a resource was complete and is not in its place: another program, or another definition, may have
-- it under another name in the folder.
local function is_astray(resource, folder, states)
  local kind = resources.kind(resource)
  if states[resource.name] ~= "complete" or resource.transient or kind.stands == "nothing" then
    return false
  end
  return not place.found(resource, resource.filename == "" and folder or folder .. "/" .. resource.filename)
end

--- Makes the account of a folder.
-- @param node node: of the atlas, with datasets
-- @param folder string: its absolute path
-- @param states table: what its state file says, resource name → state
-- @return account: `all` is true where nobody can tell what is not accounted for
function account.of(node, folder, states)
  local self = setmetatable({ folder = folder, all = not node.complete, names = {}, whole = {}, places = {},
    filling = {}, lists = {} }, Account)
  for _, dataset in ipairs(node.datasets) do
    for _, resource in ipairs(dataset.resources) do
      add(self, resource)
      self.all = self.all or is_astray(resource, folder, states)
    end
  end
  for _, name in ipairs(self.filling) do
    self.all = self.all or not list_of(self, name)
  end
  return self
end

-- A set of all paths that some lists have.
local function union(lists)
  if #lists == 1 then
    return lists[1]
  end
  local all = {}
  for _, list in ipairs(lists) do
    for path in pairs(list) do
      all[path] = true
    end
  end
  return all
end

--- What a name in the folder is.
-- @param name string
-- @return boolean: whether something is kept there
-- @return table|nil: the set of all paths that are kept below it; nil where all is
-- @return string|nil: what these paths begin with: "", or "NAME/" where they are those of the dataset's
--   folder
function Account:look(name)
  if self.all or self.whole[name] then
    return true
  end
  local lists = {}
  for _, resource in ipairs(self.places[name] or {}) do
    lists[#lists + 1] = list_of(self, resource) or nil
  end
  if self.places[name] then
    return true, #lists == #self.places[name] and union(lists) or nil, ""
  end
  for _, resource in ipairs(self.filling) do
    local list = list_of(self, resource)
    lists[#lists + 1] = list and list[name] and list or nil
  end
  if #lists == 0 then
    return false
  end
  return true, union(lists), name .. "/"
end

--- Whether a resource has a name.
-- @param name string
-- @return boolean
function Account:has(name)
  return self.all or self.names[name] == true
end

return account
