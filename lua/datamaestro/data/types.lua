--- The types of what a definition returns: declared fields in declared order, checked, with methods.
--
-- A type is callable: `Type { field = value, … }` makes an object, and wrong use raises at the caller's
-- line. Fields and methods come from one parent; a type may also stand in for others, without fields
-- of their own, that it `implements`. Types cannot be changed from outside, since scripts share them.

local sandbox = require "datamaestro.api.sandbox"
local guess = require "datamaestro.guess"
local schema = require "datamaestro.schema"

local types = {}

local DEPTH = 32 -- of objects in objects, when they are checked or shown

local records = setmetatable({}, { __mode = "k" }) -- type → what is known of it
local sealed = 0 -- above 0 while a script runs: objects then give fields only

--- Bars the objects' methods while a script runs (they may open files), or lets them again.
-- Calls nest.
-- @param change integer: 1 to bar, -1 to let
function types.seal(change)
  sealed = sealed + change
end

--- Whether a value is a type.
-- @param value any
-- @return boolean
function types.is_type(value)
  return type(value) == "table" and records[value] ~= nil
end

--- The type of an object.
-- @param object any
-- @return type | nil: nil for what is no object
function types.type_of(object)
  local metatable = type(object) == "table" and debug.getmetatable(object)
  local T = metatable and rawget(metatable, "__type")
  return T and records[T] and T or nil
end

--- Whether an object may stand where a type is expected: by its type, a parent or a role of either.
-- @param object any
-- @param T type
-- @return boolean
function types.is(object, T)
  local own = types.type_of(object)
  return own ~= nil and records[own].is[T] == true
end

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

-- --- Objects -----------------------------------------------------------------------------------

--- Iterates the fields that an object has, in declared order.
-- @param object object
-- @return iterator of name, value
function types.pairs(object)
  local record = records[types.type_of(object)]
  local names = {}
  for i, field in ipairs(record.fields) do
    names[i] = field.name
  end
  if record.open then
    local extra = {}
    for name in next, object do
      if not record.known[name] then
        extra[#extra + 1] = name
      end
    end
    table.sort(extra)
    table.move(extra, 1, #extra, #names + 1, names)
  end
  local i = 0
  return function()
    local value
    repeat
      i = i + 1
      value = rawget(object, names[i] or "")
    until value ~= nil or i >= #names
    if value ~= nil then
      return names[i], value
    end
  end
end

local function show(object, lines, indent, label)
  local T = types.type_of(object)
  local scalars, children = {}, {}
  for name, value in types.pairs(object) do
    if types.type_of(value) then
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

local function tostring_object(object)
  local lines = {}
  show(object, lines, 0, "")
  return table.concat(lines, "\n")
end

local function object_metatable(T, record)
  local methods, known, name = record.methods, record.known, record.name
  return {
    __type = T, __name = name, __metatable = false, __pairs = types.pairs, __tostring = tostring_object,
    __index = function(_, key)
      local method = methods[key]
      if method and sealed > 0 then
        error(("%s:%s(): a definition only describes data (methods are for those who open it)")
          :format(name, key), 2)
      elseif method == nil and not known[key] and type(key) == "string" and sealed > 0 then
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

-- Itself, then the roles' and the parent's ancestors, each once; Base, which has no parent, last.
local function list_ancestors(T, spec)
  local list, seen, base = { T }, { [T] = true }, nil
  local sources = table.move(spec.implements or {}, 1, #(spec.implements or {}), 2, { spec.parent })
  for _, source in ipairs(sources) do
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
  for _, source in ipairs(table.move(spec.implements or {}, 1, #(spec.implements or {}), 2, { spec.parent })) do
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

local FIELD_TYPES = {}
for name in ("string integer number boolean path url list table any"):gmatch "%a+" do
  FIELD_TYPES[#FIELD_TYPES + 1] = name
  FIELD_TYPES[name] = true
end

local function field_problem(declaration, subject)
  local name, kind = declaration[1], declaration[2]
  if type(name) ~= "string" or not name:find("^[%a_][%w_]*$") then
    return ("%s: field without a name ({ \"name\", Type } expected)"):format(subject)
  elseif not types.is_type(kind) and not FIELD_TYPES[kind] then
    local hint = guess.hint(kind, FIELD_TYPES, " (data type or name of a type expected)")
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
  for _, declaration in ipairs(spec.fields or {}) do
    local problem = field_problem(declaration, spec.name)
    if problem then
      return problem
    end
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

-- --- Whole objects ------------------------------------------------------------------------------

local verify_value

local function verify_object(object, subject, above)
  if above[object] or above.depth >= DEPTH then
    return ("%s: an object that holds itself, or over %d deep"):format(subject, DEPTH)
  end
  above[object], above.depth = true, above.depth + 1
  local record = records[types.type_of(object)]
  for _, field in ipairs(record.fields) do
    local value = rawget(object, field.name)
    local place = subject .. "." .. field.name
    local problem
    if value ~= nil then
      problem = select(2, schema.check_value(field, value, place)) or verify_value(value, place, above)
    end
    if problem then
      return problem
    end
  end
  above[object], above.depth = nil, above.depth - 1
end

function verify_value(value, subject, above)
  if types.type_of(value) then
    return verify_object(value, subject, above)
  elseif type(value) == "table" then
    for i, item in ipairs(value) do
      local problem = types.type_of(item) and verify_object(item, ("%s[%d]"):format(subject, i), above)
      if problem then
        return problem
      end
    end
  end
end

--- Checks an object and all in it once more: a script may have changed its fields since.
-- @param object object
-- @return string | nil: the first problem
function types.verify(object)
  return verify_object(object, types.type_of(object).name, { depth = 0 })
end

--- Gives an object and those in it their ids: `ID.train.images`, in a list `ID.parts.0`. What has an id
-- keeps it, with all below it.
-- @param object object
-- @param id string: without the repository
-- @param suffix string: "@image", or ""
function types.identify(object, id, suffix)
  if rawget(object, "id") then
    return
  end
  rawset(object, "id", id .. suffix)
  for name, value in types.pairs(object) do
    if types.type_of(value) then
      types.identify(value, id .. "." .. name, suffix)
    elseif type(value) == "table" then
      for i, item in ipairs(value) do
        if types.type_of(item) then
          types.identify(item, ("%s.%s.%d"):format(id, name, i - 1), suffix)
        end
      end
    end
  end
end

return types
