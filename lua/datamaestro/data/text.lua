--- Text files, line by line, whatever their encoding.

local data = require "datamaestro.data"
local failure = require "datamaestro.failure"
local source = require "datamaestro.data.source"
local types = require "datamaestro.data.types"

local text = {}

-- What the readers of datamaestro.api.lines take of a path | nil, message, code.
local function options_of(path, encoding)
  if type(path) ~= "string" then
    error(("path: %s (string expected)"):format(type(path)), 3)
  end
  local options, message, code = source.options(path)
  if not options then
    return nil, message, code
  end
  options.encoding = encoding or "utf-8"
  return options
end

--- Opens a text file to read it line by line.
-- @param path string: "x.txt", "x.txt.gz", "x.zip!/x.txt"
-- @param encoding string|nil: "utf-8" (default), "latin-1", "utf-16", … (what iconv knows)
-- @return reader of datamaestro.api.lines | nil, message, code
function text.open(path, encoding)
  local options, message, code = options_of(path, encoding)
  if not options then
    return nil, message, code
  end
  return require "datamaestro.api.lines".open(path, options)
end

--- Iterates the lines of a text file, as UTF-8 and without their ends: `for line in text.lines "x.gz" do`.
-- Reads as it goes, in bounded memory.
-- @param path string: "x.txt", "x.txt.gz", "x.zip!/x.txt"
-- @param encoding string|nil: "utf-8" (default), "latin-1", "utf-16", … (what iconv knows)
-- @return iterator of strings; raises a table of `message` and `code` where the file cannot be opened or is
--   no text in its encoding
function text.lines(path, encoding)
  local options, message, code = options_of(path, encoding)
  return require "datamaestro.api.lines".lines(path, options or failure.raise(message, code))
end

text.Text = assert(types.new {
  name = "Text", module = "datamaestro.data.text", parent = data.File,
  doc = "A text file: lines that end with LF or CRLF.",
  fields = {
    { "encoding", "string", default = "utf-8",
      doc = "How characters are written: utf-8 (checked), latin-1, utf-16, … (what iconv knows)." },
  },
  methods = {
    --- Iterates the lines, as UTF-8 and without their ends: `for line in object:lines() do`. Reads as it
    -- goes, in bounded memory.
    -- @return iterator of strings; raises a table of `message` and `code` where the file cannot be opened
    --   or is no text in its encoding
    lines = function(self)
      return text.lines(self.path, self.encoding)
    end,
  },
})

return text
