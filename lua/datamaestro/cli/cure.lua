--- What to write instead, for inputs that are another language's or another prompt's.
local cure = {}

-- A slice counts as slices of rows do: from 1, the last one included.
local function of_slice(source)
  local name, first, last = source:match "([%a_][%w_.]*)%[%s*(%-?%d*)%s*:%s*(%-?%d*)%s*%]"
  if not name then
    return nil
  end
  first, last = math.tointeger(first) or 1, math.tointeger(last)
  local length = last and last >= first and first >= 1 and tostring(last - first + 1)
  return ("a slice: %s:narrow(1, %s, %s) (dimension, first, how many)"):format(name,
    length and tostring(first) or "first", length or "count")
end

local function of_indices(source)
  local name, indices = source:match "([%a_][%w_.]*)%[(%s*%d+%s*,[%s%d,]*)%]"
  if name then
    indices = indices:gsub("%s", "")
    return ("several indices: %s:get(%s), or %s[%s]"):format(name, indices:gsub(",", ", "), name,
      indices:gsub(",", "]["))
  end
end

local MODULES = "modules come by require; datamaestro, loader, show, … are there (help())"

-- Pattern → what to say; %1 is its first capture.
local WORDS = {
  { "^%s*!%s*(.*%S)", "no shell here: os.execute '%1'" },
  { "^%s*%%+%s*time", "no %% commands here: os.clock() before and after gives seconds" },
  { "^%s*%%", "no %% commands here: help() says what there is" },
  { "^%s*%?+%s*([%w_.:]+)%s*$", "help(%1) says what it is" },
  { "^%s*([%w_.:]+)%s*%?+%s*$", "help(%1) says what it is" },
  { "^%s*import%s+([%w_]+)", MODULES },
  { "^%s*from%s+[%w_.]+%s+import", MODULES },
  { "!=", "not equal is ~=" },
  { "[%w_%])]%s*[-+*/]=", "no += here: x = x + 1" },
}

-- Brackets that begin a list: not an index, not a string.
local function of_list(source)
  local inner = source:match "^%s*%[([^%[%]=][^%[%]]*)%]" or source:match "[=(,]%s*%[([^%[%]=][^%[%]]*)%]"
  if inner then
    return ("a list: { %s }"):format(inner:match "^%s*(.-)%s*$")
  end
end

--- Finds what an input that does not parse was meant to be.
-- @param source string
-- @return string | nil: "a slice: images:narrow(1, 1, 10) (dimension, first, how many)"
function cure.of(source)
  local code = source:gsub("%-%-[^\n]*", "")
  local without = code:gsub('"[^"\n]*"', '""'):gsub("'[^'\n]*'", "''")
  for _, word in ipairs(WORDS) do
    local found = without:find(word[1]) and code:match(word[1])
    if found then
      return (word[2]:gsub("%%1", (found:gsub("%%", "%%%%"))):gsub("%%%%", "%%"))
    end
  end
  return of_slice(without) or of_indices(without) or of_list(code)
end

return cure
