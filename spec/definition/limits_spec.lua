local sandbox = require "datamaestro.api.sandbox"
local script = require "spec.support.script"

local function chunk(text)
  return assert(load(text, "=s.lua"))
end

describe("the limits of a script", function()
  it("let results through, nils and all", function()
    local results = table.pack(sandbox.run({}, chunk "return ...", 1, nil, 3, nil))
    assert.same({ true, 1, nil, 3, nil, n = 5 }, results)
  end)

  it("end an endless loop at its line", function()
    assert.same({ false, "more than 50000 instructions (an endless loop?)", "definition", "s.lua:3" },
      { sandbox.run({ instructions = 50000 }, chunk "\n\nwhile true do end") })
  end)

  it("end a loop that catches errors", function()
    local done, message = sandbox.run({ instructions = 50000 },
      chunk "local pcall = ... while true do pcall(function() while true do end end) end", pcall)
    assert.is_false(done)
    assert.equal("more than 50000 instructions (an endless loop?)", message)
  end)

  it("end a string that doubles, at its line", function()
    assert.same({ false, "more than 1 MiB of memory", "definition", "s.lua:2" },
      { sandbox.run({ memory = 1 << 20 }, chunk "local s = 'x'\nwhile true do s = s .. s end") })
  end)

  it("end a table that grows, at its line", function()
    assert.same({ false, "more than 100 KiB of memory", "definition", "s.lua:2" },
      { sandbox.run({ memory = 100 << 10 }, chunk "local t = {}\nfor i = 1, 1e9 do t[i] = i end") })
  end)

  it("refuse one huge allocation", function()
    local done, message = sandbox.run({ memory = 1 << 20 }, chunk "return ('x'):rep(1 << 30)")
    assert.is_false(done)
    assert.equal("more than 1 MiB of memory", message)
  end)

  it("count what is freed, so that garbage is no memory", function()
    assert.is_true(sandbox.run({ memory = 1 << 20, instructions = 1 << 40 },
      chunk "for i = 1, 100000 do local t = { i, {} } end"))
  end)

  it("leave memory and hooks as they were", function()
    local hook = debug.gethook()
    sandbox.run({ memory = 1 << 20 }, chunk "local s = 'x' while true do s = s .. s end")
    assert.equal(hook, debug.gethook())
    assert.equal(20 << 20, #("x"):rep(20 << 20))
    assert.is_true(collectgarbage "isrunning")
  end)

  it("hold inside one another: an inner run spends the outer one's instructions", function()
    local done, message = sandbox.run({ instructions = 30000 }, function()
      for _ = 1, 1000 do
        sandbox.run({ instructions = 20000 }, chunk "while true do end")
      end
    end)
    assert.is_false(done)
    assert.equal("more than 30000 instructions (an endless loop?)", message)
  end)

  it("hold inside one another: an inner run's memory is the outer one's", function()
    collectgarbage() -- what is freed counts for the run that frees it
    local _, results = sandbox.run({ memory = 2 << 20 }, function()
      local kept = {}
      for i = 1, 10 do
        kept[i] = { sandbox.run({ memory = 1 << 20 }, chunk "return ('x'):rep(500000)") }
      end
      return kept
    end)
    assert.is_true(results[1][1])
    assert.same({ false, "more than 2 MiB of memory", "definition", "s.lua:1" }, results[10])
  end)

  it("name the line of an error that has no place of its own", function()
    assert.same({ false, "x", "definition", "s.lua:2" }, { sandbox.run({}, chunk "\nerror('x', 0)") })
    assert.same({ false, "error with a value of type table (message expected)", "definition", "s.lua:1" },
      { sandbox.run({}, chunk "error({})") })
  end)

  it("survive a stack that overflows #costly", function()
    local done, message = sandbox.run({}, chunk "local function f() return 1 + f() end f()")
    assert.is_false(done)
    assert.matches("^s.lua:1: stack overflow", message)
  end)

  it("raise an interrupt on", function()
    local interrupt = debug.getregistry()["datamaestro.interrupt"]
    local done, caught = pcall(sandbox.run, {}, function() error(interrupt) end)
    assert.is_false(done)
    assert.equal(interrupt, caught)
  end)

  it("take what only looks like an interrupt for a mistake", function()
    local done, message, code = sandbox.run({}, function()
      error { code = "interrupted", help = "forged" }
    end)
    assert.same({ false, "definition" }, { done, code })
    assert.matches("table", message)
  end)

  it("let an interrupt stop the script", function()
    local done, output, status = script.fresh([[
      local sandbox = require "datamaestro.api.sandbox"
      local ok, caught = pcall(sandbox.run, { instructions = 1 << 50 }, function(kill)
        kill()
        while true do end
      end, function() io.popen("kill -INT $PPID"):close() end)
      assert(not ok and caught.code == "interrupted", tostring(caught))
      assert(debug.gethook() == nil)]])
    assert.equal("", output)
    assert.is_true(done, status)
  end)

  it("keep a debugger's hook at work, and put it back", function()
    local lines = 0
    local function count() lines = lines + 1 end
    local old = { debug.gethook() }
    debug.sethook(count, "l")
    sandbox.run({}, chunk "local a\na = 1\na = 2")
    local hook, mask = debug.gethook()
    debug.sethook(table.unpack(old))
    assert.equal(count, hook)
    assert.equal("l", mask)
    assert.is_true(lines >= 4)
  end)

  it("end the process when a pattern backtracks for ever", function()
    local done, output, status = script.fresh([[
      local sandbox = require "datamaestro.api.sandbox"
      sandbox.run({ seconds = 0.1, source = "a\27b/com.lua" }, function()
        return (("a"):rep(40)):find(("a-"):rep(40) .. "b")
      end)]])
    assert.is_false(done)
    assert.equal(10, status)
    assert.equal("a?b/com.lua: definition runs longer than 0.1 s of CPU time "
      .. "(an endless loop or pattern?)\n", output)
  end)

  it("raise for limits that are none, before anything runs", function()
    assert.error_matches(function() sandbox.run({ memory = 0 }, print) end, "limits above zero expected")
    assert.error_matches(function() sandbox.run({ seconds = -1 }, print) end,
      "seconds from 0 to 1000000 expected")
    assert.error_matches(function() sandbox.run({ instructions = "x" }, print) end,
      "field 'instructions': string %(integer expected%)")
    assert.error_matches(function() sandbox.run({}, 5) end, "function expected, got number")
  end)
end)

describe("an anchored function", function()
  it("leaves its caller to be named, even called by return", function()
    local raise = sandbox.anchor(function() error("here", 3) end)
    local done, message = pcall(assert(load("local raise = ...\n\nreturn raise()", "=s.lua")), raise)
    assert.is_false(done)
    assert.equal("s.lua:3: here", message)
  end)
end)
