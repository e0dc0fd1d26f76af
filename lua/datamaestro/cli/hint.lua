--- "Did you mean", for fields and methods that a value at the prompt does not have. Calls nothing of the
-- user's.
local complete = require "datamaestro.cli.complete"
local guess = require "datamaestro.guess"
local help_tensor = require "datamaestro.cli.help_tensor"
local objects = require "datamaestro.data.objects"
local tensors = require "datamaestro.api.tensor"
local types = require "datamaestro.data.types"

local hint = {}

-- What a misspelt name may be told of: what has declared names. A plain table lacks whatever it lacks.
local function has_names(value, library)
  return objects.type_of(value) ~= nil or tensors.is_tensor(value) or value == library
end

-- The names that a value has or could have.
local function names_of(value)
  local known = complete.members(value)
  local T = objects.type_of(value)
  for _, field in ipairs(T and types.fields(T) or {}) do
    known[field.name] = true
  end
  return known
end

-- Where a name may be found that data itself has not, but what it opens as: a hint in brackets | nil.
local function opened(said, name, known)
  if known.data and help_tensor.methods[name] then
    return (" (tensors do: %s:data())"):format(said)
  elseif name == "data" and known.rows then
    return (" (%s:rows() gives its rows; a Matrix has data())"):format(said)
  end
end

-- The first name along a chain (`ds.train:images`) that nothing has: what it is looked up in, and a hint.
local function of_chain(chain, globals, library)
  local said, rest = chain:match "^([%a_][%w_]*)(.*)$"
  local value = rawget(globals, said)
  for name in rest:gmatch "[.:]([%a_][%w_]*)" do
    local known = has_names(value, library) and names_of(value)
    local found = complete.index(value, name)
    if known and not known[name] and found == nil then
      local names = {}
      for one in pairs(known) do
        names[#names + 1] = one
      end
      table.sort(names)
      return ("%s has no '%s'%s"):format(said, name, opened(said, name, known) or guess.hint(name, names))
    elseif found == nil then
      return nil
    end
    value, said = found, said .. "." .. name
  end
end

--- Finds a name in an input that what it is looked up in does not have.
-- @param source string: the input
-- @param globals table
-- @return string | nil: "ds has no 'trian' (did you mean 'train'?)"
function hint.of(source, globals)
  local library = rawget(globals, "datamaestro")
  local code = source:gsub('"[^"\n]*"', '""'):gsub("'[^'\n]*'", "''"):gsub("%-%-[^\n]*", "")
  for chain in code:gmatch "%f[%w_.:][%a_][%w_]*[.:][%a_][%w_.:]*" do
    local said = of_chain(chain, globals, library)
    if said then
      return said
    end
  end
end

--- Says how the method that an input gives as a value is called.
-- @param source string: the input
-- @param globals table
-- @return string | nil: "a method; call it: images:shape()"
function hint.of_method(source, globals)
  local chain, name = source:match "^%s*([%a_][%w_.]*)%.([%a_][%w_]*)%s*$"
  local value = globals
  for part in (chain or ""):gmatch "[^.]+" do
    value = complete.index(value, part)
  end
  if chain and (objects.type_of(value) or tensors.is_tensor(value)) then
    return ("a method; call it: %s:%s()"):format(chain, name)
  end
end

return hint
