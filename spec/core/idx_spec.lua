local tensor = require "datamaestro.api.tensor"
local tensors = require "spec.support.tensors"

-- A view with all dimensions in reverse order.
local function reversed(t)
  for k = 1, t:dim() // 2 do
    t = t:transpose(k, t:dim() + 1 - k)
  end
  return t
end

local function assert_same_number(expected, found, name)
  if expected ~= expected then
    assert.is_true(found ~= found, name)
  elseif math.type(expected) == "integer" or expected == 0 or math.abs(expected) == math.huge then
    assert.are.equal(expected, found, name)
  else
    assert.is_true(math.abs(found - expected) <= math.abs(expected) * 0x1p-52,
      ("%s: %.17g (%.17g expected)"):format(name, found, expected))
  end
end

describe("an IDX file", function()
  local folder, real, expected

  local function file(bytes)
    return tensors.write(folder .. "/file.idx", bytes)
  end

  local function assert_refused(message, bytes)
    local path = file(bytes)
    local t, found, code = tensor.idx(path)
    assert.is_nil(t)
    assert.are.equal(path .. ": " .. message, found)
    assert.are.equal("format", code)
  end

  setup(function()
    folder = tensors.folder()
    real = tensors.real(folder)
    expected = tensors.by_numpy(folder, real)
  end)

  teardown(function()
    tensors.remove(folder)
  end)

  for dtype in pairs(tensors.idx_types) do
    for ndim = 1, 8 do
      it(("of %s in %d dimensions, packed by hand, gives back its elements"):format(dtype, ndim), function()
        local shape = table.move({ 3, 2, 1, 2, 4, 1, 2, 3 }, 1, ndim, 1, {})
        local bytes, values = tensors.pack(dtype, shape)
        local t = assert(tensor.idx(file(bytes)))
        assert.are.equal(dtype, t:dtype())
        assert.are.same(shape, { t:shape() })
        local flat = t:reshape(-1)
        assert.are.equal(#values, #flat)
        for i, value in ipairs(values) do
          assert.are.equal(value, flat[i])
        end
        assert.are.equal(math.type(values[1]), math.type(flat[1]))
      end)
    end
  end

  it("written by NumPy has NumPy's shape, bytes and values", function()
    assert.is_true(#expected > 100)
    for _, want in ipairs(expected) do
      local t = assert(tensor.idx(("%s/%s.idx"):format(folder, want.name)))
      assert.are.equal(want.dtype, t:dtype(), want.name)
      assert.are.same(want.shape, { t:shape() }, want.name)
      if want.bytes then
        assert.is_true(want.bytes == t:bytes(), want.name)
        assert.is_true(want.reversed == reversed(t):bytes(), want.name)
      end
    end
  end)

  it("written by NumPy has NumPy's sum, mean, least and greatest value", function()
    for _, want in ipairs(expected) do
      local t = assert(tensor.idx(("%s/%s.idx"):format(folder, want.name)))
      assert_same_number(want.sum, t:sum(), want.name .. " sum")
      for _, name in ipairs { "mean", "min", "max" } do
        if want[name] and not (name == "mean" and t:dtype():find "float") then
          assert_same_number(want[name], t[name](t), want.name .. " " .. name)
        end
      end
    end
  end)

  it("written by NumPy prints as in NumPy", function()
    for _, want in ipairs(expected) do
      local t = assert(tensor.idx(("%s/%s.idx"):format(folder, want.name)))
      -- With more than four dimensions we show fewer of many values than NumPy does.
      if t:numel() <= 1000 or t:dim() <= 4 then
        local head = ("tensor<%s %s>\n"):format(want.dtype, table.concat(want.shape, "×"))
        assert.are.equal(head .. want.text, tostring(t), want.name)
      end
    end
  end)

  it("of Fashion-MNIST has NumPy's sums, by rows, columns and on the whole", function()
    local t = assert(tensor.idx(real))
    assert.are.same(expected.real.shape, { t:shape() })
    assert.are.equal(expected.real.sum, t:sum())
    assert.are.equal(expected.real.mean, t:mean())
    assert.are.same({ 0, 255 }, { t:min(), t:max() })
    for column, sum in ipairs(expected.real.columns) do
      assert.are.equal(sum, t:select(3, column):sum())
    end
    local total = 0
    for _, image in t:narrow(1, 101, 100):iterate() do
      total = total + image:sum()
    end
    assert.are.equal(t:narrow(1, 101, 100):sum(), total)
  end)

  it("is not read when it is opened", function()
    local before = tensors.resident_files()
    local t = assert(tensor.idx(real))
    assert.is_true(tensors.resident_files() - before < 1024)
    assert.are.equal(47040000, t:numel())
    t:sum()
    assert.is_true(tensors.resident_files() - before > 40000)
  end)

  it("is unmapped once the last view is gone", function()
    local before = tensors.resident_files()
    local row = assert(tensor.idx(real))[60000][28]
    row:sum()
    collectgarbage()
    collectgarbage()
    local t = assert(tensor.idx(real))
    t:sum()
    t:close()
    assert.is_true(tensors.resident_files() - before < 2048)
    assert.are.equal(28, #row)
  end)

  it("may have sizes of zero", function()
    local t = assert(tensor.idx(file(tensors.header(0x0E, { 2, 0, 0xffffffff }))))
    assert.are.same({ 2, 0, 0xffffffff }, { t:shape() })
    assert.are.same({ 0, 0 }, { t:numel(), t:sum() })
    assert.are.equal("", t:bytes())
    assert.are.same({ 0, 0xffffffff }, { t[2]:shape() })
  end)

  it("that is missing is unknown", function()
    local t, message, code = tensor.idx(folder .. "/missing")
    assert.is_nil(t)
    assert.are.equal(folder .. "/missing: No such file or directory", message)
    assert.are.equal("unknown", code)
  end)

  it("that is a folder is refused", function()
    local t, message, code = tensor.idx(folder)
    assert.is_nil(t)
    assert.are.equal(folder .. ": not a regular file (file expected)", message)
    assert.are.equal("format", code)
  end)

  it("that is empty is refused", function()
    assert_refused("0 bytes (an IDX header of 8 or more expected)", "")
  end)

  it("truncated anywhere is refused with both sizes", function()
    local whole = tensors.pack("int16", { 2, 3, 4 })
    assert.are.equal(64, #whole)
    for size = 0, #whole - 1 do
      local text = "64 expected for int16 2 × 3 × 4"
      if size < 8 then
        text = "an IDX header of 8 or more expected"
      elseif size < 16 then
        text = "an IDX header of 16 expected for 3 dimensions"
      end
      assert_refused(("%d bytes (%s)"):format(size, text), whole:sub(1, size))
    end
  end)

  it("with bytes after the data is refused with both sizes", function()
    assert_refused("27 bytes (24 expected for uint8 3 × 4)", (tensors.pack("uint8", { 3, 4 })) .. "\r\n\0")
  end)

  it("with another magic is refused", function()
    local whole = tensors.pack("uint8", { 3, 4 })
    assert_refused("begins with 01 00 (00 00 expected in an IDX file)", "\1" .. whole:sub(2))
    assert_refused("begins with 00 ff (00 00 expected in an IDX file)", "\0\xff" .. whole:sub(3))
    assert_refused("begins with 93 4e (00 00 expected in an IDX file)", "\x93NUMPY" .. whole)
  end)

  it("that is gzip data asks for decompression", function()
    local gzip = "/usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz"
    local t, message, code = tensor.idx(gzip)
    assert.is_nil(t)
    assert.are.equal(gzip .. ": gzip data (IDX file expected: decompress it first)", message)
    assert.are.equal("format", code)
    assert_refused("gzip data (IDX file expected: decompress it first)", "\x1f\x8b")
  end)

  it("of each unknown type is refused", function()
    local text = "type 0x%02X (0x08, 0x09, 0x0B, 0x0C, 0x0D or 0x0E expected in an IDX file)"
    local known = {}
    for _, kind in pairs(tensors.idx_types) do
      known[kind.code] = true
    end
    for code = 0, 255 do
      if not known[code] then
        assert_refused(text:format(code), tensors.header(code, { 1, 1 }) .. "12345678")
      end
    end
  end)

  it("of no dimension, or of more than eight, is refused", function()
    assert_refused("0 dimensions (1 to 8 expected)", "\0\0\8\0....")
    for ndim = 9, 255 do
      assert_refused(ndim .. " dimensions (1 to 8 expected)",
        string.pack("BBBB", 0, 0, 8, ndim) .. ("\0\0\0\1"):rep(ndim) .. "x")
    end
  end)

  it("whose sizes multiply to more than memory has addresses is refused", function()
    local sizes = { 0xffffffff, 0xffffffff, 0xffffffff }
    local text = "%d bytes (more than any file holds expected for %s %s)"
    assert_refused(text:format(17, "uint8", "4294967295 × 4294967295 × 4294967295"),
      tensors.header(0x08, sizes) .. "x")
    -- 2^64 elements are 0 in 64 bits, 2^61 of eight bytes too.
    assert_refused(text:format(20, "uint8", "65536 × 65536 × 65536 × 65536"),
      tensors.header(0x08, { 65536, 65536, 65536, 65536 }))
    assert_refused(text:format(16, "float64", "1073741824 × 1073741824 × 2"),
      tensors.header(0x0E, { 1 << 30, 1 << 30, 2 }))
    assert_refused(text:format(20, "uint8", "0 × 4294967295 × 4294967295 × 4294967295"),
      tensors.header(0x08, { 0, 0xffffffff, 0xffffffff, 0xffffffff }))
  end)

  it("with sizes far beyond the file is refused without reading there", function()
    assert_refused("9 bytes (4294967303 expected for uint8 4294967295)",
      tensors.header(0x08, { 0xffffffff }) .. "x")
    assert_refused("13 bytes (9223372030412324877 expected for uint8 4294967295 × 2147483647)",
      tensors.header(0x08, { 0xffffffff, 0x7fffffff }) .. "x")
  end)

  it("under any path name gives that name in its error", function()
    local path = tensors.write(folder .. "/naïve %s\n%n.idx", "")
    local _, message = tensor.idx(path)
    assert.are.equal(path .. ": 0 bytes (an IDX header of 8 or more expected)", message)
  end)
end)
