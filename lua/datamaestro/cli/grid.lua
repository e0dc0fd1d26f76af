--- Tables for people: columns aligned, numbers to the right, cut to the width of the terminal.
local text = require "datamaestro.text"
local words = require "datamaestro.cli.progress_text"

local grid = {}

local CELL = 30 -- characters of one cell at most
local GAP = "  "

local cut, width = words.cut_end, words.width

local function is_number(value)
  return value:find "^[+-]?%.?%d[%d.eE+%-]*$" ~= nil or value == "" or value == "nan" or value == "inf"
    or value == "-inf"
end

local function pad(value, size, right)
  local spaces = (" "):rep(size - width(value))
  return right and spaces .. value or value .. spaces
end

-- Widths of the columns, and whether all below the head are numbers.
local function measure(rows, head)
  local sizes, numbers = {}, {}
  for i = 1, #head do
    sizes[i], numbers[i] = width(head[i]), true
  end
  for _, row in ipairs(rows) do
    for i, value in ipairs(row) do
      sizes[i] = math.max(sizes[i] or 0, width(value))
      numbers[i] = numbers[i] ~= false and is_number(value)
    end
  end
  return sizes, numbers
end

-- How many columns fit, with room for the note that there are more.
local function fitting(sizes, limit)
  local total, note = 0, width(GAP .. "… +9999")
  for i, size in ipairs(sizes) do
    total = total + size + (i > 1 and #GAP or 0)
    if total + (i < #sizes and note or 0) > limit then
      return math.max(i - 1, 1)
    end
  end
  return #sizes
end

--- Lays a table out.
-- @param rows array of arrays of strings
-- @param head array of strings: names of the columns; empty for none
-- @param limit integer: characters of a line
-- @return array of lines
function grid.lines(rows, head, limit)
  local shown, cells = {}, {}
  for i, value in ipairs(head) do
    shown[i] = cut(text.line(value), CELL)
  end
  for i, row in ipairs(rows) do
    cells[i] = {}
    for j, value in ipairs(row) do
      cells[i][j] = cut(text.line(value), CELL)
    end
  end
  local sizes, numbers = measure(cells, shown)
  local count = fitting(sizes, limit)
  local lines = {}
  local function add(row, note)
    local parts = {}
    for i = 1, math.min(count, #sizes) do
      parts[i] = pad(cut(row[i] or "", limit), math.min(sizes[i], limit), numbers[i])
    end
    local line = table.concat(parts, GAP) .. (count < #sizes and GAP .. note or "")
    lines[#lines + 1] = line:gsub(" +$", "")
  end
  if #head > 0 then
    add(shown, ("… +%d"):format(#sizes - count))
  end
  for i, row in ipairs(cells) do
    add(row, #head == 0 and i == 1 and ("… +%d"):format(#sizes - count) or "…")
  end
  return lines
end

return grid
