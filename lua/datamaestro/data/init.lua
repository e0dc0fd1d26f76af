--- The types that all others build on: Base, File, Folder, Generic.

local types = require "datamaestro.data.types"

local data = {}

local MODULE = "datamaestro.data"

data.Base = assert(types.new {
  name = "Base", module = MODULE,
  doc = "What every piece of data is: something with an id.",
  fields = { { "id", "string", optional = true, doc = "Unique id, set by the framework." } },
})

data.File = assert(types.new {
  name = "File", module = MODULE, parent = data.Base,
  doc = "A data file.",
  fields = { { "path", "path", doc = "Where the file is." } },
  methods = {
    --- Opens the file for reading.
    -- @return file handle | nil, message
    open = function(self)
      return io.open(self.path, "rb")
    end,
  },
})

data.Folder = assert(types.new {
  name = "Folder", module = MODULE, parent = data.Base,
  doc = "A data folder.",
  fields = { { "path", "path", doc = "Where the folder is." } },
})

data.Generic = assert(types.new {
  name = "Generic", module = MODULE, parent = data.Base, open = true,
  doc = "A placeholder that takes any field. A type of its own is better.",
})

return data
