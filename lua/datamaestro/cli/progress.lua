--- Progress of transfers, as the engine's events tell it: on standard error for people, and as JSON for
-- programs (--progress-fd). What shows it is loaded with the first event: most runs have none.
local text = require "datamaestro.text"

local Progress = { __name = "progress" }
Progress.__index = Progress

--- Makes a display.
-- @param options table: quiet (boolean: show nothing), terminal (boolean: the output is one), output (with
--   method write; default io.stderr), clock (function → seconds; default console.now), size (function →
--   columns, rows of the terminal; default console.size of standard error), fd (integer|nil: where events go
--   as JSON), send (function: as console.send)
-- @return progress
function Progress.new(options)
  local self = setmetatable({
    quiet = options.quiet, terminal = options.terminal, output = options.output or io.stderr,
    clock = options.clock, size = options.size, several = false,
  }, Progress)
  if options.fd then
    self.events = require "datamaestro.cli.progress_events".new(options.fd, options.send)
  end
  return self
end

--- Says what is known of the next run before its first event; one that was interrupted is forgotten.
-- @param about table: datasets (integer: how many), patience (number: seconds without a byte after which a
--   transfer is tried anew)
function Progress:expect(about)
  self.several = about.datasets > 1
  self.patience = about.patience
  self.run = nil
end

local function begin(self, now)
  self.run = require "datamaestro.cli.progress_run".new(now)
  if not self.quiet and not self.view then
    local size = self.size or function()
      return require "datamaestro.api.console".size(2)
    end
    self.view = self.terminal and require "datamaestro.cli.progress_screen".new(self.output, size)
      or require "datamaestro.cli.progress_log".new(self.output)
  end
  if self.view then
    self.view:begin(self.several, self.patience)
  end
end

--- Takes an event of the engine (cli/progress_run.lua lists them). `tick` only lets time pass on the display.
-- @param event table
function Progress:observe(event)
  if event.event == "end" and not self.run and not self.events then
    return -- of a run in which there was nothing to do
  end
  self.clock = self.clock or require "datamaestro.api.console".now
  local now = self.clock()
  if not self.run then
    begin(self, now)
  end
  local run = self.run
  if self.events and event.event ~= "tick" then
    self.events:write(event, now - run.started)
  end
  if event.event == "end" then
    self.run = nil
  end
  if not self.view then
    return
  elseif event.event == "end" then
    run.ok = event.ok
    self.view:finish(run, now)
  else
    self.view:update(run, event, now, run:take(event, now))
  end
end

--- Removes what is being redrawn, so that others can print.
function Progress:clear()
  if self.view then
    self.view:clear()
  end
end

--- Prints a remark that stays.
-- @param message string
function Progress:note(message)
  self:clear()
  if not self.quiet then
    self.output:write(text.printable(message), "\n")
  end
end

return Progress
