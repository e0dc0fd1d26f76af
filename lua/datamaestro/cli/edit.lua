--- `edit` of the REPL: a definition in the user's editor, checked when it comes back.
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local lint = require "datamaestro.cli.lint"
local text = require "datamaestro.text"

local edit = {}

-- An id has neither slashes nor the ending.
local function is_path(what)
  return what:find("/", 1, true) or what:find "%.lua$" or what:find "^~"
end

-- Where the definition stands | nil, message, code.
local function path_of(session, what)
  if what == nil then
    if session.edited then
      return session.edited
    end
    return nil, "edit: nothing was edited before (an id or a path expected)", "usage"
  elseif is_path(what) then
    return config.absolute(what)
  end
  local path, message, code = session:registry():file_of(what)
  if not path then
    session:warn_of_repositories(code)
  end
  return path, message, code
end

local function quote(word)
  return "'" .. word:gsub("'", "'\\''") .. "'"
end

-- Runs the editor, whose variable may hold options too | nil, message, code.
local function run_editor(path)
  local editor = "vi"
  for _, name in ipairs { "EDITOR", "VISUAL" } do
    local value = os.getenv(name)
    editor = value and value:find "%S" and value or editor
  end
  io.stdout:flush()
  local done, how, number = os.execute(editor .. " " .. quote(path))
  if not done then
    return nil, ("%s: ended with %s %d (status 0 expected)"):format(editor, how == "exit" and "status" or how,
      number), "error"
  end
  return true
end

--- Opens a definition in the editor ($VISUAL, $EDITOR, else vi), then checks it and has all be read anew.
-- @param session session: what was edited last is kept in it
-- @param what string|nil: id of a dataset, also where its file cannot be read, or path of a definition,
--   also of a new one (default: the last one)
-- @return true | nil, message, code: what is wrong with the definition, or why it was not edited
function edit.definition(session, what)
  local path, message, code = path_of(session, what)
  local done
  if path then
    done, message, code = file.mkdirs(path:match "^(.*)/")
  end
  if done then
    session.edited = path
    done, message, code = run_editor(path)
  end
  if not done then
    return nil, message, code
  end
  session.catalogue = nil
  local result = lint.check(lint.new_result(path), session:registry())
  if #result.problems > 0 then
    return nil, table.concat(result.problems, "\n"), result.code or "definition"
  end
  session:say(text.printable(lint.praise(result)))
  return true
end

return edit
