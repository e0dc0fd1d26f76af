--- The display on a terminal: a line an active file and one for all, drawn again in place.
--
-- Nothing is switched that would have to be switched back: the cursor is never hidden, and wrapping is off
-- only within one write. The cursor rests at the start of the last line, so that what others print, and the
-- shell after kill -9, begin there.
local Run = require "datamaestro.cli.progress_run"
local lines = require "datamaestro.cli.progress_lines"
local words = require "datamaestro.cli.progress_text"

local Screen = { __name = "screen" }
Screen.__index = Screen

local COLUMNS, ROWS = 80, 24 -- of a terminal that does not say
local LINES_MAXIMUM = 8
local INTERVAL = 0.1 -- seconds between two drawings
local FIRST = 0.3 -- seconds before the first: what is over by then needs no display
local SHOWN_FROM = 0.5 -- seconds; many small files would only flicker
local BAR_MINIMUM, BAR_MAXIMUM = 10, 30 -- columns
local SINGLE_MAXIMUM = 20 -- files of a run that are named one by one when they are done

local NO_WRAP, WRAP = "\27[?7l", "\27[?7h"
local ERASE_LINE, ERASE_ROW, ERASE_BELOW = "\27[K", "\27[2K", "\27[J"

--- Makes the display.
-- @param output table: with method write, as of io.stderr
-- @param size function → columns, rows (either may be nil)
-- @return screen
function Screen.new(output, size)
  return setmetatable({ output = output, size = size, drawn = {}, widths = {} }, Screen)
end

local function columns_of(self)
  return (self.size()) or COLUMNS
end

