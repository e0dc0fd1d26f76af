--- The language of data.lua: `datatype { Parent, … }`, assigned to a global, declares a data type.

local step = require "datamaestro.api.step"
local schema = require "datamaestro.schema"
local types = require "datamaestro.data.types"
local heading = require "datamaestro.definition.heading"
local ids = require "datamaestro.definition.ids"

local datatype = {}

--- The options of `datatype { Parent, [[docstring]], … }`, as a schema.
datatype.schema = {
  { name = "fields", type = "list", items = { type = "table", positional = { "name", "type" }, fields = {
    { name = "name", type = "string", required = true, pattern = "^[%a_][%w_]*$", expected = "name",
      doc = "Name of the field; also as the first value." },
    { name = "type", type = "any", required = true,
      doc = "A data type, or the name of a plain one; also as the second value." },
    { name = "items", type = "any", doc = "What a list holds." },
    { name = "default", type = "any", doc = "A string, number or boolean." },
    { name = "optional", type = "boolean", doc = "Whether the field may be missing." },
    { name = "doc", type = "string", doc = "What the field is." },
  } }, doc = "The fields of its own, each { \"name\", Type, … }." },
  { name = "implements", type = "list", doc = "Types without fields that it may stand for." },
  { name = "tags", type = "list", items = { type = "string" }, doc = "Tags of datasets of this type." },
  { name = "tasks", type = "list", items = { type = "string" }, doc = "Tasks of datasets of this type." },
  { name = "abstract", type = "boolean", doc = "Whether it has no objects of its own." },
}

--- The names of plain types, for `type` and `items`.
datatype.type_names = { "string", "integer", "number", "boolean", "path", "url", "any", "table", "list" }

--- The constructor of data.lua: `datatype { Parent, [[docstring]], fields = { { "name", Type }, … },
-- implements = { … }, tags = { … }, tasks = { … } }`.
datatype.constructor = step.constructor("datatype")

local PLAIN = { string = true, number = true, boolean = true, ["nil"] = true }

-- Nothing of a stranger's may run later, outside the limits: a field is plain data, and its type one of ours
-- by name or a data type.
local function plain_fields(declared, label)
  local fields = {}
  for i, field in ipairs(declared.fields or {}) do
    local subject = ("%s.%s"):format(label, field.name)
    if field.name == "id" then
      return nil, subject .. ": every object has one already (another name expected)"
    elseif not PLAIN[type(field.default)] then
      return nil, ("%s.default: %s (string, number or boolean expected)"):format(subject, type(field.default))
    end
    for _, key in ipairs { "type", "items" } do
      local value = field[key]
      if not (value == nil or type(value) == "string" or types.is_type(value)) then
        return nil, ("%s.%s: %s (data type or name of a type expected)"):format(subject, key, type(value))
      end
    end
    fields[i] = { field.name, field.type, items = field.items, default = field.default,
      optional = field.optional, doc = field.doc }
  end
  return fields
end

--- Makes a data type of a `datatype` step.
-- @param value any: what was assigned
-- @param name string: the global it was assigned to
-- @param repository table
-- @return type | nil, message without a place
function datatype.define(value, name, repository)
  local links = step.is(value) and step.links(value) or {}
  local link = links[1]
  if #links ~= 1 or type(link) ~= "table" or link.kind ~= "datatype" then
    return nil, ("global '%s': %s (datatype { … } expected; write 'local %s' for helpers)"):format(
      name, schema.kind(value), name)
  end
  local given = link.args[1]
  if type(given) ~= "table" or types.is_type(given) or types.type_of(given) or link.args.n > 1 then
    return nil, ("%s: datatype { Parent, … } expected"):format(name)
  end
  local options, parts = heading.split(given, name)
  if not options then
    return nil, parts
  elseif not parts.type then
    return nil, ("%s: no parent (datatype { Parent, … } expected; the first one is Base)"):format(name)
  end
  local declared, problem = schema.check(datatype.schema, options, name)
  if not declared then
    return nil, problem
  end
  declared.fields, problem = plain_fields(declared, name)
  if problem then
    return nil, problem
  end
  declared.name, declared.parent = name, parts.type
  declared.module = ("datamaestro_%s.data"):format(repository.id)
  declared.doc = table.concat({ ids.split_doc(parts.doc or "") }, "\n\n"):gsub("\n\n$", "")
  return types.new(declared)
end

return datatype
