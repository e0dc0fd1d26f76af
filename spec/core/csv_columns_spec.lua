local csv = require "datamaestro.api.csv"
local temp = require "spec.support.temp"

local folder, path

local function write(text)
  return temp.write(path, text)
end

local function raised(f, ...)
  local done, message = pcall(f, ...)
  assert.is_false(done)
  return message
end

setup(function()
  folder = temp.folder()
  path = folder .. "/table.csv"
end)

teardown(function()
  temp.remove(folder)
end)

describe("typed columns", function()
  it("give numbers, integers and strings", function()
    write "1,2.5,x,,7\n-9223372036854775808,nan,,3,\n"
    local reader <close> = assert(csv.open(path, { types = { "integer", "number", "string", "number?",
      "integer?" } }))
    local row = reader:row()
    assert.same({ 1, 2.5, "x", nil, 7 }, row)
    assert.equal("integer", math.type(row[1]))
    row = reader:row()
    assert.equal(math.mininteger, row[1])
    assert.is_true(row[2] ~= row[2])
    assert.same({ "", 3.0, nil }, { row[3], row[4], row[5] })
  end)

  it("are told by line and column where a field is another", function()
    for text, problem in pairs {
      ["a,b\n1,x\n"] = ":2:3: 'x' in column 2 'b' (number expected)",
      ["a,b\n1.5,2\n"] = ":2:1: '1.5' in column 1 'a' (integer expected)",
      ["a,b\n9223372036854775808,2\n"] = ":2:1: '9223372036854775808' in column 1 'a' (integer expected)",
      ["a,b\n,2\n"] = ":2:1: '' in column 1 'a' (integer expected)",
      ["a,b\n 1,2\n"] = ":2:1: ' 1' in column 1 'a' (integer expected)",
      ["a,b\n1,\n"] = ":2:3: '' in column 2 'b' (number expected)",
      ["a,b\n1\n"] = ":2:1: 1 field (2 expected)",
    } do
      local reader <close> = assert(csv.open(write(text), { names_row = 0, types = { "integer", "number" } }))
      assert.same({ n = 3, nil, path .. problem, "format" }, table.pack(reader:row()))
    end
  end)

  it("leave the rows behind a wrong field to be read", function()
    local reader <close> = assert(csv.open(write "x\n2\n", { types = { "integer" } }))
    assert.is_nil(reader:row())
    assert.same({ 2 }, reader:row())
  end)

  it("have types that are known", function()
    assert.matches("field 'types': 'float' %(string, number or integer expected, perhaps with a '%?'%)$",
      raised(csv.open, path, { types = { "float" } }))
    assert.matches("field 'types': string %(array of names of types expected%)$",
      raised(csv.open, path, { types = "number" }))
  end)
end)

describe("rows as text", function()
  local ROWS = 'id,"a, b"\n1,"x ""y"""\n007,2.50\n'

  it("are lines of CSV, quoted where they must be", function()
    local reader <close> = assert(csv.open(write 'a;"b,c"\n"";"d""e"\n""\n', { delimiter = ";" }))
    assert.same({ n = 2, 'a,"b,c"\n,"d""e"\n""\n', 3 }, table.pack(reader:text("csv", 10)))
    assert.same({ n = 2, "", 0 }, table.pack(reader:text("csv", 10)))
  end)

  it("are objects of JSON where there are names, else arrays", function()
    local reader <close> = assert(csv.open(write(ROWS), { names_row = 0 }))
    assert.equal('{"id":1,"a, b":"x \\"y\\""}\n', (reader:text("jsonl", 1)))
    assert.equal('{"id":"007","a, b":2.50}\n', (reader:text("jsonl", 1)))
    local plain <close> = assert(csv.open(path))
    assert.equal('["id","a, b"]\n["1","x \\"y\\""]\n', (plain:text("strings", 2)))
  end)

  it("are numbers where numbers are asked for", function()
    local reader <close> = assert(csv.open(write "1, 2 ,.5,nan,1e3\n1,x,2,3,4\n"))
    assert.equal("[1,2.0,0.5,null,1e3]\n", (reader:text("numbers", 1)))
    assert.same({ n = 4, nil, path .. ":2:3: 'x' in column 2 (number expected)", "format", "" },
      table.pack(reader:text("numbers", 1)))
  end)

  it("come before a bad row, and not without it", function()
    local reader <close> = assert(csv.open(write "a,b\n1,2\n3\n", { names_row = 0 }))
    assert.same({ n = 4, nil, path .. ":3:1: 1 field (2 expected)", "format", '{"a":1,"b":2}\n' },
      table.pack(reader:text("jsonl", 10)))
  end)

  it("can be left out", function()
    local reader <close> = assert(csv.open(write(("x\n"):rep(1000) .. "end\n")))
    assert.equal(1000, reader:skip(1000))
    assert.same({ "end" }, reader:row())
    assert.equal(0, reader:skip(5))
  end)
end)

