--- `datamaestro show ID[.FIELD]`
local output = require "datamaestro.cli.output"
local pick = require "datamaestro.cli.pick"
local types = require "datamaestro.data.types"

-- What stands beside images, labels and their classes: ds.train.images has those of ds.train.
local function labels_beside(session, label)
  local parent = label:match "^(.*)%.images$"
  local above = parent and pick.open(session, parent)
  if above and types.type_of(above.value) then
    return rawget(above.value, "labels"), rawget(above.value, "classes")
  end
end

local function options_of(session, arguments, picked)
  local options = { title = arguments.id, labels = false }
  for _, name in ipairs { "n", "first", "columns", "as", "png", "html" } do
    options[name] = arguments[name]
  end
  if picked.slice then
    options.first = options.first or picked.slice.first
    options.n = options.n or picked.slice.last and picked.slice.last - picked.slice.first + 1
  end
  if not arguments.no_labels then
    options.labels, options.classes = labels_beside(session, picked.label)
  end
  return options
end

-- Rows that are asked for must be there, as for `cat` | nil, message, code.
local function check_rows(picked)
  local last = picked.slice and (picked.slice.last or picked.slice.first)
  if not last then
    return true
  end
  local picture = require "datamaestro.cli.picture"
  local facts, message, code = picture.facts(picked.value, { n = 1, labels = false })
  if not facts then
    return nil, message, code
  elseif facts.count < last then
    return nil, ("%d images (no image %d)"):format(facts.count, last), "usage"
  end
  return true
end

local function print_json(session, facts, label)
  local json = require "datamaestro.json"
  local object = json.object()
  json.set(object, "id", label)
  for _, name in ipairs { "count", "first", "last", "type" } do
    json.set(object, name, facts[name])
  end
  json.set(object, "shape", json.array(facts.shape))
  json.set(object, "labels", facts.labels and json.array(facts.labels) or json.null)
  session:print_json(object)
end

return {
  summary = "Show the images of a dataset, in the terminal or as a file.",
  transfers = true,
  configure = function(parser)
    local function number(value)
      return math.tointeger(tonumber(value)), ("'%s' (whole number expected)"):format(value)
    end
    parser:argument("id", "The dataset's id, with a field as its JSON has it, and perhaps some rows: "
      .. "ID.train.images[101:150]."):argname "ID[.FIELD]"
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
    local picked, message, code = pick.open(session, arguments.id)
    if not picked then
      return nil, message, code
    end
    local options = options_of(session, arguments, picked)
    session:progress():clear()
    output.start()
    local picture = require "datamaestro.cli.picture"
    local shown
    shown, message, code = check_rows(picked)
    if shown and (not session.json or arguments.png or arguments.html) then
      shown, message, code = picture.show(picked.value, options, output.write)
    end
    if shown and session.json then
      shown, message, code = picture.facts(picked.value, options)
      if shown then
        print_json(session, shown, picked.label)
      end
    end
    if not shown then
      return nil, ("%s: %s"):format(arguments.id, message), code
    end
    return true
  end,
}
