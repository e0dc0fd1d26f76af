--- Loads a definition: a file → the datasets that it declares.

local file = require "datamaestro.api.file"
local step = require "datamaestro.api.step"
local guess = require "datamaestro.guess"
local schema = require "datamaestro.schema"
local dsl = require "datamaestro.definition.dsl"
local ids = require "datamaestro.definition.ids"
local references = require "datamaestro.definition.references"
local repository = require "datamaestro.definition.repository"
local sandbox = require "datamaestro.definition.sandbox"
local variants = require "datamaestro.definition.variants"

local loader = {}

-- Finds a repository among the usual places, for scripts that no registry loads.
local function find_anywhere(id)
  local names = {}
  for i, candidate in ipairs((repository.all(repository.roots()))) do
    if candidate.id == id then
      return candidate
    end
    names[i] = candidate.id
  end
  return nil, ("unknown repository '%s'%s"):format(id, guess.hint(id, names))
end

local STEPS = 50000 -- in one file; a chain that is used again counts again

-- What the script assigns: an ordered list of { name, chain }.
local function make_capture(assigned)
  local steps = 0
  return function(name, value)
    if not step.is(value) then
      return nil, ("global '%s': %s (chain of steps expected; write 'local %s' for helpers)"):format(
        name, schema.kind(value), name)
    end
    for _, other in ipairs(assigned) do
      if other.name == name then
        return nil, ("global '%s': assigned twice (one dataset a name expected)"):format(name)
      end
    end
    steps = steps + #step.links(value)
    if steps > STEPS then
      return nil, ("global '%s': over %d steps in one file (fewer expected)"):format(name, STEPS)
    end
    assigned[#assigned + 1] = { name = name, chain = value }
    return value
  end
end

local function run_script(path, text, context, find)
  local assigned = {}
  local names = dsl.constructors()
  names.use = repository.user(context.repository, find or find_anywhere)
  local environment = sandbox.environment(names, make_capture(assigned))
  local results = table.pack(sandbox.run_text(path, text, environment))
  if not results[1] then
    return nil, results[2]
  elseif results.n > 2 or (results.n == 2 and not step.is(results[2])) then
    local found = results.n > 2 and ("%d values"):format(results.n - 1) or schema.kind(results[2])
    return nil, sandbox.place(path, 1, ("the file returns %s (chain of steps%s expected)"):format(found,
      results.n > 2 and ", joined by '..'," or ""))
  elseif results.n == 2 then
    assigned[#assigned + 1] = { chain = results[2] }
  end
  return assigned
end

-- Two ids of one file must differ.
local function duplicate(datasets, added)
  for _, other in ipairs(datasets) do
    if other.id == added.id then
      return sandbox.place(added.file, added.line, ("id '%s' is also the one of line %d (ids must differ)")
        :format(added.id, other.line))
    end
  end
end

local function define_all(assigned, context)
  local datasets = {}
  for _, one in ipairs(assigned) do
    local dataset, problem = dsl.define(one.chain, one.name, context)
    problem = problem or duplicate(datasets, dataset)
    if problem then
      return nil, problem
    end
    datasets[#datasets + 1] = dataset
  end
  return references.remember(datasets)
end

-- Why a text declares nothing: mostly, a local has the chain. The line is that of the nearest one before it.
local function nothing_declared(text, path)
  local line, name, at = 0, nil, 1
  for content in (text .. "\n"):gmatch "(.-)\n" do
    line = line + 1
    local found = content:match "^%s*local%s+([%a_][%w_]*)%s*="
    if found then
      name, at = found, line
    end
    if name and content:find "%f[%w_]dataset%s*[{(]" and not content:find "^%s*%-%-" then
      local message = "no dataset ('local %s' keeps it to the file; %s = … makes it one)"
      return sandbox.place(path, at, message:format(name, name))
    end
  end
  return sandbox.place(path, 1, "no dataset (NAME = … .. dataset { … } .. function(…) … end expected)")
end

--- Loads the datasets of a definition's text.
-- @param path string: as messages show it
-- @param text string: the script
-- @param owner repository
-- @param find function(id) → repository | nil, message: for `use` (default: the usual places)
-- @return array of datasets | nil, message "PATH:LINE: what (what to do)", "definition"
function loader.load_text(path, text, owner, find)
  local context = { path = path, repository = owner, base = ids.of_path(owner:relative(path)) }
  context.load = function()
    return loader.load_text(path, text, owner, find)
  end
  local assigned, message = run_script(path, text, context, find)
  if not assigned then
    return nil, message, "definition"
  end
  if #assigned == 0 then
    return nil, nothing_declared(text, path), "definition"
  end
  -- What a script declares may be made to be checked for ever, so the checks have its limits too.
  local done, datasets, problem = sandbox.run(path, 1, define_all, assigned, context)
  problem = problem or not done and variants.mark(datasets, context.trying) or nil
  if problem then
    return nil, problem, "definition"
  end
  return datasets
end

--- Loads a definition.
-- @param path string
-- @param owner repository (default: the one that the file stands in)
-- @param find function(id) → repository | nil, message: for `use` (default: the usual places)
-- @return array of datasets, in the script's order | nil, message, code ("definition"; for a file that
--   cannot be read what the system says)
function loader.load(path, owner, find)
  local text, message, code = repository.read(path)
  if not text then
    return nil, message, code
  end
  return loader.load_text(path, text, owner or repository.enclosing(path), find)
end

-- What a repository's own file must be: "init.lua" its description, "data.lua" its types.
local function check_own(path, folder, name)
  if name == "init.lua" then
    local opened, message, code = repository.open(folder)
    if opened then
      return {}
    elseif repository.enclosing(path).pseudo then
      return nil, message, code
    end
  elseif name == "data.lua" then
    local owner = repository.enclosing(path)
    if not owner.pseudo and owner.path == file.realpath(folder) then
      local content, message = owner:types(find_anywhere)
      if content then
        return {}
      end
      return nil, message, "definition"
    end
  end
  return loader.load(path)
end

--- Checks a file of a repository: a definition, or the repository's init.lua or data.lua.
-- @param path string
-- @return array of datasets, empty for init.lua and data.lua | nil, message, code
function loader.check(path)
  local folder, name = path:match "^(.-)/?([^/]*)$"
  return check_own(path, folder ~= "" and folder or path:sub(1, 1) == "/" and "/" or ".", name)
end

return loader
