--- The data types that come with the program, by the names under which scripts `use` them.
local modules = require "datamaestro.modules"
local types = require "datamaestro.data.types"

local type_modules = {}

--- The data types of a module.
-- @param name string: such as "datamaestro.data.csv", or "datamaestro.data"
-- @return table: name → type | nil: there is no such module, or it has none
function type_modules.of(name)
  local short = name:match "^datamaestro%.(data%.[%a_][%w_]*)$" or name:match "^datamaestro%.(data)$"
  local module = short and modules.find(short) and require(name)
  local content = {}
  for key, value in pairs(type(module) == "table" and module or {}) do
    content[key] = types.is_type(value) and value or nil
  end
  return next(content) and content or nil
end

--- The modules below datamaestro.data that have data types.
-- @return array of strings, sorted: "csv", …
function type_modules.names()
  local names = {}
  for _, short in ipairs(modules.within "data") do
    names[#names + 1] = type_modules.of("datamaestro.data." .. short) and short or nil
  end
  return names
end

--- All modules that have data types.
-- @return table: name → as of `type_modules.of`
function type_modules.all()
  local found = { ["datamaestro.data"] = type_modules.of "datamaestro.data" }
  for _, short in ipairs(type_modules.names()) do
    found["datamaestro.data." .. short] = type_modules.of("datamaestro.data." .. short)
  end
  return found
end

return type_modules
