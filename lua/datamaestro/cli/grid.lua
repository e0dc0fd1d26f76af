--- Tables for people: columns aligned, numbers to the right, cut where the terminal has no room for them.
local text = require "datamaestro.text"
local words = require "datamaestro.cli.progress_text"

local grid = {}

local CELL = 30 -- characters of one cell, where there is no room for all
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

-- How many columns fit, at most CELL wide, with room for the note that there are more.
local function fitting(sizes, limit)
  local total, note = 0, width(GAP .. "… +9999")
  for i, size in ipairs(sizes) do
    total = total + math.min(size, CELL) + (i > 1 and #GAP or 0)
    if total + (i < #sizes and note or 0) > limit then
      return math.max(i - 1, 1)
    end
  end
  return #sizes
end

-- Widths of the first `count` columns: those that are wider than CELL share what room is left.
local function share(sizes, count, limit, note)
  local shown, wide, left = {}, {}, limit - note - #GAP * (count - 1)
  for i = 1, count do
    shown[i] = math.min(sizes[i], CELL, limit)
    left = left - shown[i]
    wide[#wide + 1] = sizes[i] > shown[i] and i or nil
  end
  table.sort(wide, function(a, b)
    return sizes[a] < sizes[b]
  end)
  for at, i in ipairs(wide) do
    local more = math.min(sizes[i] - shown[i], math.max(0, left) // (#wide - at + 1))
    shown[i], left = shown[i] + more, left - more
  end
  return shown
end

local function cells_of(values, limit)
  local cells = {}
  for i, value in ipairs(values) do
    cells[i] = cut(text.line(value), limit)
  end
  return cells
end

--- Lays a table out.
-- @param rows array of arrays of strings
-- @param head array of strings: names of the columns; empty for none
-- @param limit integer: characters of a line
-- @return array of lines
function grid.lines(rows, head, limit)
  local shown, cells = cells_of(head, limit), {}
  for i, row in ipairs(rows) do
    cells[i] = cells_of(row, limit)
  end
  local sizes, numbers = measure(cells, shown)
  local count = fitting(sizes, limit)
  local more = ("… +%d"):format(#sizes - count)
  local widths = share(sizes, math.min(count, #sizes), limit, count < #sizes and #GAP + width(more) or 0)
  local lines = {}
  local function add(row, note)
    local parts = {}
    for i, size in ipairs(widths) do
      parts[i] = pad(cut(row[i] or "", size), size, numbers[i])
    end
    local line = table.concat(parts, GAP) .. (count < #sizes and GAP .. note or "")
    lines[#lines + 1] = line:gsub(" +$", "")
  end
  if #head > 0 then
    add(shown, more)
  end
  for i, row in ipairs(cells) do
    add(row, #head == 0 and i == 1 and more or "…")
  end
  return lines
end

return grid
