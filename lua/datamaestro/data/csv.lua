--- Tables as text: comma-separated values.

local data = require "datamaestro.data"
local failure = require "datamaestro.failure"
local guess = require "datamaestro.guess"
local source = require "datamaestro.data.source"
local types = require "datamaestro.data.types"

local csv = {}

local MODULE = "datamaestro.data.csv"

local function delimiter_problem(value)
  if value:find '[%z"\r\n]' then
    return "a quote or a line end (another byte expected)"
  end
end

local OWN = { ignore = "skip" } -- what datamaestro.api.csv calls an option

-- Options as datamaestro.api.csv takes them, with the bytes of the path | nil, message, code.
local function options_of(path, given)
  local all, message, code = source.options(path)
  if not all then
    return nil, message, code
  end
  for name, value in pairs(given or {}) do
    if name == "source" then
      error("field 'source': unknown option (the path says what is read)", 0)
    end
    all[OWN[name] or name] = value
  end
  all.encoding = all.encoding or "utf-8"
  return all
end

local api = "datamaestro.api.csv"

-- Types by the columns' names as an array of types, strings for the others | nil, message, code. Nothing else
-- than such a table is touched.
local function types_by_number(path, all)
  if type(all.types) ~= "table" or type(next(all.types)) ~= "string" then
    return true
  end
  local plain = {}
  for name, value in pairs(all) do
    plain[name] = name ~= "types" and value or nil
  end
  local reader <close>, message, code = require(api).open(path, plain)
  if not reader then
    return nil, message, code
  end
  local names, kinds = reader:names() or {}, {}
  for i, name in ipairs(names) do
    kinds[i] = all.types[name] or "string"
  end
  for name in pairs(all.types) do
    local found = false
    for _, known in ipairs(names) do
      found = found or known == name
    end
    if not found then
      local expected = #names > 0 and (" (%s expected)"):format(table.concat(names, ", "))
        or " (names_row expected too)"
      local problem = ("%s: types: no column '%s'%s"):format(path, name, guess.hint(name, names, expected))
      return nil, problem, "usage"
    end
  end
  all.types = kinds
  return true
end

-- Calls a function of datamaestro.api.csv: its results in a table. Wrong use raises where the caller was
-- called (our functions end in tail calls, so that these are three levels).
local function invoke(name, path, options, ...)
  if type(path) ~= "string" then
    error(("path: %s (string expected)"):format(type(path)), 3)
  elseif options ~= nil and type(options) ~= "table" then
    error(("options: %s (table expected)"):format(type(options)), 3)
  end
  local all, message, code = options_of(path, options)
  if all then
    local done
    done, message, code = types_by_number(path, all)
    all = done and all
  end
  if not all then
    return { n = 3, nil, message, code }
  end
  local results = table.pack(pcall(require(api)[name], path, all, ...))
  if not results[1] then
    error(results[2], type(results[2]) == "string" and 3 or 0)
  end
  return { n = results.n - 1, table.unpack(results, 2, results.n) }
end

local function call(...)
  local results = invoke(...)
  return table.unpack(results, 1, results.n)
end

-- The same for iterators, which have no other way to fail than to raise.
local function iterate(...)
  local results = invoke(...)
  if results[1] == nil then
    failure.raise(results[2], results[3])
  end
  return table.unpack(results, 1, results.n)
end

