local file = require "datamaestro.api.file"
local process = require "datamaestro.api.process"
local program = require "spec.support.program"

describe("the process module", function()
  -- The name of a process that has ended.
  local function other_owner()
    local script = os.tmpname()
    local handle = assert(io.open(script, "w"))
    handle:write 'print(require "datamaestro.api.process".owner())'
    handle:close()
    local result = program.run { "run", script }
    os.remove(script)
    return result.out:match "^(%S+)\n$"
  end

  it("names this process: its place, its number, its beginning", function()
    local name = process.owner()
    local place, pid, start = name:match "^(%x+)%-(%d+)%-(%d+)$"
    assert.are.equal(16, #place)
    assert.are.equal(tostring(file.pid()), pid)
    assert.is_true(tonumber(start) > 0)
    assert.are.equal(name, process.owner())
    assert.is_true(#name < 64)
  end)

  it("knows that this process lives", function()
    assert.is_true(process.is_alive(process.owner()))
  end)

  it("knows that a process has ended", function()
    local other = other_owner()
    assert.are.equal(process.owner():match "^%x+", other:match "^%x+")
    assert.is_false(process.is_alive(other))
  end)

  it("is not taken in by a later process with the same number", function()
    local earlier = process.owner():gsub("%d+$", function(start)
      return math.tointeger(start) - 1
    end)
    assert.is_false(process.is_alive(earlier))
  end)

  it("takes a process that waits to be buried for dead", function()
    local script = os.tmpname()
    local handle = assert(io.open(script, "w"))
    handle:write [[
import os, subprocess, sys
pid = os.fork()
if pid == 0: os._exit(0)
os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
start = open("/proc/%d/stat" % pid).read().rsplit(")", 1)[1].split()[19]
code = 'print(require "datamaestro.api.process".is_alive("%s-%d-%s"))' % (sys.argv[2], pid, start)
path = sys.argv[0] + ".lua"
open(path, "w").write(code)
subprocess.run([sys.argv[1], "run", path])
os.unlink(path)
]]
    handle:close()
    local place = process.owner():match "^%x+"
    local result = program.shell(("python3 %s %s %s"):format(script, program.path, place))
    os.remove(script)
    assert.are.same({ "false\n", "" }, { result.out, result.err })
  end)

  it("does not know of processes elsewhere, nor of what is no name", function()
    local place, rest = process.owner():match "^(%x+)(%-.*)$"
    local elsewhere = (place:sub(1, 1) == "0" and "1" or "0") .. place:sub(2)
    assert.is_nil(process.is_alive(elsewhere .. rest))
    for _, name in ipairs {
      "", "x", place, place .. "-", place .. "-1", place .. "-1-", place .. rest .. "x",
      place .. rest .. "-1", "-1-1", ("9"):rep(1000), place .. "-x-1", place .. "--5-1",
    } do
      assert.is_nil(process.is_alive(name), name)
    end
  end)

  it("takes numbers that no process has for dead ones", function()
    local place = process.owner():match "^%x+"
    for _, rest in ipairs { "-0-1", "-999999999-1", "-1-0" } do
      assert.is_false(process.is_alive(place .. rest), rest)
    end
  end)

  it("names this machine", function()
    assert.are.equal(program.shell("uname -n").out:match "%S+", process.host())
  end)

  it("waits as long as it is told to, but takes no nonsense", function()
    process.sleep(0)
    for _, seconds in ipairs { -1, 1e6, 0 / 0 } do
      local ok, message = pcall(process.sleep, seconds)
      assert.is_false(ok)
      assert.matches("0 or more seconds expected", message)
    end
  end)
end)
