local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local ID = "org.example.data"

local function sha256(content)
  return digest.string("sha256", content)
end

describe("lock", function()
  local lab, server, mirror, path

  before_each(function()
    lab = Laboratory.new()
    server, mirror = Nginx.start(), Nginx.start()
    path = lab.folder .. "/datamaestro.lock"
    for _, one in ipairs { server, mirror } do
      temp.write(one.root .. "/a.txt", "one\n")
      temp.write(one.root .. "/b.txt", "two\n")
      program.shell(("cd '%s' && mkdir -p top && cp a.txt b.txt top "
        .. "&& tar cf t.tar --mtime=@0 --sort=name top && gzip -nk9 b.txt"):format(one.root))
    end
  end)

  after_each(function()
    server:stop()
    mirror:stop()
    lab:close()
  end)

  local function define(resources, more)
    lab:define((([[local Base = use "datamaestro.data".Base
      %s
      Data = %s .. dataset { Base, "Data" } .. function() return {} end]]):format(more or "", resources)
      :gsub("URL", server.url):gsub("MIRROR", mirror.url)))
  end

  local function run(...)
    return lab:run({ "--quiet", ... }, { env = { DATAMAESTRO_RETRY_DELAY = "0.01" } })
  end

  local function make_lock(...)
    local result = run("prepare", ...)
    assert.equal(0, result.status, result.err)
    result = run("lock", ...)
    assert.equal(0, result.status, result.err)
    temp.write(path, result.out)
    return result.out
  end

  -- Another machine: nothing has been fetched there.
  local function on_a_fresh_machine()
    program.shell(("rm -rf '%s'"):format(lab.data))
  end

  it("is JSON: of each dataset what is declared, where it came from, and what it is", function()
    define('filedownloader("b.txt", "URL/b.txt.gz", { size = 24, mirrors = { "MIRROR/x" } }) .. '
      .. 'tardownloader("t", "URL/t.tar") .. reference("other", Other)',
      [[Other = filedownloader("a.txt", "URL/a.txt") .. dataset { Base, "Other" } ..
        function() return {} end]])
    local document = json.decode(make_lock(ID))
    assert.equal(1, document.version)
    local opens = document.datasets["org.example.data@lab"].opens
    assert.equal("datamaestro.data.base", opens.type)
    assert.matches("^sha256 %x+$", opens["function"])
    local list = ("f 4 %s a.txt\nf 4 %s b.txt\n"):format(sha256 "one\n", sha256 "two\n")
    local function served(name)
      local content = temp.read(server.root .. "/" .. name)
      return { size = #content, sha256 = sha256(content) }
    end
    local data = document.datasets["org.example.data@lab"]
    assert.same({
      b = { declared = { kind = "filedownloader", place = "b.txt", url = server.url .. "/b.txt.gz", size = 24,
          transforms = "gzip" }, source = server.url .. "/b.txt.gz", served = served "b.txt.gz",
        stored = { size = 4, sha256 = sha256 "two\n" } },
      t = { declared = { kind = "tardownloader", place = "t", url = server.url .. "/t.tar" },
        source = server.url .. "/t.tar", served = served "t.tar",
        stored = { files = 2, size = 8, sha256 = sha256(list) } },
      other = { declared = { kind = "reference", place = "other", dataset = "org.example.other" } },
    }, data.resources)
    assert.matches("^%x+$", data.definition)
    assert.same({ size = 4, sha256 = sha256 "one\n" },
      document.datasets["org.example.other@lab"].resources.a.stored)
  end)

  it("is the same every time, and on every machine", function()
    define [[filedownloader("b.txt", "URL/b.txt.gz") ..
      tardownloader("t", "URL/t.tar", { transient = true }) ..
      filescopy("c", "t", { "a.txt", ["d/x"] = "b.txt" }) ..
      custom("made", function(work) work:fetch("URL/a.txt", "x") end)]]
    local first = make_lock(ID)
    assert.equal(first, run("lock", ID).out)
    on_a_fresh_machine()
    assert.equal(first, make_lock(ID))
    assert.matches('"served"', first:match '"t": %b{}')
  end)

  it("reads what has no records, such as what the Python program has fetched", function()
    define [[filedownloader("a.txt", "URL/a.txt") .. tardownloader("t", "URL/t.tar")]]
    make_lock(ID)
    temp.write(lab:path ".state.json",
      '{"version": 1, "resources": {"a": {"state": "complete"}, "t": {"state": "complete"}}}')
    file.remove_tree(lab:path ".contents")
    local entries = json.decode(run("lock", ID).out).datasets["org.example.data@lab"].resources
    assert.same({ size = 4, sha256 = sha256 "one\n" }, entries.a.stored)
    assert.equal(2, entries.t.stored.files)
    assert.is_nil(entries.a.served)
  end)

  it("wants datasets that are complete", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    assert.same({ status = 3, out = "", err = "datamaestro: org.example.data: a is not complete "
      .. "(`datamaestro prepare org.example.data` first)\n" }, run("lock", ID))
    assert.same({ status = 2, out = "",
      err = "datamaestro: lock: no dataset (ids, or --diff FILE, expected)\n" }, run "lock")
  end)

  it("refuses a changed source with both hashes, and takes another from its mirror", function()
    define [[filedownloader("a.txt", "URL/a.txt") ..
      filedownloader("b.txt", "URL/b.txt.gz", { mirrors = { "MIRROR/b.txt.gz" } })]]
    make_lock(ID)
    on_a_fresh_machine()
    temp.write(server.root .. "/a.txt", "another\n")
    os.remove(server.root .. "/b.txt.gz")
    local result = run("prepare", "--frozen", path)
    assert.equal(5, result.status)
    assert.matches(("a.txt: sha256 %s (%s expected)"):format(sha256 "another\n", sha256 "one\n"),
      result.err, 1, true)
    assert.is_nil(file.stat(lab:path "a.txt"))
    assert.equal("two\n", temp.read(lab:path "b.txt"))
    assert.equal(mirror.url .. "/b.txt.gz",
      json.decode(temp.read(lab:path ".state.json")).resources.b.source)
  end)

  it("takes from a mirror of the settings' what is locked, and nothing else", function()
    define 'filedownloader("a.txt", "URL/a.txt") .. tardownloader("t", "URL/t.tar")'
    make_lock(ID)
    on_a_fresh_machine()
    temp.write(server.root .. "/a.txt", "another\n")
    os.remove(server.root .. "/t.tar")
    local rule = ("%s=%s"):format(server.url, mirror.url)
    assert.equal(0, run("prepare", "--frozen", path, "--mirror", rule).status)
    on_a_fresh_machine()
    temp.write(mirror.root .. "/t.tar", temp.read(server.root .. "/a.txt"))
    local result = run("prepare", "--frozen", path, "--mirror", rule)
    assert.not_equal(0, result.status)
    assert.is_nil(file.stat(lab:path "t"))
  end)

  it("takes content that is packed anew", function()
    define [[filedownloader("b.txt", "URL/b.txt.gz", { mirrors = { { "MIRROR/b.txt.gz" } } }) ..
      tardownloader("t", "URL/t.tar", { mirrors = { { "MIRROR/t.tar" } } })]]
    make_lock(ID)
    on_a_fresh_machine()
    program.shell(("cd '%s' && echo two | gzip -n1 >b.txt.gz; printf x >>b.txt.gz; tar czf t.tar top"):format(
      mirror.root))
    os.remove(server.root .. "/b.txt.gz")
    os.remove(server.root .. "/t.tar")
    local result = run("prepare", "--frozen", path)
    assert.equal(0, result.status, result.err)
    assert.equal("two\n", temp.read(lab:path "b.txt"))
  end)

  it("refuses what a function makes in another way", function()
    define [[custom("made", function(work)
      work:fetch("URL/a.txt", "x")
      local lines = work:write "y"
      for line in work:lines "x" do lines:line(line) end
    end)]]
    make_lock(ID)
    on_a_fresh_machine()
    assert.equal(0, run("prepare", "--frozen", path).status)
    on_a_fresh_machine()
    temp.write(server.root .. "/a.txt", "another\n")
    local result = run("prepare", "--frozen", path)
    assert.equal(5, result.status)
    assert.matches(sha256 "another\n", result.err, 1, true)
    assert.matches(sha256 "one\n", result.err, 1, true)
  end)

  it("refuses another definition, and says where it differs", function()
    define 'filedownloader("a.txt", "URL/a.txt", { size = 4 }) .. tardownloader("t", "URL/t.tar")'
    make_lock(ID)
    define [[
      -- Comments and mirrors are no difference.
      filedownloader("a.txt", "URL/a.txt", { size = 4, mirrors = { "MIRROR/a.txt" } }) ..
      tardownloader("t", "URL/t.tar")]]
    assert.equal(0, run("prepare", "--frozen", path).status)
    define [[filedownloader("a.txt", "MIRROR/a.txt", { md5 = ("0"):rep(32) }) ..
      tardownloader("u", "URL/t.tar")]]
    local result = run("download", "--frozen", path)
    assert.equal(10, result.status)
    assert.equal(("datamaestro: org.example.data: its definition is another one than %s has:\n"):format(path)
      .. ([[
  a.md5: 00000000000000000000000000000000 (none is locked)
  a.size: none (4 is locked)
  a.url: MIRROR/a.txt (URL/a.txt is locked)
  t: none (tardownloader is locked)
  u: tardownloader (none is locked)
]]):gsub("URL", server.url):gsub("MIRROR", mirror.url), result.err)
  end)

  it("refuses another function of a custom resource, wherever it stands", function()
    local source = 'custom("made", function(work)\n  work:write("x"):line("%s")\nend)'
    define(source:format "1")
    make_lock(ID)
    define("\n\n" .. source:format "1")
    assert.equal(0, run("prepare", "--frozen", path).status)
    define(source:format "2")
    assert.equal(10, run("prepare", "--frozen", path).status)
  end)

  it("refuses another type and another function of the dataset, with what that uses of its file", function()
    local source = [[local Base = use "datamaestro.data".Base
      local NAMES = { "%s" }
      local function named(path) return { NAMES[1] .. path } end
      -- %s
      Data = filedownloader("a.txt", "URL/a.txt") .. dataset { Base, "Data" } ..
        function(a) return { %s } end]]
    local function write(...)
      lab:define((source:format(...):gsub("URL", server.url)))
    end
    write("one", "", "")
    make_lock(ID)
    write("one", "another comment", "")
    assert.equal(0, run("prepare", "--frozen", path).status)
    write("two", "", "") -- not used
    assert.equal(0, run("prepare", "--frozen", path).status)
    write("one", "", "} or named(a) or {")
    assert.equal(10, run("prepare", "--frozen", path).status)
    make_lock(ID)
    write("two", "", "} or named(a) or {")
    local result = run("prepare", "--frozen", path)
    assert.equal(10, result.status)
    assert.matches("^datamaestro: org.example.data: its definition is another one than [^\n]*:\n"
      .. "  function: sha256 %x+ %(sha256 %x+ is locked%)\n$", result.err)
    result = run("--offline", "lock", "--diff", path)
    assert.equal(10, result.status)
    assert.matches("^org.example.data: function: sha256 %x+ %(sha256 %x+ is locked%)\n$", result.out)
    local change = json.decode(run("--offline", "lock", "--json", "--diff", path).out)[1]
    assert.same({ "definition", "function" }, { change.what, change.field })
    lab:define((([[local Folder = use "datamaestro.data".Folder
      Data = filedownloader("a.txt", "URL/a.txt") .. dataset { Folder, "Data" } ..
        function(a) return { path = a } end]]):gsub("URL", server.url)))
    assert.matches("\n  type: datamaestro.data.folder (datamaestro.data.base is locked)\n",
      run("prepare", "--frozen", path).err, 1, true)
  end)

  it("refuses another local function that a custom resource uses", function()
    local source = [[local function text() return "%s" end
      local Base = use "datamaestro.data".Base
      Data = custom("made", function(work) work:write("x"):line(text()) end) ..
        dataset { Base, "Data" } .. function() return {} end]]
    lab:define(source:format "1")
    make_lock(ID)
    lab:define(source:format "2")
    assert.equal(10, run("prepare", "--frozen", path).status)
  end)

  it("refuses other data in place, as they are recorded, without a connection", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    make_lock(ID)
    on_a_fresh_machine()
    temp.write(server.root .. "/a.txt", "another\n")
    assert.equal(0, run("prepare", ID).status)
    local before = #server:requests()
    local result = run("prepare", "--frozen", path)
    assert.same({ status = 5, out = "", err = ("datamaestro: %s: sha256 %s (%s is locked)\n"):format(
      lab:path "a.txt", sha256 "another\n", sha256 "one\n") }, result)
    assert.equal(before, #server:requests())
  end)

  it("reads what is in place and not recorded", function()
    define 'filedownloader("a.txt", "URL/a.txt") .. tardownloader("t", "URL/t.tar")'
    make_lock(ID)
    os.remove(lab:path ".state.json")
    assert.equal(0, run("prepare", "--frozen", path).status)
    os.remove(lab:path ".state.json")
    temp.write(lab:path "a.txt", "onE\n")
    local result = run("prepare", "--frozen", path)
    assert.equal(5, result.status)
    assert.matches(sha256 "onE\n", result.err, 1, true)
  end)

  it("takes ids, or all that is locked, and nothing that is not", function()
    define('filedownloader("a.txt", "URL/a.txt") .. reference("other", Other)',
      [[Other = filedownloader("b.txt", "URL/b.txt") .. dataset { Base, "Other" } .. function() return {} end
        Third = filedownloader("b.txt", "URL/b.txt") .. dataset { Base, "Third" } ..
          function() return {} end]])
    make_lock(ID)
    on_a_fresh_machine()
    assert.equal(0, run("download", "--frozen", path, "org.example.other").status)
    assert.is_nil(file.stat(lab:path "a.txt"))
    assert.equal(0, run("download", "--frozen", path).status)
    assert.equal("one\n", temp.read(lab:path "a.txt"))
    assert.same({ status = 10, out = "", err = ("datamaestro: org.example.third: not in %s "
      .. "(`datamaestro lock` makes a lock of it)\n"):format(path) },
      run("download", "--frozen", path, "org.example.third"))
  end)

  it("says what is no lock", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    for _, content in ipairs { "", "x", "[]", '{"version": 1}', '{"version": 1, "datasets": {"a": 1}}',
      '{"version": 1, "datasets": {"a": {"definition": "x", "opens": {}, "resources": {"b": {"c": 3}}}}}',
      '{"version": 1, "datasets": {"a": {"definition": "x", "resources": {}}}}' } do
      temp.write(path, content)
      assert.same({ status = 12, out = "", err = ("datamaestro: %s: no lock (what `datamaestro lock` prints "
        .. "expected)\n"):format(path) }, run("prepare", "--frozen", path))
    end
    temp.write(path, '{"version": 2, "datasets": {}}')
    assert.equal(("datamaestro: %s: version 2 of locks (1 expected)\n"):format(path),
      run("prepare", "--frozen", path).err)
    assert.equal(3, run("prepare", "--frozen", path .. "x").status)
  end)

  describe("--diff", function()
    it("says nothing where nothing has changed", function()
      define 'filedownloader("a.txt", "URL/a.txt") .. tardownloader("t", "URL/t.tar")'
      make_lock(ID)
      assert.same({ status = 0, out = "", err = "" }, run("lock", "--diff", path))
      assert.same({ status = 0, out = "[]\n", err = "" }, run("lock", "--json", "--diff", path))
    end)

    it("says what has: definitions, data in place, sources", function()
      define 'filedownloader("a.txt", "URL/a.txt") .. filedownloader("b.txt", "URL/b.txt")'
      make_lock(ID)
      temp.write(server.root .. "/a.txt", "another\n")
      os.remove(server.root .. "/b.txt")
      local url = server.url
      local gone = ("org.example.data: %s/b.txt: HTTP 404 Not Found"):format(url)
      local size = ("org.example.data: %s/a.txt: 8 bytes (4 locked)\n"):format(url)
      local result = run("lock", "--diff", path)
      assert.equal(5, result.status, result.out)
      assert.matches(size, result.out, 1, true)
      assert.matches(gone, result.out, 1, true)
      os.remove(lab:path "a.txt")
      temp.write(server.root .. "/b.txt", "two\n")
      assert.equal(0, run("prepare", ID).status)
      define [[filedownloader("a.txt", "URL/a.txt", { md5 = ("0"):rep(32) }) ..
        filedownloader("b.txt", "URL/b.txt")]]
      result = run("lock", "--diff", path)
      assert.equal(10, result.status)
      assert.equal(("org.example.data: a.md5: %s (none is locked)\n%s: sha256 %s (%s is locked)\n%s"):format(
        ("0"):rep(32), lab:path "a.txt", sha256 "another\n", sha256 "one\n", size), result.out)
      local changes = json.decode(run("lock", "--json", "--diff", path).out)
      local first = changes[1]
      assert.same({ ID, "a", "md5", ("0"):rep(32), "none" }, { first.id, first.resource, first.field,
        first.found, first.locked })
      assert.same({ "definition", "data", "source" }, { changes[1].what, changes[2].what, changes[3].what })
    end)

    it("asks nobody under --offline, and names datasets that there are no more", function()
      define 'filedownloader("a.txt", "URL/a.txt")'
      make_lock(ID)
      os.remove(server.root .. "/a.txt")
      assert.equal(4, run("lock", "--diff", path).status)
      assert.same({ status = 0, out = "", err = "" }, run("--offline", "lock", "--diff", path))
      lab:define "-- nothing"
      local result = run("--offline", "lock", "--diff", path)
      assert.equal(10, result.status)
      assert.matches("^org.example.data@lab: ", result.out)
    end)
  end)
end)
