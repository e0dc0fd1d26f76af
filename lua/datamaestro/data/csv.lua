--- Tables as text: comma-separated values.

local data = require "datamaestro.data"
local source = require "datamaestro.data.source"
local types = require "datamaestro.data.types"

local csv = {}

local MODULE = "datamaestro.data.csv"

local function delimiter_problem(value)
  if value:find '[%z"\r\n]' then
    return "a quote or a line end (another byte expected)"
  end
end

-- The fields as options of datamaestro.api.csv | nil, message, code.
local function options(self)
  local all, message, code = source.options(self.path)
  if not all then
    return nil, message, code
  end
  all.delimiter, all.skip, all.names_row, all.size_row = self.delimiter, self.ignore, self.names_row,
    self.size_row
  all.encoding = self.encoding or "utf-8"
  return all
end

-- The same for iterators, which have no other way to fail than to raise.
local function options_or_raise(self)
  local all, message, code = options(self)
  return all or source.raise(message, code)
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
    { "encoding", "string", optional = true, omitted = true,
      doc = "How characters are written: utf-8 (checked; default), latin-1, utf-16, … (what iconv knows)." },
  },
  methods = {
    --- Iterates the rows behind the ignored lines and the row of names: `for row in object:rows() do`.
    -- Reads as it goes, in bounded memory; the file is closed when the loop ends.
    -- @param kinds array of strings | nil: what each column is read as: "string", "number", "integer", or
    --   "number?" and "integer?" where a field may be empty (then nil); default: all strings
    -- @return iterator of arrays of strings, or of what `kinds` says; raises a table of `message` and
    --   `code` where the file cannot be opened or a row is bad
    rows = function(self, kinds)
      local all = options_or_raise(self)
      all.types = kinds
      return require "datamaestro.api.csv".rows(self.path, all)
    end,
    --- Opens the table to read it row by row.
    -- @return reader of datamaestro.api.csv | nil, message, code
    reader = function(self)
      local all, message, code = options(self)
      if not all then
        return nil, message, code
      end
      return require "datamaestro.api.csv".open(self.path, all)
    end,
    --- Says what each column holds, reading all in bounded memory.
    -- @return integer (rows), array of tables (`type count missing distinct exact min max mean longest`,
    --   one a column), array of strings (their names; nil without names_row) | nil, message, code
    survey = function(self)
      local all, message, code = options(self)
      if not all then
        return nil, message, code
      end
      return require "datamaestro.api.csv".survey(self.path, all)
    end,
    --- The columns' names.
    -- @return array of strings | nil: without names_row | nil, message, code
    columns = function(self)
      if self.names_row < 0 then
        return nil
      end
      local reader <close>, message, code = self:reader()
      if not reader then
        return nil, message, code
      end
      return reader:names()
    end,
  },
})

-- Those of a matrix: a target is found by its name.
local function matrix_options(self)
  if self.target and self.names_row < 0 then
    return nil, ("%s: target '%s' (names_row expected too)"):format(self.path, self.target), "definition"
  end
  local all, message, code = options(self)
  if not all then
    return nil, message, code
  end
  all.target = self.target
  return all
end

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
      local all, message, code = matrix_options(self)
      if not all then
        return nil, message, code
      end
      return require "datamaestro.api.csv".matrix(self.path, all)
    end,
    --- Iterates the numbers in batches: `for values, targets in object:batches(128) do`. Memory does not
    -- grow with the file, which is closed when the loop ends.
    -- @param rows integer: of a batch, the last one may have fewer
    -- @return iterator of tensor (float64, rows × columns without the target), tensor (float64, rows) of
    --   the target (nil without one); raises a table of `message` and `code` where `data` fails
    batches = function(self, rows)
      local all, message, code = matrix_options(self)
      return require "datamaestro.api.csv".batches(self.path, all or source.raise(message, code), rows)
    end,
  },
})

return csv
