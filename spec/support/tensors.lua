--- IDX files for specs: packed by hand, or written by NumPy with what NumPy says of them.
local tensors = {}

local REAL = "/usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz"

-- With DM_STRESS or DATAMAESTRO_STRESS set, the collector runs as often as it can.
if os.getenv "DM_STRESS" or os.getenv "DATAMAESTRO_STRESS" then
  collectgarbage "generational"
  collectgarbage("incremental", 0, 1000, 0)
end

--- The six IDX types: dtype name → type byte and the big-endian format of string.pack.
tensors.idx_types = {
  uint8 = { code = 0x08, format = ">B", values = { 0, 1, 127, 128, 255 } },
  int8 = { code = 0x09, format = ">b", values = { 0, 1, 127, -128, -1 } },
  int16 = { code = 0x0B, format = ">i2", values = { 0, 1, 32767, -32768, -1, 258 } },
  int32 = { code = 0x0C, format = ">i4", values = { 0, 1, 0x7fffffff, -0x80000000, -1, 0x01020304 } },
  float32 = { code = 0x0D, format = ">f", values = { 0.0, 1.5, -2.25, 0x1p-149, 0x1.fffffep127, -math.huge } },
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
-- @return array of tables: name (NAME.idx is the file), dtype, shape, sum, min, max, mean, text (NumPy's), bytes
--   (native, row-major), reversed (the same of the transposed array); and `real` with sum, mean, shape, columns
function tensors.by_numpy(folder, real)
  assert(os.execute(("/usr/bin/python3 spec/support/idx_by_numpy.py '%s' '%s'"):format(folder, real)))
  return assert(loadfile(folder .. "/expected.lua"))()
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
