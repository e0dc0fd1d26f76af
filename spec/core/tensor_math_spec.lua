local tensor = require "datamaestro.api.tensor"
local tensors = require "spec.support.tensors"

local assert_raises, counting, elements, method =
  tensors.assert_raises, tensors.counting, tensors.elements, tensors.method

local DTYPES = { "uint8", "int8", "uint16", "int16", "int32", "int64", "float32", "float64" }
local SIZES = { uint8 = 1, int8 = 1, uint16 = 2, int16 = 2, int32 = 4, int64 = 8, float32 = 4, float64 = 8 }

local function is_float(dtype)
  return dtype:find "^float" ~= nil
end

-- The type in which two meet, in the words of the documentation.
local function common(a, b)
  if a == b then
    return a
  elseif is_float(a) and is_float(b) then
    return "float64"
  elseif is_float(a) or is_float(b) then
    local float, whole = is_float(a) and a or b, is_float(a) and b or a
    return float == "float32" and SIZES[whole] <= 2 and "float32" or "float64"
  elseif a == "uint16" and b:find "^int" or b == "uint16" and a:find "^int" then
    return SIZES[a] + SIZES[b] <= 4 and "int32" or SIZES[a] > SIZES[b] and a or b
  elseif SIZES[a] == SIZES[b] then
    return "int16"
  end
  return SIZES[a] > SIZES[b] and a or b
end

-- A value as an element of a type, which it fits.
local function rounded(dtype, value)
  if dtype == "float32" then
    return (string.unpack("f", string.pack("f", value)))
  end
  return is_float(dtype) and value + 0.0 or math.tointeger(value)
end

local OPERATIONS = {
  add = function(a, b) return a + b end,
  sub = function(a, b) return a - b end,
  mul = function(a, b) return a * b end,
  div = function(a, b) return a / b end,
  minimum = math.min,
  maximum = math.max,
}

local COMPARISONS = {
  eq = function(a, b) return a == b end,
  ne = function(a, b) return a ~= b end,
  lt = function(a, b) return a < b end,
  le = function(a, b) return a <= b end,
  gt = function(a, b) return a > b end,
  ge = function(a, b) return a >= b end,
}

-- More elements than are taken at a time, small enough for every type.
local function operands(dtype_a, dtype_b, count)
  local a, b = {}, {}
  for i = 1, count do
    a[i] = 5 + i * 7 % 6
    b[i] = 1 + i * 5 % 5
  end
  return assert(tensor.from(dtype_a, count, a)), assert(tensor.from(dtype_b, count, b)), a, b
end

local function assert_values(dtype, expected, found, what)
  assert.are.equal(dtype, found:dtype(), what)
  assert.are.same(expected, found:tolist(), what)
end

