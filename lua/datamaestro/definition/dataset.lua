--- A dataset as it was declared: a table with id, folder (its path below that of the repository),
-- repository, name, description, type, tags, tasks, agreements (array of {id, text}), resources (ordered; by
-- what they are called see `resource`), parameters, file and line; and url, licence, size and the like, where
-- they are declared (definition/about.lua).
--
-- A family has `variants` too (definition/variants.lua); a dataset of it, which `select` gives, also
-- `family`, `values` (name of an axis → value, nil for null), `label` (what messages call it) and
-- `shares_folder` (whether variants with other resources stand in the same folder). Only that
-- has all resources, and can be fetched and built.

local schema = require "datamaestro.schema"
local types = require "datamaestro.data.types"
local fingerprint = require "datamaestro.definition.fingerprint"
local sandbox = require "datamaestro.definition.sandbox"
local variants = require "datamaestro.definition.variants"

local dataset = {}

local Dataset = { __name = "dataset" }
Dataset.__index = Dataset

-- All by dataset.
local builders = setmetatable({}, { __mode = "k" }) -- the author's function
local chains = setmetatable({}, { __mode = "k" }) -- what it was made of
local recipes = setmetatable({}, { __mode = "k" }) -- of a family: values → the fields of a variant
local made = setmetatable({}, { __mode = "k" }) -- of a family: its variants by their values' key

--- Makes a dataset of checked fields.
-- @param fields table
-- @param builder function: the author's; it gets the resources' paths in the order of `parameters`
-- @param chain step or chain | nil: what it was made of
-- @return dataset
function dataset.new(fields, builder, chain)
  builders[fields], chains[fields] = builder, chain
  return setmetatable(fields, Dataset)
end

--- Makes a dataset a family.
-- @param self dataset
-- @param recipe function(values) → fields of the variant | nil, message: as of variants:resolve
-- @return dataset: the same
function dataset.set_recipe(self, recipe)
  recipes[self], made[self] = recipe, {}
  return self
end

--- The chain that a dataset was made of.
-- @param self dataset
-- @return step or chain | nil
function dataset.chain_of(self)
  return chains[self.family or self]
end

--- What the author's function comes down to, for comparing.
-- @return string
function Dataset:fingerprint()
  return fingerprint.of(builders[self])
end

Dataset.__tostring = function(self)
  return ("dataset %s@%s"):format(self.id, self.repository.id)
end

--- Finds a resource by name.
-- @param name string
-- @return resource | nil
function Dataset:resource(name)
  for _, resource in ipairs(self.resources) do
    if resource.name == name then
      return resource
    end
  end
end

-- --- Variants ----------------------------------------------------------------------------------

--- Whether it is a family: a dataset only with a selector.
-- @return boolean
function Dataset:is_family()
  return recipes[self] ~= nil
end

-- The variant of some values, once made.
local function variant(self, values)
  local key = self.variants:key(values)
  local known = made[self][key]
  if known then
    return known
  end
  local done, fields, problem = sandbox.run(self.file, self.line, recipes[self], values)
  if not done or problem then
    return nil, variants.mark(problem or fields, self.variants:label(values)), "definition"
  end
  known = dataset.new(fields, builders[self])
  made[self][key] = known
  return known
end

--- Gives the dataset of some values.
-- @param values table: as of variants:resolve
-- @return dataset: one and the same for the same values | nil, message, "definition"
function Dataset:variant(values)
  return variant(self, values)
end

-- The values of a selector | nil, message.
local function values_of(self, selector)
  local values
  local given, problem = self.variants:parse(selector)
  if given then
    values, problem = self.variants:resolve(given)
  end
  problem = problem or self.variants:problem(values)
  if problem then
    return nil, problem
  end
  return values
end

--- Gives the dataset that a selector names, one and the same for the same values.
-- @param selector string | nil: "size=small,seed=1"; nil or "" for the default of every axis
-- @param label string | nil: what messages begin with (default: the id)
-- @return dataset: itself where it is no family | nil, message, code: "usage" for a selector that names none,
--   "definition" where the script is wrong
function Dataset:select(selector, label)
  selector, label = selector or "", label or self.id
  if not recipes[self] then
    if selector:find "[^%s,]" then
      return nil, ("%s: the dataset has no variants (%s expected)"):format(label, self.id), "usage"
    end
    return self
  end
  local values, problem = values_of(self, selector)
  if not values then
    return nil, ("%s: %s"):format(label, problem), "usage"
  end
  return variant(self, values)
end

--- Gives datasets to try: of a family all, or where these are too many that of the defaults and first values.
-- @param limit integer: how many are not too many
-- @return array of datasets: empty where an axis needs a value that nobody can guess | nil, message, code
function Dataset:samples(limit)
  if not recipes[self] then
    return { self }
  end
  local list = {}
  for i, values in ipairs(self.variants:combinations(limit)) do
    local found, message, code = variant(self, values)
    if not found then
      return nil, message, code
    end
    list[i] = found
  end
  return list
end

local SHARING = 64 -- variants in one folder that are looked at

--- Gives the datasets of a family that stand in one folder.
-- @param name string: of a folder in the family's own, "" for that itself
-- @return array of datasets: several where axes are in no id | nil where no variant has a folder of that name
-- @return boolean: whether these are all that can stand there
function Dataset:in_folder(name)
  local values = self.variants:of_folder(name)
  if not values then
    return nil
  end
  local found, complete = self.variants:sharing(values, SHARING)
  local list = {}
  for _, one in ipairs(found) do
    local known = variant(self, one) -- of a script that fails nothing can be said
    list[#list + 1] = known
    complete = complete and known ~= nil
  end
  return list, complete
end

-- --- Building ----------------------------------------------------------------------------------

-- The object that the function's result stands for | nil, what is wrong.
local function to_object(self, result, count)
  local T = self.type
  if count == 0 or result == nil then
    return nil, ("the function's result: nothing (fields of %s expected)"):format(T.name)
  elseif types.type_of(result) then
    if not types.is(result, T) then
      return nil, ("the function's result: %s (%s expected)"):format(schema.kind(result), T.name)
    end
    return result, types.verify(result)
  elseif type(result) ~= "table" then
    return nil, ("the function's result: %s (fields of %s expected)"):format(schema.kind(result), T.name)
  end
  local object, problem = types.make(T, result)
  return object, problem or types.verify(object)
end

--- Builds the data: runs the author's function on the resources' paths and the axes' values and sets the ids.
-- @param paths table: resource name → absolute path
-- @return object of the dataset's type | nil, message, "definition"
function Dataset:build(paths)
  local arguments = {}
  for i, name in ipairs(self.parameters) do
    if self.variants and self.variants.by_name[name] then
      arguments[i] = self.values[name]
    elseif self:resource(name) then -- else another variant has it
      arguments[i] = type(paths) == "table" and paths[name]
        or error(("%s: no path for resource '%s'"):format(self.id, name), 2)
    end
  end
  local builder = builders[self]
  local line = debug.getinfo(builder, "S").linedefined
  local results = table.pack(sandbox.run(self.file, line, builder,
    table.unpack(arguments, 1, #self.parameters)))
  if not results[1] then
    return nil, variants.mark(results[2], self.label), "definition"
  end
  -- The result may be made to be checked for ever, so the checks have the script's limits too.
  local done, object, problem = sandbox.run(self.file, line, to_object, self, results[2], results.n - 1)
  problem = done and problem and sandbox.place(self.file, line, problem) or not done and object
  if problem then
    return nil, variants.mark(problem, self.label), "definition"
  end
  types.identify(object, self.id, "@" .. self.repository.id)
  return object
end

return dataset
