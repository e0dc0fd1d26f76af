--- Functions of a definition that the engine runs: as coroutines under the sandbox's limits. They may take
-- hours, for instructions and time are bounded only from one operation of the engine to the next.
--
-- Each run has the definition's file to itself, which is run anew for it: what one function has read must not
-- get to another one, which may have a way to the network, through what both can name. Nothing of a file is
-- left in memory when its function has ended, either.

local fingerprint = require "datamaestro.definition.fingerprint"
local limits = require "datamaestro.api.sandbox"
local sandbox = require "datamaestro.definition.sandbox"

local script = {}

local Script = { __name = "script" }
Script.__index = Script

local Session = { __name = "session" }
Session.__index = Session

local LIMITS = sandbox.limits

-- --- Memory ------------------------------------------------------------------------------------

-- What a coroutine holds cannot be told from what others hold: bytes have no owner, and the collector frees
-- anyone's at any time. So all sessions together are held to what was there before the first of them, and
-- the limit for each.
local live, base = 0, 0

local function taken()
  return math.floor(collectgarbage "count" * 1024)
end

local function enter()
  if live == 0 then
    collectgarbage()
    base = taken()
  end
  live = live + 1
end

-- Bytes that may still be taken. The string library raises where memory is short, without a collection
-- before, so one is due as long as there is some room.
local function room(session)
  local ceiling = base + live * LIMITS.memory
  local now = taken()
  if ceiling - now < LIMITS.memory // 4 and now > session.collected + LIMITS.memory // 8 then
    collectgarbage()
    now = taken()
    session.collected = now
  end
  return math.max(1, ceiling - now)
end

-- --- Scripts -----------------------------------------------------------------------------------

--- Guards a function.
-- @param path string: the script's, as opened
-- @param f function
-- @return script with fields `parameters` (array of names), `is_variadic`, `is_native` (booleans), `line`
function script.new(path, f)
  local info = debug.getinfo(f, "Su")
  local parameters = {}
  for i = 1, info.nparams do
    parameters[i] = debug.getlocal(f, i)
  end
  return setmetatable({ path = path, line = info.linedefined, f = f, parameters = parameters,
    is_variadic = info.isvararg, is_native = info.what == "C" }, Script)
end

--- Guards each function among a resource's fields.
-- @param resource table
-- @param path string: the script's, as opened
function script.guard(resource, path)
  for name, value in next, resource do
    if type(value) == "function" then
      resource[name] = script.new(path, value)
    end
  end
end

--- Says how to have the functions of resources anew.
-- @param resources array of resources
-- @param load function(name) → the resource of that name, of a file that was run anew | nil, message
function script.renewable(resources, load)
  for _, resource in ipairs(resources) do
    for key, value in next, resource do
      if getmetatable(value) == Script then
        value.load = function()
          local found, message = load(resource.name)
          return found and found[key], message
        end
      end
    end
  end
end

--- What the function comes down to, for comparing (definition/fingerprint.lua).
-- @return string
function Script:fingerprint()
  return fingerprint.of(self.f)
end

-- The function, in a world of its own | nil, message.
local function fresh(self)
  if not self.load then
    return self.f
  end
  local found, message = self.load()
  if getmetatable(found) == Script then
    return found.f
  end
  return nil, message or sandbox.place(self.path, self.line,
    "it is not there when the file is run once more (the same each time expected)")
end

--- Begins a run of the function.
-- @return session, to be closed, with the field `thread`: its coroutine | nil, message, "definition"
function Script:start()
  enter()
  local f, message = fresh(self)
  if not f then
    live = live - 1
    return nil, message, "definition"
  end
  return setmetatable({
    script = self, thread = coroutine.create(f), collected = base,
    budget = { instructions = LIMITS.instructions, seconds = LIMITS.seconds, memory = LIMITS.memory,
      memory_named = LIMITS.memory, source = self.path },
  }, Session)
end

-- --- Sessions ----------------------------------------------------------------------------------

--- Lets the function go on.
-- @param ... the function's arguments, or what its request gives; nothing after a pause
-- @return "done", results… | "request", what it yields… | "pause" | nil, "PATH:LINE: message", "definition"
function Session:resume(...)
  local guard <close> = sandbox.guard() -- luacheck: ignore
  self.budget.memory = room(self)
  local results = table.pack(limits.resume(self.budget, self.thread, ...))
  if results[1] then
    return table.unpack(results, 1, results.n)
  end
  return nil, sandbox.placed(results[2], results[4], self.script.path, self.script.line), results[3]
end

--- Where the function waits.
-- @return string: "PATH:LINE"
function Session:place()
  local level = 0
  while true do
    local info = debug.getinfo(self.thread, level, "Sl")
    if not info or (info.source:sub(1, 1) == "=" and info.currentline > 0) then
      return ("%s:%d"):format(self.script.path, info and info.currentline or self.script.line)
    end
    level = level + 1
  end
end

--- Ends it, wherever it is; closed is fine.
function Session:close()
  if self.thread then
    coroutine.close(self.thread)
    self.thread = nil
    live = live - 1
  end
end

Session.__close = Session.close

return script
