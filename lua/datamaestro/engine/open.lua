--- Opens datasets whose files are in place.
local guess = require "datamaestro.guess"
local objects = require "datamaestro.data.objects"
local resources = require "datamaestro.engine.resources"

local open = {}

local opening = {} -- dataset → true, while its function runs: references are checked for cycles elsewhere

-- What the dataset's function gets for each resource.
local function values_of(store, dataset)
  local values = {}
  for _, name in ipairs(dataset.parameters) do
    local resource = dataset:resource(name)
    if resource then
      local kind = resources.kind(resource)
      local path = store:path(dataset, resource)
      local value, message, code = path, nil, nil
      if kind.value then
        value, message, code = kind.value(resource, path, store)
      end
      if value == nil then
        return nil, message, code
      end
      values[name] = value
    end
  end
  return values
end

--- Opens a dataset: calls its definition with the paths of its files, which need not be there yet.
-- @param store store
-- @param dataset dataset, whose references are resolved
-- @return object: of the dataset's type, with nested ids set | nil, message, code
function open.dataset(store, dataset)
  if opening[dataset] then
    return nil, dataset.id .. ": refers to itself", "definition"
  end
  local mark <close> = setmetatable({}, { __close = function() -- luacheck: ignore
    opening[dataset] = nil
  end })
  opening[dataset] = true
  local values, message, code = values_of(store, dataset)
  if not values then
    return nil, message, code
  end
  return dataset:build(values)
end

-- The names of the parts of a value: fields, or the numbers of what a list holds.
local function names_in(value)
  local names = {}
  if objects.type_of(value) then
    for name in objects.pairs(value) do
      names[#names + 1] = name ~= "id" and name or nil
    end
  elseif type(value) == "table" then
    for key in next, value do
      names[#names + 1] = tostring(math.type(key) == "integer" and key - 1 or key)
    end
    table.sort(names)
  end
  return names
end

local function expected(name, names)
  local shown = table.concat(names, ", ", 1, math.min(#names, 20))
  return guess.hint(name, names, #names > 0 and (" (%s expected)"):format(shown) or "")
end

--- A part of what a dataset was opened as.
-- @param value any
-- @param part string: "train.images", "" for all of it, "parts.0" for the first of a list
-- @param subject string: what messages begin with
-- @return any | nil, message, "definition"
function open.part(value, part, subject)
  for name in part:gmatch "[^.]+" do
    local index = math.tointeger(tonumber(name)) -- from 0, as in nested ids
    local inner = type(value) == "table" and rawget(value, index and index + 1 or name) or nil
    if inner == nil then
      return nil, ("%s: no part '%s'%s"):format(subject, name, expected(name, names_in(value))), "definition"
    end
    value, subject = inner, subject .. "." .. name
  end
  return value
end

--- Opens what a reference is to: a dataset, or a part of one.
-- @param store store
-- @param target table: dataset, part ("train.images", "" for all of it)
-- @return any | nil, message, code
function open.target(store, target)
  local value, message, code = open.dataset(store, target.dataset)
  if value == nil then
    return nil, message, code
  end
  return open.part(value, target.part, target.dataset.id)
end

return open
