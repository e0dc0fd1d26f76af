--- Batches: a loader walks over data part by part, in order or shuffled, converting on the way.
--
-- `for images, labels in loader do … end` is an epoch; the next such loop, also one within it, is the next
-- one, in another order if it is shuffled. A batch is closed when the next one comes, and its memory taken
-- for that unless a view of it is still held: no epoch needs more memory than one batch.

local failure = require "datamaestro.failure"
local schema = require "datamaestro.schema"
local source_of = require "datamaestro.data.loader_source"
local tensors = require "datamaestro.api.tensor"

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

local function size_problem(value)
  if #value ~= 2 and (#value ~= 3 or value[3] ~= 1 and value[3] ~= 3) then
    return "{ height, width } or { height, width, channels } expected, 1 channel or 3"
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
  { name = "stack", type = "boolean" },
  { name = "size", type = "list", items = { type = "integer", minimum = 1 }, check = size_problem },
}

-- --- Conversion ---------------------------------------------------------------------------------

-- The dimension of channels, of which there are `count`: the one that was asked for, else the last, else the
-- second | nil, problem.
local function channel_dimension(shape, count, asked)
  for _, dim in ipairs { asked or #shape, asked or 2 } do
    if dim >= 2 and shape[dim] == count then
      return dim
    end
  end
  return nil, ("loader.normalize: %d numbers (as many as channels expected; the tensor is %s)")
    :format(count, table.concat(shape, " × "))
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
  local normalize = state.normalize
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
  state.dimension, problem = channel_dimension(state.parts[1].shape(), count, normalize.channel)
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

-- An iteration: an epoch under way, with the batches that it gave last. An epoch that ended leaves its
-- batches to the next one.
local function start_epoch(state)
  local iteration = { order = order_of(state), next = 1, batches = state.spare or {} }
  state.spare = nil
  state.epoch = state.epoch + 1
  return iteration
end

-- The numbers of the parts in a batch.
local function numbers_of(state, iteration, first, count)
  local numbers = {}
  for i = 1, count do
    numbers[i] = state.seed and iteration.order[first + i - 1] or first + i - 1
  end
  return numbers
end

-- The tensor that has the parts of a batch of one source, and where in the order they are counted.
local function parts_of(state, iteration, part, first, count)
  if part.take then
    return part.take(numbers_of(state, iteration, first, count)), tensors.order(count), 1
  elseif state.seed then
    return part.tensor, iteration.order, first
  end
  return part.tensor:narrow(1, first, count), iteration.order, 1
end

-- Takes a batch of one source into the memory of the one before.
local function take(state, iteration, i, first, count)
  local source, order, at = parts_of(state, iteration, state.parts[i], first, count)
  local dtype, scale, offset
  if i == 1 then
    dtype, scale, offset = state.dtype, state.scale, state.offset
  end
  local previous = not state.fresh and iteration.batches[i] or nil
  local batch, message, code = tensors.batch(source, order, at, count, dtype, scale, offset, previous,
    state.dimension)
  return batch or failure.raise(message, code)
end

-- The next batches, or nothing at the end of the epoch.
local function next_batch(state, iteration)
  local first = iteration.next
  local count = math.min(state.batch, state.size - first + 1)
  if count <= 0 or (count < state.batch and state.drop_last) then
    iteration.order:close()
    state.spare = not state.fresh and iteration.batches or nil
    return nil
  end
  iteration.next = first + count
  for i = 1, #state.parts do
    iteration.batches[i] = take(state, iteration, i, first, count)
  end
  state.running[iteration.batches[1]] = iteration
  return table.unpack(iteration.batches, 1, #state.parts)
end

local function size_of(state)
  return state.drop_last and state.size // state.batch or (state.size + state.batch - 1) // state.batch
end

local VISIBLE = { seed = true, epoch = true, size = true }

local Loader = {
  __name = "loader", __metatable = false,
  -- A `for` passes its first variable on, the batch that it got: which loop asks. None yet: an epoch begins.
  __call = function(self, _, previous)
    local state = states[self]
    local iteration
    if previous == nil then
      iteration = start_epoch(state)
    else
      iteration = state.running[previous]
        or error("loader: no batch that it gave last (for images, labels in loader do … end expected)", 2)
      state.running[previous] = nil
    end
    return next_batch(state, iteration)
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
--   opens as some itself, a tensor, or an array of these, all with as many parts; a folder of images by
--   class; a list of images
-- @param options table, optional: `batch` (parts of a batch, 32), `shuffle` (false), `seed` (integer; random
--   unless given), `epoch` (number of the first epoch, 1), `normalize` (of the first tensor, as float32:
--   `{ scale = 1, offset = 0, mean = 0, std = 1 }` makes (x × scale + offset - mean) / std; arrays have one
--   number a channel, `channel` says which dimension has them), `dtype` (of the
--   first tensor), `drop_last` (whether a smaller batch at the end is left out, false), `fresh` (whether
--   batches stay open, each in memory of its own, false), `size` ({ height, width } or { height, width,
--   channels }: what images of a list or a folder become), `stack` (whether an array of tensors is a list of
--   parts, not several tensors with as many; by default where they look like images, or have one shape of two
--   dimensions or more)
-- @return loader; raises at the caller's line for wrong use, and a table of `message` and `code` where
--   data cannot be opened or values do not fit `dtype`
function loader.new(source, options)
  local state, problem = schema.check(loader.options, options or {}, "loader")
  if not state then
    error(problem, 2)
  end
  state.parts, problem = source_of.open(source, state)
  problem = problem or set_conversion(state)
  if problem then
    error(problem, 2)
  end
  state.size, state.running = state.parts[1].count, setmetatable({}, { __mode = "k" })
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
