--- Names: how a file's path and a global's name give a dataset's id, and a docstring its two parts.

local ids = {}

local ID_MAXIMUM = 200 -- bytes: its parts become folders

--- Splits CamelCase with dots and makes it lower case: ProcessedMNIST → processed.mnist.
-- @param name string
-- @return string
function ids.split_name(name)
  name = name:gsub("([A-Z]+)([A-Z][a-z])", "%1.%2")
  name = name:gsub("([a-z0-9])([A-Z])", "%1.%2")
  return name:lower()
end

--- The id's first part, from a definition's path in its repository: com/lecun.lua → com.lecun.
-- @param path string: relative to the repository's folder
-- @return string
function ids.of_path(path)
  local stem = path:gsub("%.lua$", ""):gsub("/init$", "")
  return (stem:lower():gsub("/", "."))
end

--- The id of a dataset.
-- @param base string: what its path gives
-- @param name string | nil: its global's name
-- @param id string | nil: the option `id`: nil for base and name, "" for the base alone, "x" or ".x.y"
--   for base.x and base.x.y, another with a dot is the whole id
-- @return string
function ids.make(base, name, id)
  if id == "" or (id == nil and not name) then
    return base
  elseif id == nil then
    return base .. "." .. ids.split_name(name)
  elseif id:sub(1, 1) == "." then
    return base .. id
  end
  return id:find(".", 1, true) and id or base .. "." .. id
end

--- Whether a text can be an id: parts of letters, digits, `_`, `-` and `+` with dots between.
-- @param id string
-- @return boolean
function ids.is_valid(id)
  if #id > ID_MAXIMUM or id:find("^[.]") or id:find("[.]$") or id:find("..", 1, true) then
    return false
  end
  return id:find("^[%w_+.-]+$") ~= nil
end

-- Takes `@repository` off the end of a text | the text, nil.
local function without_repository(text)
  local plain, repository = text:match "^([^@]*)@(.*)$"
  return plain or text, repository
end

--- Takes apart what a person writes: `ID`, `ID[axis=value,…]`, both perhaps with a part, `ID[…].train`, and
-- with the repository, `ID[…].train@image` or `ID@image[…]`.
-- @param text string
-- @return table: `id` (with the part, where there are no brackets), `selector` (nil without brackets), `part`
--   (what follows the brackets, "" for nothing), `repository` (nil for any) | nil, message, "usage"
function ids.parse(text)
  local before, after = text:match "^([^%[]*)%[(.*)$"
  if not before then
    local id, repository = without_repository(text)
    return { id = id, part = "", repository = repository }
  end
  local selector, rest = after:match "^([^%[%]]*)%](.*)$"
  if not selector then
    return nil, ("%s: '[' without ']' (ID[axis=value,…] expected)"):format(text), "usage"
  end
  local id, first = without_repository(before)
  local part, second = without_repository(rest)
  if (part ~= "" and not part:find "^%.[^%[%]]+$") or (first and second) then
    local message = "%s: '%s' after the selector (ID[axis=value,…].part@repository expected)"
    return nil, message:format(text, rest), "usage"
  end
  return { id = id, selector = selector, part = part:sub(2), repository = first or second }
end

-- A line without white space at its end; a pattern would take quadratic time on a hostile one.
local function without_tail(line)
  local last = #line
  while last > 0 and line:find("^%s", last) do
    last = last - 1
  end
  return line:sub(1, last)
end

-- The lines from the first that is not blank to the last.
local function trimmed_lines(doc)
  local lines = {}
  for line in (doc .. "\n"):gmatch("(.-)\r?\n") do
    local text = without_tail(line)
    if text ~= "" or #lines > 0 then
      lines[#lines + 1] = text
    end
  end
  while lines[#lines] == "" do
    lines[#lines] = nil
  end
  return lines
end

-- Joins lines without the indentation that all of them have.
local function dedent(lines)
  local indent = math.huge
  for _, line in ipairs(lines) do
    if line ~= "" then
      indent = math.min(indent, #line:match("^%s*"))
    end
  end
  for i, line in ipairs(lines) do
    lines[i] = line:sub(indent + 1)
  end
  return table.concat(lines, "\n")
end

--- A text of several lines without blank ones around it and without the indentation that all have.
-- @param text string
-- @return string
function ids.dedent(text)
  return dedent(trimmed_lines(text))
end

--- Splits a docstring: the first paragraph, joined to one line, is the name; the rest the description.
-- @param doc string
-- @return string name, string description: "" when there is none
function ids.split_doc(doc)
  local lines = trimmed_lines(doc)
  local blank = #lines + 1
  for i, line in ipairs(lines) do
    if line == "" then
      blank = i
      break
    end
  end
  local name = {}
  for i = 1, blank - 1 do
    name[i] = lines[i]:match("^%s*(.*)$")
  end
  local rest = table.move(lines, blank + 1, #lines, 1, {})
  return table.concat(name, " "), dedent(trimmed_lines(table.concat(rest, "\n")))
end

return ids
