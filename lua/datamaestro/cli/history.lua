--- The REPL's history: a file with one input a line, newlines and backslashes escaped, readable by its
-- owner only (inputs may hold tokens).
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"

local history = {}

local KEPT = 2000 -- inputs; the file is cut to them when it holds twice as many

--- Where the history stands: $XDG_STATE_HOME/datamaestro/history, else ~/.local/share/datamaestro/history.
-- @return string | nil, message, code
function history.path()
  local state = os.getenv "XDG_STATE_HOME"
  if state and state:sub(1, 1) == "/" then
    return state .. "/datamaestro/history"
  end
  local home, message, code = config.home()
  if not home then
    return nil, message, code
  end
  return home .. "/.local/share/datamaestro/history"
end

local function escape(input)
  return (input:gsub("\\", "\\\\"):gsub("\n", "\\n")) .. "\n"
end

local function unescape(line)
  return (line:gsub("\\(.)", { n = "\n", ["\\"] = "\\" }))
end

-- Writes the newest inputs into a new file, and puts it in the place of the old one.
local function shorten(editor, path, lines)
  local new = ("%s.%d"):format(path, file.pid())
  os.remove(new)
  local kept = table.concat(lines, "\n", #lines - KEPT + 1) .. "\n"
  if editor.append(new, kept) then
    os.rename(new, path)
  end
end

--- Gives the editor what was entered in earlier sessions.
-- @param editor table: datamaestro.api.readline
-- @param path string
function history.load(editor, path)
  local content = file.read(path)
  local lines = {}
  for line in (content or ""):gmatch "([^\n]+)\n" do
    lines[#lines + 1] = line
  end
  for i = math.max(1, #lines - KEPT + 1), #lines do
    editor.add(unescape(lines[i]))
  end
  if #lines > 2 * KEPT then
    shorten(editor, path, lines)
  end
end

--- Keeps an input for this session and for later ones.
-- @param editor table: datamaestro.api.readline
-- @param path string|nil: nil keeps it for this session only
-- @param input string
-- @return true | nil, message, code
function history.add(editor, path, input)
  editor.add(input)
  if not path then
    return true
  end
  local made, message, code = file.mkdirs(path:match "^(.*)/")
  if not made then
    return nil, message, code
  end
  return editor.append(path, escape(input))
end

return history
