--- How a dataset is found by its id: first in the files that the id names, then in all.

local file = require "datamaestro.api.file"
local guess = require "datamaestro.guess"

local finding = {}

-- The files that may hold an id by their names, the most probable ones first.
local function candidates(owner, id)
  local paths = {}
  local prefix = id:lower()
  if prefix:find("[^%w_+.-]") or prefix:find("..", 1, true) then
    return paths
  end
  while prefix ~= "" do
    local stem = owner.path .. "/" .. prefix:gsub("%.", "/")
    paths[#paths + 1] = stem .. ".lua"
    paths[#paths + 1] = stem .. "/init.lua"
    prefix = prefix:match("^(.*)%.[^.]*$") or ""
  end
  return paths
end

local function with_id(datasets, id)
  for _, dataset in ipairs(datasets or {}) do
    if dataset.id == id then
      return dataset
    end
  end
end

-- Looks where the id says. Gives the dataset, or nil, the problem of the first file that could not be read,
-- and that file.
local function find_by_path(self, owners, id)
  local problem, broken
  for _, owner in ipairs(owners) do
    for _, path in ipairs(candidates(owner, id)) do
      local own = path == owner.path .. "/init.lua" or path == owner.path .. "/data.lua"
      if not own and file.stat(path) then
        local datasets, message = self:load(path, owner)
        local found = with_id(datasets, id)
        if found then
          return found
        end
        broken = broken or message and path
        problem = problem or message
      end
    end
  end
  return nil, problem, broken
end

--- The file that an id leads to and that cannot be read.
-- @param self registry
-- @param owners array of repositories: where to look, the first ones first
-- @param id string
-- @return string | nil: its path
function finding.broken(self, owners, id)
  local _, _, broken = find_by_path(self, owners, id)
  return broken
end

-- Looks everywhere.
local function find_by_scan(self, owners, id)
  local known = {}
  for _, owner in ipairs(owners) do
    for _, path in ipairs(owner:files()) do
      local datasets = self:load(path, owner)
      local found = with_id(datasets, id)
      if found then
        return found
      end
      for _, dataset in ipairs(datasets or {}) do
        known[#known + 1] = dataset.id
      end
    end
  end
  return nil, known
end

--- Finds the dataset of an id.
-- @param self registry
-- @param owners array of repositories: where to look, the first ones first
-- @param id string
-- @param text string: what messages begin with
-- @return dataset | nil, message, code
function finding.exactly(self, owners, id, text)
  local found, problem = find_by_path(self, owners, id)
  local known
  if not found then
    found, known = find_by_scan(self, owners, id)
  end
  if found then
    return found
  elseif problem then
    return nil, problem, "definition"
  end
  return nil, ("%s: unknown dataset%s"):format(text, guess.hint(id, known)), "unknown"
end

-- What an id may begin with, the longest first: "a.b.c", "a.b", "a".
local function beginnings(id)
  local list = {}
  while id do
    list[#list + 1] = id
    id = id:match "^(.*)%.[^.]*$"
  end
  return list
end

-- Looks everywhere, for the longest beginning. Gives the dataset, or nil and all ids.
local function find_beginning(self, owners, list)
  local known
  for _, beginning in ipairs(list) do
    local found
    found, known = find_by_scan(self, owners, beginning)
    if found then
      return found
    end
  end
  return nil, known
end

--- Finds the dataset whose id an id begins with, the longest such.
-- @param self registry
-- @param owners array of repositories: where to look, the first ones first
-- @param id string
-- @param text string: what messages begin with
-- @return dataset, string: what is left of the id | nil, message, code
function finding.longest(self, owners, id, text)
  local list = beginnings(id)
  local found, problem
  for _, beginning in ipairs(list) do
    local message
    found, message = find_by_path(self, owners, beginning)
    if found then
      return found, id:sub(#found.id + 2)
    end
    problem = problem or message
  end
  local known
  found, known = find_beginning(self, owners, list)
  if found then
    return found, id:sub(#found.id + 2)
  elseif problem then
    return nil, problem, "definition"
  end
  local hint = ""
  for _, beginning in ipairs(list) do
    hint = hint ~= "" and hint or guess.hint(beginning, known)
  end
  return nil, ("%s: unknown dataset%s"):format(text, hint), "unknown"
end

return finding
