-- Where datasets, resources and parts are, or would be.
local holdings = require "spec.support.holdings"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("path", function()
  local lab, example

  setup(function()
    lab = holdings.new()
    example = lab.data .. "/data/lab/org/example/"
    temp.write(lab.repository .. "/data.lua", [[
      Fields = datatype { use "datamaestro.data".Base, "Fields", fields = { { "name", "string" },
        { "where", "path" } } }]])
    temp.write(lab.repository .. "/org/other.lua", [[
      local File = use "datamaestro.data".File
      Named = filedownloader("a.bin", "https://example.org/a") ..
        dataset { use "lab.data".Fields, "Fields" } ..
        function(a) return { name = a, where = a .. ".idx" } end
      Ref = reference("whole", "org.example.data") .. reference("part", "com.lecun.mnist.train.labels") ..
        dataset { File, "Refers" } .. function(whole) return { path = whole.path } end]])
  end)

  teardown(function()
    lab:close()
  end)

  local function run(...)
    return lab:run { "path", ... }
  end

  local function path(...)
    local result = run(...)
    assert.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  local function refuses(status, message, ...)
    local result = run(...)
    assert.same({ status, "datamaestro: " .. message .. "\n", "" }, { result.status, result.err, result.out })
  end

  it("prints the folders of datasets, one a line", function()
    assert.equal(example .. "data\n" .. example .. "data/inner\n", path("org.example.data",
      "org.example.data.inner"))
    assert.equal(example .. "family/seed=2,size=large\n", path "org.example.family[size=large,seed=2]@lab")
  end)

  it("prints where resources stand, by their names", function()
    assert.equal(example .. "pair/one.bin\n" .. example .. "pair/tree\n",
      path("org.example.pair.one", "org.example.pair.tree"))
    assert.equal(example .. "tree\n", path "org.example.tree.tree")
    assert.equal(example .. "family/size=small/small.bin\n", path "org.example.family[size=small].small")
  end)

  it("prints the path that a part has, or is", function()
    assert.equal(lab.data .. "/data/image/com/lecun/mnist/train_images.idx\n",
      path "com.lecun.mnist.train.images")
    assert.equal(example .. "data/data.bin\n", path "org.example.data.path")
    assert.equal(lab.data .. "/data/lab/org/other/named/a.bin.idx\n", path "org.other.named.where")
    refuses(3, "org.other.named.name: no path (a part that is or has one expected)", "org.other.named.name")
  end)

  it("prints where a reference leads", function()
    assert.equal(example .. "data\n", path "org.other.ref.whole")
    assert.equal(lab.data .. "/data/image/com/lecun/mnist/train_labels.idx\n", path "org.other.ref.part")
    assert.equal(example .. "led\n", path "org.example.led.led")
  end)

  it("needs nothing of it to be there, unless that is asked for", function()
    local folder = lab.data .. "/data/image/com/lecun/mnist"
    assert.equal(folder .. "\n", path "com.lecun.mnist")
    assert.equal(example .. "data\n", path("--exists", "org.example.data"))
    local result = run("--exists", "com.lecun.mnist", "org.example.data.data", "com.lecun.mnist.train_images")
    assert.equal(3, result.status)
    assert.equal(example .. "data/data.bin\n", result.out)
    local line = "datamaestro: %s: not there (`datamaestro prepare com.lecun.mnist` brings it)\n"
    assert.equal(line:format(folder) .. line:format(folder .. "/train_images.idx"), result.err)
  end)

  it("prints JSON", function()
    local result = lab:run { "--json", "path", "--exists", "org.example.data.data", "com.lecun.mnist" }
    assert.equal(3, result.status)
    assert.same({
      { id = "org.example.data.data", repository = "lab", path = example .. "data/data.bin", exists = true,
        store = lab.data },
      { id = "com.lecun.mnist", repository = "image", path = lab.data .. "/data/image/com/lecun/mnist",
        exists = false, store = lab.data },
    }, json.decode(result.out))
  end)

  it("refuses what is none, or has none", function()
    refuses(3, "org.exampel.data: unknown dataset (did you mean 'org.example.data'?)", "org.exampel.data")
    refuses(3, "org.example.data: no field 'dato' (path expected)", "org.example.data.dato")
    refuses(3, "com.lecun.mnist.train: no path (a part that is or has one expected)", "com.lecun.mnist.train")
    refuses(2, "org.example.family: no value for axis size: small, large (such as jobs=1,seed=1,size=small)",
      "org.example.family")
  end)

  it("prints nothing where one of them is none", function()
    refuses(3, "org.example.nothing: unknown dataset", "org.example.data",
      "org.example.nothing")
  end)

  it("shows an example that works", function()
    local example_line = run("--help").out:match "\nExample: ([^\n]*)"
    assert.equal("ls -l $(datamaestro path com.lecun.mnist)", example_line)
    local out = program.shell(("ls $(%s)"):format(lab:command { "path", "org.example.pair" })).status
    assert.equal(2, out) -- this folder's name has a space in it
    assert.equal(0, program.shell(('ls "$(%s)"'):format(lab:command { "path", "org.example.pair" })).status)
  end)
end)
