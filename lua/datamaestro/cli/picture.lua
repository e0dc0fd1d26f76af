--- `show`: images as pictures in the terminal, or as a PNG or HTML file.
local canvases = require "datamaestro.api.canvas"
local config = require "datamaestro.config"
local schema = require "datamaestro.schema"
local sheet = require "datamaestro.cli.picture_sheet"
local source = require "datamaestro.cli.picture_source"
local terminals = require "datamaestro.cli.picture_terminal"
local types = require "datamaestro.data.types"

local picture = {}

local SHOWN = 50 -- images, where nothing else is asked
local SHOWN_MOST = 10000

--- Makes the check of a file that is to be written.
-- @param format string: "png", "svg" or "html"
-- @return function(path) → string | nil: what is wrong
function picture.file_check(format)
  return function(path)
    return type(path) == "string" and require "datamaestro.data.image".name_problem(path, format) or nil
  end
end

picture.options = {
  { name = "n", type = "integer", minimum = 1, doc = "How many images (default 50)." },
  { name = "first", type = "integer", minimum = 1, default = 1, doc = "The first image." },
  { name = "labels", type = "any", doc = "What stands below each: a tensor, a list, an object with labels." },
  { name = "classes", type = "table", doc = "Names for the labels." },
  { name = "columns", type = "integer", minimum = 1, doc = "Images a row." },
  { name = "range", type = "list", items = { type = "number" }, doc = "Values of black and white." },
  { name = "as", type = "string", values = terminals.kinds, doc = "How: kitty, sixel, blocks or plain." },
  { name = "png", type = "path", check = picture.file_check "png",
    doc = "File to write instead; - is standard output." },
  { name = "html", type = "path", check = picture.file_check "html",
    doc = "File to write instead; - is standard output." },
  { name = "title", type = "string", doc = "What stands above a page (default: the id)." },
}

local function finite(value)
  return value == value and value ~= math.huge and value ~= -math.huge
end

-- The values of black and of white for images of other numbers than bytes: 0 to 1 where floats stay in there,
-- else all that there is.
local function spread(images)
  local low, high, whole = math.huge, -math.huge, true
  for i = images.first, images.last do
    local image, message, code = images.image(i)
    if not image then
      return nil, message, code
    elseif image:dtype() ~= "uint8" and image:numel() > 0 then
      low, high = math.min(low, image:min()), math.max(high, image:max())
      whole = whole and not image:dtype():find "float"
    end
  end
  if not (finite(low) and finite(high)) or not whole and low >= 0 and high <= 1 then
    return 0, 1
  end
  return low, high > low and high or low + 1
end

