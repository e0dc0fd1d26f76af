local csv = require "datamaestro.data.csv"
local temp = require "spec.support.temp"

-- Rows of the iris data in the form in which it is served: no row of names, an empty line at the end.
local IRIS = "5.1,3.5,1.4,0.2,Iris-setosa\n7.0,3.2,4.7,1.4,Iris-versicolor\n"
  .. "6.3,3.3,6.0,2.5,Iris-virginica\n\n"

local folder, path

local function write(text)
  return temp.write(path, text)
end

local function rows_of(object)
  local rows = {}
  for row in object:rows() do
    rows[#rows + 1] = table.concat(row, "|")
  end
  return rows
end

setup(function()
  folder = temp.folder()
  path = folder .. "/table.csv"
end)

teardown(function()
  temp.remove(folder)
end)

describe("a CSV file", function()
  it("without names gives all its rows", function()
    local iris = csv.Generic { path = write(IRIS) }
    assert.same({ "5.1|3.5|1.4|0.2|Iris-setosa", "7.0|3.2|4.7|1.4|Iris-versicolor",
      "6.3|3.3|6.0|2.5|Iris-virginica" }, rows_of(iris))
    assert.is_nil(iris:columns())
  end)

  it("gives fields by the names of their columns", function()
    local object = csv.Generic { path = write "name,age,name\nAda,36,x\n,,\n", names_row = 0 }
    local found = {}
    for row in object:rows { age = "integer?", name = "string?" } do
      found[#found + 1] = { row.name or false, row.age or false, #row, row[4] == nil }
    end
    assert.same({ { "Ada", 36, 3, true }, { false, false, 0, true } }, found)
    for row in object:rows() do
      assert.equal(row[2], row.age)
      local ok, message = pcall(function()
        return row.nmae
      end)
      assert.is_false(ok)
      assert.matches(": no column 'nmae' %(name, age, name expected%)$", message)
    end
    for row in csv.rows(path) do
      assert.is_nil(row.name)
    end
  end)

  it("has as many types as columns, each by a name that is there", function()
    write "name,age,town\nAda,36,x\n"
    local function fails(message, types, names_row, code)
      assert.same({ n = 3, nil, path .. ": " .. message, code or "usage" },
        table.pack(csv.open(path, { names_row = names_row or 0, types = types })))
    end
    fails("types names 2 columns, the file has 3", { "string", "integer" }, 0, "format")
    fails("types names 1 column, the file has 3", { "string" }, 0, "format")
    fails("types: no column 'nmae' (did you mean 'name'?)", { nmae = "string" })
    fails("types: no column 'name' (names_row expected too)", { name = "string" }, -1)
  end)

  it("gives its names, and the rows behind them", function()
    local object = csv.Generic { path = write "# made today\na\tb\n1\t2\n", delimiter = "\t", ignore = 1,
      names_row = 0 }
    assert.same({ "a", "b" }, object:columns())
    assert.same({ "1|2" }, rows_of(object))
    assert.same({ "1|2" }, rows_of(object))
  end)

  it("counts rows as the Python program does: empty lines too", function()
    local object = csv.Generic { path = write "\na,b\n1,2\n", names_row = 1 }
    assert.same({ "a", "b" }, object:columns())
    assert.same({ "1|2" }, rows_of(object))
  end)

  it("that cannot be read fails, in a loop by raising", function()
    local object = csv.Generic { path = folder .. "/missing.csv", names_row = 0 }
    assert.same({ n = 3, nil, object.path .. ": No such file or directory", "unknown" },
      table.pack(object:columns()))
    local done, failure = pcall(rows_of, object)
    assert.is_false(done)
    assert.equal("unknown", failure.code)
    assert.equal(object.path .. ": No such file or directory", tostring(failure))
  end)

  it("that is bad ends a script with the status of bad formats", function()
    local program = require "spec.support.program"
    write 'a\n"b'
    local result = program.run({ "run", "-", path }, { input = [[
      local csv = require "datamaestro.data.csv"
      for row in csv.Generic { path = ... }:rows() do print(row[1]) end]] })
    assert.equal(12, result.status)
    assert.equal("a\n", result.out)
    assert.equal(("datamaestro: %s:2:1: quote that is not closed (closing quote expected)\n"):format(path),
      result.err)
  end)

  it("may be in another encoding, also of names, numbers and what is surveyed", function()
    local content = "caf\xe9;n\n\xfcber;1\n"
    local object = csv.Generic { path = write(content), delimiter = ";", names_row = 0, encoding = "latin-1" }
    assert.same({ "café", "n" }, object:columns())
    for row in object:rows { "string", "integer" } do
      assert.same({ "über", 1 }, row)
    end
    assert.same({ "café", "n" }, select(3, object:survey()))
    local matrix = csv.Matrix { path = write "\xff\xfea\0\n\0001\0\n\0", names_row = 0, encoding = "utf-16" }
    local values, names = matrix:data()
    assert.same({ { 1 } }, values:tolist())
    assert.same({ "a" }, names)
  end)

  it("gives the rows before bytes that are not in its encoding", function()
    local rows, content = 0, ("1,2\n"):rep(100000)
    local object = csv.Generic { path = write(content .. "é,\xc3") }
    local done, failure = pcall(function()
      for _ in object:rows() do
        rows = rows + 1
      end
    end)
    assert.same({ false, "format", 100000 }, { done, failure.code, rows })
    assert.equal(path .. ":100001:3: character cut at the end, byte 0xc3 (utf-8 expected)", failure.message)
    local reader <close> = object:reader()
    assert.equal(100000, (reader:skip(100000)))
    assert.equal(failure.message, select(2, reader:row()))
    assert.equal(failure.message, select(2, reader:row()))
  end)

  it("has an encoding that iconv knows", function()
    local reader, message, code = csv.Generic { path = write "a\n", encoding = "klingon" }:reader()
    assert.same({ n = 3, nil, path .. ": unknown encoding 'klingon' (utf-8, latin-1, utf-16 … expected)",
      "usage" },
      table.pack(reader, message, code))
  end)

  it("has an encoding in its JSON where it was given", function()
    local encode = require "datamaestro.data.encode"
    local json = require "datamaestro.json"
    local plain = csv.Generic { path = "/x" }
    assert.equal('{"id": null, "path": "/x", "delimiter": ",", "ignore": 0, "names_row": -1}',
      (json.encode(encode(plain))))
    local latin = csv.Generic { path = "/x", encoding = "latin-1" }
    assert.matches('"names_row": %-1, "encoding": "latin%-1"}$', (json.encode(encode(latin))))
  end)

  it("is not separated by quotes or line ends", function()
    for _, delimiter in ipairs { '"', "\n", "\r", "\0" } do
      local done, message = pcall(csv.Generic, { path = path, delimiter = delimiter })
      assert.is_false(done)
      assert.matches("Generic.delimiter: a quote or a line end %(another byte expected%)", message)
    end
  end)
end)

describe("a CSV file of one's own", function()
  it("is read by its path, with the options of the types", function()
    write "# made today\na;b\n1;2\n3;4\n"
    local options = { delimiter = ";", ignore = 1, names_row = 0 }
    local reader <close> = assert(csv.open(path, options))
    assert.same({ { "a", "b" }, { "1", "2" } }, { reader:names(), reader:row() })
    assert.same({ { 1.0, 2.0 }, { 3.0, 4.0 } }, assert(csv.matrix(path, options)):tolist())
    assert.equal(2, (csv.survey(path, options)))
    local rows = {}
    for row in csv.rows(path, { delimiter = ";", ignore = 2, types = { "integer", "number" } }) do
      rows[#rows + 1] = row
    end
    assert.same({ { 1, 2.0 }, { 3, 4.0 } }, rows)
    local with_target = { delimiter = ";", ignore = 1, names_row = 0, target = "b" }
    for values, targets in csv.batches(path, with_target, 2) do
      assert.same({ { { 1.0 }, { 3.0 } }, { 2.0, 4.0 } }, { values:tolist(), targets:tolist() })
    end
    assert.same({ delimiter = ";", ignore = 1, names_row = 0 }, options)
  end)

  it("with a wrong option raises where it was given", function()
    for name, call in pairs { rows = csv.rows, open = csv.open } do
      local done, message = pcall(function()
        local result = call(path, { names = 0 })
        return result
      end)
      assert.is_false(done, name)
      assert.matches("^spec/data/csv_spec.lua:%d+: field 'names': unknown option$", message)
    end
    assert.same({ nil, folder .. "/nope.csv: No such file or directory", "unknown" },
      { csv.matrix(folder .. "/nope.csv") })
  end)
end)

describe("a CSV file of numbers", function()
  it("gives them as a tensor, with the names and the target", function()
    local object = csv.Matrix { path = write "x;y;z\n1;2;3\n4;5;6\n", delimiter = ";", names_row = 0,
      target = "z" }
    local values, names, targets = object:data()
    assert.same({ { 1.0, 2.0 }, { 4.0, 5.0 } }, values:tolist())
    assert.same({ "x", "y", "z" }, names)
    assert.same({ 3.0, 6.0 }, targets:tolist())
    assert.same({ "1|2|3", "4|5|6" }, rows_of(object))
    assert.same({ "x", "y", "z" }, object:columns())
  end)

  it("without names is a tensor and no more", function()
    local values, names, targets = csv.Matrix { path = write "1,2\n3,4\n" }:data()
    assert.same({ { 1.0, 2.0 }, { 3.0, 4.0 } }, values:tolist())
    assert.is_nil(names)
    assert.is_nil(targets)
  end)

  it("may state its sizes", function()
    local object = csv.Matrix { path = write "2,1\nx,y\n1,2\n4,5\n", size_row = 0, names_row = 1,
      target = "y" }
    local values, _, targets = object:data()
    assert.same({ { 1.0 }, { 4.0 } }, values:tolist())
    assert.same({ 2.0, 5.0 }, targets:tolist())
    assert.same({ "1|2", "4|5" }, rows_of(object))
  end)

  it("needs names to know its target", function()
    local values, message, code = csv.Matrix { path = path, target = "y" }:data()
    assert.is_nil(values)
    assert.equal(path .. ": target 'y' (names_row expected too)", message)
    assert.equal("definition", code)
  end)

  it("names what is no number", function()
    local values, message, code = csv.Matrix { path = write(IRIS) }:data()
    assert.is_nil(values)
    assert.equal(path .. ":1:17: 'Iris-setosa' in column 5 (number expected)", message)
    assert.equal("format", code)
  end)

  it("equals what NumPy reads, to the bit", function()
    local script = [[
import numpy, sys
table = numpy.random.default_rng(7).standard_normal((500, 7)) * 10.0 ** numpy.arange(-90, 120, 30)
with open(sys.argv[1], "w") as file:
    for row in table.tolist():
        print(*map(repr, row), sep=",", file=file)
numpy.loadtxt(sys.argv[1], delimiter=",").tofile(sys.argv[2])
]]
    local code = temp.write(folder .. "/make.py", script)
    assert(os.execute(("/usr/bin/python3 '%s' '%s' '%s/bytes'"):format(code, path, folder)))
    local values = assert(csv.Matrix { path = path }:data())
    assert.same({ 500, 7 }, { values:shape() })
    assert.is_true(temp.read(folder .. "/bytes") == values:bytes())
  end)
end)
