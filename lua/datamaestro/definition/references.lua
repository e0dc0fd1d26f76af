--- References of resources to other datasets: resolved when a dataset is asked for, not when it is read.

local guess = require "datamaestro.guess"
local step = require "datamaestro.api.step"
local dataset = require "datamaestro.definition.dataset"
local ids = require "datamaestro.definition.ids"
local open = require "datamaestro.engine.open"
local resources = require "datamaestro.engine.resources"
local sandbox = require "datamaestro.definition.sandbox"
local schema = require "datamaestro.schema"
local store = require "datamaestro.engine.store"

local references = {}

local neighbours = setmetatable({}, { __mode = "k" }) -- dataset → all of its script

--- Notes that datasets are of one script, so that references between them are found there first.
-- @param datasets array of datasets
-- @return array of datasets: the same
function references.remember(datasets)
  for _, one in ipairs(datasets) do
    neighbours[one] = datasets
  end
  return datasets
end

local function neighbours_of(one)
  return neighbours[one.family or one] or {}
end

local function place(resource, key, message)
  return sandbox.place(resource.file, resource.line, ("%s.%s: %s"):format(resource.name, key, message))
end

-- --- One reference -----------------------------------------------------------------------------

-- The dataset of the same script that was made of this chain.
local function of_chain(from, chain)
  for _, other in ipairs(neighbours_of(from)) do
    if rawequal(dataset.chain_of(other), chain) then
      return other
    end
  end
end

-- The dataset of a chain, and no part of it | nil, message, code.
local function find_chain(from, chain)
  local found = of_chain(from, chain)
  if not found then
    return nil, "a chain that no global of this file has (NAME = … makes it a dataset)"
  end
  local chosen, message, code = found:select()
  if not chosen then
    return nil, message, code
  end
  return chosen, ""
end

-- The dataset of the same script that an id begins with, and the part.
local function in_script(from, asked)
  if asked.repository and asked.repository ~= from.repository.id then
    return nil
  end
  local best
  for _, other in ipairs(neighbours_of(from)) do
    local fits = asked.id == other.id
      or (not asked.selector and asked.id:sub(1, #other.id + 1) == other.id .. ".")
    if fits and (not best or #other.id > #best.id) then
      best = other
    end
  end
  if best then
    return best, asked.selector and asked.part or asked.id:sub(#best.id + 2)
  end
end

-- A guess for what the repositories do not have, among the ids of the same script.
local function hint(from, asked)
  local names = {}
  for i, other in ipairs(neighbours_of(from)) do
    names[i] = other.id
  end
  return guess.hint(asked.id, names)
end

-- The dataset and the part that an id stands for | nil, message, code.
local function find_id(registry, from, id)
  local asked, message, code = ids.parse(id)
  if not asked then
    return nil, message, code
  end
  local found, part = in_script(from, asked)
  if found then
    found, message, code = found:select(asked.selector, id)
    if not found then
      return nil, message, code
    end
    return found, part
  end
  found, part, code = registry:find_part(id, not from.repository.pseudo and from.repository or nil)
  if code == "unknown" and not asked.repository and not part:find("did you mean", 1, true) then
    part = part .. hint(from, asked)
  end
  return found, part, code
end

-- The target of one reference: { dataset =, part = } | nil, message, code; the author's mistakes are placed.
local function target_of(registry, from, resource, key, value)
  local found, part, code
  if step.is(value) then
    found, part, code = find_chain(from, value)
  elseif type(value) == "string" then
    found, part, code = find_id(registry, from, value)
  else
    part = ("%s (id of a dataset expected)"):format(schema.kind(value))
  end
  if found then
    return { dataset = found, part = part }
  elseif code == "definition" then
    return nil, part, code
  end
  return nil, place(resource, key, part), "definition"
end

-- The parts that references name must be there. Functions of definitions see no files, so that what a dataset
-- has shows without any; one that fails is told of when the dataset is opened. True | nil, message, code.
local function check_parts(resource)
  local kind = resources.kind(resource)
  for key, target in next, resource.targets or {} do
    local object = target.part ~= "" and open.dataset(store.open "/nowhere", target.dataset) or nil
    local part, message
    if object then
      part, message = open.part(object, target.part, target.dataset.id)
    end
    if part and kind.reaches then
      message = select(2, kind.reaches(part, target))
    end
    if message then
      return nil, place(resource, key, message), "definition"
    end
  end
  return true
end

-- --- All of a dataset --------------------------------------------------------------------------

local function sorted_keys(map)
  local keys = {}
  for key in next, map do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

-- Sets the targets of a resource; they do not change, so once. True | nil, message, code.
local function set_targets(registry, from, resource)
  local kind = resources.kind(resource)
  local wanted = kind.references and not resource.targets and kind.references(resource)
  if not wanted then
    return true
  end
  local targets = {}
  for _, key in ipairs(sorted_keys(wanted)) do
    local target, message, code = target_of(registry, from, resource, key, wanted[key])
    if not target then
      return nil, message, code
    end
    targets[key] = target
  end
  resource.targets = targets
  return true
end

local function cycle_problem(path, again, resource)
  local names = {}
  for i, one in ipairs(path) do
    if #names > 0 or one == again then
      names[#names + 1] = path[i].id
    end
  end
  names[#names + 1] = again.id
  local message = ("%s: the references lead in a circle: %s"):format(resource.name,
    table.concat(names, " -> "))
  return nil, sandbox.place(resource.file, resource.line, message), "definition"
end

local CHAIN = 64     -- datasets of which each refers to the next
local ALL = 10000    -- datasets that one needs

-- What is wrong with going on to another dataset: through an open axis, each may refer to one more.
local function bound_problem(resource, state)
  local problem
  if #state.path >= CHAIN then
    problem = ("over %d datasets, each of which refers to the next (fewer expected)"):format(CHAIN)
  elseif #state.list >= ALL then
    problem = ("over %d datasets are referred to (fewer expected)"):format(ALL)
  end
  return problem and sandbox.place(resource.file, resource.line, ("%s: %s"):format(resource.name, problem))
end

local visit

local function visit_targets(registry, resource, state)
  for _, key in ipairs(sorted_keys(resource.targets or {})) do
    local target = resource.targets[key].dataset
    local done, message, code
    local problem = not state.seen[target] and bound_problem(resource, state)
    if state.open[target] then
      done, message, code = cycle_problem(state.path, target, resource)
    elseif problem then
      done, message, code = nil, problem, "definition"
    else
      done, message, code = visit(registry, target, state)
    end
    if not done then
      return nil, message, code
    end
  end
  return true
end

-- Adds a dataset after all that it needs. True | nil, message, code.
function visit(registry, one, state)
  if state.seen[one] then
    return true
  end
  state.open[one] = true
  table.insert(state.path, one)
  for _, resource in ipairs(one.resources) do
    local done, message, code = set_targets(registry, one, resource)
    if done then
      done, message, code = visit_targets(registry, resource, state)
    end
    if done then
      done, message, code = check_parts(resource)
    end
    if not done then
      return nil, message, code
    end
  end
  table.remove(state.path)
  state.open[one], state.seen[one] = nil, true
  table.insert(state.list, one)
  return true
end

--- Resolves the references of a dataset's resources, and those of the datasets that it needs.
-- @param registry registry
-- @param from dataset: no family
-- @return array of datasets: all that it needs, each before those that need it, itself last | nil, message,
--   code
function references.resolve(registry, from)
  local state = { list = {}, path = {}, open = {}, seen = {} }
  local done, message, code = visit(registry, from, state)
  if not done then
    return nil, message, code
  end
  return state.list
end

return references
