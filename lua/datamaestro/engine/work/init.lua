--- `work`, which the function of a resource of kind `custom` is given first: a folder to make. Its methods
-- run in the function's coroutine. What takes its time is a request, which is carried out while the function
-- waits; all else is done at once.
local checks = require "datamaestro.engine.work.checks"
local fields = require "datamaestro.engine.fields"
local lines = require "datamaestro.engine.work.lines"
local needed = require "datamaestro.engine.work.needed"
local opaque = require "datamaestro.engine.work.opaque"
local privacy = require "datamaestro.engine.work.privacy"
local text = require "datamaestro.text"
local transforms = require "datamaestro.engine.transforms"
local writer = require "datamaestro.engine.work.writer"

local work = {}

local LOG_MAXIMUM = 200 -- bytes

-- --- Fetch -------------------------------------------------------------------------------------

local FETCH = fields.join(fields.sources { transforms.decoder() }, { fields.content(), transforms.field() })

-- Of several URLs, the first is where it is served, the others come before the mirrors.
local function with_urls(options, urls)
  local given = {}
  for name, value in next, options do
    given[name] = value
  end
  if type(urls) ~= "table" then
    given.url = urls
    return given
  end
  local mirrors = {}
  for i = 2, #urls do
    mirrors[#mirrors + 1] = urls[i]
  end
  for _, mirror in ipairs(type(given.mirrors) == "table" and given.mirrors or {}) do
    mirrors[#mirrors + 1] = mirror
  end
  given.url, given.mirrors = urls[1], #mirrors > 0 and mirrors or nil
  return given
end

local function check_fetch(urls, options)
  if options ~= nil and type(options) ~= "table" then
    checks.refuse("work:fetch: %s (table of options expected)", type(options))
  elseif options and (options.url ~= nil or options.from ~= nil) then
    checks.refuse "work:fetch: 'url' or 'from' among the options (work:fetch(url, name, options) expected)"
  end
  local given = with_urls(options or {}, urls)
  if given.url == nil then
    checks.refuse "work:fetch: no URL (work:fetch(url, name, options) expected)"
  end
  return checks.options(FETCH, given, "work:fetch")
end

-- What was read could leave the machine in an address.
local function keep_private(job, source)
  local address = privacy.local_address(source)
  if address then
    checks.refuse("work:fetch: '%s' (a filedownloader that the function needs, for files of this machine)",
      address)
  end
  if job.private then
    checks.refuse("work:fetch: not in a function that needs '%s', which %s (two custom steps, one that "
      .. "fetches and one that reads, expected)", job.private.name, job.private.why)
  end
end

-- --- The object --------------------------------------------------------------------------------

-- A name that is to be made, before anything is done for it.
local function fresh(state, name, what)
  checks.expect(state.job, state.job.workspace:check(checks.name(name, what)))
  return name
end

-- Has a request carried out that reads a file.
local function read_into(state, what, source, name, ...)
  local path, label, held = needed.origin(state.job, source, "work:" .. what)
  local pin <close> = held -- luacheck: ignore
  checks.request(what, path, fresh(state, name, "work:" .. what), label, ...)
  return name
end

local function check_selection(wanted)
  local done, right, problem = pcall(require "datamaestro.api.archive".check, wanted)
  if not done or not right then
    checks.refuse("work:extract: %s", done and problem or right:gsub("^%S+:%d+: ", ""))
  end
end

local Work = opaque.class("work", {
  --- Fetches a file, as `filedownloader` does with the same options.
  -- @param urls string | array of strings: where it is served; any of them will do
  -- @param name string: its name in the folder
  -- @param options table | nil: sha256, size, content, mirrors, transforms, …
  -- @return string: the name
  fetch = function(state, urls, name, options)
    local source = check_fetch(urls, options)
    keep_private(state.job, source)
    checks.request("fetch", source, fresh(state, name, "work:fetch"))
    return name
  end,

  --- Unpacks an archive.
  -- @param source string | file to read: its name in the folder, or a file of a resource
  -- @param name string: the new folder
  -- @param options table | nil: files (array of names and globs), subpath
  -- @return string: the folder
  extract = function(state, source, name, options)
    local wanted = checks.options(fields.selection(), options, "work:extract")
    check_selection(wanted)
    return read_into(state, "extract", source, name, wanted)
  end,

  --- Copies a file.
  -- @param source string | file to read: its name in the folder, or a file of a resource
  -- @param name string: the copy
  -- @return string: the copy
  copy = function(state, source, name)
    return read_into(state, "copy", source, name)
  end,

  --- Removes a file, or a folder with all that is in it.
  -- @param name string
  remove = function(_, name)
    checks.request("remove", checks.name(name, "work:remove"))
  end,

  --- Renames a file or folder.
  -- @param from string
  -- @param to string: a new name
  -- @return string: the new name
  rename = function(state, from, to)
    local old, name = checks.name(from, "work:rename"), checks.name(to, "work:rename")
    checks.found(state.job, state.job.workspace, old, state.job.workspace:rename(old, name))
    return name
  end,

  --- Makes a file. What is left open is closed in the end.
  -- @param name string
  -- @return writer
  write = function(state, name)
    return writer.new(state.job, name)
  end,

  --- Iterates the lines of a file without their ends, decompressed by the ending of its name.
  -- @param name string
  -- @param options table | nil: encoding (default "utf-8", which is checked)
  -- @return iterator of strings
  lines = function(state, name, options)
    return lines.within(state.job, state.job.workspace, name, options, "work:lines")
  end,

  --- The names of all files below a folder, sorted by byte.
  -- @param folder string | nil: default: all
  -- @return array of strings
  list = function(state, folder)
    local name = folder == nil and "" or checks.name(folder, "work:list")
    return checks.expect(state.job, state.job.workspace:list(name))
  end,

  --- The size of a file in bytes.
  -- @param name string
  -- @return integer
  size = function(state, name)
    checks.name(name, "work:size")
    return checks.found(state.job, state.job.workspace, name, state.job.workspace:size(name))
  end,

  --- Shows what the function is at, as progress.
  -- @param value string
  log = function(state, value)
    if type(value) ~= "string" and type(value) ~= "number" then
      checks.refuse("work:log: %s (string expected)", type(value))
    end
    state.job.context.observe { event = "note", file = state.job.label,
      text = text.line(tostring(value):sub(1, LOG_MAXIMUM)) }
  end,
})

--- Makes the object.
-- @param job table: see engine/work/checks.lua
-- @return object
function work.new(job)
  return opaque.new(Work, { job = job })
end

--- What the functions of `custom` are given, by the names of the annotations.
work.classes = { Work = Work, Writer = writer.class, WorkFile = needed.File, WorkFolder = needed.Folder }

return work
