--- `datamaestro init FOLDER`
local file = require "datamaestro.api.file"

local INIT = [[
return {
  id = "%s",
  description = "My datasets",
}
]]

local EXAMPLE = [=[
-- A definition: where the files come from, what they are, and what of them the dataset's type gets. Its id
-- is this file's path and its name: org.example.weather. `datamaestro lint` checks it.
local csv = use "datamaestro.data.csv"

Weather =
  filedownloader("weather.csv", "https://example.org/weather.csv.gz") ..
  datatags("weather") ..
  dataset { csv.Generic, url = "https://example.org/", licence = "CC-BY-4.0",
    [[Weather of 2025

    Hourly temperatures of one station.]] } ..
  function(weather)
    return { path = weather, names_row = 0 }
  end
]=]

local SETTINGS = [[
{
  "runtime.version": "Lua 5.4",
  "runtime.builtin": {
    "bit": "disable", "bit32": "disable", "coroutine": "disable", "debug": "disable", "ffi": "disable",
    "io": "disable", "jit": "disable", "os": "disable", "package": "disable"
  },
  "workspace.library": [".annotations"],
  "diagnostics.disable": ["lowercase-global"]
}
]]

-- An id that a repository may have.
local function id_of(folder)
  local real = file.realpath(folder) or folder
  local id = real:gsub("/+$", ""):match("[^/]*$"):gsub("[^%w_-]", "_"):gsub("^%-", "_")
  return id ~= "" and id or "mine"
end

-- Writes what is not there yet | nil, message, code.
local function write_all(folder, files)
  local paths = {}
  for _, one in ipairs(files) do
    local path = folder .. "/" .. one[1]
    if not file.stat(path) then
      local done, message, code = file.mkdirs(path:match "^(.*)/")
      if done then
        done, message, code = file.replace(path, one[2])
      end
      if not done then
        return nil, message, code
      end
      paths[#paths + 1] = path
    end
  end
  return paths
end

-- Whether definitions are looked for in a folder as it is.
local function is_searched(folder)
  local real = file.realpath(folder)
  for _, one in ipairs((require "datamaestro.definition.registry".open():repositories())) do
    if file.realpath(one.path) == real then
      return true
    end
  end
  return false
end

local function print_result(session, folder, paths)
  local text = require "datamaestro.text"
  if session.json then
    return session:print_json(require "datamaestro.json".array(paths))
  end
  for _, path in ipairs(paths) do
    session:print(text.line(path))
  end
  if not session.quiet then
    session:complain(("next: edit %s/org/example.lua, then `datamaestro lint %s/org/example.lua`%s"):format(
      folder, folder, is_searched(folder) and ""
      or ("; DATAMAESTRO_PATH=%s makes its datasets known"):format(file.realpath(folder))))
  end
end

return {
  summary = "Make a repository of your own: a first definition, settings for editors.",
  words = { "folder" },
  configure = function(parser)
    parser:argument("folder",
      "The repository's folder; its name becomes the repository's id."):argname "FOLDER"
  end,
  run = function(session, arguments)
    local folder = arguments.folder:gsub("(.)/+$", "%1")
    if file.stat(folder .. "/init.lua") then
      return nil, ("%s/init.lua: there already (a new folder expected; `datamaestro annotations "
        .. "%s/.annotations` makes annotations anew)"):format(folder, folder), "usage"
    end
    local done, message, code = file.mkdirs(folder)
    local paths, more
    if done then
      paths, message, code = write_all(folder, { { "init.lua", INIT:format(id_of(folder)) },
        { "org/example.lua", EXAMPLE }, { ".luarc.json", SETTINGS } })
    end
    if paths then
      more, message, code = require "datamaestro.cli.annotations".write(session, folder .. "/.annotations")
    end
    if not more then
      return nil, message, code
    end
    print_result(session, folder, table.move(more, 1, #more, #paths + 1, paths))
    return true
  end,
}
