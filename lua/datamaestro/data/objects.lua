--- What holds for objects of all types: what they are, their fields in order, their ids.

local schema = require "datamaestro.schema"

local objects = {}

local TABLES = 100000 -- of an object, counted as often as they are reached
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

local function verify_table(value, subject, above)
  for key, item in next, value do
    local problem
    if type(key) == "table" then
      problem = ("%s: a table as a key (string or integer expected)"):format(subject)
    else
      problem = verify_value(item, ("%s[%s]"):format(subject, tostring(key)), above)
    end
    if problem then
      return problem
    end
  end
end

function verify_value(value, subject, above)
  local kind = type(value)
  if kind == "function" or kind == "userdata" or kind == "thread" then
    return ("%s: %s (data expected)"):format(subject, schema.kind(value))
  elseif kind ~= "table" then
    return nil
  elseif above[value] or above.depth >= DEPTH then
    return ("%s: holds itself, or is over %d deep"):format(subject, DEPTH)
  end
  above.count = above.count + 1
  if above.count > TABLES then
    return ("%s: over %d tables and objects (a table that stands in many places?)"):format(subject, TABLES)
  end
  above[value], above.depth = true, above.depth + 1
  local verify = objects.type_of(value) and verify_object or verify_table
  local problem = verify(value, subject, above)
  above[value], above.depth = nil, above.depth - 1
  return problem
end

--- Checks an object and all in it once more: a script may have changed its fields since.
-- @param object object
-- @return string | nil: the first problem
function objects.verify(object)
  return verify_value(object, objects.type_of(object).name, { depth = 0, count = 0 })
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
