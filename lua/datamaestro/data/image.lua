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

--- Writes an image as PNG; the file appears whole or not at all.
-- @param path string
-- @param tensor tensor: uint8, h × w or h × w × c with c from 1 to 4
-- @return true | nil, message, code
function image.save(path, tensor)
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
