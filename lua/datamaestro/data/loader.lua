--- Batches: a loader walks over data part by part, in order or shuffled, converting on the way.
--
-- `for images, labels in loader do … end` is an epoch; the next such loop is the next one, in another
-- order if it is shuffled. A batch is closed when the next one comes, and its memory taken for that unless
-- a view of it is still held: no epoch needs more memory than one batch.

local failure = require "datamaestro.failure"
local schema = require "datamaestro.schema"
local tensors = require "datamaestro.api.tensor"
local types = require "datamaestro.data.types"

local loader = {}

-- What a loader knows of itself; from outside it is only called, measured and shown.
local states = setmetatable({}, { __mode = "k" })

local function finite_problem(value)
  local is_finite = value == value and math.abs(value) ~= math.huge
  return not is_finite and ("%s (finite number expected)"):format(value) or nil
end

local function divisor_problem(value)
  return value == 0 and "0 (another number expected)" or finite_problem(value)
end

-- A number, or an array of numbers: one a channel.
local function each(problem_of)
  return function(value)
    if type(value) ~= "table" then
      return type(value) == "number" and problem_of(value) or type(value) ~= "number"
        and ("%s (number or array of numbers expected)"):format(schema.kind(value)) or nil
    elseif #value == 0 then
      return "no numbers (one a channel expected)"
    end
    for i, number in ipairs(value) do
      local problem = type(number) ~= "number" and ("%s (number expected)"):format(schema.kind(number))
        or problem_of(number)
      if problem then
        return ("number %d: %s"):format(i, problem)
      end
    end
  end
end

--- What `new` takes, as a schema.
loader.options = {
  { name = "batch", type = "integer", default = 32, minimum = 1 },
  { name = "shuffle", type = "boolean", default = false },
  { name = "seed", type = "integer" },
  { name = "epoch", type = "integer", default = 1, minimum = 1 },
  { name = "normalize", type = "table", fields = {
    { name = "scale", type = "any", default = 1, check = each(finite_problem) },
    { name = "offset", type = "any", default = 0, check = each(finite_problem) },
    { name = "mean", type = "any", default = 0, check = each(finite_problem) },
    { name = "std", type = "any", default = 1, check = each(divisor_problem) },
    { name = "channel", type = "integer", minimum = 2 },
  } },
  { name = "dtype", type = "string", values = {
    "uint8", "int8", "uint16", "int16", "int32", "int64", "float32", "float64",
  } },
  { name = "drop_last", type = "boolean", default = false },
  { name = "fresh", type = "boolean", default = false },
}

-- --- What to load ------------------------------------------------------------------------------

local function can_open(value)
  return types.type_of(value) and type(value.data) == "function"
end

