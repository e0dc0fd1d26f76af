--- What objects of any type say of themselves: their plain fields, and what of these stands on disk.
local encode = require "datamaestro.data.encode"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local text = require "datamaestro.text"
local types = require "datamaestro.data.types"
local words = require "datamaestro.cli.progress_text"

local fields = {}

local LEAST = 20 -- columns of a value
local GAP = "  "

-- An object, or a list of some: they are described by themselves.
local function holds_objects(value)
  return types.type_of(value) ~= nil or type(value) == "table" and types.type_of(value[1]) ~= nil
end

local function describe(field, value)
  local facts = json.object()
  json.set(facts, "name", field.name)
  local kind = field.type or type(value)
  json.set(facts, "type", type(kind) == "table" and kind.name or tostring(kind))
  if field.type == "path" then
    local found = file.stat(value)
    json.set(facts, "path", value)
    json.set(facts, "stands", found and found.type or "nothing")
    if found and found.type == "file" then
      json.set(facts, "size", found.size)
    end
  else
    json.set(facts, "value", encode(value))
  end
  return facts
end

--- The plain fields of an object that are set.
-- @param object object
-- @return ordered json.object: `fields`, an array of objects with name, type, and value, or path, stands
--   ("file", "folder", …, "nothing") and size (of a file) | nil: where none is set
function fields.of(object)
  local list = json.array {}
  for field, value in types.values(object) do
    if field.name ~= "id" and value ~= nil and not holds_objects(value) then
      list[#list + 1] = describe(field, value)
    end
  end
  local facts = json.object()
  json.set(facts, "fields", list)
  return #list > 0 and facts or nil
end

local function amount(facts)
  if not facts.path then
    return ""
  elseif facts.size then
    return text.size(facts.size)
  end
  return facts.stands == "nothing" and "missing" or facts.stands
end

-- A path is there to be copied; other values are cut where the line is full.
local function shown(facts, room)
  if facts.path then
    return text.line(facts.path)
  end
  local value = type(facts.value) == "string" and facts.value or json.encode(facts.value)
  return words.cut_end(text.line(value), math.max(LEAST, room))
end

--- Lines for people: names, types, sizes, values.
-- @param list array: `fields` of what fields.of gives
-- @param width integer: columns
-- @return array of strings
function fields.lines(list, width)
  local rows, sizes, lines = {}, { 0, 0, 0 }, {}
  for i, one in ipairs(list) do
    local facts = one.values
    rows[i] = { text.line(facts.name), facts.type, amount(facts), facts }
    for j, size in ipairs(sizes) do
      sizes[j] = math.max(size, words.width(rows[i][j]))
    end
  end
  for i, row in ipairs(rows) do
    local line = GAP
    for j, size in ipairs(sizes) do
      line = line .. (size > 0 and words.pad(row[j], size) .. GAP or "")
    end
    lines[i] = line .. shown(row[4], width - words.width(line))
  end
  return lines
end

return fields
