--- What can be plotted: values → bars, each with a label and a count.
local canvases = require "datamaestro.api.canvas"
local schema = require "datamaestro.schema"
local tensors = require "datamaestro.api.tensor"
local text = require "datamaestro.text"
local types = require "datamaestro.data.types"

local plot_source = {}

local VALUES = 64 -- whole numbers of a narrower range are counted one by one
local WORDS = 24 -- bars of words; the rarer ones are counted together
local WORDS_MOST = 100000 -- different ones

local function finite(value)
  return value == value and value ~= math.huge and value ~= -math.huge
end

-- 1, 2 or 5 times a power of ten, `value` or more.
local function nice(value)
  local power = 10.0 ^ math.floor(math.log(value, 10))
  for _, factor in ipairs { 1, 2, 5 } do
    if factor * power >= value * (1 - 1e-9) then
      return factor * power
    end
  end
  return 10 * power
end

plot_source.nice = nice

local function number_text(value)
  return math.type(value) == "integer" and tostring(value) or ("%.6g"):format(value)
end

-- Bars of whole numbers: one each, or as many in each as keep to the number of bins.
local function whole_bins(low, high, bins)
  local range = high - low + 1
  local step = not bins and range <= VALUES and 1 or (range + (bins or 20) - 1) // (bins or 20)
  local count = (range + step - 1) // step
  return low, low + step * count, count, function(i)
    local first = low + (i - 1) * step
    return step == 1 and number_text(first) or ("%d–%d"):format(first, math.min(first + step - 1, high))
  end
end

-- Bars of any numbers, with round bounds.
local function real_bins(low, high, bins)
  low, high = low + 0.0, high + 0.0
  local step = high > low and nice((high - low) / (bins or 20)) or 1.0
  local first = math.floor(low / step)
  local count = math.max(1, math.min(math.ceil(high / step - first), 65536))
  return first * step, (first + count) * step, count, function(i)
    return ("%s–%s"):format(number_text((first + i - 1) * step), number_text((first + i) * step))
  end
end

local WIDEST = 1 << 52 -- of whole numbers that are counted as such

-- The bars of a tensor's numbers. NaN and infinite numbers are counted as `left_out`.
local function of_tensor(tensor, options)
  if tensor:numel() == 0 then
    return nil, "no numbers (one or more expected)", "usage"
  end
  local low, high = tensor:min(), tensor:max()
  if not (finite(low) and finite(high)) then
    low, high = plot_source.finite_range(tensor)
    if not low then
      return nil, "no finite numbers (one or more expected)", "usage"
    end
  end
  local whole = math.type(low) == "integer" and high <= WIDEST and low >= -WIDEST
  local divide = whole and whole_bins or real_bins
  local from, to, count, label = divide(low, high, options.bins)
  if not (finite(to - from) and from < to) then
    return nil, ("numbers from %g to %g (a range that can be divided expected)"):format(low, high), "usage"
  end
  local bars, total = {}, 0
  for i, number in ipairs(canvases.bins(tensor, from, to, count)) do
    bars[i] = { label = label(i), count = number }
    total = total + number
  end
  return { bars = bars, total = total, left_out = tensor:numel() - total }
end

--- The least and the greatest of a tensor's finite numbers.
-- @param tensor tensor: of floats
-- @return number, number | nil where there is none
function plot_source.finite_range(tensor)
  local low, high
  local flat = tensor:contiguous():reshape(-1)
  for _, value in flat:iterate() do
    if finite(value) then
      low = low and math.min(low, value) or value
      high = high and math.max(high, value) or value
    end
  end
  return low, high
end

-- The bars of counted words, the most frequent first.
local function of_words(counts)
  local words, total = {}, 0
  for word, count in pairs(counts) do
    words[#words + 1] = word
    total = total + count
  end
  table.sort(words, function(a, b)
    return counts[a] > counts[b] or counts[a] == counts[b] and a < b
  end)
  local bars, rest = {}, total
  for i = 1, math.min(#words, WORDS) do
    bars[i] = { label = words[i], count = counts[words[i]] }
    rest = rest - counts[words[i]]
  end
  if rest > 0 then
    bars[#bars + 1] = { label = ("%d others"):format(#words - WORDS), count = rest }
  end
  return { bars = bars, total = total, left_out = 0 }
end

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
    chart, message, code = of_tensor(tensor, options)
  elseif next(self.words) then
    chart = of_words(self.words)
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
  local tally = new_tally()
  for row in object:rows() do
    if row[number] == nil then
      return nil, ("column %d: a row of %d fields (that many expected)"):format(number, #row), "usage"
    end
    local added
    added, message, code = add(tally, row[number])
    if not added then
      return nil, message, code
    end
  end
  local chart
  chart, message, code = chart_of(tally, options)
  if chart then
    chart.title = names and names[number] or ("column %d"):format(number)
  end
  return chart, message, code
end

-- The rows of a table; a file that cannot be read raises, and comes back as a failure.
local function of_table(object, options)
  local result = table.pack(pcall(of_rows, object, options))
  if result[1] then
    return table.unpack(result, 2, result.n)
  elseif type(result[2]) == "table" and result[2].code then
    return nil, result[2].message, result[2].code
  end
  error(result[2], 0)
end

local function named(chart, classes)
  for _, bar in ipairs(chart and classes and chart.bars or {}) do
    bar.label = tostring(classes[math.tointeger(tonumber(bar.label))] or bar.label)
  end
  return chart
end

local function of_object(object, options)
  if types.is(object, require "datamaestro.data.csv".Generic) then
    return of_table(object, options)
  elseif types.is(object, require "datamaestro.data.ml".FolderBased) then
    local labels, message, code = object:labels()
    if not labels then
      return nil, message, code
    end
    return named(of_tensor(labels, options), object.classes)
  elseif types.type_of(rawget(object, "labels")) or object.data then
    local labels, message, code = (object.data and object or rawget(object, "labels")):data()
    if not labels then
      return nil, message, code
    end
    return plot_source.of(labels, options)
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
    chart, message, code = of_tensor(value, options)
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
