--- One file from the first of its sources that has the right bytes.
local download = require "datamaestro.engine.download"
local file = require "datamaestro.api.file"
local frozen = require "datamaestro.engine.frozen"
local hosts = require "datamaestro.engine.hosts"
local pages = require "datamaestro.engine.pages"
local settings = require "datamaestro.settings"
local sources = require "datamaestro.engine.sources"
local text = require "datamaestro.text"
local verify = require "datamaestro.engine.verify"

local fetch = {}

-- What no other source can mend.
local FINAL = { interrupted = true, space = true }

local BACKOFF_MAXIMUM = 30   -- seconds
local WORTH = 1024 * 1024    -- bytes that a try must bring so as not to count as one
local LOOK = 0.2             -- seconds between two looks at a lock

-- A page where data was promised: only bytes that are proved right may look like one.
local function unexpected_page(report, spec, proved)
  if proved or pages.may_be(spec.filename) or not pages.is_page(report.head) then
    return nil
  end
  return "HTML page of " .. text.size(report.size)
end

-- Holds what came against what was declared; true | nil, what was found (what was expected), code.
local function compare(source, spec, report)
  local served, content = verify.digest(source), verify.digest(spec.content)
  local same, difference = verify.matches(source,
    { size = report.size, [served or 0] = report.digests[served] })
  if same then
    same, difference = verify.matches(
      spec.content and { size = spec.content.size, [content or 0] = spec.content[content] },
      { size = report.content.size, [content or 0] = report.content.digests[content] })
  end
  local page = unexpected_page(report, spec, same and (served or content))
  if same and not page then
    return true
  elseif same then
    return nil, page .. " (data expected)", "format"
  end
  return nil, page and ("%s; %s"):format(page, difference) or difference, "checksum"
end

-- --- A source ---------------------------------------------------------------------------------------

-- What to do about a login that was asked for.
local function login_advice(job, url)
  if job.token then
    return "login needed: the token for this host was refused"
  elseif not url:lower():find "^https:" then
    return "login needed: a password in ~/.netrc; tokens go over https only"
  end
  return ("login needed: a token in %s, or a password in ~/.netrc"):format(settings.variable(hosts.of(url)))
end

-- What a person can do about an answer that no other try will change.
local function advise(job, message, report, url)
  if not report or not hosts.of(url) then
    return message
  elseif report.status == 401 or report.status == 403 then
    return (message:gsub("login needed%)$", function()
      return login_advice(job, url) .. ")"
    end))
  elseif report.status == 404 or report.status == 410 then
    return message .. " (moved or gone: --mirror names other places)"
  elseif message:find "unable to get local issuer certificate" then
    return message .. " (CURL_CA_BUNDLE=FILE names authorities of your own)"
  end
  return message
end

-- Leaves a host alone for as long as it has asked to.
local function respect(job, source)
  local host = hosts.of(source.url)
  local delay = host and job.context.hosts:delay(host) or 0
  if delay > 0 then
    job.context.observe { event = "retry", file = job.spec.label, url = text.url(source.url), delay = delay,
      reason = host .. " asks to wait", attempt = job.round, of = job.context.settings.tries }
    job.context.scheduler:sleep(delay)
  end
end

-- Waits for one of the connections that a host has been left, if there is a limit; `leave` gives it back.
local function enter(job, source)
  local host, limit, busy = hosts.of(source.url), download.limit(job, source), job.context.busy
  while limit and (busy[host] or 0) >= limit do
    job.context.scheduler:sleep(LOOK)
  end
  job.host = limit and host
  if job.host then
    busy[host] = (busy[host] or 0) + 1
  end
end

local function leave(job)
  if job.host then
    job.context.busy[job.host] = job.context.busy[job.host] - 1
    job.host = nil
  end
end

local function await(job, source)
  local context, transfer = job.context, job.transfer
  local received, total = transfer:progress()
  context.observe { event = "start", file = job.spec.label, url = text.url(source.url),
    total = total or source.size, resumed = received > 0 and received or nil }
  context.active[transfer] = job
  context.scheduler:await(transfer)
  context.active[transfer] = nil
  job.received = math.max(job.received, (transfer:progress()))
  return transfer:result()
end

-- Notes how the source did; whether another try may succeed, and the message, made longer where it may not.
local function judge(job, source, report, message)
  local host = hosts.of(source.url)
  local retry_after = report and report.retry_after
  if host and report and report.passing then
    job.context.hosts:failed(host, retry_after and math.min(retry_after, hosts.PATIENCE))
  end
  if (retry_after or 0) > hosts.PATIENCE then
    local wait = retry_after < 86400 and ("%d s"):format(retry_after) or "a day or longer"
    return false, ("%s (asks to wait %s, %d s at most expected)"):format(message, wait, hosts.PATIENCE)
  end
  return report and report.passing, message
end

local function bytes_of(size, digests)
  return { size = size, sha256 = digests.sha256 }
end

