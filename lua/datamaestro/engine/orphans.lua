--- What in a data directory belongs to no dataset, and what processes have left that died.
--
-- A finding is a table: index (of the walk's entry), path (relative to the data directory), type ("file",
-- "folder", "link", "special file"), reason (below), repository (id | nil), ids (of datasets that were
-- there, by their states), locks (indices of files to be locked before it is removed), why (string, where
-- it stays). Reasons: "definition" (a folder of no dataset), "resource" (nothing of the dataset accounts
-- for it), "process" (left by a process that died), "lock" (a lock that nobody holds).
local account = require "datamaestro.engine.account"
local atlas = require "datamaestro.engine.atlas"
local leftovers = require "datamaestro.engine.leftovers"
local store = require "datamaestro.engine.store"
local walk = require "datamaestro.api.walk"

local orphans = {}

-- Files that others have open, on network file systems.
local function is_held_open(name)
  return name:find "^%.nfs%x+$" ~= nil
end

-- The entries directly in a folder: index, name, type, mtime, mark.
local function children(tree, index)
  local _, _, _, _, stop = tree:entry(index)
  local following = index + 1
  return function()
    if following < stop then
      local at = following
      local name, kind, _, mtime, behind, mark = tree:entry(at)
      following = behind
      return at, name, kind, mtime, mark
    end
  end
end

-- The entry of a name in a folder: index, type, mark | nil.
local function child(tree, index, wanted)
  for at, name, kind, _, mark in children(tree, index) do
    if name == wanted then
      return at, kind, mark
    end
  end
end

-- --- Findings -----------------------------------------------------------------------------------

