--- The content of CSV files.
local grid = require "datamaestro.cli.grid"
local json = require "datamaestro.json"
local output = require "datamaestro.cli.output"
local stream = require "datamaestro.cli.content.stream"

local BATCH = 8192 -- rows

-- The rows first to last of the numbers, as native doubles.
local function write_numbers(object, slice, rows, columns)
  local first, last = slice and slice.first or 1, slice and slice.last or rows
  local shape = { last - first + 1, columns }
  if slice and slice.single then
    table.remove(shape, 1)
  end
  require "datamaestro.cli.content.tensor".write_header("float64", shape)
  local before = 0
  for batch, targets in object:batches(BATCH) do
    local from, to = math.max(first - before, 1), math.min(last - before, #batch)
    for i = from, to do
      output.write(batch:narrow(1, i, 1):bytes())
      if targets then
        output.write(targets:narrow(1, i, 1):bytes())
      end
    end
    before = before + #batch
    if before >= last then
      break
    end
  end
  return true
end

-- The header wants the number of rows, so they are counted first. The target is the last column.
local function write_npy(object, label, slice)
  local reader <close>, message, code = object:reader()
  if not reader then
    return nil, message, code
  end
  local first, problem, kind = reader:row()
  local rest = first and reader:skip(math.maxinteger)
  if problem then
    return nil, problem, kind
  end
  local rows = first and rest + 1 or 0
  local last = slice and (slice.last or slice.first)
  if last and last > rows then
    return nil, ("%s: %d rows (no row %d)"):format(label, rows, last), "usage"
  end
  local names = object:columns()
  return write_numbers(object, slice, rows, first and #first or names and #names or 0)
end

local function write_head(reader)
  local text = require "datamaestro.api.text"
  local fields = {}
  local names = reader:names()
  for i, name in ipairs(names or {}) do
    fields[i] = text.field(name, #names == 1)
  end
  if names then
    output.write(table.concat(fields, ",") .. "\n")
  end
end

local function write(object, label, is_matrix, format, slice, options)
  if format == "raw" then
    if slice then
      return stream.no_slice(label)
    end
    return stream.bytes(object, label)
  elseif format == "npy" then
    return write_npy(object, label, slice)
  end
  local reader <close>, message, code = object:reader()
  if not reader then
    return nil, message, code
  end
  local form = format
  if format == "csv" then
    write_head(reader)
  elseif options.strings or is_matrix then
    form = options.strings and "strings" or "numbers"
  end
  return stream.copy(label, reader, slice, function(count)
    return reader:text(form, count)
  end, output.write)
end

local function preview(object, count, slice, width)
  local reader <close>, message, code = object:reader()
  local skipped = reader
  if reader and slice then
    skipped, message, code = reader:skip(slice.first - 1)
  end
  if not skipped then
    return nil, message, code
  end
  if slice and slice.last then
    count = math.min(count, slice.last - slice.first + 1)
  end
  local rows = {}
  for i = 1, count do
    local row, problem, kind = reader:row()
    if problem then
      return nil, problem, kind
    end
    rows[i] = row
  end
  return grid.lines(rows, reader:names() or {}, width)
end

local FACTS = { "type", "min", "max", "mean", "missing", "distinct" }

local function describe(object)
  local rows, columns, names = object:survey()
  if not rows then
    return nil, columns, names
  end
  local facts, list = json.object(), json.array {}
  for i, column in ipairs(columns) do
    list[i] = json.object()
    json.set(list[i], "name", names and names[i] or nil)
    for _, fact in ipairs(FACTS) do
      json.set(list[i], fact, column[fact])
    end
    json.set(list[i], "distinct_exact", column.exact)
  end
  json.set(facts, "rows", rows)
  json.set(facts, "columns", list)
  return facts
end

--- Makes the content of a CSV file's object.
-- @param object object: of csv.Generic or below
-- @param label string
-- @return content
return function(object, label)
  local types = require "datamaestro.data.types"
  local is_matrix = types.is(object, require "datamaestro.data.csv".Matrix)
  return {
    kind = types.type_of(object).name,
    formats = is_matrix and { "csv", "jsonl", "npy", "raw" } or { "csv", "jsonl", "raw" },
    write = function(format, slice, options)
      return write(object, label, is_matrix, format, slice, options)
    end,
    preview = function(count, slice, width)
      return preview(object, count, slice, width)
    end,
    facts = function()
      return describe(object)
    end,
  }
end