-- What a record says of the bytes (records.lua).
local function record_of(job, source, report)
  local spec = job.spec
  local served = bytes_of(report.size, report.digests)
  local is_folder = spec.unpack and not spec.unpack.concat
  return {
    url = text.url(spec.sources[1].url), source = source.origin or text.url(source.url), served = served,
    public = source.public, stored = not is_folder and (download.is_plain(source, spec) and served
      or bytes_of(report.content.size, report.content.digests)) or nil,
  }
end

-- The bytes are here and have been compared: what is said of them beside that.
local function accept(job, source, report)
  local spec, context = job.spec, job.context
  job.record = record_of(job, source, report)
  if report.content.garbage then
    context.warn(("%s: %s: %d bytes after the %s data are ignored"):format(spec.label, text.url(source.url),
      report.content.garbage, source.transforms))
  end
  context.observe { event = "finish", file = spec.label, received = report.size }
  local host = hosts.of(source.url)
  if host then
    context.hosts:served(host)
  end
  if spec.report then
    spec.report(report)
  end
  if job.keep then
    return download.keep(job.keep, text.url(source.url))
  end
  return true
end

-- A large file that is not as declared may be right all the same, where the declaration is wrong: it is kept
-- under the digest that it has, so that it need not come again once that is declared.
local function set_aside(job, source, report)
  local kind = verify.digest(source) or "sha256"
  local hex = report.digests[kind]
  if not hex or report.size < WORTH or pages.is_page(report.head) or sources.local_path(source.url) then
    return
  end
  local plain = job.spec.part
  local served = file.stat(job.spool .. ".part") and job.spool .. ".part" or plain
  local place = job.context.cache:set_aside(kind, hex)
  if (served ~= plain or report.content.size == report.size) and file.move(served, place) then
    job.context.warn(("%s: what came is kept for 7 days, in case the definition is wrong: %s"):format(
      job.spec.label, place))
  end
end

local function discard(job)
  file.remove(job.spec.part)
  if job.keep then
    file.remove(job.keep.part)
  end
  download.drop(job)
end

-- The most that a transfer takes of the content is all that is expected.
local function exactly(spec, message)
  local size = spec.content and spec.content.size
  local pattern = size and ("%%(%d at most expected%%)$"):format(size)
  return pattern and message:gsub(pattern, ("(%d expected)"):format(size)) or message
end

-- Fetches from one source into spec.part and checks it; true | nil, message, code, whether another try may
-- succeed.
local function try(job, source)
  local shown = text.url(source.url)
  local path = sources.local_path(source.url)
  local found = path and file.stat(path)
  if found and found.type ~= "file" then
    return nil, ("%s: a %s (file expected)"):format(shown, found.type), "format"
  end
  respect(job, source)
  enter(job, source)
  local begun, message, code = download.begin(job, source)
  if not begun then
    leave(job)
    return nil, message, code
  end
  local report, partial
  report, message, code, partial = await(job, source)
  leave(job)
  if not report then
    local passing
    passing, message = judge(job, source, partial, (exactly(job.spec, message)))
    -- What an earlier answer or process brought may be what does not decode.
    passing = passing or (code == "format" and partial and partial.mixed and not source.alone)
    return nil, advise(job, message, partial, source.url), code, passing
  end
  local right, difference, kind = compare(source, job.spec, report)
  if right then
    return accept(job, source, report)
  end
  if not (report.mixed and not source.alone) then
    set_aside(job, source, report)
  end
  discard(job)
  if source.share then -- others took it, but this one can tell
    job.context.shares:refuse(source.share)
  end
  -- Bytes of before, or of several answers, may be what is wrong: once more, all from this source.
  return nil, ("%s: %s"):format(shown, difference), kind, report.mixed and not source.alone
end

-- --- All sources ------------------------------------------------------------------------------------

