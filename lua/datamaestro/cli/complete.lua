--- Completion: what may follow the text before the cursor. Looks things up, calls nothing of the user's.
local complete_options = require "datamaestro.cli.complete_options"
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local help_tensor = require "datamaestro.cli.help_tensor"
local objects = require "datamaestro.data.objects"
local tensors = require "datamaestro.api.tensor"

local complete = {}

local LISTED = 200 -- candidates

local KEYWORDS = {}
for word in ("and break do else elseif end false for function goto if in local nil not or repeat return then "
  .. "true until while"):gmatch "%a+" do
  KEYWORDS[#KEYWORDS + 1] = word
end

-- --- What a value has ----------------------------------------------------------------------------

local function add_keys(found, value)
  for key in next, value do
    if type(key) == "string" and key:find "^[%a_][%w_]*$" then
      found[key] = value[key] == nil or type(value[key])
    end
  end
end

local function add_object(found, object)
  for name, value in objects.pairs(object) do
    found[name] = type(value)
  end
  for name in next, objects.records[objects.type_of(object)].methods do
    found[name] = "function"
  end
end

--- What a value has, along `__index` as far as it is tables.
-- @param value any
-- @return table: names of fields and methods → type of each
function complete.members(value)
  local found = {}
  if tensors.is_tensor(value) then
    for name in pairs(help_tensor.methods) do
      found[name] = "function"
    end
  elseif objects.type_of(value) then
    add_object(found, value)
  else
    local seen = 0
    while type(value) == "table" or type(value) == "string" or type(value) == "userdata" do
      if type(value) == "table" then
        add_keys(found, value)
      end
      local metatable = debug.getmetatable(value)
      value = type(metatable) == "table" and rawget(metatable, "__index") or nil
      seen = seen + 1
      if seen > 16 then
        break
      end
    end
  end
  return found
end

--- value[key] where that calls nothing of the user's.
-- @param value any
-- @param key any
-- @return any | nil
function complete.index(value, key)
  if tensors.is_tensor(value) then
    local ok, part = pcall(function()
      return value[key]
    end)
    return ok and part or nil
  end
  local depth = 0
  while type(value) == "table" and depth < 16 do
    local own = rawget(value, key)
    local metatable = own == nil and debug.getmetatable(value)
    if own ~= nil then
      return own
    end
    value = type(metatable) == "table" and rawget(metatable, "__index") or nil
    depth = depth + 1
  end
end

-- --- The text before the cursor -------------------------------------------------------------------

-- The position after the quote of a string that is open at the end of the text; nil outside strings, false in
-- a comment.
local function open_string(text)
  local position, quote_at, quote = 1, nil, nil
  while position <= #text do
    local byte = text:sub(position, position)
    if quote and byte == "\\" then
      position = position + 1
    elseif quote and byte == quote then
      quote, quote_at = nil, nil
    elseif not quote and (byte == '"' or byte == "'") then
      quote, quote_at = byte, position + 1
    elseif not quote and text:sub(position, position + 1) == "--" then
      local next_line = text:find("\n", position, true)
      if not next_line then
        return false
      end
      position = next_line
    end
    position = position + 1
  end
  return quote_at
end

-- The start of the chain of names and indices that the text ends in: `ds.train[1]`.
local function chain_start(text)
  local start = #text + 1
  while true do
    local at = text:sub(1, start - 1):find "[%a_][%w_]*$"
      or text:sub(1, start - 1):find "%[%d+%]$" or text:sub(1, start - 1):find '%["[^"\\%]]*"%]$'
    if not at then
      return start
    end
    start = at
    local before = text:sub(start - 1, start - 1)
    if text:sub(start, start) ~= "[" then
      if before ~= "." or text:sub(start - 2, start - 1) == ".." then
        return start
      end
      start = start - 1
    end
  end
end

-- The value of such a chain | nil.
local function value_of(chain, globals)
  local name, rest = chain:match "^([%a_][%w_]*)(.*)$"
  local value = name and complete.index(globals, name)
  while rest and rest ~= "" and value ~= nil do
    local key, after = rest:match "^%.([%a_][%w_]*)(.*)$"
    if not key then
      key, after = rest:match '^%["(.-)"%](.*)$'
    end
    if not key then
      key, after = rest:match "^%[(%d+)%](.*)$"
      key = math.tointeger(tonumber(key))
    end
    value, rest = key and complete.index(value, key), after
  end
  return value
end

-- --- Candidates ------------------------------------------------------------------------------------

local function beginning_with(names, prefix)
  local found = {}
  for _, name in ipairs(names) do
    if name:sub(1, #prefix) == prefix and (name:sub(1, 1) ~= "_" or prefix ~= "") then
      found[#found + 1] = name
    end
  end
  return found
end

local function member_candidates(value, prefix, methods_only)
  local names = {}
  for name, kind in pairs(complete.members(value)) do
    if not methods_only or kind == "function" then
      names[#names + 1] = name
    end
  end
  return beginning_with(names, prefix)
end

local function global_candidates(globals, prefix)
  local names = table.move(KEYWORDS, 1, #KEYWORDS, 1, {})
  for name in pairs(complete.members(globals)) do
    names[#names + 1] = name
  end
  return beginning_with(names, prefix)
end

-- Files whose names begin as the path does; folders end in a slash.
local function path_candidates(prefix)
  local folder, name = prefix:match "^(.*/)([^/]*)$"
  folder, name = folder or "", name or prefix
  local absolute = config.absolute(folder ~= "" and folder or ".")
  local found = {}
  for _, entry in ipairs(absolute and file.list(absolute) or {}) do
    if entry:sub(1, #name) == name and (entry:sub(1, 1) ~= "." or name:sub(1, 1) == ".")
      and not entry:find '[%c"\\]' then
      local about = file.stat(absolute .. "/" .. entry)
      found[#found + 1] = entry .. (about and about.type == "folder" and "/" or "")
    end
  end
  return found, #folder
end

local function string_candidates(prefix, ids)
  local skip = #(prefix:match "^%l+:" or "")
  if not prefix:find "^[~./]" and not prefix:find("/", 1, true) then
    local found = beginning_with(ids(prefix:sub(skip + 1)), prefix:sub(skip + 1))
    if #found > 0 then
      return found, skip
    end
  end
  return path_candidates(prefix)
end

-- The value of the chain that a text ends in.
local function value_before(head, globals)
  return value_of(head:sub(chain_start(head)), globals)
end

-- The names of options, where the text ends where one may stand | nil.
local function options_at(text, globals)
  return complete_options.names(text, function(head)
    return value_before(head, globals)
  end)
end

--- Finds what may stand where the text ends: inside a string, ids of datasets or paths; else names.
-- @param text string: the line up to the cursor
-- @param globals table: where names are looked up
-- @param ids function(prefix) → array of strings: the ids of all datasets, or selectors that begin so
-- @return integer: the byte, from 1, where the candidates begin
-- @return array of strings, sorted
function complete.candidates(text, globals, ids)
  local found, start
  local quoted = open_string(text)
  if quoted == false then
    return #text + 1, {}
  elseif quoted and text:sub(quoted - 2, quoted - 2) == "[" then -- ds["tr
    start = quoted
    found = member_candidates(value_before(text:sub(1, quoted - 3), globals), text:sub(quoted), false)
  elseif quoted then
    local skip
    found, skip = string_candidates(text:sub(quoted), ids)
    start = quoted + skip
  else
    local prefix = text:match "[%a_][%w_]*$" or ""
    start = #text - #prefix + 1
    local mark = text:sub(start - 1, start - 1)
    local options = options_at(text:sub(1, start - 1), globals)
    if options then
      found = beginning_with(options, prefix)
    elseif (mark == "." or mark == ":") and text:sub(start - 2, start - 1) ~= ".." then
      found = member_candidates(value_before(text:sub(1, start - 2), globals), prefix, mark == ":")
    else
      found = text:find "%d%a*$" and prefix == "" and {} or global_candidates(globals, prefix)
    end
  end
  table.sort(found)
  return start, found
end

-- What all begin with, not ending within a character.
local function common(names)
  local first, last = names[1], names[#names]
  local length = 0
  while length < #first and first:byte(length + 1) == last:byte(length + 1) do
    length = length + 1
  end
  while length > 0 and length < #first and (first:byte(length + 1) & 0xC0) == 0x80 do
    length = length - 1
  end
  return first:sub(1, length)
end

--- Makes the function that TAB calls.
-- @param globals table
-- @param ids function(prefix) → array of strings: as of complete.candidates
-- @return function(text) → start, replacement|nil, candidates: as datamaestro.api.readline's read takes it
function complete.completer(globals, ids)
  return function(text)
    if not text:find "%S$" and not text:find "[\"'][^\"']*$" and not options_at(text, globals) then
      return #text + 1, "  ", {}
    end
    local start, found = complete.candidates(text, globals, ids)
    if #found == 0 then
      return start, nil, found
    end
    return start, common(found), table.move(found, 1, math.min(#found, LISTED), 1, {})
  end
end

return complete
