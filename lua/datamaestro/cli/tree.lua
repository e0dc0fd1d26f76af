--- Typed objects and definitions as trees: fields with their types, files with their sizes, tensors with
-- their shapes. Headers are looked at, numbers are not read.
local csv = require "datamaestro.data.csv"
local data = require "datamaestro.data"
local file = require "datamaestro.api.file"
local objects = require "datamaestro.data.objects"
local quote = require "datamaestro.cli.quote"
local source = require "datamaestro.data.source"
local tensor = require "datamaestro.data.tensor"
local text = require "datamaestro.text"
local types = require "datamaestro.data.types"

local tree = {}

local DEPTH = 8 -- objects in objects
local ITEMS = 20 -- of a list
local NAMES = 8 -- of columns
local LONGEST = 60 -- bytes of a plain value

-- "uint8 60000 × 28 × 28", or what keeps the file from being opened.
local function shape_of(object)
  local opened, message = object:data()
  if not opened then
    return message
  end
  local shape <close> = opened
  return ("%s %s"):format(shape:dtype(), table.concat({ shape:shape() }, " × "))
end

-- "3 columns", "3 columns: time, station, °C", or what keeps the table from being opened.
local function columns_of(object)
  local reader <close>, message = object:reader()
  local names = reader and object.names_row >= 0 and reader:names()
  local first = names
  if reader and not names then
    first, message = reader:row()
    first = first or not message and {}
  end
  if not first then
    return message
  end
  local about = ("%d column%s"):format(#first, #first == 1 and "" or "s")
  return names and ("%s: %s"):format(about, table.concat(names, ", ", 1, math.min(#names, NAMES)))
    .. (#names > NAMES and ", …" or "") or about
end

-- What is in a file, as far as its beginning tells.
local function content_of(object)
  if types.is(object, tensor.IDX) then
    return shape_of(object) .. ", "
  elseif types.is(object, csv.Generic) then
    return columns_of(object) .. ", "
  end
  return ""
end

-- What there is to say of an object's file, without its content; also its path, where no own line does.
local function about_file(object, has_line)
  local path = rawget(object, "path")
  if type(path) ~= "string" then
    return nil
  end
  local on_disk, inside = source.split(path)
  local found = file.stat(on_disk)
  if not found then
    return has_line and "no such file" or "no such file: " .. path
  elseif found.type == "folder" then
    return not has_line and "folder " .. path or nil
  elseif types.is(object, data.Folder) then
    return ("archive%s, %s"):format(has_line and "" or " " .. path, text.size(found.size))
  end
  local size = text.size(found.size)
  return content_of(object) .. (inside and ("in an archive of %s"):format(size) or size)
end

local function short(value)
  if type(value) == "string" then
    return quote.string(value, LONGEST)
  end
  return quote.cut(tostring(value), LONGEST)
end

-- Plain values but defaults into one string, objects (also those in lists) into an array of
-- { label, object }.
local function sort_fields(object)
  local plain, children = {}, {}
  for field, value in objects.values(object) do
    local name = field.name
    if types.type_of(value) then
      children[#children + 1] = { name, value }
    elseif type(value) == "table" then
      plain[#plain + 1] = ("%s = %d items"):format(name, #value)
      for i = 1, math.min(#value, ITEMS) do
        if types.type_of(value[i]) then
          children[#children + 1] = { ("%s[%d]"):format(name, i), value[i] }
        end
      end
    elseif name ~= "id" and name ~= "path" and value ~= field.default then
      plain[#plain + 1] = ("%s = %s"):format(name, short(value))
    end
  end
  return table.concat(plain, ", "), children
end

local function add_object(lines, object, paint, prefix, label, depth)
  local plain, children = sort_fields(object)
  local parts = { paint("type", types.type_of(object).name) }
  local about = about_file(object, depth == 0)
  parts[#parts + 1] = about and text.printable(about) or nil
  parts[#parts + 1] = plain ~= "" and text.printable(plain) or nil
  lines[#lines + 1] = label .. table.concat(parts, "  ")
  if depth >= DEPTH then
    children = {}
  end
  for i, child in ipairs(children) do
    local last = i == #children
    local head = paint("dim", prefix .. (last and "└─ " or "├─ ")) .. paint("key", child[1]) .. ": "
    add_object(lines, child[2], paint, prefix .. (last and "   " or "│  "), head, depth + 1)
  end
end

--- Shows a typed object.
-- @param object object
-- @param paint function: of show.painter
-- @return string
function tree.object(object, paint)
  local lines = {}
  add_object(lines, object, paint, "", "", 0)
  local id = rawget(object, "id")
  if type(id) == "string" then
    lines[1] = lines[1] .. "  " .. paint("dim", text.printable(id))
  end
  local path = rawget(object, "path")
  if type(path) == "string" then
    lines[#lines + 1] = paint("dim", text.printable(path))
  end
  return table.concat(lines, "\n")
end

--- Whether a value is a dataset's definition.
-- @param value any
-- @return boolean
function tree.is_definition(value)
  local metatable = type(value) == "table" and debug.getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, "__name") == "dataset"
end

--- Shows a definition: what it is, and its resources.
-- @param dataset dataset
-- @param paint function: of show.painter
-- @return string
function tree.definition(dataset, paint)
  local lines = { paint("type", text.printable(tostring(dataset))) }
  local function add(name, value)
    if value and value ~= "" then
      lines[#lines + 1] = ("  %s %s"):format(paint("key", ("%-10s"):format(name)), text.printable(value))
    end
  end
  add("name", dataset.name)
  add("type", dataset.type.name)
  add("url", dataset.url)
  add("tags", table.concat(dataset.tags, ", "))
  add("tasks", table.concat(dataset.tasks, ", "))
  for _, one in ipairs(dataset:is_family() and dataset.variants.axes or {}) do
    add("axis", ("%s  %s"):format(one.name, require "datamaestro.definition.axis".describe(one)))
  end
  for _, resource in ipairs(dataset.resources) do
    local size = resource.size and text.size(resource.size) or "size not declared"
    add("resource", ("%s  %s"):format(resource.name, size))
  end
  return table.concat(lines, "\n")
end

return tree
