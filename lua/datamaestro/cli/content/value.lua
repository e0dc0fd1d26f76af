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

-- The lines of a slice that are there; what is wrong with it, as stream.copy says it | nil.
local function slice_of(lines, slice, label)
  local first, last = slice and slice.first or 1, slice and slice.last or #lines
  local wanted = slice and not slice.lenient and (slice.last or slice.first) or 0
  local problem = wanted > #lines and ("%s: %d rows (no row %d)"):format(label, #lines, wanted) or nil
  return table.move(lines, first, math.min(last, #lines), 1, {}), problem
end

--- Makes the content of a plain value.
-- @param value any
-- @param label string
-- @return content
return function(value, label)
  return {
    kind = type(value) == "table" and "a list" or "a plain value", formats = { "text", "jsonl" },
    write = function(format, slice)
      local lines, problem = slice_of(lines_of(value, format), slice, label)
      output.write(#lines > 0 and table.concat(lines, "\n") .. "\n" or "")
      if problem then
        return nil, problem, "usage"
      end
      return true
    end,
    preview = function(count, slice)
      local lines, problem = slice_of(lines_of(value, "text"), slice, label)
      if problem then
        return nil, problem, "usage"
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
