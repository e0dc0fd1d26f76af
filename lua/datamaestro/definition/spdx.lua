--- Licences as SPDX writes them: an identifier such as `CC-BY-4.0`, or an expression of several, such as
-- `MIT OR (GPL-2.0-only WITH Classpath-exception-2.0)`.

local guess = require "datamaestro.guess"
local ids = require "datamaestro.definition.spdx_ids"

local spdx = {}

local MAXIMUM = 500 -- bytes of an expression
local EXPECTED = " (SPDX identifier such as 'CC-BY-4.0', or 'LicenseRef-NAME' for terms of its own, expected)"

local function set_of(...)
  local set = {}
  for _, list in ipairs { ... } do
    for _, name in ipairs(list) do
      set[name] = true
    end
  end
  return set
end

local LICENCES = set_of(ids.licences, ids.deprecated)
local EXCEPTIONS = set_of(ids.exceptions)
local WORDS = { NOASSERTION = true, NONE = true } -- nobody can tell; there is none
local OPERATORS = { AND = true, OR = true, WITH = true }

-- --- Guesses -----------------------------------------------------------------------------------

-- "cc by_4.0 license" → "cc-by-4.0"
local function normal(name)
  local words = {}
  for word in name:lower():gsub("[_%s,-]+", " "):gmatch "%S+" do
    if not word:find "^licen[cs]e$" and word ~= "the" and word ~= "version" then
      words[#words + 1] = word:match "^v(%d.*)$" or word
    end
  end
  return table.concat(words, "-")
end

-- The licence that a page of Creative Commons has.
local function of_page(name)
  local kind, version = name:lower():match "creativecommons%.org/licenses/([%l-]+)/(%d%.%d)"
  if kind then
    return ("cc-%s-%s"):format(kind, version)
  end
  return name:lower():find("creativecommons.org/publicdomain/zero", 1, true) and "cc0-1.0" or nil
end

-- The newest version of a licence that is named without one.
local function newest(wanted)
  local best
  for _, name in ipairs(ids.licences) do
    local version = name:sub(1, #wanted):lower() == wanted and name:sub(#wanted + 1):match "^%-([%d.]+)$"
    if version and (not best or version > best.version) then
      best = { name = name, version = version }
    end
  end
  return best and best.name
end

local function nearest(name)
  local wanted = of_page(name) or normal(name)
  for _, licence in ipairs(ids.licences) do
    if licence:lower() == wanted then
      return licence
    end
  end
  return newest(wanted) or guess.nearest(wanted, ids.licences)
end

local function unknown(name)
  local near = nearest(name)
  return ("'%s': no SPDX licence%s"):format(name:sub(1, 60),
    near and (" (did you mean '%s'?)"):format(near) or EXPECTED)
end

-- --- Expressions -------------------------------------------------------------------------------

local function tokens_of(text)
  local tokens = {}
  for token in text:gsub("[()]", " %0 "):gmatch "%S+" do
    tokens[#tokens + 1] = token
  end
  return tokens
end

local function is_licence(name)
  return LICENCES[name] or LICENCES[name:match "^(.*)%+$" or ""] or name:find "^LicenseRef%-[%w.-]+$"
    or name:find "^DocumentRef%-[%w.-]+:LicenseRef%-[%w.-]+$"
end

local read_all

-- Reads a licence, or what stands in brackets; where it ends | nil, problem.
local function read_one(tokens, i)
  local token = tokens[i]
  if token == "(" then
    local last, problem = read_all(tokens, i + 1)
    if last and tokens[last] ~= ")" then
      return nil, "'(' without ')'"
    end
    return last and last + 1, problem
  elseif not token or token == ")" or OPERATORS[token] then
    return nil, ("%s (a licence expected)"):format(token and ("'%s'"):format(token) or "ends too early")
  elseif not is_licence(token) then
    return nil, unknown(token)
  elseif tokens[i + 1] ~= "WITH" then
    return i + 1
  end
  local exception = tokens[i + 2] or ""
  if not EXCEPTIONS[exception] then
    return nil, ("'%s': no SPDX exception%s"):format(exception, guess.hint(exception, ids.exceptions))
  end
  return i + 3
end

function read_all(tokens, i)
  local last, problem = read_one(tokens, i)
  while last and (tokens[last] == "AND" or tokens[last] == "OR") do
    last, problem = read_one(tokens, last + 1)
  end
  return last, problem
end

--- What is wrong with a licence.
-- @param text string
-- @return string | nil: the problem, with what was expected
function spdx.problem(text)
  if #text > MAXIMUM or text:find "%c" then
    return ("'%s…'%s"):format(text:gsub("%c.*", ""):sub(1, 40), EXPECTED)
  end
  if WORDS[text] then
    return nil
  end
  local tokens = tokens_of(text)
  local last, problem = read_all(tokens, 1)
  if last and last > #tokens then
    return nil
  end
  local is_expression = text:find "[()]"
  for _, token in ipairs(tokens) do
    is_expression = is_expression or OPERATORS[token]
  end
  if not is_expression then -- a name with blanks in it, more likely
    return unknown(text)
  end
  return problem or ("'%s' (AND, OR or WITH expected)"):format(tokens[last])
end

return spdx
