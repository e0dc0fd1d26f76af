--- `datamaestro head ID[.field][[first:last]]`
local console = require "datamaestro.api.console"

local ROWS = 10
local WIDTH = 80 -- columns, where standard output is no terminal

-- The first rows of the slice, or of all.
local function first_rows(slice, count)
  local first = slice and slice.first or 1
  local last = first + count - 1
  local lenient = not slice or not slice.last or slice.last > last
  return { first = first, last = math.min(last, slice and slice.last or last), lenient = lenient,
    single = slice and slice.single }
end

local function print_lines(lines)
  local output = require "datamaestro.cli.output"
  for _, line in ipairs(lines) do
    output.write(line .. "\n")
  end
  return true
end

-- Prints the first rows for people.
local function show_rows(picked, count)
  local found = require "datamaestro.cli.content".of(picked)
  local lines, message, code = found.preview(count or ROWS, picked.slice, console.size(1) or WIDTH)
  if not lines then
    return nil, message, code
  end
  return print_lines(lines)
end

return {
  show_rows = show_rows,
  summary = "Show the first rows of a dataset's part.",
  words = { "selector" },
  transfers = true,
  configure = function(parser)
    parser:argument("selector",
      "ID, ID.train.labels, 'ID.train.labels[101:]': rows count from 1."):argname "ID"
    parser:option("-n --rows", "How many (default 10)."):argname "ROWS":convert(function(text)
      local rows = math.tointeger(tonumber(text))
      if not rows or rows < 0 then
        return nil, ("--rows: '%s' (number of rows expected)"):format(text)
      end
      return rows
    end)
    parser:option("-f --format", "As of `cat`, for other programs (default: for people).")
      :choices({ "jsonl", "csv", "npy", "raw", "text", "tree" }):argname "FORMAT"
    parser:flag("--strings", "As of `cat`.")
  end,
  run = function(session, arguments)
    local content = require "datamaestro.cli.content"
    local picked, message, code = require "datamaestro.cli.pick".open(session, arguments.selector)
    if not picked then
      return nil, message, code
    end
    local found = content.of(picked)
    local count = arguments.rows or ROWS
    local format = arguments.format
    if format then
      format, message, code = content.format(picked, found, format)
      if not format then
        return nil, message, code
      end
    end
    session:finish()
    require "datamaestro.cli.output".start()
    if format then
      return found.write(format, first_rows(picked.slice, count), { strings = arguments.strings })
    end
    return show_rows(picked, count)
  end,
}
