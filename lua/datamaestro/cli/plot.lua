--- `plot`: histograms in the terminal, or as a PNG or SVG file.
local draw = require "datamaestro.cli.plot_draw"
local picture = require "datamaestro.cli.picture"
local plot_source = require "datamaestro.cli.plot_source"
local schema = require "datamaestro.schema"
local terminals = require "datamaestro.cli.picture_terminal"

local plot = {}

local function column_problem(value)
  if type(value) ~= "string" and math.type(value) ~= "integer" then
    return ("%s (name or number of a column expected)"):format(type(value))
  end
end

plot.options = {
  { name = "bins", type = "integer", minimum = 1,
    doc = "How many bars, about (default 20; whole numbers of a range "
      .. "up to 64: one each)." },
  { name = "column", type = "any", check = column_problem,
    doc = "Of a table: the column's name, or its number from 1." },
  { name = "classes", type = "table", doc = "Names of whole numbers." },
  { name = "title", type = "string", doc = "What stands above." },
  { name = "png", type = "path", check = picture.file_check "png",
    doc = "File to write instead; - is standard output." },
  { name = "svg", type = "path", check = picture.file_check "svg",
    doc = "File to write instead; - is standard output." },
}

--- Counts what there is to plot.
-- @param value any: as of plot_source.of
-- @param options table|nil: as plot.options says
-- @return table: the chart | nil, message, code
function plot.chart(value, options)
  local checked, problem = schema.check(plot.options, options or {}, "plot")
  if not checked then
    return nil, problem, "usage"
  elseif checked.bins and checked.bins > 1000 then
    return nil, ("plot.bins: %d (1000 at most expected)"):format(checked.bins), "usage"
  end
  local chart, message, code = plot_source.of(value, checked)
  if not chart then
    return nil, message, code
  end
  chart.title = checked.title or chart.title
  return chart
end

-- One file, or both where both are asked for.
local function write_files(chart, options, write)
  local done, message, code = true, nil, nil
  if options.png then
    local canvas <close> = draw.canvas(chart)
    done, message, code = picture.write_png(options.png, canvas, write)
  end
  if done and options.svg then
    done, message, code = picture.write_file(options.svg, draw.svg(chart), write)
  end
  return done, message, code
end

--- Plots a histogram.
-- @param value any: as of plot_source.of
-- @param options table|nil: as plot.options says
-- @param write function(string): where a chart for the terminal goes
-- @return true | nil, message, code
function plot.plot(value, options, write)
  local chart, message, code = plot.chart(value, options)
  if not chart then
    return nil, message, code
  elseif options and (options.png or options.svg) then
    return write_files(chart, options, write)
  end
  local file = require "datamaestro.api.file"
  local medium = terminals.describe "plain" -- characters, and so no question to the terminal
  medium.colours = file.isatty(1) and terminals.colours() or "none"
  write(require "datamaestro.cli.plot_text".draw(chart, medium))
  return true
end

return plot
