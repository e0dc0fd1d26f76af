--- What holds for objects of all types: what they are, their fields in order, their ids.

local schema = require "datamaestro.schema"

local objects = {}

local VALUES = 1000000 -- of an object and all in it, counted as often as they are reached
local BYTES = 64 << 20 -- of its strings, likewise
local DEPTH = 32 -- of objects in objects, when they are checked or shown

--- What datamaestro.data.types knows of each type.
objects.records = setmetatable({}, { __mode = "k" })

local records = objects.records
local sealed = 0 -- above 0 while a script runs: objects then give fields only

--- Bars the objects' methods while a script runs (they may open files), or lets them again.
-- Calls nest.
-- @param change integer: 1 to bar, -1 to let
function objects.seal(change)
  sealed = sealed + change
end

--- Whether the objects' methods are barred.
-- @return boolean
function objects.is_sealed()
  return sealed > 0
end

--- Whether a value is a type.
-- @param value any
-- @return boolean
function objects.is_type(value)
  return type(value) == "table" and records[value] ~= nil
end

--- The type of an object.
-- @param object any
-- @return type | nil: nil for what is no object
function objects.type_of(object)
  local metatable = type(object) == "table" and debug.getmetatable(object)
  local T = metatable and rawget(metatable, "__type")
  return T and records[T] and T or nil
end

--- Whether an object may stand where a type is expected: by its type, a parent or a role of either.
-- @param object any
-- @param T type
-- @return boolean
function objects.is(object, T)
  local own = objects.type_of(object)
  return own ~= nil and records[own].is[T] == true
end

-- The fields of an open type's object that it does not declare.
local function extra_fields(object, record)
  local extra = {}
  for name in next, object do
    if not record.known[name] then
      extra[#extra + 1] = { name = name, type = "any" }
    end
  end
  table.sort(extra, function(a, b)
    return a.name < b.name
  end)
  return extra
end

--- Iterates all fields of an object in declared order.
-- @param object object
-- @return iterator of field (as in datamaestro.schema), value (nil for an unset one)
function objects.values(object)
  local record = records[objects.type_of(object)]
  local fields = record.fields
  if record.open then
    local extra = extra_fields(object, record)
    fields = table.move(extra, 1, #extra, #fields + 1, table.move(fields, 1, #fields, 1, {}))
  end
  local i = 0
  return function()
    i = i + 1
    if fields[i] then
      return fields[i], rawget(object, fields[i].name)
    end
  end
end

--- Iterates the fields that an object has, in declared order.
-- @param object object
-- @return iterator of name, value
function objects.pairs(object)
  local next_field = objects.values(object)
  return function()
    for field, value in next_field do
      if value ~= nil then
        return field.name, value
      end
    end
  end
end

local function show(object, lines, indent, label)
  local T = objects.type_of(object)
  local scalars, children = {}, {}
  for name, value in objects.pairs(object) do
    if objects.type_of(value) then
      children[#children + 1] = { name, value }
    elseif type(value) ~= "table" then
      scalars[#scalars + 1] = ("%s=%s"):format(name, tostring(value))
    else
      scalars[#scalars + 1] = ("%s=[%d]"):format(name, #value)
    end
  end
  local text = ("  "):rep(indent) .. label .. T.name
  lines[#lines + 1] = #scalars > 0 and text .. " " .. table.concat(scalars, " ") or text
  for _, child in ipairs(indent < DEPTH and children or {}) do
    show(child[2], lines, indent + 1, child[1] .. ": ")
  end
end

--- Shows an object as a short tree.
-- @param object object
-- @return string
function objects.show(object)
  local lines = {}
  show(object, lines, 0, "")
  return table.concat(lines, "\n")
end

local verify_value

local function verify_object(object, subject, above)
  local T = objects.type_of(object)
  for _, field in ipairs(records[T].fields) do
    local value = rawget(object, field.name)
    local problem
    if value == nil and field.required then
      problem = ("%s.%s: missing (%s expected)"):format(subject, field.name, schema.type_name(field))
    elseif value ~= nil then
      problem = select(2, schema.check_value(field, value, subject .. "." .. field.name))
    end
    if problem then
      return problem
    end
  end
  for name, value in objects.pairs(object) do
    local problem = verify_value(value, subject .. "." .. name, above)
    if problem then
      return problem
    end
  end
end

local function key_problem(value, subject)
  local length, keys = #value, 0
  for key in next, value do
    keys = keys + 1
    local listed = math.type(key) == "integer" and key >= 1 and key <= length
    if not listed and (type(key) ~= "string" or length > 0) then
      return ("%s: key %s (either a list 1, 2, … or names expected)"):format(subject, tostring(key))
    end
  end
  return length > 0 and keys ~= length and subject .. ": a list with holes (1, 2, … expected)" or nil
end

local function verify_table(value, subject, above)
  local problem = key_problem(value, subject)
  if problem then
    return problem
  end
  for key, item in next, value do
    problem = verify_value(item, ("%s[%s]"):format(subject, key), above)
    if problem then
      return problem
    end
  end
end

-- JSON repeats what stands in several places, so it is counted as often.
local function count(value, subject, above)
  above.count = above.count + 1
  above.bytes = above.bytes + (type(value) == "string" and #value or 0)
  if above.count > VALUES then
    return ("%s: over %d values in all (a table that stands in many places?)"):format(subject, VALUES)
  elseif above.bytes > BYTES then
    return ("%s: over %d MiB of text in all"):format(subject, BYTES >> 20)
  end
end

function verify_value(value, subject, above)
  local kind = type(value)
  local problem = count(value, subject, above)
  if problem then
    return problem
  elseif kind == "function" or kind == "userdata" or kind == "thread" then
    return ("%s: %s (data expected)"):format(subject, schema.kind(value))
  elseif kind == "number" and (value ~= value or value == math.huge or value == -math.huge) then
    return ("%s: %s (finite number expected)"):format(subject, value)
  elseif kind ~= "table" then
    return nil
  elseif above[value] or above.depth >= DEPTH then
    return ("%s: holds itself, or is over %d deep"):format(subject, DEPTH)
  end
  above[value], above.depth = true, above.depth + 1
  local verify = objects.type_of(value) and verify_object or verify_table
  problem = verify(value, subject, above)
  above[value], above.depth = nil, above.depth - 1
  return problem
end

--- Checks an object and all in it once more: a script may have changed its fields since.
-- @param object object
-- @return string | nil: the first problem
function objects.verify(object)
  return verify_value(object, objects.type_of(object).name, { depth = 0, count = 0, bytes = 0 })
end

--- Gives an object and those in it their ids: `ID.train.images`, in a list `ID.parts.0`. What has an id
-- keeps it, with all below it.
-- @param object object
-- @param id string: without the repository
-- @param suffix string: "@image", or ""
function objects.identify(object, id, suffix)
  if rawget(object, "id") then
    return
  end
  rawset(object, "id", id .. suffix)
  for name, value in objects.pairs(object) do
    if objects.type_of(value) then
      objects.identify(value, id .. "." .. name, suffix)
    elseif type(value) == "table" then
      for i, item in ipairs(value) do
        if objects.type_of(item) then
          objects.identify(item, ("%s.%s.%d"):format(id, name, i - 1), suffix)
        end
      end
    end
  end
end

return objects
