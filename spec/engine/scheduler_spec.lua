local scheduler = require "datamaestro.engine.scheduler"

describe("the scheduler", function()
  local log

  before_each(function()
    log = {}
  end)

  local function note(text)
    log[#log + 1] = text
  end

  -- A scheduler without transfers, whose waits take no time.
  local function new(wait, tick)
    return scheduler.new(wait or function()
      return {}
    end, tick or function() end)
  end

  it("runs tasks in the order in which they began, until all are done", function()
    local s <close> = new()
    for _, name in ipairs { "a", "b", "c" } do
      s:spawn(function()
        note(name .. "1")
        s:sleep(0)
        note(name .. "2")
      end)
    end
    assert.is_true(s:run())
    table.sort(log, function(a, b) return a:sub(2) < b:sub(2) or a:sub(2) == b:sub(2) and a < b end)
    assert.are.same({ "a1", "b1", "c1", "a2", "b2", "c2" }, log)
  end)

  it("is done at once when there is nothing to do", function()
    local s <close> = new(function()
      error "nobody waits"
    end)
    assert.is_true(s:run())
    s:spawn(function() note "ran" end)
    assert.is_true(s:run())
    assert.are.same({ "ran" }, log)
  end)

  it("wakes the task that waits for a transfer, and no other", function()
    local stopped = { { "second" }, { "first" }, {} }
    local first, second = stopped[2][1], stopped[1][1]
    local s <close> = new(function()
      return table.remove(stopped, 1)
    end)
    s:spawn(function()
      s:await(first)
      note "first"
    end)
    s:spawn(function()
      s:await(second)
      note "second"
    end)
    assert.is_true(s:run())
    assert.are.same({ "second", "first" }, log)
  end)

  it("lets a task wait for others, also for those that are done", function()
    local s <close> = new()
    local quick = s:spawn(function() note "quick" end)
    local slow = s:spawn(function()
      s:sleep(0)
      s:sleep(0)
      note "slow"
    end)
    s:spawn(function()
      s:join { quick, slow, quick }
      note "joined"
      s:join {}
    end)
    assert.is_true(s:run())
    assert.are.same({ "quick", "slow", "joined" }, log)
  end)

  it("runs tasks that tasks begin", function()
    local s <close> = new()
    s:spawn(function()
      local inner = s:spawn(function() note "inner" end)
      s:join { inner }
      note "outer"
    end)
    assert.is_true(s:run())
    assert.are.same({ "inner", "outer" }, log)
  end)

  it("has so many limited tasks under way and no more, and runs them all", function()
    local s <close> = new()
    local now, most, done = 0, 0, 0
    for _ = 1, 500 do
      s:spawn_limited(function()
        now = now + 1
        most = math.max(most, now)
        s:sleep(0)
        now, done = now - 1, done + 1
      end)
    end
    assert.is_true(s:run())
    assert.are.same({ 64, 500 }, { most, done })
  end)

  it("lets a task wait for limited ones that have not begun", function()
    local s <close> = new()
    local tasks = {}
    for at = 1, 200 do
      tasks[at] = s:spawn_limited(function()
        s:sleep(0)
        note "limited"
      end)
    end
    s:spawn(function()
      s:join(tasks)
      note "joined"
    end)
    assert.is_true(s:run())
    assert.are.same({ 201, "joined" }, { #log, log[201] })
  end)

  it("raises what a task raises, as it is", function()
    local s <close> = new()
    local value = { code = "interrupted" }
    s:spawn(function() error(value) end)
    local ok, raised = pcall(s.run, s)
    assert.is_false(ok)
    assert.is_true(rawequal(value, raised))
  end)

  it("gives the failure of a wait to its caller", function()
    local s <close> = new(function()
      return nil, "libcurl: not enough memory", "error"
    end)
    s:spawn(function() s:sleep(3600) end)
    assert.are.same({ nil, "libcurl: not enough memory", "error" }, { s:run() })
  end)

  it("never waits for longer than until it has to look, or somebody has slept enough", function()
    local waits = {}
    local s <close> = new(function(seconds)
      waits[#waits + 1] = seconds
      return #waits == 3 and { "transfer" } or {}
    end)
    s:spawn(function() s:await "transfer" end)
    assert.is_true(s:run())
    for _, seconds in ipairs(waits) do
      assert.is_true(seconds >= 0 and seconds <= 0.1)
    end
    assert.are.equal(3, #waits)
  end)

  it("calls tick", function()
    local ticks = 0
    local s <close> = new(nil, function() ticks = ticks + 1 end)
    s:spawn(function()
      while ticks == 0 do
        s:sleep(0)
      end
    end)
    assert.is_true(s:run())
    assert.are.equal(1, ticks)
  end)

  it("closes what tasks hold when it is closed, those first that others wait for", function()
    local s = new()
    local function hold(name)
      return setmetatable({}, { __close = function() note(name) end })
    end
    local inner = s:spawn_limited(function()
      local held <close> = hold "limited" -- luacheck: ignore
      s:sleep(3600)
    end)
    s:spawn(function()
      local held <close> = hold "outer" -- luacheck: ignore
      s:join { inner }
    end)
    for _ = 1, 100 do
      s:spawn_limited(function() note "never" ; s:sleep(3600) end)
    end
    s:spawn(function() error "enough" end)
    assert.is_false((pcall(s.run, s)))
    log = {}
    s:close()
    s:close()
    assert.are.same({ "limited", "outer" }, log)
    assert.is_true(s:run())
  end)
end)
