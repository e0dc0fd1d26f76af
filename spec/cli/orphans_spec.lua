-- What belongs to no dataset, and that this goes and nothing else, in a data directory full of traps.
local file = require "datamaestro.api.file"
local holdings = require "spec.support.holdings"
local json = require "datamaestro.json"
local process = require "datamaestro.api.process"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local EXAMPLE = "data/lab/org/example/"
local KEY = ("0123456789abcdef"):rep(4)
local DEAD = process.owner():match "^%x+" .. "-999999-1" -- of this machine, and no process

describe("orphans", function()
  local lab

  before_each(function()
    lab = holdings.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function run(...)
    return lab:run { "orphans", ... }
  end

  local function shell(command)
    local result = program.shell("cd " .. program.quote(lab.data) .. " && " .. command)
    assert.equal(0, result.status, result.err)
    return result.out
  end

  local function write(path, content)
    return temp.write(lab.data .. "/" .. path, content or "x")
  end

  -- The paths of a list of the JSON.
  local function listed(name, ...)
    local result = lab:run { "--json", "orphans", ... }
    assert.equal(0, result.status, result.err)
    local paths = {}
    for i, row in ipairs(json.decode(result.out)[name]) do
      paths[i] = row.path
    end
    return paths
  end

  -- Removes, and holds what is gone against what was listed: that and what is below it, and nothing else.
  local function remove(...)
    local before = holdings.list(lab)
    local paths = listed("orphans", ...)
    local result = lab:run { "orphans", "--remove", ... }
    local left, gone = {}, {}
    for _, path in ipairs(holdings.list(lab)) do
      left[path] = true
    end
    for _, path in ipairs(before) do
      if not left[path] then
        gone[#gone + 1] = path
      end
    end
    for _, path in ipairs(gone) do
      local was_listed = false
      for _, one in ipairs(paths) do
        local whole = "data directory/" .. one
        was_listed = was_listed or path == whole or path:sub(1, #whole + 1) == whole .. "/"
      end
      assert.is_true(was_listed, path)
    end
    for _, one in ipairs(paths) do
      assert.is_nil(left["data directory/" .. one], one)
    end
    return result, gone
  end

  it("finds none where all belongs to datasets", function()
    local result = run()
    assert.same({ 0, "0 orphans, 0 bytes on disk\n", "" }, { result.status, result.out, result.err })
    assert.equal("0 orphans removed, 0 bytes on disk\n", run("--remove").out)
  end)

  it("finds none where there is no data directory", function()
    shell "rm -r ../data*"
    local result = run()
    assert.same({ 0, "0 orphans, 0 bytes on disk\n", "" }, { result.status, result.out, result.err })
    assert.is_nil(file.stat(lab.data))
  end)

  it("lists what has no definition, and what no resource accounts for, and removes it when told to",
    function()
    write(EXAMPLE .. "old/.state.json", '{"resources": {}}')
    write(EXAMPLE .. "old/big.bin", ("x"):rep(10000))
    write(EXAMPLE .. "data/notes.txt")
    write "data/stray"
    local expected = [[
Of no definition:
  data/lab/org/example/old  (org.example.old)
Of no resource of their datasets:
  data/lab/org/example/data/notes.txt
Of repositories that are not known here (--repository ID counts them in):
  data/stray
2 orphans, 24.6 KB on disk (--remove removes them)
]]
    local before = holdings.list(lab)
    local result = run()
    assert.same({ 0, expected, "" }, { result.status, result.out, result.err })
    assert.same(before, holdings.list(lab))
    result = remove()
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal((expected:gsub("2 orphans, .*", "2 orphans removed, 24.6 KB on disk\n")), result.out)
    assert.same({}, listed "orphans")
  end)

  it("shows sizes in lines of 80 columns", function()
    write(EXAMPLE .. "old/big.bin", ("x"):rep(1000000))
    write(EXAMPLE .. "data/notes.txt")
    local out = run("--size").out
    assert.equal([[
Of no definition:
     1.0 MB  data/lab/org/example/old
Of no resource of their datasets:
     4.1 KB  data/lab/org/example/data/notes.txt
2 orphans, 1.0 MB on disk (--remove removes them)
]], out)
  end)

  it("prints JSON, exact to the byte", function()
    local name = 'odd "name"\n\27[31m\\ \255.txt'
    write(EXAMPLE .. "data/" .. name, "12345")
    local result = lab:run { "--json", "orphans" }
    local found = json.decode(result.out:gsub("\\udcff", "?"))
    assert.equal(lab.data, found.data)
    local row = found.orphans[1]
    assert.same({ path = EXAMPLE .. "data/" .. name:gsub("\255", "?"), type = "file", reason = "resource",
      repository = "lab", ids = {}, files = 1, bytes = 5, disk = 4096 }, row)
    result = lab:run { "--json", "orphans", "--remove" }
    row = json.decode(result.out:gsub("\\udcff", "?")).orphans[1]
    assert.same({ true, json.null }, { row.removed, row.problem })
    assert.equal("data.bin\ninner\n", shell("ls " .. EXAMPLE .. "data"))
  end)

  it("prints odd names in one line, without anything that a terminal could obey", function()
    write(EXAMPLE .. "data/a\nb\27[2J\255")
    assert.matches("\n  data/lab/org/example/data/a\\nb\\x1b%[2J\\xff\n", run().out)
    assert.equal(0, run("--remove").status)
    assert.equal("data.bin\ninner\n", shell("ls " .. EXAMPLE .. "data"))
  end)

  -- --- What belongs to datasets -----------------------------------------------------------------

  it("holds folders against their lists of contents", function()
    write(EXAMPLE .. "tree/sub/new")
    write(EXAMPLE .. "tree/more/x/y")
    write(EXAMPLE .. "pair/tree/sub/new")
    write(EXAMPLE .. "pair/two.bin")
    write(EXAMPLE .. "pair/.contents/gone", "datamaestro contents 1\n")
    assert.same({ EXAMPLE .. "pair/.contents/gone", EXAMPLE .. "pair/tree/sub/new", EXAMPLE .. "pair/two.bin",
      EXAMPLE .. "tree/more", EXAMPLE .. "tree/sub/new" }, listed "orphans")
    assert.equal(0, (remove()).status)
    local result = lab:run { "--quiet", "--offline", "prepare", "org.example.tree", "org.example.pair" }
    assert.equal(0, result.status, result.err)
  end)

  it("takes all in a folder that has no list for what it should hold", function()
    shell(("rm %stree/.contents/tree %spair/.contents/tree"):format(EXAMPLE, EXAMPLE))
    write(EXAMPLE .. "tree/sub/new")
    write(EXAMPLE .. "tree/more/x/y")
    write(EXAMPLE .. "pair/tree/sub/new")
    write(EXAMPLE .. "pair/two.bin")
    assert.same({ EXAMPLE .. "pair/two.bin" }, listed "orphans")
  end)

  it("takes all in such a folder also where the name of a dataset below is that of a folder in it", function()
    lab:define(temp.read(lab.repository .. "/org/example.lua") .. [[
      Below = filedownloader("x.bin", "file:///x") ..
        dataset { File, "Below", id = "org.example.tree.sub.deep" } .. function(x) return { path = x } end]])
    assert.same({}, listed "orphans")
    shell(("rm %stree/.contents/tree"):format(EXAMPLE))
    assert.same({}, listed "orphans")
    write(EXAMPLE .. "tree/sub/deep/.state.json", '{"resources": {}}')
    write(EXAMPLE .. "tree/sub/deep/new")
    write(EXAMPLE .. "tree/sub/other")
    assert.same({ EXAMPLE .. "tree/sub/deep/new" }, listed "orphans")
  end)

  it("takes all in a folder for a resource that was complete and is not in its place", function()
    shell("cd " .. EXAMPLE .. "data && mv data.bin another.bin") -- as other definitions may have it
    assert.same({}, listed "orphans")
    shell(("rm %sdata/.state.json"):format(EXAMPLE))
    assert.same({ EXAMPLE .. "data/another.bin" }, listed "orphans")
  end)

  it("knows the folders of variants by their values", function()
    local family = EXAMPLE .. "family/"
    for _, name in ipairs { "size=large", "size=small,seed=2", "seed=3,size=small", "seed=1,size=large",
      "size=huge", "size=large,jobs=2", "x=1", "other" } do
      shell(("mkdir -p %s%s; touch %s%s/small.bin"):format(family, name, family, name))
    end
    write(family .. "size=small/2")
    assert.same({ family .. "other", family .. "seed=1,size=large", family .. "size=huge",
      family .. "size=large/small.bin", family .. "size=large,jobs=2", family .. "size=small/2",
      family .. "size=small,seed=2", family .. "x=1" }, listed "orphans")
  end)

  it("keeps datasets in the folder of another that goes, and in one that has no definition", function()
    write(EXAMPLE .. "data/sub/x")
    write(EXAMPLE .. "data/inner/extra")
    assert.same({ EXAMPLE .. "data/inner/extra", EXAMPLE .. "data/sub" }, listed "orphans")
    lab:define([[Inner = filedownloader("inner.bin", "file:///x") ..
      dataset { use "datamaestro.data".File, "Inner", id = "org.example.data.inner" } ..
      function(inner) return { path = inner } end]])
    assert.equal(0, (remove()).status)
    assert.equal("data\ndata/inner\ndata/inner/.state.json\ndata/inner/.state.lock\ndata/inner/inner.bin\n",
      shell("cd " .. EXAMPLE .. " && find * | LC_ALL=C sort"))
  end)

  it("names the datasets that were in what has no definition", function()
    for _, name in ipairs { "a", "b/x=1,y=2", "c", "d" } do
      write("data/lab/gone/" .. name .. "/.state.json", "{}")
    end
    assert.equal([[
Of no definition:
  data/lab/gone  (gone.a, gone.b[x=1,y=2], gone.c and 1 more)
]], run().out:match "^.-\n.-\n")
  end)

  -- --- Repositories -----------------------------------------------------------------------------

  it("leaves a repository that is not known, unless it is named", function()
    write "data/wiki/com/lecun/.state.json"
    write(EXAMPLE .. "old/x")
    assert.same({ "data/wiki" }, listed "doubtful")
    local _, gone = remove()
    assert.same({ "data directory/" .. EXAMPLE .. "old", "data directory/" .. EXAMPLE .. "old/x" }, gone)
    assert.truthy(file.stat(lab.data .. "/data/wiki/com/lecun/.state.json"))
    write(EXAMPLE .. "old/x")
    assert.same({ "data/wiki" }, listed("orphans", "--repository", "wiki"))
    local result = remove("--repository", "wiki")
    assert.equal("Of repositories that are not known here:\n  data/wiki  (com.lecun)\n"
      .. "1 orphan removed, 16.4 KB on disk\n", result.out)
    assert.same({ "lab" }, file.list(lab.data .. "/data"))
    assert.truthy(file.stat(lab.data .. "/" .. EXAMPLE .. "old/x"))
  end)

  it("leaves a repository of which a definition cannot be read, unless it is named", function()
    write(EXAMPLE .. "old/x")
    write(EXAMPLE .. "data/notes.txt")
    temp.write(lab.repository .. "/org/broken.lua", "Data = 3 +")
    local result = run "--remove"
    assert.equal(0, result.status)
    assert.matches("^datamaestro: warning: .*/org/broken.lua:1: ", result.err)
    assert.equal([[
Of repositories not all of whose definitions are known here (likewise):
  data/lab/org/example/data/notes.txt
  data/lab/org/example/old
0 orphans removed, 0 bytes on disk
]], result.out)
    assert.equal("2 orphans removed, 12.3 KB on disk", run("--remove", "--repository",
      "lab").out:match "[^\n]*\n$"
      :sub(1, -2))
  end)

  it("leaves a repository that hides another one of its id", function()
    write(EXAMPLE .. "old/x")
    temp.write(lab.folder .. "/.local/share/datamaestro/repositories/theirs/init.lua",
      'return { id = "lab" }')
    assert.same({}, listed "orphans")
    assert.same({ EXAMPLE .. "old" }, listed "doubtful")
  end)

  it("leaves a repository of the same datasets in another repository's folder alone", function()
    write "data/other/org/example/data/data.bin"
    assert.same({}, listed "orphans")
    assert.same({ "data/other" }, listed "doubtful")
  end)

  it("fails for a repository that is not there", function()
    local result = run("--repository", "none")
    assert.same({ 3, ("datamaestro: %s/data/none: no such folder (that of a repository expected)\n"):format(
      lab.data) }, { result.status, result.err })
    assert.equal("0 orphans, 0 bytes on disk\n", run("--repository", "ml").out)
  end)

  -- --- Processes --------------------------------------------------------------------------------

  it("finds what dead processes have left", function()
    write(EXAMPLE .. "data/.downloads/" .. DEAD .. "/x.part")
    write(EXAMPLE .. "pair/.downloads/" .. DEAD .. "/x.part")
    write(EXAMPLE .. "pair/.downloads/" .. process.owner() .. "/x.part")
    write(EXAMPLE .. "data/.state.json.1.2")
    write(EXAMPLE .. "data/.state.json.tmp")
    write(EXAMPLE .. "pair/.contents/tree.1.2")
    write("cache/sha256-" .. KEY .. "." .. DEAD .. ".part")
    write("cache/sha256-" .. KEY .. "." .. DEAD .. ".journal")
    write("cache/" .. KEY .. "." .. process.owner() .. ".part")
    write("cache/sha256-" .. KEY .. ".lock")
    write "cache/hosts/example.org"
    write "cache/unknown"
    shell(("touch -d '2 minutes ago' %sdata/.state.json.1.2 %spair/.contents/tree.1.2"):format(EXAMPLE,
      EXAMPLE))
    assert.same({ EXAMPLE .. "data/.downloads", EXAMPLE .. "data/.state.json.1.2",
      EXAMPLE .. "pair/.contents/tree.1.2", EXAMPLE .. "pair/.downloads/" .. DEAD,
      "cache/sha256-" .. KEY .. "." .. DEAD .. ".journal", "cache/sha256-" .. KEY .. "." .. DEAD .. ".part",
      "cache/sha256-" .. KEY .. ".lock" }, listed "orphans")
    local result = remove()
    assert.same({ 0, "" }, { result.status, result.err })
    assert.matches("\nLocks that nobody holds:\n", result.out)
  end)

  it("lists kept downloads, and keeps them", function()
    write("cache/" .. KEY .. ".dl", ("x"):rep(5000))
    write("cache/" .. KEY .. ".url", "https://me:secret@example.org/x.gz")
    assert.equal([[
Downloads that are kept (they stay):
    12.3 KB  https://example.org/x.gz
0 orphans, 0 bytes on disk
]], run("--size").out)
    assert.same({ "cache/" .. KEY .. ".dl" }, listed "kept")
    local _, gone = remove()
    assert.same({}, gone)
  end)

  -- Runs under a lock that another process holds.
  local function run_under(lock, ...)
    local command = ("flock %s %s"):format(program.quote(lab.data .. "/" .. lock), lab:command { "orphans",
      ... })
    return program.shell(command .. " </dev/null")
  end

  it("leaves datasets that another process holds, and what is in their folders but other datasets", function()
    write(EXAMPLE .. "data/notes.txt")
    write(EXAMPLE .. "data/inner/notes.txt")
    local result = run_under(EXAMPLE .. "data/.state.lock", "--remove")
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal(([[
Of no resource of their datasets:
  data/lab/org/example/data/inner/notes.txt
Not looked at, or in use (it stays):
  data/lab/org/example/data  (%s/data/lab/org/example/data/.state.lock: locked by another process)
1 orphan removed, 4.1 KB on disk
]]):format(lab.data), result.out)
    assert.truthy(file.stat(lab.data .. "/" .. EXAMPLE .. "data/notes.txt"))
  end)

  it("leaves what has no definition and is held, or worked in", function()
    write(EXAMPLE .. "old/deep/.state.lock")
    write(EXAMPLE .. "older/.downloads/" .. process.owner() .. "/x")
    write("cache/" .. KEY .. ".lock")
    local result = run_under(EXAMPLE .. "old/deep/.state.lock", "--remove")
    assert.matches("\n  data/lab/org/example/old  %(.*/old/deep/.state.lock: locked by another process%)\n",
      result.out)
    assert.matches("\n  data/lab/org/example/older  %(.*: a process is at work there%)\n", result.out)
    assert.matches("\n1 orphan removed", result.out)
    result = run_under("cache/" .. KEY .. ".lock", "--remove")
    assert.matches("\n  cache/[^\n]*: locked by another process%)\n", result.out)
    assert.truthy(file.stat(lab.data .. "/cache/" .. KEY .. ".lock"))
    assert.truthy(file.stat(lab.data .. "/" .. EXAMPLE .. "older/.downloads"))
  end)

  it("leaves what is held of a dataset that has no definition, in the way to one that has", function()
    lab:define([[Inner = filedownloader("inner.bin", "file:///x") ..
      dataset { use "datamaestro.data".File, "Inner", id = "org.example.data.inner" } ..
      function(inner) return { path = inner } end]])
    run_under(EXAMPLE .. "data/.state.lock", "--remove")
    assert.equal("data.bin\ninner\n", shell("cd " .. EXAMPLE .. " && ls data"))
    remove()
    assert.equal("inner\n", shell("cd " .. EXAMPLE .. " && ls -A data"))
  end)

  it("says what could not be removed, goes on, and ends with status 1", function()
    write(EXAMPLE .. "data/notes.txt")
    write(EXAMPLE .. "tree/notes.txt")
    shell("chattr +i " .. EXAMPLE .. "data/notes.txt 2>/dev/null || true")
    if os.remove(lab.data .. "/" .. EXAMPLE .. "data/notes.txt") then
      return pending "no file can be kept from root here"
    end
    local result = run "--remove"
    shell("chattr -i " .. EXAMPLE .. "data/notes.txt")
    assert.same({ 1, ("datamaestro: %s/%sdata/notes.txt: Operation not permitted\n"):format(lab.data,
      EXAMPLE) },
      { result.status, result.err })
    assert.matches("\n1 orphan removed", result.out)
  end)

  -- --- Ways out ---------------------------------------------------------------------------------

  it("removes links, and nothing that they lead to", function()
    temp.write(lab.folder .. "/outside/precious", "x")
    local outside = program.quote(lab.folder .. "/outside")
    shell(("ln -s %s %sdata/out; ln -s %s data/lab/org/out; ln -s %s/precious %stree/sub/out; "
      .. "mkdir -p %sold/x; "
      .. "ln -s %s %sold/x/out; ln -s .. %sold/x/up"):format(outside, EXAMPLE, outside, outside, EXAMPLE,
        EXAMPLE,
      outside, EXAMPLE, EXAMPLE))
    assert.same({ EXAMPLE .. "data/out", EXAMPLE .. "old", EXAMPLE .. "tree/sub/out", "data/lab/org/out" },
      listed "orphans")
    local result = remove()
    assert.same({ 0, "" }, { result.status, result.err })
    assert.same({ "precious" }, file.list(lab.folder .. "/outside"))
  end)

  it("leaves links in the place of what datasets have, and their own", function()
    temp.write(lab.folder .. "/outside/extra", "x")
    shell(("mv %stree ../outside/tree; ln -s ../../../../../outside/tree %stree; ln -s ../outside drop")
      :format(EXAMPLE, EXAMPLE))
    shell(("mv %spair/tree ../outside/top; ln -s %s/outside/top %spair/tree"):format(EXAMPLE,
      program.quote(lab.folder), EXAMPLE))
    shell("touch ../outside/tree/new ../outside/top/new")
    assert.same({}, listed "orphans")
    assert.equal("link", file.stat(lab.data .. "/" .. EXAMPLE .. "led/there", true).type)
  end)

  it("looks at nothing where data/ is a link", function()
    shell "mv data ../elsewhere; ln -s ../elsewhere data; mkdir ../elsewhere/lab/old"
    local result = run "--remove"
    assert.same({ 1,
      ("datamaestro: warning: %s/data: a link (a folder of the data directory's own expected; it is "
      .. "left alone)\n"):format(lab.data) }, { result.status, result.err })
    assert.truthy(file.stat(lab.folder .. "/elsewhere/lab/old"))
  end)

  it("stays out of what is mounted", function()
    if program.shell("unshare -m mount -t tmpfs none /mnt").status ~= 0 then
      return pending "nothing can be mounted here"
    end
    temp.write(lab.folder .. "/outside/precious", "x")
    write(EXAMPLE .. "old/x/f")
    write(EXAMPLE .. "older/f")
    shell(("mkdir -p %sdata/tmp %sold/x/m"):format(EXAMPLE, EXAMPLE))
    local command = ("cd %s && mount -t tmpfs none %sdata/tmp && mount --bind %s/outside %sold/x/m && "
      .. "mount --bind %s/outside %stree && %s && ls %stree"):format(program.quote(lab.data), EXAMPLE,
        lab.folder,
      EXAMPLE, lab.folder, EXAMPLE, lab:command { "orphans", "--remove" }, EXAMPLE)
    local result = program.shell("unshare -m sh -c " .. program.quote(command))
    assert.same({ 0, "" }, { result.status, result.err })
    assert.equal([[
Of no definition:
  data/lab/org/example/older
Not looked at, or in use (it stays):
  data/lab/org/example/data/tmp  (a mount point)
  data/lab/org/example/old  (data/lab/org/example/old/x/m: a mount point)
  data/lab/org/example/tree  (a mount point)
1 orphan removed, 8.2 KB on disk
precious
]], result.out)
    assert.truthy(file.stat(lab.data .. "/" .. EXAMPLE .. "old/x/f"))
  end)

  it("never looks outside data/ and cache/", function()
    write "drop/x"
    write "notes/x"
    write "settings.json"
    write ".hidden"
    assert.same({}, listed "orphans")
    assert.same({}, listed "doubtful")
  end)

  it("shows an example that works", function()
    local help = run("--help").out
    assert.matches("\nExample: datamaestro orphans %-%-size", help)
    assert.equal(0, run("--size").status)
  end)
end)
