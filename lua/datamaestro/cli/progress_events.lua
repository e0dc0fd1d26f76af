--- The events of a run as lines of JSON on a descriptor of the caller's (--progress-fd; docs/progress.md).
-- The transfer never waits for their reader: one that has left ends the events, one that is slow misses some
-- of `progress` and `wait`, which the next ones make up for.
local console = require "datamaestro.api.console"
local json = require "datamaestro.json"

local Events = { __name = "events" }
Events.__index = Events

local FIELDS = {
  "event", "time", "file", "files", "bytes", "unknown", "url", "received", "total", "resumed", "idle",
  "connections", "reason", "delay", "attempt", "of", "holder", "path", "size", "text", "message", "code",
  "ok",
}
local DISPENSABLE = { progress = true, wait = true, note = true }
local WAITING_MAXIMUM = 1024 * 1024 -- bytes for a slow reader; one that is further behind is given up
local LAST_PATIENCE = 2000 -- milliseconds for what is left at the end of a run

--- Makes the writer.
-- @param fd integer: open for writing
-- @param send function|nil: as console.send
-- @return events
function Events.new(fd, send)
  return setmetatable({ fd = fd, send = send or console.send, queue = "", later = {}, waiting = 0 }, Events)
end

local function close(self, why)
  self.closed, self.queue, self.later, self.waiting = why, "", {}, 0
end

-- Sends what the reader takes within `patience` milliseconds.
local function flush(self, patience)
  while self.waiting > 0 do
    if self.queue == "" then
      self.queue, self.later = table.concat(self.later), {}
    end
    local sent, message = self.send(self.fd, self.queue, patience)
    if not sent then
      return close(self, message)
    end
    self.waiting = self.waiting - sent
    self.queue = self.queue:sub(sent + 1)
    if self.queue ~= "" then
      return
    end
  end
end

--- The line of an event.
-- @param event table
-- @param seconds number: since the start of the run
-- @return string: JSON and a newline
function Events.line(event, seconds)
  local object = json.object()
  for _, key in ipairs(FIELDS) do
    if key == "time" then
      json.set(object, "time", math.floor(seconds * 1000 + 0.5) / 1000)
    elseif event[key] ~= nil then
      json.set(object, key, event[key])
    end
  end
  return json.encode(object) .. "\n"
end

--- Writes an event.
-- @param event table
-- @param seconds number: since the start of the run
function Events:write(event, seconds)
  if self.closed then
    return
  end
  flush(self, 0)
  if self.closed or (self.waiting > 0 and DISPENSABLE[event.event]) then
    return
  end
  local line = Events.line(event, seconds)
  self.later[#self.later + 1], self.waiting = line, self.waiting + #line
  flush(self, event.event == "end" and LAST_PATIENCE or 0)
  if self.waiting > WAITING_MAXIMUM then
    close(self, "reader too slow")
  end
end

return Events
