--- How much room datasets take. A file with several names is counted once for each dataset that has one,
-- and once in the total.
local atlas = require "datamaestro.engine.atlas"
local leftovers = require "datamaestro.engine.leftovers"
local walk = require "datamaestro.api.walk"

local usage = {}

-- The number of an owner, made where it is missing.
local function owner_of(self, key, row)
  local number = self.numbers[key]
  if not number then
    number = #self.owners + 1
    self.numbers[key], self.owners[number] = number, row
  end
  return number
end

-- Notes whose a folder is; by repository, whose repository's.
local function own(self, index, row)
  local key = self.by == "repository" and row.repository or ("%s %s"):format(row.repository, row.id or "")
  if self.by == "repository" then
    row = { kind = "repository", repository = row.repository }
  end
  table.insert(self.folders, { index = index, owner = owner_of(self, key, row) })
end

-- Gives the folders to their owners, those in others after these.
local function give(self)
  table.sort(self.folders, function(a, b)
    return a.index < b.index or a.index == b.index and a.owner < b.owner
  end)
  for _, folder in ipairs(self.folders) do
    self.tree:own(folder.index, folder.owner)
  end
end

-- Goes down the folders that are, or lead to, those of datasets; what is none's stays their repository's.
local function visit(self, index, node)
  local tree = self.tree
  if node.datasets and #node.datasets > 0 or node.of then
    own(self, index, { kind = "dataset", id = node.id, repository = node.repository, node = node })
  end
  local _, _, _, _, stop = tree:entry(index)
  local at = index + 1
  while at < stop do
    local name, kind, _, _, behind = tree:entry(at)
    local below = kind == "folder" and node.children and atlas.step(node, name)
    if below then
      visit(self, at, below)
    end
    at = behind
  end
end

-- Datasets that no definition has: their states say where they are.
local function add_unknown(self, index, repository, known)
  local tree = self.tree
  local _, _, _, _, stop = tree:entry(index)
  for at = index, stop - 1 do
    local name = tree:entry(at)
    if name == ".state.json" then
      local path = tree:path(at)
      local folder = tree:find(path:match "^(.*)/[^/]*$")
      if folder and not known(folder) then
        own(self, folder, { kind = "dataset", id = leftovers.id_of(path), repository = repository,
          undefined = true })
      end
    end
  end
end

-- The node that a folder has in the atlas, by its path.
local function is_known(self, root)
  return function(folder)
    local node = root
    for name in self.tree:path(folder):gsub("^data/[^/]+/?", ""):gmatch "[^/]+" do
      node = node and atlas.step(node, name)
    end
    return node ~= nil and node.datasets ~= nil
  end
end

-- The children of a folder.
local function each(tree, index)
  local _, _, _, _, stop = tree:entry(index)
  local following = index + 1
  return function()
    if following < stop then
      local at = following
      local name, kind, _, _, behind = tree:entry(at)
      following = behind
      return at, name, kind
    end
  end
end

local function look_at_data(self, data)
  for index, name, kind in each(self.tree, data) do
    if kind == "folder" then
      own(self, index, { kind = "others", repository = name })
      local root = self.known:repository(name)
      add_unknown(self, index, name, root and is_known(self, root) or function()
        return false
      end)
      if root then
        visit(self, index, root)
      end
    end
  end
end

local function by_size(a, b)
  if a.disk ~= b.disk then
    return a.disk > b.disk
  elseif a.repository ~= b.repository then
    return (a.repository or "") < (b.repository or "")
  end
  return (a.id or "") < (b.id or "")
end

-- The owners with what they have, the largest first, and the sum of all | nil, message, code.
local function add_up(self)
  local sums, total, code = self.tree:sums(#self.owners)
  if not sums then
    return nil, total, code
  end
  local rows = {}
  for number, owner in ipairs(self.owners) do
    local sum = sums[number]
    owner.files, owner.bytes, owner.disk = sum.files, sum.bytes, sum.disk
    owner.shared, owner.unique = sum.shared, sum.disk - sum.shared
    rows[number] = owner
  end
  table.sort(rows, by_size)
  return rows, total
end

-- --- Some datasets ------------------------------------------------------------------------------

local function empty_row(dataset)
  return { kind = "dataset", id = dataset.id, repository = dataset.repository.id, disk = 0, unique = 0,
    shared = 0, bytes = 0, files = 0 }
end

-- The rows of some datasets, of families those of all variants; what is not here takes no room.
local function choose(rows, datasets)
  local chosen, seen = {}, {}
  for _, dataset in ipairs(datasets) do
    local count = 0
    for _, row in ipairs(rows) do
      if row.node and atlas.is_of(row.node, dataset) then
        chosen[#chosen + 1] = not seen[row] and row or nil
        seen[row], count = true, count + 1
      end
    end
    if count == 0 then
      chosen[#chosen + 1] = empty_row(dataset)
    end
  end
  table.sort(chosen, by_size)
  return chosen, seen
end

-- The sum of some rows, where files that several of them have count once | nil, message, code.
local function add_chosen(self, chosen)
  self.tree:own(1, 2)
  for _, folder in ipairs(self.folders) do
    self.tree:own(folder.index, chosen[self.owners[folder.owner]] and 1 or 2)
  end
  local sums, message, code = self.tree:sums(2)
  return sums and sums[1], message, code
end

-- --- All ----------------------------------------------------------------------------------------

-- What of the data directory is not counted, and why.
local function notes_of(root, tree)
  local notes = {}
  for index = 2, #tree do
    local name, kind, _, _, _, mark = tree:entry(index)
    if mark or (kind == "link" and name == "data" and tree:path(index) == "data") then
      notes[#notes + 1] = ("%s/%s: %s (not counted)"):format(root, tree:path(index),
        mark == "mount" and "a mount point" or mark and "cannot be read" or "a link")
    end
  end
  return notes
end

--- Adds up the data directory.
-- @param root string: the data directory
-- @param known atlas
-- @param by string: "dataset" or "repository"
-- @param datasets array of datasets and families | nil: these alone (default: all there is)
-- @return table: rows, an array of tables: kind ("dataset", "repository", "others": what of a repository is
--   no dataset's, "cache", "drop"), id, repository, node (of the atlas, where a definition has it),
--   undefined (boolean), files, bytes (apparent), disk (of blocks), shared (those of disk that others have,
--   too), unique, the largest first; total (files, bytes, disk); notes (array of strings: what was not
--   looked at, and why) | nil, message, code
function usage.of(root, known, by, datasets)
  local tree <close>, message, code = walk.open(root, { "cache", "data", "drop" })
  if not tree then
    return nil, message, code
  end
  local self = { tree = tree, known = known, by = by, owners = {}, numbers = {}, folders = {} }
  for index, name, kind in each(tree, 1) do
    if name == "data" and kind == "folder" then
      look_at_data(self, index)
    elseif name ~= "data" then
      tree:own(index, owner_of(self, "/" .. name, { kind = name }))
    end
  end
  give(self)
  local rows, total, problem = add_up(self)
  if rows and datasets then
    local chosen
    rows, chosen = choose(rows, datasets)
    total, message, problem = add_chosen(self, chosen)
  end
  if not rows or not total then
    return nil, total or message, problem
  end
  return { rows = rows, total = total, notes = notes_of(root, tree) }
end

return usage
