--- Text files, line by line, whatever their encoding.

local data = require "datamaestro.data"
local source = require "datamaestro.data.source"
local types = require "datamaestro.data.types"

local text = {}

--- Opens a text file.
-- @param path string
-- @param encoding string: as in datamaestro.api.lines
-- @return reader of datamaestro.api.lines | nil, message, code
function text.open(path, encoding)
  local options, message, code = source.options(path)
  if not options then
    return nil, message, code
  end
  options.encoding = encoding
  return require "datamaestro.api.lines".open(path, options)
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
      local options, message, code = source.options(self.path)
      if not options then
        source.raise(message, code)
      end
      options.encoding = self.encoding
      return require "datamaestro.api.lines".lines(self.path, options)
    end,
  },
})

return text
