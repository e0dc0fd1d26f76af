-- All that is below a folder: what is found, what is left alone, and that what is removed is what was found.
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"
local walk = require "datamaestro.api.walk"

-- Whether a file system can be mounted, where nobody else sees it.
local function can_mount()
  return program.shell("unshare -m mount -t tmpfs none /mnt").status == 0
end

describe("a walk", function()
  local folder

  before_each(function()
    folder = temp.folder()
  end)

  after_each(function()
    temp.remove(folder)
  end)

  local function shell(command)
    local result = program.shell("cd " .. program.quote(folder) .. " && " .. command)
    assert.equal(0, result.status, result.err)
    return result.out
  end

  local function open(names)
    return assert(walk.open(folder, names))
  end

  local function paths(tree)
    local found = {}
    for i = 2, #tree do
      found[#found + 1] = tree:path(i)
    end
    return found
  end

  it("finds all, each folder before what is in it, in the order of the names' bytes", function()
    shell "mkdir -p b/c a.d a; touch b/c/2 b/c/10 b/z a/x a.d/y; ln -s /etc l; mkfifo p"
    local tree = open()
    assert.same({ "a", "a/x", "a.d", "a.d/y", "b", "b/c", "b/c/10", "b/c/2", "b/z", "l", "p" }, paths(tree))
    assert.equal("", tree:path(1))
  end)

  it("says what each is, and where what is below it ends", function()
    shell "mkdir -p b/c; printf hello >b/c/2; ln -s /etc l; mkfifo p; touch -d @1000000000 b/c/2"
    local tree = open()
    assert.same({ "2", "file", 5, 1000000000, 5 }, { tree:entry(4) })
    local name, kind, _, _, stop, mark = tree:entry(2)
    assert.same({ "b", "folder", 5 }, { name, kind, stop })
    assert.is_nil(mark)
    assert.equal("link", (select(2, tree:entry(5))))
    assert.equal("special file", (select(2, tree:entry(6))))
  end)

  it("looks at chosen names only", function()
    shell "mkdir data cache other; touch data/a other/b"
    assert.same({ "cache", "data", "data/a" }, paths(open { "data", "cache", "none" }))
    assert.same({}, paths(open {}))
  end)

  it("finds entries by their paths", function()
    shell "mkdir -p a/b ab; touch a/b/c"
    local tree = open()
    assert.equal("a/b/c", tree:path(tree:find "a/b/c"))
    assert.equal("ab", tree:path(tree:find "ab"))
    assert.is_nil(tree:find "a/c")
    assert.is_nil(tree:find "b")
    assert.is_nil(tree:find "a/b/c/d")
  end)

  it("takes names of any bytes", function()
    local name = "new\nline \27[31m \255"
    temp.write(folder .. "/" .. name, "x")
    local tree = open()
    assert.equal(name, tree:path(2))
    assert.equal(2, tree:find(name))
    assert(tree:remove(2))
    assert.same({}, file.list(folder))
  end)

  it("follows no link, to a folder or in a circle", function()
    shell "mkdir a; ln -s .. a/up; ln -s /usr a/usr"
    assert.same({ "a", "a/up", "a/usr" }, paths(open()))
  end)

  it("marks folders that lie too deep", function()
    assert(file.mkdirs(folder .. ("/d"):rep(250)))
    local tree = open()
    assert.equal(201, #tree)
    assert.equal("unread", (select(6, tree:entry(201))))
    local done, message = tree:remove(2)
    assert.is_nil(done)
    assert.equal(folder .. ("/d"):rep(200) .. ": could not be read (it may hold anything)", message)
    assert.truthy(file.stat(folder .. ("/d"):rep(250)))
  end)

  it("fails where there is no folder", function()
    local tree, message, code = walk.open(folder .. "/none")
    assert.is_nil(tree)
    assert.equal(folder .. "/none: No such file or directory", message)
    assert.equal("unknown", code)
    temp.write(folder .. "/file", "")
    assert.equal(folder .. "/file: Not a directory", select(2, walk.open(folder .. "/file")))
  end)

  it("refuses numbers that are no entries, and a closed walk", function()
    local tree = open()
    assert.has_error(function() tree:entry(2) end, "bad argument #1 to 'entry' (no such entry)")
    assert.has_error(function() tree:path(0) end, "bad argument #1 to 'path' (no such entry)")
    assert.has_error(function() tree:own(1, 0) end, "bad argument #2 to 'own' (1 or more expected)")
    tree:close()
    tree:close()
    assert.has_error(function() return #tree end)
  end)

  -- --- Room -------------------------------------------------------------------------------------

  local function disk_of(...)
    local total = 0
    for _, path in ipairs { ... } do
      total = total + tonumber(shell("stat -c %b " .. path)) * 512
    end
    return total
  end

  it("adds up files and blocks as du does, files with several names once", function()
    shell("mkdir -p a b; head -c 100000 /dev/zero >a/x; ln a/x b/y; ln a/x b/z; printf 123 >b/s; "
      .. "truncate -s 1M b/h")
    local tree = open()
    local sum = tree:measure(1)
    assert.same({ files = 5, bytes = 100000 + 3 + 1048576, disk = tonumber(shell "du -s -B1 ." :match "%d+"),
      shared = 0 }, sum)
    assert.equal(disk_of("b", "b/y", "b/s"), tree:measure(tree:find "b").disk)
  end)

  it("adds up by owner, and says what they share", function()
    shell("mkdir a b c; head -c 9000 /dev/zero >a/x; ln a/x a/twice; ln a/x b/y; "
      .. "head -c 5000 /dev/zero >b/own; >c/f")
    local tree = open()
    tree:own(tree:find "a", 1)
    tree:own(tree:find "b", 2)
    local sums, total = tree:sums(2)
    assert.same({
      { files = 2, bytes = 9000, disk = disk_of("a", "a/x"), shared = disk_of "a/x" },
      { files = 2, bytes = 14000, disk = disk_of("b", "b/y", "b/own"), shared = disk_of "a/x" },
    }, sums)
    assert.same({ 5, 14000, tonumber(shell "du -s -B1 ." :match "%d+") },
      { total.files, total.bytes, total.disk })
  end)

  it("gives what is in a folder to its last owner", function()
    shell "mkdir -p a/b; printf 1 >a/x; printf 22 >a/b/y"
    local tree = open()
    tree:own(tree:find "a", 1)
    tree:own(tree:find "a/b", 2)
    local sums = tree:sums(2)
    assert.same({ 1, 2 }, { sums[1].bytes, sums[2].bytes })
    tree:own(1, 2)
    assert.same({ 0, 3 }, { tree:sums(2)[1].bytes, tree:sums(2)[2].bytes })
  end)

  -- --- Locks ------------------------------------------------------------------------------------

  it("locks a file that was found, and makes none", function()
    shell "touch lock; ln -s lock link"
    local tree = open()
    local index = tree:find "lock"
    do
      local lock <close> = assert(tree:lock(index)) -- luacheck: ignore
      local _, message, code = tree:lock(index)
      assert.equal(folder .. "/lock: locked by another process", message)
      assert.equal("busy", code)
    end
    assert(tree:lock(index)):close()
    assert.equal(folder .. "/link: Too many levels of symbolic links", (select(2,
      tree:lock(tree:find "link"))))
    shell "rm lock"
    assert.equal("unknown", (select(3, tree:lock(index))))
    shell "mkfifo lock"
    assert.equal(folder .. "/lock: another file by now (the lock that was found expected)",
      (select(2, tree:lock(index))))
    assert.is_nil(file.stat(folder .. "/gone"))
  end)

  -- --- Removal ----------------------------------------------------------------------------------

  local function refuses(tree, path, problem)
    local done, message = tree:remove(tree:find(path))
    assert.is_nil(done)
    assert.equal(folder .. "/" .. problem, message)
  end

  it("removes a file, a link and not what it leads to, and a folder with all in it", function()
    shell "mkdir -p a/b/c keep; touch keep/f a/b/c/f a/b/g a/h; ln -s ../keep a/l; mkfifo a/p"
    local tree = open()
    assert(tree:remove(tree:find "a/h"))
    assert.same({ "b", "l", "p" }, file.list(folder .. "/a"))
    assert(tree:remove(tree:find "a"))
    assert.same({ "keep" }, file.list(folder))
    assert.same({ "f" }, file.list(folder .. "/keep"))
    assert(tree:remove(tree:find "a/b")) -- gone is fine
  end)

  it("never removes the walked folder", function()
    local tree = open()
    assert.equal(folder .. "/: the folder itself (something in it expected)", (select(2, tree:remove(1))))
  end)

  it("leaves what came since", function()
    shell "mkdir -p a/b; touch a/b/f"
    local tree = open()
    shell "touch a/b/new"
    refuses(tree, "a", "a/b: something new in it (it stays)")
    assert.same({ "new" }, file.list(folder .. "/a/b"))
  end)

  it("leaves what changed since", function()
    shell "mkdir -p a; touch a/longer a/later a/other a/kind"
    local tree = open()
    shell("printf x >>a/longer; touch -d @1000000000 a/later; touch new; mv new a/other; rm a/kind; "
      .. "mkdir a/kind")
    for _, name in ipairs { "longer", "later", "other", "kind" } do
      refuses(tree, "a/" .. name, ("a/%s: changed since it was found (it stays)"):format(name))
      assert.truthy(file.stat(folder .. "/a/" .. name))
    end
  end)

  it("does not go through a folder that became a link, above or below what it removes", function()
    shell "mkdir -p a/b keep/b; touch a/b/f keep/b/f"
    local tree = open()
    shell "mv a old; ln -s keep a"
    refuses(tree, "a/b/f", "a: no folder any more (that which was found expected)")
    refuses(tree, "a", "a: changed since it was found (it stays)")
    shell "rm a; mv old a; mv a/b old; ln -s ../keep/b a/b"
    refuses(tree, "a/b/f", "a/b: no folder any more (that which was found expected)")
    refuses(tree, "a", "a/b: changed since it was found (it stays)")
    assert.same({ "f" }, file.list(folder .. "/keep/b"))
  end)

  it("does not go into another folder of the same name", function()
    shell "mkdir -p a; touch a/f"
    local tree = open()
    shell "mv a old; mkdir a; touch a/f"
    refuses(tree, "a/f", "a: another folder by now (that which was found expected)")
    refuses(tree, "a", "a: changed since it was found (it stays)")
    assert.same({ "f" }, file.list(folder .. "/a"))
  end)

  -- Runs Lua in a process of its own, in which `setup` has mounted what it likes.
  local function with_mounts(setup, source)
    local path = temp.write(folder .. ".lua", source)
    local command = ("cd %s && %s && %s run %s %s"):format(program.quote(folder), setup,
      assert(file.realpath "/proc/self/exe"), path, folder)
    local result = program.shell("unshare -m sh -c " .. program.quote(command))
    os.remove(path)
    assert.equal("", result.err)
    return result.out
  end

  it("stays out of what is mounted, also of the same file system", function()
    if not can_mount() then
      return pending "nothing can be mounted here"
    end
    shell "mkdir -p a/tmpfs a/bound keep; touch keep/f"
    local out = with_mounts("mount -t tmpfs none a/tmpfs && touch a/tmpfs/g && mount --bind keep a/bound", [[
      local tree = assert(require "datamaestro.api.walk".open(...))
      for i = 2, #tree do
        print(tree:path(i), (select(6, tree:entry(i))))
      end
      print((select(2, tree:remove(tree:find "a"))))
      print((select(2, tree:remove(tree:find "a/tmpfs"))))
      print(#require "datamaestro.api.file".list(... .. "/a/tmpfs"))]])
    assert.equal(([[
a	nil
a/bound	mount
a/tmpfs	mount
keep	nil
keep/f	nil
%s/a/bound: a mount point (nothing mounted expected)
%s/a/tmpfs: a mount point (nothing mounted expected)
1
]]):format(folder, folder), out)
    assert.same({ "f" }, file.list(folder .. "/keep"))
  end)

  it("notices what is mounted after it", function()
    if not can_mount() then
      return pending "nothing can be mounted here"
    end
    shell "mkdir -p a/b keep; touch keep/f a/b/f"
    local out = with_mounts("true", [[
      local folder = ...
      local tree = assert(require "datamaestro.api.walk".open(folder))
      assert(os.execute("mount --bind " .. folder .. "/keep " .. folder .. "/a/b"))
      print((select(2, tree:remove(tree:find "a"))))
      print((select(2, tree:remove(tree:find "a/b/f"))))]])
    assert.equal(([[
%s/a/b: a mount point by now (nothing mounted expected)
%s/a/b: another folder by now (that which was found expected)
]]):format(folder, folder), out)
    assert.same({ "f" }, file.list(folder .. "/keep"))
    assert.same({ "f" }, file.list(folder .. "/a/b"))
  end)

  it("walks a folder in which a disk is mounted", function()
    if not can_mount() then
      return pending "nothing can be mounted here"
    end
    local out = with_mounts("mount -t tmpfs none . && cd .. && mkdir " .. folder .. "/x", [[
      print(#assert(require "datamaestro.api.walk".open(...)))]])
    assert.equal("2\n", out)
  end)
end)
