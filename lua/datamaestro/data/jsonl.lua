--- Tables as text: a JSON value a line.

local data = require "datamaestro.data"
local json = require "datamaestro.json"
local record = require "datamaestro.record"
local source = require "datamaestro.data.source"
local types = require "datamaestro.data.types"

local jsonl = {}

--- Opens a file of JSON lines.
-- @param path string
-- @return reader of datamaestro.api.lines | nil, message, code
function jsonl.open(path)
  local options, message, code = source.options(path)
  if not options then
    return nil, message, code
  end
  return require "datamaestro.api.lines".json(path, options, record.metatable, getmetatable(json.array {}))
end

jsonl.JSONL = assert(types.new {
  name = "JSONL", module = "datamaestro.data.jsonl", parent = data.File,
  doc = "A text file with a JSON value, mostly an object, on each line (JSON Lines, NDJSON), in UTF-8.",
  methods = {
    --- Iterates the values: `for row in object:rows() do`. Objects are tables whose `pairs` keep the order
    -- of the file, null is `null` of datamaestro.json. Reads as it goes, in bounded memory.
    -- @return iterator of values; raises a table of `message` and `code` where the file cannot be opened or a
    --   line is no JSON
    rows = function(self)
      local reader, message, code = jsonl.open(self.path)
      if not reader then
        source.raise(message, code)
      end
      return reader:rows()
    end,
  },
})

return jsonl
