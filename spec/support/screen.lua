--- A terminal as a grid of characters: what it shows after some output. It knows the control sequences that
-- the progress display uses, and raises on any other, so that a stray one is found.
local console = require "datamaestro.api.console"

local Screen = { __name = "screen" }
Screen.__index = Screen

--- Makes an empty screen.
-- @param columns integer
-- @return screen: also an output with method write
function Screen.new(columns)
  local self = { columns = columns, rows = { {} }, row = 1, column = 1, wraps = true, writes = 0 }
  return setmetatable(self, Screen)
end

local function erase_row_from(self, column)
  for i = column, self.columns do
    self.rows[self.row][i] = nil
  end
end

local SEQUENCES = {
  ["K"] = function(self, number)
    erase_row_from(self, number == 2 and 1 or self.column)
  end,
  ["J"] = function(self)
    erase_row_from(self, self.column)
    for i = self.row + 1, #self.rows do
      self.rows[i] = nil
    end
  end,
  ["A"] = function(self, number)
    assert(number >= 1 and self.row > number, "the cursor goes above the first line")
    self.row = self.row - number
  end,
  ["h"] = function(self)
    self.wraps = true
  end,
  ["l"] = function(self)
    self.wraps = false
  end,
}

local function next_row(self)
  self.row, self.column = self.row + 1, 1
  self.rows[self.row] = self.rows[self.row] or {}
end

local function put(self, character)
  local width = character < "\127" and 1 or console.width(utf8.codepoint(character))
  if width == 0 then
    local before = self.rows[self.row]
    before[self.column - 1] = before[self.column - 1] .. character
    return
  end
  if self.column + width - 1 > self.columns then
    assert(self.wraps, "a line is longer than the terminal is wide")
    next_row(self)
  end
  self.rows[self.row][self.column] = character
  self.rows[self.row][self.column + 1] = width == 2 and "" or self.rows[self.row][self.column + 1]
  self.column = self.column + width
end

-- Takes what stands at a place; returns the place behind it.
local function take(self, bytes, at)
  local prefix, number, letter, after = bytes:match("^\27%[(%??)(%d*)(%a)()", at)
  if letter then
    assert(SEQUENCES[letter] and (prefix == "" or number == "7"), "unknown sequence " .. letter)
    SEQUENCES[letter](self, tonumber(number) or 1)
    return after
  elseif bytes:sub(at, at) == "\n" then
    next_row(self)
  elseif bytes:sub(at, at) == "\r" then
    self.column = 1
  else
    local character = bytes:match("^[%z\32-\126\194-\244][\128-\191]*", at)
    assert(character, ("control character %q"):format(bytes:sub(at, at)))
    put(self, character)
    return at + #character
  end
  return at + 1
end

--- Takes output.
-- @param ... string
-- @return screen
function Screen:write(...)
  local bytes, at = table.concat { ... }, 1
  self.writes = self.writes + 1
  while at <= #bytes do
    at = take(self, bytes, at)
  end
  return self
end

--- What it shows.
-- @return string: lines without spaces at their ends; none at the end that are empty
function Screen:text()
  local lines = {}
  for i, row in ipairs(self.rows) do
    local parts = {}
    for column = 1, self.columns do
      parts[column] = row[column] or " "
    end
    lines[i] = table.concat(parts):gsub("%s+$", "")
  end
  return (table.concat(lines, "\n"):gsub("\n+$", ""))
end

return Screen
