--- Tables as text: comma-separated values.

local data = require "datamaestro.data"
local types = require "datamaestro.data.types"

local csv = {}

local MODULE = "datamaestro.data.csv"

csv.Generic = assert(types.new {
  name = "Generic", module = MODULE, parent = data.File,
  doc = "A CSV file of any kind.",
  fields = {
    { "delimiter", "string", default = ",", doc = "What stands between two values: one byte.",
      pattern = "^.$", expected = "one byte" },
    { "ignore", "integer", default = 0, minimum = 0, doc = "Lines to leave out at the beginning." },
    { "names_row", "integer", default = -1, minimum = -1,
      doc = "Row that holds the columns' names, counted from 0 after the ignored lines; -1 for none." },
  },
})

csv.Matrix = assert(types.new {
  name = "Matrix", module = MODULE, parent = csv.Generic,
  doc = "A CSV file of numbers.",
  fields = {
    { "size_row", "integer", default = -1, minimum = -1,
      doc = "Row that holds the number of rows and columns, counted as names_row is; -1 for none." },
    { "target", "string", optional = true, doc = "Name of the column to be predicted." },
  },
})

return csv
