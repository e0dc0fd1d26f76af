local tensor = require "datamaestro.api.tensor"
local text = require "datamaestro.api.text"

local NAN, INFINITY = 0 / 0, math.huge

describe("a tensor as text", function()
  it("is a line for each part of its first dimension", function()
    local cube = tensor.from("uint8", { 2, 2, 3 }, { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 })
    assert.equal("[[1,2,3],[4,5,6]]\n[[7,8,9],[10,11,12]]\n", text.tensor(cube, "jsonl"))
    assert.equal("1,2,3,4,5,6\n7,8,9,10,11,12\n", text.tensor(cube, "csv"))
    assert.equal("[[1,4],[2,5],[3,6]]\n", text.tensor(cube:narrow(1, 1, 1):transpose(2, 3), "jsonl"))
    assert.equal("-128\n127\n", text.tensor(tensor.from("int8", 2, { -128, 127 }), "jsonl"))
    local ends = tensor.from("int64", 2, { math.mininteger, math.maxinteger })
    assert.equal("-9223372036854775808\n9223372036854775807\n", text.tensor(ends, "csv"))
  end)

  it("has numbers that read back as they are", function()
    local values = { 0.1, 1 / 3, 1e300, -2.5, 1, 5e-324, 123456789012345680, -0.0 }
    local lines = text.tensor(tensor.from("float64", #values, values), "jsonl")
    local i = 0
    for line in lines:gmatch "[^\n]+" do
      i = i + 1
      assert.equal(("%a"):format(values[i]), ("%a"):format(tonumber(line)))
    end
    assert.equal("0.1\n0.33333334\n", text.tensor(tensor.from("float32", 2, { 0.1, 1 / 3 }), "csv"))
  end)

  it("has null in JSON for what JSON has not, and names in CSV", function()
    local odd = tensor.from("float64", { 1, 3 }, { NAN, INFINITY, -INFINITY })
    assert.equal("[null,null,null]\n", text.tensor(odd, "jsonl"))
    assert.equal("nan,inf,-inf\n", text.tensor(odd, "csv"))
  end)

  it("may hold nothing", function()
    assert.equal("", text.tensor(tensor.from("uint8", { 0, 3 }, {}), "jsonl"))
    assert.equal("[]\n[]\n", text.tensor(tensor.from("uint8", { 2, 0 }, {}), "jsonl"))
    assert.equal("[[],[]]\n", text.tensor(tensor.from("uint8", { 1, 2, 0 }, {}), "jsonl"))
    assert.equal("\n\n", text.tensor(tensor.from("uint8", { 2, 0 }, {}), "csv"))
  end)

  it("reads the same wherever a block ends", function()
    local values, expected = {}, {}
    for i = 1, 40000 do
      values[i] = i % 251
      expected[i] = (i % 4 == 1 and "[" or "") .. values[i] .. (i % 4 == 0 and "]\n" or ",")
    end
    assert.equal(table.concat(expected), text.tensor(tensor.from("int32", { 10000, 4 }, values), "jsonl"))
  end)
end)

describe("a string as JSON", function()
  it("has its escapes, and those of bytes that are no UTF-8", function()
    assert.equal([["a\"\\\n\t\u0001\u007fé😀/"]], text.json 'a"\\\n\t\1\127é😀/')
    assert.equal([["\u0000"]], text.json "\0")
    assert.equal([["x\udcff\udcc3"]], text.json "x\xff\xc3")
    assert.equal([["\udced\udca0\udc80\udcc0\udcaf"]],
      text.json "\xed\xa0\x80\xc0\xaf") -- a surrogate, overlong
  end)
end)

describe("a field of CSV", function()
  it("stands in quotes where it must", function()
    for value, field in pairs { a = "a", ["a,b"] = '"a,b"', ['a"b'] = '"a""b"', ["a\nb"] = '"a\nb"',
      [""] = "" } do
      assert.equal(field, text.field(value, false))
    end
    assert.equal('""', text.field("", true))
  end)
end)

describe("a column", function()
  it("says what passed by", function()
    local column <close> = text.column()
    for _, value in ipairs { 3, 1, 3, 2.5 } do
      column:add(value)
    end
    column:add(nil)
    column:add(NAN)
    assert.same({ type = "number", count = 6, missing = 2, distinct = 3, exact = true, min = 1.0, max = 3.0,
      mean = 2.375 }, column:result())
  end)

  it("tells integers, texts and mixtures apart", function()
    local function result(...)
      local column = text.column()
      for _, value in ipairs { ... } do
        column:add(value)
      end
      return column:result()
    end
    assert.same({ type = "integer", count = 2, missing = 0, distinct = 2, exact = true, min = -5, max = 7,
      mean = 1.0 },
      result(7, -5))
    assert.same({ type = "text", count = 2, missing = 0, distinct = 1, exact = true, longest = 1 },
      result("1", "1"))
    assert.equal("mixed", result("1", 1).type)
    assert.equal(2, result("1", 1).distinct)
    assert.same({ type = "empty", count = 0, missing = 0, distinct = 0, exact = true }, result())
  end)

  it("estimates very many different values, within a few percent", function()
    local column = text.column()
    for i = 1, 300000 do
      column:add(i)
      column:add(i)
    end
    local found = column:result()
    assert.is_false(found.exact)
    assert.is_true(math.abs(found.distinct / 300000 - 1) < 0.06, found.distinct)
    assert.equal(150000.5, found.mean)
  end)

  it("sums without losing small numbers", function()
    local column = text.column()
    for _, value in ipairs { 1e100, 1.0, -1e100, 1.0 } do
      column:add(value)
    end
    assert.equal(0.5, column:result().mean)
  end)

  it("takes tensors, whatever their strides", function()
    local column = text.column()
    column:add_tensor(tensor.from("float32", { 2, 3 }, { 1, 2, 3, 4, 5, NAN }):transpose())
    assert.same({ type = "number", count = 6, missing = 1, distinct = 5, exact = true, min = 1.0, max = 5.0,
      mean = 3.0 },
      column:result())
  end)
end)

describe("classes", function()
  it("are counted in ascending order", function()
    assert.same({ { -1, 1 }, { 0, 2 }, { 7, 3 } }, text.classes(tensor.from("int16", 6, { 7, 0, 7, -1, 0,
      7 })))
    assert.same({}, text.classes(tensor.from("uint8", 0, {})))
  end)

  it("are none where there are too many, and none of floats", function()
    local values = {}
    for i = 1, 1001 do
      values[i] = i
    end
    assert.is_nil(text.classes(tensor.from("int32", 1001, values)))
    assert.equal(1000, #text.classes(tensor.from("int32", 1001, values):narrow(1, 1, 1000)))
    assert.has_error(function()
      text.classes(tensor.from("float32", 1, { 1 }))
    end, "bad argument #1 to 'classes' (tensor of integers expected)")
  end)
end)
