--- The resources of a dataset as a graph: which need which, and in what order they can be made.
local guess = require "datamaestro.guess"
local resources = require "datamaestro.engine.resources"

local graph = {}

--- The names of the resources that one needs.
-- @param resource resource
-- @return array of strings
function graph.requires(resource)
  local kind = resources.kind(resource)
  return kind.requires and kind.requires(resource) or {}
end

local function by_name(list)
  local found, names = {}, {}
  for i, resource in ipairs(list) do
    found[resource.name], names[i] = resource, resource.name
  end
  return found, names
end

--- Who needs a resource.
-- @param list array of resources
-- @return table: name → array of the resources that need it, empty for none
function graph.dependents(list)
  local dependents = {}
  for _, resource in ipairs(list) do
    dependents[resource.name] = dependents[resource.name] or {}
    for _, name in ipairs(graph.requires(resource)) do
      dependents[name] = dependents[name] or {}
      table.insert(dependents[name], resource)
    end
  end
  return dependents
end

-- Visits a resource after all that it needs; nil, the names of a cycle.
local function visit(walk, resource)
  if walk.done[resource] then
    return true
  end
  walk.path[#walk.path + 1] = resource.name
  if walk.open[resource] then
    return nil
  end
  walk.open[resource] = true
  for _, name in ipairs(graph.requires(resource)) do
    if not visit(walk, walk.found[name]) then
      return nil
    end
  end
  walk.open[resource] = nil
  walk.path[#walk.path] = nil
  walk.done[resource] = true
  walk.order[#walk.order + 1] = resource
  return true
end

-- From the first of the names that comes again.
local function cycle_of(path)
  local first = 1
  while path[first] ~= path[#path] do
    first = first + 1
  end
  return table.concat(path, " -> ", first)
end

--- Orders resources so that each comes after those that it needs; otherwise as they were written.
-- @param list array of resources, whose names are known
-- @return array of resources | nil, names of a cycle ("a -> b -> a")
function graph.order(list)
  local walk = { found = by_name(list), done = {}, open = {}, path = {}, order = {} }
  for _, resource in ipairs(list) do
    if not visit(walk, resource) then
      return nil, cycle_of(walk.path)
    end
  end
  return walk.order
end

-- What is wrong with what a resource needs, or nil.
local function need_problem(resource, name, found, names)
  local other = found[name]
  if not other then
    local expected = (" (%s expected)"):format(table.concat(names, ", "))
    return ("resource '%s' needs '%s', which there is not%s"):format(resource.name, name,
      guess.hint(name, names, expected))
  elseif name == resource.from and resources.kind(other).stands == "folder" then
    local message = "resource '%s': from '%s', a folder (file expected; filescopy takes files out of one)"
    return message:format(resource.name, name)
  end
end

--- What is wrong with the graph of a dataset.
-- @param list array of resources
-- @return string | nil: the problem
-- @return integer: the line of the resource
function graph.problem(list)
  local found, names = by_name(list)
  for _, resource in ipairs(list) do
    for _, name in ipairs(graph.requires(resource)) do
      local problem = need_problem(resource, name, found, names)
      if problem then
        return problem, resource.line
      end
    end
  end
  local order, cycle = graph.order(list)
  if not order then
    local last = found[cycle:match "[^ ]+$"]
    return ("resources need each other: %s"):format(cycle), last.line
  end
  local dependents = graph.dependents(list)
  for _, resource in ipairs(list) do
    if resource.transient and #dependents[resource.name] == 0 then
      return ("resource '%s' is transient, but none needs it (without 'transient' it stays)"):format(
        resource.name), resource.line
    end
  end
end

return graph
