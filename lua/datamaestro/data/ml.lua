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
})

return ml
