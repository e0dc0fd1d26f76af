--- The types that all others build on: Base, File, Folder, Generic.

local source = require "datamaestro.data.source"
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
    --- Opens the file for reading: a compressed one (.gz .bz2 .xz .zst .lz4) decompressed, one of an archive
    -- (`x.zip!/name`) in place.
    -- @return file handle: with read, lines and close | nil, message, code
    open = function(self)
      return source.open(self.path)
    end,
  },
})

data.Folder = assert(types.new {
  name = "Folder", module = MODULE, parent = data.Base,
  doc = "A data folder, or an archive taken for one.",
  fields = { { "path", "path", doc = "Where the folder, or the archive, is." } },
  methods = {
    --- Lists the regular files, also those of folders below; an archive (tar, packed or not, zip, 7z) or a
    -- folder in one (`x.zip!/name`) is a folder too. Of a dataset's folder it lists what is the dataset's:
    -- also what its links lead to, neither the program's own files nor folders of other datasets.
    -- @return array of strings: names relative to it, sorted | nil, message, code
    files = function(self)
      return source.files(self.path)
    end,
    --- Gives one of its files.
    -- @param name string: relative to it
    -- @return File
    file = function(self, name)
      return data.File { path = source.join(self.path, name) }
    end,
  },
})

data.Generic = assert(types.new {
  name = "Generic", module = MODULE, parent = data.Base, open = true,
  doc = "A placeholder that takes any field. A type of its own is better.",
})

return data
