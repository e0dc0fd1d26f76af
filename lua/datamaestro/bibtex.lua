--- Entries of BibTeX: whether a text is one, and how one is made.
local bibtex = {}

local SPECIAL = {
  ["\\"] = "\\textbackslash{}", ["{"] = "\\{", ["}"] = "\\}", ["$"] = "\\$", ["&"] = "\\&", ["#"] = "\\#",
  ["%"] = "\\%", ["_"] = "\\_", ["^"] = "\\textasciicircum{}", ["~"] = "\\textasciitilde{}",
}

-- Where a value ends that begins at a place: {…}, "…", a number or a name | nil.
local function after_part(text, at)
  local quoted = text:match('^"()', at)
  if not quoted then
    return text:match("^%b{}()", at) or text:match("^[%w_.:+-]+()", at)
  end
  while quoted do -- braces hide quotation marks
    local stop = text:match('^[^{}"]*()', quoted)
    local mark = text:sub(stop, stop)
    if mark == '"' then
      return stop + 1
    end
    quoted = mark == "{" and text:match("^%b{}()", stop) or nil
  end
end

-- Where a value ends, its parts joined by # | nil.
local function after_value(text, at)
  local last = after_part(text, at)
  while last do
    local following = text:match("^%s*#%s*()", last)
    if not following then
      return last
    end
    last = after_part(text, following)
  end
end

-- Reads the fields; a problem | nil and the place of the closing brace.
local function read_fields(text, at)
  while true do
    local name, following = text:match("^%s*([%a][%w_:.-]*)%s*=%s*()", at)
    if not name then
      break
    end
    local last = after_value(text, following)
    if not last then
      return ("field '%s' has no value ({…} or \"…\", its braces in pairs, expected)"):format(name)
    end
    at = text:match("^%s*,()", last)
    if not at then
      at = last
      break
    end
  end
  local stop = text:match("^%s*()}", at)
  if not stop then
    local found = text:match("^%s*(%S[^\n]*)", at)
    return found and ("'%s' (a comma, a field or '}' expected)"):format(found:sub(1, 40))
      or "ends within the entry ('}' expected)"
  end
  return nil, stop
end

--- What is wrong with an entry.
-- @param text string
-- @return string | nil: the problem, with what was expected
function bibtex.problem(text)
  local kind, key, at = text:match "^%s*@(%a+)%s*{%s*([^%s,{}\"#%%=\\~]+)%s*,()"
  if not kind then
    return ("'%s' (one BibTeX entry, @TYPE{KEY, …}, expected)"):format(
      (text:match "^%s*([^\n]*)" or ""):sub(1, 40))
  end
  local problem, stop = read_fields(text, at)
  if problem then
    return ("entry '%s': %s"):format(key, problem)
  elseif text:find("%S", stop + 1) then
    return ("'%s' after entry '%s' (one BibTeX entry expected)"):format(
      text:match("^%s*([^\n]*)", stop + 1):sub(1, 40), key)
  end
end

--- A text as TeX shows it.
-- @param value string
-- @return string
function bibtex.escape(value)
  return (value:gsub("[\\{}$&#%%_^~]", SPECIAL))
end

--- Makes an entry.
-- @param kind string: "misc", …
-- @param key string
-- @param fields array of { name, value }: values as TeX reads them; those that are nil are left out
-- @return string: lines
function bibtex.entry(kind, key, fields)
  local lines = { ("@%s{%s,"):format(kind, key) }
  for _, field in ipairs(fields) do
    if field[2] then
      lines[#lines + 1] = ("  %s = {%s},"):format(field[1], field[2])
    end
  end
  lines[#lines + 1] = "}"
  return table.concat(lines, "\n")
end

return bibtex
