--- Which folders of a data directory are those of datasets: a tree of names, by repository, that one goes
-- down as one goes down the folders.
--
-- A node is the folder of datasets, leads to such folders, or both. It has `datasets`, those that stand in
-- it (of a family several may, where axes are in no id), nil where none can; `complete`, whether these are
-- all that can, so that what they do not account for is nobody's; `id` and `repository`, of those that are,
-- or could be, in it.
local atlas = {}

local Atlas = { __name = "atlas" }
Atlas.__index = Atlas

local function new_node(repository, id)
  return { repository = repository, id = id, children = {} }
end

-- The node of a path of names, made where it is missing.
local function node_at(root, path)
  local node = root
  for name in path:gmatch "[^/]+" do
    local id = node.id and node.id .. "." .. name or name
    node.children[name] = node.children[name] or new_node(root.repository, id)
    node = node.children[name]
  end
  return node
end

local function add(self, dataset)
  local root = self.repositories[dataset.repository.id]
  local node = node_at(root, dataset.folder)
  node.id = dataset.id
  if not dataset:is_family() then
    node.datasets, node.complete = { dataset }, true
    return
  end
  node.family = dataset
  node.datasets, node.complete = dataset:in_folder ""
  node.datasets = node.datasets or {}
  node.complete = node.complete ~= false
end

--- Makes the atlas of some definitions.
-- @param datasets array of datasets: all of all repositories that could be read
-- @param repositories array of strings: the ids of these repositories
-- @return atlas
function atlas.new(datasets, repositories)
  local self = setmetatable({ repositories = {} }, Atlas)
  for _, id in ipairs(repositories) do
    self.repositories[id] = new_node(id)
  end
  for _, dataset in ipairs(datasets) do
    add(self, dataset)
  end
  return self
end

--- The node of a repository's folder.
-- @param id string
-- @return node | nil: for an unknown repository
function Atlas:repository(id)
  return self.repositories[id]
end

-- The folder of a variant in that of its family.
local function variant(node, name)
  local datasets, complete = node.family:in_folder(name)
  if name == "" or not datasets then
    return nil
  end
  local made = new_node(node.repository, datasets[1] and datasets[1].id or ("%s[%s]"):format(node.id, name))
  made.datasets, made.complete, made.of = datasets, complete, node.family
  return made
end

--- One folder down.
-- @param node node
-- @param name string: of a folder in that of the node
-- @return node | nil: for what is no dataset's, and leads to none
function atlas.step(node, name)
  local child = node.children[name]
  if not child and node.family and name:find("=", 1, true) then
    child = variant(node, name)
    node.children[name] = child
  end
  return child
end

--- Whether a dataset, or one of a family, stands in the folder of a node.
-- @param node node
-- @param dataset dataset or family
-- @return boolean
function atlas.is_of(node, dataset)
  if node.family == dataset or node.of == dataset then
    return true
  end
  for _, one in ipairs(node.datasets or {}) do
    if one == dataset then
      return true
    end
  end
  return false
end

return atlas
