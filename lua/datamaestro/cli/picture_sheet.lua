--- Contact sheets: images and their labels, as one picture or as lines of characters.
local canvases = require "datamaestro.api.canvas"
local layout = require "datamaestro.cli.picture_layout"
local text = require "datamaestro.text"

local sheet = {}

local GLYPH_WIDTH, GLYPH_HEIGHT = 6, 8 -- pixels of a drawn character

local function columns_of(label)
  return utf8.len(label) or #label
end

-- The first characters of a label, with a mark where some are left out.
local function cut(label, width, mark)
  if columns_of(label) <= width then
    return label
  elseif width < 1 then
    return ""
  end
  return label:sub(1, (utf8.offset(label, width) or width) - 1) .. mark
end

local function draw_image(canvas, images, i, plan, x, y)
  local image, message, code = images.image(i)
  if not image then
    return nil, message, code
  end
  local height, width = image:shape()
  local left, top, w, h = layout.fit(width, height, plan)
  return canvas:draw(image, x + left, y + top, w, h, images.range(image))
end

local LABEL_WORTH = 12 -- characters of labels that small images make room for

-- Characters of the longest label to be shown; 0 without labels.
local function longest_label(images)
  local longest = 0
  for i = images.first, images.label and images.last or 0 do
    longest = math.max(longest, columns_of(text.line(images.label(i))))
  end
  return longest
end

-- One row of images on a canvas of their own, of whole characters: what is left of one is above, not between
-- image and label.
local function draw_row(images, first, last, plan, gap)
  local top = plan.tile_height % 2
  local canvas, message, code = canvases.new(plan.width, top + plan.tile_height)
  local drawn = canvas
  for i = first, last do
    if drawn then
      drawn, message, code = draw_image(canvas, images, i, plan, (i - first) * (plan.slot + gap), top)
    end
  end
  if not drawn then
    return nil, message, code
  end
  return canvas
end

local function label_line(images, first, last, width, gap, mark)
  local parts = {}
  for i = first, last do
    local label = cut(text.line(images.label(i)), width, mark)
    local room = width - columns_of(label)
    parts[#parts + 1] = (" "):rep(room // 2) .. label .. (" "):rep(room - room // 2 + gap)
  end
  return (table.concat(parts):gsub(" +$", ""))
end

--- Shows images as lines of characters, one row of them after the other.
-- @param images table: as of picture_source, with first and last (which to show), range(image) (values of
--   black and white), label(i) → string | nil where there are none
-- @param medium table: of picture_terminal.describe
-- @param options table: columns
-- @param write function(string)
-- @return true | nil, message, code
function sheet.characters(images, medium, options, write)
  local count = images.last - images.first + 1
  local longest = math.max(images.width, images.height)
  local space = { width = medium.columns, height = 2 * (medium.rows - 1), gap = 1, target = 1,
    label = images.label and 2 or 0, label_width = math.min(longest_label(images), LABEL_WORTH),
    least = longest <= 32 and math.min(longest, 14) or 24 }
  local plan = layout.plan({ count = count, width = images.width, height = images.height,
    columns = options.columns }, space)
  local mark = medium.unicode and "…" or "~"
  for first = images.first, images.last, plan.columns do
    local last = math.min(images.last, first + plan.columns - 1)
    local canvas <close>, message, code = draw_row(images, first, last, plan, space.gap)
    if not canvas then
      return nil, message, code
    end
    write((canvas:blocks(medium.colours, medium.unicode, medium.light)))
    if images.label then
      write(label_line(images, first, last, plan.slot, space.gap, mark) .. "\n")
    elseif last < images.last then
      write "\n"
    end
  end
  return true
end

local function draw_label(canvas, label, plan, x, y, style)
  local shown = cut(text.line(label), plan.slot // (GLYPH_WIDTH * style.scale), ".")
  local width = columns_of(shown) * GLYPH_WIDTH * style.scale - style.scale
  canvas:text(x + (plan.slot - width) // 2, y, shown, style.ink, style.scale)
end

--- Draws images as one picture.
-- @param images table: as for sheet.characters
-- @param space table: width, height, target, least as for layout.plan; ink, paper (colours of labels and of
--   the ground; without paper the ground is transparent); margin (pixels around); scale (of labels, at most)
-- @param options table: columns
-- @return canvas | nil, message, code
function sheet.draw(images, space, options)
  local letters = longest_label(images)
  local inner = { width = space.width and space.width - 2 * space.margin, height = space.height, gap = 6,
    target = space.target, least = space.least,
    label = images.label and (GLYPH_HEIGHT + 2) * space.scale or 0,
    label_width = math.min(letters, LABEL_WORTH) * GLYPH_WIDTH }
  local wanted = { count = images.last - images.first + 1, width = images.width, height = images.height,
    columns = options.columns }
  local plan = layout.plan(wanted, inner)
  local fits = letters * GLYPH_WIDTH * space.scale <= plan.slot
  local style = { ink = space.ink, scale = fits and space.scale or 1 }
  local margin = space.margin
  local canvas, message, code = canvases.new(plan.width + 2 * margin, plan.height + 2 * margin)
  if not canvas then
    return nil, message, code
  elseif space.paper then
    canvas:fill(0, 0, plan.width + 2 * margin, plan.height + 2 * margin, space.paper)
  end
  for i = images.first, images.last do
    local place = i - images.first
    local x = margin + place % plan.columns * (plan.slot + inner.gap)
    local y = margin + place // plan.columns * (plan.tile_height + inner.label + inner.gap)
    local drawn
    drawn, message, code = draw_image(canvas, images, i, plan, x, y)
    if not drawn then
      canvas:close()
      return nil, message, code
    elseif images.label then
      draw_label(canvas, images.label(i), plan, x, y + plan.tile_height + 2 * style.scale, style)
    end
  end
  return canvas
end

return sheet
