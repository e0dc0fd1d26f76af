local csv = require "datamaestro.api.csv"
local temp = require "spec.support.temp"
local tensor = require "datamaestro.api.tensor"

local folder, path

local function write(text)
  return temp.write(path, text)
end

local function matrix_problem(text, options)
  local values, message, code = csv.matrix(write(text), options)
  assert.is_nil(values)
  assert.equal("format", code)
  assert.equal(path, message:sub(1, #path))
  return message:sub(#path + 1)
end

setup(function()
  folder = temp.folder()
  path = folder .. "/table.csv"
end)

teardown(function()
  temp.remove(folder)
end)

describe("a table of numbers", function()
  it("becomes a tensor", function()
    local values, names, targets = csv.matrix(write "1,2,3\n4,5,6\n")
    assert.is_true(tensor.is_tensor(values))
    assert.equal("float64", values:dtype())
    assert.same({ 2, 3 }, { values:shape() })
    assert.same({ { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } }, values:tolist())
    assert.is_nil(names)
    assert.is_nil(targets)
  end)

  it("gives the names, and the target apart", function()
    local text = "x,y,z\n1,2,3\n4,5,6\n"
    for i, target in ipairs { "x", "y", "z" } do
      local values, names, targets = assert(csv.matrix(write(text), { names_row = 0, target = target }))
      assert.same({ "x", "y", "z" }, names)
      assert.same({ i + 0.0, i + 3.0 }, targets:tolist())
      local rows = { { 1.0, 2.0, 3.0 }, { 4.0, 5.0, 6.0 } }
      table.remove(rows[1], i)
      table.remove(rows[2], i)
      assert.same(rows, values:tolist())
    end
    assert.equal(": no column 'w' (name of a column expected)",
      matrix_problem(text, { names_row = 0, target = "w" }))
  end)

  it("without rows has the columns of its names", function()
    assert.same({ 0, 0 }, { csv.matrix(write ""):shape() })
    assert.same({ 0, 3 }, { csv.matrix(write "a,b,c\n", { names_row = 0 }):shape() })
    local values, _, targets = csv.matrix(path, { names_row = 0, target = "b" })
    assert.same({ 0, 2 }, { values:shape() })
    assert.same({ 0 }, { targets:shape() })
  end)

  it("may state its sizes, which must be right", function()
    local options = { size_row = 0, names_row = 1, target = "y" }
    local values = assert(csv.matrix(write "2,2,one,two\na,b,y\n1,2,3\n4,5,6\n", options))
    assert.same({ 2, 2 }, { values:shape() })
    assert.equal(": 1 rows (2 stated by the file)", matrix_problem("2,2\na,b,y\n1,2,3\n", options))
    assert.equal(":3:1: 2 columns (3 stated by the file)", matrix_problem("2,3\na,b,y\n1,2,3\n", options))
    assert.equal(": 1 rows (9007199254740991 stated by the file)",
      matrix_problem("9007199254740991,1\n1\n", { size_row = 0 }))
    for _, sizes in ipairs { "2", "a,b", "1.5,2", "-1,2", "1e300,1", "nan,1" } do
      assert.equal(":1:1: no sizes (numbers of rows and of columns expected)",
        matrix_problem(sizes .. "\n1,2\n", { size_row = 0 }))
    end
  end)

  it("names what is no number with line, column, text and name", function()
    assert.equal(":2:4: 'x' in column 2 (number expected)", matrix_problem "1,2\n10,x\n")
    assert.equal(":4:3: '' in column 2 'b' (number expected)",
      matrix_problem("a,b\n1,2\n\n3,\n", { names_row = 0 }))
    assert.equal(":2:2: '\\x1b[2J' in column 1 'a' (number expected)",
      matrix_problem('a\n"\27[2J"\n', { names_row = 0 }))
    assert.equal(":1:1: '" .. ("y"):rep(60) .. "...' in column 1 (number expected)",
      matrix_problem(("y"):rep(1000)))
  end)

  it("has as many fields in each row", function()
    assert.equal(":2:1: 1 field (2 expected)", matrix_problem "1,2\n3\n")
    assert.equal(":2:1: 2 fields (3 expected)", matrix_problem("a,b,c\n1,2\n", { names_row = 0 }))
    assert.equal(":1:1: 3 fields (2 expected)", matrix_problem("1,2,3\n", { columns = 2 }))
  end)

  it("takes all usual forms of numbers, and no others", function()
    local function number(text)
      local values = csv.matrix(write(text .. "\n"))
      return values and values:get(1, 1)
    end
    for text, expected in pairs { ["1"] = 1.0, ["+1.5"] = 1.5, ["-.5"] = -0.5, ["5."] = 5.0,
      [" 7\t"] = 7.0, ["1e3"] = 1000.0, ["1E+03"] = 1000.0, ["25e-1"] = 2.5, ["00012"] = 12.0,
      ["inf"] = math.huge, ["-Infinity"] = -math.huge, ["1e999"] = math.huge, ["0e999"] = 0.0,
      ["1e-999"] = 0.0, ["0.1"] = 0.1, ["5e-324"] = 5e-324, ["1e99999999999999999999"] = math.huge,
      ["18446744073709551616"] = 0x1p64, ["9007199254740993"] = 0x1p53, ['"3"'] = 3.0,
      ["9007199254740993.0000000000000000000000001"] = 9007199254740994.0,
      [("0"):rep(1000) .. "1." .. ("0"):rep(1000)] = 1.0, ["0." .. ("0"):rep(400) .. "1e401"] = 1.0 } do
      assert.equal(expected, number(text), text)
    end
    assert.equal(-math.huge, 1 / number "-0")
    assert.is_true(number "NaN" ~= number "NaN")
    for _, text in ipairs { ".", "-", "+", "e5", "1e", "1e+", "1.2.3", "0x10", "1_000", "1 2", "--1",
      "nan(5)", "infin", "1,5x", "١", "1\0", " ", "1e5.0" } do
      assert.is_nil(number(text), text)
    end
  end)

  it("rounds each number as the C library does", function()
    local texts, expected = {}, {}
    local state = 12345
    local function random(limit)
      state = state * 6364136223846793005 + 1442695040888963407
      return (state >> 33) % limit
    end
    for i = 1, 20000 do
      local digits = {}
      for k = 1, 1 + random(20) do
        digits[k] = random(10)
      end
      local point = random(#digits + 1)
      texts[i] = table.concat(digits, "", 1, point) .. "." .. table.concat(digits, "", point + 1)
        .. (i % 2 == 0 and "e" .. random(80) - 40 or "")
      expected[i] = tonumber(texts[i]) + 0.0
    end
    -- Halfway between two doubles, and beside.
    for i, text in ipairs { "9007199254740993", "9007199254740995", "4503599627370496.5",
      "1.00000000000000011102", "1.0000000000000001110223024625156540423631668090820312",
      "0.500000000000000166533453693773481063544750213623046875", "7.2057594037927933e+16",
      "8.10109172351e-10", "6.9294956446009195e15" } do
      texts[20000 + i], expected[20000 + i] = text, tonumber(text) + 0.0
    end
    local values = assert(csv.matrix(write(table.concat(texts, "\n"))))
    assert.equal(#texts, #values)
    local wrong = {}
    for i, value in ipairs(values:reshape(-1):tolist()) do
      wrong[#wrong + 1] = value ~= expected[i] and texts[i] or nil
    end
    assert.same({}, wrong)
  end)

  it("reads the same in any locale", function()
    local before = os.setlocale()
    for _, locale in ipairs { "de_DE.UTF-8", "fr_FR.UTF-8", "C" } do
      if os.setlocale(locale) then
        assert.equal(1.25e-300, csv.matrix(write "1.25e-300\n"):get(1, 1))
      end
    end
    os.setlocale(before)
  end)

  it("of many rows has them all", function()
    local lines = {}
    for i = 1, 100000 do
      lines[i] = i .. "," .. -i
    end
    local values = assert(csv.matrix(write(table.concat(lines, "\r\n"))))
    assert.same({ 100000, 2 }, { values:shape() })
    assert.equal(100000 * 100001 / 2, values:select(2, 1):sum())
    assert.same({ 100000.0, -100000.0 }, values[100000]:tolist())
  end)
end)

describe("a table of numbers with a number of columns", function()
  it("must have as many names, which say where the target is", function()
    assert.equal(": 3 names (2 columns expected)",
      matrix_problem("a,b,c\n1,2\n", { columns = 2, names_row = 0, target = "c" }))
    assert.equal(": 3 names (4 columns expected)", matrix_problem("a,b,c\n", { columns = 4, names_row = 0 }))
  end)
end)
