--- What a loader loads: parts, each a tensor, or images that are opened when a batch wants them.
--
-- A part is a table: count; shape() → array of integers; and either `tensor`, or `take(numbers)` → a tensor
-- of these, which raises a failure.

local class_folders = require "datamaestro.data.class_folders"
local failure = require "datamaestro.failure"
local schema = require "datamaestro.schema"
local tensors = require "datamaestro.api.tensor"
local types = require "datamaestro.data.types"

local source_of = {}

local UNLIKE = "%s: %s (%s expected, as the first; size = { height, width, 3 } makes all alike)"

local function can_open(value)
  return types.type_of(value) and type(value.data) == "function"
end

-- Whether an object is a folder of images by class.
local function holds_images(value)
  return types.type_of(value) and type(value.images) == "function" and type(value.labels) == "function"
end

local function of_tensor(tensor)
  return { tensor = tensor, count = #tensor, shape = function()
    return { tensor:shape() }
  end }
end

-- What a tensor is, in words.
local function described(tensor)
  return ("%s %s"):format(tensor:dtype(), table.concat({ tensor:shape() }, " × "))
end

local function resized(image, size, subject)
  if not size or (image:size(1) == size[1] and image:dim() > 1 and image:size(2) == size[2]
    and (not size[3] or image:dim() == 3 and image:size(3) == size[3])) then
    return image
  end
  local result, message, code = tensors.resize(image, size[1], size[2], size[3])
  return result or failure.raise(("%s: %s"):format(subject, message), code)
end

-- Images in a list, put together batch by batch. `open(i)` → tensor, or raises; `subject(i)` names one.
local function of_images(count, size, open, subject)
  local function image(i)
    return resized(open(i), size, subject(i))
  end
  local first
  local function sample()
    first = first or image(1)
    return first
  end
  local function take(numbers)
    local images = {}
    for k, i in ipairs(numbers) do
      images[k] = image(i)
      if images[k]:dtype() ~= sample():dtype() or described(images[k]) ~= described(sample()) then
        failure.raise(UNLIKE:format(subject(i), described(images[k]), described(sample())), "format")
      end
    end
    local stacked, message, code = tensors.stack(images)
    return stacked or failure.raise(message, code)
  end
  return { count = count, take = take, shape = function()
    return { count, sample():shape() }
  end }
end

-- A list of tensors, whose shapes are known: they are compared at once | nil, problem.
local function of_list(list, size)
  for i = 2, not size and #list or 1 do
    if described(list[i]) ~= described(list[1]) then
      return nil, UNLIKE:format(("loader: image %d"):format(i), described(list[i]), described(list[1]))
    end
  end
  return of_images(#list, size, function(i)
    return list[i]
  end, function(i)
    return ("loader: image %d"):format(i)
  end)
end

-- Images of class_folders.
local function of_folder(images, size)
  return of_images(#images, size, function(i)
    return images[i]
  end, function(i)
    return images:path(i)
  end)
end

-- What a call gives; nil, message, code raises a failure.
local function must(value, message, code)
  return value or failure.raise(message, code)
end

-- Adds the tensors that a piece of data opens as.
local function add_opened(found, value)
  local results = table.pack(value:data())
  if results[1] == nil then
    failure.raise(results[2], results[3])
  end
  for i = 1, results.n do
    if tensors.is_tensor(results[i]) then
      found[#found + 1] = of_tensor(results[i])
    end
  end
end

local function are_tensors(list)
  for _, item in ipairs(list) do
    if not tensors.is_tensor(item) then
      return false
    end
  end
  return #list > 0
end

-- Adds what one item of a source gives | problem.
local function add(found, item, size)
  if tensors.is_tensor(item) then
    found[#found + 1] = of_tensor(item)
  elseif can_open(item) then
    add_opened(found, item)
  elseif class_folders.is_images(item) then
    found[#found + 1] = of_folder(item, size)
  elseif holds_images(item) then
    found[#found + 1] = of_folder(must(item:images()), size)
    found[#found + 1] = of_tensor(must(item:labels()))
  elseif type(item) == "table" and not types.type_of(item) and are_tensors(item) then
    local part, problem = of_list(item, size)
    found[#found + 1] = part
    return problem
  else
    return ("%s (tensor, or data that opens as one, expected)"):format(schema.kind(item))
  end
end

local function loads(value)
  return can_open(value) or holds_images(value)
end

-- Whether an object has fields that open.
local function holds_data(value)
  if types.type_of(value) then
    for _, part in types.pairs(value) do
      if loads(part) then
        return true
      end
    end
  end
  return false
end

-- Which fields of an object could be loaded instead, in words.
local function fields_with_tensors(source)
  local names = {}
  for name, value in types.pairs(source) do
    names[#names + 1] = holds_data(value) and name or nil
  end
  return #names > 0 and (" (its field %s expected?)"):format(table.concat(names, " or "))
    or " (data that opens as some expected)"
end

-- Whether a tensor is one image by its shape: h × w × c.
local function is_image(tensor)
  return tensor:dim() == 3 and tensor:size(3) <= 4 and tensor:size(1) > 4
end

-- Whether an array of tensors is a list of parts: where they look like images, or like several of one kind.
local function is_list(source)
  local images, alike = true, #source > 1 and source[1]:dim() > 1
  for _, tensor in ipairs(source) do
    images = images and is_image(tensor)
    alike = alike and described(tensor) == described(source[1])
  end
  return images or alike
end

-- The array of what is to be loaded side by side.
local function items_of(source, options)
  if types.type_of(source) and not loads(source) then
    local items = {}
    for _, value in types.pairs(source) do
      items[#items + 1] = loads(value) and value or nil
    end
    return items
  elseif type(source) ~= "table" or types.type_of(source) or class_folders.is_images(source) then
    return { source }
  elseif are_tensors(source) and options.stack ~= false and (options.stack or is_list(source)) then
    return { source }
  end
  return source
end

local function check_counts(found)
  for i = 2, #found do
    if found[i].count ~= found[1].count then
      return ("loader: tensors of %d and of %d parts (as many expected)"):format(found[1].count,
        found[i].count)
    end
  end
end

local function has_images(found)
  for _, part in ipairs(found) do
    if part.take then
      return true
    end
  end
  return false
end

--- Opens what is to be loaded.
-- @param source data or tensors, as datamaestro.data.loader.new has it
-- @param options table: size (array of integers), stack (boolean); each may be nil
-- @return array of parts | nil, problem; raises a failure where data cannot be opened
function source_of.open(source, options)
  local found = {}
  for i, item in ipairs(items_of(source, options)) do
    local problem = add(found, item, options.size)
    if problem then
      return nil, problem:find "^loader: " and problem or ("loader: part %d: %s"):format(i, problem)
    end
  end
  local object = types.type_of(source)
  if #found == 0 then
    return nil, ("loader: %s without tensors%s"):format(schema.kind(source),
      object and fields_with_tensors(source) or " (data that opens as some expected)")
  elseif options.size and not has_images(found) then
    return nil, "loader.size: no images to resize (a list or a folder of images expected)"
  end
  local problem = check_counts(found)
  if problem then
    return nil, problem
  end
  return found
end

return source_of
