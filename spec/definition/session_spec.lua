-- Functions of a definition that run as coroutines: the limits of each stretch, and of all of them.
local sandbox = require "datamaestro.api.sandbox"
local guard = require "datamaestro.definition.sandbox"
local script = require "datamaestro.definition.script"

local PATH = "/nowhere/s.lua"

local function chunk(text)
  local environment = { yield = coroutine.yield, renew = sandbox.renew, sort = table.sort }
  return assert(load(text, "=s.lua", "t", environment))
end

-- Resumes over all pauses: the outcome, and the number of pauses.
local function finish(limits, thread, ...)
  local outcome, pauses = table.pack(sandbox.resume(limits, thread, ...)), 0
  while outcome[1] == "pause" do
    pauses = pauses + 1
    outcome = table.pack(sandbox.resume(limits, thread))
  end
  return outcome, pauses
end

describe("a coroutine under limits", function()
  it("passes arguments, requests, replies and results, nils and all", function()
    local thread = coroutine.create(chunk "local a, b = ... local c = yield(a, nil) return b, c, nil")
    assert.same({ "request", 1, nil, n = 3 }, table.pack(sandbox.resume({}, thread, 1, nil)))
    assert.same({ "done", nil, "reply", nil, n = 4 }, table.pack(sandbox.resume({}, thread, "reply")))
  end)

  it("gives the thread back now and then, and goes on as if nothing had been", function()
    local outcome, pauses = finish({ instructions = 1 << 40 },
      coroutine.create(chunk [[
        local sum, parts = 0, {}
        for i = 1, 10000000 do
          sum = sum + i % 7
          if i % 1000000 == 0 then parts[#parts + 1] = i // 1000000 .. "" end
        end
        return sum, #parts]]))
    assert.same({ "done", 29999997, 10, n = 3 }, outcome)
    assert.is_true(pauses > 0)
  end)

  it("does not do so in a function that a library calls", function()
    local outcome = finish({ instructions = 1 << 40 }, coroutine.create(chunk [[
      local n, list = 0, { 3, 2, 1, 5, 4 }
      sort(list, function(a, b) for _ = 1, 1000000 do n = n + 1 end return a < b end)
      return list[1], list[5] ]]))
    assert.same({ "done", 1, 5, n = 3 }, outcome)
  end)

  it("has its instructions for all of its stretches", function()
    local limits = { instructions = 30000000 }
    local outcome, pauses = finish(limits, coroutine.create(chunk "local n = 0\nwhile true do n = n + 1 end"))
    assert.same({ false, "more than 30000000 instructions (an endless loop?)", "definition", "s.lua:2",
      n = 4 }, outcome)
    assert.is_true(pauses > 0)
    local thread = coroutine.create(chunk "for _ = 1, 10 do for _ = 1, 40000 do end yield() end")
    limits = { instructions = 100000 }
    for _ = 1, 2 do
      assert.equal("request", (sandbox.resume(limits, thread)))
    end
    assert.same({ false, "more than 100000 instructions (an endless loop?)", "definition", "s.lua:1" },
      { sandbox.resume(limits, thread) })
  end)

  it("has them anew where it gets somewhere", function()
    local outcome = finish({ instructions = 100000 },
      coroutine.create(chunk "for _ = 1, 1000 do for _ = 1, 1000 do end renew() end return 'through'"))
    assert.same({ "done", "through", n = 2 }, outcome)
  end)

  it("has its processor time for all of its stretches", function()
    local outcome = finish({ instructions = 1 << 40, seconds = 0.2 },
      coroutine.create(chunk "local n = 0\nwhile true do n = n + 1 end"))
    assert.same({ false, "more than 0.2 s of CPU time (an endless loop?)", "definition", "s.lua:2", n = 4 },
      outcome)
  end)

  it("is bounded in memory, by a limit that messages may call by another name", function()
    local thread = coroutine.create(chunk "local s = 'x'\nwhile true do s = s .. s end")
    assert.same({ false, "more than 2 MiB of memory", "definition", "s.lua:2" },
      { sandbox.resume({ memory = 1 << 20, memory_named = 2 << 20 }, thread) })
  end)

  it("names the line of what it raises", function()
    local thread = coroutine.create(chunk "local s\n\ns.x = 1")
    local outcome = table.pack(sandbox.resume({}, thread))
    assert.same({ false, "s.lua:3: attempt to index a nil value (local 's')", "definition", "s.lua:3",
      n = 4 }, outcome)
    assert.error_matches(function() sandbox.resume({}, thread) end, "coroutine that can be resumed expected")
  end)

  it("raises an interrupt on", function()
    local interrupt = debug.getregistry()["datamaestro.interrupt"]
    local done, caught = pcall(sandbox.resume, {}, coroutine.create(function() error(interrupt) end))
    assert.is_false(done)
    assert.equal(interrupt, caught)
  end)

  it("ends at Ctrl-C, even where it cannot be paused", function()
    local _, output, status = require "spec.support.script".fresh([[
      local sandbox = require "datamaestro.api.sandbox"
      local thread = coroutine.create(function(kill)
        table.sort({ 2, 1 }, function() kill() while true do end end)
      end)
      local function kill() io.popen("kill -INT $PPID"):close() end
      sandbox.resume({ instructions = 1 << 50 }, thread, kill)]])
    assert.same({ "datamaestro: interrupted\n", 130 }, { output, status })
  end)

  it("ends the process when a pattern backtracks for ever", function()
    local done, output, status = require "spec.support.script".fresh([[
      local sandbox = require "datamaestro.api.sandbox"
      sandbox.resume({ seconds = 0.1, source = "com.lua" }, coroutine.create(function()
        return (("a"):rep(40)):find(("a-"):rep(40) .. "b")
      end))]])
    assert.is_false(done)
    assert.equal(10, status)
    assert.equal("com.lua: definition runs longer than 0.1 s of CPU time (an endless loop or pattern?)\n",
      output)
  end)
end)

describe("a session", function()
  local function session(text, ...)
    local environment = { yield = coroutine.yield, string = string }
    return script.new(PATH, load(text, guard.chunk_name(PATH), "t", environment)):start(...)
  end

  local function run(begun, ...)
    local outcome = table.pack(begun:resume(...))
    while outcome[1] == "pause" do
      outcome = table.pack(begun:resume())
    end
    return outcome
  end

  it("runs a function with what it is given", function()
    local begun <close> = session "local a = ... return a"
    assert.same({ "done", 5, n = 2 }, run(begun, 5))
  end)

  it("knows where it waits", function()
    local begun <close> = session "local function f()\n yield(1)\nend\nf()"
    assert.equal("request", run(begun)[1])
    assert.equal("/nowhere/s.lua:2", begun:place())
  end)

  it("has the string methods of scripts", function()
    local begun <close> = session "return ('x').dump"
    assert.same({ "done", nil, n = 2 }, run(begun))
    assert.is_not_nil(("x").dump)
  end)

  -- What each stretch makes is let go by the collector in any of the others.
  it("may make any amount of garbage, over any number of stretches", function()
    local begun <close> = session "for i = 1, 400 do yield(('x'):rep(1000000) .. i) end"
    local count = 0
    while run(begun)[1] == "request" do
      count = count + 1
      local _ = ("y"):rep(1000000) .. count -- others make some, too
    end
    assert.equal(400, count)
  end)

  it("cannot hold more than its share, however slowly it takes it #costly", function()
    local begun <close> = session "local t = {}\nfor i = 1, 400 do t[i] = ('x'):rep(1000000) .. i yield() end"
    local outcome = run(begun)
    local count = 0
    while outcome[1] == "request" do
      count = count + 1
      local _ = ("y"):rep(1000000) .. count
      outcome = run(begun)
    end
    assert.same({ nil, "/nowhere/s.lua:2: more than 256 MiB of memory", "definition", n = 3 }, outcome)
    assert.is_true(count > 200 and count < 280, count)
  end)

  it("leaves the memory of others alone: each has its share #costly", function()
    local text = "local t = {} for i = 1, 200 do t[i] = ('x'):rep(1000000) .. i end yield() return "
    local first <close> = session(text .. 1)
    local second <close> = session(text .. 2)
    assert.equal("request", run(first)[1])
    assert.equal("request", run(second)[1])
    assert.same({ "done", 1, n = 2 }, run(first))
    assert.same({ "done", 2, n = 2 }, run(second))
  end)

  it("ends loops that it leaves, once", function()
    local closed = 0
    local handle = setmetatable({}, { __close = function() closed = closed + 1 end })
    local begun = session "local h = ... for _ in function() return 1 end, nil, nil, h do yield() end"
    assert.equal("request", run(begun, handle)[1])
    begun:close()
    begun:close()
    assert.equal(1, closed)
  end)
end)
