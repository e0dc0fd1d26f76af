--- Values as the REPL prints them: ordered, bounded, safe for a terminal. Nothing here reads data.
local json = require "datamaestro.json"
local quote = require "datamaestro.cli.quote"
local record = require "datamaestro.record"
local text = require "datamaestro.text"
local tree = require "datamaestro.cli.tree"
local types = require "datamaestro.data.types"

local show = {}

local DEPTH = 4 -- tables in tables
local ITEMS = 40 -- of one table
local LINES = 200 -- of one value
local WIDTH = 78 -- columns; a table that fits stands on one line
local STRING = 2000 -- bytes of a string that is the value itself
local NESTED_STRING = 100 -- bytes of a string in a table

local COLOURS = { string = "32", number = "33", boolean = "33", ["nil"] = "90", type = "36", key = "34",
  dim = "90", error = "31" }

--- Makes the function that paints text.
-- @param coloured boolean
-- @return function(kind, text) → string; kinds: string number boolean nil type key dim error
function show.painter(coloured)
  return function(kind, value)
    local colour = coloured and COLOURS[kind]
    return colour and ("\27[%sm%s\27[0m"):format(colour, value) or value
  end
end

--- Shows a float by the fewest digits that read back as it.
-- @param value float
-- @return string
function show.number(value)
  local shown = tostring(value)
  for digits = 15, 17 do
    if tonumber(shown) == value or value ~= value then
      break
    end
    shown = ("%%.%dg"):format(digits):format(value)
  end
  return shown:find "^%-?%d+$" and shown .. ".0" or shown
end

local function show_function(value)
  local about = debug.getinfo(value, "S")
  if about.what == "C" then
    return "function (built in)"
  end
  return ("function (%s:%d)"):format(about.short_src, about.linedefined)
end

-- Keys in an order that is the same each time: numbers, strings, then what has no order of its own.
local function before(a, b)
  local kind_a, kind_b = type(a), type(b)
  if kind_a ~= kind_b then
    return kind_a == "number" or (kind_b ~= "number" and kind_a < kind_b)
  elseif kind_a == "number" or kind_a == "string" then
    return a < b
  end
  return tostring(a) < tostring(b)
end

-- The keys of a row of JSON lines, in the order of the file.
local function record_keys(value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  return keys, 0, #keys
end

-- The keys to show, and how many there are.
local function keys_of(value)
  if record.is(value) then
    return record_keys(value)
  end
  local keys, count = {}, 0
  local length = rawlen(value)
  for key in next, value do
    count = count + 1
    if not (math.type(key) == "integer" and key >= 1 and key <= length) then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, before)
  return keys, length, count
end

local one

local function show_key(key, state)
  if type(key) == "string" and key:find "^[%a_][%w_]*$" then
    return state.paint("key", key) .. " = "
  end
  return "[" .. one(key, state, DEPTH) .. "] = "
end

-- The items of a table as strings, the last of them "… N more" where there are too many.
local function items_of(value, state, depth)
  local keys, length, count = keys_of(value)
  local items = {}
  for i = 1, math.min(length, ITEMS) do
    items[i] = one(rawget(value, i), state, depth + 1)
  end
  for i = 1, math.min(#keys, ITEMS - #items) do
    items[#items + 1] = show_key(keys[i], state) .. one(rawget(value, keys[i]), state, depth + 1)
  end
  local missing = math.max(count, length + #keys) - #items
  if missing > 0 then
    items[#items + 1] = state.paint("dim", ("… %d more"):format(missing))
  end
  return items
end

local function columns(value)
  local plain = value:gsub("\27%[%d*m", "")
  return utf8.len(plain) or #plain
end

local function show_table(value, state, depth)
  if state.above[value] then
    return state.paint("dim", "{ the table above }")
  elseif next(value) == nil then
    return "{}"
  elseif depth >= DEPTH then
    return state.paint("dim", "{…}")
  end
  state.above[value] = true
  local items = items_of(value, state, depth)
  state.above[value] = nil
  local line = "{ " .. table.concat(items, ", ") .. " }"
  if columns(line) + 2 * depth <= WIDTH and not line:find("\n", 1, true) then
    return line
  end
  local indent = ("  "):rep(depth + 1)
  return "{\n" .. indent .. table.concat(items, ",\n" .. indent) .. "\n" .. ("  "):rep(depth) .. "}"
end

-- What has a text of its own. That text may be any function's, so it is only trusted to be a string.
local function show_object(value, state)
  local ok, result = pcall(tostring, value)
  result = ok and result or ("%s without a text (its __tostring failed)"):format(type(value))
  return (text.printable(quote.cut(result, state.limit)):gsub("\n+$", ""))
end

function one(value, state, depth)
  local kind = type(value)
  if kind == "string" then
    return state.paint("string", quote.string(value, depth == 0 and STRING or NESTED_STRING))
  elseif kind == "function" then
    return state.paint("type", show_function(value))
  elseif kind == "table" then
    local metatable = debug.getmetatable(value)
    if types.type_of(value) and depth == 0 then
      return tree.object(value, state.paint)
    elseif types.type_of(value) then
      return state.paint("type", types.type_of(value).name) .. " { … }"
    elseif types.is_type(value) then
      return state.paint("type", "type " .. value.id)
    elseif tree.is_definition(value) then
      return depth == 0 and tree.definition(value, state.paint) or state.paint("type", tostring(value))
    elseif type(metatable) ~= "table" or rawget(metatable, "__tostring") == nil then
      return show_table(value, state, depth)
    end
  elseif value == json.null then
    return state.paint("nil", "null")
  elseif kind ~= "userdata" and kind ~= "thread" then
    return state.paint(kind, math.type(value) == "float" and show.number(value) or tostring(value))
  end
  return show_object(value, state)
end

local function bounded(result)
  local at, count = 0, 0
  repeat
    at, count = result:find("\n", at + 1, true), count + 1
  until not at or count == LINES
  if not at then
    return result
  end
  local _, missing = result:sub(at + 1):gsub("\n", "")
  return ("%s\n… %d more lines"):format(result:sub(1, at - 1), missing + 1)
end

--- Shows a value: typed objects and definitions as trees, tensors as they show themselves, tables sorted
-- by key (rows of JSON lines as in the file), at most 4 deep and 40 items each, strings quoted and cut, 200
-- lines in all.
-- @param value any
-- @param paint function: of show.painter; default: no colours
-- @return string: one line or several, without a newline at its end
function show.value(value, paint)
  local state = { paint = paint or show.painter(false), above = {}, limit = 64 * 1024 }
  return bounded(one(value, state, 0))
end

return show
