--- Brings one dataset in place: carries out its plan, each resource once those that it needs are complete.
local auditing = require "datamaestro.engine.auditing"
local elsewhere = require "datamaestro.engine.elsewhere"
local file = require "datamaestro.api.file"
local frozen = require "datamaestro.engine.frozen"
local graph = require "datamaestro.engine.graph"
local inventory = require "datamaestro.engine.inventory"
local ledger = require "datamaestro.engine.ledger"
local place = require "datamaestro.engine.place"
local plan = require "datamaestro.engine.plan"
local records = require "datamaestro.engine.records"
local resources = require "datamaestro.engine.resources"

local Bringing = {}
Bringing.__index = Bringing

-- After these, trying the other resources is pointless.
local FINAL = { interrupted = true, space = true }

local function fail(self, message, code)
  self.failures[#self.failures + 1] = { message = message, code = code }
  self.run.given_up = self.run.given_up or FINAL[code]
end

-- Whether what was made is what is locked; true | nil, message, code.
local function compare(self, resource, path, stored, label)
  local locked = self.run.lock_file and self.run.lock_file:entry(self.dataset, resource.name)
  local message, code
  if not locked or not locked.stored then
    return true
  elseif not stored then -- a link, which is nobody's but the user's
    local turn = auditing.in_task(self.run.scheduler)
    stored, message, code = inventory.measure(resource, path, turn)
  end
  if not stored then
    return nil, message, code
  end
  return frozen.compare(label, stored, locked.stored)
end

-- Looks at what was made and gives it its place; true | nil, message, code.
local function take(self, step, part, record)
  local resource, run = step.resource, self.run
  local label = ("%s: %s"):format(self.dataset.id, resource.name)
  local made, message, code = inventory.of(part, record and record.stored, run.context, label)
  local right
  if made then
    right, message, code = compare(self, resource, part, made.stored, label)
  end
  if not right then
    file.remove_tree(part)
    return nil, message, code
  end
  return self.record:take(resource, part, step.path, records.complete(record, made.stored), made.list)
end

-- The run's context, with what is locked of a resource.
local function context_of(self, resource)
  local context, lock_file = self.run.context, self.run.lock_file
  local locked = lock_file and lock_file:entry(self.dataset, resource.name)
  return locked and setmetatable({ locked = locked }, { __index = context }) or context
end

-- Makes one resource; true | nil, message, code.
local function make(self, step)
  local run, dataset, resource = self.run, self.dataset, step.resource
  local part = ("%s/%s.part"):format(self.workshop, resource.name)
  local context = context_of(self, resource)
  if #graph.requires(resource) > 0 then
    self.record:flush() -- what it needs is judged by its record
  end
  local made, message, code = elsewhere.take(resource, part, context, dataset)
  if not made and not code then
    made, message, code = resources.kind(resource).make(resource, part, context, dataset)
  end
  if made then
    made, message, code = take(self, step, part, message)
  end
  if made then
    run:done(dataset, resource, step.path)
  else -- what is known not to be right must not be taken for it later
    local wrong = step.state == "partial" or step.reason or resource.filename == ""
    local stays = wrong and place.found(resource, step.path) and not place.is_link(step.path)
    self.record:note(resource, stays and "partial" or "none")
  end
  return made, message, code
end

-- Removes what is transient once all that need it are there; that it could not be is no failure of theirs.
local function release(self, resource)
  for _, name in ipairs(graph.requires(resource)) do
    local needed = self.steps[name]
    local done = needed.resource.transient and needed.action ~= "idle"
    for _, other in ipairs(self.dependents[name]) do
      done = done and self.steps[other.name].complete
    end
    if done then
      local dropped, message = self.record:drop(needed.resource, needed.path)
      if not dropped then
        self.run.context.warn(message)
      end
      needed.action = "idle"
    end
  end
end

local function attempt(self, step)
  if self.run.given_up then
    return
  end
  local made, message, code = make(self, step)
  if made then
    step.complete = true
    release(self, step.resource)
  else
    fail(self, message, code)
    self.run:failed(self.dataset, step.resource, message, code)
  end
end

-- Waits for what a resource needs; whether all of it is there.
local function await_needed(self, step)
  local tasks, needed = {}, {}
  for _, name in ipairs(graph.requires(step.resource)) do
    needed[#needed + 1] = self.steps[name]
    tasks[#tasks + 1] = self.steps[name].task
  end
  self.run.scheduler:join(tasks)
  for _, other in ipairs(needed) do
    if not other.complete then
      return false
    end
  end
  return true
end

-- What needs nothing waits in a queue, for thousands of tasks would take much memory; what waits for others
-- must not stand in that queue before them.
local function spawn(self, step)
  local scheduler = self.run.scheduler
  local function work()
    attempt(self, step)
  end
  if resources.kind(step.resource).waits then
    return scheduler:spawn(function()
      if await_needed(self, step) then
        work()
      end
    end)
  elseif #graph.requires(step.resource) == 0 then
    return scheduler:spawn_limited(work)
  end
  return scheduler:spawn(function()
    if await_needed(self, step) then
      scheduler:join { scheduler:spawn_limited(work) }
    end
  end)
end

-- A list of contents that is there is a better one than what could be made now.
local function adopt(self, step)
  local list, message, code
  local stored = step.record and step.record.stored
  local right, difference, kind = compare(self, step.resource, step.path, stored and stored.sha256 and stored,
    step.path)
  if not right then
    return nil, difference, kind
  end
  local found = file.stat(step.path, true)
  if not step.has_list and found and found.type == "folder" then
    list, message, code = place.list(step.resource, step.path)
    if not list then
      return nil, message, code
    end
  end
  return self.record:adopt(step.resource, step.record, list)
end

local function begin(self, step)
  if step.reason and step.action ~= "keep" then
    self.run.context.warn(step.action == "adopt" and step.reason or step.reason .. "; it is made again")
  end
  if step.action == "make" then
    step.task = spawn(self, step)
    return step.task
  end
  step.complete = true -- or gone, with all that needed it complete
  if step.action == "adopt" then
    local adopted, message, code = adopt(self, step)
    if not adopted then
      fail(self, message, code)
    end
  elseif step.action == "drop" then
    local dropped, message, code = self.record:drop(step.resource, step.path)
    step.action = "idle"
    if not dropped then
      fail(self, message, code)
    end
  end
end

local function carry_out(self)
  local steps = plan.of(self.run.store, self.dataset).actions
  self.steps, self.dependents = {}, graph.dependents(self.dataset.resources)
  for _, step in ipairs(steps) do
    self.steps[step.resource.name] = step
  end
  local tasks = {}
  for _, step in ipairs(steps) do
    tasks[#tasks + 1] = begin(self, step)
  end
  self.run.scheduler:join(tasks)
end

-- Planned under the lock: another process may have done it all while this one waited.
local function work_under_lock(self)
  local run, dataset = self.run, self.dataset
  local owner = run.context.cache.owner
  local message, code
  self.workshop, message, code = run.store:workshop(dataset, owner)
  if not self.workshop then
    return fail(self, message, code)
  end
  local _ <close> = setmetatable({}, { __close = function() -- luacheck: ignore
    run.store:close_workshop(dataset, owner)
  end })
  local record <close> = ledger.open(run.store, dataset)
  self.record = record
  carry_out(self)
  -- The state comes last: what a process leaves that dies before is cleared away when the next one looks.
  run.store:close_workshop(dataset, owner)
  local written
  written, message, code = record:close()
  if not written then
    fail(self, message, code)
  end
end

--- Brings a dataset in place. In a task.
-- @param run run
-- @param dataset dataset
-- @return array of failures: {message, code}
function Bringing.bring(run, dataset)
  local self = setmetatable({ run = run, dataset = dataset, failures = {} }, Bringing)
  run.store:settle(dataset)
  local lock, message, code = run.store:own(dataset)
  if lock then
    lock, message, code = run:lock(dataset)
  end
  local _ <close> = lock -- luacheck: ignore
  if lock then
    work_under_lock(self)
  else
    fail(self, message, code)
  end
  return self.failures
end

return Bringing
