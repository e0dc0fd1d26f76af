--- The content of tensors: parts along the first dimension are the rows.
local json = require "datamaestro.json"
local output = require "datamaestro.cli.output"
local tensors = require "datamaestro.api.tensor"

local ELEMENTS = 65536 -- of one block

local NUMPY = { uint8 = "|u1", int8 = "|i1", uint16 = "u2", int16 = "i2", int32 = "i4", int64 = "i8",
  float32 = "f4", float64 = "f8" }

-- The header of an .npy file, version 1.0: numpy.lib.format.
local function npy_header(dtype, shape)
  local order = string.pack("=I2", 1):byte(1) == 1 and "<" or ">"
  local kind = NUMPY[dtype]
  local sizes = table.concat(shape, ", ") .. (#shape == 1 and "," or "")
  local header = ("{'descr': '%s', 'fortran_order': False, 'shape': (%s), }")
    :format(#kind == 2 and order .. kind or kind, sizes)
  local padding = -(10 + #header + 1) % 64
  header = header .. (" "):rep(padding) .. "\n"
  return "\147NUMPY\1\0" .. string.pack("<s2", header)
end

-- Calls f(block) on views of the rows first to last, a few of them at a time.
local function blocks(tensor, first, last, f)
  local rows = math.max(1, ELEMENTS // math.max(1, tensor:numel() // math.max(1, #tensor)))
  for start = first, last, rows do
    f(tensor:narrow(1, start, math.min(rows, last - start + 1)))
  end
end

-- The rows of a slice that are there, by their numbers; what is wrong with it, as stream.copy says it | nil.
local function range(tensor, slice, label)
  local count = #tensor
  local first = slice and slice.first or 1
  local last = slice and slice.last or count
  local wanted = slice and not slice.lenient and (slice.last or slice.first) or 0
  local problem = wanted > count and ("%s: %d rows (no row %d)"):format(label, count, wanted) or nil
  return first, math.min(last, count), problem
end

local function write(tensor, label, format, slice)
  local first, last, problem = range(tensor, slice, label)
  if problem and format == "npy" then
    return nil, problem, "usage" -- the header would tell of rows that do not come
  elseif format == "npy" then
    local shape = { tensor:shape() }
    shape[1] = math.max(last - first + 1, 0)
    if slice and slice.single then
      table.remove(shape, 1)
    end
    output.write(npy_header(tensor:dtype(), shape))
  end
  local text = require "datamaestro.api.text"
  blocks(tensor, first, last, function(block)
    output.write((format == "npy" or format == "raw") and block:bytes() or text.tensor(block, format))
  end)
  if problem then
    return nil, problem, "usage"
  end
  return true
end

local function preview(tensor, label, count, slice)
  local first, last, problem = range(tensor, slice, label)
  if problem then
    return nil, problem, "usage"
  end
  last = math.min(last, first + count - 1)
  local lines = {}
  for line in tostring(tensor:narrow(1, first, last - first + 1)):gmatch "[^\n]+" do
    lines[#lines + 1] = line
  end
  return lines
end

local function add_classes(facts, tensor)
  if tensor:dim() ~= 1 or tensor:dtype():find "^float" then
    return
  end
  local classes = require "datamaestro.api.text".classes(tensor)
  if classes then
    local list = json.array {}
    for i, class in ipairs(classes) do
      list[i] = json.object()
      json.set(list[i], "value", class[1])
      json.set(list[i], "count", class[2])
    end
    json.set(facts, "classes", list)
  end
end

local function describe(tensor)
  local facts = json.object()
  local column = require "datamaestro.api.text".column()
  column:add_tensor(tensor)
  local found = column:result()
  json.set(facts, "shape", json.array { tensor:shape() })
  json.set(facts, "type", tensor:dtype())
  json.set(facts, "count", found.count)
  json.set(facts, "missing", found.missing)
  if found.mean then
    local whole = not tensor:dtype():find "^float"
    json.set(facts, "min", whole and tensor:min() or found.min) -- those of integers are exact beyond 2^53 too
    json.set(facts, "max", whole and tensor:max() or found.max)
    json.set(facts, "mean", found.mean)
    json.set(facts, "distinct", found.distinct)
    json.set(facts, "distinct_exact", found.exact)
  end
  add_classes(facts, tensor)
  return facts
end

--- Writes the start of an .npy file.
-- @param dtype string
-- @param shape array of integers
local function write_header(dtype, shape)
  output.write(npy_header(dtype, shape))
end

-- An object's tensor, or a view of a tensor: what is closed in the end.
local function open(object)
  if tensors.is_tensor(object) then
    return object:narrow(1, 1, #object)
  end
  return object:data()
end

--- Makes the content of a tensor or of its object.
-- @param object object of a type that stands for Tensor, or tensor
-- @param label string
-- @return content
local function new(object, label)
  local T = require "datamaestro.data.types".type_of(object)
  local function opened(f)
    return function(...)
      local tensor <close>, message, code = open(object)
      if not tensor then
        return nil, message, code
      end
      return f(tensor, ...)
    end
  end
  return {
    kind = T and T.name or "tensor", formats = { "jsonl", "csv", "npy", "raw" },
    write = opened(function(tensor, format, slice)
      return write(tensor, label, format, slice)
    end),
    preview = opened(function(tensor, count, slice)
      return preview(tensor, label, count, slice)
    end),
    facts = opened(describe),
  }
end

return setmetatable({ write_header = write_header }, { __call = function(_, ...)
  return new(...)
end })
