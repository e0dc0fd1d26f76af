-- Data directories of others: what is complete there is used in place, and nothing is written there.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("stores of others", function()
  local lab, server, site

  before_each(function()
    server = Nginx.start {}
    temp.write(server.root .. "/one", ("1"):rep(1000))
    temp.write(server.root .. "/two", ("2"):rep(2000))
    local made = "cd %s && mkdir top && echo a >top/a && tar cf tree.tar top && gzip -nk two"
    assert(program.shell(made:format(server.root)).status == 0)
    lab = Laboratory.new()
    temp.write(lab.repository .. "/data.lua", [[
      Files = datatype { use "datamaestro.data".Base, fields = { { "one", "path" }, { "two", "path" } } }]])
    lab:define((([[
      local Base, Files = use "datamaestro.data".Base, use "lab.data".Files
      Data = filedownloader("one.bin", "URL/one", { size = 1000, sha256 = "SUM1" }) ..
        filedownloader("two.bin", "URL/two.gz", { content = { size = 2000, sha256 = "SUM2" } }) ..
        dataset { Files, "Two files" } .. function(one, two) return { one = one, two = two } end
      Tree = tardownloader("archive", "URL/tree.tar", { transient = true }) ..
        filescopy("files", "archive", { "a" }) .. dataset { Base, "A tree" } .. function() return {} end
      Ref = reference("other", "org.example.data") ..
        filedownloader("one.bin", "URL/one", { sha256 = "SUM1" }) ..
        dataset { Files, "Refers" } .. function(other, one) return { one = one, two = other.two } end
      ]]):gsub("URL", server.url):gsub("SUM(%d)", function(number)
        local path = server.root .. (number == "1" and "/one" or "/two")
        return digest.file(path, { "sha256" }).sha256
      end)))
    site = lab.folder .. "/site"
    lab.env.DATAMAESTRO_STORES = lab.folder .. "/nowhere:" .. site
    lab.env.DATAMAESTRO_RETRY_DELAY = "0.01"
  end)

  after_each(function()
    server:stop()
    lab:close()
  end)

  -- Brings datasets into a store, with all that it has to say; nobody may write there any more.
  local function furnish(store, ...)
    local result = lab:run({ "--quiet", "--data", store, "download", ... },
      { env = { DATAMAESTRO_STORES = "" } })
    assert.equal(0, result.status, result.err)
    server:forget()
  end

  local function run(...)
    local result = lab:run { "--quiet", ... }
    assert.equal("", result.err)
    assert.equal(0, result.status)
    return result.out
  end

  local function look(folder)
    return program.shell("cd " .. program.quote(folder) .. " && find . -printf '%p %T@ %C@ %i\n' | sort").out
  end

  local function prepared(...)
    return json.decode(run("prepare", ...))
  end

  it("are used in place where the dataset is complete, without a connection or a write", function()
    furnish(site, "org.example.data")
    local before = look(site)
    local found = prepared "org.example.data"
    assert.equal(site .. "/data/lab/org/example/data/one.bin", found.one)
    assert.equal(site .. "/data/lab/org/example/data/two.bin", found.two)
    assert.same({}, server:requests())
    assert.equal(before, look(site))
    assert.is_nil(file.stat(lab.data))
    assert.equal(site .. "/data/lab/org/example/data", json.decode(run("--json", "download",
      "org.example.data")).path)
  end)

  it("do not count where all is complete in one's own", function()
    furnish(lab.data, "org.example.data")
    furnish(site, "org.example.data")
    assert.equal(lab.data .. "/data/lab/org/example/data/one.bin", prepared "org.example.data".one)
  end)

  it("are searched in their order, variable, data directory, user; one's own comes first", function()
    local second, third = lab.folder .. "/second", lab.folder .. "/third"
    for _, store in ipairs { site, second, third } do
      furnish(store, "org.example.data")
    end
    temp.write(lab.data .. "/settings.json", json.encode { stores = { second } })
    temp.write(lab.folder .. "/.config/datamaestro/settings.json", json.encode { stores = { "~/third" } })
    local function store_of()
      return json.decode(run("--json", "path", "org.example.data"))[1].store
    end
    assert.equal(site, store_of())
    lab.env.DATAMAESTRO_STORES = nil
    assert.equal(second, store_of())
    temp.remove(second)
    assert.equal(third, store_of())
    assert(os.remove(third .. "/data/lab/org/example/data/one.bin"))
    assert.equal(lab.data, store_of())
    furnish(lab.data, "org.example.data")
    assert.equal(lab.data, store_of())
  end)

  it("are named by info and path", function()
    furnish(site, "org.example.data")
    assert.matches("\nStore: " .. site .. " %(read only; the dataset is used in place%)\nResources:\n"
      .. "  one            1.0 KB  %(complete, 1.0 KB on disk%)\n", run("info", "org.example.data"))
    local found = json.decode(run("--json", "info", "org.example.data"))
    assert.equal(site, found.store)
    assert.equal(site .. "/data/lab/org/example/data/two.bin", found.resources[2].path)
    assert.equal(site .. "/data/lab/org/example/data/two.bin\n", run("path", "org.example.data.two"))
    found = json.decode(run("--json", "info", "org.example.tree"))
    assert.equal(lab.data, found.store)
    assert.equal(lab.data .. "/data/lab/org/example/tree\n", run("path", "org.example.tree"))
    assert.is_nil(run("info", "org.example.tree"):find "Store:")
  end)

  it("serve references", function()
    furnish(site, "org.example.data")
    local found = prepared "org.example.ref"
    assert.equal(lab.data .. "/data/lab/org/example/ref/one.bin", found.one)
    assert.equal(site .. "/data/lab/org/example/data/two.bin", found.two)
    assert.is_nil(file.stat(lab.data .. "/data/lab/org/example/data"))
  end)

  it("serve though something transient has stayed there", function()
    furnish(site, "org.example.tree")
    assert(os.execute(("cd %s/data/lab/org/example/tree && mkdir tree && echo a >tree/a"):format(site)))
    assert.equal(site .. "/data/lab/org/example/tree\n", run("path", "org.example.tree"))
    run("prepare", "org.example.tree")
    assert.same({}, server:requests())
    assert.equal("a\n", temp.read(site .. "/data/lab/org/example/tree/tree/a"))
  end)

  it("save the fetching of files that are there as declared, of datasets that are not complete", function()
    furnish(site, "org.example.data")
    assert(os.remove(site .. "/data/lab/org/example/data/one.bin"))
    local before = look(site)
    local found = prepared "org.example.data"
    assert.equal(lab.data .. "/data/lab/org/example/data/two.bin", found.two)
    assert.equal(("2"):rep(2000), temp.read(found.two))
    assert.equal(1, #server:requests())
    assert.equal(before, look(site))
    assert.same({ "complete", "complete" }, { lab:state "one", lab:state "two" })
    assert.equal(1, tonumber(program.shell("stat -c %h " .. program.quote(found.two)).out))
  end)

  it("save it without a record and offline, too", function()
    furnish(site, "org.example.data")
    assert(os.remove(site .. "/data/lab/org/example/data/.state.json"))
    local found = prepared("--offline", "org.example.data")
    assert.equal(lab.data .. "/data/lab/org/example/data/one.bin", found.one)
  end)

  it("are in the plan with what would be copied from them", function()
    furnish(site, "org.example.data")
    assert(os.remove(site .. "/data/lab/org/example/data/one.bin"))
    local copied = site .. "/data/lab/org/example/data/two.bin"
    local found = json.decode(run("plan", "--json", "org.example.data"))
    local one, two = table.unpack(found.datasets[1].resources)
    assert.same({ server.url .. "/one", copied }, { one.source, two.source })
    assert.same({ 1000, 2000 }, { one.size, two.size })
    assert.equal(2, #found.hosts)
    assert.matches(copied, run("plan", "org.example.data"), 1, true)
    assert.equal(11, lab:run({ "--offline", "plan", "org.example.data" }).status) -- for one.bin
    furnish(site, "org.example.data")
    assert(os.remove(site .. "/data/lab/org/example/data/.state.json"))
    assert.equal(0, lab:run({ "--offline", "plan", "org.example.data" }).status)
  end)

  it("give what is locked, though nothing of it is declared, and nothing else", function()
    lab:define((([[
      local Base = use "datamaestro.data".Base
      Data = filedownloader("one.bin", "URL/one") .. filedownloader("two.bin", "URL/two", { size = 2000 }) ..
        filedownloader("three.bin", "URL/three") .. dataset { Base, "Three" } .. function() return {} end
      ]]):gsub("URL", server.url)))
    temp.write(server.root .. "/three", "3")
    furnish(site, "org.example.data")
    local lock = run("--data", site, "lock", "org.example.data")
    temp.write(lab.folder .. "/datamaestro.lock", lock)
    local folder = site .. "/data/lab/org/example/data"
    assert(os.remove(folder .. "/three.bin")) -- so that it is not complete there
    temp.write(folder .. "/two.bin", ("x"):rep(2000))
    local result = lab:run { "--quiet", "prepare", "--frozen", lab.folder .. "/datamaestro.lock" }
    assert.equal(0, result.status, result.err)
    assert.equal(("datamaestro: warning: org.example.data: two: %s/two.bin: sha256 %s "
      .. "(%s expected); it is fetched\n")
      :format(folder, digest.file(folder .. "/two.bin", { "sha256" }).sha256,
        digest.file(server.root .. "/two", { "sha256" }).sha256), result.err)
    assert.equal(2, #server:requests())
    assert.equal(("1"):rep(1000), temp.read(lab:path "one.bin"))
    assert.equal(("2"):rep(2000), temp.read(lab:path "two.bin"))
  end)

  it("are not believed: what is not as declared is fetched, and said", function()
    furnish(site, "org.example.data")
    local folder = site .. "/data/lab/org/example/data"
    temp.write(folder .. "/one.bin", ("x"):rep(1000))
    assert(os.remove(folder .. "/two.bin"))
    assert(file.symlink(server.root .. "/two", folder .. "/two.bin"))
    assert(os.remove(folder .. "/.state.json"))
    local result = lab:run { "--quiet", "prepare", "org.example.data" }
    assert.equal(0, result.status)
    assert.equal(("datamaestro: warning: org.example.data: one: %s/one.bin: sha256 %s "
      .. "(%s expected); it is fetched\n")
      :format(folder, digest.file(folder .. "/one.bin", { "sha256" }).sha256,
        digest.file(server.root .. "/one", { "sha256" }).sha256), result.err)
    assert.equal(2, #server:requests())
    assert.equal(("1"):rep(1000), temp.read(lab:path "one.bin"))
  end)

  it("are left for one's own directory when they lose what they had", function()
    furnish(site, "org.example.data")
    prepared "org.example.data"
    temp.write(site .. "/data/lab/org/example/data/two.bin", "short")
    assert.equal(lab.data .. "/data/lab/org/example/data/two.bin", prepared "org.example.data".two)
  end)

  it("do not hide damage in one's own", function()
    furnish(lab.data, "org.example.data")
    furnish(site, "org.example.data")
    temp.write(lab:path "one.bin", "short")
    local before = look(site)
    local result = lab:run { "verify", "org.example.data" }
    assert.equal(5, result.status)
    result = lab:run { "--quiet", "verify", "--repair", "org.example.data" }
    assert.equal(0, result.status, result.err)
    assert.equal(("1"):rep(1000), temp.read(lab:path "one.bin"))
    assert.equal(before, look(site))
  end)

  it("do not count where they are the data directory itself", function()
    furnish(lab.data, "org.example.data")
    assert(file.symlink(lab.data, site))
    assert.equal(lab.data .. "/data/lab/org/example/data/one.bin", prepared "org.example.data".one)
    assert(os.remove(lab:path "one.bin"))
    run("prepare", "org.example.data")
    assert.equal("complete", lab:state "one")
  end)

  it("may be damaged without any harm", function()
    for _, state in ipairs { "", "not JSON", '{"resources": 3}',
      '{"resources": {"one": {"state": "complete"}}}' } do
      temp.write(site .. "/data/lab/org/example/data/.state.json", state)
      assert.equal(lab.data .. "/data/lab/org/example/data\n", run("path", "org.example.data"))
    end
    temp.write(lab.folder .. "/file", "")
    lab.env.DATAMAESTRO_STORES = lab.folder .. "/file"
    run("prepare", "org.example.data")
  end)

  it("must be absolute paths", function()
    lab.env.DATAMAESTRO_STORES = "here"
    local result = lab:run { "path", "org.example.data" }
    assert.same({ 2,
      "datamaestro: DATAMAESTRO_STORES: 'here' (absolute paths, with colons between expected)\n" },
      { result.status, result.err })
    lab.env.DATAMAESTRO_STORES = nil
    local path = temp.write(lab.data .. "/settings.json", '{"stores": ["here"]}')
    assert.equal(("datamaestro: %s: stores[1]: \"here\" (absolute path expected)\n"):format(path),
      lab:run({ "info", "org.example.data" }).err)
    temp.write(path, '{"stores": "/here"}')
    assert.equal(("datamaestro: %s: stores: \"/here\" (array of paths expected)\n"):format(path),
      lab:run({ "prepare", "org.example.data" }).err)
  end)
end)
