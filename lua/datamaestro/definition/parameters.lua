--- The parameters of a dataset's function: each is a resource, or an axis of a family.

local graph = require "datamaestro.engine.graph"
local guess = require "datamaestro.guess"
local sandbox = require "datamaestro.definition.sandbox"

local parameters = {}

-- What the parameters can be called.
local function known_names(list, variants)
  local names = {}
  for i, resource in ipairs(list) do
    names[i] = resource.name
  end
  local axes = variants and variants:names() or {}
  return table.move(axes, 1, #axes, #names + 1, names)
end

local function unknown(name, list, variants)
  local names = known_names(list, variants)
  local expected = #names > 0 and (" (%s expected)"):format(table.concat(names, ", ")) or ""
  return ("parameter '%s' has no resource%s"):format(name, guess.hint(name, names, expected))
end

-- What is wrong with a parameter, or nil.
local function problem_of(name, list, about)
  local resource, variants = list[name], about.variants
  if not resource and variants and (variants.by_name[name] or about.is_elsewhere and about.is_elsewhere(name))
  then
    return nil
  elseif not resource then
    return unknown(name, list, variants)
  end
  local other = resource.transient and graph.dependents(list)[name][1]
  if other then
    return ("parameter '%s': a transient resource that '%s' needs, gone by then (transient = false keeps it)")
      :format(name, other.name)
  end
end

--- Reads the names of a function's parameters.
-- @param builder function: the author's
-- @param list array of resources, which finds by name, too
-- @param about table: `file`, `line`, `variants` (nil for none) of the dataset; `is_elsewhere`,
--   function(name) → whether another variant has such a resource (nil where all have the same)
-- @return array of strings | nil, message "PATH:LINE: …"
function parameters.read(builder, list, about)
  local info = debug.getinfo(builder, "Su")
  if info.what == "C" then
    return nil, sandbox.place(about.file, about.line,
      "a library's function at the end of the chain (your own expected)")
  elseif info.isvararg then
    return nil, sandbox.place(about.file, info.linedefined,
      "parameter '...' has no resource (name the resources instead)")
  end
  local names = {}
  for i = 1, info.nparams do
    names[i] = debug.getlocal(builder, i)
    local problem = problem_of(names[i], list, about)
    if problem then
      return nil, sandbox.place(about.file, info.linedefined, problem)
    end
  end
  return names
end

return parameters
