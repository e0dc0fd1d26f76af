--- Progress on standard error: on a terminal one line that is redrawn, elsewhere one line a file.
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"

local Progress = { __name = "progress" }
Progress.__index = Progress

local COLUMNS = 80 -- of a terminal that does not say
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

-- A line that fits: one that wraps cannot be erased. The figures matter most, then the end of the name.
local function progress_line(label, figures, columns)
  local room = columns - 1 - #figures - 2
  local length = utf8.len(label) or #label
  if length > room then
    label = room > 1 and "…" .. label:sub(utf8.offset(label, length - room + 2) or 1) or ""
  end
  return ("%s  %s"):format(label, figures):sub(1, 4 * columns)
end

--- Shows how far a file is.
-- @param label string: what is fetched
-- @param received integer: bytes so far
-- @param total integer|nil: bytes in all, if known
function Progress:update(label, received, total)
  if self.quiet or not self.is_terminal then
    return
  end
  local figures = text.size(received)
  if total and total > 0 then
    figures = ("%s of %s  %d %%"):format(figures, text.size(total), received * 100 // total)
  end
  io.stderr:write(ERASE_LINE, progress_line(text.line(label), figures, file.columns(2) or COLUMNS))
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
