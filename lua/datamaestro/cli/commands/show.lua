--- `datamaestro show ID[.FIELD]`
local parts = require "datamaestro.cli.parts"
local types = require "datamaestro.data.types"

-- The labels that stand beside images: ds.train.images has those of ds.train.
local function labels_beside(part)
  if part.name == "images" and types.type_of(part.above) then
    return rawget(part.above, "labels")
  end
end

local function options_of(arguments, part)
  return {
    n = arguments.n, first = arguments.first, columns = arguments.columns, as = arguments.as,
    png = arguments.png, html = arguments.html, labels = not arguments.no_labels and labels_beside(part),
    title = arguments.id,
  }
end

return {
  summary = "Show the images of a dataset, in the terminal or as a file.",
  configure = function(parser)
    local function number(value)
      return math.tointeger(tonumber(value)) or nil, ("'%s' (whole number expected)"):format(value)
    end
    parser:argument("id", "The dataset's id, with a field as its JSON has it: ID.train.images."):argname "ID[.FIELD]"
    parser:option("--n", "How many images (default 50)."):convert(number):argname "N"
    parser:option("--first", "The number of the first image, from 1."):convert(number):argname "N"
    parser:option("--columns", "How many images a row."):convert(number):argname "N"
    parser:option("--as", "kitty, sixel, blocks or plain, if not the best that the terminal has.")
      :choices(require "datamaestro.cli.picture_terminal".kinds):argname "HOW"
    parser:flag("--no-labels", "Without the labels that stand beside the images.")
    parser:option("--png", "Write a PNG file instead; - is standard output."):argname "FILE"
    parser:option("--html", "Write a page instead; - is standard output."):argname "FILE"
  end,
  run = function(session, arguments)
    local part, message, code = parts.open(session, arguments.id)
    if not part then
      return nil, message, code
    end
    local shown
    shown, message, code = require "datamaestro.cli.picture".show(part.value, options_of(arguments, part), session)
    if not shown then
      return nil, ("%s: %s"):format(arguments.id, message), code
    end
    return true
  end,
}
