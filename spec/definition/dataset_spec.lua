local script = require "spec.support.script"
local types = require "datamaestro.data.types"

local HEAD = [[
local data = use "datamaestro.data"
local ml = use "datamaestro.data.ml"
local IDX = use "datamaestro.data.tensor".IDX
]]

local function load(builder, T)
  return assert(script.load(HEAD .. ([[
X =
  filedownloader("a.tar.gz", "https://host/a.gz") ..
  filedownloader("b.idx", "https://host/b", { name = "other" }) ..
  dataset { %s, [[X

    About it.]].."]]"..[[ , url = "https://host/", doi = "10.1000/182" } ..
  %s]]):format(T or "ml.Supervised", builder)))[1]
end

local PATHS = { a = "/data/a", other = "/data/b" }

local function problem(builder, T)
  local object, message, code = load(builder, T):build(PATHS)
  assert(object == nil and code == "definition")
  return (message:gsub("^/nowhere/spec/com/", ""))
end

describe("a dataset", function()
  it("tells what was declared", function()
    local set = load "function(other, a) return {} end"
    assert.equal("com.test.x", set.id)
    assert.equal("spec", set.repository.id)
    assert.equal("X", set.name)
    assert.equal("About it.", set.description)
    assert.equal("https://host/", set.url)
    assert.equal("10.1000/182", set.doi)
    assert.equal("datamaestro.data.ml.supervised", set.type.id)
    assert.same({ "other", "a" }, set.parameters)
    assert.same({ "com.test.x" }, set.aliases)
    assert.equal("dataset com.test.x@spec", tostring(set))
    assert.same({ 5, "/nowhere/spec/com/test.lua" }, { set.line, set.file })
  end)

  it("keeps its resources in written order, checked, with defaults", function()
    local set = load "function() end"
    local first, second = set.resources[1], set.resources[2]
    assert.same({ name = "a", filename = "a.tar.gz", url = "https://host/a.gz", kind = "filedownloader",
      file = set.file, line = 5, transforms = "gzip", transient = false }, first)
    assert.same({ "other", "b.idx", "none" }, { second.name, second.filename, second.transforms })
    assert.equal(second, set:resource "other")
    assert.is_nil(set:resource "b")
  end)

  it("gives mirrors as URLs or tables with hashes of their own", function()
    local set = assert(script.load([[
X = filedownloader("a", "http://x/a.gz", { sha256 = ("AB"):rep(32), content = { size = 5 },
  mirrors = { "http://y/a.gz", { "http://z/a", size = 7 }, { url = "http://z/a.gz?x=1" } } }) .. ]]
      .. script.tail))[1]
    local resource = set.resources[1]
    assert.equal(("ab"):rep(32), resource.sha256)
    assert.same({ size = 5 }, resource.content)
    assert.same({ "http://y/a.gz", { url = "http://z/a", size = 7, transforms = "none" },
      { url = "http://z/a.gz?x=1", transforms = "gzip" } }, resource.mirrors)
  end)

  it("adds its tags and tasks to those of its type, sorted, each once", function()
    local folder = script.folder {
      ["r/init.lua"] = "return {}",
      ["r/data.lua"] = [[
        Role = datatype { use "datamaestro.data".Base, tags = { "role" } }
        T = datatype { use "datamaestro.data".File, implements = { Role }, tags = { "z" },
          tasks = { "t" } }]],
      ["r/com/x.lua"] = [[X = datatags("b", "z") .. datatasks("a") .. datatags("a") ..
        dataset { use "r.data".T } .. function() end]],
    }
    local set = require "datamaestro.definition.registry".open { roots = { folder } }:find "com.x.x"
    script.remove(folder)
    assert.same({ "a", "b", "role", "z" }, set.tags)
    assert.same({ "a", "t" }, set.tasks)
  end)
end)

describe("building a dataset", function()
  it("passes the paths by name, in the parameters' order", function()
    local object = assert(load [[function(other, a)
      return { train = IDX { path = a }, test = IDX { path = other } } end]]:build(PATHS))
    assert.equal("/data/a", object.train.path)
    assert.equal("/data/b", object.test.path)
  end)

  it("gives nested ids, with the repository, in lists from 0", function()
    local object = assert(load([[function(a, other)
      return { parts = { IDX { path = a }, data.File { path = other } }, one = data.File { path = a } }
    end]], "data.Generic"):build(PATHS))
    assert.equal("com.test.x@spec", object.id)
    assert.equal("com.test.x.parts.0@spec", object.parts[1].id)
    assert.equal("com.test.x.parts.1@spec", object.parts[2].id)
    assert.equal("com.test.x.one@spec", object.one.id)
  end)

  it("leaves ids that the author gave, and all below them", function()
    local object = assert(load [[function(a)
      return { train = ml.Supervised { id = "mine", train = IDX { path = a } }, test = IDX { path = a } }
    end]]:build(PATHS))
    assert.equal("mine", object.train.id)
    assert.is_nil(object.train.train.id)
    assert.equal("com.test.x.test@spec", object.test.id)
  end)

  it("takes an object of the type, or of one that inherits from it", function()
    local object = assert(load("function(a) return IDX { path = a } end", "data.File"):build(PATHS))
    assert.equal("IDX", types.type_of(object).name)
    assert.equal("com.test.x@spec", object.id)
  end)

  it("makes a new object each time", function()
    local set = load "function(a) return { train = IDX { path = a } } end"
    assert.not_equal(set:build(PATHS), set:build(PATHS))
  end)

  it("says at the author's line what is wrong with the result", function()
    assert.equal("test.lua:10: the function's result: nothing (fields of Supervised expected)",
      problem "function() end")
    assert.equal("test.lua:10: the function's result: integer (fields of Supervised expected)",
      problem "function() return 5 end")
    assert.equal("test.lua:10: the function's result: IDX (Supervised expected)",
      problem "function(a) return IDX { path = a } end")
    assert.equal("test.lua:10: Supervised.train: string (Base expected)",
      problem "function(a) return { train = a } end")
    assert.equal("test.lua:10: Supervised.train: missing (Base expected)", problem "function() return {} end")
    assert.equal("test.lua:10: Supervised.tset: unknown field (did you mean 'test'?)",
      problem "function(a) return { train = IDX { path = a }, tset = 5 } end")
    assert.equal("test.lua:11: IDX.path: missing (path expected)",
      problem "function(a)\n return IDX {} end")
    assert.equal("test.lua:11: IDX.pth: unknown field (did you mean 'path'?)",
      problem "function(a)\n local i = IDX { path = a } return { train = i.pth } end")
  end)

  it("limits how long the function runs #costly", function()
    assert.equal("test.lua:11: more than 100000000 instructions (an endless loop?)",
      problem "function()\n while true do end end")
  end)

  it("limits what the function reaches", function()
    assert.equal("test.lua:11: unknown name 'io' (scripts cannot reach the system)",
      problem "function(a)\n io.open(a, 'w') end")
    assert.equal("test.lua:11: IDX:data(): "
      .. "a definition only describes data (methods are for those who open it)",
      problem "function(a)\n return IDX { path = a }:data() end")
  end)

  it("finds objects that were changed after they were made", function()
    assert.equal("test.lua:10: Supervised.train.path: integer (path expected)",
      problem "function(a) local i = IDX { path = a } i.path = 5 return { train = i } end")
    assert.equal("test.lua:10: Supervised.train.train: holds itself, or is over 32 deep",
      problem [[function(a) local s = ml.Supervised { train = IDX { path = a } } s.train = s
        return { train = s } end]])
    assert.equal("test.lua:10: Generic.f: function (data expected)",
      problem("function(a) return { f = function() end } end", "data.Generic"))
    assert.equal("test.lua:10: Generic.t[x]: holds itself, or is over 32 deep",
      problem("function(a) local t = {} t.x = t return { t = t } end", "data.Generic"))
  end)

  it("raises for a path that is not given", function()
    assert.error_matches(function() load("function(a) end"):build {} end,
      "com.test.x: no path for resource 'a'")
    assert.error_matches(function() load("function(a) end"):build() end,
      "com.test.x: no path for resource 'a'")
  end)
end)

describe("a dataset's result", function()
  local GENERIC = "use 'datamaestro.data'.Generic"

  local function generic_problem(value)
    return problem(("function(a) %s end"):format(value), GENERIC):match ": (Generic.*)$"
  end

  it("holds only what JSON can hold", function()
    assert.equal("Generic.x: key 2 (either a list 1, 2, … or names expected)",
      generic_problem "return { x = { a = 1, [2] = 3 } }")
    assert.equal("Generic.x: key true (either a list 1, 2, … or names expected)",
      generic_problem "return { x = { [true] = 1 } }")
    assert.equal("Generic.x: inf (finite number expected)", generic_problem "return { x = 1 / 0 }")
  end)

  it("#costly is bounded, however often a part of it stands in it", function()
    assert.matches("^Generic%.x.*: over 1000000 values in all %(a table that stands in many places%?%)$",
      generic_problem [[local t, u = {}, {} for i = 1, 2000 do t[i] = i end
        for i = 1, 1000 do u[i] = t end return { x = u }]])
    assert.matches("^Generic%.x.*: over 64 MiB of text in all$", generic_problem
      "local s, t = ('x'):rep(1 << 20), {} for i = 1, 100 do t[i] = s end return { x = t }")
  end)
end)

describe("a definition that takes long to be checked", function()
  it("#costly is stopped by its limits", function()
    local _, message = script.load [[
      local mirrors = {}
      for i = 1, 1000000 do mirrors[i] = "https://host/x" end
      local step = filedownloader("a.bin", "https://host/x", { mirrors = mirrors })
      local chain = step
      for i = 1, 100 do chain = step .. chain end
      X = chain .. dataset { use "datamaestro.data".File } .. function() end]]
    assert.matches("more than", message)
  end)
end)
