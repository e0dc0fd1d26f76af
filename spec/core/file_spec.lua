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

  it("leaves the old content when a replacement cannot be written", function()
    local path = folder .. "/state.json"
    temp.write(path, "old")
    -- A file size limit of 1 block stands for a full disk; SIGXFSZ is ignored so that write() fails.
    local script = temp.write(folder .. "/script.lua", ([[
      print(require "datamaestro.api.file".replace(%q, ("x"):rep(1 << 20)))]]):format(path))
    local result = program.shell(("trap '' XFSZ; ulimit -f 1; %s run %s"):format(program.path, script))
    assert.are.equal(("nil\t%s: File too large\terror\n"):format(path), result.out)
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
end)
