--- What files really are: fetched as served, kept in the cache, measured. Nothing that is declared of them
-- counts, and no mirror is asked.
local Run = require "datamaestro.engine.run"
local cache = require "datamaestro.engine.cache"
local fetch = require "datamaestro.engine.fetch"
local file = require "datamaestro.api.file"

local measure = {}

-- Settings without mirrors.
local function alone(settings)
  return setmetatable({ mirrors = {} }, { __index = settings })
end

local function digests_of(request)
  local list = { "sha256" }
  for _, name in ipairs(request.digests or {}) do
    list[#list + 1] = name ~= "sha256" and name or nil
  end
  return list
end

-- Fetches one; sets its result.
local function fetch_one(run, request)
  local context = run.context
  local part = ("%s/%s.%s.kept"):format(context.cache.folder, cache.key(request.url .. " content"),
    context.cache.owner)
  local report
  local done, message, code = fetch.obtain({
    label = request.label, filename = request.filename or request.url:match "^[^?#]*", part = part,
    sources = { { url = request.url, transforms = request.transforms or "none" } }, lines = request.lines,
    digests = digests_of(request), content_digests = digests_of(request),
    report = function(found)
      report = found
    end,
  }, context)
  file.remove(part)
  if not done then
    request.problem, request.code = message, code
    context.observe { event = "failed", file = request.label, message = message, code = code }
    return
  end
  request.served = report.digests
  request.served.size = report.size
  request.content = report.content.digests
  request.content.size = report.content.size
  context.observe { event = "done", file = request.label, size = report.size }
end

-- The requests, those of one URL and one decoder together.
local function group(requests)
  local groups, by_key = {}, {}
  for _, request in ipairs(requests) do
    local key = request.lines and request or (request.url .. " " .. (request.transforms or "none"))
    if not by_key[key] then
      by_key[key] = {}
      groups[#groups + 1] = by_key[key]
    end
    table.insert(by_key[key], request)
  end
  return groups
end

-- Fetches the first of a group, with the digests that any of it wants, for all.
local function fetch_group(run, members)
  local first, wanted, seen = members[1], {}, {}
  for _, member in ipairs(members) do
    for _, name in ipairs(member.digests or {}) do
      wanted[#wanted + 1] = not seen[name] and name or nil
      seen[name] = true
    end
  end
  first.digests = wanted
  fetch_one(run, first)
  for _, member in ipairs(members) do
    member.served, member.content = first.served, first.content
    member.problem, member.code = first.problem, first.code
  end
end

--- Fetches and measures files, all at once. What was served is kept in the cache, where a later `prepare`
-- finds it.
-- @param store store
-- @param requests array of tables: label, url, transforms (decoder, default "none"), lines (as of
--   transfers:start), digests (names wanted beside sha256, default none), filename (where the URL's does not
--   do); each gets `served` and `content` (size, sha256, …), or `problem` and `code`
-- @param options table: as of prepare.download_all
-- @return true | nil, message, code: where nothing could be tried at all
function measure.all(store, requests, options)
  local run <close> = Run.new(store, setmetatable(
    { settings = alone(options.settings), keep_downloads = true }, { __index = options }))
  local made, message, code = run.context.cache:make()
  if not made then
    return nil, message, code
  end
  local groups = group(requests)
  options.observe { event = "plan", files = #groups, bytes = 0, unknown = #groups }
  for _, members in ipairs(groups) do
    run.scheduler:spawn_limited(function()
      fetch_group(run, members)
    end)
  end
  local finished
  finished, message, code = run.scheduler:run()
  options.observe { event = "end", ok = finished ~= nil }
  return finished, message, code
end

return measure
