local complete = require "datamaestro.cli.complete"
local csv = require "datamaestro.data.csv"
local data = require "datamaestro.data"
local help_tensor = require "datamaestro.cli.help_tensor"
local idx = require "datamaestro.data.tensor".IDX
local program = require "spec.support.program"
local show = require "datamaestro.cli.show"
local temp = require "spec.support.temp"
local tensors = require "datamaestro.api.tensor"

local function no_ids()
  return { "com.lecun.mnist", "com.lecun.processed", "org.example" }
end

local function candidates(text, globals)
  local start, found = complete.candidates(text, globals or {}, no_ids)
  return found, start
end

describe("completion", function()
  local tensor = tensors.from("uint8", { 2, 2 }, { 1, 2, 3, 4 })

  it("finds globals and keywords", function()
    assert.are.same({ "false", "find", "for", "function" }, (candidates("x = f", { find = 1 })))
    assert.are.equal(5, select(2, candidates("x = f", {})))
  end)

  it("finds fields, and after a colon methods only", function()
    local globals = { a = { b = { count = 1, call = print } } }
    assert.are.same({ "call", "count" }, (candidates("print(a.b.c", globals)))
    assert.are.same({ "call" }, (candidates("a.b:", globals)))
    assert.are.same({ "call", "count" }, (candidates('a["b"].', globals)))
  end)

  it("finds fields in brackets", function()
    local globals = { ds = { train = 1, test = { first = 2 } } }
    assert.are.same({ "train" }, (candidates('ds["tr', globals)))
    assert.are.same({ "first" }, (candidates("x = ds.test['f", globals)))
    assert.are.equal(5, select(2, candidates('ds["tr', globals)))
  end)

  it("finds a tensor's methods, also of its parts", function()
    assert.are.same({ "narrow" }, (candidates("t:nar", { t = tensor })))
    assert.are.same({ "tolist", "transpose" }, (candidates("t[1]:t", { t = tensor })))
    assert.are.same({}, (candidates("t[9]:", { t = tensor })))
  end)

  it("finds an object's fields and methods", function()
    local object = idx { path = "/tmp/x" }
    assert.are.same({ "path" }, (candidates("ds.images.p", { ds = { images = object } })))
    assert.are.same({ "data", "open" }, (candidates("ds.images:", { ds = { images = object } })))
  end)

  it("finds the names of options, and of fields of a new object", function()
    local globals = { show = print, loader = print, x = { 1 }, csv = csv, plain = print }
    assert.are.same({ "n" }, (candidates("show(x, {n", globals)))
    assert.are.same({ "columns", "classes" }, { (candidates("show(x, { n = 5, c", globals))[2],
      (candidates("show(x, { n = 5, c", globals))[1] })
    assert.are.same({ "channel", "mean", "offset", "scale", "std" },
      (candidates("for a in loader(x[1], { batch = 2, normalize = { ", globals)))
    assert.are.same({ "names_row" }, (candidates('csv.rows("a(b.csv", { na', globals)))
    assert.are.same({ "names_row" }, (candidates('csv.Generic { path = "x", na', globals)))
    assert.are.same({ "nil", "not" }, (candidates("plain({ n", globals)))
    assert.are.same({ "nil", "not" }, (candidates("show(x, { n = n", globals)))
    assert.are.same({ "nil", "not" }, (candidates("show { n = 5 } n", globals)))
    local start, replacement = complete.completer(globals, no_ids)("show(x, { columns = 2, h")
    assert.are.same({ 24, "html" }, { start, replacement })
    assert.are.equal(10, #select(3, complete.completer(globals, no_ids)("show(x, { ")))
    assert.are.same({ "  ", {} }, { select(2, complete.completer(globals, no_ids)("x = { ")) })
  end)

  it("finds methods of strings and files", function()
    assert.are.same({ "rep", "reverse" }, (candidates("s:re", { s = "x" })))
    assert.are.same({ "seek", "setvbuf" }, (candidates("f:se", { f = io.stdout })))
  end)

  it("finds ids in strings, from where they begin", function()
    assert.are.same({ "com.lecun.mnist", "com.lecun.processed" }, (candidates 'prepare "com.'))
    assert.are.equal(10, select(2, candidates 'prepare "com.'))
  end)

  it("finds paths in strings", function()
    local folder = temp.folder()
    temp.write(folder .. "/some folder/a.txt", "")
    temp.write(folder .. "/some.txt", "")
    assert.are.same({ "some folder/", "some.txt" }, (candidates('io.open("' .. folder .. "/so")))
    assert.are.same({ "a.txt" }, (candidates("io.open('" .. folder .. "/some folder/")))
    temp.remove(folder)
  end)

  it("finds nothing in comments, numbers, after unknown names and behind calls", function()
    for _, text in ipairs { "-- f", "x = 12", "nothing.f", "f().f", "x[f].f", "a.b.c", '"\\"-- x' } do
      assert.are.same({}, (candidates(text, { a = {}, f = print })))
    end
  end)

  it("runs nothing of the user's", function()
    local trap = setmetatable({}, { __index = function()
      error "called"
    end, __pairs = function()
      error "called"
    end })
    assert.are.same({}, (candidates("trap.x.", { trap = trap })))
    assert.are.same({}, (candidates("trap.", { trap = trap })))
    local circle = {}
    setmetatable(circle, { __index = circle })
    assert.are.same({}, (candidates("circle.x.", { circle = circle })))
    assert.are.same({}, (candidates("circle.", { circle = circle })))
  end)

  it("inserts what all candidates begin with, whole characters only", function()
    local completer = complete.completer({ a = { reset = 1, restart = 1 } }, no_ids)
    assert.are.same({ 3, "res", { "reset", "restart" } }, { completer "a.r" })
    assert.are.same({ 3, "  ", {} }, { completer "  " })
    assert.are.same({ 10, "com.lecun.mnist", { "com.lecun.mnist" } }, { completer 'prepare "com.lecun.m' })
  end)

  it("knows every method of a tensor", function()
    for name in pairs(help_tensor.methods) do
      assert.are.equal("function", type(tensor[name]), name)
    end
    local source = ""
    for _, part in ipairs { "views", "values", "math", "reductions" } do
      source = source .. temp.read("src/api/tensor_" .. part .. ".c")
    end
    for name in source:gmatch '{"(%l[%l_]*)",%s*[%w_]+}' do
      assert.is_truthy(help_tensor.methods[name], name)
    end
  end)
end)

describe("a shown value", function()
  it("has its keys in order", function()
    assert.are.equal('{ 1, 2, [10] = 3, a = 1, b = { x = true }, ["c d"] = 4 }',
      show.value { 1, 2, [10] = 3, b = { x = true }, a = 1, ["c d"] = 4 })
  end)

  it("is bounded in depth, items, and length of strings", function()
    local deep = {}
    deep.self = deep
    assert.are.equal("{ self = { the table above } }", show.value(deep))
    assert.are.equal("{ { { { {…} } } } }", show.value { { { { { 1 } } } } })
    local many = {}
    for i = 1, 1000 do
      many[i] = i
    end
    assert.matches("… 960 more\n}$", show.value(many))
    assert.matches('^"x+"… %(5000 bytes%)$', show.value(("x"):rep(5000)))
    assert.matches("… %d+ more lines$", show.value(setmetatable({}, { __tostring = function()
      return ("x\n"):rep(1000)
    end })))
  end)

  it("cuts a string between characters", function()
    assert.are.equal('{\n  "' .. ("x"):rep(99) .. '"… (101 bytes)\n}', show.value { ("x"):rep(99) .. "é" })
  end)

  it("survives a __tostring that fails", function()
    assert.are.equal("table without a text (its __tostring failed)",
      show.value(setmetatable({}, { __tostring = error })))
  end)

  it("tells type, shape and size of a tensor's file", function()
    local folder = temp.folder()
    local path = temp.write(folder .. "/x.idx", "\0\0\8\2\0\0\0\2\0\0\0\3abcdef")
    assert.are.equal("IDX  uint8 2 × 3, 18 bytes\n" .. path, show.value(idx { path = path }))
    local damaged = temp.write(folder .. "/y.idx", "no")
    assert.matches("^IDX  /tmp/.*, 2 bytes\n", show.value(idx { path = damaged }))
    assert.are.equal("IDX  no such file\n/nowhere/x", show.value(idx { path = "/nowhere/x" }))
    temp.remove(folder)
  end)

  it("tells the columns of a table, and what of its fields is no default", function()
    local folder = temp.folder()
    local path = temp.write(folder .. "/x.csv", "name;grams\nlemon;85\n")
    assert.are.equal('Generic  2 columns: name, grams, 20 bytes  delimiter = ";", names_row = 0\n' .. path,
      show.value(csv.Generic { path = path, delimiter = ";", names_row = 0 }))
    assert.are.equal("Generic  1 column, 20 bytes\n" .. path, show.value(csv.Generic { path = path }))
    temp.write(path, ("a%d,"):rep(9):format(1, 2, 3, 4, 5, 6, 7, 8, 9) .. "b\n")
    assert.are.equal("Matrix  10 columns: a1, a2, a3, a4, a5, a6, a7, a8, …, 29 bytes  names_row = 0\n"
      .. path,
      show.value(csv.Matrix { path = path, names_row = 0 }))
    temp.write(path, "caf\xe9\n")
    assert.are.equal(("Generic  %s:1:4: byte 0xe9 (utf-8 expected), 5 bytes\n%s"):format(path, path),
      show.value(csv.Generic { path = path }))
    temp.write(path, "")
    assert.are.equal("Generic  0 columns, 0 bytes\n" .. path, show.value(csv.Generic { path = path }))
    temp.remove(folder)
  end)

  it("finds a file in an archive, and an archive taken for a folder", function()
    local folder = temp.folder()
    temp.write(folder .. "/x.csv", "a,b\n")
    program.shell(("cd %s && zip -q0X x.zip x.csv"):format(folder))
    local path = folder .. "/x.zip"
    assert.are.equal(("Generic  2 columns, in an archive of 112 bytes\n%s!/x.csv"):format(path),
      show.value(csv.Generic { path = path .. "!/x.csv" }))
    assert.are.equal(("Folder  archive, 112 bytes\n%s"):format(path),
      show.value(data.Folder { path = path }))
    assert.are.equal("Folder\n" .. folder,
      show.value(data.Folder { path = folder }))
    temp.remove(folder)
  end)
end)
