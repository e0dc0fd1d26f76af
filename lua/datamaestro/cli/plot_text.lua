--- Bar charts of characters.
local text = require "datamaestro.text"

local plot_text = {}

local EIGHTHS = { "▏", "▎", "▍", "▌", "▋", "▊", "▉" }
local BLUE = { ["true"] = "\27[38;2;70;130;180m", ["256"] = "\27[38;5;67m" } -- on light and dark grounds
local LABEL_MOST = 24 -- columns

local function columns_of(value)
  return utf8.len(value) or #value
end

local function cut(label, mark)
  if columns_of(label) <= LABEL_MOST then
    return label
  end
  return label:sub(1, utf8.offset(label, LABEL_MOST) - 1) .. mark
end

-- A bar of so many eighths of a column; what is there is seen.
local function bar_of(eighths, unicode)
  if not unicode then
    return ("#"):rep((eighths + 7) // 8)
  end
  return ("█"):rep(eighths // 8) .. (EIGHTHS[eighths % 8] or "")
end

local function widths(chart, mark)
  local label, count, most = 0, 0, 0
  for _, bar in ipairs(chart.bars) do
    label = math.max(label, columns_of(cut(text.line(bar.label), mark)))
    count = math.max(count, #tostring(bar.count))
    most = math.max(most, bar.count)
  end
  return label, count, most
end

--- Draws a chart, one line a bar.
-- @param chart table: of plot_source.of
-- @param medium table: of picture_terminal.describe
-- @return string: lines, each ended by a newline
function plot_text.draw(chart, medium)
  local mark = medium.unicode and "…" or "~"
  local label_width, count_width, most = widths(chart, mark)
  local room = math.max(8, medium.columns - label_width - count_width - 3)
  local colour = BLUE[medium.colours]
  local lines = {}
  if chart.title then
    lines[1] = text.line(chart.title)
  end
  for _, bar in ipairs(chart.bars) do
    local label = text.line(bar.label)
    label = cut(medium.unicode and label or label:gsub("–", "-"), mark)
    local eighths = most > 0 and math.max(bar.count > 0 and 1 or 0, bar.count * room * 8 // most) or 0
    local drawn = bar_of(eighths, medium.unicode)
    drawn = colour and drawn ~= "" and colour .. drawn .. "\27[0m" or drawn
    lines[#lines + 1] = ("%s%s %s%s%d"):format((" "):rep(label_width - columns_of(label)), label, drawn,
      drawn ~= "" and " " or "", bar.count)
  end
  if chart.left_out > 0 then
    lines[#lines + 1] = ("%d left out (missing or not finite)"):format(chart.left_out)
  end
  return table.concat(lines, "\n") .. "\n"
end

return plot_text
