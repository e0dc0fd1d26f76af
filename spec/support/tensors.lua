--- IDX files for specs: packed by hand, or written by NumPy with what NumPy says of them.
local tensor = require "datamaestro.api.tensor"
local assert = require "luassert"

local tensors = {}

local REAL = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"

--- The six IDX types: dtype name → type byte and the big-endian format of string.pack.
tensors.idx_types = {
  uint8 = { code = 0x08, format = ">B", values = { 0, 1, 127, 128, 255 } },
  int8 = { code = 0x09, format = ">b", values = { 0, 1, 127, -128, -1 } },
  int16 = { code = 0x0B, format = ">i2", values = { 0, 1, 32767, -32768, -1, 258 } },
  int32 = { code = 0x0C, format = ">i4", values = { 0, 1, 0x7fffffff, -0x80000000, 0x01020304 } },
  float32 = { code = 0x0D, format = ">f", values = { 0.0, 1.5, -2.25, 0x1p-149, -math.huge } },
  float64 = { code = 0x0E, format = ">d", values = { 0.0, 1 / 3, -1e308, 5e-324, math.huge, math.pi } },
}

--- Makes an empty folder.
-- @return string: its path
function tensors.folder()
  local handle <close> = assert(io.popen "mktemp -d")
  return handle:read "l"
end

--- Removes a folder of tensors.folder() and what is in it.
-- @param path string
function tensors.remove(path)
  assert(path:find "^/tmp/")
  os.execute(("rm -rf '%s'"):format(path))
end

--- Writes a file.
-- @param path string
-- @param content string
-- @return string: the path
function tensors.write(path, content)
  local handle <close> = assert(io.open(path, "wb"))
  assert(handle:write(content))
  return path
end

--- Packs an IDX header.
-- @param code integer: type byte
-- @param shape array of integers
-- @return string
function tensors.header(code, shape)
  return string.pack(">BBBB" .. ("I4"):rep(#shape), 0, 0, code, #shape, table.unpack(shape))
end

--- Packs an IDX file, its elements the type's test values over and over.
-- @param dtype string
-- @param shape array of integers
-- @return string: the file's bytes
-- @return array of numbers: the elements
function tensors.pack(dtype, shape)
  local kind = tensors.idx_types[dtype]
  local parts, values, numel = { tensors.header(kind.code, shape) }, {}, 1
  for _, size in ipairs(shape) do
    numel = numel * size
  end
  for i = 1, numel do
    values[i] = kind.values[(i - 1) % #kind.values + 1]
    parts[#parts + 1] = kind.format:pack(values[i])
  end
  return table.concat(parts), values
end

--- Formats of string.pack for native elements: dtype → format.
tensors.formats = {
  uint8 = "B", int8 = "b", uint16 = "=I2", int16 = "=i2", int32 = "=i4", int64 = "=i8",
  float32 = "=f", float64 = "=d",
}

--- A tensor of 0, 1, 2, …
-- @param dtype string
-- @param ... integers: its shape
-- @return tensor
function tensors.counting(dtype, ...)
  local values, numel = {}, 1
  for _, size in ipairs { ... } do
    numel = numel * size
  end
  for i = 1, numel do
    values[i] = i - 1
  end
  return assert(tensor.from(dtype, { ... }, values))
end

--- All elements, asked for one by one.
-- @param t tensor
-- @return array of numbers, row-major
function tensors.elements(t)
  local found, index, shape = {}, {}, { t:shape() }
  local function visit(k)
    for i = 1, shape[k] do
      index[k] = i
      if k < #shape then
        visit(k + 1)
      else
        found[#found + 1] = t:get(table.unpack(index))
      end
    end
  end
  visit(1)
  return found
end

--- Packs numbers as native elements.
-- @param dtype string
-- @param values array of numbers
-- @return string
function tensors.pack_native(dtype, values)
  local parts = {}
  for i, value in ipairs(values) do
    parts[i] = tensors.formats[dtype]:pack(value)
  end
  return table.concat(parts)
end

--- A function that calls a method in Lua code, so that errors know the method's name.
-- @param t tensor
-- @param name string: of the method
-- @param ... its arguments
-- @return function
function tensors.method(t, name, ...)
  local call = assert(load("local t = ... t:" .. name .. "(select(2, ...))", "=method"))
  local arguments = table.pack(t, ...)
  return function()
    call(table.unpack(arguments, 1, arguments.n))
  end
end

--- Asserts that a call raises.
-- @param message string: without the place in front
-- @param func function
-- @param ... its arguments
function tensors.assert_raises(message, func, ...)
  local done, found = pcall(func, ...)
  assert.is_false(done)
  assert.are.equal(message, (tostring(found):gsub("^[%w_/.]+:%d+: ", "")))
end

--- Asserts that a call gave nil, message, code.
-- @param message string
-- @param code string
-- @param ... what it gave
function tensors.assert_fails(message, code, ...)
  local result, found, found_code = ...
  assert.is_nil(result)
  assert.are.equal(message, found)
  assert.are.equal(code, found_code)
end

--- Unpacks the real Fashion-MNIST training images.
-- @param folder string: where to
-- @return string: the file's path
function tensors.real(folder)
  local path = folder .. "/real.idx"
  assert(os.execute(("gzip -dc %s >'%s'"):format(REAL, path)))
  return path
end

--- Lets NumPy write IDX files, in one process.
-- @param folder string: where to
-- @param real string: the real file, of which NumPy's sums are asked too
-- @return array of tables: name (NAME.idx is the file), dtype, shape, sum, min, max, mean, text (NumPy's),
--   bytes (native, row-major), reversed (the same of the transposed array); and `real` with sum, mean, shape
--   and columns
function tensors.by_numpy(folder, real)
  assert(os.execute(("/usr/bin/python3 spec/support/idx_by_numpy.py '%s' '%s'"):format(folder, real)))
  return assert(loadfile(folder .. "/expected.lua"))()
end

--- Runs a script in a fresh process of the program under test ($DATAMAESTRO, else build/datamaestro), in
-- which memory may be short.
-- @param script string
-- @return string: what it printed
function tensors.run(script)
  local path = os.tmpname()
  tensors.write(path, script)
  -- A build with AddressSanitizer would end the process where malloc() is to fail.
  local command = "ASAN_OPTIONS=allocator_may_return_null=1 '%s' run %s 2>/dev/null"
  local program = os.getenv "DATAMAESTRO" or "build/datamaestro"
  local handle <close> = assert(io.popen(command:format(program, path)))
  local output = handle:read "a"
  os.remove(path)
  return output
end

--- Resident memory of this process that maps files.
-- @return integer: KiB
function tensors.resident_files()
  for line in io.lines "/proc/self/status" do
    local size = line:match "^RssFile:%s+(%d+) kB"
    if size then
      return math.tointeger(size)
    end
  end
end

return tensors