-- What to say when no source had it: the one failure, or all of them.
local function summary(spec, failed)
  if #failed == 1 then
    return ("%s: %s"):format(spec.label, failed[1].message), failed[1].code
  end
  local lines = { ("%s: none of %d sources has it"):format(spec.label, #failed) }
  for _, failure in ipairs(failed) do
    lines[#lines + 1] = "  " .. failure.message
  end
  return table.concat(lines, "\n"), failed[1].code
end

-- Exponential, and no two processes at the same time.
local function backoff(round)
  local first = tonumber(os.getenv "DATAMAESTRO_RETRY_DELAY") or 1
  return math.min(BACKOFF_MAXIMUM, first * 2 ^ (round - 1)) * (0.5 + math.random())
end

--- The sources that may be tried, in order. Nothing is opened.
-- @param spec table: as of fetch.obtain; label, sources and content are enough
-- @param context table: as of fetch.obtain; cache, has_cache, hosts, settings and offline are enough
-- @param share table|nil: `copy`, the path of what others have fetched
-- @return array of { source } | nil, message, code
-- @return string|nil: a warning of what is not to be trusted
function fetch.candidates(spec, context, share)
  local here, remote = sources.order(spec, context)
  if share and share.copy then
    table.insert(here, 1, setmetatable({ url = sources.file_url(share.copy), origin = share.origin,
      share = share }, { __index = spec.sources[1] }))
  end
  if context.offline and #here == 0 then
    local needed = remote[1] and remote[1].url or spec.sources[1].url
    return nil, ("%s: %s is not on this machine (--offline was asked)"):format(spec.label, text.url(needed)),
      "offline"
  end
  local list, doubt = {}, nil
  for _, source in ipairs(here) do
    list[#list + 1] = { source = source }
  end
  for _, source in ipairs(context.offline and {} or remote) do
    doubt = doubt or sources.doubt(source, spec)
    if not (context.settings.strict and sources.doubt(source, spec)) then
      list[#list + 1] = { source = source }
    end
  end
  if #list == 0 and doubt then
    return nil, ("%s: %s; --strict was asked"):format(spec.label, doubt), "definition"
  elseif #list == 0 then
    return nil, ("%s: %s: no such file (and no other source)"):format(spec.label,
      text.url(spec.sources[1].url)), "unknown"
  end
  return list, #here == 0 and doubt and ("%s: %s"):format(spec.label, doubt) or nil
end

-- Tries each source that may still serve; true | nil, whether another round may succeed, the failure that
-- nothing mends.
local function try_all(job, list)
  local again = false
  for i, candidate in ipairs(list) do
    if not candidate.dead then
      local done, message, code, passing = try(job, candidate.source)
      if done then
        candidate.message = nil
        return true
      end
      candidate.message, candidate.code, candidate.dead = message, code, not passing
      if passing and (code == "checksum" or code == "format") then
        candidate.source = setmetatable({ alone = true }, { __index = candidate.source })
      end
      again = again or passing
      if FINAL[code] then
        return nil, false, candidate
      end
      local following = list[i + 1]
      if following and not following.dead then
        job.context.observe { event = "source", file = job.spec.label, url = text.url(following.source.url),
          reason = message }
      end
    end
  end
  return nil, again
end

local function wait_for_round(job, list)
  local delay, reason = backoff(job.round), nil
  for _, candidate in ipairs(list) do
    reason = reason or (not candidate.dead and candidate.message)
  end
  job.context.observe { event = "retry", file = job.spec.label, url = text.url(list[1].source.url),
    reason = reason, delay = delay, attempt = job.round + 1, of = job.context.settings.tries }
  job.context.scheduler:sleep(delay)
end

-- Sources that had it not are named, so that somebody mends the definition.
local function warn_of(job, list)
  for _, candidate in ipairs(list) do
    if candidate.message then
      job.context.warn(("%s: %s; taken from another source"):format(job.spec.label, candidate.message))
    end
  end
end

-- What one of those who share a source declares of its bytes is true for all of them.
local function with_proof(spec, proof)
  if not proof or verify.digest(spec.sources[1]) then
    return spec
  end
  local list = table.move(spec.sources, 1, #spec.sources, 1, {})
  list[1] = setmetatable({ size = proof.size, md5 = proof.md5, sha1 = proof.sha1, sha256 = proof.sha256,
    sha512 = proof.sha512 }, { __index = list[1] })
  return setmetatable({ sources = list }, { __index = spec })
end

--- Fetches a file into its part: tries its sources in turn, until one has the right bytes. In a task.
-- @param spec table: label (for messages), filename, sources (array of {url, transforms = "none" or a format,
--   and size, md5, sha256, … of the bytes as served}), content ({size, sha256, …} of the file as stored, or
--   nil), part (path to write; a folder, with `unpack`), unpack and lines (as of transfers:start, or nil),
--   digests and content_digests (arrays of names to compute, where nothing is declared, or nil), report
--   (function(report of transfer:result), called when it is here, or nil)
-- @param context table: of the run: scheduler, transfers (function → set of transfers), active (transfer →
--   job), busy (host → transfers, where a limit is set), cache, has_cache (boolean), shares, hosts, settings,
--   offline, keep (booleans), observe (function(event)), warn (function(message))
-- @return true, record (records.lua; with `url`, the one declared first) | nil, message, code: the code is
--   that of the first source that failed
function fetch.obtain(spec, context)
  spec = frozen.spec(spec, context.locked)
  local share = context.shares:enter(spec.sources, context.scheduler)
  local _ <close> = setmetatable({}, { __close = function() -- luacheck: ignore
    if share then
      context.shares:leave(share)
    end
  end })
  spec = share and with_proof(spec, share.proof) or spec
  local list, warning, code = fetch.candidates(spec, context, share)
  if not list then
    return nil, warning, code
  elseif warning then
    context.warn(warning)
  end
  local job <close> = setmetatable({ spec = spec, context = context, share = share, received = 0 },
    { __close = download.drop })
  job.round = 1
  while true do
    local received = job.received
    local done, again, final = try_all(job, list)
    if done then
      warn_of(job, list)
      return true, job.record
    elseif final then
      return nil, ("%s: %s"):format(spec.label, final.message), final.code
    elseif job.received > received + WORTH then -- a line that breaks now and then gets there all the same
      job.round = 1
    end
    if not again or job.round == context.settings.tries then
      return nil, summary(spec, list)
    end
    wait_for_round(job, list)
    job.round = job.round + 1
  end
end

return fetch
