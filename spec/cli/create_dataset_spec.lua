local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local json = require "datamaestro.json"
local temp = require "spec.support.temp"

local TABLE = ("time,degrees\n"):rep(1000)

-- Nobody vouches for what the server of the specs says.
local WARNING = "datamaestro: warning: [^\n]*: plain http and no checksum [^\n]*\n"

describe("create-dataset", function()
  local lab, server

  setup(function()
    server = Nginx.start()
    temp.write(server.root .. "/weather.csv", TABLE)
    temp.write(server.root .. "/page.bin", "<html><body>Gone</body></html>")
    os.execute(("gzip -nk '%s/weather.csv'"):format(server.root))
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
    server:forget()
  end)

  after_each(function()
    lab:close()
  end)

  local function create(...)
    return lab:run { "--quiet", "create-dataset", "lab", ... }
  end

  -- Creates it; its file relative to the repository, and the file's text. It lints without a word.
  local function created(wanted, id, ...)
    local result = create(wanted, ...)
    assert.are.same({ 0, "" }, { result.status, (result.err:gsub(WARNING, "")) })
    local path, name = result.out:match("^" .. lab.repository:gsub("%p", "%%%0") .. "/(%S+):%d+: (%S+)\n$")
    assert.equal(id, name)
    local linted = lab:run { "lint", lab.repository .. "/" .. path }
    assert.are.same({ 0, "" }, { linted.status, linted.err })
    assert.is_nil(linted.out:find "warning: [^\n]*no%-")
    assert.equal(0, lab:run({ "info", id }).status)
    return path, temp.read(lab.repository .. "/" .. path)
  end

  it("writes a file that the id's path says", function()
    local path, text = created("org.example.daily.weather", "org.example.daily.weather")
    assert.equal("org/example/daily.lua", path)
    assert.equal([==[
Weather =
  todo("data", "say where the files come from: filedownloader, zipdownloader, …") ..
  dataset { use "datamaestro.data".Base, licence = "NOASSERTION",
    [[Weather

    Say what it is.]] } ..
  function()
    return {}
  end
]==], text)
  end)

  it("takes id, kind and type from the URL of a file", function()
    local path, text = created("https://example.org/d/Daily-Weather.csv.gz?x=1",
      "org.example.d.daily-weather")
    assert.equal("org/example/d.lua", path)
    assert.equal([==[
DailyWeather =
  filedownloader("daily_weather.csv", "https://example.org/d/Daily-Weather.csv.gz?x=1") ..
  dataset { use "datamaestro.data.csv".Generic, id = "daily-weather",
    url = "https://example.org/", licence = "NOASSERTION",
    [[Daily weather

    Say what it is.]] } ..
  function(daily_weather)
    return { path = daily_weather }
  end
]==], text)
  end)

  it("knows archives, types, and pages", function()
    for url, expected in pairs {
      ["https://example.org/a.zip"] = { "a", 'zipdownloader%("a", ".-"%datamaestro.data".Folder' },
      ["https://example.org/a.tar.xz"] = { "a", 'tardownloader%("a", ".-"%datamaestro.data".Folder' },
      ["https://example.org/b.tgz"] = { "b", 'tardownloader%("b", ".-"%datamaestro.data".Folder' },
      ["https://example.org/c.jsonl"] = { "c", 'filedownloader%("c.jsonl", .-data.jsonl".JSONL' },
      ["https://example.org/d.txt.bz2"] = { "d", 'filedownloader%("d.txt", .-"%datamaestro.data.text".Text' },
      ["https://example.org/e.tsv"] = { "e", 'filedownloader%("e.tsv", .-delimiter = "\\t" }' },
      ["https://example.org/f-idx3-ubyte.gz"] =
        { "f", 'filedownloader%("f.idx", .-"%datamaestro.data.tensor".IDX' },
      ["https://example.org/g.npy"] = { "g", 'filedownloader%("g.npy", .-"%datamaestro.data".File' },
      ["https://example.org/end.bin"] = { "end", 'filedownloader%("data.bin", .-path = data }' },
      ["https://example.org/2025.png"] =
        { "2025", 'filedownloader%("data_2025.png", .-ImageFile, id = "2025"' },
      ["https://example.org/h/"] = { "h", 'todo%(.-url = "https://example.org/h/"' },
      ["https://example.org/i.html"] = { "i.html", 'todo%(.-url = "https://example.org/i.html"' },
      ["https://example.org/j"] = { "j", 'filedownloader%("j", .-"%datamaestro.data".File' },
    } do
      lab:close()
      lab = Laboratory.new()
      local _, text = created(url, "org.example." .. expected[1])
      assert.matches((expected[2]:gsub("%%datamaestro", "datamaestro")), text)
    end
  end)

  it("adds to a file that is there, and changes nothing in it", function()
    lab:define_file "https://example.org/x"
    local before = temp.read(lab.repository .. "/org/example.lua")
    local path, text = created("https://example.org/more/data.csv", "org.example.more.data")
    assert.equal("org/example.lua", path)
    assert.equal(before .. "\n\n", text:sub(1, #before + 2))
    assert.matches("^MoreData =\n", text:sub(#before + 3))
    created("org.example.data2", "org.example.data2")
    assert.matches("\nData2 =\n", temp.read(lab.repository .. "/org/example.lua"))
  end)

  it("never overwrites what is there", function()
    lab:define_file "https://example.org/x"
    local result = create "org.example.data"
    assert.are.same({ 2, ("datamaestro: org.example.data: there already, in %s/org/example.lua:2 (a new id "
      .. "expected)\n"):format(lab.repository) }, { result.status, result.err })
    local source = 'return todo("x", "later") .. dataset { use "datamaestro.data".Base, "X" } .. '
      .. "function() return {} end\n"
    lab:define(source)
    result = create "org.example.more"
    assert.equal(10, result.status)
    assert.matches("^datamaestro: .-/org/example.lua: cannot be added to: .-:3: ", result.err)
    assert.equal(source, temp.read(lab.repository .. "/org/example.lua"))
    lab:define "X = 1 +"
    assert.matches("^datamaestro: .-/org/example.lua:1: unexpected symbol near <eof>\n",
      create("org.example.y").err)
  end)

  it("says what it expected", function()
    local function problem(...)
      local result = lab:run { "create-dataset", ... }
      return { result.status, result.err }
    end
    assert.are.same({ 2, "datamaestro: 'weather' (id such as org.example.weather, or URL, expected)\n" },
      problem("lab", "weather"))
    assert.are.same({ 2, "datamaestro: 'gopher://x/y' (URL such as https://host/file expected)\n" },
      problem("lab", "gopher://x/y"))
    assert.are.same({ 3, "datamaestro: labb: unknown repository (did you mean 'lab'?)\n" },
      problem("labb", "org.example.x"))
    assert.are.same({ 3, ("datamaestro: %s: no repository (a folder with init.lua expected; `datamaestro "
      .. "init` makes one)\n"):format(lab.folder) }, problem(lab.folder, "org.example.x"))
    assert.are.same({ 2, "datamaestro: --fetch: nothing to fetch (the URL of a file expected)\n" },
      problem("lab", "--fetch", "org.example.x"))
  end)

  it("takes a repository's folder, and says what comes next", function()
    local result = lab:run { "create-dataset", lab.repository, "org.example.x" }
    assert.are.same({ 0, ("%s/org/example.lua:2: org.example.x\n"):format(lab.repository),
      ("datamaestro: next: edit it, then `datamaestro lint %s/org/example.lua`\n"):format(lab.repository) },
      { result.status, result.out, result.err })
  end)

  describe("with --fetch", function()
    it("fills in size and hashes, and prepare does not fetch again", function()
      local _, text = created(server.url .. "/weather.csv.gz", "1.0.0.127.weather", "--fetch")
      assert.matches("size = %d+,\n    sha256 = \"%x+\",\n    content = {\n      size = 13000,\n"
        .. "      sha256 = \"%x+\"", text)
      local result = lab:run { "--quiet", "prepare", "1.0.0.127.weather" }
      assert.are.same({ 0, "" }, { result.status, result.err })
      assert.equal(TABLE, temp.read(json.decode(result.out).path))
      assert.equal(1, #server:requests())
    end)

    it("writes nothing where there is nothing to fetch", function()
      local result = create(server.url .. "/other.csv", "--fetch")
      assert.are.same({ 4, ("datamaestro: 1.0.0.127.other: other: %s/other.csv: HTTP 404 Not Found (moved or "
        .. "gone: --mirror names other places)\n"):format(server.url) },
        { result.status, (result.err:gsub(WARNING, "")) })
      result = create(server.url .. "/page.bin", "--fetch")
      assert.equal(12, result.status)
      assert.matches("HTML page of 30 bytes %(data expected%)\n$", result.err)
      result = lab:run { "--offline", "create-dataset", "lab", server.url .. "/weather.csv", "--fetch" }
      assert.equal(11, result.status)
      assert.are.same({ "init.lua" }, require "datamaestro.api.file".list(lab.repository))
    end)

    it("prints JSON", function()
      local result = create(server.url .. "/weather.csv", "--fetch", "--json")
      local row = json.decode(result.out)
      assert.are.same({ "1.0.0.127.weather", "filedownloader", 13000, 64 },
        { row.id, row.kind, row.size, #row.sha256 })
    end)
  end)
end)