describe("arithmetic of two tensors", function()
  it("is that of their numbers, in a type that holds both", function()
    for _, dtype_a in ipairs(DTYPES) do
      for _, dtype_b in ipairs(DTYPES) do
        local t, u, a, b = operands(dtype_a, dtype_b, 2500)
        for name, reference in pairs(OPERATIONS) do
          local dtype = common(dtype_a, dtype_b)
          if name == "div" and not is_float(dtype) then
            dtype = "float64"
          end
          local expected = {}
          for i = 1, #a do
            expected[i] = rounded(dtype, reference(a[i], b[i]))
          end
          assert_values(dtype, expected, t[name](t, u), ("%s %s %s"):format(dtype_a, name, dtype_b))
        end
      end
    end
  end)

  it("compares to 1 and 0", function()
    for _, dtype_a in ipairs(DTYPES) do
      for _, dtype_b in ipairs(DTYPES) do
        local t, u, a, b = operands(dtype_a, dtype_b, 60)
        for name, reference in pairs(COMPARISONS) do
          local expected = {}
          for i = 1, #a do
            expected[i] = reference(a[i], b[i]) and 1 or 0
          end
          assert_values("uint8", expected, t[name](t, u), ("%s %s %s"):format(dtype_a, name, dtype_b))
        end
      end
    end
  end)

  it("has operators", function()
    local t, u = tensor.from("int16", 3, { 1, 2, 3 }), tensor.from("int16", 3, { 4, 5, 6 })
    assert.is_true(t + u == t:add(u))
    assert.is_true(t - u == t:sub(u))
    assert.is_true(t * u == t:mul(u))
    assert.is_true(t / u == t:div(u))
    assert.is_true(-t == t:neg())
    assert.are.same({ 9, 8, 7 }, (10 - t):tolist())
    assert.are.same({ 6.0, 3.0, 2.0 }, (6 / t):tolist())
    assert.is_false(pcall(function() return t .. u end))
    assert.is_false(pcall(function() return t < u end))
  end)

  it("reads views of any strides and byte order", function()
    local t = counting("int32", 3, 4, 5)
    local sum = t:transpose(1, 3):narrow(1, 2, 3) + t:transpose(1, 3):narrow(1, 1, 3):copy "int16"
    assert.are.same({ 3, 4, 3 }, { sum:shape() })
    assert.are.equal(t:get(2, 3, 4) + t:get(2, 3, 3), sum:get(3, 3, 2))
    assert.is_true(sum:is_contiguous())
    assert.are.equal(0, (t:narrow(2, 1, 0) * t:narrow(2, 1, 0)):numel())
  end)

  it("takes one shape only", function()
    local t = counting("int32", 2, 3)
    assert_raises("add: shapes 2 × 3 and 3 × 2 (two of one shape expected)",
      function() return t + t:transpose() end)
    assert_raises("eq: shapes 2 × 3 and 2 × 3 × 1 (two of one shape expected)",
      method(t, "eq", t:reshape(2, 3, 1)))
  end)

  it("takes tensors and numbers only", function()
    local t = counting("int32", 2)
    assert_raises("add: string (tensor or number expected)", function() return t + "1" end)
    assert_raises("sub: nil (tensor or number expected)", function() return nil - t end)
    assert_raises("mul: nil (tensor or number expected)", method(t, "mul"))
    assert_raises("div: two numbers (a tensor expected)", function()
      local div = t.div
      return div(1, 2)
    end)
    local closed = counting("int32", 2)
    closed:close()
    assert.is_false(pcall(function() return t + closed end))
  end)
end)

