--- The content of plain fields: strings, numbers, lists of them.
local json = require "datamaestro.json"
local output = require "datamaestro.cli.output"
local text = require "datamaestro.text"

local function lines_of(value, format)
  local encode = format == "jsonl" and json.encode or function(item)
    return type(item) == "string" and item or json.encode(item)
  end
  local lines = {}
  if type(value) == "table" and (#value > 0 or next(value) == nil) then
    for i, item in ipairs(value) do
      lines[i] = encode(require "datamaestro.data.encode"(item))
    end
  else
    lines[1] = encode(require "datamaestro.data.encode"(value))
  end
  return lines
end

local function slice_of(lines, slice, label)
  local first, last = slice and slice.first or 1, slice and slice.last or #lines
  if slice and math.max(first, last) > #lines then
    return nil, ("%s: %d rows (no row %d)"):format(label, #lines, math.max(first, last)), "usage"
  end
  return table.move(lines, first, last, 1, {})
end

--- Makes the content of a plain value.
-- @param value any
-- @param label string
-- @return content
return function(value, label)
  return {
    kind = type(value) == "table" and "a list" or "a plain value", formats = { "text", "jsonl" },
    write = function(format, slice)
      local lines, message, code = slice_of(lines_of(value, format), slice, label)
      if not lines then
        return nil, message, code
      end
      output.write(#lines > 0 and table.concat(lines, "\n") .. "\n" or "")
      return true
    end,
    preview = function(count, slice)
      local lines, message, code = slice_of(lines_of(value, "text"), slice, label)
      if not lines then
        return nil, message, code
      end
      local shown = {}
      for i = 1, math.min(count, #lines) do
        shown[i] = text.printable(lines[i])
      end
      return shown
    end,
    facts = function()
      local facts = json.object()
      json.set(facts, "value", require "datamaestro.data.encode"(value))
      return facts
    end,
  }
end
