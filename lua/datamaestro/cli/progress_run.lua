--- What the events of the engine add up to: the files of a run, how far they are, and how fast it goes.
--
-- Events are tables; `file` is a label, unique in a run ("dataset id: resource name"):
--   plan      files, bytes|nil, unknown          start    url, total|nil, resumed|nil
--   progress  received, total|nil, idle, connections   finish   received
--   retry     url, reason, delay, attempt, of    source   url, reason
--   wait      holder, received|nil, total|nil    done     path, size
--   failed    message, code                      end      ok
--   go        (the wait for a dataset is over)   note    text, passing|nil (boolean: another one will follow)
--   piece     (a piece of a file is here)
-- (docs/progress.md has them in full). A file is active from its first event to `done` or `failed`. What is
-- joined of several pieces is one file, "ID: NAME", whose pieces are "ID: NAME[1]", …: they move, but count
-- as none. Nor does what has `aside`, of which nothing stands on disk.
local Rate = require "datamaestro.cli.progress_rate"

local Run = { __name = "run" }
Run.__index = Run

local STALL = 3 -- seconds without a byte after which it is said
local FILE_MEMORY, RUN_MEMORY = 4, 8 -- seconds that rates look back

--- Makes the state of a run that begins.
-- @param now number: seconds
-- @return run with fields started, files (label → file that is active), active (array of the same in the
--   order of their start), finished, failed (counts), flowed (bytes that came in this run), planned (the last
--   plan)
function Run.new(now)
  return setmetatable({
    started = now, files = {}, active = {}, finished = 0, failed = 0, flowed = 0,
    planned = { files = 0, unknown = 0 }, settled = { received = 0, total = 0 },
    rate = Rate.new(now, RUN_MEMORY),
  }, Run)
end

local function file_of(self, label, now)
  local file = self.files[label]
  if not file then
    file = { label = label, state = "active", received = 0, idle = 0, started = now,
      whole = label:match "^(.*)%[%d+%]$" }
    self.pieces = self.pieces or file.whole ~= nil
    file.rate = Rate.new(now, FILE_MEMORY)
    self.files[label] = file
    self.active[#self.active + 1] = file
  end
  return file
end

-- Bytes that were thrown away (another source, a server that begins anew) were received all the same.
local function advance(self, file, received, total, now)
  local came = math.max(0, received - file.received)
  file.received = received
  file.total = total and total > 0 and math.max(total, received) or nil
  file.rate:add(now, came)
  self.rate:add(now, came)
  self.flowed = self.flowed + came
end

local function forget(self, file)
  self.files[file.label] = nil
  for i, other in ipairs(self.active) do
    if other == file then
      table.remove(self.active, i)
      return
    end
  end
end

-- A file that is over leaves only figures, so that a run of many files stays small.
local function settle(self, file)
  self.settled.received = self.settled.received + file.received
  self.settled.total = self.settled.total + (file.total or file.received)
  forget(self, file)
end

-- A file is over, with what is left of its pieces. Gives 1 if it counts as one.
local function conclude(self, file, event)
  for i = self.pieces and #self.active or 0, 1, -1 do
    if self.active[i].whole == file.label then
      settle(self, self.active[i])
    end
  end
  settle(self, file)
  return event.aside and 0 or 1
end

local take = {
  start = function(_, file, event, now)
    file.state, file.url, file.idle = "connecting", event.url, 0
    file.received, file.total, file.resumed = event.resumed or 0, event.total, event.resumed
    file.rate = Rate.new(now, FILE_MEMORY)
  end,

  progress = function(self, file, event, now)
    if event.received ~= file.received or file.state ~= "connecting" then
      file.state = "active"
    end
    file.idle = event.idle or 0
    advance(self, file, event.received, event.total, now)
  end,

  finish = function(self, file, event, now)
    file.state = "storing"
    advance(self, file, event.received, file.total, now)
  end,

  retry = function(_, file, event, now)
    file.state, file.reason, file.again = "retry", event.reason, now + event.delay
    file.attempt, file.of = event.attempt, event.of
  end,

  source = function(_, file, event)
    file.state, file.reason, file.url = "source", event.reason, event.url
  end,

  -- Another process's bytes are not of this run's rate.
  wait = function(_, file, event)
    file.state, file.holder = "wait", event.holder
    file.received, file.total = event.received or 0, event.total
  end,

  go = function(self, file)
    forget(self, file)
  end,

  piece = function(self, file)
    settle(self, file)
  end,

  note = function(_, file, event)
    file.state, file.note, file.idle = "note", event.text, 0
  end,

  done = function(self, file, event)
    file.state, file.path, file.size = "done", event.path, event.size
    self.finished = self.finished + conclude(self, file, event)
  end,

  failed = function(self, file, event)
    file.state = "failed"
    self.failed = self.failed + conclude(self, file, event)
  end,
}

--- Takes an event.
-- @param event table
-- @param now number: seconds
-- @return file|nil: the file that it speaks of
function Run:take(event, now)
  if event.event == "plan" then
    self.planned = event
  elseif event.file and take[event.event] then
    local file = file_of(self, event.file, now)
    take[event.event](self, file, event, now)
    return file
  end
end

-- The number of files that were seen; pieces that move are the one that they will be.
local function seen(self)
  local count, wholes = self.finished + self.failed, {}
  for _, file in ipairs(self.active) do
    local label = file.whole or file.label
    count = count + (wholes[label] and 0 or 1)
    wholes[label] = true
  end
  return count
end

--- The number of files of the run, as far as known.
-- @return integer
function Run:count()
  return math.max(self.planned.files, seen(self))
end

--- How far the run is.
-- @return integer: bytes that are here of its files, also those of earlier runs
-- @return integer|nil: bytes in all; nil while the size of some file is unknown
function Run:amount()
  local received, total = self.settled.received, self.settled.total
  local known = not self.pieces and seen(self) == self:count() -- of pieces, others may follow
  for _, file in ipairs(self.active) do
    received = received + file.received
    total = total + (file.total or 0)
    known = known and file.total ~= nil
  end
  if not known then
    total = self.planned.unknown == 0 and self.planned.bytes or nil
  end
  return received, total and total >= received and total > 0 and total or nil
end

--- Whether a file does not move: it waits for bytes longer than is usual.
-- @param file file: of the run
-- @return boolean
function Run.stalls(file)
  return (file.state == "active" or file.state == "connecting") and file.idle >= STALL
end

--- Whether some file moves.
-- @return boolean
function Run:moves()
  for _, file in ipairs(self.active) do
    local works = file.state == "storing" or file.state == "note"
    if works or (file.state == "active" and not Run.stalls(file)) then
      return true
    end
  end
  return false
end

return Run
