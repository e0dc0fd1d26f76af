--- What the functions of `custom` are given of the resources that they need: files and folders to read.
local checks = require "datamaestro.engine.work.checks"
local file = require "datamaestro.api.file"
local lines = require "datamaestro.engine.work.lines"
local opaque = require "datamaestro.engine.work.opaque"
local privacy = require "datamaestro.engine.work.privacy"
local resources = require "datamaestro.engine.resources"

local needed = {}

-- One of a folder is opened anew each time, through no link: the function may keep thousands of them.
local File = opaque.class("file", {
  --- Iterates the lines without their ends, decompressed by the ending of the file's name.
  -- @param options table | nil: encoding (default "utf-8", which is checked)
  -- @return iterator of strings
  lines = function(state, options)
    if type(options) == "string" then
      checks.refuse("file:lines: '%s' (options, or nothing, expected: it is the file itself)",
        options:sub(1, 60))
    elseif state.workspace then
      return lines.within(state.job, state.workspace, state.name, options, "file:lines")
    end
    return lines.open(state.job, state.path, state.name, options)
  end,

  --- The size in bytes.
  -- @return integer
  size = function(state)
    if state.workspace then
      return checks.expect(state.job, state.workspace:size(state.name))
    end
    return checks.expect(state.job, file.stat(state.path)).size
  end,
})

-- What a link leads to is the user's own, and what is hidden there no data.
local function visible(state, name)
  if state.linked and ("/" .. name):find "/%." then
    checks.refuse("%s: '%s' is hidden (what a link leads to has no hidden files for definitions)",
      state.label, name)
  end
  return name
end

local Folder = opaque.class("folder", {
  --- The names of all files below a folder, sorted by byte.
  -- @param folder string | nil: default: all
  -- @return array of strings
  list = function(state, folder)
    local name = folder == nil and "" or checks.name(folder, "list")
    local names = checks.expect(state.job, state.workspace:list(visible(state, name)))
    local shown = {}
    for _, one in ipairs(names) do
      shown[#shown + 1] = not (state.linked and ("/" .. one):find "/%.") and one or nil
    end
    return shown
  end,

  --- Iterates the lines of a file without their ends, decompressed by the ending of its name.
  -- @param name string
  -- @param options table | nil: encoding (default "utf-8", which is checked)
  -- @return iterator of strings
  lines = function(state, name, options)
    if type(name) == "string" then
      visible(state, name)
    end
    return lines.within(state.job, state.workspace, name, options, "folder:lines")
  end,

  --- The size of a file in bytes.
  -- @param name string
  -- @return integer
  size = function(state, name)
    visible(state, checks.name(name, "folder:size", "name of a file in it"))
    return checks.found(state.job, state.workspace, name, state.workspace:size(name))
  end,

  --- A file, for `work:copy` and `work:extract`.
  -- @param name string
  -- @return file to read
  file = function(state, name)
    visible(state, checks.name(name, "folder:file", "name of a file in it"))
    checks.found(state.job, state.workspace, name, state.workspace:size(name))
    return opaque.new(File, { job = state.job, workspace = state.workspace, name = name })
  end,
})

needed.File, needed.Folder = File, Folder

--- The object for a resource.
-- @param job table
-- @param resource resource
-- @return object | nil, message, code
function needed.new(job, resource)
  if resources.kind(resource).stands == "nothing" then
    return nil, ("'%s' is neither a file nor a folder (only the dataset's function can have it)"):format(
      resource.name), "definition"
  end
  local path = job.context.store:path(job.dataset, resource)
  local found, message, code = file.stat(path)
  if not found then
    return nil, message, code
  elseif found.type ~= "folder" then
    return opaque.new(File, { job = job, path = path, name = path:match "[^/]*$" })
  end
  local workspace
  workspace, message, code =
    require "datamaestro.api.workspace".open { folder = path, subject = resource.name }
  if not workspace then
    return nil, message, code
  end
  return opaque.new(Folder, { job = job, workspace = workspace, label = resource.name,
    linked = privacy.is_linked(job.context.store, job.dataset, resource) })
end

--- A file that is to be copied or unpacked: of the work folder, or of a resource.
-- @param job table
-- @param source any: the author's: a name, or an object
-- @param what string: what messages begin with
-- @return string: where it can be opened now
-- @return string: what it is called
-- @return pin | nil: what holds it meanwhile, to be closed
function needed.origin(job, source, what)
  local state = opaque.state(source, File)
  if state and not state.workspace then
    return state.path, state.name
  elseif not state and type(source) ~= "string" then
    checks.refuse("%s: %s (name of a file, or a file of a resource, expected)", what,
      opaque.state(source, Folder) and "folder" or type(source))
  end
  local name = state and state.name or checks.name(source, what)
  local folder = state and state.workspace or job.workspace
  local pin = checks.found(job, folder, name, folder:pin(name))
  return pin:path(), name, pin
end

return needed