-- Adds the tensors that a piece of data opens as.
local function add_opened(found, value)
  local results = table.pack(value:data())
  if results[1] == nil then
    failure.raise(results[2], results[3])
  end
  for i = 1, results.n do
    if tensors.is_tensor(results[i]) then
      found[#found + 1] = results[i]
    end
  end
end

-- Whether an object has fields that open.
local function holds_data(value)
  if types.type_of(value) then
    for _, part in types.pairs(value) do
      if can_open(part) then
        return true
      end
    end
  end
  return false
end

-- Which fields of an object could be loaded instead, in words.
local function fields_with_tensors(source)
  local names = {}
  for name, value in types.pairs(source) do
    names[#names + 1] = holds_data(value) and name or nil
  end
  return #names > 0 and (" (its field %s expected?)"):format(table.concat(names, " or "))
    or " (data that opens as some expected)"
end

-- The tensors of a source, in order.
local function open(source)
  local parts, found = { source }, {}
  if types.type_of(source) and not can_open(source) then
    parts = {}
    for _, value in types.pairs(source) do
      parts[#parts + 1] = can_open(value) and value or nil
    end
  elseif type(source) == "table" and not types.type_of(source) then
    parts = source
  end
  for i, part in ipairs(parts) do
    if tensors.is_tensor(part) then
      found[#found + 1] = part
    elseif can_open(part) then
      add_opened(found, part)
    else
      return nil, ("loader: part %d: %s (tensor, or data that opens as one, expected)")
        :format(i, schema.kind(part))
    end
  end
  if #found == 0 and types.type_of(source) then
    return nil, ("loader: %s without tensors%s"):format(schema.kind(source), fields_with_tensors(source))
  elseif #found == 0 then
    return nil, ("loader: %s without tensors (data that opens as some expected)"):format(schema.kind(source))
  end
  for i = 2, #found do
    if #found[i] ~= #found[1] then
      return nil, ("loader: tensors of %d and of %d parts (as many expected)"):format(#found[1], #found[i])
    end
  end
  return found
end

-- The dimension of channels, of which there are `count`: the one that was asked for, else the last, else the
-- second | nil, problem.
local function channel_dimension(tensor, count, asked)
  for _, dim in ipairs { asked or tensor:dim(), asked or 2 } do
    if dim >= 2 and dim <= tensor:dim() and tensor:size(dim) == count then
      return dim
    end
  end
  return nil, ("loader.normalize: %d numbers (as many as channels expected; the tensor is %s)")
    :format(count, table.concat({ tensor:shape() }, " × "))
end

-- How many numbers options give: 1, or one a channel | nil, problem.
local function channels_of(normalize)
  local count
  for _, name in ipairs { "scale", "offset", "mean", "std" } do
    local numbers = type(normalize[name]) == "table" and #normalize[name] or nil
    if count and numbers and numbers ~= count then
      return nil, ("loader.normalize.%s: %d numbers (%d expected, as the others have)"):format(name, numbers,
        count)
    end
    count = count or numbers
  end
  return count or 1
end

-- The scale and the offset of a channel.
local function arithmetic(normalize, channel)
  local function number(name)
    local value = normalize[name]
    return type(value) == "table" and value[channel] or value
  end
  return number "scale" / number "std", (number "offset" - number "mean") / number "std"
end

-- Puts into a state what becomes of the values of its first tensor: dtype, scale, offset, and for several
-- channels their dimension | problem.
local function set_conversion(state)
  local normalize, tensor = state.normalize, state.tensors[1]
  if not normalize then
    return nil
  elseif state.dtype and not state.dtype:find "^float" then
    return ("loader.dtype: '%s' (float32 or float64 expected with normalize)"):format(state.dtype)
  end
  state.dtype = state.dtype or "float32"
  local count, problem = channels_of(normalize)
  if not count then
    return problem
  elseif count == 1 and not normalize.channel then
    state.scale, state.offset = arithmetic(normalize, 1)
    return nil
  end
  state.dimension, problem = channel_dimension(tensor, count, normalize.channel)
  state.scale, state.offset = {}, {}
  for channel = 1, count do
    state.scale[channel], state.offset[channel] = arithmetic(normalize, channel)
  end
  return problem
end

-- --- Batches -----------------------------------------------------------------------------------

-- The indices to take: shuffled, those of an epoch, else those of one batch wherever it begins.
local function order_of(state)
  local order, message, code
  if state.seed then
    order, message, code = tensors.order(state.size, state.seed, state.epoch)
  else
    order, message, code = tensors.order(math.min(state.batch, state.size))
  end
  return order or failure.raise(message, code)
end

local function start_epoch(state)
  if state.order then
    state.order:close()
  end
  state.order = order_of(state)
  state.epoch = state.epoch + 1
  state.next = 1
end

-- Takes a batch of one tensor into the memory of the one before.
local function take(state, i, first, count)
  local source, at = state.tensors[i], first
  if not state.seed then
    source, at = source:narrow(1, first, count), 1
  end
  local dtype, scale, offset
  if i == 1 then
    dtype, scale, offset = state.dtype, state.scale, state.offset
  end
  local previous = not state.fresh and state.batches[i] or nil
  local batch, message, code = tensors.batch(source, state.order, at, count, dtype, scale, offset, previous,
    state.dimension)
  return batch or failure.raise(message, code)
end

-- The next batches, or nothing at the end of the epoch.
local function next_batch(state)
  local first = state.next
  local count = math.min(state.batch, state.size - first + 1)
  if count <= 0 or (count < state.batch and state.drop_last) then
    return nil
  end
  state.next = first + count
  for i = 1, #state.tensors do
    state.batches[i] = take(state, i, first, count)
  end
  return table.unpack(state.batches, 1, #state.tensors)
end

local function size_of(state)
  return state.drop_last and state.size // state.batch or (state.size + state.batch - 1) // state.batch
end

local VISIBLE = { seed = true, epoch = true, size = true }

local Loader = {
  __name = "loader", __metatable = false,
  -- A `for` passes its first variable on: none yet, so an epoch begins.
  __call = function(self, _, previous)
    if previous == nil then
      start_epoch(states[self])
    end
    return next_batch(states[self])
  end,
  __len = function(self)
    return size_of(states[self])
  end,
  __tostring = function(self)
    local state = states[self]
    return ("loader of %d batches of %d%s"):format(size_of(state), state.batch,
      state.seed and (", shuffled with seed %d"):format(state.seed) or "")
  end,
  __index = function(self, key)
    return VISIBLE[key] and states[self][key] or nil
  end,
  __newindex = function(_, key)
    error(("loader.%s: a loader cannot be changed (make another one)"):format(tostring(key)), 2)
  end,
}

--- Makes a loader. Called by a `for`, it gives the tensors of one batch after the other; `#loader` is
-- their number, `loader.seed` what it shuffles with, `loader.epoch` the number of the epoch that comes next.
-- @param source what to load: data with fields that open as tensors (`ds.train`: images, labels), or that
--   opens as some itself, a tensor, or an array of these; all with as many parts
-- @param options table, optional: `batch` (parts of a batch, 32), `shuffle` (false), `seed` (integer; random
--   unless given), `epoch` (number of the first epoch, 1), `normalize` (of the first tensor, as float32:
--   `{ scale = 1, offset = 0, mean = 0, std = 1 }` makes (x × scale + offset - mean) / std; arrays have one
--   number a channel, `channel` says which dimension has them), `dtype` (of the
--   first tensor), `drop_last` (whether a smaller batch at the end is left out, false), `fresh` (whether
--   batches stay open, each in memory of its own, false)
-- @return loader; raises at the caller's line for wrong use, and a table of `message` and `code` where
--   data cannot be opened or values do not fit `dtype`
function loader.new(source, options)
  local state, problem = schema.check(loader.options, options or {}, "loader")
  if not state then
    error(problem, 2)
  end
  state.tensors, problem = open(source)
  problem = problem or set_conversion(state)
  if problem then
    error(problem, 2)
  end
  state.size, state.batches = #state.tensors[1], {}
  if state.shuffle then
    state.seed = state.seed or math.random(0)
  else
    state.seed = nil
  end
  local self = setmetatable({}, Loader)
  states[self] = state
  return self
end

return loader
