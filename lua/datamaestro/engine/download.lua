--- One download under way: whose part file it is, who else is at it, and with which source it goes on.
local cache = require "datamaestro.engine.cache"
local file = require "datamaestro.api.file"
local hosts = require "datamaestro.engine.hosts"
local settings = require "datamaestro.settings"
local sources = require "datamaestro.engine.sources"
local verify = require "datamaestro.engine.verify"

local download = {}

local SMALL = 256 * 1024 -- bytes: such a file never leaves memory before it is complete, so needs no lock
local LOOK = 0.2         -- seconds between two looks at a lock

-- How a source is to be checked: as served, and as stored; a mirror that packed the content anew may have
-- only the latter to go by.
local function checks_of(source, spec)
  return { served = verify.digest(source), content = verify.digest(spec.content) }
end

-- Waits until nobody else fetches the same bytes, and shows how far they are.
local function lock(job, key)
  local context = job.context
  local path = ("%s/%s.lock"):format(context.cache.folder, key)
  while true do
    local handle, message, code = context.cache:lock(key)
    if handle or code ~= "busy" then
      return handle, message, code
    end
    local holder, received = context.cache:watch(path)
    if not context.cache.held[key] then -- else it is this process that is at it
      context.observe { event = "wait", file = job.spec.label, holder = holder, received = received,
        total = job.spec.sources[1].size }
    end
    context.scheduler:sleep(context.cache.held[key] and LOOK / 10 or LOOK)
  end
end

--- Ends what is under way of a download, and lets its lock go.
-- @param job table: of fetch.obtain
function download.drop(job)
  if job.transfer then
    job.transfer:close()
    job.context.active[job.transfer] = nil
    job.transfer = nil
  end
  if job.lock then
    job.lock:close()
    job.lock = nil
  end
end

-- Names the part, alone to fetch it if that can be had; its path | nil, message, code.
local function claim(job, source, key, keeps)
  local context = job.context
  if source.size and source.size <= SMALL and not keeps then
    return ("%s/%s.%s"):format(context.cache.folder, key, context.cache.owner)
  end
  local made, message, code = context.cache:make()
  if made then
    job.lock, message, code = lock(job, key)
  end
  if not job.lock then
    return nil, message, code
  end
  return context.cache:claim(key, source.alone)
end

--- The connections that settings allow to a source's host.
-- @param job table: of fetch.obtain
-- @param source source
-- @return integer | nil: as many as to any
function download.limit(job, source)
  local host = hosts.of(source.url)
  local limits = job.context.settings.connections
  return host and (limits[host] or limits[host:gsub(":%d+$", "")])
end

--- Whether a file is kept as it is served.
-- @param source source
-- @param spec table: as of fetch.obtain
-- @return boolean
function download.is_plain(source, spec)
  return source.transforms == "none" and not spec.unpack and not spec.lines
end

-- Of a file as stored the sha256 is recorded, which is that of the bytes as served where these are the file.
local function content_digests(source, spec, checks)
  local is_folder = spec.unpack and not spec.unpack.concat
  return { not (is_folder or download.is_plain(source, spec)) and "sha256" or checks.content, checks.content }
end

local function start(job, source, key)
  local spec, context = job.spec, job.context
  local checks = checks_of(source, spec)
  local share = job.share and not job.share.copy and sources.are_alike(source, spec.sources[1]) and job.share
  local keep = (context.keep or share) and not sources.local_path(source.url)
  local spool, message, code = claim(job, source, key, keep)
  if not spool then
    return nil, message, code
  end
  job.spool = spool
  job.keep = keep and { path = context.keep and context.cache:kept(source.url), part = spool .. ".kept",
    share = share or nil } or nil
  job.transfer, message, code = context.transfers():start {
    url = source.url, ["local"] = sources.local_path(source.url), token = job.token, path = spec.part,
    spool = spool, keep = job.keep and job.keep.part,
    decode = source.transforms ~= "none" and source.transforms or nil, unpack = spec.unpack,
    lines = spec.lines,
    proven = checks.served ~= nil, lanes = download.limit(job, source) and 1 or nil, size = source.size,
    digests = spec.digests or { "sha256", checks.served },
    content_digests = spec.content_digests or content_digests(source, spec, checks),
    content_limit = spec.content and spec.content.size,
  }
  job.key, job.transforms = key, source.transforms
  return job.transfer and true, message, code
end

-- A token is for https alone: elsewhere anyone on the way could read it.
local function token_of(job, source)
  if not source.url:lower():find "^https:" then
    return nil
  end
  return settings.token(job.context.settings, hosts.of(source.url))
end

--- Begins, or goes on with what an earlier source of the same bytes has brought. In a task.
-- @param job table: of fetch.obtain; its transfer, lock, token and keep are set
-- @param source source
-- @return true | nil, message, code
function download.begin(job, source)
  local checks = checks_of(source, job.spec)
  local message, code
  job.token, message, code = token_of(job, source)
  if code then
    return nil, message, code
  end
  local key = cache.key(source.url, checks.served, checks.served and source[checks.served])
  if job.transfer and job.transfer:state() == "paused" and job.key == key and not source.alone
    and job.transforms == source.transforms then
    return job.transfer:again(source.url, job.token)
  end
  download.drop(job)
  return start(job, source, key)
end

--- Puts a download among the kept ones, <path>.dl and its URL beside it, or keeps it for others of this run.
-- @param kept table: path (without extension, of a kept one), part (where it is now), share (share | nil)
-- @param url string
-- @return true | nil, message, code
function download.keep(kept, url)
  local place = kept.path and kept.path .. ".dl" or kept.share.path
  local done, message, code = file.publish(kept.part, place)
  if done and kept.path then
    done, message, code = file.replace(kept.path .. ".url", url)
  end
  if done and kept.share then
    kept.share.copy, kept.share.origin = place, url
  end
  return done, message, code
end

return download
