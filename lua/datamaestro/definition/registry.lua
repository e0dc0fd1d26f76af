--- All repositories and datasets, by id.

local guess = require "datamaestro.guess"
local finding = require "datamaestro.definition.finding"
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

-- A selector behind the part is one in a wrong place: a hint, or "".
local function selector_hint(self, asked, owners, text)
  local found, part = nil, ""
  if asked.selector and asked.part == "" then
    found, part = finding.longest(self, owners, asked.id, text)
  end
  return found and found:is_family() and part ~= ""
    and (" (the selector stands before the part: %s[%s].%s)"):format(found.id, asked.selector, part) or ""
end

-- What finding.exactly gives, with a word of selectors in wrong places.
local function find_exactly(self, asked, owners, text)
  local found, message, code = finding.exactly(self, owners, asked.id, text)
  local hint = code == "unknown" and selector_hint(self, asked, owners, text) or ""
  return found, hint ~= "" and ("%s: unknown dataset%s"):format(text, hint) or message, code
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
  found, message, code = find_exactly(self, asked, owners, text)
  if not found then
    return nil, message, code
  end
  if asked.selector then
    return found:select(asked.selector, text)
  end
  return found
end

--- The file of a dataset's definition, also where it cannot be read: then the one that the id leads to.
-- @param text string: as of find
-- @return string: its path | nil, message, code
function Registry:file_of(text)
  local asked, owners, code = parse(self, text)
  if not asked then
    return nil, owners, code
  end
  local found, message
  found, message, code = finding.exactly(self, owners, asked.id, text)
  local path = found and found.file or code == "definition" and finding.broken(self, owners, asked.id)
  if path then
    return path
  end
  return nil, message, code
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
    found, part, code = find_exactly(self, asked, owners, text)
    part = found and asked.part or part
  else
    found, part, code = finding.longest(self, owners, asked.id, text)
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
