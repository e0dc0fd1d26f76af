--- The types of what a definition returns: declared fields in declared order, checked, with methods.
--
-- A type is callable: `Type { field = value, … }` makes an object, and wrong use raises at the caller's
-- line. Fields and methods come from one parent; a type may also stand in for others, without fields
-- of their own, that it `implements`. Types cannot be changed from outside, since scripts share them.

local sandbox = require "datamaestro.api.sandbox"
local guess = require "datamaestro.guess"
local schema = require "datamaestro.schema"
local objects = require "datamaestro.data.objects"

-- is, is_type, type_of, pairs, seal, verify and identify are about objects, and stand there.
local types = {}
for name, value in pairs(objects) do
  types[name] = value
end

local records = objects.records

--- A type and all that it can stand for: itself, then parents and roles, Base last.
-- @param T type
-- @return array of types
function types.ancestors(T)
  return table.move(records[T].ancestors, 1, #records[T].ancestors, 1, {})
end

--- The fields of a type in order: parents' first, then its own.
-- @param T type
-- @return array of fields as in datamaestro.schema
function types.fields(T)
  return table.move(records[T].fields, 1, #records[T].fields, 1, {})
end

local function object_metatable(T, record)
  local methods, known, name = record.methods, record.known, record.name
  return {
    __type = T, __name = name, __metatable = false, __pairs = types.pairs, __tostring = types.show,
    __index = function(_, key)
      local method = methods[key]
      if method and objects.is_sealed() then
        error(("%s:%s(): a definition only describes data (methods are for those who open it)")
          :format(name, key), 2)
      elseif method == nil and not known[key] and type(key) == "string" and objects.is_sealed() then
        error(("%s.%s: unknown field%s"):format(name, key, guess.hint(key, record.names)), 2)
      end
      return method
    end,
    __newindex = function(_, key)
      error(("%s.%s: an object cannot be changed (make another one)"):format(name, tostring(key)), 2)
    end,
  }
end

-- An open type takes any further field that is a name.
local function take_open(record, value)
  local declared, extra = {}, {}
  for key, item in next, value do
    if type(key) == "string" and not record.known[key] then
      extra[key] = item
    else
      declared[key] = item
    end
  end
  return declared, extra
end

--- Makes an object, as calling the type does, but a mistake comes back.
-- @param T type
-- @param value table: the fields
-- @return object | nil, message
function types.make(T, value)
  local record = records[T]
  local extra
  if record.abstract then
    return nil, ("%s: has no objects of its own (a type that implements it expected)"):format(record.name)
  elseif types.type_of(value) then
    return nil, ("%s: %s object (table of fields expected)"):format(record.name, schema.kind(value))
  elseif type(value) == "table" and record.open then
    value, extra = take_open(record, value)
  end
  local object, problem = schema.check(record.fields, value, record.name)
  if not object then
    return nil, problem
  end
  for key, item in next, extra or {} do
    object[key] = item
  end
  return setmetatable(object, record.metatable)
end

local function construct(T, value)
  local object, problem = types.make(T, value)
  return object or error(problem, 3)
end

-- --- Types -------------------------------------------------------------------------------------

local function sorted_union(lists)
  local seen, union = {}, {}
  for _, list in ipairs(lists) do
    for _, item in ipairs(list) do
      if not seen[item] then
        seen[item] = true
        union[#union + 1] = item
      end
    end
  end
  table.sort(union)
  return union
end

--- Joins lists of strings: sorted, each once.
-- @param ... arrays of strings
-- @return array of strings
function types.union(...)
  return sorted_union({ ... })
end

local function declare(declaration)
  local field = { name = declaration[1], type = declaration[2] }
  for key, value in next, declaration do
    if type(key) == "string" then
      field[key] = value
    end
  end
  if type(field.items) == "string" or types.is_type(field.items) then
    field.items = { type = field.items }
  end
  field.optional = nil
  field.required = declaration.required
  if field.required == nil then
    field.required = declaration.default == nil and not declaration.optional
  end
  return field
end

-- Parents' fields, then own ones; one declared again keeps its place.
local function merge_fields(parent, declarations)
  local fields, place = {}, {}
  for i, field in ipairs(parent and parent.fields or {}) do
    fields[i] = field
    place[field.name] = i
  end
  for _, declaration in ipairs(declarations or {}) do
    local field = declare(declaration)
    local i = place[field.name] or #fields + 1
    fields[i] = field
    place[field.name] = i
  end
  return fields
end

local function merge_methods(parent, own)
  local methods = {}
  for _, source in ipairs { parent and parent.methods or {}, own or {} } do
    for name, method in next, source do
      methods[name] = method
    end
  end
  return methods
end

-- What a type inherits from: its parent, then its roles.
local function sources_of(spec)
  local sources = { spec.parent }
  return table.move(spec.implements or {}, 1, #(spec.implements or {}), #sources + 1, sources)
end

-- Itself, then the parent's and the roles' ancestors, each once; Base, which has no parent, last.
local function list_ancestors(T, spec)
  local list, seen, base = { T }, { [T] = true }, nil
  for _, source in ipairs(sources_of(spec)) do
    for _, ancestor in ipairs(records[source].ancestors) do
      if not records[ancestor].parent then
        base = ancestor
      elseif not seen[ancestor] then
        seen[ancestor] = true
        list[#list + 1] = ancestor
      end
    end
  end
  list[#list + 1] = base
  return list, seen, base
end

local function inherited(spec, what)
  local lists = { spec[what] or {} }
  for _, source in ipairs(sources_of(spec)) do
    lists[#lists + 1] = records[source][what]
  end
  return sorted_union(lists)
end

local function add_relations(T, record, spec)
  local base
  record.ancestors, record.is, base = list_ancestors(T, spec)
  record.is[T] = true
  if base then
    record.is[base] = true
  end
  record.tags = inherited(spec, "tags")
  record.tasks = inherited(spec, "tasks")
  record.known, record.names = {}, {}
  for i, field in ipairs(record.fields) do
    record.known[field.name] = true
    record.names[i] = field.name
  end
end

local PUBLIC = { name = true, id = true, doc = true, parent = true, accepts = true }
local COPIED = { tags = true, tasks = true }

local TYPE_METATABLE = {
  __name = "data type",
  __metatable = false,
  __call = sandbox.anchor(construct),
  __tostring = function(T)
    return records[T].id
  end,
  __index = function(T, key)
    local value = (PUBLIC[key] or COPIED[key]) and records[T][key] or nil
    return COPIED[key] and table.move(value, 1, #value, 1, {}) or value
  end,
  __newindex = function()
    error("a data type cannot be changed (declare another one with datatype { … })", 2)
  end,
}

local SPEC = {
  { name = "name", type = "string", required = true, pattern = "^[%a_][%w_]*$", expected = "name" },
  { name = "module", type = "string", required = true },
  { name = "doc", type = "string", default = "" },
  { name = "parent", type = "any" },
  { name = "implements", type = "list" },
  { name = "fields", type = "list", items = { type = "table" } },
  { name = "tags", type = "list", items = { type = "string" } },
  { name = "tasks", type = "list", items = { type = "string" } },
  { name = "methods", type = "table" },
  { name = "open", type = "boolean", default = false },
  { name = "abstract", type = "boolean", default = false },
}

local FIELD_TYPES, FIELD_TYPE_NAMES = {}, {}
for name in ("string integer number boolean path url list table any"):gmatch "%a+" do
  FIELD_TYPE_NAMES[#FIELD_TYPE_NAMES + 1] = name
  FIELD_TYPES[name] = true
end

local function field_problem(declaration, subject)
  local name, kind = declaration[1], declaration[2]
  if type(name) ~= "string" or not name:find("^[%a_][%w_]*$") then
    return ("%s: field without a name ({ \"name\", Type } expected)"):format(subject)
  elseif not types.is_type(kind) and not FIELD_TYPES[kind] then
    local hint = guess.hint(kind, FIELD_TYPE_NAMES, " (data type or name of a type expected)")
    return ("%s.%s: unknown type %s%s"):format(subject, name, tostring(kind), hint)
  end
  local items = declaration.items
  if items ~= nil and not types.is_type(items) and not FIELD_TYPES[items] then
    return ("%s.%s: unknown type of items %s"):format(subject, name, tostring(items))
  end
end

local function spec_problem(spec)
  if spec.parent ~= nil and not types.is_type(spec.parent) then
    return ("%s: parent is %s (data type expected)"):format(spec.name, schema.kind(spec.parent))
  end
  for _, role in ipairs(spec.implements or {}) do
    if not types.is_type(role) then
      return ("%s.implements: %s (data type expected)"):format(spec.name, schema.kind(role))
    elseif #records[role].fields > 1 then
      return ("%s.implements: %s has fields (a type without fields expected)"):format(spec.name, role.name)
    end
  end
  local seen = {}
  for _, declaration in ipairs(spec.fields or {}) do
    local problem = field_problem(declaration, spec.name)
    if problem then
      return problem
    elseif seen[declaration[1]] then
      return ("%s.%s: declared twice (one field a name expected)"):format(spec.name, declaration[1])
    end
    seen[declaration[1]] = true
  end
  for name, method in next, spec.methods or {} do
    if type(method) ~= "function" then
      return ("%s.methods.%s: %s (function expected)"):format(spec.name, tostring(name), type(method))
    end
  end
end

--- Makes a type.
-- @param spec table: `name` ("IDX"), `module` ("datamaestro.data.tensor"), `doc`, `parent` (type),
--   `implements` (array of types without fields), `fields` (array of `{ name, type, default=, optional=,
--   items=, doc=, … }`), `tags`, `tasks`, `methods`, `open` (takes any field), `abstract` (no objects)
-- @return type | nil, message
function types.new(spec)
  local checked, problem = schema.check(SPEC, spec, type(spec) == "table" and spec.name or "type")
  problem = problem or spec_problem(checked)
  if problem then
    return nil, problem
  end
  local T = setmetatable({}, TYPE_METATABLE)
  local parent = checked.parent and records[checked.parent]
  local record = {
    name = checked.name, id = (checked.module .. "." .. checked.name):lower(), doc = checked.doc,
    parent = checked.parent, open = checked.open, abstract = checked.abstract,
    fields = merge_fields(parent, checked.fields), methods = merge_methods(parent, checked.methods),
    accepts = function(value)
      return types.is(value, T)
    end,
  }
  add_relations(T, record, checked)
  record.metatable = object_metatable(T, record)
  records[T] = record
  return T
end

return types
