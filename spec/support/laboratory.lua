--- A data directory and a repository of one definition file, both temporary, and our program run on them.
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local Laboratory = { __name = "laboratory" }
Laboratory.__index = Laboratory

--- Makes an empty data directory and the repository `lab` without definitions. Retries wait for little.
-- @param folder string|nil: where, in a temporary folder (default: a temporary folder of its own)
-- @return laboratory with fields folder, data, repository, env
function Laboratory.new(folder)
  folder = folder or temp.folder()
  local self = setmetatable({
    folder = folder,
    data = folder .. "/data directory",
    repository = folder .. "/repositories/lab",
  }, Laboratory)
  self.env = { DATAMAESTRO_PATH = folder .. "/repositories", HOME = folder, DATAMAESTRO_DIR = self.data,
    DATAMAESTRO_RETRY_DELAY = "0.01" }
  temp.write(self.repository .. "/init.lua", 'return { id = "lab", description = "Specs" }')
  return self
end

--- Writes the file of definitions org/example.lua.
-- @param source string
function Laboratory:define(source)
  temp.write(self.repository .. "/org/example.lua", source)
end

--- Defines org.example.data: one resource, file data.bin.
-- @param url string
-- @param options string|nil: the filedownloader's options as Lua source
function Laboratory:define_file(url, options)
  self:define(([[
    local File = use "datamaestro.data".File
    Data = filedownloader("data.bin", %q, %s) .. dataset { File, "One file" } ..
      function(data) return { path = data } end]]):format(url, options or "{}"))
end

-- The options with the laboratory's environment.
function Laboratory:with_env(options)
  options = options or {}
  local env = {}
  for name, value in pairs(self.env) do
    env[name] = value
  end
  for name, value in pairs(options.env or {}) do
    env[name] = value
  end
  options.env = env
  return options
end

--- Runs our program on it.
-- @param arguments array of strings
-- @param options table|nil: as of program.run
-- @return table: status, out, err
function Laboratory:run(arguments, options)
  return program.run(arguments, self:with_env(options))
end

--- The shell command that runs our program on it.
-- @param arguments array of strings
-- @param options table|nil: as of program.command
-- @return string
function Laboratory:command(arguments, options)
  return program.command(arguments, self:with_env(options))
end

--- Runs `prepare` on org.example.data, quietly.
-- @param ... string: more arguments
-- @return table: status, out, err
function Laboratory:prepare(...)
  return self:run { "--quiet", "prepare", "org.example.data", ... }
end

--- The path of something in the folder of org.example.data.
-- @param name string|nil
-- @return string
function Laboratory:path(name)
  return self.data .. "/data/lab/org/example/data" .. (name and "/" .. name or "")
end

--- The recorded state of a resource of org.example.data.
-- @param name string|nil: default "data"
-- @return string|nil
function Laboratory:state(name)
  local handle = io.open(self:path ".state.json")
  if handle then
    local entry = json.decode(handle:read "a").resources[name or "data"]
    handle:close()
    return entry and entry.state
  end
end

--- The names of what is in the folder of org.example.data.
-- @return array of strings
function Laboratory:names()
  return require "datamaestro.api.file".list(self:path()) or {}
end

--- Removes it all.
function Laboratory:close()
  temp.remove(self.folder)
end

return Laboratory
