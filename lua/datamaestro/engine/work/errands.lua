--- What takes its time of what a function of `custom` asks for, carried out in the task of its resource. Each
-- gives true | nil, message, code.
local fetch = require "datamaestro.engine.fetch"
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"
local transforms = require "datamaestro.engine.transforms"
local workspace = require "datamaestro.api.workspace"

local errands = {}

local LOOK = 0.02     -- seconds between two looks at what a thread does, once it has done it for some time
local FIRST = 0.0005  -- before the first one
local TOLD = 1        -- second between two words of what it does

-- Waits for what a thread does; true, bytes, entries | nil, message, code.
local function await(job, saying, errand, message, code)
  if not errand then
    return nil, message, code
  end
  local handle <close> = errand
  local delay, waited, told = FIRST, 0, 0
  while not handle:done() do
    job.context.scheduler:sleep(delay)
    waited, delay = waited + delay, math.min(delay * 2, LOOK)
    if waited - told >= TOLD then
      told = waited
      job.context.observe { event = "note", file = job.label, passing = true,
        text = text.line(("%s (%s)"):format(saying, text.size(handle:bytes()))) }
    end
  end
  return handle:result()
end

-- Takes what was made beside the work folder into it.
local function take(job, made, name, bytes, entries)
  local done, message, code = job.workspace:charge(bytes, entries)
  if done then
    done, message, code = job.workspace:take(made, name)
  end
  if not done then
    file.remove_tree(made)
  end
  return done, message, code
end

-- A fetch of a function is nobody else's.
local function unshared(context)
  return setmetatable({ shares = { enter = function() end } }, { __index = context })
end

--- Fetches a file.
-- @param job table
-- @param source table: as the fields of a filedownloader
-- @param name string
function errands.fetch(job, source, name)
  local made = job.part .. ".fetched"
  local done, record, code = fetch.obtain({
    label = job.label,
    sources = transforms.resolve(source, fields.sources_of(source)),
    lines = transforms.lines(source),
    content = source.content,
    filename = name:match "[^/]*$",
    part = made,
  }, unshared(job.context))
  if not done then
    return nil, record, code
  end
  table.insert(job.fetched, record)
  return take(job, made, name, file.stat(made).size, 1)
end

--- Unpacks an archive into a new folder.
-- @param job table
-- @param path string
-- @param name string: the folder's
-- @param label string: what the archive is called
-- @param wanted table: files, subpath
function errands.extract(job, path, name, label, wanted)
  local made = job.part .. ".unpacked"
  local bytes, entries = job.workspace:room()
  local done, message, code = await(job, "unpacking " .. label, workspace.extract {
    path = path, folder = made, subject = label, bytes = bytes, entries = entries,
    files = wanted.files, subpath = wanted.subpath,
  })
  if not done then
    return nil, message, code
  end
  return take(job, made, name, message, code)
end

--- Copies a file.
-- @param job table
-- @param path string
-- @param name string
-- @param label string: what the file is called
function errands.copy(job, path, name, label)
  return await(job, "copying " .. label, job.workspace:copy(path, name))
end

--- Removes a file, or a folder with all in it.
-- @param job table
-- @param name string
function errands.remove(job, name)
  return await(job, "removing " .. name, job.workspace:remove(name))
end

--- Brings all to disk.
-- @param job table
function errands.sync(job)
  return await(job, "storing", job.workspace:sync())
end

return errands
