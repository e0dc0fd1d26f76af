local Planning = require "spec.support.planning"
local cache = require "datamaestro.engine.cache"
local digest = require "datamaestro.api.digest"
local json = require "datamaestro.json"
local process = require "datamaestro.api.process"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local ID = Planning.ID
local ZEROS = ("0"):rep(64) -- a digest that nothing has

local here

local function resource_of(found, name)
  for _, dataset in ipairs(found.datasets) do
    for _, resource in ipairs(dataset.resources) do
      if resource.name == name then
        return resource
      end
    end
  end
end

local function owner_that_died()
  local place, pid = process.owner():match "^(%x+)%-(%d+)"
  return ("%s-%s-1"):format(place, pid)
end

local function assert_fits(out)
  for line in out:gmatch "[^\n]+" do
    assert.is_true(utf8.len(line) <= 80, line)
  end
end

describe("plan", function()
  before_each(function()
    here = Planning.open()
  end)

  after_each(function()
    here:close()
  end)

  it("says what would be fetched from where, and what it takes", function()
    here:define_data [[
      filedownloader("one.bin", "https://b.example/one",
        { size = 1234567, mirrors = { "https://c.example/one" } })
      .. filedownloader("two.txt", "https://a.example/some/folders/on/the/way/two.txt.gz", { size = 1000 })
      .. filedownloader("three.csv", "https://a.example/three.csv")
      .. tardownloader("folder", "https://a.example/in/some/folder/with/quite/a/long/name/folder.tar",
        { size = 2000000 })
      .. filescopy("copies", "folder", { "x" })
      .. custom("made", function(work, one) end) ]]
    local status, out, err = here:plan(ID)
    assert.are.same({ 0, "" }, { status, err })
    assert.are.equal([[
org.example.data:
  one     made   1.2 MB  https://b.example/one (+1)
  two     made   1.0 KB  https://a.example/some/folders/on/the/way/two.txt.gz
  three   made  unknown  https://a.example/three.csv
  folder  made   2.0 MB  https://a.example/…er/with/quite/a/long/name/folder.tar
  copies  made           filescopy of folder
  made    made           custom of one

Fetch: 4 files, 3.2 MB and 1 of unknown size
  b.example  1 file, 1.2 MB
  a.example  3 files, 2.0 MB and 1 of unknown size

Disk: 3.2 MB at the peak (4 resources of unknown size not counted), SPACE free
Files: 6 (what is in 2 folders is not counted), room for MANY

could run
]], out)
    assert_fits(out)
  end)

  it("says of complete datasets that they are", function()
    here:define_data [[filedownloader("one.bin", "URL/good?size=1000")]]
    assert.are.equal(0, here.lab:run({ "download", ID }).status)
    assert.are.same({ 0, ID .. ": complete\n\ncould run: there is nothing to do\n", "" }, { here:plan(ID) })
    assert.are.same({ 0, ID .. ": complete\n\ncould run: there is nothing to do\n", "" },
      { here:plan("--offline", ID) })
  end)

  it("tells what is kept, adopted, checked, made again, removed and not needed", function()
    local content = "0123456789"
    here:define_data(([[
      filedownloader("kept.bin", "URL/good?size=10") .. filedownloader("adopted.bin", "URL/good?size=10")
      .. filedownloader("checked.bin", "URL/good?size=10", { size = 10, sha256 = "%s" })
      .. filedownloader("longer.bin", "https://a.example/longer", { size = 11 })
      .. filedownloader("there.bin", "URL/good?size=10", { transient = true, transforms = "none" })
      .. filedownloader("of_there.bin", { from = "there" })
      .. filedownloader("gone.bin", "URL/good?size=10", { transient = true, transforms = "none" })
      .. filedownloader("of_gone.bin", { from = "gone" })]]):format(ZEROS))
    for _, name in ipairs { "kept", "adopted", "checked", "longer", "there", "of_there", "of_gone" } do
      temp.write(here.lab:path(name .. ".bin"), content)
    end
    local state = '{ "state": "complete" }'
    temp.write(here.lab:path ".state.json", ('{ "version": 1, "resources": { "kept": S, "longer": S, '
      .. '"there": S, "of_there": S, "of_gone": S } }'):gsub("S", state))
    local status, out, err = here:plan(ID)
    assert.are.equal(0, status)
    assert.are.equal([[
org.example.data:
  kept      kept
  adopted   adopted
  checked   to check
  longer    made        11 bytes  https://a.example/longer
  there     removed
  of_there  kept
  gone      not needed
  of_gone   kept

Fetch: 1 file, 11 bytes
  a.example  1 file, 11 bytes

Disk: 11 bytes at the peak, SPACE free
Files: 1, room for MANY

could run
]], out)
    local folder = "HERE/data directory/data/lab/org/example/data/"
    assert.are.equal(("datamaestro: warning: %sadopted.bin: taken as it is (the definition has no size or "
      .. "checksum of its content)\ndatamaestro: warning: %slonger.bin: 10 bytes (11 expected); it is made "
      .. "again\n"):format(folder, folder), err)
  end)

  it("counts a URL that several resources come from once, and knows what is joined", function()
    here:define_data [[
      concatdownload("joined.txt", { { "URL/a?size=10", size = 10 }, { "URL/b?size=5", size = 5 } })
      .. filedownloader("a.txt", "URL/a?size=10", { size = 10 })]]
    local status, out = here:plan(ID)
    assert.are.equal(0, status)
    assert.are.equal([[
org.example.data:
  joined  made  15 bytes  http://HOST/a?size=10 and 1 more to join
  a       made            with joined

Fetch: 2 files, 15 bytes
  HOST  2 files, 15 bytes
]], (out:gsub("HOST +(%d)", "HOST  %1"):match "^.-\n\n.-\n\n":sub(1, -2)))
    local found = here:json(ID)
    assert.are.same({ 2, 15 }, { resource_of(found, "joined").pieces, resource_of(found, "joined").size })
    assert.are.equal("org.example.data: joined", resource_of(found, "a").same_as)
  end)

  it("covers references, links and selectors of families", function()
    here:define [[
      Inner = filedownloader("inner.bin", "URL/good?size=7", { size = 7 }) .. dataset { File, "x" } ..
        function(inner) return { path = inner } end
      Outer = reference("inner", "org.example.inner") .. links("names", { inner = "org.example.inner" }) ..
        dataset { File, "x" } .. function(inner) return { path = "/x" } end
      Family = filedownloader("file.bin", "URL/good") ..
        dataset { File, "x", variants = AxesVariants { size = Axis { "small", "large" } } } ..
        function(file) return { path = file } end]]
    local status, out = here:plan("org.example.outer", "org.example.family[size=large]", "org.example.inner")
    assert.are.equal(0, status)
    assert.are.equal([[
org.example.inner:
  inner  made  7 bytes  http://HOST/good?size=7
org.example.outer:
  inner  made  reference to org.example.inner
  names  made  links to org.example.inner
org.example.family[size=large]:
  file  made  unknown  http://HOST/good
]], out:match "^(.-\n)\n")
    assert.matches("\nDisk: 7 bytes at the peak %(1 resource of unknown size not counted%)", out)
    assert.matches("\nFiles: 3, ", out)
  end)

  it("says no more than there is to say of thousands of resources", function()
    here:define [[
      local chain = filedownloader("f1.bin", "https://a.example/1", { size = 1000 })
      for i = 2, 2000 do
        chain = chain .. filedownloader("f" .. i .. ".bin", "https://a.example/" .. i, { size = 1000 })
      end
      Data = chain .. dataset { File, "x" } .. function() return { path = "/x" } end]]
    local status, out = here:plan(ID)
    assert.are.equal(0, status)
    assert.matches("\n  f20  made  1%.0 KB  https://a%.example/20\n  … 1980 more %(%-%-json has all%)\n\n"
      .. "Fetch: 2000 files, 2%.0 MB\n", out)
    assert.are.equal(2000, #here:json(ID).datasets[1].resources)
  end)

  describe("of sources", function()
    local function row(...)
      local found = here:json(...)
      return found.datasets[1].resources[1], found
    end

    it("takes the first that would be tried: a file, then mirrors of settings, then the declared", function()
      here:define_data [[filedownloader("one.bin", "https://a.example/one",
        { size = 4, mirrors = { "URL/b" } })]]
      local one = row(ID)
      assert.are.same({ "https://a.example/one", 1 }, { one.source, one.others })
      one = row("--mirror", "https://m.example", ID)
      assert.are.same({ "https://m.example/a.example/one", 3 }, { one.source, one.others })
      temp.write(here.lab.folder .. "/copies/a.example/one", "four")
      local found
      one, found = row("--mirror", here.lab.folder .. "/copies", ID)
      assert.are.same({ "file://" .. here.lab.folder .. "/copies/a.example/one", 2 },
        { one.source, one.others })
      assert.are.same({ { host = json.null, files = 1, bytes = 4, unknown = 0, connections = json.null,
        token = json.null, failing = json.null, wait = json.null } }, found.hosts)
      local _, out = here:plan("--mirror", here.lab.folder .. "/copies", ID)
      assert.matches("\n\nFetch: nothing from the network\n  this machine  1 file, 4 bytes\n", out)
    end)

    it("takes kept downloads where a digest vouches for them, or there is no asking", function()
      here:define_data [[filedownloader("one.bin", "https://a.example/one")]]
      local kept = ("%s/cache/%s.dl"):format(here.lab.data, cache.key "https://a.example/one")
      temp.write(kept, "four")
      assert.are.equal("https://a.example/one", row(ID).source)
      local one, found = row("--offline", ID)
      assert.are.same({ "file://" .. kept:gsub(" ", "%%20"), 4, true }, { one.source, one.size,
        found.could_run })
      here:define_data(([[filedownloader("one.bin", "https://a.example/one",
        { sha256 = "%s" })]]):format(ZEROS))
      assert.are.equal("file://" .. kept:gsub(" ", "%%20"), row(ID).source)
    end)

    it("takes what a run that died has fetched for several resources", function()
      here:define_data [[filedownloader("a.bin", "https://a.example/x") ..
        filedownloader("b.bin", "https://a.example/x")]]
      local left = ("%s/cache/%s.%s.shared"):format(here.lab.data, cache.key "https://a.example/x",
        owner_that_died())
      temp.write(left, "four")
      local one = row(ID)
      assert.are.same({ "file://" .. left:gsub(" ", "%%20"), 1, 4 }, { one.source, one.others, one.size })
    end)

    it("says what a part saves that can be resumed, whoever is dead that has left it", function()
      here:define_data(([[filedownloader("one.bin", "URL/good?size=3000000",
        { size = 3000000, sha256 = "%s" })]]):format(ZEROS))
      local base = ("%s/cache/sha256-%s.%s"):format(here.lab.data, ZEROS, owner_that_died())
      temp.write(base .. ".part", ("x"):rep(2500000))
      temp.write(base .. ".journal", "datamaestro journal 1\nsource x\ntotal 3000000\nkind sha256\n"
        .. "1000000 abcd\n2000000 abcd\n\n\n")
      local status, out = here:plan(ID)
      assert.are.equal(0, status)
      assert.matches("\n  one  made  3%.0 MB  http://HOST/good%?size=3000000, 2%.0 MB here\n\n"
        .. "Fetch: 1 file, 3%.0 MB; 2%.0 MB of it here already\n", out)
      assert.matches("\nDisk: 1%.0 MB at the peak,", out)
      local one, found = row(ID)
      assert.are.same({ 2000000, 2000000, 1000000 }, { one.saved, found.saved, found.disk.peak })
      here:define_data(([[filedownloader("one.bin", "URL/good", { sha256 = "%s" }) ..
        filedownloader("two.bin", "https://a.example/two", { size = 10 })]]):format(ZEROS))
      one, found = row(ID)
      assert.are.same({ 2000000, 10 }, { one.saved, found.disk.needed })
      os.remove(base .. ".journal")
      assert.are.equal(0, row(ID).saved)
    end)

    it("says what is known of hosts", function()
      here:define_data [[
        filedownloader("a.bin", "https://a.example/x", { size = 1, mirrors = { "https://b.example/x" } })
        .. filedownloader("c.bin", "https://c.example:81/x", { size = 1 })]]
      temp.write(here.lab.data .. "/cache/hosts/a.example", ("until 0\nfailed %d\n"):format(os.time()))
      temp.write(here.lab.data .. "/cache/hosts/c.example_81", ("until %d\nfailed %d\n"):format(
        os.time() + 250, os.time()))
      temp.write(here.lab.data .. "/settings.json",
        '{"hosts": {"b.example": {"token": "secret"}, "c.example": {"connections": 2}}}')
      program.shell(("chmod 600 '%s/settings.json'"):format(here.lab.data))
      local status, out, err = here:plan(ID)
      assert.are.same({ 0, "" }, { status, err })
      assert.are.equal([[
Fetch: 2 files, 2 bytes
  b.example     1 file, 1 bytes (with a token)
  c.example:81  1 file, 1 bytes (has failed lately; asks to wait N s; 2 connections at most)
]], (out:match "\n\n(Fetch.-\n)\n":gsub("wait %d+ s", "wait N s")))
      assert.is_nil(out:find "secret")
    end)

    it("shows no password", function()
      here:define_data [[filedownloader("a.bin", "https://me:secret@a.example/x")]]
      local result = here.lab:run { "plan", ID }
      assert.is_nil(result.out:find "secret")
      assert.is_nil(here.lab:run({ "--json", "plan", ID }).out:find "secret")
    end)

    it("warns of what neither a checksum nor an encrypted connection vouches for", function()
      here:define_data [[filedownloader("a.bin", "http://a.example/x")]]
      local expected = "org.example.data: a: http://a.example/x: plain http and no checksum (https, or "
        .. "one in the definition, expected)"
      local status, _, err = here:plan(ID)
      assert.are.same({ 0, ("datamaestro: warning: %s\n"):format(expected) }, { status, err })
      assert.are.same({ expected }, here:json(ID).warnings)
    end)
  end)

  it("has it all as JSON", function()
    here:define_data [[useragreement("Be good.", { id = "good" }) .. todo("what", "ask")
      .. zipdownloader("a", "https://a.example/x.zip", { size = 10, mirrors = { "https://b.example/x" } })]]
    local found, status = here:json(ID)
    local disk = found.disk
    assert.is_true(math.type(disk.free) == "integer" and disk.free > 0)
    disk.free, disk.free_files = nil, nil
    local what = "org.example.data: what: to do: ask (" .. here.lab.repository .. "/org/example.lua:2)"
    local hash = digest.string("sha256", "Be good.")
    assert.are.equal(6, status)
    assert.are.same({
      could_run = false, status = 6, data = here.lab.data, saved = 0, warnings = {},
      datasets = { { id = ID, repository = "lab", complete = false, resources = {
        { name = "what", kind = "todo", action = "make", reason = json.null, transient = false,
          path = here.lab:path "what", origin = "todo", source = json.null, others = json.null,
          pieces = json.null, size = json.null, saved = json.null, same_as = json.null, problem = what },
        { name = "a", kind = "zipdownloader", action = "make", reason = json.null, transient = false,
          path = here.lab:path "x", origin = "https://a.example/x.zip",
          source = "https://a.example/x.zip", others = 1, pieces = json.null, size = 10, saved = 0,
          same_as = json.null, problem = json.null },
      } } },
      hosts = { { host = "a.example", files = 1, bytes = 10, unknown = 0, connections = json.null,
        token = false, failing = false, wait = 0 } },
      disk = { needed = 10, peak = 10, transient = 0, unknown = 1, files = 1, folders = 1 },
      agreements = { { id = "good", hash = hash, datasets = { ID },
        command = ("datamaestro agree %s --hash %s"):format(ID, hash) } },
      problems = {
        { code = "agreement", dataset = json.null, resource = json.null,
          message = "org.example.data: terms 'good' are not accepted" },
        { code = "definition", dataset = ID, resource = "what", message = what },
      },
    }, found)
  end)

  it("says what prepare says of ids that there are not, and of settings that make no sense", function()
    here:define_data [[filedownloader("a.bin", "https://a.example/x")]]
    assert.are.same({ 3, "",
      "datamaestro: org.example.dat: unknown dataset (did you mean 'org.example.data'?)\n" },
      { here:plan "org.example.dat" })
    temp.write(here.lab.data .. "/settings.json", '{"jobs": "many"}')
    local status, out, err = here:plan(ID)
    assert.are.same({ 2, "", 'datamaestro: HERE/data directory/settings.json: jobs: "many" (integer from '
      .. "1 to 64 expected)\n" }, { status, out, err })
  end)

  it("shows no raw control character", function()
    here:define_data [[filedownloader("a.bin", "https://a.example/x") .. todo("b", "\27[31m")]]
    local _, out = here:plan(ID)
    assert.is_nil(out:find "\27")
  end)

  it("has an example in its help that works", function()
    local help = here.lab:run({ "plan", "--help" }).out
    assert.matches("\nExample: datamaestro plan com%.lecun%.mnist\n", help)
    local status, out = here:plan "com.lecun.mnist"
    assert.are.equal(0, status)
    assert.matches("^com%.lecun%.mnist:\n", out)
  end)
end)

describe("the room that prepare wants", function()
  before_each(function()
    here = Planning.open()
  end)

  after_each(function()
    here:close()
  end)

  local function disk(resources, ...)
    here:define_data(resources)
    local found = here:json(ID, ...).disk
    return { found.needed, found.peak, found.transient }
  end

  it("is that of the files, and of what is under way at once", function()
    local gz = [[filedownloader("%s.bin", "https://a.example/%s.gz",
      { size = %d, content = { size = 1000 } })]]
    local three = table.concat({ gz:format("a", "a", 10), gz:format("b", "b", 30), gz:format("c", "c", 20) },
      " .. ")
    assert.are.same({ 3030, 3060, 0 }, disk(three))
    assert.are.same({ 3030, 3050, 0 }, disk(three, "--jobs", "2"))
    assert.are.same({ 3060, 3060, 0 }, disk(three, "--keep-downloads"))
    assert.are.same({ 2070, 2070, 0 }, disk(gz:format("a", "a", 70) .. " .. " .. gz:format("b", "a", 70)))
    assert.are.same({ 100, 100, 0 }, disk [[filedownloader("a.bin", "https://a.example/a", { size = 100 })]])
    assert.are.same({ 100, 100, 100 }, disk [[
      filedownloader("a.bin", "https://a.example/a", { size = 100, transient = true }) ..
      filedownloader("b.bin", { from = "a" })]])
    assert.are.same({ 0, 0, 0 }, disk [[linkfile("a", { "HERE/x" }, { size = 100 })]])
  end)
end)
