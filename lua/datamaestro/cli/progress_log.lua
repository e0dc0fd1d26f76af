--- The display where there is no terminal: plain lines, and few of them.
local Run = require "datamaestro.cli.progress_run"
local lines = require "datamaestro.cli.progress_lines"
local text = require "datamaestro.text"

local Log = { __name = "log" }
Log.__index = Log

local INTERVAL, INTERVAL_MAXIMUM = 5, 60 -- seconds between lines of progress: more as a run gets longer
local REMARK_INTERVAL = 2 -- seconds between remarks on one file
local NOTES = 1000        -- words of one function that are all printed; a stranger's may say them for ever
local NOTE_INTERVAL = 1   -- seconds between those that follow

--- Makes the display.
-- @param output table: with method write, as of io.stderr
-- @return log
function Log.new(output)
  return setmetatable({ output = output }, Log)
end

--- Removes nothing: plain lines stay.
function Log:clear() -- luacheck: ignore self
end

--- A run begins.
-- @param several boolean: of more than one dataset
-- @param patience number|nil: seconds without a byte after which a transfer is tried anew
function Log:begin(several, patience)
  self.several, self.patience, self.last, self.remarked, self.said = several, patience, nil, {}, {}
end

local function join(figures)
  local said = figures.amount .. (figures.share ~= "" and (" (%s)"):format(figures.share) or "")
  for _, key in ipairs { "rate", "left" } do
    said = figures[key] ~= "" and said .. ", " .. figures[key] or said
  end
  return said
end

local function of_file(self, file, now)
  local said = join(lines.figures(file.received, file.total, file.rate, now))
  local remark = lines.remark(file, now, self.patience)
  return ("%s: %s%s"):format(lines.name(file.label, self.several), said, remark and "; " .. remark or "")
end

-- One line for all, and what there is to say of the first file that stalls.
local function of_run(self, run, now)
  local said = ("%s: %s"):format(lines.files(run), join(lines.run_figures(run, now)))
  for _, file in ipairs(run.active) do
    if Run.stalls(file) then
      return ("%s; %s: %s"):format(said, lines.name(file.label, self.several),
        lines.remark(file, now, self.patience))
    end
  end
  return said
end

local function write(self, line)
  self.output:write(line, "\n")
end

local function tick(self, run, now)
  local interval = math.min(INTERVAL_MAXIMUM, math.max(INTERVAL, (now - run.started) / 10))
  if now - (self.last or run.started) >= interval and #run.active > 0 then
    self.last = now
    local is_one = run:count() == 1 and #run.active == 1
    write(self, is_one and of_file(self, run.active[1], now) or of_run(self, run, now))
  end
end

-- Tries and waits are told as they begin, so that a log says why nothing moves.
local function tell(self, file, now)
  local before = self.remarked[file.label]
  local is_other = before and (before.state ~= file.state or file.state == "note")
  if not before or (now - before.at >= REMARK_INTERVAL and is_other) then
    self.remarked[file.label] = { at = now, state = file.state }
    local remark = lines.remark(file, now, self.patience)
    write(self, ("%s: %s"):format(lines.name(file.label, self.several), remark))
  end
end

local function say_omitted(self, label)
  local said = self.said[label]
  if said and said.omitted > 0 then
    write(self, ("%s: … %d more"):format(text.line(label), said.omitted))
    said.omitted = 0
  end
end

-- What the function of a definition says: each word of it, but not without end.
local function say(self, event, now)
  local said = self.said[event.file] or { count = 0, omitted = 0, at = -math.huge }
  self.said[event.file] = said
  if said.count >= NOTES and now - said.at < NOTE_INTERVAL then
    said.omitted = said.omitted + 1
    return
  end
  said.count, said.at = said.count + 1, now
  say_omitted(self, event.file)
  write(self, text.line(("%s: %s"):format(event.file, event.text)))
end

--- Shows the state of a run after an event.
-- @param run run
-- @param event table
-- @param now number: seconds
-- @param file file|nil: that the event speaks of
function Log:update(run, event, now, file)
  if event.event == "done" or event.event == "failed" then
    say_omitted(self, event.file)
    self.said[event.file] = nil
  end
  if event.event == "done" then
    local line = lines.stored(event, self.several)
    if line then
      write(self, line)
    end
  elseif event.event == "retry" or event.event == "wait" or event.passing then
    tell(self, file, now)
  elseif event.event == "note" then
    say(self, event, now)
  end
  tick(self, run, now)
end

--- A run ends: its summary.
-- @param run run
-- @param now number: seconds
function Log:finish(run, now)
  local summary = lines.summary(run, now)
  if summary then
    write(self, summary)
  end
end

return Log