-- Tables of one's own. Options are the fields of the types below (`delimiter ignore names_row size_row target
-- encoding`), `types` (array of names of types, one a column, as in Generic's `rows`) and `columns` (the
-- number of fields that every row must have); the path is as in datamaestro.data.source.

--- Opens a CSV file to read it row by row.
-- @param path string: "x.csv", "x.csv.gz", "x.zip!/x.csv"
-- @param options table|nil: delimiter (","), ignore (lines to leave out), names_row (-1), types, columns,
--   encoding ("utf-8")
-- @return reader: row, rows, skip, text, names, close | nil, message, code
function csv.open(path, options)
  return call("open", path, options)
end

--- Iterates the rows of a CSV file: `for row in csv.rows("x.csv.gz", { names_row = 0 }) do`. Reads as it
-- goes; the file is closed when the loop ends.
-- @param path string: "x.csv", "x.csv.gz", "x.zip!/x.csv"
-- @param options table|nil: delimiter (","), ignore (lines to leave out), names_row (-1), types (one a
--   column, "string" "number" "integer", with a "?" where it may be empty; or by name), columns,
--   encoding ("utf-8")
-- @return iterator of arrays of strings, or of what `types` says; raises a table of `message` and `code`
--   where the file cannot be opened or a row is bad
function csv.rows(path, options)
  return iterate("rows", path, options)
end

--- Reads a CSV file of numbers.
-- @param path string: "x.csv", "x.csv.gz", "x.zip!/x.csv"
-- @param options table|nil: delimiter (","), ignore (lines to leave out), names_row (-1), size_row (-1),
--   target (name of a column to be kept apart), encoding ("utf-8")
-- @return tensor (float64, rows × columns without the target), array of the names of all columns (nil
--   without names_row), tensor (float64, rows) of the target (nil without one) | nil, message, code
function csv.matrix(path, options)
  return call("matrix", path, options)
end

--- Iterates the numbers of a CSV file in batches: `for values, targets in csv.batches(path, {}, 128) do`.
-- @param path string: "x.csv", "x.csv.gz", "x.zip!/x.csv"
-- @param options table: those of `matrix`
-- @param rows integer: of a batch, the last one may have fewer
-- @return iterator of tensor (float64), tensor (float64) of the target (nil without one); raises a table of
--   `message` and `code` where `matrix` fails
function csv.batches(path, options, rows)
  return iterate("batches", path, options, rows)
end

--- Says what each column of a CSV file holds, reading all in bounded memory.
-- @param path string: "x.csv", "x.csv.gz", "x.zip!/x.csv"
-- @param options table|nil: delimiter (","), ignore (lines to leave out), names_row (-1), encoding ("utf-8")
-- @return integer (rows), array of tables (`type count missing distinct exact min max mean longest`, one a
--   column), array of strings (their names; nil without names_row) | nil, message, code
function csv.survey(path, options)
  return call("survey", path, options)
end

-- The fields of an object as options.
local function fields_of(self, more)
  local fields = { delimiter = self.delimiter, ignore = self.ignore, names_row = self.names_row,
    encoding = self.encoding }
  for name, value in pairs(more or {}) do
    fields[name] = value
  end
  return fields
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
    -- @param kinds array of strings | table by name | nil: what each column is read as: "string", "number",
    --   "integer", with a "?" where a field may be empty (then nil); default: all strings
    -- @return iterator of arrays of strings, or of what `kinds` says, also by the columns' names; raises a
    --   table of `message` and `code` where the file cannot be opened or a row is bad
    rows = function(self, kinds)
      return iterate("rows", self.path, fields_of(self, { types = kinds }))
    end,
    --- Opens the table to read it row by row.
    -- @return reader of datamaestro.api.csv | nil, message, code
    reader = function(self)
      return call("open", self.path, fields_of(self))
    end,
    --- Says what each column holds, reading all in bounded memory.
    -- @return integer (rows), array of tables (`type count missing distinct exact min max mean longest`,
    --   one a column), array of strings (their names; nil without names_row) | nil, message, code
    survey = function(self)
      return call("survey", self.path, fields_of(self))
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

-- What is wrong with a matrix: a target is found by its name | nothing.
local function problem_of(self)
  if self.target and self.names_row < 0 then
    return ("%s: target '%s' (names_row expected too)"):format(self.path, self.target)
  end
end

local function matrix_fields(self)
  return fields_of(self, { size_row = self.size_row, target = self.target })
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
      local problem = problem_of(self)
      if problem then
        return nil, problem, "definition"
      end
      return call("matrix", self.path, matrix_fields(self))
    end,
    --- Iterates the numbers in batches: `for values, targets in object:batches(128) do`. Memory does not
    -- grow with the file, which is closed when the loop ends.
    -- @param rows integer: of a batch, the last one may have fewer
    -- @return iterator of tensor (float64, rows × columns without the target), tensor (float64, rows) of
    --   the target (nil without one); raises a table of `message` and `code` where `data` fails
    batches = function(self, rows)
      local problem = problem_of(self)
      if problem then
        failure.raise(problem, "definition")
      end
      return iterate("batches", self.path, matrix_fields(self), rows)
    end,
  },
})

return csv
