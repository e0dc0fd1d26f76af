local tensor = require "datamaestro.api.tensor"
local tensors = require "spec.support.tensors"

local assert_raises, counting, method, pack_native =
  tensors.assert_raises, tensors.counting, tensors.method, tensors.pack_native

-- tensor.from called in Lua code, so that errors know its name.
local function from(...)
  local t = tensor.from(...)
  return t
end

describe("tensor.from", function()
  it("takes nested tables, flat tables and strings of native values", function()
    for dtype in pairs(tensors.formats) do
      local nested = tensor.from(dtype, { 2, 3 }, { { 1, 2, 3 }, { 4, 5, 6 } })
      assert.is_true(nested == tensor.from(dtype, { 2, 3 }, { 1, 2, 3, 4, 5, 6 }))
      assert.is_true(nested == tensor.from(dtype, { 2, 3 }, pack_native(dtype, { 1, 2, 3, 4, 5, 6 })))
      assert.are.same({ { 1, 2, 3 }, { 4, 5, 6 } }, nested:tolist())
    end
  end)

  it("takes one number for the shape of one dimension", function()
    assert.are.same({ 3 }, { tensor.from("int8", 3, { 1, 2, -3 }):shape() })
  end)

  it("makes empty tensors of any shape with a zero", function()
    assert.are.equal(0, tensor.from("uint8", 0, ""):numel())
    assert.are.same({ 2, 0, 3 }, { tensor.from("uint8", { 2, 0, 3 }, { {}, {} }):shape() })
    assert.are.same({ {}, {} }, tensor.from("uint8", { 2, 0, 3 }, ""):tolist())
  end)

  it("keeps the extremes of every type", function()
    local extremes = {
      uint8 = { 0, 255 }, int8 = { -128, 127 }, uint16 = { 0, 65535 }, int16 = { -32768, 32767 },
      int32 = { -2 ^ 31 | 0, 2 ^ 31 - 1 | 0 }, int64 = { math.mininteger, math.maxinteger },
      float32 = { -0x1.fffffep127, 0x1p-149 }, float64 = { -math.huge, 5e-324 },
    }
    for dtype, values in pairs(extremes) do
      assert.are.same(values, tensor.from(dtype, 2, values):tolist())
    end
  end)

  it("refuses values that do not fit the type", function()
    assert_raises("value 2: 256: out of range (uint8 expected)", from, "uint8", 2, { 1, 256 })
    assert_raises("value 1: -1: out of range (uint8 expected)", from, "uint8", 1, { -1 })
    assert_raises("value 1: 2147483648: out of range (int32 expected)", from, "int32", 1, { 1 << 31 })
    assert_raises("value 1: 0.5: not a whole number in range (int16 expected)", from, "int16", 1, { 0.5 })
    assert_raises("value 1: 9.2233720368547758e+18: not a whole number in range (int64 expected)",
      from, "int64", 1, { 2 ^ 63 })
    assert_raises("value 3: string (number expected)", from, "float32", { 1, 3 }, { { 1, 2, "3" } })
  end)

  it("refuses values that do not fit the shape", function()
    assert_raises("values: 2 in a table (3 expected)", from, "uint8", { 2, 3 }, { { 1, 2, 3 }, { 4, 5 } })
    assert_raises("values: 5 in a table (6 expected)", from, "uint8", { 2, 3 }, { 1, 2, 3, 4, 5 })
    assert_raises("values: number (table of 3 expected)", from, "uint8", { 2, 3 }, { { 1, 2, 3 }, 4 })
    assert_raises("bad argument #3 to 'from' (7 bytes (8 expected))", from, "int32", 2, "1234567")
  end)

  it("refuses wrong types, shapes and values at the caller's line", function()
    local ok, message = pcall(function() tensor.from("uint32", 1, { 1 }) end)
    assert.is_false(ok)
    assert.matches("^spec/core/tensor_spec.lua:%d+: bad argument #1 to 'from' %(type 'uint32' ", message)
    assert_raises("bad argument #2 to 'from' (0 dimensions (1 to 8 expected))", from, "uint8", {}, {})
    assert_raises("bad argument #2 to 'from' (9 dimensions (1 to 8 expected))",
      from, "uint8", { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, { 1 })
    assert_raises("bad argument #2 to 'from' (sizes: whole numbers from 0 on expected)",
      from, "uint8", { 1, -1 }, { 1 })
    assert_raises("bad argument #2 to 'from' (negative size)", from, "uint8", -1, { 1 })
    assert_raises("bad argument #2 to 'from' (shape larger than memory can be)",
      from, "float64", { 1 << 40, 1 << 40, 0 }, "")
    assert_raises("bad argument #3 to 'from' (table or string expected, got number)", from, "uint8", 1, 1)
  end)

  it("says when memory is short", function()
    assert.are.equal("nil\tstorage: not enough memory for 4611686018427387904 bytes\terror\n", tensors.run [[
      print(require "datamaestro.api.tensor".from("uint8", { 1, 1 << 62 }, { {} }))]])
  end)
end)

describe("a tensor", function()
  local t

  before_each(function()
    t = counting("int16", 3, 4, 5)
  end)

  it("knows its type, shape and sizes", function()
    assert.are.equal("int16", t:dtype())
    assert.are.same({ 3, 4, 5 }, { t:shape() })
    assert.are.same({ 3, 3, 4, 5, 60, 3 }, { t:dim(), t:size(1), t:size(2), t:size(3), t:numel(), #t })
    assert.is_true(tensor.is_tensor(t))
    assert.is_false(tensor.is_tensor {})
    assert_raises("bad argument #1 to 'size' (dimension 4 (1 to 3 expected))", method(t, "size", 4))
    assert_raises("bad argument #1 to 'size' (dimension 0 (1 to 3 expected))", method(t, "size", 0))
  end)

  it("gives numbers of the kind of its type", function()
    assert.are.equal("integer", math.type(t:get(1, 1, 1)))
    assert.are.equal("float", math.type(counting("float32", 1)[1]))
  end)

  it("is indexed from 1, one dimension at a time", function()
    assert.are.same({ 4, 5 }, { t[2]:shape() })
    assert.are.equal(20 + 10 + 3, t[2][3][4])
    assert.are.equal(33, t:get(2, 3, 4))
    assert.are.equal(33, t[2.0][3][4])
  end)

  it("raises at the caller's line where an index is out of range", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local _, message = pcall(function() return t[4] end)
    assert.are.equal(("spec/core/tensor_spec.lua:%d: index 4 (1 to 3 expected)"):format(line), message)
    for _, index in ipairs { 0, -1, 5, math.maxinteger, math.mininteger } do
      assert_raises(("index %d (1 to 3 expected)"):format(index), function() return t[index] end)
    end
    assert_raises("index 1.5 (whole number expected)", function() return t[1.5] end)
    assert_raises("index 1 (none expected: the dimension is empty)", function()
      return t:narrow(1, 1, 0)[1]
    end)
    assert_raises("bad argument #2 to 'get' (index 5 (1 to 4 expected))", method(t, "get", 1, 5, 1))
    assert_raises("get: 2 indices (3 expected)", function() return t:get(1, 1) end)
  end)

  it("has no other fields, and no elements that can be set", function()
    assert.is_nil(t.nosuch)
    assert.is_nil(t[{}])
    assert_raises("tensors are read only (use datamaestro.api.tensor's from for new values)", function()
      t[1] = 1
    end)
    assert.is_false(getmetatable(t))
  end)

  it("is iterated by iterate, by ipairs and by unpack, to its end", function()
    local by_iterate, by_ipairs = {}, {}
    for i, row in t:iterate() do
      by_iterate[i] = row:sum()
    end
    for i, row in ipairs(t) do
      by_ipairs[i] = row:sum()
    end
    assert.are.same({ 190, 590, 990 }, by_iterate)
    assert.are.same(by_iterate, by_ipairs)
    assert.are.same({ 0, 1, 2, 3, 4 }, { table.unpack(t[1][1]) })
    for _ in t:narrow(1, 1, 0):iterate() do
      error "an empty tensor has no elements"
    end
  end)

  it("becomes nested tables", function()
    assert.are.same({ { { 0, 1 }, { 2, 3 } }, { { 4, 5 }, { 6, 7 } } }, counting("int8", 2, 2, 2):tolist())
  end)

  it("equals another of the same type, shape and values only", function()
    assert.is_true(t == counting("int16", 3, 4, 5))
    assert.is_false(t == counting("int32", 3, 4, 5))
    assert.is_false(t == counting("int16", 3, 5, 4))
    assert.is_false(t == counting("int16", 3, 4, 5):transpose(1, 2):contiguous():reshape(3, 4, 5))
    assert.is_false(t == "t")
    assert.is_true(tensor.from("float64", 1, { 0.0 }) == tensor.from("float64", 1, { -0.0 }))
    assert.is_false(tensor.from("float64", 1, { 0 / 0 }) == tensor.from("float64", 1, { 0 / 0 }))
  end)

  it("refuses other values for itself", function()
    assert_raises("bad argument #1 to 'sum' (datamaestro.tensor expected, got table)", function()
      local sum = t.sum
      sum {}
    end)
    assert_raises("bad argument #1 to 'bytes' (datamaestro.tensor expected, got no value)", function()
      local bytes = t.bytes
      bytes()
    end)
  end)
end)

describe("a closed tensor", function()
  it("raises whatever is asked of it", function()
    local t = counting("uint8", 2)
    t:close()
    for _, name in ipairs { "shape", "dtype", "dim", "numel", "sum", "mean", "min", "max", "bytes", "copy",
      "contiguous", "tolist", "iterate", "is_contiguous", "get", "transpose", "reshape" } do
      local message = "calling '%s' on bad self (closed tensor (open tensor expected))"
      assert_raises(message:format(name), method(t, name))
    end
    assert.is_false(pcall(function() return t[1] end))
    assert.is_false(pcall(function() return #t end))
    assert.is_true(tensor.is_tensor(t))
    assert.is_false(t == counting("uint8", 2))
  end)

  it("is what a to-be-closed variable leaves", function()
    local kept
    do
      local t <close> = counting("uint8", 2)
      kept = t
    end
    assert.are.equal("tensor<closed>", tostring(kept))
  end)
end)

describe("tostring of a tensor", function()
  it("shows type, shape and aligned values", function()
    assert.are.equal("tensor<int8 2×3>\n[[  1  -2   3]\n [100   0  -7]]",
      tostring(tensor.from("int8", { 2, 3 }, { 1, -2, 3, 100, 0, -7 })))
    assert.are.equal("tensor<float64 3>\n[ 1.5  -2.25   nan]",
      tostring(tensor.from("float64", 3, { 1.5, -2.25, 0 / 0 })))
    assert.are.equal("tensor<uint8 0×3>\n[]", tostring(tensor.from("uint8", { 0, 3 }, "")))
    assert.are.equal(("tensor<int64 2>\n[-9223372036854775808  9223372036854775807]"),
      tostring(tensor.from("int64", 2, { math.mininteger, math.maxinteger })))
  end)

  it("leaves out the middle of over 1000 elements", function()
    local t = counting("int32", 1001)
    assert.are.equal("tensor<int32 1001>\n[   0    1    2 ...  998  999 1000]", tostring(t))
    assert.are.equal(1000, select(2, tostring(counting("int32", 1000)):gsub("%d+%f[%D]", "")) - 2)
  end)

  it("stays short whatever the shape", function()
    local t = tensor.from("uint8", { 9, 9, 9, 9, 9, 9, 9, 9 }, ("\0"):rep(9 ^ 8 | 0))
    assert.is_true(#tostring(t) < 10000)
  end)
end)
