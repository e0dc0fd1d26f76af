local file = require "datamaestro.api.file"
local loader = require "datamaestro.definition.loader"
local registry = require "datamaestro.definition.registry"
local repository = require "datamaestro.definition.repository"
local script = require "spec.support.script"

local function set(option)
  return ("dataset { use 'datamaestro.data'.File, '%s' } .. function() end"):format(option or "Set")
end

local FILES = {
  ["b/init.lua"] = "return { id = 'bee', description = 'Second', author = 'B' }",
  ["b/com/x.lua"] = "Same = " .. set "of b",
  ["a/init.lua"] = "return {}",
  ["a/data.lua"] = "Kind = datatype { use 'datamaestro.data'.File, [[A kind.]] }",
  ["a/com/x.lua"] = "Same = " .. set "of a" .. "\nTwo = " .. set(),
  ["a/com/x/y.lua"] = "local K = use 'a.data'.Kind\nreturn dataset { K } .. function() end",
  ["a/com/z/init.lua"] = "return " .. set(),
  ["a/org/Upper.lua"] = "Case = " .. set(),
  ["a/net/elsewhere.lua"] =
    "X = dataset { use 'datamaestro.data'.File, id = 'edu.other.name' } .. function() end",
  ["a/net/broken.lua"] = "Bad = (",
  ["a/.git/hidden.lua"] = "error 'read'",
  ["a/notes.txt"] = "no script",
  ["plain/readme.txt"] = "no repository",
}

describe("repositories of one id", function()
  it("are one: the first; the others are named", function()
    local folder = script.folder { ["one/init.lua"] = 'return { id = "same" }',
      ["two/init.lua"] = 'return { id = "same" }', ["other/init.lua"] = "return {}" }
    local opened = registry.open { roots = { folder, folder .. "/one" } }
    assert.same({ "same" }, opened.hidden)
    assert.equal(folder .. "/one", opened:repository("same").path)
    script.remove(folder)
  end)
end)

