--- Iterators of lines for the functions of `custom`.
local checks = require "datamaestro.engine.work.checks"
local sandbox = require "datamaestro.api.sandbox"

local lines = {}

local READERS = 16 -- files that are read at once, at most: each may hold a line of 64 MiB
local BLOCK = 4096 -- lines that are read at once, at most; 64 KiB of text
local RENEWED = 16 -- lines after which the limits count anew: the call takes longer than a line
local FORMATS = { gz = "gzip", bz2 = "bzip2", xz = "xz", zst = "zstd", lz4 = "lz4" }

local OPTIONS = {
  { name = "encoding", type = "string", default = "utf-8",
    doc = "How characters are written: utf-8 (checked), latin-1, utf-16, … (what iconv knows)." },
}

local function open_reader(job, path, name, options)
  local ending = name:match "%.(%w+)$"
  local format = ending and FORMATS[ending:lower()]
  local stream = checks.expect(job, require "datamaestro.api.stream".open(path, nil, format, name))
  return checks.expect(job,
    require "datamaestro.api.lines".open(name, { source = stream, encoding = options.encoding }))
end

-- Lines are cut from blocks in the coroutine, so that they are of its memory.
local function iterate(job, reader, close)
  local find, sub, renew = string.find, string.sub, sandbox.renew
  local block, at, count = "", 1, 0
  return function()
    count = count + 1
    if count % RENEWED == 0 then
      renew()
    end
    local stop = find(block, "\n", at, true)
    if not stop then
      if not job.readers[reader] then
        return nil
      end
      local found
      block, found = reader:text("raw", BLOCK)
      checks.expect(job, block, found, "format")
      if found == 0 then
        return close()
      end
      at, stop = 1, find(block, "\n", 1, true)
    end
    local line = sub(block, at, stop - 1)
    at = stop + 1
    return line
  end
end

--- Iterates the lines of a file, which is decompressed by the ending of its name. A loop that ends closes it.
-- @param job table
-- @param path string: where it can be opened now
-- @param name string: what it is called
-- @param options table|nil: the author's
-- @return iterator of strings, and what a loop needs to close it
function lines.open(job, path, name, options)
  if job.readers.count == READERS then
    checks.refuse("lines: '%s' is one file too many (%d are read at once; the end of a loop closes its file)",
      name, READERS)
  end
  local reader = open_reader(job, path, name, checks.options(OPTIONS, options, "lines"))
  job.readers[reader], job.readers.count = true, job.readers.count + 1
  local function close()
    if job.readers[reader] then
      job.readers[reader], job.readers.count = nil, job.readers.count - 1
      reader:close()
    end
  end
  return iterate(job, reader, close), nil, nil, setmetatable({}, { __close = close, __metatable = false })
end

--- The same for a file of a workspace.
-- @param job table
-- @param workspace workspace
-- @param name any: the author's
-- @param options table|nil: the author's
-- @param what string: the method, for messages
-- @return as of lines.open
function lines.within(job, workspace, name, options, what)
  checks.name(name, what, "name of a file in it")
  local pin <close> = checks.found(job, workspace, name, workspace:pin(name))
  return lines.open(job, pin:path(), name, options)
end

return lines
