--- What there is to find by name: the program's own modules in a folder.
local file = require "datamaestro.api.file"
local host = require "datamaestro.api.host"

local modules = {}

--- Whether a module of the program is there.
-- @param name string: dotted, below datamaestro, such as "cli.commands.prepare"
-- @return string|nil: its path
function modules.find(name)
  local path = ("%s/datamaestro/%s"):format(host.lua, (name:gsub("%.", "/")))
  for _, candidate in ipairs { path .. ".luac", path .. "/init.luac" } do
    if file.stat(candidate) then
      return candidate
    end
  end
end

-- Where `init` is a name like the others, and not the folder's own module.
local PLAIN = { ["cli.commands"] = true }

--- The names of the modules in a folder below datamaestro, without the folder's own one, `init`.
-- @param folder string: dotted, such as "engine.resources"
-- @return array of strings, sorted
function modules.within(folder)
  local path = ("%s/datamaestro/%s"):format(host.lua, (folder:gsub("%.", "/")))
  local names = {}
  for _, name in ipairs(assert(file.list(path))) do
    local module = name:match "^([%a_][%w_-]*)%.luac$"
    names[#names + 1] = (module ~= "init" or PLAIN[folder]) and module or nil
  end
  return names
end

return modules
