-- Where resources stand, and which of them the dataset's function can have.
local script = require "spec.support.script"

local HEAD = 'local File = use "datamaestro.data".File\n'

local function chain(steps, parameters)
  return HEAD .. ("X = %s ..\n dataset { File } ..\n function(%s) end"):format(table.concat(steps, " ..\n "),
    parameters or "")
end

local function places(...)
  local found = {}
  for i, resource in ipairs(assert(script.load(chain { ... }))[1].resources) do
    found[i] = resource.filename
  end
  return found
end

local ZIP = 'zipdownloader("z", "https://host/z.zip")'

describe("the places of resources", function()
  it("are what their kinds say, for one alone the dataset's folder where it is one", function()
    assert.same({ "" }, places(ZIP))
    assert.same({ "z", "a.txt" }, places(ZIP, script.resource "a.txt"))
    assert.same({ "a.txt" }, places(script.resource "a.txt"))
  end)

  it("differ", function()
    assert.equal("test.lua:3: two resources are stored as 'a' (the other one is in line 2; archives take "
      .. "'folder')", script.problem(chain { script.resource "a",
      'zipdownloader("z", "https://host/z.zip", { folder = "a" })' }))
  end)

  it("may be deep, but none lies in another's", function()
    local kind = require "datamaestro.engine.resources.zipdownloader"
    local place = kind.place
    finally(function()
      kind.place = place
    end)
    kind.place = function()
      return "a/b/c"
    end
    assert.same({ "a/b/c", "b" }, places(ZIP, script.resource "b"))
    assert.equal("test.lua:3: 'a/b/c' lies inside 'a', the place of resource 'a' in line 2 (another place "
      .. "expected)", script.problem(chain { script.resource "a", ZIP }))
    assert.equal("test.lua:2: 'a/b/c' lies inside 'a', the place of resource 'a' in line 3 (another place "
      .. "expected)", script.problem(chain { ZIP, script.resource "a" }))
    kind.place = function()
      return ""
    end
    assert.equal("test.lua:3: 'a' lies inside '.', the place of resource 'z' in line 2 (another place "
      .. "expected)",
      script.problem(chain { ZIP, script.resource "a" }))
  end)

  it("of what stands nowhere do not count", function()
    assert.same({ "a", "a.txt" }, places('reference("a", "org.x")', 'filedownloader("a.txt", "https://h/a", '
      .. '{ name = "b" })'))
  end)
end)

describe("the parameters of a dataset's function", function()
  it("are no transient resource: that is gone by then", function()
    local steps = { 'zipdownloader("z", "https://host/z.zip", { transient = true })',
      'filescopy("a", "z", { "a.txt" })' }
    assert.is_truthy(script.load(chain(steps, "a")))
    assert.equal("test.lua:5: parameter 'z': a transient resource that 'a' needs, gone by then (transient = "
      .. "false keeps it)", script.problem(chain(steps, "a, z")))
  end)
end)
