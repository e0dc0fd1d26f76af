local Laboratory = require "spec.support.laboratory"
local temp = require "spec.support.temp"

describe("the REPL on a pipe", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function repl(input, env)
    return lab:run({ "repl" }, { input = input, env = env })
  end

  -- What is printed of inputs that all succeed.
  local function printed(input)
    local result = repl(input)
    assert.are.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  it("prints the values of expressions, without a prompt", function()
    assert.are.equal('2\n"a"\tnil\ttrue\n', printed '1 + 1\n"a", nil, true\n')
  end)

  it("prints nils behind a value only where there is nothing else", function()
    assert.are.equal('"a"\nfalse\nnil\tnil\n', printed '"a", nil, nil\nfalse, nil\nnil, nil\n')
  end)

  it("prints strings with the escapes that people write", function()
    assert.are.equal('"\\ta\\n"\n{ "\\t" }\n', printed '"\\ta\\n"\n{ "\\t" }\n')
    assert.are.equal('Generic  no such file  delimiter = "\\t"\n/nowhere\n',
      printed 'datamaestro.csv.Generic { path = "/nowhere", delimiter = "\\t" }\n')
  end)

  it("prints the path of a folder once", function()
    assert.are.equal("Folder\n/etc\nGeneric\n└─ a: Folder  folder /etc\n",
      printed [[F = require "datamaestro.data".Folder { path = "/etc" }
F
require "datamaestro.data".Generic { a = F }
]])
  end)

  it("prints numbers by the fewest digits that read back, and null by its name", function()
    assert.are.equal("0.1\n0.30000000000000004\n0.1\n100.0\n1e+100\n-inf\n1.0\n3\n9007199254740992.0\n",
      printed "0.1\n0.1 + 0.2\n1 / 10\n1e2\n1e100\n-1 / 0\n1.0\n3\n2.0 ^ 53\n")
    local path = temp.write(lab.folder .. "/x.jsonl", '{"n":null}\n')
    assert.are.equal("null\tuserdata\ttrue\n", printed(([[
      for row in datamaestro.jsonl.rows %q do print(row.n, type(row.n), row.n == datamaestro.jsonl.null) end
    ]]):format(path)))
  end)

  it("prints nothing for statements, and keeps globals", function()
    assert.are.equal("3\n", printed "x = 3\n\nx\n")
  end)

  it("reads on until an input is complete", function()
    assert.are.equal('"ab"\n6\n"c\\nd"\n', printed '"a" ..\n"b"\n(function()\n  return 6\nend)()\n[[c\nd]]\n')
  end)

  it("takes lines with CR LF, and a last line without an end", function()
    assert.are.equal("1\n2\n", printed "1\r\n2")
  end)

  it("keeps results, by the number of their input", function()
    assert.are.equal("10\n11\n10\t11\n", printed "10\n_ + 1\n_1, _2\n")
  end)

  it("lets a statement leave the last result as it was", function()
    assert.are.equal("10\n10\n", printed "10\nx = 1\n_\n")
  end)

  it("goes on after a failure, and ends with the status of the first one", function()
    local result = repl 'error "one"\n2\nfind "com.lecun.mnits"\n'
    assert.are.same({ 1, "2\n" }, { result.status, result.out })
    assert.are.equal("[1]:1: one\ncom.lecun.mnits: unknown dataset (did you mean 'com.lecun.mnist'?)\n",
      result.err)
    assert.are.equal(3, repl('find "com.lecun.mnits"\nerror "x"').status)
  end)

  it("guesses what misspelt fields and methods are meant to be", function()
    local result = repl [[
d = datamaestro.csv.Matrix { path = "x" }
d.pth
d.pth.x
d:dta()
d.target
x = {}
x.pth
datamaestro.cvs
]]
    assert.are.equal("nil  -- d has no 'pth' (did you mean 'path'?)\nnil\nnil\n"
      .. "nil  -- datamaestro has no 'cvs' (did you mean 'csv'?)\n", result.out)
    assert.are.equal("[3]:1: attempt to index a nil value (field 'pth')\n"
      .. "d has no 'pth' (did you mean 'path'?)\n"
      .. "[4]:1: attempt to call a nil value (method 'dta')\nd has no 'dta' (did you mean 'data'?)\n",
      result.err)
  end)

  it("says how a method is called, and what has a name that data has not", function()
    local result = repl [[
t = datamaestro.tensor.from("uint8", 2, { 1, 2 })
t.shape
d = datamaestro.csv.Matrix { path = "x" }
d.shape
g = datamaestro.csv.Generic { path = "x" }
g:data()
d.data
print
]]
    assert.are.equal("function (built in)  -- a method; call it: t:shape()\n"
      .. "nil  -- d has no 'shape' (tensors do: d:data())\n", result.out:match "^.-\n.-\n")
    assert.matches("%-%- a method; call it: d:data%(%)\nfunction %(built in%)\n$", result.out)
    assert.are.equal("[6]:1: attempt to call a nil value (method 'data')\n"
      .. "g has no 'data' (g:rows() gives its rows; a Matrix has data())\n", result.err)
  end)

  it("says what is written here instead of what other languages have", function()
    for input, cure in pairs {
      ["images[1:10]"] = "a slice: images:narrow(1, 1, 10) (dimension, first, how many)",
      ["show(ds.images[5:])"] = "a slice: ds.images:narrow(1, first, count) (dimension, first, how many)",
      ["images[1,2]"] = "several indices: images:get(1, 2), or images[1][2]",
      ["x = [1, 2]"] = "a list: { 1, 2 }", ["[1, 2]"] = "a list: { 1, 2 }",
      ["f([ 'a', 'b' ])"] = "a list: { 'a', 'b' }",
      ["ds?"] = "help(ds) says what it is", ["?ds.train"] = "help(ds.train) says what it is",
      ["!ls -l"] = "no shell here: os.execute 'ls -l'",
      ["%timeit f()"] = "no % commands here: os.clock() before and after gives seconds",
      ["%matplotlib inline"] = "no % commands here: help() says what there is",
      ["a != b"] = "not equal is ~=", ["x += 1"] = "no += here: x = x + 1",
      ["import numpy as np"] = "modules come by require; datamaestro, loader, show, … are there (help())",
    } do
      assert.are.equal(cure, repl(input).err:match "\n(.-)\n$", input)
    end
  end)

  it("shows rows of JSON lines in the order of the file", function()
    local path = temp.write(lab.folder .. "/x.jsonl", '{"z":1,"a":{"y":2,"b":null},"c":[1]}\n')
    assert.are.equal("{ z = 1, a = { y = 2, b = null }, c = { 1 } }\n",
      printed(("for row in datamaestro.jsonl.rows %q do r = row end\nr\n"):format(path)))
  end)

  it("says what a loader is", function()
    assert.matches("^loader of 2 batches of 2\n  for images, labels in l do … end  an epoch",
      printed 'help(loader(datamaestro.tensor.from("uint8", 3, { 1, 2, 3 }), { batch = 2 }))\n')
  end)

  it("says what tensors and their methods are, by name", function()
    local narrow = "t:narrow(dim, start, length)\n  view: some parts along a dimension\n"
    assert.are.equal(narrow:rep(2), printed 'help "t:narrow"\nhelp "narrow"\n')
    assert.matches("^tensor: an array of numbers.-\n  t:argmax%(%[dim%]%) ", printed 'help "tensor"\n')
  end)

  it("shows the author's line of an input of several, and the calls to it", function()
    local result = repl "function f(t)\n  return t.x.y\nend\nf {}\n"
    assert.are.equal("[1]:2: attempt to index a nil value (field 'x')\n  in 'f', [1]:2\n  in [2]:1\n",
      result.err)
    result = repl "do\n  error 'here'\nend\n"
    assert.are.equal("[1]:2: here\n    error 'here'\n", result.err)
  end)

  it("cuts the traceback of endless recursion", function()
    local result = repl "function f(n) return 1 + f(n) end\nf(1)\n"
    assert.matches("^%[1%]:1: stack overflow", result.err)
    assert.matches("\n  … many more calls\n$", result.err)
  end)

  it("says what does not parse, about what was meant", function()
    assert.are.equal("[1]:1: unexpected symbol near '*'\n", repl("1 + * 2").err)
    assert.are.equal("[1]:1: unexpected symbol near '='\n", repl("x = = 2").err)
    assert.are.equal("[1]:1: unexpected symbol near <eof>\n", repl("x =").err)
  end)

  it("survives errors without a text", function()
    local result = repl "error()\nerror(setmetatable({}, {__tostring = error}))\n1\n"
    assert.are.equal("error object: nil\nerror object: table\n", result.err)
    assert.are.equal("1\n", result.out)
  end)

  it("escapes what a terminal must not see raw", function()
    assert.are.equal('"\\x1b[2J\\xff\\n"\n', printed [["\27[2J\xff\n"]])
    assert.are.equal("[1]:1: \\x1b[2J\n", repl([[error "\27[2J"]]).err)
  end)

  it("refuses compiled chunks", function()
    assert.are.equal(1, repl(string.dump(function() end)).status)
  end)

  it("shows first rows and figures of values and of files", function()
    local path = temp.write(lab.folder .. "/people.csv", "name,age\nAda,36\nBob,\n")
    assert.are.equal("name  age\nAda    36\nBob\nname  age\nAda    36\n[3 4]\n"
      .. "table people: columns name, age; :row(), :rows() and :names() read it\n",
      (printed(([[
        head "people.csv"
        head(datamaestro.csv.Generic { path = "people.csv", names_row = 0 }, 1)
        t = datamaestro.tensor.from("uint8", { 2, 2 }, { 1, 2, 3, 4 })
        head(t:narrow(1, 2, 1)[1], 5)
        datamaestro.csv.open("people.csv", { names_row = 0 })
      ]]):gsub("people.csv", path)):gsub(path, "people"):gsub("tensor<uint8 2>\n", "")))
    assert.matches("^people  Generic\n  rows      2\n", (printed(("describe %q"):format(path)):gsub(path,
      "people")))
    assert.matches("^value  tensor\n  shape     2\n", printed(
      'describe(datamaestro.tensor.from("uint8", 2, { 1, 2 }))'))
    assert.are.equal("[1]:1: head: nil (data, a tensor or a path expected)\n", repl("head(ds)").err)
    assert.are.equal(3, repl("head '/nowhere/x.csv'").status)
  end)

  it("searches as the command does, and returns the definitions", function()
    local out = lab:run({ "search", "mnist", "repo:image" }).out
    assert.are.equal(out .. '"com.lecun.mnist"\n', printed 'search "mnist repo:image"\n_[3].id\n')
  end)

  it("lists all at a bare search", function()
    assert.are.equal(lab:run({ "search" }).out, (printed "search"))
  end)

  it("has the command line's words", function()
    assert.are.equal(lab:run({ "info", "com.lecun.mnist" }).out, printed 'info "com.lecun.mnist"')
    assert.matches("^dataset com%.lecun%.mnist@image\n", printed 'find "com.lecun.mnist"')
    assert.are.equal("[1]:1: info: nil (an id expected)\n", repl("info()").err)
  end)

  it("prepares, and prints the object as a tree", function()
    local path = temp.write(lab.folder .. "/data.bin", "12345")
    lab:define_file("file://" .. path)
    temp.write(lab:path "data.bin", "12345")
    local result = repl 'prepare "org.example.data"'
    assert.are.equal(("File  5 bytes  org.example.data@lab\n%s\n"):format(lab:path "data.bin"), result.out)
  end)

  it("reads changed definitions anew", function()
    lab:define_file "https://host/one"
    local result = repl(([[
      find "org.example.data".resources[1].url
      path = %q
      f = io.open(path) source = f:read "a" f:close()
      f = io.open(path, "w") f:write((source:gsub("host/one", "host/two"))) f:close()
      reload()
      find "org.example.data".resources[1].url
    ]]):format(lab.repository .. "/org/example.lua"))
    assert.matches('^"https://host/one"\n', result.out)
    assert.matches('\n"https://host/two"\n$', result.out)
  end)

  it("runs the start-up file first, and goes on when it is wrong", function()
    local path = lab.folder .. "/.config/datamaestro/init.lua"
    temp.write(path, "greeting = 'hello'")
    assert.are.equal('"hello"\n', printed "greeting")
    temp.write(path, "error 'mine'")
    local result = repl "1"
    assert.are.same({ 1, "1\n", path .. ":1: mine\n" }, { result.status, result.out, result.err })
  end)

  it("works with a collection between all steps", function()
    local input = {}
    for i = 1, 20 do
      input[#input + 1] = ("collectgarbage()\n"
        .. "t = require 'datamaestro.api.tensor'.from('uint8', {2}, {%d, 1})\n"
        .. "collectgarbage()\nt:sum()\n"):format(i)
    end
    assert.matches("^0\n0\n2\n0\n0\n3\n.*\n0\n0\n21\n$", printed(table.concat(input)))
  end)

  it("takes inputs without bounds on their length", function()
    local input = "1 +" .. (" "):rep(100000) .. "2\n#[[" .. ("x"):rep(200000) .. "]]"
    assert.are.equal("3\n200000\n", printed(input))
  end)

  it("ends at exit", function()
    assert.are.equal("1\n", printed "1\nexit\n2\n")
  end)

  it("helps with what there is", function()
    assert.matches("^Expressions print themselves", printed "help")
    assert.matches("^Usage: datamaestro prepare .*\n\nHere:\n\nprepare%(id%)\nFetches ",
      printed 'help "prepare"')
    assert.matches("^Usage: datamaestro lint ", printed 'help "lint"')
    assert.matches("^dataset com%.lecun%.mnist@image\n.*\nprepare \"com%.lecun%.mnist\" opens it\n$",
      printed 'help "com.lecun.mnist"')
    assert.matches("^string.rep: a function of Lua", printed "help(string.rep)")
    assert.matches("^type datamaestro.data.tensor.idx: IDX < File < Tensor < Base\n",
      printed 'help(require "datamaestro.data.tensor".IDX)')
    assert.matches("^function%(a, b%)  %[1%]:1\n$", printed "function f(a, b) end\nhelp(f)")
  end)

  it("helps with functions by their doc comments", function()
    assert.are.equal("find(id)\nFinds a dataset's definition.\n\n"
      .. "  id       string: the dataset's, as `search` shows it\n  returns  dataset | nil, message, code\n",
      printed "help(find)")
    assert.matches('^show%(value, options%)\nShows images .*\n\nhelp "show" says what the command does\n$',
      printed "help(show)")
    assert.matches("^loader%(source, options%)\nMakes a loader%. Called by a `for`", printed "help(loader)")
    assert.matches("^datamaestro%.load%(path, name%)\nOpens the arrays of a file",
      printed "help(datamaestro.load)")
    assert.are.equal(printed "help(plot)", printed 'help "datamaestro.plot"':gsub("^datamaestro%.", "")
      .. '\nhelp "plot" says what the command does\n')
    local path = temp.write(lab.folder .. "/mine.lua", "-- Not mine.\n\n--- Doubles.\n-- @param x number\n"
      .. "function twice(x) return 2 * x end\n")
    assert.are.equal("function(x)\nDoubles.\n\n  x  number\n",
      printed(("dofile %q\nhelp(twice)"):format(path)))
  end)

  it("helps with what is written in C", function()
    local make = 't = datamaestro.tensor.from("uint8", {2}, {1, 2})\n'
    assert.are.equal("t:narrow(dim, start, length)\n  view: some parts along a dimension\n",
      printed(make .. "help(t.narrow)"))
    assert.matches("^tensor of uint8, 2\n  t%[i%]  ", printed(make .. "help(t)"))
    assert.matches("^datamaestro%.tensor%.npy%(path%)\n  opens an NPY file",
      printed "help(datamaestro.tensor.npy)")
    assert.matches("\n  :seek%(…%)\n", printed "help(io.stdout)")
    assert.are.equal("function: a function of the program, built in\n",
      printed "help(require 'datamaestro.api.file'.stat)":gsub("^a", "function: a"))
  end)

  it("helps with what functions of 'custom' are given, by their doc comments", function()
    local work = printed 'help "work"'
    assert.matches("^work, what the function of 'custom' is given first.-\n  :fetch%(urls, name, "
      .. "options%)  Fetches.-folder:\n  :file%(name%) "
      .. ".-file:\n.-  :size%(%) .-work:write gives:\n  :close%(%) ", work)
    assert.is_truthy(printed 'help "custom"':find("\n\n" .. work, 1, true))
    local fetch = printed 'help "fetch"'
    assert.matches("^work:fetch%(urls, name, options%)\nFetches a file.-\n  returns  string: the name\n$",
      fetch)
    assert.are.equal(fetch, printed 'help "work:fetch"')
    assert.matches("^work:lines%(.-\nfolder:lines%(.-\nfile:lines%(options%)\n", printed 'help "lines"')
    assert.matches("^fetched: a string of 7 bytes", printed 'help "fetched"')
  end)

  it("helps with types, and with those that 'use' gives", function()
    assert.matches("^type datamaestro.data.csv.matrix: ", printed 'help "csv.Matrix"')
    assert.are.equal(printed 'help "csv.Matrix"', printed 'help "datamaestro.data.csv.Matrix"')
    assert.matches("^type datamaestro_image.data.idximage: ", printed 'help "image.IDXImage"')
    assert.are.equal('use "datamaestro.data.csv": data types\n  Generic  A CSV file of any kind\n'
      .. "  Matrix   A CSV file of numbers\n", printed 'help "datamaestro.data.csv"')
    assert.matches('^use "image.data": data types\n  IDXImage ', printed 'help "image.data"')
    assert.matches('^use, in definitions: .-\n  use "datamaestro.data" +Base, File, Folder, Generic\n',
      printed 'help "use"')
    assert.matches("\nEach of `fields`:\n  name: string, required .-\nTypes of fields: string, integer, ",
      printed 'help "datatype"')
  end)

  it("says that a word of definitions is nothing at the prompt", function()
    assert.matches("^filedownloader has no value here, but is a word of definitions:\nfiledownloader, in "
      .. "definitions: ", printed "help(filedownloader)")
    assert.are.equal("nil: nil\n", printed "help(nowhere)")
  end)

  it("helps with the words of definitions", function()
    assert.matches("^Axis, in definitions: An axis.-\n\n  Axis%(.-\n\n.-\n  in_id: boolean, default true "
      .. " Whether ",
      printed 'help "Axis"')
    assert.matches("^dataset, in definitions: .-%[%[Title\n\n  Description.-\n  id: string ",
      printed 'help "dataset"')
    assert.matches("\n  filename: string, required +Name of the file", printed 'help "filedownloader"')
    local steps = require "datamaestro.definition.steps"
    for name in pairs(require "datamaestro.definition.dsl".constructors()) do
      assert.is_truthy(steps.of(name), name)
    end
  end)

  it("helps with names of values and types", function()
    assert.are.equal(printed "help(loader)", printed 'help "loader"')
    assert.matches("^datamaestro%.tensor%.from%(dtype", printed 'help "datamaestro.tensor.from"')
    assert.matches("^type datamaestro_image%.data%.labelledimages: ", printed 'help "LabelledImages"')
    assert.matches("\n  :rows%(kinds%) +Iterates the rows", printed 'help "datamaestro.data.csv.generic"')
    assert.matches("\n  Matrix +type: A CSV file of numbers\n",
      printed 'help(require "datamaestro.data.csv")')
    assert.are.equal("nonsense: a string of 8 bytes, no command, step, type or dataset\n",
      printed 'help "nonsense"')
  end)

  it("names the input where pictures are asked for in a wrong way", function()
    assert.are.equal("[1]:1: integer (images expected: a tensor, an object, a path or a list)\n",
      repl("show(3)").err)
    assert.are.equal("[2]:1: loader.batch: string (integer expected)\n",
      repl("\n\nx=1\nloader({}, {batch = 'x'})").err)
  end)

  it("edits a definition, checks it, and has it read anew", function()
    local path = lab.repository .. "/org/example.lua"
    local env = { EDITOR = ("cp %s/good.lua"):format(lab.folder) }
    temp.write(lab.folder .. "/good.lua", 'local File = use "datamaestro.data".File\n'
      .. 'Data = filedownloader("data.bin", "https://host/x") .. dataset { File, "One file" } ..\n'
      .. "  function(data) return { path = data } end\n")
    local input = 'edit %q\nfind "org.example.data".id\nedit()\nedit "org.example.data"'
    local result = repl(input:format(path), env)
    local ok = path .. ": ok (org.example.data)\n"
    assert.are.same({ 0, "", ok .. '"org.example.data"\n' .. ok .. ok }, { result.status, result.err,
      result.out })
    temp.write(lab.folder .. "/good.lua", "Data = filedownlaoder()")
    result = repl('edit "org.example.data"', env)
    assert.are.same({ 10, path .. ":1: unknown name 'filedownlaoder' (did you mean 'filedownloader'?)\n" },
      { result.status, result.err })
  end)

  it("edits a definition that does not load, by the id that leads to it", function()
    lab:define "Data = filedownlaoder()"
    temp.write(lab.folder .. "/good.lua", 'Data = dataset { use "datamaestro.data".Base, variants = '
      .. "AxesVariants { k = Axis { 1, 2, default = 1 } } } .. function() return {} end")
    for _, id in ipairs { "org.example.data", "org.example.data[k=2]", "org.example.other@lab" } do
      local result = repl(("edit %q"):format(id), { EDITOR = ("cp %s/good.lua"):format(lab.folder) })
      assert.are.same({ "", lab.repository .. "/org/example.lua: ok (org.example.data)\n" },
        { result.err, result.out })
      lab:define "Data = filedownlaoder()"
    end
  end)

  it("says why it does not edit", function()
    assert.are.equal("edit: nothing was edited before (an id or a path expected)\n", repl("edit()").err)
    assert.are.equal("[1]:1: edit: number (an id or a path expected)\n", repl("edit(3)").err)
    assert.are.equal("nowhere.data: unknown dataset\n", repl('edit "nowhere.data"').err)
    assert.are.equal("exit 3 #: ended with status 3 (status 0 expected)\n",
      repl('edit "/tmp/x.lua"', { VISUAL = "exit 3 #" }).err)
  end)
end)

describe("the page of the REPL", function()
  it("shows what happens", function()
    local page = temp.read "docs/repl.md"
    local transcript = page:match "\n```\n(%[1%].-)\n```"
    local inputs = {}
    for input in ("\n" .. transcript):gmatch "\n%[%d%]> ([^\n]+)" do
      inputs[#inputs + 1] = input .. "\n"
    end
    local lab = Laboratory.new()
    local result = lab:run({ "repl" }, { input = table.concat(inputs) })
    lab:close()
    local printed = ("\n" .. transcript):gsub("\n%[%d%]> [^\n]+", ""):sub(2) .. "\n"
    assert.are.equal(printed, result.out .. result.err)
    local functions = require "datamaestro.cli.words".of { session = {} }
    for name in pairs(functions) do
      assert.is_truthy(page:find("`" .. name .. "[( `]"), name)
    end
  end)
end)
