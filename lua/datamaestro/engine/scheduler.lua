--- Many things at once on one thread: tasks that wait for transfers, for time, or for each other.
local console = require "datamaestro.api.console"

local scheduler = {}

local Scheduler = { __name = "scheduler" }
Scheduler.__index = Scheduler

local LOOK = 0.1     -- seconds between two calls of `tick`
local CROWD = 64     -- limited tasks under way at once: enough streams for HTTP/2, few enough for memory

--- Makes a scheduler, to be closed: what is still going on then is ended.
-- @param wait function(seconds) → array of transfers that have stopped running | nil, message, code
-- @param tick function(): called about ten times a second
-- @return scheduler
function scheduler.new(wait, tick)
  return setmetatable({
    wait = wait, tick = tick, tasks = {}, live = 0, ready = {}, sleeping = {}, transfers = {}, looked = 0,
    queue = {}, first = 1, last = 0, crowd = 0,
  }, Scheduler)
end

--- Begins a task. It runs when the scheduler does.
-- @param func function: called without arguments, in a coroutine; what it raises ends run()
-- @return task
function Scheduler:spawn(func)
  local task = { thread = coroutine.create(func), waiters = {} }
  self.tasks[task] = true
  self.live = self.live + 1
  self.ready[#self.ready + 1] = task
  return task
end

local function finish(self, task)
  task.done = true
  for _, waiter in ipairs(task.waiters) do
    self.ready[#self.ready + 1] = waiter
  end
end

-- Takes one task after the other from the queue: coroutines are too large to make one for each.
local function work(self)
  while self.queue[self.first] do
    local task = self.queue[self.first]
    self.queue[self.first] = nil
    self.first = self.first + 1
    task.func()
    finish(self, task)
  end
  self.crowd = self.crowd - 1
end

--- Begins a task of which only so many are under way at once; the others wait their turn.
-- @param func function: as for spawn
-- @return task
function Scheduler:spawn_limited(func)
  local task = { func = func, waiters = {} }
  self.last = self.last + 1
  self.queue[self.last] = task
  if self.crowd < CROWD then
    self.crowd = self.crowd + 1
    self:spawn(function()
      work(self)
    end).limited = true
  end
  return task
end

--- In a task: waits until a transfer has stopped running.
-- @param transfer transfer
function Scheduler:await(transfer)
  self.transfers[transfer] = self.current
  coroutine.yield()
end

--- In a task: waits.
-- @param seconds number
function Scheduler:sleep(seconds)
  self.sleeping[self.current] = console.now() + seconds
  coroutine.yield()
end

--- In a task: waits until other tasks are done.
-- @param tasks array of tasks
function Scheduler:join(tasks)
  for _, task in ipairs(tasks) do
    if not task.done then
      table.insert(task.waiters, self.current)
      coroutine.yield()
    end
  end
end

local function run_ready(self)
  while #self.ready > 0 do
    local batch = self.ready
    self.ready = {}
    for _, task in ipairs(batch) do
      self.current = task
      local ok, problem = coroutine.resume(task.thread)
      self.current = nil
      if not ok then
        error(problem, 0)
      elseif coroutine.status(task.thread) == "dead" then
        self.live = self.live - 1
        self.tasks[task] = nil
        finish(self, task)
      end
    end
  end
end

-- Wakes who has slept enough; seconds until the next one has, LOOK at the most.
local function wake_sleepers(self)
  local now, patience = console.now(), LOOK
  for task, time in pairs(self.sleeping) do
    if time <= now then
      self.sleeping[task] = nil
      self.ready[#self.ready + 1] = task
      patience = 0
    else
      patience = math.min(patience, time - now)
    end
  end
  if now >= self.looked + LOOK then
    self.looked = now
    self.tick()
  end
  return patience
end

--- Runs until all tasks are done.
-- @return true | nil, message, code: of `wait`
function Scheduler:run()
  run_ready(self)
  while self.live > 0 do
    local stopped, message, code = self.wait(wake_sleepers(self))
    if not stopped then
      return nil, message, code
    end
    for _, transfer in ipairs(stopped) do
      self.ready[#self.ready + 1] = self.transfers[transfer]
      self.transfers[transfer] = nil
    end
    run_ready(self)
  end
  return true
end

--- Ends all tasks, those first that others wait for: what they have to close is closed.
function Scheduler:close()
  for _, limited in ipairs { true, false } do
    for task in pairs(self.tasks) do
      if (task.limited or false) == limited then
        coroutine.close(task.thread)
        self.tasks[task] = nil
      end
    end
  end
  self.queue, self.live = {}, 0
end

Scheduler.__close = Scheduler.close

return scheduler
