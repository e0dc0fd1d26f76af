--- All repositories and datasets, by id.

local file = require "datamaestro.api.file"
local guess = require "datamaestro.guess"
local ids = require "datamaestro.definition.ids"
local loader = require "datamaestro.definition.loader"
local references = require "datamaestro.definition.references"
local repository = require "datamaestro.definition.repository"

local registry = {}

local Registry = { __name = "registry" }
Registry.__index = Registry

--- Opens the registry. Definitions are read when they are asked for, each once.
-- @param options table: `roots` (array of paths: repositories or folders of them; default: those of
--   DATAMAESTRO_PATH, the user's, the program's)
-- @return registry: `hidden` are the ids of repositories that others with the same ids hide
function registry.open(options)
  local roots = options and options.roots or repository.roots()
  local self = setmetatable({ loaded = {} }, Registry)
  self.list, self.broken, self.by_root, self.hidden = repository.all(roots)
  self.find_repository = function(id)
    return self:repository(id)
  end
  return self
end

--- The repositories, sorted by id.
-- @return array of { id, description, author, path }; array of problems { file, message } of those that
--   cannot be read
function Registry:repositories()
  return table.move(self.list, 1, #self.list, 1, {}), self.broken
end

--- Finds a repository.
-- @param id string
-- @return repository | nil, message, "unknown"
function Registry:repository(id)
  local names = {}
  for i, one in ipairs(self.list) do
    if one.id == id then
      return one
    end
    names[i] = one.id
  end
  return nil, ("%s: unknown repository%s"):format(id, guess.hint(id, names)), "unknown"
end

--- The definitions of all repositories.
-- @return array of paths, sorted by repository and folder
function Registry:files()
  local files = {}
  for _, owner in ipairs(self.list) do
    local own = owner:files()
    table.move(own, 1, #own, #files + 1, files)
  end
  return files
end

--- Loads a definition, once.
-- @param path string
-- @param owner repository
-- @return array of datasets | nil, message, code
function Registry:load(path, owner)
  local known = self.loaded[path]
  if not known then
    local datasets, message, code = loader.load(path, owner, self.find_repository)
    known = { datasets = datasets, message = message, code = code }
    self.loaded[path] = known
  end
  return known.datasets, known.message, known.code
end

-- --- By id -------------------------------------------------------------------------------------

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

-- Looks where the id says. Gives the dataset, or nil and the first file that could not be read.
local function find_by_path(self, owners, id)
  local problem
  for _, owner in ipairs(owners) do
    for _, path in ipairs(candidates(owner, id)) do
      local own = path == owner.path .. "/init.lua" or path == owner.path .. "/data.lua"
      if not own and file.stat(path) then
        local datasets, message = self:load(path, owner)
        local found = with_id(datasets, id)
        if found then
          return found
        end
        problem = problem or message
      end
    end
  end
  return nil, problem
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

-- An id taken apart, and the repositories that may hold it: one that is named, else all, `first` first.
local function parse(self, text, first)
  local asked, message, code = ids.parse(text)
  if not asked then
    return nil, message, code
  elseif not ids.is_valid(asked.id) then
    message = "'%s': no id (letters, digits, '_', '-' and '+' with dots between expected)"
    return nil, message:format(text), "unknown"
  end
  if asked.repository then
    local owner
    owner, message, code = self:repository(asked.repository)
    if not owner then
      return nil, message, code
    end
    return asked, { owner }
  end
  local owners = { first }
  for _, owner in ipairs(self.by_root) do
    owners[#owners + 1] = owner ~= first and owner or nil
  end
  return asked, owners
end

-- The dataset of this id | nil, message, code.
local function find_exactly(self, owners, id, text)
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

--- Finds a dataset.
-- @param text string: "com.lecun.mnist", "com.lecun.mnist@image" for that repository's, "org.x[size=small]"
--   for one of a family
-- @return dataset: where no selector is given of a family, the family | nil, message, code: "unknown" (with a
--   guess), "usage" for a selector that names none, or "definition" when the file that should hold it is
--   broken
function Registry:find(text)
  local asked, owners, code = parse(self, text)
  if not asked then
    return nil, owners, code
  elseif asked.part ~= "" then
    local problem = "%s: '.%s' after the selector (a dataset, no part of one, expected)"
    return nil, problem:format(text, asked.part), "usage"
  end
  local found, message
  found, message, code = find_exactly(self, owners, asked.id, text)
  if not found then
    return nil, message, code
  end
  if asked.selector then
    return found:select(asked.selector, text)
  end
  return found
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

-- The dataset that an id without brackets begins with, and what is left | nil, message, code.
local function find_longest(self, owners, id, text)
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

--- Finds the dataset of which an id names a part: "com.lecun.mnist.train.labels" is `train.labels` of
-- "com.lecun.mnist". Repository and selector may be given as in find; of a family without a selector it is
-- the one of all defaults.
-- @param text string
-- @param first repository | nil: where to look before the others
-- @return dataset, string: what is left ("train.labels", "" for the dataset itself) | nil, message, code as
--   find has them
function Registry:find_part(text, first)
  local asked, owners, code = parse(self, text, first)
  if not asked then
    return nil, owners, code
  end
  local found, part
  if asked.selector then
    found, part, code = find_exactly(self, owners, asked.id, text)
    part = found and asked.part or part
  else
    found, part, code = find_longest(self, owners, asked.id, text)
  end
  if not found then
    return nil, part, code
  end
  local message
  found, message, code = found:select(asked.selector, text)
  if not found then
    return nil, message, code
  end
  return found, part
end

--- Finds a dataset and makes it ready to be fetched and opened: one of a family, references resolved.
-- @param text string: as of find
-- @return dataset | nil, message, code
function Registry:ready(text)
  local dataset, message, code = self:find(text)
  if dataset then
    dataset, message, code = dataset:select(nil, text)
  end
  local all
  if dataset then
    all, message, code = self:resolve(dataset)
  end
  if not all then
    return nil, message, code
  end
  return dataset
end

--- Resolves the references of a dataset's resources: sets `targets` of each, key → { dataset =, part = }.
-- @param dataset dataset: no family
-- @return array of datasets: all that it needs, each before those that need it, itself last | nil, message,
--   code
function Registry:resolve(dataset)
  return references.resolve(self, dataset)
end

-- --- All ---------------------------------------------------------------------------------------

-- Adds a file's datasets, but those whose ids the repository has already.
local function add_datasets(datasets, seen, all, problems)
  for _, dataset in ipairs(datasets) do
    local key = dataset.id .. "@" .. dataset.repository.id
    local other = seen[key]
    if other then
      problems[#problems + 1] = {
        file = dataset.file,
        message = ("%s:%d: id '%s' is also the one of %s:%d (ids must differ)"):format(
          dataset.file, dataset.line, dataset.id, other.file, other.line),
      }
    else
      seen[key] = dataset
      all[#all + 1] = dataset
    end
  end
end

--- All datasets.
-- @return array of datasets, sorted by repository and id; array of problems { file =, message = } for
--   what could not be read
function Registry:datasets()
  local all, seen = {}, {}
  local problems = table.move(self.broken, 1, #self.broken, 1, {})
  for _, owner in ipairs(self.list) do
    local files, unread = owner:files()
    table.move(unread, 1, #unread, #problems + 1, problems)
    for _, path in ipairs(files) do
      local datasets, message = self:load(path, owner)
      if datasets then
        add_datasets(datasets, seen, all, problems)
      else
        problems[#problems + 1] = { file = path, message = message }
      end
    end
  end
  table.sort(all, function(a, b)
    if a.repository.id ~= b.repository.id then
      return a.repository.id < b.repository.id
    end
    return a.id < b.id
  end)
  return all, problems
end

return registry
