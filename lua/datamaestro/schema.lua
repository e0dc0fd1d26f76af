--- Schemas as data: what a table may hold, checked in one place and printed by the reference page.
--
-- A schema is an ordered array of fields, each
-- `{ name = …, type = …, doc = …, required = false, default = value or function(values), … }`.
-- Types: "string" "integer" "number" "boolean" "path" "url" "function" "any",
-- "list" (of `items`, a field without a name), "table" (of `fields`, a schema; `positional` names its
-- array part), or a table with `name` and `accepts(value)` (a data type).
-- More rules: `values` (allowed ones), `pattern` with `expected` (a Lua pattern and its meaning),
-- `hex` (number of digits; made lower case), `minimum`, `either` (another field to try for values that are
-- tables), `check(value)` → problem | nil. `annotation` is the type that editors are told, if another.

local guess = require "datamaestro.guess"

local schema = {}

local SCHEMES = { http = true, https = true, ftp = true, ftps = true, file = true }

local function shown(value)
  if type(value) == "string" then
    local text = #value > 40 and value:sub(1, 40) .. "…" or value
    return ("'%s'"):format(text)
  end
  return type(value) == "number" and tostring(value) or math.type(value) or type(value)
end

local function typed(lua_type)
  return function(value)
    return type(value) == lua_type
  end
end

local URL_MAXIMUM = 8192 -- bytes; browsers and servers take no longer ones either

