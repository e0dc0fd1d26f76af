--- Forms that data for machine learning have in common.

local data = require "datamaestro.data"
local types = require "datamaestro.data.types"

local ml = {}

local MODULE = "datamaestro.data.ml"

ml.Supervised = assert(types.new {
  name = "Supervised", module = MODULE, parent = data.Base,
  doc = "Examples to learn from, and optionally others to choose and to test with.",
  fields = {
    { "train", data.Base, doc = "What to learn from." },
    { "validation", data.Base, optional = true, doc = "What to choose with." },
    { "test", data.Base, optional = true, doc = "What to test with." },
  },
})

ml.FolderBased = assert(types.new {
  name = "FolderBased", module = MODULE, parent = data.Base,
  doc = "A folder with one folder of examples a class.",
  fields = {
    { "classes", "list", items = "string", doc = "The classes: the folders' names." },
    { "path", "path", doc = "The folder that holds them." },
  },
  methods = {
    --- Finds the images (PNG, JPEG) of all classes; each is opened when it is asked for.
    -- @return list: #images, images[i] → tensor (raises a table of message and code where it cannot be
    --   opened), images:open(i) → tensor | nil, message, code; images:path(i) → string: class by class in the
    --   order of `classes`, in each by name | nil, message, code
    images = function(self)
      local images, labels, code = require "datamaestro.data.class_folders".open(self.path, self.classes)
      if not images then
        return nil, labels, code
      end
      return images
    end,
    --- The class of each image.
    -- @return tensor (int64): numbers from 1, so that classes[labels[i]] is the class's name | nil, message,
    --   code
    labels = function(self)
      local images, labels, code = require "datamaestro.data.class_folders".open(self.path, self.classes)
      if not images then
        return nil, labels, code
      end
      return require "datamaestro.api.tensor".from("int64", #labels, labels)
    end,
  },
})

return ml
