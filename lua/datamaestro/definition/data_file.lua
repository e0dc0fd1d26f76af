--- The language of a repository's data.lua: data types, and metadatasets, each assigned to a global.

local datatype = require "datamaestro.definition.datatype"
local dsl = require "datamaestro.definition.dsl"
local heading = require "datamaestro.definition.heading"
local sandbox = require "datamaestro.definition.sandbox"

local data_file = {}

-- What a script may use under a name of data.lua | nil, problem. Metadatasets are kept apart from types.
local function take(content, name, value, owner)
  if content.types[name] or content.shared[name] then
    return nil, ("two data types are called '%s'"):format(name)
  elseif heading.is_metadataset(value) then
    content.shared[name] = value
    return value
  end
  local T, problem = datatype.define(value, name, owner)
  content.types[name] = T
  return T, problem
end

-- The first problem of the metadatasets, in the order of their names, or nil.
local function shared_problem(content)
  local names = {}
  for name in next, content.shared do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local found, problem = heading.metadataset(content.shared[name])
    if not found then
      return problem
    end
  end
end

--- Reads what data.lua declares.
-- @param owner repository
-- @param path string: of the file
-- @param text string: its content
-- @param use function: as the script's `use`
-- @return table: `types` (name → type), `shared` (name → chain of a metadataset) | nil, message
function data_file.read(owner, path, text, use)
  local content = { types = {}, shared = {} }
  local names = dsl.shared_constructors()
  names.datatype, names.use = datatype.constructor, use
  local environment = sandbox.environment(names, function(name, value)
    return take(content, name, value, owner)
  end)
  local done, problem = sandbox.run_text(path, text, environment)
  if done then
    done, problem = sandbox.run(path, 1, shared_problem, content)
  end
  if not done or problem then
    return nil, problem
  end
  return content
end

return data_file
