local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local ID = "org.example.data"

describe("verify", function()
  local lab, server

  setup(function()
    server = Nginx.start()
    temp.write(server.root .. "/a.txt", "one\n")
    temp.write(server.root .. "/b.txt", "two, longer\n")
    program.shell(("cd '%s' && mkdir top && cp a.txt b.txt top && tar cf t.tar top"):format(server.root))
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function define(resources, more)
    lab:define(([[local Base = use "datamaestro.data".Base
      %s
      Data = %s .. dataset { Base, "Data" } .. function() return {} end]]):format(more or "",
      (resources:gsub("URL", server.url))))
  end

  local function prepare(...)
    local result = lab:run { "--quiet", "prepare", ... }
    assert.equal(0, result.status, result.err)
  end

  local function verify(...)
    return lab:run { "--quiet", "verify", ... }
  end

  it("says what it looked at", function()
    define 'filedownloader("a.txt", "URL/a.txt") .. tardownloader("t", "URL/t.tar")'
    prepare(ID)
    assert.same({ status = 0, out = "1 dataset, 3 files, 20 bytes: no damage\n", err = "" }, verify(ID))
    assert.same({ status = 0, out = "1 dataset, 3 files, 20 bytes, 20 bytes read: no damage\n", err = "" },
      verify("--deep", ID))
  end)

  it("names what is damaged, one a line, with what was found and what was expected", function()
    define 'filedownloader("a.txt", "URL/a.txt") .. tardownloader("t", "URL/t.tar")'
    prepare(ID)
    temp.write(lab:path "a.txt", "two\n")
    temp.write(lab:path "t/a.txt", "o")
    os.remove(lab:path "t/b.txt")
    local text = ([[
FOLDER/a.txt: sha256 %s (%s expected)
FOLDER/t/a.txt: 1 byte (4 expected)
FOLDER/t/b.txt: missing (12 bytes expected)
1 dataset, 2 files, 5 bytes, 4 bytes read: 3 problems
]]):format(digest.string("sha256", "two\n"), digest.string("sha256", "one\n"))
    local result = verify("--deep", ID)
    -- What is read is found after what is seen.
    assert.equal(5, result.status)
    local expected, found = {}, {}
    for line in text:gsub("FOLDER", lab:path()):gmatch "[^\n]+" do
      expected[#expected + 1] = line
    end
    for line in result.out:gmatch "[^\n]+" do
      found[#found + 1] = line
    end
    assert.same(expected, found)
  end)

  it("finds a flipped byte only where it reads", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    prepare(ID)
    temp.write(lab:path "a.txt", "onE\n")
    assert.equal(0, verify(ID).status)
    assert.equal(5, verify("--deep", ID).status)
  end)

  it("goes by what is declared where nothing was recorded, such as by the Python program", function()
    define(('filedownloader("a.txt", "URL/a.txt", { md5 = "%s" })'):format(digest.string("md5", "one\n")))
    temp.write(lab:path "a.txt", "onE\n")
    temp.write(lab:path ".state.json", '{"version": 1, "resources": {"a": {"state": "complete"}}}')
    assert.equal(0, verify(ID).status)
    local result = verify("--deep", ID)
    assert.equal(5, result.status)
    assert.matches(("a.txt: md5 %s (%s expected)"):format(digest.string("md5", "onE\n"),
      digest.string("md5", "one\n")), result.out, 1, true)
  end)

  it("names files that nobody recorded, which are no failure", function()
    define 'filedownloader("a.txt", "URL/a.txt") .. tardownloader("t", "URL/t.tar")'
    prepare(ID)
    temp.write(lab:path "notes\n.txt", "x")
    temp.write(lab:path "t/more/deep.txt", "x")
    local result = verify(ID)
    assert.equal(0, result.status)
    assert.equal((([[
FOLDER/notes\n.txt: not recorded (no resource has it)
FOLDER/t/more/deep.txt: not recorded (no resource has it)
1 dataset, 3 files, 20 bytes: no damage
]]):gsub("FOLDER", lab:path())), result.out)
  end)

  it("names them where a resource fills the dataset's folder, but no other dataset's", function()
    define('tardownloader("t", "URL/t.tar")', ([[Data.Below = filedownloader("a.txt", "%s/a.txt") ..
      dataset { Base, "Below" } .. function() return {} end]]):format(server.url):gsub("Data%.", "Data"))
    prepare(ID)
    temp.write(lab:path "notes.txt", "x")
    temp.write(lab:path "other/.state.json", "{}")
    local result = verify(ID)
    assert.equal(0, result.status)
    assert.equal((([[
FOLDER/notes.txt: not recorded (no resource has it)
1 dataset, 2 files, 16 bytes: no damage
]]):gsub("FOLDER", lab:path())), result.out)
  end)

  it("says what is not prepared, with status 3", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    assert.same({ status = 3, err = "", out = [[
org.example.data: not prepared (`datamaestro prepare org.example.data` fetches it)
1 dataset, 0 files, 0 bytes: no damage, 1 not complete
]] }, verify(ID))
    assert.is_nil(file.stat(lab.data)) -- and writes nothing
  end)

  it("says what was not prepared to the end", function()
    define 'filedownloader("a.txt", "URL/a.txt") .. filedownloader("b.txt", "URL/none.txt")'
    lab:prepare()
    assert.same({ status = 3, err = "", out = [[
org.example.data: not complete, without b (`datamaestro prepare org.example.data` fetches it)
1 dataset, 1 file, 4 bytes: no damage, 1 not complete
]] }, verify(ID))
  end)

  it("checks what a dataset refers to, too", function()
    define('reference("other", Other)', ([[Other = filedownloader("a.txt", "%s/a.txt") ..
      dataset { Base, "Other" } .. function() return {} end]]):format(server.url))
    prepare(ID)
    local path = lab.data .. "/data/lab/org/example/other/a.txt"
    os.remove(path)
    assert.same({ status = 5, err = "", out = path .. ": missing (4 bytes expected)\n"
      .. "2 datasets, 0 files, 0 bytes: 1 problem\n" }, verify(ID))
  end)

  it("misses no transient resource that is gone", function()
    define [[tardownloader("t", "URL/t.tar", { transient = true }) .. filescopy("c", "t", { "a.txt" })]]
    prepare(ID)
    assert.equal("1 dataset, 1 file, 4 bytes: no damage\n", verify(ID).out)
  end)

  it("has JSON for programs", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    prepare(ID)
    temp.write(lab:path "a.txt", "on")
    temp.write(lab:path "x", "")
    local expected = { id = ID, repository = "lab", status = "damaged", repaired = false, files = 1,
      bytes = 2, problems = { { path = lab:path "a.txt", found = "2 bytes", expected = "4" } }, absent = {},
      unrecorded = { lab:path "x" } }
    local result = verify("--json", ID)
    assert.equal(5, result.status)
    assert.same({ expected }, json.decode(result.out))
    expected.repaired = true
    result = verify("--json", "--repair", ID)
    assert.equal(0, result.status)
    assert.same({ expected }, json.decode(result.out))
  end)

  it("wants ids, or --all", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    assert.same({ status = 2, out = "", err = "datamaestro: verify: no dataset (ids, or --all, expected)\n" },
      verify())
    assert.same({ status = 2, out = "",
      err = "datamaestro: verify: ids and --all (one of them expected)\n" }, verify("--all", ID))
    assert.equal(3, verify("org.example.nothing").status)
  end)

  it("checks under --all what the data directory has of what is defined, variants too", function()
    lab:define(([[local Base = use "datamaestro.data".Base
      Here = filedownloader("a.txt", "%s/a.txt") .. dataset { Base, "Here" } .. function() return {} end
      NotHere = filedownloader("a.txt", "%s/a.txt") .. dataset { Base, "Not" } .. function() return {} end
      Family = filedownloader("a.txt", "%s/a.txt") .. dataset { Base, "Family",
        variants = AxesVariants { size = Axis { "small", "large", default = "small" } } } ..
        function() return {} end
    ]]):gsub("%%s", server.url))
    prepare("org.example.here", "org.example.family[size=large]")
    temp.write(lab.data .. "/data/lab/org/example/unknown/.state.json", "{}")
    temp.write(lab.data .. "/data/lab/org/example/family/size=huge/.state.json", "{}")
    local result = verify "--all"
    assert.same({ status = 0, err = "", out = "2 datasets, 2 files, 8 bytes: no damage\n" }, result)
  end)

  it("repairs nothing while another process is at it", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    prepare(ID)
    os.remove(lab:path "a.txt")
    local _ <close> = file.lock(lab:path ".state.lock", false) -- luacheck: ignore
    local result = verify("--repair", ID)
    assert.equal(9, result.status)
    assert.matches("^datamaestro: [^\n]*%.state%.lock: [^\n]*\n$", result.err)
    assert.equal("complete", lab:state "a")
  end)

  it("looks at what is used in a store of others, and leaves its repair to them", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    prepare(ID)
    local site = lab.folder .. "/site"
    os.rename(lab.data, site)
    local function at_site(...)
      return lab:run({ "--quiet", "verify", ... }, { env = { DATAMAESTRO_STORES = site } })
    end
    local path = site .. "/data/lab/org/example/data/a.txt"
    temp.write(path, "onE\n")
    local result = at_site("--deep", ID)
    assert.equal(5, result.status, result.err .. result.out)
    assert.matches(path .. ": sha256 ", result.out, 1, true)
    result = at_site("--deep", "--repair", ID)
    assert.equal(1, result.status)
    assert.matches("in a store of others (its owner is to repair it)", result.err, 1, true)
    assert.equal("onE\n", temp.read(path))
    assert.equal("0 datasets, 0 files, 0 bytes: no damage\n", at_site("--all").out)
  end)

  it("takes what could not be repaired for nothing, later", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    prepare(ID)
    temp.write(lab:path "a.txt", "bad\n")
    os.rename(server.root .. "/a.txt", server.root .. "/hidden")
    local result = verify("--deep", "--repair", ID)
    assert.equal(4, result.status)
    assert.matches("1 problem\n1 dataset, 1 file, 4 bytes: 1 problem left\n$", result.out)
    assert.equal(4, lab:prepare().status) -- it is not adopted
    assert.equal(5, verify(ID).status)
    assert.equal("bad\n", temp.read(lab:path "a.txt"))
    os.rename(server.root .. "/hidden", server.root .. "/a.txt")
    prepare(ID)
    assert.equal("one\n", temp.read(lab:path "a.txt"))
    assert.equal(0, verify("--deep", ID).status)
  end)

  it("reads no file of the user's own, beside those that are declared", function()
    local own = temp.write(lab.folder .. "/own/x", "one\n"):match "^(.*)/"
    define(('linkfolder("f", { "%s" }) .. linkfile("x", { "%s/x" }, { sha256 = "%s" })'):format(own, own,
      digest.string("sha256", "one\n")))
    prepare(ID)
    assert.equal("1 dataset, 1 file, 4 bytes, 4 bytes read: no damage\n", verify("--deep", ID).out)
    temp.write(own .. "/x", "onE\n")
    assert.equal(5, verify("--deep", ID).status)
    temp.remove(own)
    assert.equal((([[
FOLDER/f: leads nowhere (a folder expected)
FOLDER/x: leads nowhere (a file expected)
1 dataset, 0 files, 0 bytes: 2 problems
]]):gsub("FOLDER", lab:path())), verify(ID).out)
  end)
end)