describe("arithmetic of a tensor and a number", function()
  it("keeps a type of integers with whole numbers, and one of floats with any", function()
    for _, dtype in ipairs(DTYPES) do
      local t = tensor.from(dtype, 2, { 100, 120 })
      assert_values(dtype, { rounded(dtype, 95), rounded(dtype, 115) }, t + -5)
      assert_values(dtype, { rounded(dtype, 100), rounded(dtype, 100) }, t:minimum(100))
      assert_values(is_float(dtype) and dtype or "float64", { 99.5, 119.5 }, t - 0.5)
      assert_values(is_float(dtype) and dtype or "float64", { 25.0, 30.0 }, t / 4)
      assert_values("uint8", { 1, 0 }, t:lt(100.5))
      assert_values("uint8", { 0, 0 }, t:gt(1000))
      assert_values("uint8", { 1, 1 }, t:ne(-1000))
    end
  end)

  it("is exact for integers, or raises", function()
    local range = { uint8 = { 0, 255 }, int8 = { -128, 127 }, uint16 = { 0, 65535 },
      int16 = { -32768, 32767 }, int32 = { -2 ^ 31 | 0, 2 ^ 31 - 1 | 0 },
      int64 = { math.mininteger, math.maxinteger } }
    for dtype, limits in pairs(range) do
      local low, high = limits[1], limits[2]
      local t = tensor.from(dtype, 3, { 0, low, high })
      local wrong = ": out of range (" .. dtype .. " expected: copy to a larger type)"
      assert_raises(("add of %d and 1%s"):format(high, wrong), function() return t + 1 end)
      assert_raises(("sub of %d and 1%s"):format(low, wrong), function() return t - 1 end)
      assert_raises(("mul of %d and 2%s"):format(low == 0 and high or low, wrong),
        function() return t * 2 end)
      assert_raises(("sub of 0 and %d%s"):format(low == 0 and high or low, wrong),
        function() return 0 - t end)
      assert.are.same({ 0, low, high }, (t + 0):tolist())
      if low == 0 then
        assert.are.same({ high, high, 0 }, (high - t):tolist())
      else
        assert_raises(("sub of %d and %d%s"):format(high, low, wrong), function() return high - t end)
        assert_raises(("abs of %d%s"):format(low, wrong), method(t, "abs"))
        assert_raises(("mul of %d and -1%s"):format(low, wrong), function() return -t end)
      end
      if dtype ~= "int64" then
        assert_raises("add of 0 and 9223372036854775807" .. wrong, function() return t + math.maxinteger end)
      end
    end
    assert.are.same({ -7, 0, 7 }, (-tensor.from("int8", 3, { 7, 0, -7 })):tolist())
  end)

  it("follows IEEE 754 for floats", function()
    local t = tensor.from("float64", 4, { 1, -1, 0, 0 / 0 })
    local quotient = (t / 0):tolist()
    assert.are.same({ math.huge, -math.huge }, { quotient[1], quotient[2] })
    assert.is_true(quotient[3] ~= quotient[3] and quotient[4] ~= quotient[4])
    assert.are.same({ 1, 1, 0, 0 }, t:eq(t):sub(t:eq(0)):add(t:eq(0)):sub(t:eq(0)):tolist())
    assert.are.equal("-0.0", tostring((-tensor.from("float32", 1, { 0.0 }))[1]))
    assert.are.equal("0.0", tostring(tensor.from("float32", 1, { -0.0 }):abs()[1]))
    for _, name in ipairs { "minimum", "maximum" } do
      local nan = tensor.from("float32", 1, { 0 / 0 })
      local one = tensor.from("float32", 1, { 1 })
      assert.is_true(one[name](one, nan):ne(one[name](one, nan))[1] == 1)
      assert.is_true(nan[name](nan, one):ne(nan[name](nan, one))[1] == 1)
    end
  end)

  it("clamps", function()
    local t = tensor.from("int16", 5, { -300, -1, 0, 1, 300 })
    assert.are.same({ -1, -1, 0, 1, 2 }, t:clamp(-1, 2):tolist())
    assert.are.same({ -1, -1, 0, 1, 300 }, t:clamp(-1):tolist())
    assert.are.same({ -300, -1, 0, 1, 2 }, t:clamp(nil, 2):tolist())
    assert_values("float64", { -0.5, -0.5, 0.0, 0.5, 0.5 }, t:clamp(-0.5, 0.5))
    assert_raises("clamp: no limit (one or two numbers expected)", method(t, "clamp"))
    assert_raises("bad argument #1 to 'clamp' (number expected, got string)", method(t, "clamp", "low"))
  end)
end)

-- --- Reductions ----------------------------------------------------------------------------------

local function pick(less)
  return function(values)
    local best, place = values[1], 1
    for i = 2, #values do
      if less(values[i], best) then
        best, place = values[i], i
      end
    end
    return best, place
  end
end

local least = pick(function(a, b) return a < b end)
local greatest = pick(function(a, b) return a > b end)

local function total(values)
  local sum = 0
  for _, value in ipairs(values) do
    sum = sum + value
  end
  return sum
end

local REDUCTIONS = {
  sum = total,
  mean = function(values) return total(values) / #values end,
  min = least,
  max = greatest,
  argmin = function(values) return (select(2, least(values))) end,
  argmax = function(values) return (select(2, greatest(values))) end,
}

