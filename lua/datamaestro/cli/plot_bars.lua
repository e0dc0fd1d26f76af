--- Bars of numbers and of words, each with a label and a count.
local canvases = require "datamaestro.api.canvas"

local plot_bars = {}

local VALUES = 64 -- whole numbers of a narrower range are counted one by one
local BARS = 20 -- about, unless the caller says how many
local WORDS = 24 -- bars of words; the rarer ones are counted together

local function finite(value)
  return value == value and value ~= math.huge and value ~= -math.huge
end

--- 1, 2 or 5 times a power of ten.
-- @param value number: above 0
-- @return number: `value` or more
function plot_bars.nice(value)
  local power = 10.0 ^ math.floor(math.log(value, 10))
  for _, factor in ipairs { 1, 2, 5 } do
    if factor * power >= value * (1 - 1e-9) then
      return factor * power
    end
  end
  return 10 * power
end

local function number_text(value)
  return math.type(value) == "integer" and tostring(value) or ("%.6g"):format(value)
end

-- How many whole numbers a bar counts: each as many. What divides the range comes first, so that the last bar
-- is as full as the others: 256 values have bars of 16.
local function whole_step(range, bins)
  if not bins and range <= VALUES then
    return 1
  end
  local least = (range + (bins or BARS) - 1) // (bins or BARS)
  for distance = 0, math.min(least // 3, 1000) do
    for _, step in ipairs { least + distance, least - distance } do
      if range % step == 0 then
        return step
      end
    end
  end
  return math.ceil(plot_bars.nice(least))
end

-- Bars of whole numbers.
local function whole_bins(low, high, bins)
  local range = high - low + 1
  local step = whole_step(range, bins)
  local first = range % step == 0 and low or low // step * step
  local count = (high - first) // step + 1
  return first, first + step * count, count, function(i)
    local from = first + (i - 1) * step
    local to = from + step - 1
    return step == 1 and number_text(from) or ("%d–%d"):format(from, to), from, to
  end
end

-- Round steps that divide a range: the one, or the one below it, that gives about as many bars.
local function real_step(low, high, bins)
  local above = plot_bars.nice((high - low) / bins)
  local below = plot_bars.nice(above / 2.5) -- 2 for 5, 1 for 2, 0.5 for 1
  local function count(step)
    return math.max(1, math.ceil(high / step) - math.floor(low / step))
  end
  return bins / count(above) > count(below) / bins and below or above
end

-- Bars of any numbers, with round bounds. The last one counts its upper bound too.
local function real_bins(low, high, bins)
  low, high = low + 0.0, high + 0.0
  local step = high > low and real_step(low, high, bins or BARS) or 1.0
  local first = math.floor(low / step)
  local count = math.max(1, math.min(math.ceil(high / step - first), 65536))
  return first * step, (first + count) * step, count, function(i)
    local from, to = (first + i - 1) * step, (first + i) * step
    return ("%s–%s"):format(number_text(from), number_text(to)), from, to
  end
end

local WIDEST = 1 << 52 -- of whole numbers that are counted as such

--- The bars of a tensor's numbers. NaN and infinite numbers are counted as `left_out`.
-- @param tensor tensor
-- @param options table: bins (how many, about; nil: as many as fit)
-- @return table: bars (each label, count, and the bounds low and high: of whole numbers the first and the
--   last one), total, left_out | nil, message, code
function plot_bars.of_tensor(tensor, options)
  if tensor:numel() == 0 then
    return nil, "no numbers (one or more expected)", "usage"
  end
  local low, high = tensor:min(), tensor:max()
  if not (finite(low) and finite(high)) then
    low, high = plot_bars.finite_range(tensor)
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
    local text, first, last = label(i)
    bars[i] = { label = text, count = number, low = first, high = last }
    total = total + number
  end
  return { bars = bars, total = total, left_out = tensor:numel() - total }
end

--- The least and the greatest of a tensor's finite numbers.
-- @param tensor tensor: of floats
-- @return number, number | nil where there is none
function plot_bars.finite_range(tensor)
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

--- The bars of counted words, the most frequent first.
-- @param counts table: word → how often
-- @return table: bars, total, left_out
function plot_bars.of_words(counts)
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

return plot_bars
