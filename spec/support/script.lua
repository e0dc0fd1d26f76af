--- Repositories of a few files in a temporary folder, and definitions from text.

local file = require "datamaestro.api.file"
local loader = require "datamaestro.definition.loader"
local repository = require "datamaestro.definition.repository"

local script = {}

--- A valid resource, with `options` as Lua text.
function script.resource(name, options)
  return ('filedownloader("%s", "https://host/%s.gz", %s)'):format(name, name, options or "{}")
end

--- A valid end of a chain.
script.tail = [[dataset { use "datamaestro.data".File, "A file" } .. function(a) return { path = a } end]]

--- Removes a folder and all in it.
function script.remove(path)
  local info = file.stat(path, true)
  if info and info.type == "folder" then
    for _, name in ipairs(file.list(path)) do
      script.remove(path .. "/" .. name)
    end
  end
  assert(file.remove(path))
end

--- Makes a temporary folder with files.
-- @param files table: relative path → content
-- @return string: the folder
function script.folder(files)
  local folder = os.tmpname()
  os.remove(folder)
  assert(file.mkdirs(folder))
  for path, content in pairs(files) do
    path = folder .. "/" .. path
    assert(file.mkdirs((path:match("^(.*)/"))))
    assert(file.replace(path, content))
  end
  return folder
end

--- Loads a definition from text, as com/test.lua of the repository "spec".
-- @return what loader.load_text does
function script.load(text)
  local owner = repository.pseudo("/nowhere/spec")
  return loader.load_text("/nowhere/spec/com/test.lua", text, owner)
end

--- The message of a definition that must not load, without the folder.
function script.problem(text)
  local datasets, message, code = script.load(text)
  assert(datasets == nil, "the definition loaded")
  assert(code == "definition", code)
  return (message:gsub("^/nowhere/spec/com/", ""))
end

--- Starts a Lua program in a fresh process of ours.
-- @param text string: the program
-- @param under string: a command in front, such as valgrind (default: none)
-- @return function that waits for its end and returns what script.fresh does
function script.start(text, under)
  local path = os.tmpname()
  assert(file.replace(path, text))
  local program = assert(file.realpath("/proc/self/exe"))
  local pipe = assert(io.popen(("%s '%s' run '%s' 2>&1"):format(under or "", program, path)))
  return function()
    local output = pipe:read "a"
    local done, _, status = pipe:close()
    os.remove(path)
    return done == true, output, status
  end
end

--- Runs a Lua program in a fresh process of ours.
-- @param text string: the program
-- @param under string: a command in front, such as valgrind (default: none)
-- @return boolean: whether it ended with status 0, string: what it wrote, integer: its status
function script.fresh(text, under)
  return script.start(text, under)()
end

--- Whether this program was built with its own checks of memory, which valgrind cannot run.
-- @return boolean
function script.sanitized()
  for line in io.lines "/proc/self/maps" do
    if line:find("libasan", 1, true) then
      return true
    end
  end
  return false
end

return script
