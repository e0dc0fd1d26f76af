--- Tables as text: a JSON value a line.

local data = require "datamaestro.data"
local failure = require "datamaestro.failure"
local json = require "datamaestro.json"
local record = require "datamaestro.record"
local source = require "datamaestro.data.source"
local types = require "datamaestro.data.types"

local jsonl = {
  null = json.null, -- what null of a file is: prints as null, is true in conditions
}

--- Opens a file of JSON lines to read it value by value.
-- @param path string: "x.jsonl", "x.jsonl.gz", "x.zip!/x.jsonl"
-- @return reader of datamaestro.api.lines | nil, message, code
function jsonl.open(path)
  if type(path) ~= "string" then
    error(("path: %s (string expected)"):format(type(path)), 2)
  end
  local options, message, code = source.options(path)
  if not options then
    return nil, message, code
  end
  return require "datamaestro.api.lines".json(path, options, record.metatable, getmetatable(json.array {}))
end

--- Iterates the values of a file of JSON lines: `for row in jsonl.rows "x.jsonl.gz" do`. Objects are tables
-- whose `pairs` keep the order of the file, null is `null` of datamaestro.json. Reads as it goes, in bounded
-- memory.
-- @param path string: "x.jsonl", "x.jsonl.gz", "x.zip!/x.jsonl"
-- @return iterator of values; raises a table of `message` and `code` where the file cannot be opened or a
--   line is no JSON
function jsonl.rows(path)
  if type(path) ~= "string" then
    error(("path: %s (string expected)"):format(type(path)), 2)
  end
  local reader, message, code = jsonl.open(path)
  if not reader then
    failure.raise(message, code)
  end
  return reader:rows()
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
      return jsonl.rows(self.path)
    end,
  },
})

return jsonl
