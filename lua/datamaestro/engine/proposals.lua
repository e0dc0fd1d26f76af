--- Places of the user's own where something may be: absolute paths, and paths in folders that the user names
-- by a key (datafolders). The first that is right is linked to.
local config = require "datamaestro.config"
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local folders = require "datamaestro.folders"
local text = require "datamaestro.text"

local proposals = {}

local function parts_problem(path)
  for part in path:gmatch "[^/]+" do
    if part == ".." or part == "." then
      return ("'%s' (path without '.' and '..' expected)"):format(path:sub(1, 80))
    end
  end
  return path:find "%c" and "a path with control characters (one line expected)" or nil
end

-- Whole home folders and the system's own hold what is no data.
local SYSTEM = { "/proc", "/sys", "/dev", "/run", "/etc", "/boot" }

-- Whether a path is a home folder, or one that holds such.
local function is_too_wide(plain)
  if plain == "/" or plain == "~" or plain == "/root" or plain == "/home" or plain:find "^/home/[^/]+$" then
    return true
  end
  local home = config.home()
  home = home and (file.realpath(home) or home)
  return home ~= nil and (home .. "/"):sub(1, #plain + 1) == plain .. "/"
end

local function system_problem(path)
  local plain = path:gsub("/+", "/"):gsub("(.)/$", "%1")
  if is_too_wide(plain) then
    return ("'%s' (a folder in it expected; a datafolder may be all of it)"):format(path:sub(1, 80))
  end
  for _, folder in ipairs(SYSTEM) do
    if plain == folder or plain:sub(1, #folder + 1) == folder .. "/" then
      return ("'%s' (a place for data expected)"):format(path:sub(1, 80))
    end
  end
end

local function is_hidden(path)
  for part in path:gmatch "[^/]+" do
    if part:find "^%." and part ~= "." and part ~= ".." then
      return true
    end
  end
  return false
end

-- Hidden files are keys and settings, not data: a definition of a stranger has no business there.
local function path_problem(path)
  if not path:find "^/" and not path:find "^~/" then
    return ("'%s' (absolute path, ~/…, or { datafolder = KEY, path = … } expected)"):format(path:sub(1, 80))
  elseif is_hidden(path) then
    return ("'%s' (no hidden file or folder expected; a datafolder may be one)"):format(path:sub(1, 80))
  end
  return system_problem(path) or parts_problem(path)
end

local function inner_problem(path)
  return path:find "^/" and ("'%s' (relative path expected)"):format(path:sub(1, 80)) or parts_problem(path)
end

--- The fields of a kind that links to the first of some proposals.
-- @return array of fields
function proposals.fields()
  return {
    fields.name(),
    { name = "proposals", type = "list", required = true,
      items = { type = "path", check = path_problem, either = {
        type = "table", positional = { "datafolder", "path" }, fields = {
          { name = "datafolder", type = "string", required = true, check = folders.problem,
            doc = "Key of a folder that the user names by `datamaestro datafolders set KEY PATH`." },
          { name = "path", type = "string", check = inner_problem, doc = "A path in it (default: itself)." },
        } } },
      doc = "Where it may be, in order: an absolute path, ~/…, or { datafolder = KEY, path = … }." },
    fields.transient(),
  }
end

--- What is wrong with the fields as a whole.
-- @param resource table: the checked fields
-- @return string | nil
function proposals.problem(resource)
  return #resource.proposals == 0 and "no proposals (one path or more expected)" or nil
end

local function quote(word)
  return word:find "^[%w_.-]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

-- A proposal's path | nil, what is wrong.
local function resolve(proposal, datafolders)
  if type(proposal) == "string" then
    return config.absolute(proposal)
  end
  local key = proposal.datafolder
  local folder = datafolders[key]
  if not folder then
    return nil, ("datafolder '%s': not set (`datamaestro datafolders set %s PATH` says where it is)"):format(
      key, quote(key))
  end
  local path = folders.absolute(folder)
  if not path then
    return nil, ("datafolder '%s': '%s' (absolute path expected)"):format(key, folder)
  end
  return proposal.path and ("%s/%s"):format(path:gsub("(.)/+$", "%1"), proposal.path) or path
end

-- What is wrong with where a definition's path leads, by whatever links; nil for nothing.
local function real_problem(path)
  local real = file.realpath(path)
  local problem = real and system_problem(real)
  return problem and ("%s: leads to %s"):format(path, problem)
end

-- What is wrong with a path, as far as a look tells; nil for nothing. A link into the dataset's own folder
-- could come to lead to itself.
local function look(path, stands, own)
  local found, message, code = file.stat(path)
  if not found then
    return code == "unknown" and ("%s: no such %s"):format(path, stands) or message
  elseif found.type ~= stands then
    return ("%s: a %s (%s expected)"):format(path, found.type, stands)
  end
  local real = file.realpath(path)
  if real and own and (real .. "/"):sub(1, #own + 1) == own .. "/" then
    return path .. ": in the dataset's own folder (a path elsewhere expected)"
  end
end

-- The first path that is right | nil, array of what is wrong with each.
local function choose(resource, stands, context, own, verify)
  local problems = {}
  for _, proposal in ipairs(resource.proposals) do
    local path, problem = resolve(proposal, context.settings.datafolders)
    problem = path and type(proposal) == "string" and real_problem(path) or path and look(path, stands, own)
      or problem
    if path and not problem then
      local right, message = verify(path)
      if right then
        return path, problems
      end
      problem = message
      problems.mismatch = true
    end
    problems[#problems + 1] = problem
  end
  return nil, problems
end

-- What stands in the way of a link, and is no link itself | nil.
local function in_the_way(path)
  local there = file.stat(path, true)
  if there and there.type ~= "link" then
    return ("%s: a %s that is not what is declared (a link, or nothing, expected; it is not removed)"):format(
      path, there.type)
  end
end

local function choose_in(resource, context, dataset, stands, verify)
  local obstacle = in_the_way(context.store:path(dataset, resource))
  if obstacle then
    return nil, obstacle, "error"
  end
  local own = file.realpath(context.store:folder(dataset))
  local path, problems = choose(resource, stands, context, own, verify)
  local lines = "\n  " .. table.concat(problems, "\n  ")
  if not path then
    return nil, ("%s: %s: not found (one of these expected):%s"):format(dataset.id, resource.name, lines),
      "unknown"
  end
  return path, problems.mismatch and lines or nil
end

--- Finds the first proposal that is right. In a task, where `verify` wants one.
-- @param resource resource
-- @param context table: of the run
-- @param dataset dataset
-- @param stands string: "file" | "folder"
-- @param verify function(path) → true | nil, message: whether what is there is what is declared
-- @return string: its path | nil, message, code: "unknown" when none is
function proposals.find(resource, context, dataset, stands, verify)
  local path, message, code = choose_in(resource, context, dataset, stands, verify)
  if not path then
    return nil, message, code
  end
  return path
end

--- Makes the link to the first proposal that is right. In a task.
-- @param resource resource
-- @param part string: the link to make
-- @param context table: of the run
-- @param dataset dataset
-- @param stands string: "file" | "folder"
-- @param verify function(path) → true | nil, message: whether what is there is what is declared
-- @return true | nil, message, code: "unknown" when none is
function proposals.link(resource, part, context, dataset, stands, verify)
  local path, message, code = choose_in(resource, context, dataset, stands, verify)
  if not path then
    return nil, message, code
  elseif message then
    local label = ("%s: %s"):format(dataset.id, resource.name)
    context.warn(("%s: %s is taken, after:%s"):format(label, text.line(path), message))
  end
  return file.symlink(path, part)
end

return proposals
