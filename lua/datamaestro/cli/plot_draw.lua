--- Bar charts as pictures: areas and texts that are drawn on a canvas or written as SVG.
local canvases = require "datamaestro.api.canvas"
local html = require "datamaestro.cli.picture_html"
local nice = require "datamaestro.cli.plot_bars".nice

local plot_draw = {}

local WIDTH, HEIGHT = 800, 450
local LEFT, RIGHT, TOP, BOTTOM = 60, 20, 56, 46 -- margins
local INK, GRID, BAR, PAPER = 0x202020, 0xdddddd, 0x4682b4, 0xffffff
local LETTER = 6 -- width of a character at scale 1

local function add_area(parts, x, y, width, height, colour)
  parts[#parts + 1] = { x = x, y = y, width = width, height = height, colour = colour }
end

-- anchor: "start", "middle" or "end" is at x; y is the upper edge.
local function add_text(parts, x, y, value, anchor, scale)
  parts[#parts + 1] = { x = x, y = y, text = value, anchor = anchor, scale = scale }
end

-- 1500000 as 1.5M.
local function short(value)
  for _, unit in ipairs { { 1e9, "G" }, { 1e6, "M" }, { 1e4, "k" } } do
    if value >= unit[1] then
      return ("%.6g%s"):format(value / (unit[2] == "k" and 1e3 or unit[1]), unit[2])
    end
  end
  return ("%d"):format(value)
end

local function add_grid(parts, most, height)
  local step = math.max(1, nice(most / 5))
  local value = 0
  while value <= most do
    local y = TOP + height - math.floor(value * height / most + 0.5)
    add_area(parts, LEFT, y, WIDTH - LEFT - RIGHT, 1, value == 0 and INK or GRID)
    add_text(parts, LEFT - 8, y - 3, short(value), "end", 1)
    value = value + step
  end
end

-- A label below each bar, or below each second, third … where they would touch.
local function add_labels(parts, chart, slot)
  local longest = 1
  for _, bar in ipairs(chart.bars) do
    longest = math.max(longest, utf8.len(bar.label) or #bar.label)
  end
  longest = math.min(longest, 20)
  local every = math.max(1, math.ceil((longest + 1) * LETTER / slot))
  for i = 1, #chart.bars, every do
    local label = chart.bars[i].label
    if (utf8.len(label) or #label) > 20 then
      label = label:sub(1, (utf8.offset(label, 20) or 20) - 1) .. "."
    end
    add_text(parts, math.floor(LEFT + (i - 0.5) * slot), HEIGHT - BOTTOM + 8, label, "middle", 1)
  end
end

-- What there is room for above the chart.
local function fitting(title)
  local most = (WIDTH - LEFT - RIGHT) // (2 * LETTER)
  local length = utf8.len(title) or #title
  return length <= most and title or "..." .. title:sub(utf8.offset(title, length - most + 4) or 1)
end

--- Lays a chart out.
-- @param chart table: of plot_source.of, with title
-- @return array of parts: areas (x, y, width, height, colour 0xRRGGBB) and texts (x, y, text, anchor, scale)
function plot_draw.parts(chart)
  local parts, most = {}, 1
  for _, bar in ipairs(chart.bars) do
    most = math.max(most, bar.count)
  end
  local height = HEIGHT - TOP - BOTTOM
  local slot = (WIDTH - LEFT - RIGHT) / #chart.bars
  add_grid(parts, most, height)
  local gap = slot >= 6 and math.max(1, math.floor(slot * 0.15)) or 0
  for i, bar in ipairs(chart.bars) do
    local x, after = math.floor(LEFT + (i - 1) * slot + 0.5), math.floor(LEFT + i * slot + 0.5)
    local tall = math.floor(bar.count * height / most + 0.5)
    if bar.count > 0 then
      add_area(parts, x + gap, TOP + height - math.max(1, tall), math.max(1, after - x - 2 * gap),
        math.max(1, tall), BAR)
    end
  end
  add_labels(parts, chart, slot)
  add_text(parts, LEFT, 16, fitting(chart.title or ""), "start", 2)
  if chart.left_out > 0 then
    add_text(parts, WIDTH - RIGHT, HEIGHT - 14,
      ("%d left out (missing or not finite)"):format(chart.left_out), "end", 1)
  end
  return parts
end

--- Draws a chart as a picture.
-- @param chart table
-- @return canvas
function plot_draw.canvas(chart)
  local canvas = canvases.new(WIDTH, HEIGHT)
  canvas:fill(0, 0, WIDTH, HEIGHT, PAPER << 8 | 255)
  for _, part in ipairs(plot_draw.parts(chart)) do
    if part.text then
      local value = part.text:gsub("–", "-")
      local width = (utf8.len(value) or #value) * LETTER * part.scale
      local x = part.anchor == "end" and part.x - width or part.anchor == "middle" and part.x - width // 2
        or part.x
      canvas:text(x, part.y, value, INK << 8 | 255, part.scale)
    else
      canvas:fill(part.x, part.y, part.width, part.height, part.colour << 8 | 255)
    end
  end
  return canvas
end

--- Writes a chart as SVG.
-- @param chart table
-- @return string
function plot_draw.svg(chart)
  local lines = { ('<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %d %d">')
    :format(WIDTH, HEIGHT, WIDTH, HEIGHT),
    ('<rect width="%d" height="%d" fill="#%06x"/>'):format(WIDTH, HEIGHT, PAPER),
    ('<g font-family="sans-serif" fill="#%06x">'):format(INK) }
  for _, part in ipairs(plot_draw.parts(chart)) do
    if part.text then
      local size = part.scale == 1 and 11 or 18
      lines[#lines + 1] = ('<text x="%d" y="%d" font-size="%d" text-anchor="%s">%s</text>'):format(
        part.x, part.y + size * 7 // 10, size, part.anchor, html.escape(part.text))
    else
      lines[#lines + 1] = ('<rect x="%d" y="%d" width="%d" height="%d" fill="#%06x"/>'):format(
        part.x, part.y, part.width, part.height, part.colour)
    end
  end
  lines[#lines + 1] = "</g>\n</svg>\n"
  return table.concat(lines, "\n")
end

return plot_draw
