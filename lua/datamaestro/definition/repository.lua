--- Repositories: folders that hold definitions, and where they are looked for.
--
-- A repository is a folder with `init.lua`, which returns { id = …, description = …, author = … }, perhaps
-- `data.lua` with its data types, and definitions below: com/lecun.lua.

local file = require "datamaestro.api.file"
local host = require "datamaestro.api.host"
local guess = require "datamaestro.guess"
local limits = require "datamaestro.api.sandbox"
local schema = require "datamaestro.schema"
local data_file = require "datamaestro.definition.data_file"
local sandbox = require "datamaestro.definition.sandbox"
local type_modules = require "datamaestro.definition.type_modules"

local repository = {}

local DEPTH = 16 -- folders in folders; a link may lead in a circle
local FILE_MAXIMUM = 4 * 1024 * 1024 -- bytes of a script

local Repository = { __name = "repository" }
Repository.__index = Repository

local loaded = setmetatable({}, { __mode = "k" }) -- repository → { types =, shared = }, or "loading"

Repository.__tostring = function(self)
  return ("repository %s (%s)"):format(self.id, self.path)
end

--- Reads a script, of a size that a script can have.
-- @param path string
-- @return string | nil, message, code
function repository.read(path)
  local info, message, code = file.stat(path)
  if not info then
    return nil, message, code
  elseif info.type ~= "file" then
    return nil, ("%s: a %s (file expected)"):format(path, info.type), "definition"
  elseif info.size > FILE_MAXIMUM then
    return nil, ("%s: over %d MiB (a script expected)"):format(path, FILE_MAXIMUM >> 20), "definition"
  end
  -- What has no size needs no reading; some files of /proc would keep us waiting.
  return info.size == 0 and "" or file.read(path)
end

local function base_name(path)
  return path:match("([^/]+)/*$") or "repository"
end

--- Makes a repository without a description, for files that stand in none.
-- @param path string: folder
-- @return repository
function repository.pseudo(path)
  local id = base_name(file.realpath(path) or path):gsub("[^%w_-]", "_")
  return setmetatable({ id = id, description = "", author = "", path = path, pseudo = true }, Repository)
end

local DESCRIPTION = {
  { name = "id", type = "string", pattern = "^[%w_][%w_-]*$", expected = "letters, digits, '_' and '-'" },
  { name = "description", type = "string", default = "" },
  { name = "author", type = "string", default = "" },
}

--- Opens a repository.
-- @param path string: its folder
-- @return repository: { id, description, author, path } | nil, message, code
function repository.open(path)
  local init = path .. "/init.lua"
  local text, message, code = repository.read(init)
  if not text then
    return nil, message, code
  end
  local environment = sandbox.environment({}, function(name)
    return nil, ("global '%s': a repository's init.lua only returns { id = …, description = … }"):format(name)
  end)
  local done, result = sandbox.run_text(init, text, environment)
  if not done then
    return nil, result, "definition"
  end
  local described, problem = schema.check(DESCRIPTION, result, "repository")
  if not described then
    return nil, sandbox.place(init, 1, problem), "definition"
  end
  described.path = path
  described.id = described.id or repository.pseudo(path).id
  return setmetatable(described, Repository)
end

-- --- Files -------------------------------------------------------------------------------------

