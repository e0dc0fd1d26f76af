--- `datamaestro cat ID[.field][[first:last]]`
return {
  summary = "Write the content of a dataset's part on standard output.",
  words = { "selector" },
  transfers = true,
  configure = function(parser)
    parser:argument("selector",
      "ID, ID.train.labels, 'ID.train.labels[1:100]': rows count from 1, the last one "
      .. "is included."):argname "ID"
    parser:option("-f --format",
      "jsonl, csv, npy, raw (bytes as they are) or text (default: what the part is).")
      :choices({ "jsonl", "csv", "npy", "raw", "text", "tree" }):argname "FORMAT"
    parser:flag("--strings", "In jsonl of a CSV file, leave numbers the strings that they are there.")
  end,
  run = function(session, arguments)
    local content = require "datamaestro.cli.content"
    local picked, message, code = require "datamaestro.cli.pick".open(session, arguments.selector)
    if not picked then
      return nil, message, code
    end
    local found = content.of(picked)
    local format
    format, message, code = content.format(picked, found, arguments.format)
    if not format then
      return nil, message, code
    end
    session:finish() -- the display of progress is gone before data come
    require "datamaestro.cli.output".start()
    return found.write(format, picked.slice, { strings = arguments.strings })
  end,
}
