--- `datamaestro plot ID[.FIELD]`
local output = require "datamaestro.cli.output"
local pick = require "datamaestro.cli.pick"

local function print_json(session, chart, label)
  local json = require "datamaestro.json"
  local bars = json.array {}
  for i, bar in ipairs(chart.bars) do
    bars[i] = json.object()
    json.set(bars[i], "label", bar.label)
    if bar.low then
      json.set(bars[i], "low", bar.low)
      json.set(bars[i], "high", bar.high)
    end
    json.set(bars[i], "count", bar.count)
  end
  local object = json.object()
  json.set(object, "id", label)
  json.set(object, "total", chart.total)
  json.set(object, "left_out", chart.left_out)
  json.set(object, "bars", bars)
  session:print_json(object)
end

local function options_of(arguments)
  return { bins = arguments.bins, column = arguments.column, png = arguments.png, svg = arguments.svg,
    title = arguments.column and ("%s: %s"):format(arguments.id, arguments.column) or arguments.id }
end

return {
  summary = "Plot how often the numbers or words of a dataset occur.",
  transfers = true,
  configure = function(parser)
    local function number(value)
      return math.tointeger(tonumber(value)), ("'%s' (whole number expected)"):format(value)
    end
    parser:argument("id",
      "The dataset's id, with a field as its JSON has it: ID.train.labels."):argname "ID[.FIELD]"
    parser:option("--column", "Of a table: the column's name, or its number from 1."):argname "NAME"
    parser:option("--bins", "How many bars, about (default 20)."):convert(number):argname "N"
    parser:option("--png", "Write a PNG file instead; - is standard output."):argname "FILE"
    parser:option("--svg", "Write an SVG file instead; - is standard output."):argname "FILE"
  end,
  run = function(session, arguments)
    local picked, message, code = pick.open(session, arguments.id)
    if not picked then
      return nil, message, code
    elseif picked.slice then
      return nil, ("%s: rows (all of %s expected)"):format(arguments.id, picked.label), "usage"
    end
    local plot = require "datamaestro.cli.plot"
    session:progress():clear()
    output.start()
    local done
    if session.json then
      done, message, code = plot.chart(picked.value, options_of(arguments))
      if done then
        print_json(session, done, picked.label)
      end
    else
      done, message, code = plot.plot(picked.value, options_of(arguments), output.write)
    end
    if not done then
      return nil, ("%s: %s"):format(arguments.id, message), code
    end
    return true
  end,
}
