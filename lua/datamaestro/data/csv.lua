--- Tables as text: comma-separated values.

local data = require "datamaestro.data"
local types = require "datamaestro.data.types"

local csv = {}

local MODULE = "datamaestro.data.csv"

local function delimiter_problem(value)
  if value:find '[%z"\r\n]' then
    return "a quote or a line end (another byte expected)"
  end
end

-- The fields as options of datamaestro.api.csv.
local function options(self)
  return { delimiter = self.delimiter, skip = self.ignore, names_row = self.names_row,
    size_row = self.size_row }
end

csv.Generic = assert(types.new {
  name = "Generic", module = MODULE, parent = data.File,
  doc = "A CSV file of any kind.",
  fields = {
    { "delimiter", "string", default = ",", doc = "What stands between two values: one byte.",
      pattern = "^.$", expected = "one byte", check = delimiter_problem },
    { "ignore", "integer", default = 0, minimum = 0, doc = "Lines to leave out at the beginning." },
    { "names_row", "integer", default = -1, minimum = -1,
      doc = "Row that holds the columns' names, counted from 0 after the ignored lines; -1 for none." },
  },
  methods = {
    --- Iterates the rows behind the ignored lines and the row of names: `for row in object:rows() do`.
    -- Reads as it goes, in bounded memory; the file is closed when the loop ends.
    -- @return iterator of arrays of strings; raises a table of `message` and `code` where the file cannot be
    --   opened or a row is bad
    rows = function(self)
      return require "datamaestro.api.csv".rows(self.path, options(self))
    end,
    --- The columns' names.
    -- @return array of strings | nil: without names_row | nil, message, code
    columns = function(self)
      if self.names_row < 0 then
        return nil
      end
      local reader <close>, message, code = require "datamaestro.api.csv".open(self.path, options(self))
      if not reader then
        return nil, message, code
      end
      return reader:names()
    end,
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
  methods = {
    --- Reads all numbers.
    -- @return tensor (float64, rows × columns without the target), array of the names of all columns (nil
    --   without names_row), tensor (float64, rows) of the target (nil without one) | nil, message, code
    data = function(self)
      if self.target and self.names_row < 0 then
        return nil, ("%s: target '%s' (names_row expected too)"):format(self.path, self.target), "definition"
      end
      local all = options(self)
      all.target = self.target
      return require "datamaestro.api.csv".matrix(self.path, all)
    end,
  },
})

return csv
