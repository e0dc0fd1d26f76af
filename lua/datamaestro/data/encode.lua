--- Typed objects → JSON values, in the Python program's two forms.
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local objects = require "datamaestro.data.objects"

-- The Python program prints resolved paths; one that is not there yet keeps its own form.
local function absolute(path)
  return file.realpath(path) or path
end

local encode

local function encode_path(path, encoder)
  if encoder ~= "xpm" then
    return absolute(path)
  end
  local object = json.object()
  json.set(object, "$type", "path")
  json.set(object, "$value", absolute(path))
  return object
end

local function encode_object(value, encoder)
  local object = json.object()
  for field, item in objects.values(value) do
    if item ~= nil or not field.omitted then
      json.set(object, field.name,
        field.type == "path" and item ~= nil and encode_path(item, encoder) or encode(item, encoder))
    end
  end
  if encoder == "xpm" then
    json.set(object, "$type", objects.type_of(value).id)
  end
  return object
end

local function encode_list(value, encoder)
  local list = json.array {}
  for i, item in ipairs(value) do
    list[i] = encode(item, encoder)
  end
  return list
end

function encode(value, encoder)
  if objects.type_of(value) then
    return encode_object(value, encoder)
  elseif type(value) == "table" and (#value > 0 or next(value) == nil) then
    return encode_list(value, encoder)
  elseif type(value) == "table" then
    local object = {}
    for key, item in pairs(value) do
      object[key] = encode(item, encoder)
    end
    return object
  end
  return value
end

--- Encodes an object for json.encode: `id` first, then the declared fields in declared order, unset ones as
-- null (those with `omitted` not at all: the Python program does not have them), paths absolute.
-- @param object object
-- @param encoder string: "normal" (default), or "xpm": each object ends with "$type", its type's identifier,
--   and a path is {"$type": "path", "$value": …}
-- @return table
return function(object, encoder)
  return encode(object, encoder or "normal")
end
