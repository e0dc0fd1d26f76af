--- What can be shown: values → images, one after the other, with their labels.
local schema = require "datamaestro.schema"
local tensors = require "datamaestro.api.tensor"
local types = require "datamaestro.data.types"

local source = {}

local CHANNELS = 4 -- of an image at most

local function shape_text(tensor)
  return ("tensor of %s %s"):format(tensor:dtype(), table.concat({ tensor:shape() }, " × "))
end

local function stack(tensor, view)
  return { count = tensor:size(1), dtype = tensor:dtype(), even = true, image = function(i)
    return view and view(tensor[i]) or tensor[i]
  end }
end

local function single(tensor)
  return { count = 1, dtype = tensor:dtype(), even = true, image = function()
    return tensor
  end }
end

-- c × h × w as h × w × c.
local function channels_last(image)
  return image:transpose(1, 2):transpose(2, 3)
end

-- h × w, or h × w × c (at most 4, of more rows than that); n × h × w; n × h × w × c or n × c × h × w.
local function of_tensor(tensor)
  local shape = { tensor:shape() }
  local last = shape[#shape]
  if #shape == 2 or #shape == 3 and last <= CHANNELS and shape[1] > CHANNELS then
    return single(tensor)
  elseif #shape == 3 or #shape == 4 and last <= CHANNELS then
    return stack(tensor)
  elseif #shape == 4 and shape[2] <= CHANNELS then
    return stack(tensor, channels_last)
  elseif #shape == 1 then
    return nil, shape_text(tensor) .. " (an image or several expected; `plot` shows numbers)", "usage"
  end
  return nil, shape_text(tensor) .. " (h × w, h × w × c, n × h × w or n × h × w × c expected)", "usage"
end

-- The one image that an item of a list is.
local function image_of(item)
  local one, message, code = source.of(item)
  if not one then
    return nil, message, code
  elseif one.count ~= 1 then
    return nil, ("an item with %d images (one expected)"):format(one.count), "usage"
  end
  return one.image(1)
end

-- A list, or what acts as one: images in files are opened when their turn comes.
local function of_list(list)
  return { count = #list, image = function(i)
    if type(list.open) == "function" then -- images in files
      return list:open(i)
    elseif list[i] == nil then
      return nil, ("item %d: nil (image expected)"):format(i), "usage"
    end
    return image_of(list[i])
  end }
end

-- An object by what it has: images with labels; a folder of classes; a file with images.
local function of_object(object)
  local images = rawget(object, "images")
  if types.type_of(images) then
    local result, message, code = source.of(images)
    if result then
      result.labels, result.classes = rawget(object, "labels"), rawget(object, "classes")
    end
    return result, message, code
  elseif types.is(object, require "datamaestro.data.ml".FolderBased) then
    local list, message, code = object:images()
    if not list then
      return nil, message, code
    end
    local result = of_list(list)
    result.labels, result.classes = object:labels(), object.classes
    return result
  elseif object.data then
    local opened, message, code = object:data()
    if not opened then
      return nil, message, code
    end
    return source.of(opened)
  end
  local names = {}
  for name, value in types.pairs(object) do
    names[#names + 1] = types.type_of(value) and name or nil
  end
  local hint = #names > 0 and (": its field %s?"):format(table.concat(names, " or ")) or ""
  return nil, ("%s without images (images expected%s)"):format(schema.kind(object), hint), "usage"
end

--- The images that a value stands for.
-- @param value tensor (h × w, h × w × c, n × h × w, n × h × w × c, n × c × h × w), object with images, path
--   of a PNG or JPEG, or a list of such
-- @return table: count; image(i) → tensor h × w or h × w × c | nil, message, code; even (true when all have
--   one size); labels, classes (what the value itself has of them) | nil, message, code
function source.of(value)
  if tensors.is_tensor(value) then
    return of_tensor(value)
  elseif types.type_of(value) then
    return of_object(value)
  elseif type(value) == "string" then
    local image, message, code = require "datamaestro.data.image".load(value)
    if not image then
      return nil, message, code
    end
    return single(image)
  elseif type(value) == "table" then
    return of_list(value)
  end
  return nil, ("%s (images expected: a tensor, an object, a path or a list)"):format(schema.kind(value)),
    "usage"
end

--- The labels that a value stands for.
-- @param value tensor of one dimension, object that opens as one, or list
-- @return tensor or list | nil, message, code
function source.labels(value)
  if types.type_of(value) then
    if not value.data then
      return nil, ("labels: %s (what has a label an image expected)"):format(schema.kind(value)), "usage"
    end
    local message, code
    value, message, code = value:data()
    if not value then
      return nil, message, code
    end
  end
  if tensors.is_tensor(value) and value:dim() ~= 1 then
    return nil, ("labels: %s (one dimension expected)"):format(shape_text(value)), "usage"
  elseif not tensors.is_tensor(value) and type(value) ~= "table" then
    return nil, ("labels: %s (tensor or list expected)"):format(schema.kind(value)), "usage"
  end
  return value
end

return source
