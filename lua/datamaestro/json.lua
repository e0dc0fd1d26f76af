--- JSON, in the order in which things were declared.
-- lua-cjson does the parsing and the strings; order, integers, layout and empty arrays are ours: Debian's
-- lua-cjson 2.1.0 shuffles keys, turns every number into a float, and writes `[]` as `{}`.
local cjson = require "cjson".new()

local json = {}

cjson.decode_invalid_numbers(false) -- NaN, Infinity and 0x10 are not JSON

--- Stands for JSON's null, where a Lua nil would leave no trace.
json.null = cjson.null

-- It is called "null" where it is printed and in messages. All light userdata share this; there is no other.
debug.setmetatable(json.null, { __name = "null", __tostring = function()
  return "null"
end })

local DEPTH_MAXIMUM = 200 -- levels; what is deeper is a cycle or an attack
local EXACT_INTEGERS = 2 ^ 53 -- above it a float has lost its last digits

local record = require "datamaestro.record"

local Object = { __name = "json.object" }
local Array = { __name = "json.array" }

--- Makes an object that keeps the order in which its keys are set.
-- @return table: set fields with json.set(object, key, value)
function json.object()
  return setmetatable({ keys = {}, values = {} }, Object)
end

--- Sets a field of an ordered object; a key set again keeps its place.
-- @param object table: made by json.object()
-- @param key string
-- @param value any JSON value; nil is written as null
function json.set(object, key, value)
  if object.values[key] == nil then
    object.keys[#object.keys + 1] = key
  end
  object.values[key] = value == nil and json.null or value
end

--- Marks a table as an array, so that an empty one is written `[]`.
-- @param list table
-- @return table: the same
function json.array(list)
  return setmetatable(list, Array)
end

local function integers(value)
  if math.type(value) == "float" then
    return value % 1 == 0 and math.abs(value) <= EXACT_INTEGERS and math.tointeger(value) or value
  elseif type(value) == "table" then
    for key, item in pairs(value) do
      value[key] = integers(item)
    end
  end
  return value
end

--- Parses a JSON text. Whole numbers up to 2^53 become Lua integers, null becomes json.null.
-- @param text string
-- @return any | nil, message, "format"
function json.decode(text)
  local ok, value = pcall(cjson.decode, text)
  if not ok then
    return nil, "not JSON: " .. tostring(value), "format"
  end
  return integers(value)
end

--- Parses a JSON text strictly, keeping the order of its keys: objects are records (datamaestro.record).
-- @param text string
-- @param name string: whose text it is, for messages
-- @return any | nil, message ("NAME:LINE:COLUMN: …"), "format"
function json.decode_ordered(text, name)
  return require "datamaestro.api.lines".value(text, name, record.metatable, Array)
end

-- Bytes that are no UTF-8 (file names may hold any) are written as Python's surrogateescape does.
local function escape_invalid(text)
  local out, from = {}, 1
  while true do
    local length, bad = utf8.len(text, from)
    if length then
      break
    end
    out[#out + 1] = text:sub(from, bad - 1)
    out[#out + 1] = ("\\udc%02x"):format(text:byte(bad))
    from = bad + 1
  end
  out[#out + 1] = text:sub(from)
  return table.concat(out)
end

local function encode_string(text)
  local encoded = cjson.encode(text):gsub("\\/", "/")
  return utf8.len(encoded) and encoded or escape_invalid(encoded)
end

local function encode_number(value)
  if math.type(value) == "integer" then
    return ("%d"):format(value)
  elseif value ~= value or value == math.huge or value == -math.huge then
    error("JSON has no number " .. tostring(value), 0)
  end
  for digits = 15, 17 do
    local text = ("%%.%dg"):format(digits):format(value)
    if tonumber(text) == value then
      return text:find("[.e]") and text or text .. ".0"
    end
  end
end

local function sorted_keys(value)
  local keys = {}
  for key in pairs(value) do
    if type(key) ~= "string" then
      error("a JSON object's key: " .. type(key) .. " (string expected)", 0)
    end
    keys[#keys + 1] = key
  end
  table.sort(keys)
  return keys
end

local function ordered_keys(value)
  local keys = {}
  for key in pairs(value) do
    keys[#keys + 1] = key
  end
  return keys
end

local encode

-- Writes the items between the brackets, each on its own line where there is an indent.
local function encode_items(out, items, brackets, indent, depth)
  local newline = indent and "\n" .. indent:rep(depth) or ""
  out[#out + 1] = brackets:sub(1, 1)
  for i, item in ipairs(items) do
    out[#out + 1] = (i > 1 and (indent and "," or ", ") or "") .. newline .. (item.label or "")
    encode(out, item.value, indent, depth + 1)
  end
  out[#out + 1] = (indent and #items > 0 and "\n" .. indent:rep(depth - 1) or "") .. brackets:sub(2, 2)
end

local function encode_object(out, keys, values, indent, depth)
  local items = {}
  for i, key in ipairs(keys) do
    items[i] = { label = encode_string(key) .. ": ", value = values[key] }
  end
  encode_items(out, items, "{}", indent, depth)
end

local function encode_table(out, value, indent, depth)
  local meta = getmetatable(value)
  if meta == Object then
    encode_object(out, value.keys, value.values, indent, depth)
  elseif record.is(value) then
    encode_object(out, ordered_keys(value), value, indent, depth)
  elseif meta == Array or #value > 0 then
    local items = {}
    for i, item in ipairs(value) do
      items[i] = { value = item }
    end
    encode_items(out, items, "[]", indent, depth)
  else
    encode_object(out, sorted_keys(value), value, indent, depth)
  end
end

function encode(out, value, indent, depth)
  local kind = type(value)
  if depth > DEPTH_MAXIMUM then
    error("JSON deeper than " .. DEPTH_MAXIMUM .. " levels (a cycle?)", 0)
  elseif value == json.null or value == nil then
    out[#out + 1] = "null"
  elseif kind == "boolean" then
    out[#out + 1] = tostring(value)
  elseif kind == "number" then
    out[#out + 1] = encode_number(value)
  elseif kind == "string" then
    out[#out + 1] = encode_string(value)
  elseif kind == "table" then
    encode_table(out, value, indent, depth)
  else
    error("JSON has no " .. kind, 0)
  end
end

--- Writes a value as JSON. Objects made by json.object() and rows of JSONL files keep their order, other
-- tables are sorted by key; a table with items 1…n is an array.
-- @param value any of nil, boolean, number, string, table; others raise
-- @param indent string|nil: one level's indentation; nil writes one line
-- @return string
function json.encode(value, indent)
  local out = {}
  encode(out, value, indent, 1)
  return table.concat(out)
end

return json
