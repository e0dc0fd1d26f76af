-- Descriptors that others gave us: what happens when nobody reads.
local console = require "datamaestro.api.console"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("writing to a given descriptor", function()
  local folder, script

  before_each(function()
    folder = temp.folder()
    script = temp.write(folder .. "/script.lua", [[
      local console = require "datamaestro.api.console"
      print(console.send(3, ("x"):rep(1000000), 0))
      print(console.send(3, "x", 0))]])
  end)

  after_each(function()
    temp.remove(folder)
  end)

  it("takes what a pipe has room for, and does not wait", function()
    -- Opened for reading and writing, so that it has a reader: one that never reads.
    local result = program.shell(("mkfifo %s/pipe; %s run %s 3<>%s/pipe"):format(folder, program.path, script,
      folder))
    assert.are.equal("65536\n0\n", result.out, result.err)
  end)

  it("takes what a socket has room for, and does not wait", function()
    local result = program.shell(([[python3 -c '
import socket, subprocess, os
ours, theirs = socket.socketpair()
os.dup2(ours.fileno(), 50)
os.dup2(theirs.fileno(), 3, inheritable=True)
subprocess.run(["%s", "run", "%s"], close_fds=False, check=True)']]):format(program.path, script))
    local first, second = result.out:match "^(%d+)\n(%d+)\n$"
    assert.is_truthy(first, result.out .. result.err)
    assert.is_true(tonumber(first) > 0 and tonumber(first) < 1000000)
    assert.is_true(tonumber(second) <= 1)
  end)

  it("takes all for a file", function()
    local result = program.shell(("%s run %s 3>%s/file"):format(program.path, script, folder))
    assert.are.equal("1000000\n1\n", result.out, result.err)
    assert.are.equal(1000001, #temp.read(folder .. "/file"))
  end)

  it("fails where the reader has left, the disk is full, or there is none", function()
    local function first_line(redirection)
      return program.shell(("%s run %s %s"):format(program.path, script, redirection)).out:match "^[^\n]+"
    end
    assert.are.equal("nil\tprogress: Broken pipe\terror",
      program.shell(("mkfifo %s/pipe; exec 4<>%s/pipe 3>%s/pipe 4>&-; %s run %s"):format(
        folder, folder, folder, program.path, script)).out:match "^[^\n]+")
    assert.are.equal("nil\tprogress: No space left on device\tspace", first_line "3>/dev/full")
    assert.are.equal("nil\tprogress: Bad file descriptor\terror", first_line "3>&-")
    assert.are.equal("nil\tprogress: Bad file descriptor\terror", first_line "3</dev/null")
  end)
end)

describe("the console", function()
  it("has a size only where there is a terminal", function()
    assert.are.same({ n = 2 }, table.pack(console.size(99)))
  end)

  it("has a clock that goes forward", function()
    local before = console.now()
    assert.is_true(console.now() >= before)
  end)

  it("takes no code point for wider than two columns, whatever it is", function()
    for _, code in ipairs { 0, 7, 0x7f, 0xd800, 0x10ffff, 0x110000, 0x7fffffff, -1, math.maxinteger } do
      local width = console.width(code)
      assert.is_true(width >= 0 and width <= 2)
    end
  end)

  it("refuses descriptors that no integer holds", function()
    assert.has_error(function()
      console.writable(1 << 40, "x")
    end, "bad argument #1 to 'writable' (out of range)")
  end)
end)
