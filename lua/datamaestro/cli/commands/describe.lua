--- `datamaestro describe ID[.field]`
local content = require "datamaestro.cli.content"
local console = require "datamaestro.api.console"
local fields = require "datamaestro.cli.content.fields"
local grid = require "datamaestro.cli.grid"
local json = require "datamaestro.json"
local text = require "datamaestro.text"
local types = require "datamaestro.data.types"

local WIDTH = 80
local CLASSES = 20 -- shown
local DEPTH = 32 -- objects in objects

local function number(value)
  if value == nil or value == json.null then
    return ""
  elseif math.type(value) == "float" then
    return ("%.6g"):format(value)
  end
  return tostring(value)
end

local function counted(value, exact)
  return (exact == false and "about " or "") .. number(value)
end

local function add_classes(lines, classes, total, width)
  local rows = {}
  for i = 1, math.min(#classes, CLASSES) do
    local class = classes[i].values
    rows[i] = { "", text.line(number(class.value)), number(class.count),
      ("%.1f %%"):format(100 * class.count / total) }
  end
  for _, line in ipairs(grid.lines(rows, {}, width)) do
    lines[#lines + 1] = "  " .. line
  end
  if #classes > CLASSES then
    lines[#lines + 1] = ("    … %d more (--json has all)"):format(#classes - CLASSES)
  end
end

local function add_columns(lines, columns, width)
  local rows = {}
  for i, column in ipairs(columns) do
    local facts = column.values
    local name = facts.name ~= json.null and facts.name or tostring(i)
    rows[i] = { name, facts.type, number(facts.min), number(facts.max), number(facts.mean),
      number(facts.missing),
      counted(facts.distinct, facts.distinct_exact) }
  end
  local head = { "column", "type", "min", "max", "mean", "missing", "distinct" }
  for _, line in ipairs(grid.lines(rows, head, width - 2)) do
    lines[#lines + 1] = "  " .. line
  end
end

local function shown(name, value, facts)
  if name == "shape" then
    return table.concat(value, " × ")
  elseif name == "bytes" then
    return value < 1000 and tostring(value) or ("%d (%s)"):format(value, text.size(value))
  elseif name == "distinct" then
    return counted(value, facts.distinct_exact)
  elseif type(value) == "table" and value ~= json.null then
    return tostring(#value)
  end
  return text.line(number(value))
end

local function lines_of(part, width)
  local lines = { text.line(("%s  %s"):format(part.label, part.kind)) }
  local facts = part.facts
  if facts.values.fields then
    return table.move(fields.lines(facts.values.fields, width), 1, #facts.values.fields, 2, lines)
  end
  for _, name in ipairs(facts.keys) do
    if name ~= "distinct_exact" and name ~= "id" and name ~= "kind" then
      lines[#lines + 1] = ("  %-9s %s"):format(name, shown(name, facts.values[name], facts.values))
    end
  end
  if facts.values.classes then
    add_classes(lines, facts.values.classes, facts.values.count, width)
  elseif facts.values.columns then
    add_columns(lines, facts.values.columns, width)
  end
  return lines
end

-- The parts with something to describe, each { label, value }: the value itself, or what it holds.
local function collect(value, label, parts, depth)
  local found = content.of { value = value, label = label }
  if found.facts and (types.type_of(value) or depth == 0) then
    parts[#parts + 1] = { label = label, content = found }
  elseif types.type_of(value) and depth < DEPTH then
    local facts = fields.of(value)
    parts[#parts + 1] = facts and { label = label, content = { kind = found.kind, facts = function()
      return facts
    end } }
    for name, item in types.pairs(value) do
      local list = type(item) == "table" and not types.type_of(item) and item or nil
      for i, one in ipairs(list or {}) do
        if types.type_of(one) then
          collect(one, ("%s.%s.%d"):format(label, name, i - 1), parts, depth + 1)
        end
      end
      if types.type_of(item) then
        collect(item, label .. "." .. name, parts, depth + 1)
      end
    end
  end
  return parts
end

local function as_json(part)
  local object = json.object()
  json.set(object, "id", part.label)
  json.set(object, "kind", part.kind)
  for _, name in ipairs(part.facts.keys) do
    json.set(object, name, part.facts.values[name])
  end
  return object
end

local function describe_all(session, picked)
  local output = require "datamaestro.cli.output"
  local width = console.size(1) or WIDTH
  local parts = collect(picked.value, picked.label, {}, 0)
  local list = json.array {}
  for i, part in ipairs(parts) do
    local facts, message, code = part.content.facts()
    if not facts then
      return nil, message, code
    end
    part.facts, part.kind = facts, part.content.kind
    if session.json then
      list[i] = as_json(part)
    else
      output.write((i > 1 and "\n" or "") .. table.concat(lines_of(part, width), "\n") .. "\n")
    end
  end
  if #parts == 0 and not session.json then
    output.write(text.line(("%s  %s: nothing to describe (no field of it is set)"):format(picked.label,
      types.type_of(picked.value).name)) .. "\n")
  end
  if session.json then
    local only = #list == 1 and list[1].values.id == picked.label
    output.write(json.encode(only and list[1] or list, "  ") .. "\n")
  end
  return true
end

return {
  describe = describe_all,
  summary = "Say what a dataset's part holds: shape, type, range, classes; columns of tables.",
  words = { "selector" },
  transfers = true,
  configure = function(parser)
    parser:argument("selector", "ID, or ID.train.labels."):argname "ID"
  end,
  run = function(session, arguments)
    local picked, message, code = require "datamaestro.cli.pick".open(session, arguments.selector)
    if not picked then
      return nil, message, code
    elseif picked.slice then
      return nil, ("%s: a slice (describe takes a part as a whole)"):format(arguments.selector), "usage"
    end
    session:finish()
    require "datamaestro.cli.output".start()
    return describe_all(session, picked)
  end,
}
