--- The content of text files: lines are the rows.
local json = require "datamaestro.json"
local output = require "datamaestro.cli.output"
local stream = require "datamaestro.cli.content.stream"
local text = require "datamaestro.text"

local FORMS = { text = "raw", jsonl = "jsonl", csv = "csv" }

local function open(object)
  return require "datamaestro.data.text".open(object.path, object.encoding)
end

local function write(object, label, format, slice)
  if format == "raw" then
    if slice then
      return stream.no_slice(label)
    end
    return stream.bytes(object, label)
  end
  local reader <close>, message, code = open(object)
  if not reader then
    return nil, message, code
  end
  return stream.copy(label, reader, slice, function(count)
    return reader:text(FORMS[format], count)
  end, output.write)
end

local function preview(object, label, count, slice)
  local reader <close>, message, code = open(object)
  if not reader then
    return nil, message, code
  end
  local first = slice and slice.first or 1
  local last = math.min(first + count - 1, slice and slice.last or math.maxinteger)
  local lines = {}
  local done, problem, kind = stream.copy(label, reader, { first = first, last = last, lenient = true },
    function(left)
    return reader:text("raw", left)
  end, function(bytes)
    for line in bytes:gmatch "([^\n]*)\n" do
      lines[#lines + 1] = text.printable(line)
    end
  end)
  if not done then
    return nil, problem, kind
  end
  return lines
end

local function describe(object)
  local reader <close>, message, code = open(object)
  if not reader then
    return nil, message, code
  end
  local rows, empty, longest = 0, 0, 0
  while true do
    local line, problem, kind = reader:line()
    if problem then
      return nil, problem, kind
    elseif not line then
      break
    end
    rows = rows + 1
    empty = empty + (line == "" and 1 or 0)
    longest = math.max(longest, utf8.len(line, 1, -1, true) or #line)
  end
  local facts = json.object()
  json.set(facts, "encoding", object.encoding)
  json.set(facts, "lines", rows)
  json.set(facts, "empty", empty)
  json.set(facts, "longest", longest)
  return facts
end

--- Makes the content of a text file's object.
-- @param object object
-- @param label string
-- @return content
return function(object, label)
  return {
    kind = "Text", formats = { "text", "jsonl", "csv", "raw" },
    write = function(format, slice)
      return write(object, label, format, slice)
    end,
    preview = function(count, slice)
      return preview(object, label, count, slice)
    end,
    facts = function()
      return describe(object)
    end,
  }
end
