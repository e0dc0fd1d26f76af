--- Completion in tables of options and of fields: `show(x, {n`, `loader(ds, { normalize = { m`, `csv.Matrix {
-- p`.
local types = require "datamaestro.data.types"

local complete_options = {}

local CSV = { "delimiter", "ignore", "names_row", "types", "columns", "encoding" }
local NUMBERS = { "delimiter", "ignore", "names_row", "size_row", "target", "columns", "encoding" }

-- What the functions with options take, by the last of their names: arrays of names, or schemas. They are
-- found when they are asked for, since pictures and loaders take time to load.
local TAKEN = {
  show = function() return require "datamaestro.cli.picture".options end,
  plot = function() return require "datamaestro.cli.plot".options end,
  loader = function() return require "datamaestro.data.loader".options end,
  rows = function() return CSV end,
  open = function() return CSV end,
  survey = function() return CSV end,
  matrix = function() return NUMBERS end,
  batches = function() return NUMBERS end,
}

local CLOSED_BY = { [")"] = "(", ["}"] = "{", ["]"] = "[" }

-- The places of the brackets that are open at the end of a text, strings left out.
local function open_brackets(text)
  local open, position, quote = {}, 1, nil
  while position <= #text do
    local byte = text:sub(position, position)
    if quote then
      position = byte == "\\" and position + 1 or position
      quote = byte ~= quote and quote or nil
    elseif byte == '"' or byte == "'" then
      quote = byte
    elseif byte:find "[({%[]" then
      open[#open + 1] = position
    elseif CLOSED_BY[byte] and open[1] and text:sub(open[#open], open[#open]) == CLOSED_BY[byte] then
      open[#open] = nil
    end
    position = position + 1
  end
  return open
end

-- What is called with the table that opens at `open[depth]`: the text before the call, and the keys that lead
-- from its argument to the table.
local function call_of(text, open, depth)
  local keys = {}
  for i = depth, 1, -1 do
    local before = text:sub(1, open[i] - 1)
    local key = before:match "[{,]%s*([%a_][%w_]*)%s*=%s*$"
    if text:sub(open[i], open[i]) == "(" then
      return before:gsub("%s+$", ""), keys
    elseif key then
      table.insert(keys, 1, key)
    elseif before:find "[%w_]%s*$" then
      return before:gsub("%s+$", ""), keys
    end
  end
end

local function names_in(fields, keys)
  for _, key in ipairs(keys) do
    local below
    for _, field in ipairs(fields) do
      below = type(field) == "table" and field.name == key and field.fields or below
    end
    if not below then
      return nil
    end
    fields = below
  end
  local names = {}
  for i, field in ipairs(fields) do
    names[i] = type(field) == "table" and field.name or field
  end
  return names
end

--- The names that may stand where a text ends, if that is the place of a key in a table of options.
-- @param text string: up to where the name begins
-- @param value_of function(text) → any: the value of the chain of names that a text ends in
-- @return array of strings | nil: it is no such place
function complete_options.names(text, value_of)
  local open = open_brackets(text)
  local innermost = open[#open]
  if not innermost or text:sub(innermost, innermost) ~= "{" or not text:find "[{,]%s*$" then
    return nil
  end
  local called, keys = call_of(text, open, #open)
  if not called then
    return nil
  end
  local value, name = value_of(called), called:match "([%a_][%w_]*)$"
  if types.is_type(value) then
    return names_in(types.fields(value), keys)
  elseif type(value) == "function" and TAKEN[name] then
    return names_in(TAKEN[name](), keys)
  end
end

return complete_options