local function add_files(folder, prefix, depth, files, problems)
  local names, message
  if depth <= DEPTH then
    names, message = file.list(folder)
  else
    message = ("%s: over %d folders in folders"):format(folder, DEPTH)
  end
  if not names then
    problems[#problems + 1] = { file = folder .. "/", message = message }
  end
  for _, name in ipairs(names or {}) do
    local path = folder .. "/" .. name
    local info = not name:find("^%.") and file.stat(path)
    local own = prefix == "" and (name == "init.lua" or name == "data.lua")
    if info and info.type == "folder" and file.stat(path, true).type == "folder" then -- no link to one
      add_files(path, prefix .. name .. "/", depth + 1, files, problems)
    elseif info and info.type == "file" and not own and name:find("^[%w_+-]+%.lua$") then
      files[#files + 1] = path
    end
  end
  return files, problems
end

--- Lists the definitions of a repository.
-- @return array of paths, sorted by folder; array of problems { file =, message = } of folders that cannot
--   be read
function Repository:files()
  return add_files(self.path, "", 1, {}, {})
end

--- Lists the scripts of a folder, those of its repository included.
-- @param folder string: a repository, a part of one, or a folder of them
-- @return array of paths, sorted by folder
function repository.scripts(folder)
  return (add_files(folder:gsub("(.)/+$", "%1"), "./", 1, {}, {}))
end

--- A definition's path relative to the repository.
-- @param path string
-- @return string: the file's name when it stands outside
function Repository:relative(path)
  local folder = (file.realpath(self.path) or self.path) .. "/"
  local real = file.realpath(path) or path
  return real:sub(1, #folder) == folder and real:sub(#folder + 1) or base_name(path)
end

-- --- Data types --------------------------------------------------------------------------------

-- What `use` gives of a module of ours: its data types.
local function own_module(name)
  local content = type_modules.of(name)
  if content then
    return content
  end
  local last = name:match "^datamaestro%.data%.(%a+)$"
  local near = last and guess.nearest(last, type_modules.names())
  return nil, ("use '%s': no such data types (%s)"):format(name, near
    and ("did you mean \"datamaestro.data.%s\"?"):format(near)
    or "\"datamaestro.data.tensor\" or \"REPOSITORY.data\" expected")
end

local function load_content(self, find)
  local path = self.path .. "/data.lua"
  local text, message = repository.read(path)
  if not text then
    return nil, message
  end
  return data_file.read(self, path, text, repository.user(self, find))
end

-- What data.lua has; once it could be read, it is not read again.
local function content_of(self, find)
  local known = loaded[self]
  if known == "loading" then
    return nil, ("%s/data.lua: uses itself, directly or by another repository"):format(self.path)
  elseif known then
    return known
  end
  -- Limits may raise from here on: what was not read to the end must not stay "loading".
  local mark <close> = setmetatable({}, { __close = function() -- luacheck: ignore
    loaded[self] = loaded[self] ~= "loading" and loaded[self] or nil
  end })
  loaded[self] = "loading"
  local content, problem = load_content(self, find)
  loaded[self] = content
  return content, problem
end

--- The data types of a repository's data.lua.
-- @param find function(id) → repository | nil, message: for those that data.lua uses
-- @return table: name → type | nil, message
function Repository:types(find)
  local content, problem = content_of(self, find)
  return content and content.types, problem
end

--- The metadatasets of a repository's data.lua.
-- @param find function(id) → repository | nil, message: for those that data.lua uses
-- @return table: name → chain | nil, message
function Repository:metadatasets(find)
  local content, problem = content_of(self, find)
  return content and content.shared, problem
end

-- Data types and metadatasets, by name.
local function all_names(self, find)
  local content, problem = content_of(self, find)
  if not content then
    return nil, problem
  end
  local names = {}
  for _, part in ipairs { content.types, content.shared } do
    for name, value in next, part do
      names[name] = value
    end
  end
  return names
end

-- The data types, and metadatasets, that a name stands for | nil, message.
local function types_of(self, name, find)
  local id = name:match("^([%w_-]+)%.data$")
  if not id or id == "datamaestro" then
    return own_module(name)
  elseif id == self.id then
    return all_names(self, find)
  end
  local other, problem = find(id)
  if not other then
    return nil, problem
  end
  return all_names(other, find)
end

--- Makes the function `use` of a script.
-- @param self repository: the script's
-- @param find function(id) → repository | nil, message
-- @return function
function repository.user(self, find)
  local views = {}
  return limits.anchor(function(name)
    if type(name) ~= "string" then
      error(("use: %s (name of data types such as \"image.data\" expected)"):format(schema.kind(name)), 3)
    end
    if not views[name] then
      local content, problem = types_of(self, name, find)
      if not content then
        error(problem, problem:find("^.-:%d+: ") and 0 or 3)
      end
      views[name] = sandbox.read_only(name, content)
    end
    return views[name]
  end)
end

-- --- Where repositories are --------------------------------------------------------------------

--- The folders where repositories are looked for, the first that has one wins: those of
-- DATAMAESTRO_PATH, the user's own, those that come with the program.
-- @return array of paths
function repository.roots()
  local roots = {}
  for path in (os.getenv "DATAMAESTRO_PATH" or ""):gmatch("[^:]+") do
    roots[#roots + 1] = path
  end
  roots[#roots + 1] = (os.getenv "HOME" or "") .. "/.local/share/datamaestro/repositories"
  roots[#roots + 1] = host.datasets
  return roots
end

local function candidate_folders(root)
  if file.stat(root .. "/init.lua") then
    return { root }
  end
  local folders = {}
  for _, name in ipairs(file.list(root) or {}) do
    if not name:find("^%.") and file.stat(root .. "/" .. name .. "/init.lua") then
      folders[#folders + 1] = root .. "/" .. name
    end
  end
  return folders
end

--- Opens all repositories below some folders.
-- @param roots array of paths: each a repository or a folder of them
-- @return array of repositories, sorted by id; array of problems { file =, message = }; array of the
--   repositories in the order of their roots; array of the ids of those that another one with the same id
--   hides
function repository.all(roots)
  local list, problems, seen, hidden = {}, {}, {}, {}
  for _, root in ipairs(roots) do
    for _, folder in ipairs(candidate_folders((root:gsub("(.)/+$", "%1")))) do
      local opened, message = repository.open(folder)
      if not opened then
        problems[#problems + 1] = { file = folder .. "/init.lua", message = message }
      elseif not seen[opened.id] then
        seen[opened.id] = folder
        list[#list + 1] = opened
      elseif seen[opened.id] ~= folder then
        hidden[#hidden + 1] = opened.id
      end
    end
  end
  local by_root = table.move(list, 1, #list, 1, {})
  table.sort(list, function(a, b)
    return a.id < b.id
  end)
  return list, problems, by_root, hidden
end

--- The repository that a file stands in: the nearest folder above with an init.lua that describes one.
-- @param path string: a definition
-- @return repository: without a description when there is none
function repository.enclosing(path)
  local folder = (path:match("^(.*)/[^/]*$") or (path:sub(1, 1) == "/" and "" or "."))
  local above = file.realpath(folder == "" and "/" or folder) or folder
  while above ~= "" do
    local init = above .. "/init.lua"
    if init ~= file.realpath(path) and file.stat(init) then
      local opened = repository.open(above)
      if opened then
        return opened
      end
    end
    above = above:match("^(.*)/[^/]*$") or ""
  end
  return repository.pseudo(folder == "" and "/" or folder)
end

return repository
