--- What can be plotted: values → bars, each with a label and a count.
local bars = require "datamaestro.cli.plot_bars"
local json = require "datamaestro.json"
local record = require "datamaestro.record"
local schema = require "datamaestro.schema"
local tensors = require "datamaestro.api.tensor"
local text = require "datamaestro.text"
local types = require "datamaestro.data.types"

local plot_source = {}

local WORDS_MOST = 100000 -- different ones

-- Takes values one after the other: numbers as long as all are, words otherwise.
local function new_tally()
  return { numbers = {}, words = {}, different = 0, whole = true, missing = 0 }
end

local function add(self, value)
  local number = tonumber(value)
  if value == "" or value == nil then
    self.missing = self.missing + 1
    return true
  elseif self.numbers and number then
    self.numbers[#self.numbers + 1] = number
    self.whole = self.whole and math.type(number) == "integer"
  end
  if not number and self.numbers then
    self.numbers = nil
  end
  local word = tostring(value)
  if not self.words[word] and self.different < WORDS_MOST then
    self.different = self.different + 1
    self.words[word] = 0
  end
  if self.words[word] then
    self.words[word] = self.words[word] + 1
  elseif not self.numbers then
    return nil, ("over %d different words (a column of fewer expected)"):format(WORDS_MOST), "usage"
  end
  return true
end

local function chart_of(self, options)
  local chart, message, code
  if self.numbers and #self.numbers > 0 then
    local kind = self.whole and "int64" or "float64"
    local tensor = tensors.from(kind, #self.numbers, self.numbers)
    chart, message, code = bars.of_tensor(tensor, options)
  elseif next(self.words) then
    chart = bars.of_words(self.words)
  else
    return nil, "no values (one or more expected)", "usage"
  end
  if chart then
    chart.left_out = chart.left_out + self.missing
  end
  return chart, message, code
end

local function of_list(list, options)
  local tally = new_tally()
  for i = 1, #list do
    local kind = type(list[i])
    if kind ~= "number" and kind ~= "string" and kind ~= "boolean" then
      return nil, ("item %d: %s (numbers or words expected)"):format(i, schema.kind(list[i])), "usage"
    end
    local added, message, code = add(tally, list[i])
    if not added then
      return nil, message, code
    end
  end
  return chart_of(tally, options)
end

-- The number of a column that is named, or given as a number from 1 | nil, message, code.
local function column_number(names, column)
  for i, name in ipairs(names or {}) do
    if name == column then
      return i
    end
  end
  local number = math.tointeger(tonumber(column))
  if number and number >= 1 and (not names or number <= #names) then
    return number
  end
  local found = column and ("column '%s'"):format(column) or "a table, and no column named"
  local expected = names and table.concat(names, ", ") or "a number from 1"
  return nil, ("%s (%s expected)"):format(found, text.line(expected:sub(1, 300))), "usage"
end

-- Adds the value of each row that `value_of` finds, and gives the chart.
local function of_values(object, value_of, options)
  local tally = new_tally()
  for row in object:rows() do
    local value, message, code = value_of(row)
    local added = not message
    if added then
      added, message, code = add(tally, value)
    end
    if not added then
      return nil, message, code
    end
  end
  return chart_of(tally, options)
end

local function of_rows(object, options)
  local names, message, code = object:columns()
  if code then
    return nil, message, code
  end
  local number
  number, message, code = column_number(names, options.column)
  if not number then
    return nil, message, code
  end
  local chart
  chart, message, code = of_values(object, function(row)
    if row[number] == nil then
      return nil, ("column %d: a row of %d fields (that many expected)"):format(number, #row), "usage"
    end
    return row[number]
  end, options)
  if chart then
    chart.title = names and names[number] or ("column %d"):format(number)
  end
  return chart, message, code
end

-- What a JSON value has under a name, or an array at a number: nil where it has none, or null.
local function field_of(row, column, seen)
  if type(row) ~= "table" then
    return nil, ("a row that is a %s (object expected)"):format(schema.kind(row)), "usage"
  end
  local value
  if record.is(row) then
    for name in pairs(row) do
      seen[#seen + 1] = not seen[name] and #seen < 30 and name or nil
      seen[name] = true
    end
    value = rawget(row, column)
  else
    value = row[math.tointeger(tonumber(column))]
  end
  if value == json.null then
    return nil
  elseif type(value) == "table" then
    return nil, ("column '%s': an array or object (numbers or words expected)"):format(column), "usage"
  end
  return value
end

-- A column of JSON lines: the fields of one name, which not all objects need to have.
local function of_json(object, options)
  local column, seen, found = options.column, {}, false
  local chart, message, code = of_values(object, function(row)
    if column == nil and record.is(row) then
      for name in pairs(row) do
        seen[#seen + 1] = name
      end
    end
    if column == nil then
      return column_number(#seen > 0 and seen or nil)
    end
    local value, problem, kind = field_of(row, column, seen)
    found = found or value ~= nil
    return value, problem, kind
  end, options)
  if not found and code == "usage" and column and #seen > 0 and not seen[column] then
    return column_number(seen, column)
  elseif chart then
    chart.title = tostring(column)
  end
  return chart, message, code
end

-- What `read` makes of a table; a file that cannot be read raises, and comes back as a failure.
local function of_table(read, object, options)
  local result = table.pack(pcall(read, object, options))
  if result[1] then
    return table.unpack(result, 2, result.n)
  elseif type(result[2]) == "table" and result[2].code then
    return nil, result[2].message, result[2].code
  end
  error(result[2], 0)
end

local function named(chart, classes)
  local labels = {}
  for i, bar in ipairs(chart and classes and chart.bars or {}) do
    labels[i] = bar.label
  end
  local name_of = #labels > 0 and require "datamaestro.cli.class_names".of(classes, labels)
  for _, bar in ipairs(name_of and chart.bars or {}) do
    bar.label = tostring(name_of(bar.label))
  end
  return chart
end

local function of_object(object, options)
  if types.is(object, require "datamaestro.data.csv".Generic) then
    return of_table(of_rows, object, options)
  elseif types.is(object, require "datamaestro.data.jsonl".JSONL) then
    return of_table(of_json, object, options)
  elseif types.is(object, require "datamaestro.data.ml".FolderBased) then
    local labels, message, code = object:labels()
    if not labels then
      return nil, message, code
    end
    return named(bars.of_tensor(labels, options), object.classes)
  elseif types.type_of(rawget(object, "labels")) or object.data then
    local labels, message, code = (object.data and object or rawget(object, "labels")):data()
    if not labels then
      return nil, message, code
    end
    local chart
    chart, message, code = plot_source.of(labels, options)
    return named(chart, not options.classes and rawget(object, "classes") or nil), message, code
  end
  return nil, ("%s without numbers (labels, a tensor or a table expected)"):format(schema.kind(object)),
    "usage"
end

--- Counts what a value holds.
-- @param value tensor, object with labels or numbers, table of an object (with the option column), list of
--   numbers or words
-- @param options table: bins (how many, about), column (name or number), classes (names of whole numbers)
-- @return table: bars (array of label, count), total (counted), left_out (missing, or no finite numbers),
--   title | nil, message, code
function plot_source.of(value, options)
  local chart, message, code
  if tensors.is_tensor(value) then
    chart, message, code = bars.of_tensor(value, options)
  elseif types.type_of(value) then
    chart, message, code = of_object(value, options)
  elseif type(value) == "table" then
    chart, message, code = of_list(value, options)
  else
    return nil, ("%s (numbers expected: a tensor, an object or a list)"):format(schema.kind(value)), "usage"
  end
  return named(chart, options.classes), message, code
end

return plot_source
