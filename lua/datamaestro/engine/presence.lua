--- Whether sources are still where they were: each asked for its head, or its first byte, never fetched.
-- Hosts are asked at the same time, each by few at once.
local Cache = require "datamaestro.engine.cache"
local Hosts = require "datamaestro.engine.hosts"
local Scheduler = require "datamaestro.engine.scheduler"
local file = require "datamaestro.api.file"
local pages = require "datamaestro.engine.pages"
local settings = require "datamaestro.settings"
local sources = require "datamaestro.engine.sources"
local text = require "datamaestro.text"

local presence = {}

local AT_ONCE = 2          -- questions to one host, where settings do not say less
local TRIES = 3            -- at the most
local HEAD = 512           -- bytes that tell a page from data
local BACKOFF_MAXIMUM = 30 -- seconds

-- Servers that do not know HEAD, or refuse it, say these.
local ASK_AGAIN = { [400] = true, [403] = true, [404] = true, [405] = true, [501] = true }
local GONE = { [404] = true, [410] = true }
local REFUSED = { [401] = true, [403] = true, [407] = true }

-- --- A question ------------------------------------------------------------------------------------------

local function respect(job, host)
  local delay = job.hosts:delay(host)
  if delay > 0 then
    job.scheduler:sleep(delay)
  end
end

local function backoff(round)
  local first = tonumber(os.getenv "DATAMAESTRO_RETRY_DELAY") or 1
  return math.min(BACKOFF_MAXIMUM, first * 2 ^ (round - 1)) * (0.5 + math.random())
end

-- A token is for https alone.
local function token_of(job, url, host)
  if url:lower():find "^https:" then
    return settings.token(job.settings, host)
  end
end

-- Asks once: the report | nil, message, code, report.
local function ask_once(job, url, host, bytes)
  local token, message, code = token_of(job, url, host)
  if code then
    return nil, message, code, {}
  end
  respect(job, host)
  local probe <close>, problem, kind = job.probes():start { url = url, token = token, bytes = bytes }
  if not probe then
    return nil, problem, kind, {}
  end
  job.scheduler:await(probe)
  return probe:result()
end

-- Asks until there is an answer that no further try will change.
local function ask(job, url, bytes)
  local host = Hosts.of(url)
  local tries = math.min(job.settings.tries, TRIES)
  for round = 1, tries do
    local report, message, code, partial = ask_once(job, url, host, bytes)
    if report then
      job.hosts:served(host)
      return report
    elseif not partial.passing or round == tries or (partial.retry_after or 0) > Hosts.PATIENCE then
      return nil, message, code, partial
    end
    job.hosts:failed(host, partial.retry_after)
    job.scheduler:sleep(backoff(round))
  end
end

-- --- What the answer means -------------------------------------------------------------------------------

local function set(request, state, message)
  request.state, request.message = state, message
end

local function take(request, report)
  request.size = report.size or request.size
  request.etag = report.etag or request.etag
  request.last_modified = report.last_modified or request.last_modified
end

local function says_page(report)
  return (report.content_type or ""):lower():find "^text/html" ~= nil
    or (report.content_type or ""):lower():find "^application/xhtml" ~= nil
end

-- Some servers call everything a page: the first bytes tell.
local function is_page(job, request, report)
  if request.page or pages.may_be(request.url:match "^[^?#]*") or not says_page(report) then
    return false
  end
  local first = report.head ~= "" and #report.head >= HEAD and report or ask(job, request.url, HEAD)
  return first ~= nil and pages.is_page(first.head)
end

local function fail(request, message, code, report)
  if GONE[report.status] then
    set(request, "gone", message)
  elseif REFUSED[report.status] or code == "auth" then
    set(request, "refused", message)
  else
    set(request, "unreachable", message)
  end
end

local function judge(request)
  if request.declared and request.size and request.size ~= request.declared then
    set(request, "size", ("%s: %d bytes (%d declared)"):format(text.url(request.url), request.size,
      request.declared))
  else
    set(request, "there")
  end
end

local function probe(job, request)
  local report, message, code, partial = ask(job, request.url, 0)
  if report or ASK_AGAIN[partial.status] then
    if report then
      take(request, report)
    end
    if not report or not report.size then
      local more, problem, kind, rest = ask(job, request.url, 1)
      if not report then
        report, message, code, partial = more, problem, kind, rest
      end
      take(request, more or {})
    end
  end
  if not report then
    return fail(request, message, code, partial)
  elseif is_page(job, request, report) then
    return set(request, "gone", text.url(request.url) .. ": HTML page (data expected)")
  end
  judge(request)
end

-- Files of this machine need not be here: there are other sources.
local function look(request, path)
  local found = file.stat(path)
  if not found then
    return set(request, "elsewhere", text.url(request.url) .. ": not on this machine")
  end
  request.size = found.type == "file" and found.size or nil
  judge(request)
end

-- --- All -------------------------------------------------------------------------------------------------

local function limit_of(found, host)
  local declared = found.connections[host] or found.connections[host:gsub(":%d+$", "")]
  return math.min(declared or AT_ONCE, AT_ONCE, found.jobs_per_host)
end

-- What there is to ask, by host, in the order of the requests.
local function by_host(requests)
  local queues, list = {}, {}
  for _, request in ipairs(requests) do
    local host = Hosts.of(request.url)
    if host and not queues[host] then
      queues[host] = { host = host, first = 1 }
      list[#list + 1] = queues[host]
    end
    table.insert(queues[host] or {}, request)
  end
  return list
end

-- One after the other of those for a host.
local function work(job, queue)
  while queue[queue.first] do
    local request = queue[queue.first]
    queue.first = queue.first + 1
    probe(job, request)
    job.told(request)
  end
end

local function probes_of(found)
  local set_of
  local function get()
    set_of = set_of or assert(require "datamaestro.api.probe".open {
      connections = found.jobs, host_connections = math.min(found.jobs, found.jobs_per_host),
      connect_timeout = found.connect_timeout, stall_timeout = found.stall_timeout,
      ca_file = os.getenv "CURL_CA_BUNDLE" or os.getenv "SSL_CERT_FILE",
    })
    return set_of
  end
  return get
end

--- Asks for sources, all at once.
-- @param store store
-- @param requests array of tables: url, declared (bytes, or nil), page (boolean|nil: a page is what it is).
--   Each gets `state`: "there", "size" (of another size than declared), "gone" (404, 410, or a page in its
--   place), "refused" (a login is wanted), "unreachable", or "elsewhere" (a file: that is not here);
--   `message` of those but "there"; `size`, `etag`, `last_modified`, as far as they were told
-- @param options table: settings (as of settings.read), told (function(request), after each)
-- @return true | nil, message, code
function presence.check(store, requests, options)
  local get = probes_of(options.settings)
  local scheduler <close> = Scheduler.new(function(seconds)
    return get():wait(seconds)
  end, function() end)
  local job = { settings = options.settings, probes = get, scheduler = scheduler, told = options.told,
    hosts = Hosts.open(Cache.open(store.root).folder .. "/hosts") }
  for _, request in ipairs(requests) do
    local path = sources.local_path(request.url)
    if path then
      look(request, path)
      options.told(request)
    end
  end
  for _, queue in ipairs(by_host(requests)) do
    for _ = 1, math.min(#queue, limit_of(job.settings, queue.host)) do
      scheduler:spawn(function()
        work(job, queue)
      end)
    end
  end
  return scheduler:run()
end

return presence
