--- Data types by name, for `help`: one of them, or those that `use` gives.
local help_function = require "datamaestro.cli.help_function"
local type_modules = require "datamaestro.definition.type_modules"

local help_types = {}

-- All types by what `use` calls their module: "datamaestro.data.csv", "image.data".
local function all_modules(registry)
  local all = type_modules.all()
  for _, one in ipairs((registry:repositories())) do
    all[one.id .. ".data"] = one:types(registry.find_repository)
  end
  return all
end

local function sorted_names(map)
  local names = {}
  for name in pairs(map) do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function is_called(module, key, T, name)
  local full = module .. "." .. key
  return key == name or T.id == name or full == name or full == "datamaestro.data." .. name
    or full == name:gsub("^([%w_-]+)%.", "%1.data.", 1)
end

--- The data type that is called so ("Matrix", "csv.Matrix", "datamaestro.data.csv.Matrix"), or has this id.
-- @param name string
-- @param registry registry
-- @return type | nil
function help_types.named(name, registry)
  local all = all_modules(registry)
  for _, module in ipairs(sorted_names(all)) do
    for key, T in pairs(all[module]) do
      if is_called(module, key, T, name) then
        return T
      end
    end
  end
end

--- The data types of a module.
-- @param name string: "datamaestro.data.csv", "csv", "image.data"
-- @param registry registry
-- @return array of lines | nil: there is no such module
function help_types.module(name, registry)
  local all = all_modules(registry)
  local module = all[name] and name or "datamaestro.data." .. name
  if not all[module] then
    return nil
  end
  local lines, rows = { ("use %q: data types"):format(module) }, {}
  for i, key in ipairs(sorted_names(all[module])) do
    rows[i] = { key, all[module][key].doc:match "^(.-)[.:]?%f[\n\0]" or "" }
  end
  help_function.add_rows(lines, rows)
  return lines
end

--- The modules that `use` knows.
-- @param registry registry
-- @return array of lines
function help_types.modules(registry)
  local rows, all = {}, all_modules(registry)
  for i, module in ipairs(sorted_names(all)) do
    rows[i] = { ("use %q"):format(module), table.concat(sorted_names(all[module]), ", ") }
  end
  local lines = {}
  help_function.add_rows(lines, rows)
  return lines
end

return help_types
