--- Progress on standard error: on a terminal one line that is redrawn, elsewhere one line a file.
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"

local Progress = { __name = "progress" }
Progress.__index = Progress

local ERASE_LINE = "\r\27[K"

--- Makes a display.
-- @param quiet boolean: show nothing
-- @param is_terminal boolean: standard error is a terminal
-- @return progress
function Progress.new(quiet, is_terminal)
  return setmetatable({ quiet = quiet, is_terminal = is_terminal, drawn = false }, Progress)
end

--- Removes the line that is being redrawn.
function Progress:clear()
  if self.drawn then
    io.stderr:write(ERASE_LINE)
    self.drawn = false
  end
end

--- Shows how far a file is.
-- @param label string: what is fetched
-- @param received integer: bytes so far
-- @param total integer|nil: bytes in all, if known
function Progress:update(label, received, total)
  if self.quiet or not self.is_terminal then
    return
  end
  local line = ("%s  %s"):format(label, text.size(received))
  if total and total > 0 then
    line = ("%s of %s  %d %%"):format(line, text.size(total), received * 100 // total)
  end
  -- A line that wraps cannot be erased; 79 columns is what every terminal has.
  io.stderr:write(ERASE_LINE, text.printable(line):sub(1, 79))
  self.drawn = true
end

--- Says that a file is complete.
-- @param resource resource
-- @param path string
function Progress:done(resource, path)
  local found = file.stat(path)
  self:note(("%s: %s"):format(resource.filename, found and text.size(found.size) or "done"))
end

--- Prints a remark that stays.
-- @param message string
function Progress:note(message)
  self:clear()
  if not self.quiet then
    io.stderr:write(text.printable(message), "\n")
  end
end

return Progress
