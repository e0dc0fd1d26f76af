--- The text of a script that is known to load: its tokens, and the calls in it, with their places.

local lua_source = {}

-- --- Tokens ----------------------------------------------------------------------------------------------

-- Where a long bracket that opens at `at` ends | nil where none does.
local function after_long(text, at)
  local level = text:match("^%[(=*)%[", at)
  if not level then
    return nil
  end
  local _, last = text:find("]" .. level .. "]", at, true)
  return last and last + 1
end

-- Where blanks and comments end that begin at `at`.
local function after_blanks(text, at)
  while true do
    local following = text:match("^%s+()", at)
    if not following and text:find("^%-%-", at) then
      following = after_long(text, at + 2) or text:match("^[^\n]*()", at)
    end
    if not following then
      return at
    end
    at = following
  end
end

local function after_string(text, at)
  local quote = text:sub(at, at)
  at = at + 1
  while at <= #text do
    local character = text:sub(at, at)
    if character == quote then
      return at + 1
    end
    at = at + (character == "\\" and 2 or 1)
  end
  return at
end

local function after_number(text, at)
  local last = text:match("^0[xX][%x.]*()", at)
  if last then
    return text:match("^[pP][+-]?%d+()", last) or last
  end
  last = text:match("^%d*%.?%d*()", at)
  return text:match("^[eE][+-]?%d+()", last) or last
end

-- The kind of the token at `at`, and where it ends.
local function token_at(text, at)
  local last = text:match("^[%a_][%w_]*()", at)
  if last then
    return "name", last
  elseif text:find("^[\"']", at) then
    return "string", after_string(text, at)
  elseif text:find("^%[=*%[", at) then
    return "string", after_long(text, at) or #text + 1
  elseif text:find("^%.?%d", at) then
    return "number", after_number(text, at)
  end
  local is_double = text:find("^[=~<>]=", at) or text:find("^([/<>:])%1", at)
  return "symbol", text:match("^%.%.%.?()", at) or at + (is_double and 2 or 1)
end

--- The tokens of a script.
-- @param text string
-- @return array of { kind ("name", "string", "number" or "symbol"), text, first, last (bytes), line }
function lua_source.tokens(text)
  local tokens, line, counted = {}, 1, 1
  local at = text:match "^\239\187\191()" or 1
  at = after_blanks(text, text:match("^#[^\n]*()", at) or at)
  while at <= #text do
    local kind, following = token_at(text, at)
    local _, breaks = text:sub(counted, at - 1):gsub("\n", "")
    line, counted = line + breaks, at
    tokens[#tokens + 1] = { kind = kind, text = text:sub(at, following - 1), first = at, last = following - 1,
      line = line }
    at = after_blanks(text, following)
  end
  return tokens
end

--- The value of a literal.
-- @param token token
-- @return string or number | nil: of what is none
function lua_source.value(token)
  if token.kind ~= "string" and token.kind ~= "number" then
    return nil
  end
  local chunk = load("return " .. token.text, "=literal", "t", {})
  return chunk and chunk()
end

-- --- Brackets --------------------------------------------------------------------------------------------

local OPEN = { ["("] = true, ["{"] = true, ["["] = true }
local CLOSE = { [")"] = true, ["}"] = true, ["]"] = true }
local BEGIN = { ["function"] = true, ["if"] = true, ["do"] = true, ["repeat"] = true }
local END = { ["end"] = true, ["until"] = true }

local function is_symbol(token, text)
  return token ~= nil and token.kind == "symbol" and token.text == text
end

-- What opens (1) or closes (-1): brackets, and blocks, in which commas are not the call's.
local function step_of(token)
  if token.kind == "symbol" then
    return OPEN[token.text] and 1 or CLOSE[token.text] and -1 or 0
  elseif token.kind == "name" then
    return BEGIN[token.text] and 1 or END[token.text] and -1 or 0
  end
  return 0
end

--- What stands between two brackets, divided at its commas (in tables, semicolons too).
-- @param tokens array of tokens
-- @param open integer: index of the bracket that opens
-- @return array of { first, last (indices of tokens), separator (index, or nil) }; integer: the index of the
--   bracket that closes | nil
function lua_source.parts(tokens, open)
  local parts, depth, first = {}, 0, open + 1
  for i = open, #tokens do
    local token = tokens[i]
    depth = depth + step_of(token)
    local ends = depth == 0 and i > open
    local divides = depth == 1 and i > open and (is_symbol(token, ",") or is_symbol(token, ";"))
    if (ends or divides) and i > first then
      parts[#parts + 1] = { first = first, last = i - 1, separator = divides and i or nil }
    end
    if divides then
      first = i + 1
    elseif ends then
      return parts, i
    end
  end
end

-- Whether a token is where a function or a loop is written.
local function is_repeated(tokens, index)
  local open = {}
  for i = 1, index do
    local token = tokens[i]
    if token.kind == "name" and BEGIN[token.text] then
      open[#open + 1] = token.text
    elseif token.kind == "name" and END[token.text] then
      open[#open] = nil
    end
  end
  for _, word in ipairs(open) do
    if word ~= "if" then
      return true
    end
  end
  return false
end

--- The calls `NAME(…)` in a line.
-- @param tokens array of tokens
-- @param name string
-- @param line integer
-- @return array of { index (of the name), parts (arguments, as of parts), close (index of the bracket),
--   is_repeated (boolean: in a function or a loop) }
function lua_source.calls(tokens, name, line)
  local calls = {}
  for i, token in ipairs(tokens) do
    local is_call = token.kind == "name" and token.text == name and token.line == line
      and is_symbol(tokens[i + 1], "(") and not is_symbol(tokens[i - 1], ".")
      and not is_symbol(tokens[i - 1], ":")
    local parts, close
    if is_call then
      parts, close = lua_source.parts(tokens, i + 1)
    end
    if parts then
      calls[#calls + 1] = { index = i, parts = parts, close = close, is_repeated = is_repeated(tokens, i) }
    end
  end
  return calls
end

-- --- Tables ----------------------------------------------------------------------------------------------

--- Reads a table that is written out.
-- @param tokens array of tokens
-- @param part table: { first, last } of parts
-- @return table: open, close (indices of the braces), entries (array of { name (nil where it has none),
--   first, last (indices, of its value), separator }), by_name | nil: where it is no such table, or has
--   computed keys
function lua_source.table_of(tokens, part)
  if not is_symbol(tokens[part.first], "{") then
    return nil
  end
  local parts, close = lua_source.parts(tokens, part.first)
  if close ~= part.last then
    return nil
  end
  local found = { open = part.first, close = close, entries = {}, by_name = {} }
  for i, entry in ipairs(parts) do
    local key, value = tokens[entry.first], entry.first
    local name
    if key.kind == "name" and is_symbol(tokens[entry.first + 1], "=") then
      name, value = key.text, entry.first + 2
    elseif is_symbol(key, "[") then
      name = lua_source.value(tokens[entry.first + 1])
      if type(name) ~= "string" or not is_symbol(tokens[entry.first + 2], "]") then
        return nil
      end
      value = entry.first + 4
    end
    found.entries[i] = { name = name, first = value, last = entry.last, separator = entry.separator }
    found.by_name[name or i] = found.entries[i]
  end
  return found
end

return lua_source