-- The rows that lines take. A terminal that was made narrower since has wrapped them.
local function rows_of_lines(drawn, last, columns)
  local rows = 0
  for i = 1, last do
    rows = rows + math.max(1, -(-words.width(drawn[i]) // columns))
  end
  return rows
end

local function up(rows)
  return rows > 0 and ("\r\27[%dA"):format(rows) or "\r"
end

-- From where the cursor rests to the first row of the frame.
local function to_start(self)
  return up(rows_of_lines(self.drawn, #self.drawn - 1, columns_of(self)))
end

-- To the start, all rows emptied one by one: erasing from there to the end of the screen would, at its top,
-- put the frame among the lines that one can scroll back to.
local function erase(self)
  local _, height = self.size()
  local rows = math.min(rows_of_lines(self.drawn, #self.drawn, columns_of(self)), height or ROWS)
  return to_start(self) .. ERASE_ROW .. ("\n" .. ERASE_ROW):rep(rows - 1) .. up(rows - 1)
end

--- Removes what is drawn.
function Screen:clear()
  if #self.drawn > 0 then
    self.output:write(erase(self))
    self.drawn = {}
  end
end

local function replace(self, above, frame)
  if not above and table.concat(self.drawn, "\n") == table.concat(frame, "\n") then
    return
  end
  local columns = columns_of(self)
  local parts = { NO_WRAP }
  if #self.drawn > 0 then -- rows that were wrapped would be joined again if they were only overwritten
    parts[2] = self.columns == columns and to_start(self) or erase(self)
  end
  self.columns = columns
  if above then
    parts[#parts + 1] = above .. ERASE_LINE .. "\n"
  end
  for i, line in ipairs(frame) do
    parts[#parts + 1] = line .. ERASE_LINE .. (i < #frame and "\n" or "")
  end
  parts[#parts + 1] = ERASE_BELOW .. "\r" .. WRAP
  self.output:write(table.concat(parts))
  self.drawn = frame
end

-- --- A frame --------------------------------------------------------------------------------------

local function worth_a_line(file, now)
  return now - file.started >= SHOWN_FROM or Run.stalls(file) or file.state == "retry"
end

-- The files that get a line, and how many more would deserve one.
local function chosen(self, run, now)
  local _, rows = self.size()
  local room = math.max(1, math.min(LINES_MAXIMUM, (rows or ROWS) - 1) - 1)
  local files = {}
  for _, file in ipairs(run.active) do
    if worth_a_line(file, now) then
      files[#files + 1] = file
    end
  end
  if #files <= room then
    return files, 0
  end
  local more = #files - (room - 1)
  return table.move(files, 1, room - 1, 1, {}), more
end

local function rows_of(self, run, now)
  local files, more = chosen(self, run, now)
  local rows = {}
  for i, file in ipairs(files) do
    local row = lines.figures(file.received, file.total, file.rate, now)
    row.name = lines.name(file.label, self.several)
    row.remark = lines.remark(file, now, self.patience)
    row.amount = (file.received > 0 or file.total) and row.amount or ""
    rows[i] = row
  end
  if more > 0 then
    rows[#rows + 1] = { name = ("and %s"):format(words.count(more, "more file")), remark = "" }
  end
  if run:count() > 1 or #run.active > 1 then
    local row = lines.run_figures(run, now)
    row.name = lines.files(run)
    rows[#rows + 1] = row
  end
  return rows
end

local FIGURES = { "amount", "share", "rate", "left" }
-- What goes where columns are few, the first first, and how many of a name's columns are worth more.
local DISPENSABLE = { { "share", 20 }, { "rate", 14 }, { "left", 10 }, { "amount", 10 } }

-- Widths only grow during a run, so that figures stand still.
local function measure(self, rows)
  local widths = self.widths
  for _, row in ipairs(rows) do
    widths.name = math.max(widths.name or 0, words.width(row.name))
    widths.part = widths.part or row.part
    for _, key in ipairs(FIGURES) do
      if not row.remark or key == "amount" then
        widths[key] = math.max(widths[key] or 0, words.width(row[key] or ""))
      end
    end
  end
end

-- The columns of each part for a line of `room` columns: name, those of FIGURES that fit, and a bar.
local function layout(self, room)
  local plan, used = {}, 0
  for _, key in ipairs(FIGURES) do
    local width = self.widths[key] or 0
    if width > 0 then
      plan[key] = width
      used = used + 2 + width
    end
  end
  for _, dispensable in ipairs(DISPENSABLE) do
    local key, least = table.unpack(dispensable)
    if plan[key] and used + math.min(self.widths.name, least) > room then
      used = used - 2 - plan[key]
      plan[key] = nil
    end
  end
  plan.name = math.min(self.widths.name, room - used)
  local bar = math.min(BAR_MAXIMUM, room - used - plan.name - 4)
  plan.bar = self.widths.part and plan.amount and bar >= BAR_MINIMUM and bar or nil
  return plan
end

local function bar_of(part, columns)
  if not part then
    return (" "):rep(columns + 2)
  end
  local filled = math.min(columns, math.floor(part * columns))
  local head = filled < columns and filled > 0 and ">" or ""
  return ("[%s%s]"):format(("="):rep(filled - #head) .. head, (" "):rep(columns - filled))
end

local function line_of(row, plan, room)
  local parts = { words.pad(words.cut_start(row.name, plan.name), plan.name) }
  if row.remark then
    -- Where there is no room for both, what is the matter counts more than how far it is.
    if plan.amount and row.amount and plan.name + plan.amount + 4 + words.width(row.remark) <= room then
      parts[2] = words.pad(row.amount, plan.amount, true)
    end
    parts[#parts + 1] = row.remark
  else
    for _, key in ipairs(FIGURES) do
      parts[#parts + 1] = plan[key] and words.pad(row[key], plan[key], true)
    end
    if plan.bar then
      table.insert(parts, 2, bar_of(row.part, plan.bar - 2))
    end
  end
  return (words.cut_end(table.concat(parts, "  "), room):gsub(" +$", ""))
end

local function frame_of(self, run, now)
  if now - run.started < FIRST then
    return {}
  end
  local rows, room, frame = rows_of(self, run, now), math.max(1, columns_of(self) - 1), {}
  if #rows > 0 then
    measure(self, rows)
    local plan = layout(self, room)
    for i, row in ipairs(rows) do
      frame[i] = line_of(row, plan, room)
    end
  end
  return frame
end

-- --- What the facade calls ------------------------------------------------------------------------

--- A run begins.
-- @param several boolean: of more than one dataset
-- @param patience number|nil: seconds without a byte after which a transfer is tried anew
function Screen:begin(several, patience)
  self.several, self.patience, self.widths, self.last = several, patience, {}, nil
end

--- Shows the state of a run after an event.
-- @param run run
-- @param event table
-- @param now number: seconds
function Screen:update(run, event, now)
  if event.event == "done" and run:count() <= SINGLE_MAXIMUM then
    replace(self, lines.stored(event, self.several), frame_of(self, run, now))
    self.last = now
  elseif not self.last or now - self.last >= INTERVAL then
    replace(self, nil, frame_of(self, run, now))
    self.last = now
  end
end

--- A run ends: its display goes, its summary stays.
-- @param run run
-- @param now number: seconds
function Screen:finish(run, now)
  self:clear()
  local summary = lines.summary(run, now)
  if summary then
    self.output:write(summary, "\n")
  end
end

return Screen