describe("the registry", function()
  local folder, r
  setup(function()
    folder = script.folder(FILES)
    r = registry.open { roots = { folder } }
  end)
  teardown(function() script.remove(folder) end)

  local function ids(datasets)
    local list = {}
    for i, one in ipairs(datasets) do
      list[i] = one.id .. "@" .. one.repository.id
    end
    return list
  end

  it("lists the repositories by id", function()
    local list = r:repositories()
    assert.same({ "a", "bee" }, { list[1].id, list[2].id })
    assert.same({ "Second", "B", folder .. "/b" }, { list[2].description, list[2].author, list[2].path })
  end)

  it("lists the definitions: not init.lua, data.lua or what is hidden", function()
    local names = {}
    for i, path in ipairs(r:files()) do
      names[i] = path:sub(#folder + 2)
    end
    assert.same({ "a/com/x/y.lua", "a/com/x.lua", "a/com/z/init.lua", "a/net/broken.lua",
      "a/net/elsewhere.lua",
      "a/org/Upper.lua", "b/com/x.lua" }, names)
  end)

  it("lists the datasets by repository and id, and what could not be read", function()
    local datasets, problems = r:datasets()
    assert.same({ "com.x.same@a", "com.x.two@a", "com.x.y@a", "com.z@a", "edu.other.name@a",
      "org.upper.case@a",
      "com.x.same@bee" }, ids(datasets))
    assert.same({ { file = folder .. "/a/net/broken.lua",
      message = folder .. "/a/net/broken.lua:1: unexpected symbol near <eof>" } }, problems)
  end)

  it("finds a dataset by id, in the first repository or the one named", function()
    assert.equal("of a", r:find("com.x.same").name)
    assert.equal("of b", r:find("com.x.same@bee").name)
    assert.equal("com.x.y", r:find("com.x.y").id)
    assert.equal("com.z", r:find("com.z@a").id)
  end)

  it("finds ids that the path does not tell", function()
    assert.equal("edu.other.name", r:find("edu.other.name").id)
    assert.equal("org.upper.case", r:find("org.upper.case").id)
  end)

  it("reads only the files that an id names", function()
    local fresh = registry.open { roots = { folder } }
    assert(fresh:find "com.x.two")
    local read = {}
    for path in pairs(fresh.loaded) do
      read[#read + 1] = path:sub(#folder + 2)
    end
    assert.same({ "a/com/x.lua" }, read)
  end)

  it("guesses what a misspelt id means", function()
    assert.same({ nil, "com.x.tow: unknown dataset (did you mean 'com.x.two'?)", "unknown" },
      { r:find "com.x.tow" })
    assert.same({ nil, "nothing.like.it: unknown dataset", "unknown" }, { r:find "nothing.like.it" })
    assert.same({ nil, "be: unknown repository (did you mean 'bee'?)", "unknown" },
      { r:find "com.x.same@be" })
  end)

  it("tells of the broken file that should hold an id", function()
    assert.same({ nil, folder .. "/a/net/broken.lua:1: unexpected symbol near <eof>", "definition" },
      { r:find "net.broken.bad" })
  end)

  it("looks nowhere else for hostile ids", function()
    for _, id in ipairs { "", "@", "..", "../../etc/passwd", "a/../b", "com.x.same@", "\0",
      ("x"):rep(10000), "%s" } do
      local found, message, code = r:find(id)
      assert.is_nil(found)
      assert.equal("string", type(message))
      assert.equal("unknown", code)
    end
  end)

  it("takes a root that is itself a repository, and the first of one id", function()
    local list = registry.open { roots = { folder .. "/b/", folder, "/does/not/exist" } }:repositories()
    assert.same({ folder .. "/a", folder .. "/b" }, { list[1].path, list[2].path })
  end)

  it("looks in DATAMAESTRO_PATH, the user's folder and the program's", function()
    local done, output = script.fresh(([[
      for _, root in ipairs(require "datamaestro.definition.repository".roots()) do io.write(root,
        "\n") end]]),
      "DATAMAESTRO_PATH=/one:/two HOME=/home/me")
    assert.is_true(done)
    local host = require "datamaestro.api.host"
    assert.equal("/one\n/two\n/home/me/.local/share/datamaestro/repositories\n"
      .. host.datasets .. "\n", output)
  end)
end)

describe("a repository with mistakes", function()
  local folder
  after_each(function() script.remove(folder) end)

  local function problems(files)
    folder = script.folder(files)
    local _, list = registry.open { roots = { folder } }:datasets()
    local messages = {}
    for i, problem in ipairs(list) do
      messages[i] = problem.message:gsub(folder:gsub("%p", "%%%0"), "")
    end
    return messages
  end

  it("tells of ids that two files give", function()
    assert.same({ "/r/com/y.lua:1: id 'com.x' is also the one of /r/com/x.lua:1 (ids must differ)" },
      problems {
      ["r/init.lua"] = "return {}", ["r/com/x.lua"] = "return " .. set(),
      ["r/com/y.lua"] = "X = dataset { use 'datamaestro.data'.File, id = 'com.x' } .. function() end",
    })
  end)

  it("tells what is wrong with its init.lua", function()
    assert.same({
      "/a/init.lua:1: unexpected symbol near <eof>",
      "/b/init.lua:1: repository: nil (table expected)",
      "/c/init.lua:1: repository.id: 'a/b' (letters, digits, '_' and '-' expected)",
      "/d/init.lua:1: repository.descripton: unknown field (did you mean 'description'?)",
      "/e/init.lua:1: unknown name 'os' (scripts cannot reach the system)",
      "/f/init.lua:1: global 'id': a repository's init.lua only returns { id = …, description = … }",
    }, problems {
      ["a/init.lua"] = "return (", ["b/init.lua"] = "", ["c/init.lua"] = "return { id = 'a/b' }",
      ["d/init.lua"] = "return { descripton = 'x' }", ["e/init.lua"] = "return os.getenv",
        ["f/init.lua"] = "id = 5",
    })
  end)

  it("tells what is wrong with its data.lua, where it is used", function()
    local use = "local T = use 'r.data'.T\nX = dataset { T } .. function() end"
    local function data_problem(text)
      local list = problems { ["r/init.lua"] = "return {}", ["r/data.lua"] = text, ["r/com/x.lua"] = use }
      script.remove(folder)
      return list[1]
    end
    assert.equal("/r/data.lua:2: unknown name 'datatyp' (did you mean 'datatype'?)",
      data_problem "\nT = datatyp {}")
    assert.equal("/r/data.lua:1: T: no parent (datatype { Parent, … } expected; the first one is Base)",
      data_problem "T = datatype {}")
    assert.equal("/r/data.lua:1: global 'T': integer (datatype { … } expected; write 'local T' for helpers)",
      data_problem "T = 5")
    assert.equal("/r/data.lua:1: T.a: unknown type strng (did you mean 'string'?)",
      data_problem "T = datatype { use 'datamaestro.data'.Base, fields = { { 'a', 'strng' } } }")
    assert.equal("/r/data.lua:1: T.implements: File has fields (a type without fields expected)",
      data_problem "local d = use 'datamaestro.data' T = datatype { d.Base, implements = { d.File } }")
    assert.equal("/r/data.lua:1: T.methods: unknown field (fields, implements, tags, tasks, abstract "
      .. "expected)", data_problem "T = datatype { use 'datamaestro.data'.Base, methods = { m = 5 } }")
    for option, problem in pairs {
      ["default = function() end"] = "T.a.default: function (string, number or boolean expected)",
      ["default = {}"] = "T.a.default: table (string, number or boolean expected)",
      ["check = function() end"] = "T.fields[1].check: unknown field (name, type, items, default, optional, "
        .. "doc expected)",
      ["docs = 'x'"] = "T.fields[1].docs: unknown field (did you mean 'doc'?)",
    } do
      assert.equal("/r/data.lua:1: " .. problem, data_problem(
        ("T = datatype { use 'datamaestro.data'.Base, fields = { { 'a', 'any', %s } } }"):format(option)))
    end
    assert.equal("/r/data.lua:1: T.a.type: table (data type or name of a type expected)", data_problem(
      "T = datatype { use 'datamaestro.data'.Base, fields = { { 'a', { accepts = function() end } } } }"))
    assert.equal("/r/data.lua:1: T.id: every object has one already (another name expected)",
      data_problem "T = datatype { use 'datamaestro.data'.Base, fields = { { 'id', 'string' } } }")
    assert.equal("/r/data.lua:1: two data types are called 'T'",
      data_problem "T = datatype { use 'datamaestro.data'.Base } T = datatype { 5 }")
    assert.equal("/r/data.lua: uses itself, directly or by another repository",
      (data_problem "T = use 'r.data'.T":gsub("^/r/data.lua:1: ", "")))
    assert.equal("/r/com/x.lua:1: r.data has no 'T'", data_problem "")
    folder = script.folder {}
  end)
end)

describe("a single file", function()
  local folder
  after_each(function() script.remove(folder) end)

  it("belongs to the repository that it stands in", function()
    folder = script.folder(FILES)
    local datasets = assert(loader.load(folder .. "/a/com/x/y.lua"))
    assert.equal("com.x.y", datasets[1].id)
    assert.equal("a", datasets[1].repository.id)
    assert.equal("datamaestro_a.data.kind", datasets[1].type.id)
  end)

  it("outside every repository has one made of its folder", function()
    folder = script.folder { ["my sets/x.lua"] = "return " .. set() }
    local datasets = assert(loader.load(folder .. "/my sets/x.lua"))
    assert.equal("x", datasets[1].id)
    assert.equal("my_sets", datasets[1].repository.id)
    assert.is_true(datasets[1].repository.pseudo)
  end)

  it("that cannot be read says so", function()
    folder = script.folder { ["big.lua"] = ("-"):rep(4 * 1024 * 1024 + 1) }
    local _, message, code = loader.load(folder .. "/none.lua")
    assert.equal("unknown", code)
    assert.equal(folder .. "/none.lua: ", message:sub(1, #folder + 11))
    assert.same({ nil, folder .. "/big.lua: over 4 MiB (a script expected)", "definition" },
      { loader.load(folder .. "/big.lua") })
    assert.same({ nil, folder .. ": a folder (file expected)", "definition" }, { loader.load(folder) })
  end)

  it("may use the data types of the repositories that come with the program", function()
    folder = script.folder { ["x.lua"] = [[
      return dataset { use "image.data".ImageClassification } .. function() end]] }
    assert.equal("datamaestro_image.data.imageclassification",
      assert(loader.load(folder .. "/x.lua"))[1].type.id)
  end)

  it("is missed in folders that lie too deep, which is said", function()
    local deep = ("d/"):rep(16)
    folder = script.folder { ["r/init.lua"] = "return {}", ["r/" .. deep .. "x.lua"] = "X = " .. set() }
    local _, problems = registry.open({ roots = { folder } }):datasets()
    assert.same({ { file = folder .. "/r/" .. deep,
      message = folder .. "/r/" .. deep:sub(1, -2) .. ": over 16 folders in folders" } }, problems)
  end)

  it("is found through links that lead in a circle", function()
    folder = script.folder { ["r/init.lua"] = "return {}", ["r/com/x.lua"] = "X = " .. set() }
    os.execute(("ln -s .. '%s/r/com/loop'"):format(folder))
    local opened = assert(repository.open(folder .. "/r"))
    assert.is_true(#opened:files() < 100)
    assert(os.remove(folder .. "/r/com/loop"))
    assert.is_truthy(file.stat(folder))
  end)
end)