-- What a reduction along a dimension gives, by single elements, in row-major order.
local function reference(t, dim, reduce)
  local found, index, shape = {}, {}, { t:shape() }
  local function visit(k)
    if k > #shape then
      local values = {}
      for i = 1, shape[dim] do
        index[dim] = i
        values[i] = t:get(table.unpack(index))
      end
      found[#found + 1] = reduce(values)
    elseif k == dim then
      visit(k + 1)
    else
      for i = 1, shape[k] do
        index[k] = i
        visit(k + 1)
      end
    end
  end
  visit(1)
  return found
end

describe("a reduction along a dimension", function()
  it("is that of the elements along it: all types, all dimensions, views of any kind", function()
    for _, dtype in ipairs(DTYPES) do
      local values = {}
      for i = 1, 3 * 4 * 5 do
        values[i] = (i * 31 + i * i) % 97
      end
      local t = assert(tensor.from(dtype, { 3, 4, 5 }, values))
      for _, view in ipairs { t, t:transpose(1, 3), t:narrow(3, 2, 3), t:select(2, 2),
        t:reshape(3, 1, 20) } do
        for dim = 1, view:dim() do
          for name, reduce in pairs(REDUCTIONS) do
            local result = view[name](view, dim)
            assert.are.same(reference(view, dim, reduce), elements(result), dtype .. name .. dim)
            local own = name == "min" or name == "max"
            local wide = is_float(dtype) and name == "sum" or name == "mean"
            assert.are.equal(own and dtype or wide and "float64" or "int64", result:dtype())
          end
        end
      end
    end
  end)

  it("goes over more elements than are taken at a time", function()
    local t = counting("int32", 3, 5000)
    assert.are.same({ 12497500, 37497500, 62497500 }, t:sum(2):tolist())
    assert.are.same({ 5000, 5000, 5000 }, t:argmax(2):tolist())
    assert.are.equal(15000, t:sum(1)[1])
    assert.are.equal(4999 + 9999 + 14999, t:sum(1)[5000])
  end)

  it("gives a number where there is no other dimension", function()
    local t = tensor.from("uint8", 4, { 3, 9, 9, 1 })
    assert.are.same({ 22, 5.5, 1, 9, 4, 2 }, { t:sum(1), t:mean(1), t:min(1), t:max(1), t:argmin(1),
      t:argmax(1) })
    assert.are.equal("integer", math.type(t:argmax(1)))
  end)

  it("lets the first NaN win", function()
    local nan = 0 / 0
    local t = tensor.from("float32", { 2, 3 }, { 1, nan, nan, 4, 5, 6 })
    assert.are.same({ 2, 1 }, t:argmin(2):tolist())
    assert.are.same({ 2, 3 }, t:argmax(2):tolist())
    assert.is_true(t:max(2)[1] ~= t:max(2)[1])
    assert.are.equal(6.0, t:max(2)[2])
    assert.are.same({ 1, 2 }, { t:argmax() })
    assert.is_true(t:sum(2)[1] ~= t:sum(2)[1])
    local infinite = tensor.from("float64", 3, { -math.huge, -math.huge, -math.huge })
    assert.are.equal(1, infinite:argmax())
  end)

  it("of nothing is a sum of 0, or raises", function()
    local t = tensor.from("uint8", { 2, 0, 3 }, "")
    assert.are.same({ { 0, 0, 0 }, { 0, 0, 0 } }, t:sum(2):tolist())
    assert.are.equal(0, t:sum(1):numel())
    for _, name in ipairs { "mean", "min", "max", "argmin", "argmax" } do
      assert_raises(name .. ": over a dimension of size 0 (one element or more expected)", method(t, name, 2))
    end
    assert_raises("argmax: over a dimension of size 0 (one element or more expected)", method(t, "argmax"))
    local rows = tensor.from("uint8", { 1 << 40, 0 }, "")
    assert_raises("sum: over a dimension of size 0 (one element or more expected)", method(rows, "sum", 2))
  end)

  it("raises where a sum of integers is out of range, and for other dimensions", function()
    local t = tensor.from("int64", { 2, 2 }, { math.maxinteger, 1, 1, 1 })
    assert.are.same({ math.maxinteger, 1 }, t:max(2):tolist())
    assert_raises("sum: a sum out of range (64-bit integers expected)", method(t, "sum", 2))
    assert_raises("mean: a sum out of range (64-bit integers expected)", method(t, "mean", 1))
    assert_raises("bad argument #1 to 'sum' (dimension 3 (1 to 2 expected))", method(t, "sum", 3))
    assert_raises("bad argument #1 to 'argmax' (dimension 0 (1 to 2 expected))", method(t, "argmax", 0))
  end)
end)

describe("argmin and argmax of all elements", function()
  it("give an index a dimension, of the first of equals", function()
    local t = tensor.from("int16", { 2, 3 }, { 5, -1, 7, 7, -1, 0 })
    assert.are.same({ 1, 3 }, { t:argmax() })
    assert.are.same({ 1, 2 }, { t:argmin() })
    assert.are.same({ 1, 2 }, { t:transpose():argmax() })
    assert.are.same({ 2, 1 }, { t:transpose():argmin() })
    assert.are.equal(t:max(), t:get(t:argmax()))
  end)
end)

-- --- Counts --------------------------------------------------------------------------------------

describe("counts", function()
  it("are NumPy's: histogram and bincount", function()
    local folder = tensors.folder()
    local values, classes = {}, {}
    for i = 1, 4000 do
      values[i] = (i * 7919 % 1000 - 300) / 160 -- many fall on the ends of intervals
      classes[i] = i * i % 23
    end
    local t, c = tensor.from("float64", { 40, 100 }, values), tensor.from("uint8", 4000, classes)
    assert(t:save(folder .. "/values.npy"))
    assert(c:save(folder .. "/classes.npy"))
    local handle <close> = assert(io.popen(
      ("/usr/bin/python3 spec/support/npy_by_numpy.py count '%s'"):format(folder)))
    local expected = assert(load("return {" .. handle:read "a" .. "}"))()
    tensors.remove(folder)
    for i = 1, 5 do
      local one = expected[i]
      local counts, edges = t:histogram(one.bins, one.low, one.high)
      assert.are.same(one.counts, counts:tolist())
      assert.are.same(one.edges, edges:tolist())
    end
    assert.is_true(t:histogram(10) == t:histogram(10, t:min(), t:max()))
    assert.are.same(expected[6], c:bincount():tolist())
  end)

  it("of a histogram leave out NaN and what lies outside", function()
    local t = tensor.from("float32", 6, { 0, 1, 0 / 0, math.huge, -3, 0.5 })
    assert.are.same({ 1, 2 }, (t:histogram(2, 0, 1)):tolist())
    assert_raises("histogram: values from nan to nan (finite ones, or a range, expected)",
      method(t, "histogram", 2))
    assert.are.same({ 0, 0, 3 }, (tensor.from("int8", 3, { 7, 7, 7 }):histogram(3, 5, 7)):tolist())
    local counts, edges = tensor.from("int8", 2, { 7, 7 }):histogram(2)
    assert.are.same({ { 0, 2 }, { 6.5, 7.0, 7.5 } }, { counts:tolist(), edges:tolist() })
    assert.are.same({ 0, 0 }, (tensor.from("int8", 0, ""):histogram(2)):tolist())
  end)

  it("of a histogram take bins and a range", function()
    local t = counting("uint8", 3)
    assert_raises("bad argument #1 to 'histogram' (bins from 1 on expected)", method(t, "histogram", 0))
    assert_raises("histogram: 4611686018427387904 bins (1 to 268435456 expected)",
      method(t, "histogram", 1 << 62))
    assert_raises("histogram: from 2 to 1 (two finite numbers, the lower one first, expected)",
      method(t, "histogram", 2, 2, 1))
    assert_raises("histogram: from nan to 1 (two finite numbers, the lower one first, expected)",
      method(t, "histogram", 2, 0 / 0, 1))
    assert_raises("histogram: from -1.5e+308 to 1.5e+308 (an interval that divides expected)",
      method(t, "histogram", 2, -1.5e308, 1.5e308))
    assert_raises("bad argument #3 to 'histogram' (number expected, got no value)",
      method(t, "histogram", 2, 0))
  end)

  it("of classes are as many as asked for, or as the greatest needs", function()
    local t = tensor.from("int64", { 2, 3 }, { 3, 0, 1, 1, 3, 3 })
    assert.are.same({ 1, 2, 0, 3 }, t:bincount():tolist())
    assert.are.same({ 1, 2, 0, 3, 0, 0 }, t:bincount(6):tolist())
    assert.are.equal(0, tensor.from("uint8", 0, ""):bincount():numel())
    assert.are.same({ 0, 0 }, tensor.from("uint8", 0, ""):bincount(2):tolist())
    assert_raises("bincount: value 3 (0 to 2 expected)", method(t, "bincount", 3))
    assert_raises("bincount: value -3 (0 to 268435455 expected)", method(-t, "bincount"))
    assert_raises("bincount: value 1099511627776 (0 to 268435455 expected)",
      method(tensor.from("int64", 1, { 1 << 40 }), "bincount"))
    assert_raises("bincount: float32 (integers expected)", method(t:copy "float32", "bincount"))
    assert_raises("bad argument #1 to 'bincount' (classes from 1 on expected)", method(t, "bincount", -1))
  end)

  it("lead to the indices of what is not 0", function()
    local labels = tensor.from("uint8", 6, { 3, 1, 3, 0, 2, 3 })
    assert.are.same({ 1, 3, 6 }, labels:eq(3):nonzero():tolist())
    assert.are.same({}, labels:eq(9):nonzero():tolist())
    assert.are.same({ 2 }, tensor.from("float64", 3, { 0, 0 / 0, -0.0 }):nonzero():tolist())
    assert_raises("nonzero: 2 dimensions (1 expected)", method(counting("int8", 2, 2), "nonzero"))
  end)
end)

describe("gather", function()
  it("takes the parts that indices name: rows of any size, from views of any kind", function()
    for _, dtype in ipairs(DTYPES) do
      local t = counting(dtype, 3, 4, 5)
      for _, view in ipairs { t, t:transpose(1, 3), t:transpose(2, 3), t:narrow(3, 2, 3), t:select(3, 2),
        t:reshape(60), t:narrow(2, 1, 0) } do
        local rows = { 3, 1, 1, 2 }
        local found = view:gather(rows)
        assert.are.equal(dtype, found:dtype())
        assert.are.equal(4, #found)
        for i, row in ipairs(rows) do
          local a, b = found[i], view[row]
          assert.is_true(a == b)
        end
        assert.is_true(found == view:gather(tensor.from("int16", 4, rows)))
      end
    end
  end)

  it("goes over more rows than are packed at a time", function()
    local t = counting("int32", 3000, 7)
    local order = tensor.order(3000, 1)
    local found = t:gather(order)
    for i = 1, 3000, 37 do
      assert.is_true(found[i] == t[order[i]])
    end
    assert.are.equal(t:sum(), found:sum())
    local wide = counting("int16", 4, 8000)
    assert.is_true(wide:gather { 4, 2 } == tensor.from("int16", { 2, 8000 },
      wide[4]:bytes() .. wide[2]:bytes()))
  end)

  it("raises for indices out of range and for other things", function()
    local t = counting("int8", 3, 2)
    for _, index in ipairs { 0, 4, -1, math.maxinteger, math.mininteger } do
      assert_raises(("gather: index %d (1 to 3 expected)"):format(index), method(t, "gather", { 1, index }))
    end
    assert_raises("gather: index 1 (none expected: the dimension is empty)",
      method(t:narrow(1, 1, 0), "gather", { 1 }))
    assert.are.equal(0, t:narrow(1, 1, 0):gather({}):numel())
    assert_raises("gather: indices: float32 of 1 dimensions (integers of 1 dimension expected)",
      method(t, "gather", tensor.from("float32", 1, { 1 })))
    assert_raises("gather: indices: int8 of 2 dimensions (integers of 1 dimension expected)",
      method(t, "gather", t))
    assert_raises("indices: string at 2 (whole number expected)", method(t, "gather", { 1, "x" }))
    assert_raises("bad argument #1 to 'gather' (datamaestro.tensor expected, got number)",
      method(t, "gather", 1))
  end)
end)

describe("variance and standard deviation", function()
  -- By two passes, as the mean of squared distances.
  local function variance(values)
    local mean, sum = 0, 0
    for _, value in ipairs(values) do
      mean = mean + value / #values
    end
    for _, value in ipairs(values) do
      sum = sum + (value - mean) ^ 2
    end
    return sum / #values
  end

  it("are those of all elements", function()
    for _, dtype in ipairs(DTYPES) do
      local t = counting(dtype, 4, 5, 6)
      for _, view in ipairs { t, t:transpose(1, 3), t:narrow(2, 2, 3) } do
        local expected = variance(elements(view))
        assert.is_true(math.abs(view:var() - expected) < 1e-9)
        assert.is_true(math.abs(view:std() - expected ^ 0.5) < 1e-9)
      end
    end
    assert.are.equal(0.0, tensor.from("float64", { 3 }, { 1e9, 1e9, 1e9 }):std())
    assert.is_true(tensor.from("float32", { 2 }, { 0 / 0, 1 }):var() ~= tensor.from("int8", 1, { 1 }):var())
  end)

  it("are those along a dimension", function()
    local t = counting("uint8", 4, 5, 6)
    for dim = 1, 3 do
      local result, roots = t:var(dim), t:std(dim)
      assert.are.same({ "float64", 2 }, { result:dtype(), result:dim() })
      for i = 1, result:size(1) do
        for j = 1, result:size(2) do
          local index = { i, j }
          table.insert(index, dim, 0)
          local values = {}
          for k = 1, t:size(dim) do
            index[dim] = k
            values[k] = t:get(table.unpack(index))
          end
          assert.is_true(math.abs(result[i][j] - variance(values)) < 1e-9)
          assert.are.equal(result[i][j] ^ 0.5, roots[i][j])
        end
      end
    end
    assert.are.equal(1.25, counting("int8", 4):var(1))
    local long = counting("int32", 70000)
    assert.is_true(math.abs(long:var(1) - long:var()) < 1e-3)
  end)

  it("raise where there is nothing", function()
    local t = counting("uint8", 2, 3)
    assert_raises("mean: tensor of shape 0 × 3 (one element or more expected)",
      method(t:narrow(1, 1, 0), "var"))
  end)
end)

describe("images in another size", function()
  it("are smaller by averages and larger between pixels, as Pillow makes them", function()
    local t = tensor.from("uint8", { 2, 4 }, { 0, 100, 200, 40, 8, 16, 24, 32 })
    assert.are.same({ { 43, 72 } }, tensor.resize(t, 1, 2):tolist())
    assert.are.same({ { 0, 25, 75, 125, 175, 160, 80, 40 } }, tensor.resize(t:narrow(1, 1, 1), 1, 8):tolist())
    assert.is_true(t == tensor.resize(t, 2, 4))
    for dtype in pairs(tensors.formats) do
      local u = tensor.from(dtype, { 1, 2, 2 }, { 10, 20, 30, 40 })
      assert.are.same({ { { 20, 30 } } }, tensor.resize(u, 1, 1):tolist())
    end
  end)

  it("get other channels", function()
    local t = tensor.from("uint8", { 1, 1, 4 }, { 10, 20, 30, 40 })
    assert.are.same({ { { 10, 20, 30 } } }, tensor.resize(t, 1, 1, 3):tolist())
    assert.are.same({ { { 18 } } }, tensor.resize(t, 1, 1, 1):tolist())
    local grey = tensor.from("uint8", { 1, 1 }, { 7 })
    assert.are.same({ { { 7, 7, 7 } } }, tensor.resize(grey, 1, 1, 3):tolist())
  end)

  it("are refused where they are none, or where no size is", function()
    local t = tensors.counting("uint8", 2, 2)
    tensors.assert_fails("resize: tensor of 4 (an image, h × w or h × w × c, expected)", "usage",
      tensor.resize(tensors.counting("uint8", 4), 1, 1))
    tensors.assert_fails("resize: 0 × 2 pixels (1 to 65535 a side expected)", "usage",
      tensor.resize(t, 0, 2))
    tensors.assert_fails("resize: 2 channels of 1 (1, 3 or as many expected)", "usage",
      tensor.resize(t, 1, 1, 2))
  end)
end)

describe("a stack of tensors", function()
  it("has a dimension more", function()
    local t, u = tensors.counting("int16", 2, 3), tensors.counting("int16", 3, 2):transpose()
    local stacked = assert(tensor.stack { t, u })
    assert.are.same({ "int16", 2, 2, 3 }, { stacked:dtype(), stacked:shape() })
    assert.is_true(stacked[1] == t and stacked[2] == u)
    local _, message, code, number = tensor.stack { t, u, tensors.counting("int8", 2, 3) }
    assert.are.same({ "int8 2 × 3 (int16 2 × 3 expected, as of the first)", "format", 3 },
      { message, code, number })
  end)
end)
