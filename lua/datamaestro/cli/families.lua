--- Families of datasets, for people and as JSON: their axes, and a selector to copy.
local axis = require "datamaestro.definition.axis"
local json = require "datamaestro.json"

local families = {}

--- Makes an ordered JSON object.
-- @param list array of { key, value }
-- @return table: as of json.object
function families.ordered(list)
  local object = json.object()
  for _, pair in ipairs(list) do
    json.set(object, pair[1], pair[2])
  end
  return object
end

local function json_value(value)
  if value == axis.null then
    return json.null
  end
  return value
end

local function json_axis(one)
  local domain = one.domain and json.array {}
  for i, value in ipairs(one.domain or {}) do
    domain[i] = json_value(value)
  end
  local default
  if one.default ~= nil then
    default = json_value(one.default)
  end
  return families.ordered { { "name", one.name }, { "type", axis.type_name(one) }, { "domain", domain },
    { "required", one.default == nil }, { "default", default }, { "description", one.description },
    { "in_id", one.in_id }, { "elide_default", one.elide_default } }
end

--- The axes of a dataset.
-- @param dataset dataset
-- @return array of JSON objects: empty for one without variants
function families.axes(dataset)
  local list = json.array {}
  for i, one in ipairs(dataset.variants and dataset.variants.axes or {}) do
    list[i] = json_axis(one)
  end
  return list
end

--- The values of a dataset of a family.
-- @param dataset dataset
-- @return JSON object | nil: for other datasets
function families.values(dataset)
  if not dataset.values then
    return nil
  end
  local list = {}
  for i, name in ipairs(dataset.variants:names()) do
    list[i] = { name, dataset.values[name] }
  end
  return families.ordered(list)
end

--- An id with a selector that shows all axes.
-- @param dataset dataset
-- @return string | nil: for what is no family
function families.example(dataset)
  return dataset:is_family() and ("%s[%s]"):format(dataset.id, dataset.variants:example()) or nil
end

-- Those that must be given first, as they are what one wants to know.
local function by_need(list)
  local sorted = {}
  for _, required in ipairs { true, false } do
    for _, one in ipairs(list) do
      sorted[#sorted + 1] = (one.default == nil) == required and one or nil
    end
  end
  return sorted
end

local function family_lines(dataset, lines)
  lines[#lines + 1] = "Axes:"
  for _, one in ipairs(by_need(dataset.variants.axes)) do
    lines[#lines + 1] = ("  %-14s %s"):format(one.name, axis.describe(one))
    if one.description ~= "" then
      lines[#lines + 1] = ("  %-14s %s"):format("", one.description:gsub("%s+", " "))
    end
  end
end

--- What there is to say of variants.
-- @param dataset dataset
-- @return array of strings: empty for a dataset without variants
function families.lines(dataset)
  local lines = {}
  if dataset:is_family() then
    family_lines(dataset, lines)
  elseif dataset.values then
    local parts = {}
    for i, name in ipairs(dataset.variants:names()) do
      local value = dataset.values[name]
      parts[i] = ("%s = %s"):format(name, value == nil and "null" or axis.text(value))
    end
    lines[1] = ("Variant of: %s"):format(dataset.family.id)
    lines[2] = ("Values: %s"):format(table.concat(parts, ", "))
  end
  return lines
end

-- --- Completion ---------------------------------------------------------------------------------

--- How a selector can go on.
-- @param dataset dataset | nil: the family
-- @param prefix string: "ID[size=small,se"
-- @return array of strings: each the prefix, up to its last ',', '[' or '=', and more
function families.continuations(dataset, prefix)
  local list = {}
  if not dataset or not dataset:is_family() or prefix:find("]", 1, true) then
    return list
  end
  local before, name = prefix:match "^(.*[%[,]%s*([%a_][%w_]*)%s*=)[^=,]*$"
  local one = name and dataset.variants.by_name[name]
  if one then
    for _, value in ipairs(axis.texts(one)) do
      list[#list + 1] = before .. value
    end
    return list
  end
  before = prefix:match "^(.*[%[,]%s*)[%w_]*$"
  for _, other in ipairs(before and dataset.variants:names() or {}) do
    list[#list + 1] = before .. other .. "="
  end
  return list
end

return families
