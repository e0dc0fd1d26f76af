--- The resources of a dataset: read from its steps, checked against their kinds' schemas and each other.

local graph = require "datamaestro.engine.graph"
local schema = require "datamaestro.schema"
local step = require "datamaestro.api.step"
local links = require "datamaestro.definition.links"
local modules = require "datamaestro.modules"
local sandbox = require "datamaestro.definition.sandbox"
local script = require "datamaestro.definition.script"

local resources = {}

local KINDS = "datamaestro.engine.resources."
local USAGE = "resources(function(v) return filedownloader(…) .. … end)"

local is_kind = {}
for _, name in ipairs(modules.within "engine.resources") do
  is_kind[name] = true
end

--- Whether a step declares a resource.
-- @param name string: of the constructor
-- @return boolean
function resources.is_kind(name)
  return is_kind[name] == true
end

local function kind_of(resource)
  return require(KINDS .. resource.kind)
end

-- --- One ---------------------------------------------------------------------------------------

-- What messages about a resource begin with: its name, as far as there is one.
local function subject_of(link)
  local filename = link.args[1]
  local is_name = type(filename) == "string" and not filename:find("://", 1, true)
  return is_name and filename:match("^[%w_-]+") or link.kind
end

local function read(link, path)
  local kind = require(KINDS .. link.kind)
  local options, problem = links.options(link, kind.positional or {}, kind.schema)
  local resource
  if options then
    resource, problem = schema.check(kind.schema, options, subject_of(link))
  end
  if not resource then
    return nil, problem
  end
  script.guard(resource, path)
  problem = kind.problem and kind.problem(resource)
  if problem then
    return nil, ("%s: %s"):format(subject_of(link), problem)
  end
  resource.name = kind.name(resource)
  resource.kind, resource.file, resource.line = link.kind, path, link.line
  return resource
end

-- --- Those of a variant ------------------------------------------------------------------------

--- What is wrong with a step `resources(function(v) … end)`, as far as it can be told without a variant.
-- @param link table: of step.links
-- @param variants variants | nil: nil for a dataset that has none
-- @return string | nil
function resources.dynamic_problem(link, variants)
  local f = link.args[1]
  if not variants then
    return "resources: the dataset has no variants (dataset { …, variants = AxesVariants {…} } expected)"
  elseif type(f) ~= "function" or link.args.n > 1 then
    return ("resources: %s (%s expected)"):format(link.args.n > 1 and "more than one argument"
      or schema.kind(f), USAGE)
  elseif debug.getinfo(f, "S").what == "C" then
    return ("resources: a library's function (%s expected)"):format(USAGE)
  end
end

-- The steps that the author's function gives of a variant | nil, problem. It may raise.
local function dynamic_links(link, variants, values)
  local results = table.pack(link.args[1](variants:view(values)))
  if results.n == 0 or (results.n == 1 and results[1] == nil) then
    return {}
  elseif results.n > 1 or not step.is(results[1]) then
    return nil, ("the function's result: %s (chain of resources, or nothing, expected)"):format(
      results.n > 1 and results.n .. " values" or schema.kind(results[1]))
  end
  local found = step.links(results[1])
  for _, one in ipairs(found) do
    local name = type(one) == "table" and one.kind or "function"
    if not is_kind[name] then
      return nil, ("the function's result: '%s' in the chain (resources only)"):format(name)
    end
  end
  return found
end

-- --- All ---------------------------------------------------------------------------------------

local function name_problem(list, resource, variants)
  local other = list[resource.name]
  if other then
    return ("two resources are called '%s' (the other one is in line %d)"):format(resource.name, other.line)
  elseif variants and variants.by_name[resource.name] then
    return ("'%s' is a resource and an axis (names must differ)"):format(resource.name)
  end
end

-- Adds the resource of a step to a list, which finds by name, too; a placed problem or nil.
local function add(list, link, path, variants)
  local resource, problem = read(link, path)
  problem = problem or name_problem(list, resource, variants)
  if problem then
    return links.place(link, problem)
  end
  list[resource.name], list[#list + 1] = resource, resource
end

-- --- Places ------------------------------------------------------------------------------------

-- The places above one: "a/b/c" is below "a/b", "a" and "".
local function above(path)
  return path ~= "" and (path:match "^(.*)/[^/]*$" or "") or nil
end

-- Whether something of the resource stands at its place.
local function stands(resource)
  return kind_of(resource).stands ~= "nothing"
end

local function inside_problem(resource, taken)
  local folder = above(resource.filename)
  while folder do
    local other = taken[folder]
    if other then
      return ("'%s' lies inside '%s', the place of resource '%s' in line %d (another place expected)"):format(
        resource.filename, folder == "" and "." or folder, other.name, other.line)
    end
    folder = above(folder)
  end
end

-- The places where something of a resource stands: its own, or the names that it makes beside others'.
local function places_of(resource)
  local kind = kind_of(resource)
  return stands(resource) and { resource.filename } or kind.places and kind.places(resource) or {}
end

-- Sets where each resource stands; those of which something stands there, by their places | nil, problem.
local function set_places(list)
  local taken = {}
  for _, resource in ipairs(list) do
    resource.filename = kind_of(resource).place(resource, #list == 1)
    for _, name in ipairs(places_of(resource)) do
      local other = taken[name]
      if other then
        return nil, ("two resources are stored as '%s' (the other one is in line %d; archives take 'folder')")
          :format(name, other.line), resource
      end
      taken[name] = resource
    end
  end
  return taken
end

-- A placed problem or nil.
local function place_problem(list)
  local taken, problem, resource = set_places(list)
  for _, one in ipairs(taken and list or {}) do
    if not problem and stands(one) then
      problem, resource = inside_problem(one, taken), one
    end
  end
  return problem and sandbox.place(resource.file, resource.line, problem)
end

-- --- Lists -------------------------------------------------------------------------------------

-- A placed problem of all together, or nil.
local function list_problem(list, path)
  local problem = place_problem(list)
  if problem then
    return problem
  end
  local message, line = graph.problem(list)
  return message and sandbox.place(path, line or list[1].line, message)
end

-- The steps that one stands for | nil, a placed problem.
local function expand(link, variants, values)
  if link.kind ~= "resources" then
    return { link }
  end
  local found
  local problem = resources.dynamic_problem(link, variants)
  if not problem and values then
    found, problem = dynamic_links(link, variants, values)
  end
  if problem then
    return nil, links.place(link, problem)
  end
  return found or {}
end

--- Reads the resources of a chain.
-- @param steps array of links: resources and `resources(…)`, in written order
-- @param path string: the script's
-- @param variants variants | nil
-- @param values table | nil: of the variant; nil leaves out what depends on it
-- @return array of resources, which finds by name, too | nil, message "PATH:LINE: …"
function resources.read(steps, path, variants, values)
  local list, complete = {}, true
  for _, link in ipairs(steps) do
    complete = complete and (values ~= nil or link.kind ~= "resources")
    local more, problem = expand(link, variants, values)
    for _, one in ipairs(more or {}) do
      problem = problem or add(list, one, path, variants)
    end
    if problem then
      return nil, problem
    end
  end
  local problem = complete and list_problem(list, path)
  if problem then
    return nil, problem
  end
  return list
end

return resources