-- Why what was found must stay, or nil; looks at all below it, and notes its locks and datasets.
local function look_below(self, finding)
  local tree = self.tree
  local name_of, _, _, _, stop = tree:entry(finding.index)
  if finding.type ~= "folder" and not name_of:find("^%.state%.") then
    return nil -- one of very many, perhaps
  end
  for at = finding.index, stop - 1 do
    local name, kind, _, mtime, _, mark = tree:entry(at)
    if mark == "mount" then
      return ("%s: a mount point"):format(tree:path(at))
    elseif mark then
      return ("%s: cannot be read"):format(tree:path(at))
    elseif name == ".state.lock" and kind == "file" and at ~= finding.locks[1] then
      local lock <close>, message = tree:lock(at)
      if not lock then
        return message
      end
      table.insert(finding.locks, at)
    elseif leftovers.is_workshop(name) and leftovers.is_live(name, mtime) then
      return ("%s: a process is at work there"):format(tree:path(at))
    end
    if name == ".state.json" then
      local id = leftovers.id_of(tree:path(at))
      finding.ids[#finding.ids + 1] = id
    end
  end
end

-- Adds a finding to one of the lists.
local function add(self, list, index, reason, details)
  local name, kind, _, _, _, mark = self.tree:entry(index)
  local finding = { index = index, path = self.tree:path(index), type = kind, reason = reason, ids = {},
    locks = { details.lock }, repository = details.repository }
  if is_held_open(name) then
    finding.why = "a process has it open"
  elseif mark then
    finding.why = mark == "mount" and "a mount point" or "cannot be read"
  else
    finding.why = look_below(self, finding)
  end
  table.insert(finding.why and self.found.stays or list, finding)
end

-- --- Folders of datasets ------------------------------------------------------------------------

-- Whether the folder of a node is where a dataset was made: states say so, there or below.
local function holds_dataset(tree, index, node)
  for at, name, kind in children(tree, index) do
    local below = atlas.step(node, name)
    if node.datasets and (name == ".state.json" or name == ".state.lock")
      or below and kind == "folder" and holds_dataset(tree, at, below) then
      return true
    end
  end
  return false
end

-- What is unlisted in a folder of which a list says what should be there.
local function compare(self, index, known, prefix, place)
  local tree = self.tree
  local _, _, _, _, stop = tree:entry(index)
  local at = index + 1
  local ends, open = { stop }, { prefix }
  while at < stop do
    while at >= ends[#ends] do
      ends[#ends], open[#open] = nil, nil
    end
    local name, kind, _, _, behind = tree:entry(at)
    local path = open[#open] .. name
    if not known[path] then
      add(self, place.list, at, "resource", place)
      at = behind
    else
      if kind == "folder" then
        ends[#ends + 1], open[#open + 1] = behind, path .. "/"
      end
      at = at + 1
    end
  end
end

-- Where processes make a dataset's files: all of it, or what is left beside those that live.
local function look_at_workshops(self, at, place)
  local dead, live = {}, false
  for index, name, _, mtime in children(self.tree, at) do
    if leftovers.is_live(name, mtime) then
      live = true
    else
      dead[#dead + 1] = index
    end
  end
  for _, index in ipairs(live and dead or { at }) do
    add(self, self.found.orphans, index, "process", place)
  end
end

-- The lists of contents: of resources that there are no more, or not written to the end.
local function look_at_lists(self, at, place)
  for index, name, _, mtime in children(self.tree, at) do
    if not leftovers.is_list_part(name) then
      if not place.account:has(name) then
        add(self, place.list, index, "resource", place)
      end
    elseif leftovers.is_stale(mtime) then
      add(self, self.found.orphans, index, "process", place)
    end
  end
end

-- What the store itself keeps in a dataset's folder; whether it is that.
local function look_at_own(self, at, name, kind, mtime, place)
  if name == ".state.json" or name == ".state.lock" then
    return true
  elseif leftovers.is_state_part(name) then
    if leftovers.is_stale(mtime) then
      add(self, self.found.orphans, at, "process", place)
    end
    return true
  elseif name == ".contents" and kind == "folder" then
    look_at_lists(self, at, place)
    return true
  elseif name == ".downloads" and kind == "folder" then
    look_at_workshops(self, at, place)
    return true
  end
  return false
end

local visit

-- One name in the folder of datasets.
local function look_at_name(self, node, at, name, kind, mtime, place)
  if look_at_own(self, at, name, kind, mtime, place) then
    return
  end
  local below = atlas.step(node, name)
  local is_kept, known, prefix = place.account:look(name)
  if below and kind == "folder" and (not is_kept or place.account.all) then
    if not is_kept or holds_dataset(self.tree, at, below) then
      visit(self, at, below, is_kept)
    end
  elseif is_kept and known then
    compare(self, at, known, prefix, place)
  elseif not is_kept and not (below and kind == "link") then
    add(self, place.list, at, "resource", place)
  end
end

-- The lock of a dataset's folder; false where another process holds it.
local function lock_of(self, index)
  local at, kind = child(self.tree, index, ".state.lock")
  if not at or kind ~= "file" then
    return nil
  end
  local lock <close>, message, code = self.tree:lock(at)
  if not lock and code == "busy" then
    table.insert(self.found.stays, { index = index, path = self.tree:path(index), type = "folder",
      reason = "lock", ids = {}, locks = {}, why = message })
    return false
  end
  return at
end

-- The folder of datasets: all that they do not account for.
local function visit_datasets(self, index, node)
  local tree = self.tree
  local lock = lock_of(self, index)
  local place = { lock = lock or nil, list = self.list, repository = node.repository }
  local folder = self.root .. "/" .. tree:path(index)
  place.account = lock ~= false and account.of(node, folder, (store.states_in(folder)))
  for at, name, kind, mtime in children(tree, index) do
    local below = atlas.step(node, name)
    if place.account then
      look_at_name(self, node, at, name, kind, mtime, place)
    elseif below and kind == "folder" and holds_dataset(tree, at, below) then
      visit(self, at, below, true)
    end
  end
end

-- A folder that is, or leads to, those of datasets. `quiet`: in another's, who may account for what is not.
function visit(self, index, node, quiet)
  local _, _, _, _, _, mark = self.tree:entry(index)
  if mark then
    return add(self, self.list, index, "definition", { repository = node.repository })
  elseif node.datasets then
    return visit_datasets(self, index, node)
  end
  local lock = lock_of(self, index) -- a dataset may have been here that has no definition any more
  quiet = quiet or lock == false
  for at, name, kind in children(self.tree, index) do
    local below = atlas.step(node, name)
    if below and kind == "folder" then
      if not quiet or holds_dataset(self.tree, at, below) then
        visit(self, at, below, quiet)
      end
    elseif not quiet and not (below and kind == "link") then
      add(self, self.list, at, "definition", { repository = node.repository, lock = lock or nil })
    end
  end
end

-- --- Repositories -------------------------------------------------------------------------------

-- Whether a repository was asked for.
local function is_asked(self, id)
  return not self.asked or self.asked[id] == true
end

local function look_at_repository(self, at, name, kind)
  local node = self.known:repository(name)
  local certain = self.asked ~= nil or (node and not self.uncertain[name])
  self.list = certain and self.found.orphans or self.found.doubtful
  if node and kind == "folder" then
    visit(self, at, node)
  elseif not (node and kind == "link") then
    add(self, self.list, at, node and "definition" or "repository", { repository = name })
  end
end

local function look_at_data(self)
  local at, kind, mark = child(self.tree, 1, "data")
  if at and (kind ~= "folder" or mark) then
    local what = mark == "unread" and "cannot be read" or mark and "a mount point" or "a " .. kind
    self.found.problem = ("%s/data: %s (a folder of the data directory's own expected; it is left alone)")
      :format(self.root, what)
    return
  end
  for index, name, type_of in children(self.tree, at or 1) do
    if at and is_asked(self, name) then
      self.seen[name] = true
      look_at_repository(self, index, name, type_of)
    end
  end
end

-- The first that was asked for and is not there.
local function missing(self)
  for _, id in ipairs(self.names) do
    if not self.seen[id] and not self.known:repository(id) then
      return id
    end
  end
end

-- --- The cache ----------------------------------------------------------------------------------

-- Looks for what processes have left in the cache, and for downloads that are kept.
local function look_at_cache(self)
  local at, kind = child(self.tree, 1, "cache")
  if not at or kind ~= "folder" then
    return
  end
  local kept = leftovers.kept(self.root)
  for index, name, type_of, mtime in children(self.tree, at) do
    local reason = type_of == "file" and leftovers.of_cache(name, mtime)
    if type_of == "file" and kept:take(name, self.tree, index) then -- luacheck: ignore 542
      -- listed, never removed
    elseif reason == "lock" then
      local lock <close>, why = self.tree:lock(index)
      if lock then
        add(self, self.found.orphans, index, reason, { lock = index })
      else
        table.insert(self.found.stays, { index = index, path = self.tree:path(index), type = "file",
          reason = reason, ids = {}, locks = {}, why = why })
      end
    elseif reason then
      add(self, self.found.orphans, index, reason, {})
    end
  end
  self.found.kept = kept:list()
end

--- Looks for what belongs to no dataset. Nothing is changed.
-- @param root string: the data directory
-- @param known atlas
-- @param options table: uncertain (set of ids of repositories some of whose definitions could not be read),
--   repositories (array of ids: these alone, and whatever is known of them; nil for all and the cache)
-- @return table: tree (walk, to be closed), orphans, doubtful (those of repositories that are unknown or
--   uncertain), stays (arrays of findings), kept (array of downloads: see leftovers), problem (string|nil)
--   | nil, message, code
function orphans.find(root, known, options)
  local names = options.repositories
  local tree, message, code = walk.open(root, { "cache", "data" })
  if not tree then
    return nil, message, code
  end
  local self = { tree = tree, root = root, known = known, uncertain = options.uncertain, names = names or {},
    asked = names and {}, seen = {} }
  for _, id in ipairs(self.names) do
    self.asked[id] = true
  end
  self.found = { tree = tree, orphans = {}, doubtful = {}, stays = {}, kept = {} }
  look_at_data(self)
  local id = missing(self)
  if id then
    tree:close()
    return nil, ("%s/data/%s: no such folder (that of a repository expected)"):format(root, id), "unknown"
  elseif not names then
    look_at_cache(self)
  end
  return self.found
end

-- --- Removal ------------------------------------------------------------------------------------

-- Holds all locks of a finding; an array to be closed | nil, message, code.
local function hold(tree, finding)
  local held = setmetatable({}, { __close = function(list)
    for _, lock in ipairs(list) do
      lock:close()
    end
  end })
  for _, index in ipairs(finding.locks) do
    local lock, message, code = tree:lock(index)
    if not lock and code ~= "unknown" then -- what is gone is held by nobody
      held[1] = held[1] and getmetatable(held).__close(held)
      return nil, message, code
    end
    held[#held + 1] = lock
  end
  return held
end

--- Removes what was found, if it is as it was, under the locks of the datasets that it is in.
-- @param tree walk: in which it was found
-- @param finding table: of orphans.find
-- @return true | nil, message, code
function orphans.remove(tree, finding)
  local held <close>, message, code = hold(tree, finding)
  if not held then
    return nil, message, code
  end
  return tree:remove(finding.index)
end

return orphans