-- Gives images.range(image) → the values of black and of white. Bytes have their own.
local function set_range(images, range)
  if range and (#range ~= 2 or not finite(range[1] - range[2]) or range[1] == range[2]) then
    return nil, "show.range: two finite numbers that differ expected, black and white", "usage"
  end
  local low, high, code = 0, 255, nil
  if range then
    low, high = range[1], range[2]
  elseif images.dtype ~= "uint8" then
    low, high, code = spread(images)
  end
  if not low then
    return nil, high, code
  end
  images.range = function(image)
    if not range and image:dtype() == "uint8" then
      return 0, 255
    end
    return low, high
  end
  return true
end

-- The box of an image: their size where all have one; else a square of the first one's longer side.
local function set_size(images)
  local first, message, code = images.image(images.first)
  if not first then
    return nil, message, code
  end
  images.height, images.width = first:shape()
  if images.height == 0 or images.width == 0 then
    return nil, ("image of %d × %d pixels (1 × 1 or more expected)"):format(images.height, images.width),
      "usage"
  elseif not images.even then
    images.width = math.max(images.height, images.width)
    images.height = images.width
  end
  return true
end

local function set_labels(images, options)
  local wanted = options.labels == nil and images.labels or options.labels
  if wanted == nil or wanted == false then
    return true
  end
  local labels, message, code = source.labels(wanted)
  if not labels then
    return nil, message, code
  elseif #labels < images.last then
    return nil, ("labels: %d (%d expected, one an image)"):format(#labels, images.last), "usage"
  end
  local classes = options.classes or images.classes
  local name_of = classes and require "datamaestro.cli.class_names".of(classes, labels)
  images.label = function(i)
    local label = labels[i]
    return tostring(name_of and name_of(label) or label)
  end
  return true
end

-- The images that options ask for, with all that drawing them takes.
local function choose(value, options)
  local images, message, code = source.of(value)
  if not images then
    return nil, message, code
  elseif images.count < options.first then
    return nil,
      ("%d images (%d or more expected for the first one asked for)"):format(images.count, options.first),
      "usage"
  end
  images.title = options.title or types.type_of(value) and rawget(value, "id") or nil
  images.first = options.first
  images.last = math.min(images.count, images.first + (options.n or SHOWN) - 1)
  if images.last - images.first >= SHOWN_MOST then
    return nil, ("show.n: %d (%d at most expected)"):format(options.n, SHOWN_MOST), "usage"
  end
  local done
  done, message, code = set_size(images)
  if done then
    done, message, code = set_range(images, options.range)
  end
  if done then
    done, message, code = set_labels(images, options)
  end
  if not done then
    return nil, message, code
  end
  return images
end

local FILE = { target = 84, least = 32, ink = 0x202020ff, paper = 0xffffffff, margin = 12, scale = 2 }

--- Writes a file, whole or not at all.
-- @param path string: "-" is standard output
-- @param content string
-- @param write function(string): where it goes when path is "-"
-- @return true | nil, message, code
function picture.write_file(path, content, write)
  if path == "-" then
    write(content)
    return true
  end
  local absolute, message, code = config.absolute(path)
  if not absolute then
    return nil, message, code
  end
  return require "datamaestro.api.file".replace(absolute, content)
end

--- Writes a canvas as a PNG file.
-- @param path string
-- @param canvas canvas
-- @param write function(string): where it goes when path is "-"
-- @return true | nil, message, code
function picture.write_png(path, canvas, write)
  local bytes, message, code = require "datamaestro.api.image".png(canvas:tensor())
  if not bytes then
    return nil, ("%s: %s"):format(path, message), code
  end
  return picture.write_file(path, bytes, write)
end

local function to_png(images, options, write)
  local canvas <close>, message, code = sheet.draw(images, FILE, options)
  if not canvas then
    return nil, message, code
  end
  return picture.write_png(options.png, canvas, write)
end

local function to_html(images, options, write)
  local page, message, code = require "datamaestro.cli.picture_html".page(images, options)
  if not page then
    return nil, message, code
  end
  return picture.write_file(options.html, page, write)
end

-- In grey that is legible on light grounds and dark ones, on the terminal's own ground.
local function space_of(medium)
  local function at_most(size, limit)
    return limit and math.min(size, limit) or size
  end
  return {
    width = at_most(medium.columns * medium.cell_width, medium.width), margin = 0,
    height = at_most((medium.rows - 1) * medium.cell_height, medium.height),
    target = 84, least = 48, ink = 0x808080ff, scale = 2,
  }
end

-- A terminal that limits sixels cuts off what is below: several pictures, then, one above the other.
local function part_rows(images, medium, columns)
  if not medium.height then
    return images.last - images.first + 1
  end
  local tile = 48 + 6 + (images.label and 20 or 0)
  return math.max(1, medium.height // tile) * columns
end

local function show_graphics(images, medium, options, write)
  local space = space_of(medium)
  local step = part_rows(images, medium, options.columns or math.max(1, space.width // 90))
  local last = images.last
  for first = images.first, last, step do
    images.first, images.last = first, math.min(last, first + step - 1)
    local canvas <close>, message, code = sheet.draw(images, space, options)
    if not canvas then
      return nil, message, code
    end
    local shown
    if medium.kind == "kitty" then
      local png = require "datamaestro.api.image".png(canvas:tensor())
      shown, message, code = canvases.kitty(png)
    else
      shown, message, code = canvas:sixel(medium.sixel_colours)
    end
    if not shown then
      return nil, message, code
    end
    write(shown .. "\n")
  end
  return true
end

local function show(value, options, write)
  local images, message, code = choose(value, options)
  if not images then
    return nil, message, code
  elseif options.png or options.html then
    local done = true
    if options.png then
      done, message, code = to_png(images, options, write)
    end
    if done and options.html then
      done, message, code = to_html(images, options, write)
    end
    return done, message, code
  end
  local medium = terminals.describe(options.as)
  if medium.kind == "kitty" or medium.kind == "sixel" then
    return show_graphics(images, medium, options, write)
  end
  return sheet.characters(images, medium, options, write)
end

--- Says which images would be shown.
-- @param value any: as of picture_source.of
-- @param options table|nil: as picture.options says
-- @return table: count (of all), first, last, type, shape (of the first one shown), labels (array of those
--   shown, nil without any) | nil, message, code
function picture.facts(value, options)
  local checked, problem = schema.check(picture.options, options or {}, "show")
  if not checked then
    return nil, problem, "usage"
  end
  local images, message, code = choose(value, checked)
  local image = images
  if images then
    image, message, code = images.image(images.first)
  end
  if not image then
    return nil, message, code
  end
  local labels = images.label and {}
  for i = images.first, labels and images.last or 0 do
    labels[#labels + 1] = images.label(i)
  end
  return { count = images.count, first = images.first, last = images.last, type = image:dtype(),
    shape = { image:shape() }, labels = labels }
end

--- Shows images.
-- @param value any: as of picture_source.of
-- @param options table|nil: as picture.options says
-- @param write function(string): where a picture for the terminal goes
-- @return true | nil, message, code ("usage" for what is wrong with the arguments)
function picture.show(value, options, write)
  local checked, problem = schema.check(picture.options, options or {}, "show")
  if not checked then
    return nil, problem, "usage"
  end
  return show(value, checked, write)
end

return picture
