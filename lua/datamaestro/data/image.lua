--- Images in files: PNG and JPEG.

local data = require "datamaestro.data"
local types = require "datamaestro.data.types"

local image = {}

local MODULE = "datamaestro.data.image"

--- Reads an image.
-- @param path string: of a PNG or JPEG file
-- @param options table|nil: pixels (integer: how many an image may have; default 2^27)
-- @return tensor: h × w (grey) or h × w × c (c = 2 with opacity, 3 red, green, blue, 4 with opacity), uint8;
--   uint16 from a PNG of 16 bits a sample | nil, message, code
function image.load(path, options)
  return require "datamaestro.api.image".load(path, options)
end

local ENDINGS = { png = "png", jpg = "jpeg", jpeg = "jpeg", gif = "gif", webp = "webp", svg = "svg",
  html = "html", htm = "html", pdf = "pdf", bmp = "bmp", tif = "tiff", tiff = "tiff" }

--- Says what is wrong with the name of a file that is to be written: it must not promise another format.
-- @param path string
-- @param format string: "png", "svg" or "html"
-- @return string | nil: "'x.jpg': a jpeg file by its name (.png expected)"
function image.name_problem(path, format)
  local ending = path:match "%.(%w+)$"
  local promised = ending and ENDINGS[ending:lower()]
  if promised and promised ~= format then
    return ("'%s': a %s file by its name (.%s expected)"):format(path, promised, format)
  end
end

--- Writes an image as PNG; the file appears whole or not at all.
-- @param path string: a name of another format (`.jpg`) is refused
-- @param tensor tensor: uint8, h × w or h × w × c with c from 1 to 4
-- @return true | nil, message, code
function image.save(path, tensor)
  local problem = image.name_problem(path, "png")
  if problem then
    return nil, problem, "usage"
  end
  local bytes, message, code = require "datamaestro.api.image".png(tensor)
  if not bytes then
    return nil, ("%s: %s"):format(path, message), code
  end
  return require "datamaestro.api.file".replace(path, bytes)
end

image.ImageFile = assert(types.new {
  name = "ImageFile", module = MODULE, parent = data.File,
  doc = "An image in a PNG or JPEG file.",
  methods = {
    --- Reads the image.
    -- @return tensor: h × w or h × w × c | nil, message, code
    data = function(self)
      return image.load(self.path)
    end,
  },
})

return image
