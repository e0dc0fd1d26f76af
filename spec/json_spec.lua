local json = require "datamaestro.json"

describe("json.decode_ordered", function()
  local function decode(text)
    return json.decode_ordered(text, "x.json")
  end

  it("keeps the order of keys, integers, empty arrays and null when it is written again", function()
    local text = '{"z": 1, "a": [{"y": null, "b": -0.5}, [], {}], "m": "\\u001b/", "k": 9223372036854775807}'
    assert.are.equal(text, json.encode(decode(text)))
    assert.are.equal("[1, true]", json.encode(decode " [1,\r\n true]\n"))
    assert.are.equal('"a"', json.encode(decode '"a"'))
  end)

  it("puts new keys last, and leaves out those that were removed", function()
    local object = decode '{"z": 1, "a": {"q": 1}, "b": 2}'
    object.c, object.z, object.a.p = 3, nil, 2
    assert.are.equal('{"a": {"q": 1, "p": 2}, "b": 2, "c": 3}', json.encode(object))
  end)

  it("says where a text is wrong", function()
    for text, problem in pairs {
      [""] = "1:1: nothing (a JSON value expected)",
      ["{\n  \"a\": 1,\n}"] = "3:1: no key (string in double quotes expected)",
      ['{"\\n\\n":\n x}'] =
        "2:2: no JSON value (string, number, object, array, true, false or null expected)",
      ['"a\nb"'] = "1:3: control character in a string (an escape such as \\n expected)",
      ["[1] 2"] = "1:5: text behind the value (end of line expected)",
      ["[1\0]"] = "1:3: no ',' or ']' behind a value",
      [("["):rep(201)] = "1:201: more than 200 arrays and objects in one another",
    } do
      assert.are.same({ n = 3, nil, "x.json:" .. problem, "format" }, table.pack(decode(text)))
    end
  end)
end)

describe("json.encode", function()
  it("keeps the order in which an object's keys were set", function()
    local object = json.object()
    for _, key in ipairs { "zebra", "apple", "mango" } do
      json.set(object, key, #key)
    end
    json.set(object, "zebra", 1)
    assert.are.equal('{"zebra": 1, "apple": 5, "mango": 5}', json.encode(object))
  end)

  it("sorts the keys of plain tables", function()
    assert.are.equal('{"a": 1, "b": 2, "c": 3}', json.encode { c = 3, a = 1, b = 2 })
  end)

  it("tells integers from floats, and writes floats so that they read back the same", function()
    local numbers = { 1, 1.0, -0.5, 9007199254740993, math.maxinteger, 0.1, 1 / 3, 1e300 }
    assert.are.equal("[1, 1.0, -0.5, 9007199254740993, 9223372036854775807, 0.1, 0.3333333333333333, 1e+300]",
      json.encode(numbers))
  end)

  it("writes nil fields as null, and empty arrays as []", function()
    local object = json.object()
    json.set(object, "nothing", nil)
    json.set(object, "list", json.array {})
    json.set(object, "table", {})
    assert.are.equal('{"nothing": null, "list": [], "table": {}}', json.encode(object))
  end)

  it("indents by what it is given", function()
    assert.are.equal('{\n  "a": [\n    1,\n    2\n  ],\n  "b": {},\n  "c": []\n}',
      json.encode({ a = { 1, 2 }, b = {}, c = json.array {} }, "  "))
  end)

  it("leaves slashes alone, also behind a backslash", function()
    assert.are.equal([["/usr/share"]], json.encode "/usr/share")
    assert.are.equal([["a\\/b"]], json.encode "a\\/b")
  end)

  it("escapes control characters", function()
    assert.are.equal([["\u001b[2J\n\u007f"]], json.encode "\27[2J\n\127")
  end)

  it("writes bytes that are no UTF-8 as Python's surrogateescape does", function()
    assert.are.equal([["caf\udce9 é"]], json.encode "caf\xe9 é")
  end)

  it("refuses what JSON has not", function()
    assert.has_error(function() json.encode { 0 / 0 } end, "JSON has no number " .. tostring(0 / 0))
    assert.has_error(function() json.encode { 1 / 0 } end, "JSON has no number inf")
    assert.has_error(function() json.encode { print } end, "JSON has no function")
    assert.has_error(function() json.encode { [true] = 1 } end,
      "a JSON object's key: boolean (string expected)")
  end)

  it("refuses a cycle", function()
    local cycle = {}
    cycle.self = cycle
    assert.has_error(function() json.encode(cycle) end, "JSON deeper than 200 levels (a cycle?)")
  end)
end)

describe("json.decode", function()
  it("gives integers for whole numbers up to 2^53", function()
    local value = json.decode '{"a": 1, "b": [2, 2.5, 9007199254740992, 1e300]}'
    assert.are.equal("integer", math.type(value.a))
    assert.are.equal("integer", math.type(value.b[1]))
    assert.are.equal("float", math.type(value.b[2]))
    assert.are.equal(9007199254740992, value.b[3])
    assert.are.equal(1e300, value.b[4])
  end)

  it("gives json.null for null", function()
    assert.are.equal(json.null, json.decode '{"a": null}'.a)
  end)

  it("refuses what is not JSON", function()
    for _, wrong in ipairs { "", "{", '{"a": }', "NaN", "[Infinity]", "0x10", "{} x", "nul" } do
      local value, message, code = json.decode(wrong)
      assert.is_nil(value, wrong)
      assert.matches("^not JSON: ", message)
      assert.are.equal("format", code)
    end
  end)

  it("reads back what encode wrote", function()
    local value = { name = "a\"b\\c\n", list = { 1, 2.5, "x" }, deep = { deep = { deep = true } } }
    assert.are.same(value, json.decode(json.encode(value, "  ")))
  end)
end)
