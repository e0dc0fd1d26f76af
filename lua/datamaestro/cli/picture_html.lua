--- Contact sheets as a page that needs no other file: each image a PNG in a data: URL.
local canvases = require "datamaestro.api.canvas"
local text = require "datamaestro.text"

local picture_html = {}

local LARGEST = 256 -- pixels of a side; larger images are drawn smaller
local SIDE = 84 -- CSS pixels that a small image is enlarged to

local HEAD = [[
<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>%s</title>
<style>
  :root { color-scheme: light dark; }
  body { font: 14px/1.3 system-ui, sans-serif; margin: 1.5em; }
  h1 { font-size: 1.1em; font-weight: 600; }
  main { display: grid; grid-template-columns: repeat(%s, %dpx); gap: 10px; }
  figure { margin: 0; text-align: center; overflow-wrap: anywhere; }
  img { width: 100%%; display: block; image-rendering: %s; }
</style>
<h1>%s</h1>
<main>
]]

local ESCAPES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }

--- Text as it must stand in HTML and SVG.
-- @param value string
-- @return string
function picture_html.escape(value)
  return (text.line(value):gsub('[&<>"]', ESCAPES))
end

-- An image as PNG, at most LARGEST pixels a side.
local function encode(images, i)
  local image, message, code = images.image(i)
  if not image then
    return nil, message, code
  end
  local height, width = image:shape()
  local scale = math.min(1, LARGEST / math.max(width, height))
  local w, h = math.max(1, math.floor(width * scale)), math.max(1, math.floor(height * scale))
  local canvas <close> = canvases.new(w, h)
  local drawn
  drawn, message, code = canvas:draw(image, 0, 0, w, h, images.range(image))
  if not drawn then
    return nil, message, code
  end
  return require "datamaestro.api.image".png(canvas:tensor())
end

local function figure(images, i)
  local png, message, code = encode(images, i)
  if not png then
    return nil, message, code
  end
  local label = images.label and picture_html.escape(images.label(i)) or ""
  local caption = images.label and ("<figcaption>%s</figcaption>"):format(label) or ""
  return ('<figure><img alt="%s" title="%d" src="data:image/png;base64,%s">%s</figure>\n'):format(
    label, i, canvases.base64(png), caption)
end

--- Makes the page.
-- @param images table: as for picture_sheet.characters
-- @param options table: columns
-- @return string | nil, message, code
function picture_html.page(images, options)
  local longest = math.max(images.width, images.height)
  local side = math.max(SIDE, math.min(longest, LARGEST))
  local title = picture_html.escape(images.title or "Images")
  local parts = { HEAD:format(title, options.columns or "auto-fill", side,
    longest <= SIDE and "pixelated" or "auto", title) }
  for i = images.first, images.last do
    local part, message, code = figure(images, i)
    if not part then
      return nil, message, code
    end
    parts[#parts + 1] = part
  end
  parts[#parts + 1] = "</main>\n</html>\n"
  return table.concat(parts)
end

return picture_html
