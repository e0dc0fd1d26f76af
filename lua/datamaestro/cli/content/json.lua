--- The content of files of JSON lines.
local json = require "datamaestro.json"
local jsonl = require "datamaestro.data.jsonl"
local output = require "datamaestro.cli.output"
local record = require "datamaestro.record"
local stream = require "datamaestro.cli.content.stream"
local text = require "datamaestro.text"
local words = require "datamaestro.cli.progress_text"

local ROWS = 256 -- turned into CSV at once
local COLUMNS = 10000 -- keys that are described

local function plain(value)
  if value == nil or value == json.null then
    return ""
  elseif type(value) == "string" then
    return value
  end
  return json.encode(value)
end

-- The next rows as lines of CSV, in the columns of the first one, which are written first.
local function csv_text(reader, label, state, count)
  local field = require "datamaestro.api.text".field
  local lines, rows = {}, 0
  while rows < math.min(count, ROWS) do
    local row, message, code = reader:row()
    if row == nil and message then
      return nil, message, code, table.concat(lines)
    elseif row == nil then
      break
    elseif not record.is(row) then
      return nil, ("%s: row %d is no object (csv wants objects)"):format(label, state.row + 1), "format",
        table.concat(lines)
    end
    state.row = state.row + 1
    if not state.names then
      state.names, state.known = {}, {}
      for name in pairs(row) do
        state.names[#state.names + 1] = name
        state.known[name] = true
      end
      local head = {}
      for i, name in ipairs(state.names) do
        head[i] = field(name, #state.names == 1)
      end
      lines[1] = table.concat(head, ",") .. "\n"
    end
    for name in pairs(row) do
      if not state.known[name] then
        return nil, ("%s: row %d has a field '%s' (those of the first row expected: csv has the same in all)")
          :format(label, state.row, name), "format", table.concat(lines)
      end
    end
    local fields = {}
    for i, name in ipairs(state.names) do
      fields[i] = field(plain(row[name]), #state.names == 1)
    end
    rows = rows + 1
    lines[#lines + 1] = table.concat(fields, ",") .. "\n"
  end
  return table.concat(lines), rows
end

local function write(object, label, format, slice)
  if format == "raw" then
    if slice then
      return stream.no_slice(label)
    end
    return stream.bytes(object, label)
  end
  local reader <close>, message, code = jsonl.open(object.path)
  if not reader then
    return nil, message, code
  end
  local state = { row = slice and slice.first - 1 or 0 }
  return stream.copy(label, reader, slice, function(count)
    if format == "csv" then
      return csv_text(reader, label, state, count)
    end
    return reader:text(count)
  end, output.write)
end

local function preview(object, label, count, slice, width)
  local reader <close>, message, code = jsonl.open(object.path)
  if not reader then
    return nil, message, code
  end
  local first = slice and slice.first or 1
  local last = math.min(first + count - 1, slice and slice.last or math.maxinteger)
  local lines = {}
  local done, problem, kind = stream.copy(label, reader, { first = first, last = last, lenient = true },
    function(left)
    return reader:text(left)
  end, function(bytes)
    for line in bytes:gmatch "[^\n]+" do
      lines[#lines + 1] = words.cut_end(text.line(line), width)
    end
  end)
  if not done then
    return nil, problem, kind
  end
  return lines
end

local function kind_of(value)
  if type(value) == "table" then
    return record.is(value) and "object" or "array"
  end
  return type(value) == "boolean" and "boolean" or "plain"
end

local function column_of(columns, name)
  local column = columns[name]
  if not column and #columns < COLUMNS then
    column = { name = name, kinds = {}, count = 0, plain = require "datamaestro.api.text".column() }
    columns[name] = column
    columns[#columns + 1] = column
  end
  return column
end

local function add_value(columns, name, value)
  local column = column_of(columns, name)
  if column then
    local kind = kind_of(value)
    column.count = column.count + 1
    column.kinds[kind] = (column.kinds[kind] or 0) + 1
    if kind == "plain" then
      column.plain:add(value)
    elseif kind == "boolean" then
      column.plain:add(tostring(value))
    end
  end
end

local function type_of(column, found)
  local kinds = {}
  for kind in pairs(column.kinds) do
    kinds[#kinds + 1] = kind
  end
  local only = #kinds == 1 and kinds[1]
  if only == "plain" or (only and found.type == "empty" and only ~= "array" and only ~= "object") then
    return found.type
  elseif not only and #kinds == 2 and column.kinds.plain == found.missing then
    return kinds[1] == "plain" and kinds[2] or kinds[1] -- of the same kind, but for nulls
  end
  return only or "mixed"
end

local function describe(object)
  local columns, rows = {}, 0
  for row in object:rows() do
    rows = rows + 1
    if record.is(row) then
      for name, value in pairs(row) do
        add_value(columns, name, value)
      end
    else
      add_value(columns, "", row)
    end
  end
  local facts, list = json.object(), json.array {}
  for i, column in ipairs(columns) do
    local found = column.plain:result()
    list[i] = json.object()
    json.set(list[i], "name", column.name)
    json.set(list[i], "type", type_of(column, found))
    for _, fact in ipairs { "min", "max", "mean" } do
      json.set(list[i], fact, found[fact])
    end
    json.set(list[i], "missing", found.missing + rows - column.count)
    if found.count > 0 then -- arrays and objects are not compared
      json.set(list[i], "distinct", found.distinct)
      json.set(list[i], "distinct_exact", found.exact)
    end
  end
  json.set(facts, "rows", rows)
  json.set(facts, "columns", list)
  return facts
end

--- Makes the content of a JSONL file's object.
-- @param object object
-- @param label string
-- @return content
return function(object, label)
  return {
    kind = "JSONL", formats = { "jsonl", "csv", "raw" },
    write = function(format, slice)
      return write(object, label, format, slice)
    end,
    preview = function(count, slice, width)
      return preview(object, label, count, slice, width)
    end,
    facts = function()
      local ok, facts = pcall(describe, object)
      if not ok and type(facts) == "table" and facts.code then
        return nil, facts.message, facts.code
      end
      return ok and facts or error(facts, 0)
    end,
  }
end
