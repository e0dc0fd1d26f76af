local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("the file module", function()
  local folder

  before_each(function()
    folder = temp.folder()
  end)

  after_each(function()
    temp.remove(folder)
  end)

  it("makes a folder and its parents, and accepts one that is there", function()
    assert.is_true(file.mkdirs(folder .. "/a/b/c"))
    assert.is_true(file.mkdirs(folder .. "/a/b/c"))
    assert.are.equal("folder", file.stat(folder .. "/a/b/c").type)
  end)

  it("says which part of a path is a file", function()
    temp.write(folder .. "/a", "")
    local made, message, code = file.mkdirs(folder .. "/a/b")
    assert.is_nil(made)
    assert.are.equal(folder .. "/a: not a folder (folder expected)", message)
    assert.are.equal("error", code)
  end)

  it("lists names in byte order, without . and ..", function()
    for _, name in ipairs { "b", "B", "a", ".hidden", "é" } do
      temp.write(folder .. "/" .. name, "")
    end
    assert.are.same({ ".hidden", "B", "a", "b", "é" }, file.list(folder))
  end)

  it("replaces a file in one step and leaves no part behind", function()
    local path = folder .. "/state.json"
    assert.is_true(file.replace(path, "one"))
    assert.is_true(file.replace(path, "two\0three"))
    assert.are.equal("two\0three", file.read(path))
    assert.are.same({ "state.json" }, file.list(folder))
  end)

  it("keeps from others what its owner keeps from them", function()
    local path = temp.write(folder .. "/secret", "one")
    program.shell("chmod 600 " .. path)
    assert.is_true(file.replace(path, "two"))
    assert.are.equal(384, file.stat(path).mode) -- 0600
  end)

  it("replaces what a link leads to, and leaves the link", function()
    assert.is_true(file.mkdirs(folder .. "/real"))
    local path = temp.write(folder .. "/real/one", "old")
    program.shell(("chmod 640 %s; ln -s real/one %s/a; ln -s a %s/b; ln -s real/new %s/dangling"):format(path,
      folder, folder, folder))
    assert.is_true(file.replace(folder .. "/b", "new"))
    assert.is_true(file.replace(folder .. "/dangling", "first"))
    assert.are.equal("new", temp.read(path))
    assert.are.equal(416, file.stat(path).mode) -- 0640
    assert.are.equal("first", temp.read(folder .. "/real/new"))
    assert.are.same({ "new", "one" }, file.list(folder .. "/real"))
    local links = program.shell(("cd %s; readlink a b dangling"):format(folder))
    assert.are.equal("real/one\na\nreal/new\n", links.out)
  end)

  it("says that links go in circles", function()
    program.shell(("ln -s b %s/a; ln -s a %s/b"):format(folder, folder))
    local done, message = file.replace(folder .. "/a", "x")
    assert.are.same({ nil, folder .. "/a: Too many levels of symbolic links" }, { done, message })
  end)

  it("writes to what is no regular file, which stays", function()
    local pipe, script = folder .. "/pipe", folder .. "/script.lua"
    temp.write(script, ([[print(require "datamaestro.api.file".replace(%q, "through"))]]):format(pipe))
    local result = program.shell(("mkfifo %s\ncat %s >%s/out & %s run %s; wait"):format(pipe, pipe, folder,
      program.path, script))
    assert.are.same({ "true\n", "" }, { result.out, result.err })
    assert.are.equal("through", temp.read(folder .. "/out"))
    assert.are.equal("fifo\n", program.shell("stat -c %F " .. pipe).out)
    assert.are.same({ "out", "pipe", "script.lua" }, file.list(folder))
  end)

  it("writes to an open file that a link of /proc leads to", function()
    program.shell(("ln -s /proc/self/fd/1 %s/stdout"):format(folder))
    local script = temp.write(folder .. "/script.lua",
      ([[io.stderr:write(tostring(require "datamaestro.api.file".replace(%q, "through")))]])
        :format(folder .. "/stdout"))
    for _, to in ipairs { "| cat", (">%s/out; cat %s/out"):format(folder, folder) } do
      local result = program.shell(("%s run %s %s"):format(program.path, script, to))
      assert.are.same({ "through", "true" }, { result.out, result.err })
    end
    assert.are.equal("/proc/self/fd/1\n", program.shell(("readlink %s/stdout"):format(folder)).out)
  end)

  it("says that a device is full", function()
    local full = folder .. "/full"
    if program.shell(("mknod -m 666 %s c 1 7 && : >%s"):format(full, full)).status ~= 0 then
      return pending "only root makes devices, and not everywhere"
    end
    local done, message, code = file.replace(full, "x")
    assert.are.same({ nil, full .. ": No space left on device", "space" }, { done, message, code })
    assert.is_truthy(program.shell("stat -c %F " .. full).out:find "character special")
  end)

  it("leaves the old content when a replacement cannot be written", function()
    local path = folder .. "/state.json"
    temp.write(path, "old")
    -- A file size limit of 1 block stands for a full disk; SIGXFSZ is ignored so that write() fails.
    local script = temp.write(folder .. "/script.lua", ([[
      print(require "datamaestro.api.file".replace(%q, ("x"):rep(1 << 20)))]]):format(path))
    local result = program.shell(("trap '' XFSZ; ulimit -f 1; %s run %s"):format(program.path, script))
    assert.are.equal(("nil\t%s: File too large\tspace\n"):format(path), result.out)
    assert.are.equal("old", temp.read(path))
    assert.are.same({ "script.lua", "state.json" }, file.list(folder))
  end)

  it("honours umask in what it writes", function()
    local path = folder .. "/shared"
    assert.is_true(file.replace(path, ""))
    local result = program.shell(("umask; stat -c %%a %s"):format(path))
    local umask, mode = result.out:match "(%d+)\n(%d+)"
    assert.are.equal(("%o"):format(tonumber("666", 8) & ~tonumber(umask, 8)), mode)
  end)

  it("publishes a part under its final name", function()
    temp.write(folder .. "/x.part", "content")
    assert.is_true(file.publish(folder .. "/x.part", folder .. "/x"))
    assert.are.equal("content", temp.read(folder .. "/x"))
    assert.are.same({ "x" }, file.list(folder))
  end)

  it("gives the path and the cause of a failure, with its code", function()
    local missing = folder .. "/missing"
    for _, call in ipairs { file.stat, file.list, file.read, file.realpath } do
      local result, message, code = call(missing)
      assert.is_nil(result)
      assert.are.equal(missing .. ": No such file or directory", message)
      assert.are.equal("unknown", code)
    end
  end)

  it("refuses to read what is not a small file", function()
    local handle = assert(io.open(folder .. "/huge", "wb"))
    handle:seek("set", 65 * 1024 * 1024)
    handle:write "x"
    handle:close()
    local content, message, code = file.read(folder .. "/huge")
    assert.is_nil(content)
    assert.are.equal(folder .. "/huge: over 64 MiB (a small file expected)", message)
    assert.are.equal("format", code)
  end)

  it("removes files and takes absent ones for removed", function()
    temp.write(folder .. "/x", "")
    assert.is_true(file.remove(folder .. "/x"))
    assert.is_true(file.remove(folder .. "/x"))
  end)

  it("lets one holder at a time have a lock", function()
    local path = folder .. "/.lock"
    local lock <close> = assert(file.lock(path, false))
    local second, message, code = file.lock(path, false)
    assert.is_nil(second)
    assert.are.equal(path .. ": locked by another process", message)
    assert.are.equal("busy", code)
    lock:close()
    lock:close()
    file.lock(path, false):close()
  end)

  it("lets a lock go when its handle is collected", function()
    local path = folder .. "/.lock"
    assert(file.lock(path, false))
    collectgarbage()
    collectgarbage()
    file.lock(path, false):close()
  end)

  it("keeps a lock that a Python program respects, as filelock uses flock", function()
    local path = folder .. "/.lock"
    local lock <close> = assert(file.lock(path, false)) -- luacheck: ignore
    local probe = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'r+'), fcntl.LOCK_EX | fcntl.LOCK_NB)"
    local result = program.shell(("python3 -c %s %s"):format(program.quote(probe), path))
    assert.are.equal(1, result.status)
    assert.matches("BlockingIOError", result.err)
  end)

  it("lets those who wait for a lock that goes away have a new one", function()
    local path = folder .. "/.lock"
    local lock <close> = assert(file.lock(path, false))
    lock:remove(path)
    assert.is_nil(file.stat(path))
    local second <close> = assert(file.lock(path, false)) -- luacheck: ignore
    lock:remove(path) -- closed: takes nobody else's away
    assert.are.same({ nil, path .. ": locked by another process", "busy" }, { file.lock(path, false) })
  end)

  it("gives a lock to who waited while its file was replaced", function()
    local path = folder .. "/.lock"
    local lock = assert(file.lock(path, false))
    local script = temp.write(folder .. "/wait.lua", ([[
      local file = require "datamaestro.api.file"
      io.write "waits\n"
      io.flush()
      local lock <close> = assert(file.lock(%q, true))
      assert(file.lock(%q, false) == nil)
      io.write(file.stat(%q).type, "\n")]]):format(path, path, path))
    local waiter = assert(io.popen(("%s run %s"):format(program.path, script)))
    assert.are.equal("waits", waiter:read "l")
    lock:remove(path)
    assert.are.equal("file", waiter:read "l")
    waiter:close()
  end)

  it("notes who holds a lock", function()
    local path = folder .. "/.lock"
    local lock <close> = assert(file.lock(path, false))
    lock:note "a long name of a process\n"
    lock:note "short\n"
    assert.are.equal("short\n", file.read(path))
  end)

  it("moves a file over another one", function()
    temp.write(folder .. "/part", "new")
    temp.write(folder .. "/file", "old")
    assert.is_true(file.move(folder .. "/part", folder .. "/file"))
    assert.are.same({ "file" }, file.list(folder))
    assert.are.equal("new", file.read(folder .. "/file"))
    local missing = folder .. "/missing"
    local moved, message, code = file.move(missing, folder .. "/file")
    assert.is_nil(moved)
    assert.are.equal(missing .. ": No such file or directory", message)
    assert.are.equal("unknown", code)
    assert.are.equal("new", file.read(folder .. "/file"))
  end)

  it("moves a file to another file system", function()
    local other = program.shell("mktemp -d -p /dev/shm").out:match "%S+"
    local content = ("0123456789abcdef"):rep(100000)
    temp.write(folder .. "/part", content)
    assert.is_true(file.move(folder .. "/part", other .. "/file"))
    assert.are.equal(content, file.read(other .. "/file"))
    assert.are.same({ "file" }, file.list(other))
    assert.are.same({}, file.list(folder))
    assert.is_nil(file.move(other .. "/file", folder .. "/no/such/folder"))
    assert.are.equal(content, file.read(other .. "/file"))
    assert.is_true(file.remove_tree(other))
  end)

  it("copies a file to a new one", function()
    local content = ("0123456789abcdef"):rep(100000)
    temp.write(folder .. "/file", content)
    assert.is_true(file.copy(folder .. "/file", folder .. "/copy"))
    assert.are.equal(content, file.read(folder .. "/copy"))
    temp.write(folder .. "/other", "other")
    local copied, message, code = file.copy(folder .. "/other", folder .. "/copy")
    assert.is_nil(copied)
    assert.are.same({ folder .. "/copy: File exists", "error" }, { message, code })
    assert.are.equal(content, file.read(folder .. "/copy"))
    assert.is_nil(file.copy(folder .. "/missing", folder .. "/none"))
    assert.are.same({ "copy", "file", "other" }, file.list(folder))
  end)

  it("leaves no copy that is cut short", function()
    temp.write(folder .. "/file", ("x"):rep(1000000))
    local script = temp.write(folder .. "/script.lua", ([[
      print(require "datamaestro.api.file".copy(%q, %q))]]):format(folder .. "/file", folder .. "/copy"))
    local result = program.shell(("trap '' XFSZ; ulimit -f 100; %s run %s"):format(program.path, script))
    assert.are.equal(("nil\t%s: File too large\tspace\n"):format(folder .. "/copy"), result.out)
    assert.are.same({ "file", "script.lua" }, file.list(folder))
  end)

  it("tells the room on a file system", function()
    local bytes, files = file.space(folder)
    local df = program.shell(("df -B1 --output=avail %s | tail -1"):format(folder)).out
    assert.is_true(math.abs(bytes - tonumber(df)) < 1 << 30)
    assert.is_true(files == nil or math.type(files) == "integer")
    assert.is_true(file.writable(folder))
    assert.are.same({ n = 3, nil, folder .. "/missing: No such file or directory", "unknown" },
      table.pack(file.writable(folder .. "/missing")))
    local room, message, code = file.space(folder .. "/missing")
    assert.are.same({ nil, folder .. "/missing: No such file or directory", "unknown" },
      { room, message, code })
  end)

  it("removes a folder with all that is in it, through no link", function()
    temp.write(folder .. "/precious/file", "mine")
    temp.write(folder .. "/tree/a/b/c", "")
    temp.write(folder .. "/tree/.hidden", "")
    program.shell(([[cd %s/tree; ln -s ../precious link; ln -s ../precious/file a/link; ln -s nowhere a/b/bad
      mkfifo pipe]]):format(folder))
    assert.is_true(file.remove_tree(folder .. "/tree"))
    assert.are.same({ "precious" }, file.list(folder))
    assert.are.equal("mine", file.read(folder .. "/precious/file"))
    assert.is_true(file.remove_tree(folder .. "/tree"))
    program.shell(("ln -s precious %s/link"):format(folder))
    assert.is_true(file.remove_tree(folder .. "/link"))
    assert.are.equal("mine", file.read(folder .. "/precious/file"))
    assert.is_true(file.remove_tree(folder .. "/precious/file"))
    assert.are.same({}, file.list(folder .. "/precious"))
  end)
end)
