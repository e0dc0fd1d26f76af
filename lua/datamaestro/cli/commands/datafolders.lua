--- `datamaestro datafolders [list|set KEY PATH|unset KEY]`
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local folders = require "datamaestro.folders"
local guess = require "datamaestro.guess"
local text = require "datamaestro.text"

-- Those of the data directory, then those of the user that it does not name.
local function gather(root)
  local list, known = {}, {}
  local user = config.user_folder()
  for _, path in ipairs { root .. "/settings.json", user and user .. "/settings.json" } do
    local found, message, code = folders.list(path)
    if not found then
      return nil, message, code
    end
    for _, one in ipairs(found) do
      if not known[one.key] then
        known[one.key] = true
        list[#list + 1] = one
      end
    end
  end
  return list
end

local function exists(path)
  local absolute = folders.absolute(path)
  local found = absolute and file.stat(absolute)
  return found ~= nil and found.type == "folder"
end

local function as_json(one)
  local json = require "datamaestro.json"
  local object = json.object()
  json.set(object, "key", one.key)
  json.set(object, "path", one.path)
  json.set(object, "exists", exists(one.path))
  json.set(object, "file", one.file)
  return object
end

local function print_all(session, list)
  if session.json then
    local rows = require "datamaestro.json".array {}
    for i, one in ipairs(list) do
      rows[i] = as_json(one)
    end
    return session:print_json(rows)
  end
  for _, one in ipairs(list) do
    session:print(("%s\t%s%s"):format(text.line(one.key), text.line(one.path),
      exists(one.path) and "" or "\t(no such folder)"))
  end
end

-- Without `./` in front and slashes at the end, which only look odd.
local function tidy(path)
  path = path:gsub("/%./", "/"):gsub("(.)/+%.?$", "%1")
  return path
end

local function set(session, settings, key, given)
  local problem = folders.problem(key)
  local path, message, code
  if problem then
    return nil, ("datafolders: key %s"):format(problem), "usage"
  end
  path, message, code = config.absolute(given)
  local done
  if given == "" or path and not utf8.len(path) then -- JSON has no other strings
    return nil, ("datafolders: '%s' (path of a folder expected, in UTF-8)"):format(given), "usage"
  end
  if path then
    path = tidy(path)
    done, message, code = folders.set(settings, key, path)
  end
  if not done then
    return nil, message, code
  elseif not exists(path) then
    session:complain(("warning: %s: no such folder (it is set all the same)"):format(path))
  end
  if session.json then
    session:print_json(as_json { key = key, path = path, file = settings })
  end
  return true
end

local ACTIONS = {
  list = { 0, function(_, _, root, session)
    local list, message, code = gather(root)
    if not list then
      return nil, message, code
    end
    print_all(session, list)
    return true
  end },
  set = { 2, function(key, path, root, session)
    return set(session, root .. "/settings.json", key, path)
  end },
  unset = { 1, function(key, _, root)
    return folders.unset(root .. "/settings.json", key)
  end },
}

return {
  summary = "List or set the folders that definitions know by a key.",
  configure = function(parser)
    parser:argument("action", "list (the default), set or unset."):args("?"):argname "ACTION"
    parser:argument("words", "set KEY PATH; unset KEY."):argname("WORD"):args "*"
  end,
  run = function(session, arguments)
    local name, words = arguments.action or "list", arguments.words
    local action = ACTIONS[name]
    if not action then
      return nil, ("datafolders: '%s'%s"):format(name,
        guess.hint(name, { "list", "set", "unset" }, " (list, set KEY PATH or unset KEY expected)")), "usage"
    elseif #words ~= action[1] then
      return nil, ("datafolders %s: %d words (%s expected)"):format(name, #words,
        ({ list = "none", set = "KEY PATH", unset = "KEY" })[name]), "usage"
    end
    local store, message, code = session:own_store()
    if not store then
      return nil, message, code
    end
    return action[2](words[1], words[2], store.root, session)
  end,
}
