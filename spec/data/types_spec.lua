local csv = require "datamaestro.data.csv"
local data = require "datamaestro.data"
local ml = require "datamaestro.data.ml"
local tensor = require "datamaestro.data.tensor"
local types = require "datamaestro.data.types"

local function make(spec)
  spec.module = spec.module or "spec.data"
  return assert(types.new(spec))
end

local function names(fields)
  local list = {}
  for i, field in ipairs(fields) do
    list[i] = field.name
  end
  return table.concat(list, " ")
end

local function raised(f)
  local done, message = pcall(f)
  assert.is_false(done)
  return (message:gsub("^.*types_spec.lua:%d+: ", "here: "))
end

describe("a data type", function()
  it("has a name and the identifier of the Python program, in lower case", function()
    assert.equal("IDX", tensor.IDX.name)
    assert.equal("datamaestro.data.tensor.idx", tensor.IDX.id)
    assert.equal("datamaestro.data.file", data.File.id)
    assert.equal("datamaestro.data.base", data.Base.id)
    assert.equal("datamaestro.data.ml.supervised", ml.Supervised.id)
    assert.equal("datamaestro.data.csv.matrix", csv.Matrix.id)
  end)

  it("has its parent's fields, then its own", function()
    assert.equal("id", names(types.fields(data.Base)))
    assert.equal("id path", names(types.fields(tensor.IDX)))
    assert.equal("id train validation test", names(types.fields(ml.Supervised)))
    assert.equal("id path delimiter ignore names_row encoding", names(types.fields(csv.Generic)))
    assert.equal("id path delimiter ignore names_row encoding size_row target",
      names(types.fields(csv.Matrix)))
    assert.equal("id classes path", names(types.fields(ml.FolderBased)))
  end)

  it("keeps the place of a field that it declares anew", function()
    local T = make { name = "T", parent = data.Base, fields = { { "a", "string" }, { "b", "string" } } }
    local U = make { name = "U", parent = T, fields = { { "c", "string" }, { "a", "integer", default = 7 } } }
    assert.equal("id a b c", names(types.fields(U)))
    assert.equal(7, (U { b = "x", c = "y" }).a)
    assert.equal("string", types.fields(T)[2].type)
  end)

  it("stands for its parents and roles", function()
    local Role = make { name = "Role", parent = data.Base, tags = { "role" } }
    local T = make { name = "T", parent = tensor.IDX, implements = { Role }, tags = { "own" },
      tasks = { "t" } }
    local list = {}
    for i, ancestor in ipairs(types.ancestors(T)) do
      list[i] = ancestor.name
    end
    assert.same({ "T", "IDX", "File", "Tensor", "Role", "Base" }, list)
    assert.same({ "own", "role" }, T.tags)
    assert.same({ "t" }, T.tasks)
    local Holder = make { name = "Holder", parent = data.Base, fields = { { "it", Role } } }
    local object = T { path = "/x" }
    assert.equal(object, (Holder { it = object }).it)
    assert.equal("here: Holder.it: IDX (Role expected)", raised(function()
      Holder { it = tensor.IDX { path = "/x" } }
    end))
  end)

  it("cannot be changed", function()
    assert.equal("here: a data type cannot be changed (declare another one with datatype { … })",
      raised(function() tensor.IDX.name = "x" end))
    table.insert(tensor.IDX.tags, "x")
    table.insert(types.fields(tensor.IDX), {})
    table.insert(types.ancestors(tensor.IDX), {})
    assert.same({}, tensor.IDX.tags)
    assert.equal(2, #types.fields(tensor.IDX))
    assert.is_false(getmetatable(tensor.IDX))
    assert.equal("datamaestro.data.tensor.idx", tostring(tensor.IDX))
  end)

  it("is refused with a wrong declaration", function()
    local function problem(spec)
      spec.module = "spec"
      local T, message = types.new(spec)
      assert.is_nil(T)
      return message
    end
    assert.equal("1x.name: '1x' (name expected)", problem { name = "1x" })
    assert.equal("T.tags[1]: integer (string expected)", problem { name = "T", tags = { 5 } })
    assert.equal("T: parent is table (data type expected)", problem { name = "T", parent = {} })
    assert.equal("T: field without a name ({ \"name\", Type } expected)", problem { name = "T",
      fields = { {} } })
    assert.equal("T.a: unknown type strnig (did you mean 'string'?)",
      problem { name = "T", fields = { { "a", "strnig" } } })
    assert.equal("T.a: unknown type of items 5", problem { name = "T", fields = { { "a", "list",
      items = 5 } } })
    assert.equal("T.implements: string (data type expected)", problem { name = "T", implements = { "x" } })
    assert.equal("T.filds: unknown field (did you mean 'fields'?)", problem { name = "T", filds = {} })
  end)
end)

describe("an object", function()
  it("is of its type, its parents and its roles", function()
    local object = tensor.IDX { path = "/x" }
    assert.equal(tensor.IDX, types.type_of(object))
    assert.is_true(types.is(object, tensor.IDX))
    assert.is_true(types.is(object, tensor.Tensor))
    assert.is_true(types.is(object, data.File))
    assert.is_true(types.is(object, data.Base))
    assert.is_false(types.is(object, data.Folder))
    for _, other in ipairs { {}, "x", 5, true, print, tensor.IDX } do
      assert.is_nil(types.type_of(other))
      assert.is_false(types.is(other, data.Base))
    end
  end)

  it("has defaults, and no more than what was given", function()
    local object = csv.Matrix { path = "/x" }
    assert.same({ ",", 0, -1, -1, nil },
      { object.delimiter, object.ignore, object.names_row, object.size_row, object.target })
  end)

  it("raises wrong use at the caller's line", function()
    local Images = make { name = "Images", parent = data.Base }
    local T = make { name = "T", parent = data.Base, fields = { { "images", Images }, { "labels",
      data.Base } } }
    local images = Images {}
    assert.equal("here: T.labels: string (Base expected)", raised(function() T { images = images,
      labels = "x" } end))
    assert.equal("here: T.labels: missing (Base expected)", raised(function() T { images = images } end))
    assert.equal("here: T.lables: unknown field (did you mean 'labels'?)",
      raised(function() T { lables = 5 } end))
    assert.equal("here: T.[1]: unknown field (id, images, labels expected)", raised(function() T { 5 } end))
    assert.equal("here: T: nil (table expected)", raised(function() T() end))
    assert.equal("here: T: Images object (table of fields expected)", raised(function() T(images) end))
    assert.equal("here: Tensor: has no objects of its own (a type that implements it expected)",
      raised(function() tensor.Tensor {} end))
    assert.equal("here: Generic.delimiter: ';;' (one byte expected)",
      raised(function() csv.Generic { path = "/x", delimiter = ";;" } end))
    assert.equal("here: FolderBased.classes[2]: integer (string expected)",
      raised(function() return ml.FolderBased { path = "/x", classes = { "a", 5 } } end))
    assert.equal("here: IDX.path: '' (path expected)", raised(function() tensor.IDX { path = "" } end))
  end)

  it("cannot take fields later", function()
    assert.equal("here: IDX.other: an object cannot be changed (make another one)",
      raised(function() (tensor.IDX { path = "/x" }).other = 5 end))
  end)

  it("gives its fields in declared order", function()
    local object = csv.Matrix { target = "y", path = "/x", id = "me" }
    local pairs_list, values_list = {}, {}
    for name in pairs(object) do
      pairs_list[#pairs_list + 1] = name
    end
    for field, value in types.values(object) do
      values_list[#values_list + 1] = field.name .. "=" .. tostring(value)
    end
    assert.equal("id path delimiter ignore names_row size_row target", table.concat(pairs_list, " "))
    assert.equal("id=me path=/x delimiter=, ignore=0 names_row=-1 encoding=nil size_row=-1 target=y",
      table.concat(values_list, " "))
    local unset = {}
    for field, value in types.values(ml.Supervised { train = object }) do
      unset[#unset + 1] = value == nil and field.name or nil
    end
    assert.same({ "id", "validation", "test" }, unset)
  end)

  it("of an open type takes any field, shown after the declared ones", function()
    local object = data.Generic { z = 1, a = "x", id = "me" }
    local list = {}
    for name, value in types.pairs(object) do
      list[#list + 1] = name .. "=" .. tostring(value)
    end
    assert.same({ "id=me", "a=x", "z=1" }, list)
  end)

  it("copies the lists that it is given", function()
    local classes = { "a" }
    local object = ml.FolderBased { path = "/x", classes = classes }
    classes[2] = 5
    assert.same({ "a" }, object.classes)
  end)

  it("shows itself as a tree", function()
    local object = ml.Supervised { train = tensor.IDX { path = "/a" }, test = ml.FolderBased {
      path = "/b", classes = { "x", "y" } } }
    types.identify(object, "a.b", "@r")
    assert.equal("Supervised id=a.b@r\n  train: IDX id=a.b.train@r path=/a\n"
      .. "  test: FolderBased id=a.b.test@r classes=[2] path=/b", tostring(object))
  end)

  it("has methods, but not while a script runs", function()
    local object = data.File { path = "/does/not/exist" }
    assert.is_nil(object:open())
    types.seal(1)
    local message = raised(function() object:open() end)
    types.seal(-1)
    assert.equal("here: File:open(): a definition only describes data (methods are for those who open it)",
      message)
  end)

  it("survives a collection between all steps", function()
    collectgarbage "generational"
    for i = 1, 100 do
      local T = make { name = "T" .. i, parent = tensor.IDX, fields = { { "n", "integer" } } }
      collectgarbage()
      local object = T { path = "/x", n = i }
      collectgarbage()
      types.identify(object, "x", "")
      assert.equal(("T%d id=x path=/x n=%d"):format(i, i), tostring(object))
      assert.is_nil(types.verify(object))
    end
    collectgarbage "incremental"
  end)
end)