describe("a survey", function()
  it("calls integers only what 64 bits hold", function()
    for text, kind in pairs { ["1\n9223372036854775807\n"] = "integer",
      ["1\n10000000000000000000\n"] = "number", ["-99999999999999999999\n"] = "number" } do
      local _, columns = csv.survey(write(text))
      assert.equal(kind, columns[1].type)
    end
  end)

  it("says what each column holds", function()
    local rows, columns, names = assert(csv.survey(write "a,b,c\n1,x,\n2,,nan\n3,x\n", { names_row = 0 }))
    assert.same({ 3, { "a", "b", "c" } }, { rows, names })
    assert.same({ type = "integer", count = 3, missing = 0, distinct = 3, exact = true, min = 1, max = 3,
      mean = 2.0 },
      columns[1])
    assert.same({ type = "text", count = 3, missing = 1, distinct = 1, exact = true, longest = 1 },
      columns[2])
    assert.same({ type = "empty", count = 3, missing = 3, distinct = 0, exact = true }, columns[3])
  end)

  it("names types as which all of a column can be read", function()
    write "1,2,3\n,nan, \n"
    local _, columns = assert(csv.survey(path))
    local kinds = {}
    for i, column in ipairs(columns) do
      kinds[i] = column.type .. "?"
    end
    assert.same({ "integer?", "number?", "integer?" }, kinds)
    local rows = {}
    for row in csv.rows(path, { types = kinds }) do
      rows[#rows + 1] = ("%s %s %s"):format(row[1], row[2], row[3]):gsub("%-nan", "nan")
    end
    assert.same({ "1 2.0 3", "nil nan nil" }, rows)
  end)

  it("counts rows that lack a field, before and after", function()
    local _, columns = assert(csv.survey(write "1\n1,2\n1\n"))
    assert.same({ 0, 2 }, { columns[1].missing, columns[2].missing })
  end)

  it("of nothing has no columns", function()
    assert.same({ n = 3, 0, {}, nil }, table.pack(csv.survey(write "")))
  end)

  it("fails as reading does", function()
    assert.same({ n = 3, nil, path .. ":1:1: quote that is not closed (closing quote expected)", "format" },
      table.pack(csv.survey(write '"a')))
  end)
end)

describe("batches of numbers", function()
  it("are tensors of so many rows, the last one of what is left", function()
    write "x,y,t\n1,2,0\n3,4,1\n5,6,0\n"
    local found = {}
    for values, targets in csv.batches(path, { names_row = 0, target = "t" }, 2) do
      found[#found + 1] = { values:tolist(), targets:tolist() }
    end
    assert.same({ { { { 1.0, 2.0 }, { 3.0, 4.0 } }, { 0.0, 1.0 } }, { { { 5.0, 6.0 } }, { 0.0 } } }, found)
    for values, targets in csv.batches(path, { skip = 1 }, 100) do
      assert.same({ 3, nil }, { #values, targets })
    end
  end)

  it("are as many as the file states, in all", function()
    local function read(text)
      for _ in csv.batches(write(text), { size_row = 0 }, 1) do -- luacheck: ignore
      end
    end
    read "3,1\n1\n2\n3\n"
    assert.equal(path .. ": 2 rows (3 stated by the file)", raised(read, "3,1\n1\n2\n").message)
  end)

  it("raise as rows do", function()
    local failure = raised(function()
      for _ in csv.batches(write "1\nx\n", {}, 1) do -- luacheck: ignore
      end
    end)
    assert.equal(path .. ":2:1: 'x' in column 1 (number expected)", tostring(failure))
    assert.equal("format", failure.code)
    assert.equal("unknown", raised(csv.batches, folder .. "/no", {}, 1).code)
    assert.matches("number of rows, 1 or more, expected", raised(csv.batches, path, {}, 0))
  end)
end)

describe("the source of a table", function()
  it("is a stream, or it raises", function()
    assert.matches("field 'source': string %(stream expected%)$", raised(csv.open, path, { source = "x" }))
  end)
end)
