--- A dataset as it was declared: a table with id, repository, name, description, url, type, tags, tasks,
-- resources (ordered; by what they are called see `resource`), parameters, file and line.

local schema = require "datamaestro.schema"
local types = require "datamaestro.data.types"
local sandbox = require "datamaestro.definition.sandbox"

local dataset = {}

local Dataset = { __name = "dataset" }
Dataset.__index = Dataset

local builders = setmetatable({}, { __mode = "k" }) -- dataset → the author's function

--- Makes a dataset of checked fields.
-- @param fields table
-- @param builder function: the author's; it gets the resources' paths in the order of `parameters`
-- @return dataset
function dataset.new(fields, builder)
  builders[fields] = builder
  return setmetatable(fields, Dataset)
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

--- Builds the data: runs the author's function on the resources' paths and sets the ids.
-- @param paths table: resource name → absolute path
-- @return object of the dataset's type | nil, message, "definition"
function Dataset:build(paths)
  local arguments = {}
  for i, name in ipairs(self.parameters) do
    arguments[i] = type(paths) == "table" and paths[name]
      or error(("%s: no path for resource '%s'"):format(self.id, name), 2)
  end
  local builder = builders[self]
  local line = debug.getinfo(builder, "S").linedefined
  local results = table.pack(sandbox.run(self.file, line, builder, table.unpack(arguments)))
  if not results[1] then
    return nil, results[2], "definition"
  end
  -- The result may be made to be checked for ever, so the checks have the script's limits too.
  local done, object, problem = sandbox.run(self.file, line, to_object, self, results[2], results.n - 1)
  if not done then
    return nil, object, "definition"
  elseif problem then
    return nil, sandbox.place(self.file, line, problem), "definition"
  end
  types.identify(object, self.id, "@" .. self.repository.id)
  return object
end

return dataset
