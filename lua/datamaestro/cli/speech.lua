--- How text for people is fitted into their terminal. What goes to no terminal keeps its lines, so that a
-- message is one line of a job's log.
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"

local speech = {}

local COLUMNS = 80  -- of a terminal that does not say how many it has, and of what is none
local CTRL_C = "^C" -- what a terminal leaves on the line where an interruption is told

local function room(fd)
  return file.isatty(fd) and math.max(1, (require "datamaestro.api.console".size(fd) or COLUMNS) - 1) or nil
end

--- The columns for text; a terminal's last one is left free.
-- @param fd integer: where it goes
-- @return integer
function speech.columns(fd)
  return room(fd) or COLUMNS
end

--- Wraps lines between words where they go to a terminal.
-- @param fd integer: where they go
-- @param lines string: safe for a terminal
-- @param hang integer|nil: as of text.fold
-- @return string
function speech.folded(fd, lines, hang)
  local width = room(fd)
  return width and text.fold(lines, width, hang) or lines
end

--- Lays out what is said on standard error.
-- @param prefix string: what each message begins with
-- @param message string: one or several; lines that are indented belong to the one before
-- @return string: safe for a terminal
function speech.complaint(prefix, message)
  local lines = prefix .. text.printable(message):gsub("\n(%S)", "\n" .. prefix .. "%1")
  local width = room(2)
  if not width then
    return lines
  end
  return text.fold(lines, message:find "^interrupted" and width - #CTRL_C or width)
end

return speech
