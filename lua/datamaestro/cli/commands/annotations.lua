--- `datamaestro annotations FOLDER`
local function print_paths(session, paths)
  if session.json then
    return session:print_json(require "datamaestro.json".array(paths))
  end
  for _, path in ipairs(paths) do
    session:print(require "datamaestro.text".line(path))
  end
end

-- The repository in which the folder lies, which need not be one of the usual places.
local function repository_of(folder)
  local found = require "datamaestro.definition.repository".enclosing(folder .. "/annotations.lua")
  return not found.pseudo and found or nil
end

return {
  summary = "Write what lua-language-server wants to know of definitions and data.",
  words = { "folder" },
  configure = function(parser)
    parser:argument("folder", "Where to; .annotations in a repository of `init`."):argname "FOLDER"
  end,
  run = function(session, arguments)
    local folder = arguments.folder
    local made, message, code = require "datamaestro.api.file".mkdirs(folder)
    if not made then
      return nil, message, code
    end
    local paths
    paths, message, code = require "datamaestro.cli.annotations".write(session, folder, repository_of(folder))
    if not paths then
      return nil, message, code
    end
    print_paths(session, paths)
    return true
  end,
}
