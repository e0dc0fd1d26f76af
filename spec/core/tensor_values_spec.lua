local tensor = require "datamaestro.api.tensor"
local tensors = require "spec.support.tensors"

local assert_fails, assert_raises, counting, method, pack_native =
  tensors.assert_fails, tensors.assert_raises, tensors.counting, tensors.method, tensors.pack_native

describe("sums, means and extremes", function()
  it("of integers are exact beyond what a double holds", function()
    local t = tensor.from("int64", 3, { 1 << 62, 1, 1 - (1 << 61) })
    assert.are.equal((1 << 61) + 2, t:sum())
    local most = math.maxinteger
    assert.are.equal(most, tensor.from("int64", 3, { most, most, -most }):sum())
    local many = tensor.from("int32", 5000, ("\xff\xff\xff\x7f"):rep(5000))
    assert.are.equal(0x7fffffff * 5000, many:sum())
    assert.are.equal(-32768 * 40000, tensor.from("int16", 40000, ("\x00\x80"):rep(40000)):sum())
  end)

  it("of integers never overflow silently", function()
    local t = tensor.from("int64", 2, { math.maxinteger, 1 })
    assert_raises("sum: about 9.22e+18 (a 64-bit integer expected)", method(t, "sum"))
    assert.are.equal(2.0 ^ 62, t:mean())
  end)

  it("of floats lose nothing to rounding", function()
    assert.are.equal(2.0, tensor.from("float64", 4, { 1, 1e100, 1, -1e100 }):reshape(4, 1):sum())
    local values = {}
    for i = 1, 10000 do
      values[i] = 0.1
    end
    assert.are.equal(1000.0, tensor.from("float64", 10000, values):sum())
    assert.are.equal(0x1p24 + 1, tensor.from("float32", 2, { 0x1p24, 1 }):sum())
  end)

  it("take NaN and infinities as NumPy does", function()
    local nan = tensor.from("float32", 3, { 1, 0 / 0, 3 })
    for _, name in ipairs { "sum", "mean", "min", "max" } do
      assert.are_not.equal(nan[name](nan), nan[name](nan))
    end
    local infinite = tensor.from("float64", 3, { 1, math.huge, 3 })
    assert.are.same({ math.huge, math.huge, 1.0, math.huge },
      { infinite:sum(), infinite:mean(), infinite:min(), infinite:max() })
    local both = tensor.from("float64", 2, { -math.huge, math.huge })
    assert.are_not.equal(both:sum(), both:sum())
  end)

  it("see a NaN wherever it stands", function()
    local values = {}
    for i = 1, 6000 do
      values[i] = i
    end
    for _, dtype in ipairs { "float32", "float64" } do
      for _, at in ipairs { 1, 17, 4096, 5999, 6000 } do
        values[at] = 0 / 0
        local t = tensor.from(dtype, { 2, 3000 }, values)
        for _, view in ipairs { t, t:transpose() } do
          assert.are_not.equal(view:min(), view:min())
          assert.are_not.equal(view:max(), view:max())
        end
        values[at] = at
      end
    end
  end)

  it("of nothing are 0, or raise", function()
    local empty = tensor.from("float32", { 2, 0 }, "")
    assert.are.equal(0.0, empty:sum())
    assert.are.equal("integer", math.type(tensor.from("uint8", 0, ""):sum()))
    assert_raises("mean: tensor of shape 2 × 0 (one element or more expected)", method(empty, "mean"))
    assert_raises("range: tensor of shape 2 × 0 (one element or more expected)", method(empty, "min"))
    assert_raises("range: tensor of shape 2 × 0 (one element or more expected)", method(empty, "max"))
  end)
end)

describe("conversion", function()
  -- Values that each type can hold, whatever the other.
  local values = { 0, 1, 2, 100, 127 }

  it("goes from every type to every type", function()
    for from in pairs(tensors.formats) do
      for to in pairs(tensors.formats) do
        local t = tensor.from(from, 5, values)
        assert.are.equal(pack_native(to, values), t:bytes(to), from .. " to " .. to)
        local copy = t:copy(to)
        assert.are.equal(to, copy:dtype())
        assert.are.same(values, copy:tolist())
      end
    end
  end)

  it("rounds to floats, too large a value becomes infinite", function()
    local t = tensor.from("float64", 4, { 0.1, 1e300, -1e300, 0 / 0 })
    local list = t:copy("float32"):tolist()
    assert.are.same({ string.unpack("f", string.pack("f", 0.1)), math.huge, -math.huge },
      { list[1], list[2], list[3] })
    assert.are_not.equal(list[4], list[4])
    assert.are.equal(0x1p53, tensor.from("int64", 1, { (1 << 53) + 1 }):copy("float64")[1])
  end)

  it("to integers is exact or fails with the first value that does not fit", function()
    local wide = tensor.from("int32", 3, { 1, 256, -1 })
    assert_fails("value 256: out of range (uint8 expected)", "format", wide:bytes "uint8")
    assert_fails("value 256: out of range (uint8 expected)", "format", wide:copy "uint8")
    assert_fails("value -1: out of range (uint8 expected)", "format", wide:narrow(1, 3, 1):copy "uint8")
    local real = tensor.from("float32", 2, { 3, 0.5 })
    assert_fails("value 0.5: not a whole number in range (int64 expected)", "format", real:bytes "int64")
    for _, value in ipairs { 0 / 0, math.huge, -math.huge, 2.0 ^ 63, -2.0 ^ 63 * 1.5, 1e300 } do
      for _, dtype in ipairs { "uint8", "int8", "uint16", "int16", "int32", "int64" } do
        assert.is_nil((tensor.from("float64", 1, { value }):bytes(dtype)))
      end
    end
    assert.are.equal(math.mininteger, tensor.from("float64", 1, { -2.0 ^ 63 }):copy("int64")[1])
  end)

  it("finds the value that does not fit beyond the first block", function()
    local values_of = {}
    for i = 1, 20000 do
      values_of[i] = i == 19999 and -7 or 5
    end
    local t = tensor.from("int16", { 20000 }, values_of)
    assert_fails("value -7: out of range (uint8 expected)", "format", t:bytes "uint8")
  end)

  it("refuses unknown types at the caller's line", function()
    local t = counting("uint8", 2)
    local message = "bad argument #1 to '%s' (type 'complex' "
      .. "(uint8, int8, uint16, int16, int32, int64, float32 or float64 expected))"
    assert_raises(message:format "bytes", method(t, "bytes", "complex"))
    assert_raises(message:format "copy", method(t, "copy", "complex"))
  end)

  it("says when memory is short", function()
    local t = tensor.from("uint8", { 0, 1 << 61 }, "")
    assert.are.equal("", t:bytes "float64")
    assert_fails("float64 0 × 2305843009213693952: larger than memory can be", "error", t:copy "float64")
  end)
end)
