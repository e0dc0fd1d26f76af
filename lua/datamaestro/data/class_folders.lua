--- A folder with one folder of images a class, as a list of images that are opened when they are asked for.

local file = require "datamaestro.api.file"

local class_folders = {}

local DEPTH = 16 -- folders in folders; links may go in circles

local EXTENSIONS = { png = true, jpg = true, jpeg = true }

-- Adds the images of a folder and of those in it, sorted by name at each level; true | nil, message, code.
local function collect(folder, paths, depth)
  local names, message, code = file.list(folder)
  if not names then
    return nil, message, code
  end
  for _, name in ipairs(names) do
    local path = folder .. "/" .. name
    local extension = name:match "%.(%a+)$"
    local is_image = extension and EXTENSIONS[extension:lower()]
    if name:sub(1, 1) ~= "." and is_image then
      paths[#paths + 1] = path
    elseif name:sub(1, 1) ~= "." and not extension and depth < DEPTH then
      local found = file.stat(path)
      if found and found.type == "folder" then
        local done
        done, message, code = collect(path, paths, depth + 1)
        if not done then
          return nil, message, code
        end
      end
    end
  end
  return true
end

local Images = { __name = "images" }

-- images[i], images.paths: a failure to open comes back as nil, message, code by :open(i), and raises by [i].
Images.__index = function(self, key)
  if math.type(key) ~= "integer" then
    return class_folders.methods[key]
  elseif key == #self + 1 then
    return nil -- where ipairs ends
  elseif key < 1 or key > #self then
    error(("image %d (1 to %d expected)"):format(key, #self), 2)
  end
  local image, message, code = self:open(key)
  return image or error({ message = message, code = code }, 0)
end

Images.__len = function(self)
  return #rawget(self, "files")
end

Images.__tostring = function(self)
  return ("%d images, opened when asked for: images[i], images:path(i)"):format(#self)
end

class_folders.methods = {
  --- Opens an image.
  -- @param i integer: from 1
  -- @return tensor | nil, message, code
  open = function(self, i)
    return require "datamaestro.data.image".load(self:path(i))
  end,
  --- Where an image is.
  -- @param i integer: from 1
  -- @return string
  path = function(self, i)
    return rawget(self, "files")[i]
      or error(("image %s (1 to %d expected)"):format(tostring(i), #self), 2)
  end,
}

--- Whether a value is such a list of images.
-- @param value any
-- @return boolean
function class_folders.is_images(value)
  return type(value) == "table" and debug.getmetatable(value) == Images
end

--- Finds the images of all classes; opens none of them.
-- @param path string: the folder that holds the classes' folders
-- @param classes array of strings: the folders' names
-- @return table: #images, images[i] → tensor, images:open(i), images:path(i): class by class in their order,
--   in each by name; and an array of integers: the class of each, from 1 | nil, message, code
function class_folders.open(path, classes)
  local files, labels = {}, {}
  for number, class in ipairs(classes) do
    if class == "" or class:find "[/%z]" or class == "." or class == ".." then
      return nil, ("%s: class '%s' (name of a folder expected)"):format(path, class), "definition"
    end
    local before = #files
    local done, message, code = collect(path .. "/" .. class, files, 1)
    if not done then
      return nil, message .. (" (folder of class '%s' expected)"):format(class), code
    elseif #files == before then
      return nil, ("%s/%s: no image (PNG or JPEG files expected)"):format(path, class), "format"
    end
    for i = before + 1, #files do
      labels[i] = number
    end
  end
  return setmetatable({ files = files }, Images), labels
end

return class_folders
