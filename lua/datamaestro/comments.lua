--- The doc comments of functions that scripts call, read from the sources that come with the program.
local file = require "datamaestro.api.file"
local host = require "datamaestro.api.host"

local comments = {}

local sources = {} -- path → array of lines

local function read_lines(path)
  local lines = {}
  for line in ((file.read(path) or "") .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

-- The lines of the file that a function stands in; ours do not change while we run | nil: it stands in none.
local function lines_of(source)
  local path = source:match "^@lua/datamaestro/(.*)$"
  if path and not sources[path] then
    sources[path] = read_lines(host.datasets:gsub("/datasets$", "/sources/") .. path)
  elseif not path and source:sub(1, 1) == "@" then
    return read_lines(source:sub(2))
  end
  return sources[path]
end

-- The lines of the comment right above a line, without their dashes; nil where there is none that begins
-- with `---`.
local function above(lines, number)
  local found = {}
  while number > 1 and lines[number - 1]:find "^%s*%-%-" do
    number = number - 1
    table.insert(found, 1, (lines[number]:gsub("^%s*%-%-%-?%s?", "")))
    if lines[number]:find "^%s*%-%-%-" then
      return found
    end
  end
end

-- Parts begin with @param or @return and go on until the next.
local function split(lines)
  local parts = { { "text", "" } }
  for _, line in ipairs(lines) do
    local tag, rest = line:match "^@(%a+)%s+(.*)$"
    if tag then
      parts[#parts + 1] = { tag, rest }
    else
      local part = parts[#parts]
      local words = line:match "^%s*(.-)%s*$"
      part[2] = part[2] == "" and words or part[2] .. " " .. words
    end
  end
  return parts
end

--- The doc comment of a Lua function of ours, or of one in a file.
-- @param func function
-- @return table { text = string, params = array of { name, string }, returns = string | nil } | nil without
--   one
function comments.of(func)
  local about = debug.getinfo(func, "S")
  local lines = about.what == "Lua" and lines_of(about.source)
  local comment = lines and lines[about.linedefined] and above(lines, about.linedefined)
  if not comment then
    return nil
  end
  local found = { params = {} }
  for _, part in ipairs(split(comment)) do
    if part[1] == "text" then
      found.text = part[2]
    elseif part[1] == "param" then
      local name, text = part[2]:match "^(%S+)%s*(.*)$"
      found.params[#found.params + 1] = { name, text }
    elseif part[1] == "return" then
      found.returns = part[2]
    end
  end
  return found
end

return comments
