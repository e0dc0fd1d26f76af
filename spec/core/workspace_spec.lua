-- A folder that the code of a stranger works in: what can be made in it, and that there is no way out.
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"
local workspace = require "datamaestro.api.workspace"

describe("a workspace", function()
  local folder, work

  before_each(function()
    folder = temp.folder()
    work = assert(workspace.open { folder = folder .. "/x", create = true, subject = "work" })
  end)

  after_each(function()
    work:close()
    temp.remove(folder)
  end)

  local function shell(command)
    local result = program.shell("cd " .. folder .. " && " .. command)
    assert.equal(0, result.status, result.err)
    return result.out
  end

  local function write(name, content)
    local writer = assert(work:writer(name))
    assert(writer:write(false, content or name))
    assert(writer:close())
  end

  -- Waits for an errand: its results.
  local function wait(errand, message, code)
    if not errand then
      return nil, message, code
    end
    while not errand:done() do -- luacheck: ignore 542
    end
    local results = table.pack(errand:result())
    errand:close()
    return table.unpack(results, 1, results.n)
  end

  it("holds files with the folders above them", function()
    local writer = assert(work:writer "a/b/c.txt")
    assert.is_true(writer:write(true, "on", "e"))
    assert.is_true(writer:write(false, ("x"):rep(200000)))
    assert.is_true(writer:write(true, "two", 2, 0.5))
    assert.is_true(writer:close())
    assert.is_true(writer:close())
    assert.equal("one\n" .. ("x"):rep(200000) .. "two20.5\n", temp.read(folder .. "/x/a/b/c.txt"))
    assert.equal(200012, work:size "a/b/c.txt")
    assert.equal(200012, work:size "./a//b/c.txt")
  end)

  it("lists plain files below a folder, sorted by byte", function()
    for _, name in ipairs { "b/z", "a", "b/c/d", "B", "b.x" } do
      write(name)
    end
    shell "mkfifo x/fifo; ln -s /etc x/link; mkdir x/empty"
    assert.same({ "B", "a", "b.x", "b/c/d", "b/z" }, work:list "")
    assert.same({ "c/d", "z" }, work:list "b")
    assert.same({ "B", "a", "b.x", "b/c/d", "b/z" }, work:list "") -- as before
    assert.same({}, work:list "empty")
  end)

  -- name, message, code
  local REFUSED = {
    { "../x", "work: '../x': a path with '..' (none expected)", "usage" },
    { "a/../../x", "work: 'a/../../x': a path with '..' (none expected)", "usage" },
    { "/etc/passwd", "work: '/etc/passwd': an absolute path (relative one expected)", "usage" },
    { "", "work: '': an empty name (name expected)", "usage" },
    { "./", "work: './': the folder itself (a name in it expected)", "usage" },
    { "a\\b", [[work: 'a\b': a name with a backslash (none expected)]], "usage" },
    { "c:x", "work: 'c:x': a path with a drive (relative one expected)", "usage" },
    { "a\27[31m", [[work: 'a\x1b[31m': a name with control characters, or that is not UTF-8 ]]
      .. "(plain text expected)", "usage" },
    { "l/passwd", "work: 'l': a link (folder expected)", "format" },
    { "f/x", "work: 'f': a file (folder expected)", "format" },
  }

  for _, case in ipairs(REFUSED) do
    it(("refuses %q, to make and to read"):format(case[1]), function()
      write "f"
      shell "ln -s /etc x/l"
      local expected = { nil, case[2], case[3] }
      assert.same(expected, { work:writer(case[1]) })
      assert.same(expected, { work:pin(case[1]) })
      assert.same(expected, { work:size(case[1]) })
      assert.same(expected, { work:check(case[1]) })
      assert.same(expected, { work:rename("f", case[1]) })
      assert.same(expected, { wait(work:remove(case[1])) })
      assert.same(expected, { wait(work:copy("/etc/passwd", case[1])) })
      assert.same({ "f" }, work:list "")
    end)
  end

  it("reads through no link, and nothing that is no file", function()
    shell "ln -s /etc/passwd x/p; ln -s /etc x/l; mkfifo x/fifo; mkdir x/d; ln -s nowhere x/n"
    assert.same({ nil, "work: 'p': a link (file expected)", "format" }, { work:pin "p" })
    assert.same({ nil, "work: 'n': a link (file expected)", "format" }, { work:pin "n" })
    assert.same({ nil, "work: 'fifo': a special file (file expected)", "format" }, { work:pin "fifo" })
    assert.same({ nil, "work: 'd': a folder (file expected)", "format" }, { work:pin "d" })
    assert.same({ nil, "work: 'l': a link (folder expected)", "format" }, { work:list "l" })
    assert.same({ nil, "work: 'x': No such file or directory", "unknown" }, { work:pin "x" })
  end)

  it("writes over nothing, not even a link to nowhere", function()
    shell "ln -s /tmp/nowhere-at-all x/n; mkdir x/d"
    write "f"
    for _, name in ipairs { "n", "d", "f" } do
      local message = ("work: '%s': is there already (a new name expected)"):format(name)
      assert.same({ nil, message, "usage" }, { work:writer(name) })
      assert.same({ nil, message, "usage" }, { work:rename("f", name) })
      assert.same({ nil, message, "usage" }, { work:take(folder .. "/other", name) })
    end
    assert.equal("f", temp.read(folder .. "/x/f"))
  end)

  it("keeps names with a dot in front for the program", function()
    local message = "work: '.state.json': begins with a dot (another name expected)"
    assert.same({ nil, message, "usage" }, { work:writer ".state.json" })
    assert.is_not_nil(work:writer "d/.hidden")
  end)

  it("renames files and folders, but into no folder that moves", function()
    write "a/b"
    assert.is_true(work:rename("a", "c/d"))
    assert.same({ "c/d/b" }, work:list "")
    assert.same({ nil, "work: 'c/e/f': lies in the folder that is to be renamed", "usage" },
      { work:rename("c", "c/e/f") })
    assert.same({ nil, "work: 'z': No such file or directory", "unknown" }, { work:rename("z", "y") })
  end)

  it("removes files, links and whole folders, through no link", function()
    write "a/b/c"
    shell "mkdir out; touch out/kept; ln -s ../../out x/a/l; ln -s ../out x/l"
    assert.is_true(wait(work:remove "l"))
    assert.is_true(wait(work:remove "a"))
    assert.same({ nil, "work: 'a': No such file or directory", "unknown" }, { wait(work:remove "a") })
    assert.same({}, file.list(folder .. "/x"))
    assert.same({ "kept" }, file.list(folder .. "/out"))
  end)

  it("copies files of elsewhere", function()
    temp.write(folder .. "/big", ("x"):rep(40 << 20))
    assert.is_true(wait(work:copy(folder .. "/big", "d/copy")))
    assert.equal(0, program.shell(("cmp %s/big %s/x/d/copy"):format(folder, folder)).status)
    assert.same({ nil, folder .. ": not a regular file (file expected)", "format" },
      { wait(work:copy(folder, "e")) })
  end)

  it("takes in what was made beside it", function()
    shell "mkdir made; touch made/one"
    assert.is_true(work:take(folder .. "/made", "d/e"))
    assert.same({ "d/e/one" }, work:list "")
    assert.same({ nil, "work: 'f': No such file or directory", "unknown" },
      { work:take(folder .. "/made", "f") })
  end)

  it("unpacks chosen members of an archive", function()
    shell "mkdir -p t/a t/b; echo 1 >t/a/1; echo 2 >t/b/2; tar cf t.tar t"
    local done, bytes, entries = wait(workspace.extract { path = folder .. "/t.tar",
      folder = folder .. "/out", subpath = "t", files = { "a/*" } })
    assert.same({ true, 2, 1 }, { done, bytes, entries })
    assert.equal("out\nout/a\nout/a/1\n", shell "find out | sort")
    assert.same({ nil, "t: no member that matches 'x*' (there is 't/')", "format" },
      { wait(workspace.extract { path = folder .. "/t.tar", folder = folder .. "/no", subject = "t",
        files = { "x*" } }) })
    assert.is_nil(file.stat(folder .. "/no"))
  end)

  it("bounds what is made in all", function()
    local small <close> = assert(workspace.open { folder = folder .. "/s", create = true, subject = "work",
      bytes = 10, entries = 3 })
    local writer = assert(small:writer "a/b")
    assert.is_true(writer:write(false, "0123456789"))
    assert.same({ nil, "work: more than 10 bytes written", "format" }, { writer:write(false, "x") })
    assert(small:writer "c")
    assert.same({ nil, "work: more than 3 files and folders made", "format" }, { small:writer "d" })
    assert.same({ nil, "work: more than 10 bytes written", "format" },
      { wait(small:copy("/etc/passwd", "e")) })
    assert.same({ 0, 0 }, { small:room() })
  end)

  it("finds links that lead out once they were renamed", function()
    shell "mkdir -p x/d/e; ln -s ../up x/d/l; ln -s ../../up x/d/e/l; ln -s d x/down"
    assert.is_true(wait(work:sync()))
    assert(work:rename("d/e/l", "d/m"))
    assert.same({ nil, "work: 'd/m': a link that leads out of the folder, now that it was renamed (one that "
      .. "is surely inside expected)", "format" }, { wait(work:sync()) })
  end)

  it("that was not made to be written to is read only", function()
    write "f"
    local again <close> = assert(workspace.open { folder = folder .. "/x", subject = "archive" })
    assert.same({ "f" }, again:list "")
    for _, failed in ipairs { { again:writer "g" }, { again:check "g" }, { again:rename("f", "g") } } do
      assert.same({ nil, "archive: 'g': cannot be made here: it is read only", "usage" }, failed)
    end
    assert.same({ nil, "archive: 'f': cannot be removed: it is read only", "usage" },
      { wait(again:remove "f") })
  end)

  it("does one thing at a time, and ends it when it is closed", function()
    temp.write(folder .. "/big", ("x"):rep(64 << 20))
    local errand = assert(work:copy(folder .. "/big", "copy"))
    assert.error_matches(function() work:list "" end, "busy")
    work:close()
    assert.error_matches(function() errand:done() end, "closed")
    assert.error_matches(function() work:list "" end, "closed")
  end)

  it("leaves an errand to the collector", function()
    assert(workspace.extract { path = "/etc/passwd", folder = folder .. "/none" })
    work:sync()
    work = assert(workspace.open { folder = folder .. "/y", create = true })
    collectgarbage()
    collectgarbage()
  end)
end)
