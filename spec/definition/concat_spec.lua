-- Debian's Lua reads freed memory when the stack moves inside a `..` metamethod. A process that has run for
-- a while hides it, so each of these runs in a fresh one, and under valgrind where it is installed.
local script = require "spec.support.script"

local VALGRIND = "valgrind -q --error-exitcode=99"
local asan = script.sanitized()
local valgrind = not asan and os.execute "command -v valgrind >/dev/null 2>&1"

local COLLECTORS = {
  default = "",
  stress = "N = 300 collectgarbage('setpause', 0) collectgarbage('setstepmul', 1000)",
  generational = "collectgarbage 'generational'",
}

local PRELUDE = [[
local step = require "datamaestro.api.step"
local s = step.constructor "s"
%s
local function six(i)
  return s("a", { i }) .. s("b", tostring(i)) .. s("c", {}) .. s("d") .. s { "e", i } ..
    function(a) return a, i end
end
]]

local PROGRAMS = {
  ["3000 definitions of 6 steps"] = [[
    local kept = {}
    for i = 1, N or 3000 do
      kept[i % 100] = six(i)
      assert(#step.links(kept[i % 100]) == 6)
    end]],
  ["one chain of 2000 steps"] = [[
    local parts = {}
    for i = 1, 100 do parts[i] = "s(" .. i .. ", {})" end
    local source = "local s = ... return " .. table.concat(parts, " .. ")
    local chain
    local count = SLOW and 4 or 20
    for i = 1, count do
      local part = assert(load(source))(s)
      chain = chain and chain .. part or part
    end
    local links = step.links(chain)
    assert(#links == count * 100 and links[#links - 1].args[1] == 99)]],
  ["chains in a deep recursion"] = [[
    local function descend(depth)
      if depth == 0 then return six(0) end
      local chain = depth % 10 == 0 and six(depth) or nil
      local below = descend(depth - 1)
      return chain and chain .. s() and below or below
    end
    for _, depth in ipairs(SLOW and { 1, 600 } or { 1, 200, 800, 2000 }) do
      assert(#step.links(descend(depth)) == 6)
      collectgarbage()
    end]],
  ["chains in coroutines"] = [[
    for i = 1, SLOW and 8 or 50 do
      local co = coroutine.wrap(function()
        for j = 1, 10 do coroutine.yield(six(j)) end
      end)
      for _ = 1, 10 do assert(#step.links(co()) == 6) collectgarbage "step" end
    end]],
  ["a mistake in the middle of a chain"] = [[
    for i = 1, SLOW and 40 or 200 do
      assert(not pcall(function() return s() .. s({}) .. "x" .. s() .. s() end))
      assert(not pcall(function() return s() .. nil .. s() end))
      six(i)
    end]],
  ["a collection between all steps"] = [[
    local function f(...) collectgarbage() return s(...) end
    for i = 1, 30 do
      local chain = f(1) .. f(2, {}) .. f(3) .. f(4) .. f(5) .. function() end
      collectgarbage()
      assert(#step.links(chain) == 6)
    end]],
}

describe("the '..' of steps in a fresh process", function()
  local waits = {}

  -- Together, since each is a second of one processor.
  lazy_setup(function()
    local prelude = PRELUDE:format(COLLECTORS.stress .. " N, SLOW = 100, true")
    for name, program in pairs(valgrind and PROGRAMS or {}) do
      waits[name] = script.start(prelude .. program, VALGRIND)
    end
  end)

  lazy_teardown(function()
    for _, wait in pairs(waits) do
      wait()
    end
  end)

  for name, program in pairs(PROGRAMS) do
    for mode, collector in pairs(COLLECTORS) do
      it(("survives %s, collector %s"):format(name, mode), function()
        local done, output = script.fresh(PRELUDE:format(collector) .. program)
        assert.equal("", output)
        assert.is_true(done)
      end)
    end
    it(("reads no freed memory in %s"):format(name), function()
      if not valgrind then
        return pending "valgrind is not installed, or the program has its own checks"
      end
      local wait = waits[name]
      waits[name] = nil
      local done, output = wait()
      assert.equal("", output)
      assert.is_true(done)
    end)
  end
end)
