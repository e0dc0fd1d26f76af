-- What several resources have to do with each other: needs, transient ones, shared sources; and the folders
-- that the Python program leaves.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local file = require "datamaestro.api.file"
local graph = require "datamaestro.engine.graph"
local json = require "datamaestro.json"
local kinds = require "spec.support.kinds"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local function resource(name, needs)
  return { name = name, kind = "filescopy", source = needs, line = 1 }
end

describe("graph", function()
  it("orders resources after those that they need, otherwise as they are written", function()
    local root = { name = "root", kind = "todo" }
    local c, b = resource("c", "b"), resource("b", "root")
    assert.same({ root, b, c }, graph.order { c, b, root })
    assert.same({ root, b, c }, graph.order { root, c, b })
  end)

  it("names a cycle", function()
    local order, cycle = graph.order { resource("x", "a"), resource("a", "b"), resource("b", "a") }
    assert.is_nil(order)
    assert.equal("a -> b -> a", cycle)
  end)
end)

describe("a dataset of several resources", function()
  local server, lab

  setup(function()
    server = Nginx.start {}
    kinds.serve(server.root)
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
    lab.env.DATAMAESTRO_RETRY_DELAY, lab.env.DATAMAESTRO_TRIES = "0.01", "1"
    server:forget()
  end)

  after_each(function()
    lab:close()
  end)

  local function define(resources, parameters)
    lab:define(([[
      local Base = use "datamaestro.data".Base
      Data = %s .. dataset { Base, "Several" } .. function(%s) return {} end]]):format(
        resources:gsub("URL", server.url), parameters or ""))
  end

  local function asked(path)
    local count = 0
    for _, request in ipairs(server:requests()) do
      count = count + (request.path == path and 1 or 0)
    end
    return count
  end

  describe("is refused", function()
    local MISTAKES = {
      { "for a need that there is not", [[
          tardownloader("archive", "URL/top.tar", { transient = true }) ..
          filescopy("files", "archve", { "a.txt" })]],
        "resource 'files' needs 'archve', which there is not (did you mean 'archive'?)" },
      { "for resources that need each other", [[
          filescopy("a", "b", { "x" }) .. filescopy("b", "a", { "x" })]],
        "resources need each other: a -> b -> a" },
      { "for a transient resource that nothing needs",
        'tardownloader("a", "URL/top.tar", { transient = true })',
        "resource 'a' is transient, but none needs it (without 'transient' it stays)" },
      { "for an archive without a source", 'tardownloader("a", { files = { "x" } })',
        "a: no source (a URL, or from = \"RESOURCE\", expected)" },
      { "for copies that leave the folder", [[
          tardownloader("a", "URL/top.tar") .. filescopy("b", "a", { "../x" })]],
        "b.files: '../x' (relative path without '.', '..' and '//' expected)" },
      { "for links without a name", 'links("l", { "org.example.other" })',
        'l.links: value 1 has no name (NAME = "ID" expected)' },
      { "for a change of lines that is none",
        'filedownloader("a.txt", "URL/x", { transforms = { { with = "x" } } })',
        "a.transforms: step 1: { replace = …, with = … } or { filter = … } expected" },
    }

    for _, mistake in ipairs(MISTAKES) do
      it(mistake[1], function()
        define(mistake[2])
        local result = lab:prepare()
        assert.equal(10, result.status)
        assert.matches(mistake[3], result.err, 1, true)
        assert.matches("org/example.lua:%d+: ", result.err)
      end)
    end
  end)

  it("keeps what is complete when another fails, and goes on from there", function()
    define [[filedownloader("plain.txt", "URL/plain.txt") .. filedownloader("gone.txt", "URL/gone") ..
      tardownloader("tree", { from = "gone" })]]
    local result = lab:prepare()
    assert.equal(4, result.status)
    assert.is_nil(result.err:find "tree", result.err) -- what needs it is not complained of
    assert.equal("complete", lab:state "plain")
    assert.equal("none", lab:state "gone")
    program.shell("cp " .. server.root .. "/top.tar " .. server.root .. "/gone")
    assert.equal(0, lab:prepare().status)
    assert.equal(1, asked "/plain.txt")
    assert.equal("one\n", temp.read(lab:path "tree/a.txt"))
    os.remove(server.root .. "/gone")
  end)

  it("keeps a transient resource until all that need it are complete", function()
    define [[filedownloader("t.tar", "URL/top.tar", { transient = true }) ..
      tardownloader("one", { from = "t" }) .. tardownloader("two", { from = "t", files = { "nothing" } })]]
    assert.equal(12, lab:prepare().status)
    assert.is_truthy(file.stat(lab:path "t.tar"))
    assert.equal("complete", lab:state "t")
    define [[filedownloader("t.tar", "URL/top.tar", { transient = true }) ..
      tardownloader("one", { from = "t" }) .. tardownloader("two", { from = "t", files = { "top/a.txt" } })]]
    assert.equal(0, lab:prepare().status)
    assert.is_nil(file.stat(lab:path "t.tar"))
    assert.equal("none", lab:state "t")
    assert.equal(1, asked "/top.tar")
  end)

  it("brings a transient resource back only where something needs it again", function()
    define [[tardownloader("archive", "URL/top.tar", { transient = true }) ..
      filescopy("a", "archive", { "a.txt" }) .. filescopy("b", "archive", { "sub/b.txt" })]]
    assert.equal(0, lab:prepare().status)
    assert.equal(1, asked "/top.tar")
    assert.equal(0, lab:prepare("--offline").status)
    assert(os.remove(lab:path "b/sub/b.txt"))
    assert.equal(0, lab:prepare().status)
    assert.equal(2, asked "/top.tar")
    assert.same({ ".contents", ".state.json", ".state.lock", "a", "b" }, lab:names())
  end)

  it("does not touch the folders of datasets in its own", function()
    lab:define(([[
      local Base = use "datamaestro.data".Base
      Data = tardownloader("data", "URL/top.tar") .. dataset { Base, "Outer" } .. function() return {} end
      Inner = filedownloader("a.txt", "URL/plain.txt") .. dataset { Base, "Inner", id = ".data.a" } ..
        function() return {} end
      Clash = filedownloader("b.txt", "URL/plain.txt") .. dataset { Base, "Clash", id = ".data.sub" } ..
        function() return {} end]]):gsub("URL", server.url))
    assert.equal(0, lab:run { "--quiet", "prepare", "org.example.data.a" }.status)
    assert.equal(0, lab:prepare().status, "with a folder of the same place, nothing is lost")
    assert.equal("plain\n", temp.read(lab:path "a/a.txt"))
  end)

  it("is not filled where it would write over another dataset's folder", function()
    lab:define(([[
      local Base = use "datamaestro.data".Base
      Data = tardownloader("data", "URL/top.tar") .. dataset { Base, "Outer" } .. function() return {} end
      Clash = filedownloader("x.txt", "URL/plain.txt") .. dataset { Base, "Clash", id = ".data.sub" } ..
        function() return {} end]]):gsub("URL", server.url))
    assert.equal(0, lab:run { "--quiet", "prepare", "org.example.data.sub" }.status)
    local result = lab:prepare()
    assert.equal(10, result.status)
    local problem = "data/sub: the folder of another dataset (a member of another name expected)"
    assert.matches(problem, result.err, 1, true)
    assert.equal("plain\n", temp.read(lab:path "sub/x.txt"))
  end)

  it("that twelve times is made of one archive asks for it once", function()
    local lines, ids = { 'local Base = use "datamaestro.data".Base' }, {}
    for i = 1, 12 do
      lines[#lines + 1] = ([[D%d = tardownloader("archive", "%s/top.tar.gz", { transient = true }) ..
        filescopy("files", "archive", { "a.txt" }) .. dataset { Base, "One of twelve" } ..
        function() return {} end]]):format(i, server.url)
      ids[i] = "org.example.d" .. i
    end
    lab:define(table.concat(lines, "\n"))
    local result = lab:run { "--quiet", "download", table.unpack(ids) }
    assert.equal(0, result.status, result.err)
    assert.equal(1, asked "/top.tar.gz")
    for i = 1, 12 do
      assert.equal("one\n", temp.read(("%s/data/lab/org/example/d%d/files/a.txt"):format(lab.data, i)))
    end
    assert.same({}, file.list(lab.data .. "/cache"))
  end)

  it("with --keep-downloads keeps the archive for later runs", function()
    define [[tardownloader("one", "URL/top.tar") ..
      tardownloader("two", "URL/top.tar", { folder = "again" })]]
    assert.equal(0, lab:prepare("--keep-downloads").status)
    assert.equal(2, #file.list(lab.data .. "/cache"))
    assert.equal(1, asked "/top.tar")
    assert.equal("one\n", temp.read(lab:path "again/a.txt"))
  end)

  it("says where its definition has changed since it was made", function()
    local source = 'filedownloader("l.txt", "URL/lines.txt", { transforms = { { filter = "%s" } } })'
    define(source:format "^a")
    assert.equal(0, lab:prepare().status)
    assert.equal("", lab:prepare("--offline").err)
    define(source:format "^b")
    local warning = "datamaestro: warning: " .. lab:path "l.txt"
      .. ": its definition has changed since it was made (delete it to have it made anew)\n"
    assert.same({ 0, warning }, { lab:prepare().status, lab:prepare().err })
    assert.equal("a=1\n", temp.read(lab:path "l.txt"))
    os.remove(lab:path "l.txt")
    assert.equal(0, lab:prepare().status)
    assert.equal("b=2\n", temp.read(lab:path "l.txt"))
    assert.equal("", lab:prepare().err)
  end)

  it("says where the function that made it has changed", function()
    local source = 'custom("made", function(work)\n  work:write("x.txt"):line("%s")\nend)'
    define(source:format "1")
    assert.equal(0, lab:prepare().status)
    define("\n\n" .. source:format "1")
    assert.equal("", lab:prepare().err)
    define(source:format "2")
    assert.matches("its definition has changed since it was made", lab:prepare().err, 1, true)
  end)

  it("keeps what does not fit its declaration, in case that is wrong", function()
    local make = "cd %s && head -c 3000000 /dev/zero >zeros && sha256sum zeros"
    local sha256 = program.shell(make:format(program.quote(server.root))).out:match "%x+"
    local source = 'filedownloader("zeros", "URL/zeros", { size = 3000000, sha256 = "%s" })'
    define(source:format(("0"):rep(64)))
    local result = lab:prepare()
    assert.equal(5, result.status)
    local kept = ("%s/cache/sha256-%s.aside"):format(lab.data, sha256)
    local warning = "zeros: what came is kept for 7 days, in case the definition is wrong: " .. kept
    assert.matches(warning, result.err, 1, true)
    assert.equal(3000000, file.stat(kept).size)
    define(source:format(sha256))
    assert.equal(0, lab:prepare().status)
    assert.equal(1, asked "/zeros")
    assert.equal(3000000, file.stat(lab:path "zeros").size)
  end)

  describe("that definitions or archives could turn against others", function()
    it("writes nothing through links that definitions make", function()
      local own = lab.folder .. "/own"
      temp.write(own .. "/Documents/thesis", "my thesis")
      lab:define(([[
        local Folder = use "datamaestro.data".Folder
        Data = linkfolder("sub", { "%s" }) .. dataset { Folder, "Outer" } ..
          function(sub) return { path = sub } end
        Inner = filedownloader("thesis", "URL/plain.txt", { size = 6 }) ..
          zipdownloader("z", "URL/top.zip", { folder = "Documents", transient = true }) ..
          filescopy("Copies", "z", { "a.txt" }) .. dataset { Folder, "Inner", id = ".data.sub" } ..
          function(Copies) return { path = Copies } end]]):format(own):gsub("URL", server.url))
      assert.equal(0, lab:prepare().status)
      local result = lab:run { "--quiet", "prepare", "org.example.data.sub" }
      assert.equal(10, result.status)
      local problem = "data/sub: a link in another dataset's folder (folder of org.example.data.sub expected)"
      assert.matches(problem, result.err, 1, true)
      assert.same({ "Documents" }, file.list(own))
      assert.equal("my thesis", temp.read(own .. "/Documents/thesis"))
    end)

    it("refuses links that lead out once the only folder is left out", function()
      program.shell("cd " .. program.quote(server.root) .. " && mkdir -p up/a && ln -s ../.. up/a/out && "
        .. "echo x >up/f && tar cf up.tar up && rm -r up")
      define 'tardownloader("d", "URL/up.tar")'
      local result = lab:prepare()
      assert.equal(12, result.status, result.err)
      local problem = "d: 'a/out': a link to '../..' (target inside the only folder, which is left out, "
      assert.matches(problem, result.err, 1, true)
      assert.same({ ".state.json", ".state.lock" }, lab:names())
    end)

    it("refuses members that would make a folder another dataset's", function()
      program.shell("cd " .. program.quote(server.root) .. " && mkdir -p st/n && echo {} >st/n/.state.json "
        .. "&& echo x >st/f && tar cf st.tar st && rm -r st")
      define 'tardownloader("d", "URL/st.tar")'
      local result = lab:prepare()
      assert.equal(12, result.status, result.err)
      assert.matches("'n/.state.json' (a name that is not the store's own expected)", result.err, 1, true)
      assert.same({ ".state.json", ".state.lock" }, lab:names())
    end)

    it("compares the names of links with those of other resources", function()
      lab:define(([[
        local Base = use "datamaestro.data".Base
        Other = filedownloader("a", "URL/plain.txt") .. dataset { Base, "Other" } .. function() return {} end
        Data = links("l", { ["x.txt"] = Other }) .. filedownloader("x.txt", "URL/plain.txt") ..
          dataset { Base, "Both" } .. function() return {} end]]):gsub("URL", server.url))
      local result = lab:run { "lint", lab.repository .. "/org/example.lua" }
      assert.matches("two resources are stored as 'x.txt' (the other one is in line 3", result.out, 1, true)
    end)
  end)

  it("does not take for complete what could not be repaired", function()
    define 'tardownloader("tree", "URL/top.tar")'
    assert.equal(0, lab:prepare().status)
    os.remove(lab:path "a.txt")
    for _ = 1, 2 do
      assert.equal(11, lab:prepare("--offline").status)
    end
    assert.equal("partial", lab:state "tree")
    assert.equal(0, lab:prepare().status)
    assert.equal("one\n", temp.read(lab:path "a.txt"))
  end)

  it("does not take for complete what its list of contents says is not, without a state", function()
    define 'tardownloader("tree", "URL/top.tar")'
    assert.equal(0, lab:prepare().status)
    os.remove(lab:path "a.txt")
    os.remove(lab:path ".state.json")
    assert.equal(0, lab:prepare().status)
    assert.equal("one\n", temp.read(lab:path "a.txt"))
  end)

  it("leaves datasets alone that are far down in its folder, or moved elsewhere", function()
    lab:define(([[
      local Base = use "datamaestro.data".Base
      Data = tardownloader("data", "URL/top.tar") .. dataset { Base, "Outer" } .. function() return {} end
      Deep = filedownloader("a.txt", "URL/plain.txt") ..
        dataset { Base, "Deep", id = ".data.a.b.c.d.e.f.g.h" } ..
        function() return {} end]]):gsub("URL", server.url))
    assert.equal(0, lab:run({ "--quiet", "prepare", "org.example.data.a.b.c.d.e.f.g.h" }).status)
    assert.equal(0, lab:prepare().status)
    assert.equal(1, asked "/top.tar")
    os.remove(lab:path "c.csv")
    assert.equal(0, lab:prepare().status)
    assert.equal("plain\n", temp.read(lab:path "a/b/c/d/e/f/g/h/a.txt"))
    program.shell(("cd '%s' && mv a '%s/moved' && ln -s '%s/moved/b/c/d/e/f/g/h' z && rm -r a.txt c.csv sub "
      .. ".contents .state.json"):format(lab:path(), lab.folder, lab.folder))
    assert.equal(0, lab:prepare().status)
    assert.equal("one\n", temp.read(lab:path "a.txt"))
  end)

  it("removes no folder of the user's that stands where a file belongs", function()
    define 'filedownloader("plain.txt", "URL/plain.txt")'
    assert.equal(0, lab:prepare().status)
    os.remove(lab:path "plain.txt")
    temp.write(lab:path "plain.txt/mine.txt", "mine")
    for _, words in ipairs { { "prepare" }, { "verify", "--deep", "--repair" } } do
      table.insert(words, "org.example.data")
      local result = lab:run { "--quiet", table.unpack(words) }
      assert.are_not.equal(0, result.status)
      local problem = "it holds something, which is not removed (a file expected; move it away)"
      assert.matches(problem, result.err, 1, true)
      assert.equal("mine", temp.read(lab:path "plain.txt/mine.txt"))
    end
    os.remove(lab:path "plain.txt/mine.txt")
    assert.equal(0, lab:prepare().status)
    assert.equal("plain\n", temp.read(lab:path "plain.txt"))
  end)

  it("of an archive without members is complete", function()
    program.shell("cd " .. program.quote(server.root) .. " && tar cf empty.tar -T /dev/null")
    define 'tardownloader("tree", "URL/empty.tar")'
    assert.equal(0, lab:prepare().status)
    assert.equal(0, lab:prepare("--offline").status)
  end)

  it("believes nothing of a shared source that one of those who share it can refute", function()
    local sha256 = program.shell("sha256sum <" .. server.root .. "/lines.txt").out:match "%x+"
    define(([[filedownloader("a.bin", "URL/plain.txt") ..
      filedownloader("b.bin", "URL/plain.txt", { sha256 = %q })]]):format(sha256))
    assert.equal(5, lab:prepare().status)
    assert.is_nil(file.stat(lab:path "a.bin"))
    assert.is_nil(file.stat(lab:path "b.bin"))
  end)

  describe("of the Python program", function()
    -- What it leaves in the middle: states of what is done, what was under way, a part in the cache.
    local function half_done(states)
      program.shell(("mkdir -p %s/.downloads/top %s/cache"):format(program.quote(lab:path()),
        program.quote(lab.data)))
      temp.write(lab:path ".downloads/top/a.txt", "half")
      temp.write(lab:path ".state.lock", "")
      temp.write(lab.data .. "/cache/" .. ("0"):rep(64) .. ".tmp", "half")
      if states then
        temp.write(lab:path ".state.json", json.encode { version = 1, resources = states })
      end
    end

    it("is finished where a state says what is done", function()
      define [[filedownloader("plain.txt", "URL/plain.txt") .. tardownloader("tree", "URL/top.tar") ..
        filescopy("copy", "tree", { "a.txt" })]]
      half_done { plain = { state = "complete" }, tree = { state = "partial" } }
      temp.write(lab:path "plain.txt", "plain\n")
      local result = lab:prepare()
      assert.equal(0, result.status, result.err)
      assert.equal(0, asked "/plain.txt")
      assert.equal("one\n", temp.read(lab:path "top/a.txt"))
      assert.equal("one\n", temp.read(lab:path "copy/a.txt"))
      local document = json.decode(temp.read(lab:path ".state.json"))
      assert.equal(1, document.version)
      for _, name in ipairs { "plain", "tree", "copy" } do
        assert.equal("complete", document.resources[name].state)
      end
    end)

    it("is not taken for complete because of what was under way", function()
      define 'tardownloader("tree", "URL/top.tar")'
      half_done()
      assert.equal(0, lab:prepare().status)
      assert.equal(1, asked "/top.tar")
      assert.equal("one\n", temp.read(lab:path "a.txt"))
    end)

    it("is adopted without a state, with a word where nothing proves it", function()
      define [[tardownloader("tree", "URL/top.tar") ..
        filedownloader("p.txt", "URL/plain.txt", { size = 6 })]]
      temp.write(lab:path "top/a.txt", "one\n")
      temp.write(lab:path "p.txt", "plain\n")
      local result = lab:prepare()
      assert.equal(0, result.status)
      local warning = "datamaestro: warning: %s: taken as it is (no checksum in the definition tells what "
        .. "must be in it)\n"
      assert.equal(warning:format(lab:path "top"), result.err)
      assert.same({}, server:requests())
      assert(os.remove(lab:path "top/a.txt"))
      assert.equal(0, lab:prepare().status) -- what it held was noted
      assert.equal(1, asked "/top.tar")
    end)
  end)
end)