local function url_problem(value)
  if #value > URL_MAXIMUM then
    return ("%d bytes (URL of %d at most expected)"):format(#value, URL_MAXIMUM)
  end
  local scheme = value:match("^(%a[%w+.-]*)://[^%s%c]+$")
  if not scheme then
    return ("%s (URL such as https://host/file expected)"):format(shown(value))
  elseif not SCHEMES[scheme] then
    return ("scheme '%s' (http, https, ftp or file expected)"):format(scheme)
  elseif scheme ~= "file" and not value:match("://([^/?#]*)"):gsub("^.*@", ""):find "^[^:]" then
    return ("%s (URL with a host expected)"):format(shown(value))
  end
end

local function path_problem(value)
  if value == "" or value:find("\0", 1, true) then
    return ("%s (path expected)"):format(shown(value))
  end
end

local ACCEPTS = {
  string = typed "string", boolean = typed "boolean", number = typed "number", table = typed "table",
  list = typed "table", path = typed "string", url = typed "string", ["function"] = typed "function",
  integer = function(value)
    return math.type(value) == "integer" or (math.type(value) == "float" and math.tointeger(value) ~= nil)
  end,
  any = function()
    return true
  end,
}

local PROBLEM = { url = url_problem, path = path_problem }

--- The name of a field's type, as messages and the reference page show it.
-- @param field table: a field of a schema
-- @return string: "string", "list of url", "Images", …
function schema.type_name(field)
  local name = type(field.type) == "table" and field.type.name or field.type
  if field.type == "list" and field.items then
    name = "list of " .. schema.type_name(field.items)
  end
  return field.either and name .. " or " .. schema.type_name(field.either) or name
end

--- What a value is, for messages: a data type's name, else the Lua type.
-- @param value any
-- @return string
function schema.kind(value)
  local metatable = (type(value) == "table" or type(value) == "userdata") and debug.getmetatable(value)
  local name = metatable and rawget(metatable, "__name")
  return type(name) == "string" and name or math.type(value) or type(value)
end

local function hex_problem(value, digits)
  if value:find("[^%x]") then
    return ("%s (%d hex digits expected)"):format(shown(value), digits)
  elseif #value ~= digits then
    return ("%d hex digits (%d expected)"):format(#value, digits)
  end
end

local function values_problem(value, values)
  for _, allowed in ipairs(values) do
    if value == allowed then
      return nil
    end
  end
  local names = {}
  for i, allowed in ipairs(values) do
    names[i] = tostring(allowed)
  end
  return ("%s (%s expected)"):format(shown(value), table.concat(names, ", "))
end

-- What is wrong with a value of the right type, or nil.
local function rule_problem(field, value)
  local problem = PROBLEM[field.type] and PROBLEM[field.type](value)
  problem = problem or (field.hex and hex_problem(value, field.hex))
  problem = problem or (field.values and values_problem(value, field.values))
  if not problem and field.minimum and value < field.minimum then
    problem = ("%s (%s or more expected)"):format(shown(value), field.minimum)
  end
  if not problem and field.pattern and not value:find(field.pattern) then
    problem = ("%s (%s expected)"):format(shown(value), field.expected or field.pattern)
  end
  return problem or (field.check and field.check(value)) or nil
end

local check_fields

local function check_list(field, value, subject)
  local list = {}
  for key in next, value do
    if math.type(key) ~= "integer" or key < 1 or key > #value then
      return nil, ("%s: key %s (%s expected)"):format(subject, shown(key), schema.type_name(field))
    end
  end
  for i = 1, #value do
    local place = ("%s[%d]"):format(subject, i)
    local item, problem = schema.check_value(field.items or { type = "any" }, value[i], place)
    if problem then
      return nil, problem
    end
    list[i] = item
  end
  return list
end

--- Checks one value.
-- @param field table: a field of a schema
-- @param value any
-- @param subject string: what messages begin with
-- @return the checked value (a copy of lists and tables) | nil, message
function schema.check_value(field, value, subject)
  local accepted
  if type(field.type) == "table" then
    accepted = field.type.accepts(value)
  else
    accepted = ACCEPTS[field.type](value)
  end
  if not accepted then
    if field.either and type(value) == "table" then
      return schema.check_value(field.either, value, subject)
    end
    return nil, ("%s: %s (%s expected)"):format(subject, schema.kind(value), schema.type_name(field))
  end
  local problem = rule_problem(field, value)
  if problem then
    return nil, ("%s: %s"):format(subject, problem)
  elseif field.type == "list" then
    return check_list(field, value, subject)
  elseif field.type == "table" and field.fields then
    return check_fields(field.fields, value, subject, field.positional)
  elseif field.type == "integer" then
    return math.tointeger(value)
  end
  return field.hex and value:lower() or value
end

local function names_of(fields)
  local names, known = {}, {}
  for i, field in ipairs(fields) do
    names[i] = field.name
    known[field.name] = true
  end
  return names, known
end

-- The first key, in order of its text, that no field has.
local function unknown_key(value, known, positional)
  local unknown
  for key in next, value do
    local expected = known[key] or (positional and positional[key] ~= nil)
    if not expected and (unknown == nil or tostring(key) < tostring(unknown)) then
      unknown = key
    end
  end
  return unknown
end

-- The value that a field's name or its place in the array part gives, with that key; nil for none.
local function value_of(field, value, positional)
  for i, name in ipairs(positional or {}) do
    if name == field.name and rawget(value, i) ~= nil then
      return rawget(value, i)
    end
  end
  return rawget(value, field.name)
end

local function add_default(field, copy)
  if field.default ~= nil and copy[field.name] == nil then
    local default = field.default
    if type(default) == "function" then
      default = default(copy)
    end
    copy[field.name] = default
  end
end

local function missing(field, subject)
  return ("%s.%s: missing (%s expected)"):format(subject, field.name, schema.type_name(field))
end

function check_fields(fields, value, subject, positional)
  local names, known = names_of(fields)
  local unknown = unknown_key(value, known, positional)
  if unknown ~= nil then
    local label = type(unknown) == "string" and unknown or ("[%s]"):format(tostring(unknown))
    local expected = (" (%s expected)"):format(table.concat(names, ", "))
    return nil, ("%s.%s: unknown field%s"):format(subject, label, guess.hint(unknown, names, expected))
  end
  local copy = {}
  for _, field in ipairs(fields) do
    local given = value_of(field, value, positional)
    if given ~= nil then
      local checked, problem = schema.check_value(field, given, subject .. "." .. field.name)
      if problem then
        return nil, problem
      end
      copy[field.name] = checked
    elseif field.required then
      return nil, missing(field, subject)
    end
  end
  for _, field in ipairs(fields) do
    add_default(field, copy)
  end
  return copy
end

--- Checks a table.
-- @param fields table: a schema
-- @param value any: a table is expected
-- @param subject string: what messages begin with ("train_images")
-- @param positional array of field names: what `value[1]`, `value[2]`, … are (default: none)
-- @return table: a checked copy with defaults | nil, message such as
--   "train_images.md5: 31 hex digits (32 expected)"
function schema.check(fields, value, subject, positional)
  if type(value) ~= "table" then
    return nil, ("%s: %s (table expected)"):format(subject, schema.kind(value))
  end
  return check_fields(fields, value, subject, positional)
end

return schema
