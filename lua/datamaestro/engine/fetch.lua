--- One file from the first of its sources that has the right bytes.
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"
local verify = require "datamaestro.engine.verify"

local fetch = {}

-- What no other source can mend.
local FINAL = { interrupted = true, space = true }

local function local_path(url)
  local path = url:match "^file://(/.*)$" or url:match "^file://localhost(/.*)$"
  return path and path:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end)
end

-- What a login page, an error page or a list of files begins with.
local function is_web_page(report)
  local head = report.head:gsub("^\239\187\191", ""):match "^%s*(.*)$":lower()
  return head:find "^<!doctype html" ~= nil or head:find "^<html[%s>]" ~= nil
end

-- A page where data was promised: only bytes that are proved right may look like one.
local function unexpected_page(report, spec, proved)
  local named = spec.part:lower():gsub("%.%d+%.part$", "")
  if proved or named:find "%.x?html?$" or not is_web_page(report) then
    return nil
  end
  return "HTML page of " .. text.size(report.size)
end

-- Local sources that exist first, then the network's in the order in which the author wrote them.
local function order(spec, context)
  local here, remote = {}, {}
  for _, source in ipairs(spec.sources) do
    local path = local_path(source.url)
    if not path then
      remote[#remote + 1] = source
    elseif file.stat(path) then -- what is no plain file is refused when its turn comes
      here[#here + 1] = source
    end
  end
  for _, source in ipairs(remote) do
    -- A kept download that nothing proves may be old: it serves only where there is no asking anew.
    local usable = context.offline or verify.digest(source) or verify.digest(spec.content)
    local copy = usable and context.has_cache and context.cached(source.url) .. ".dl"
    if copy and file.stat(copy) then
      here[#here + 1] = setmetatable({ url = "file://" .. copy:gsub("[^%w/._~-]", function(byte)
        return ("%%%02X"):format(byte:byte())
      end) }, { __index = source })
    end
  end
  return here, remote
end

-- How a source is to be checked: as served, and as stored; a mirror that packed the content anew may have
-- only the latter to go by.
local function checks_of(source, spec)
  return { served = verify.digest(source), content = verify.digest(spec.content) }
end

local function request_of(source, spec, context, checks, keep)
  return {
    url = source.url,
    path = spec.part,
    keep = keep and keep.part,
    decode = source.transforms == "gzip" and "gzip" or nil,
    size = source.size,
    digests = { checks.served },
    content_digests = { checks.content },
    content_limit = spec.content and spec.content.size,
    connect_timeout = context.timeouts.connect_timeout,
    stall_timeout = context.timeouts.stall_timeout,
    progress = context.progress and function(received, total)
      context.progress(spec.label, received, total or source.size)
    end,
  }
end

-- Holds what came against what was declared; true | nil, what was found (what was expected), code.
local function compare(source, spec, checks, report)
  local served, content = checks.served, checks.content
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

-- Where the bytes as served go, if they are to be kept: the part is this process's own.
local function keep_of(source, context)
  if not context.keep or local_path(source.url) then
    return nil
  end
  local path = context.cached(source.url)
  local part = ("%s.%d.part"):format(path, file.pid())
  file.remove(part) -- of a process that died and had our number
  return { path = path, part = part }
end

-- Puts a download among the kept ones: <path>.dl, and its URL beside it; true | nil, message, code.
local function publish_kept(keep, url)
  local done, message, code = file.publish(keep.part, keep.path .. ".dl")
  if done then
    done, message, code = file.replace(keep.path .. ".url", url)
  end
  return done, message, code
end

-- Fetches one source into spec.part and checks it; true | nil, message, code.
local function try(source, spec, context)
  local shown = text.url(source.url)
  local found = local_path(source.url) and file.stat(local_path(source.url))
  if found and found.type ~= "file" then
    return nil, ("%s: a %s (file expected)"):format(shown, found.type), "format"
  end
  local checks, keep = checks_of(source, spec), keep_of(source, context)
  local http = require "datamaestro.api.http"
  local report, message, code = http.fetch(request_of(source, spec, context, checks, keep))
  if not report then
    return nil, message, code
  elseif report.content.garbage then
    context.warn(("%s: %s: %d bytes after the gzip data are ignored"):format(spec.label, shown,
      report.content.garbage))
  end
  local right, difference, kind = compare(source, spec, checks, report)
  if right then
    return not keep or publish_kept(keep, shown)
  end
  file.remove(spec.part)
  if keep then
    file.remove(keep.part)
  end
  return nil, ("%s: %s"):format(shown, difference), kind
end

-- What to say when no source had it: the one failure, or all of them.
local function summary(spec, failures)
  if #failures == 1 then
    return ("%s: %s"):format(spec.label, failures[1].message), failures[1].code
  end
  local lines = { ("%s: none of %d sources has it"):format(spec.label, #failures) }
  for _, failure in ipairs(failures) do
    lines[#lines + 1] = "  " .. failure.message
  end
  return table.concat(lines, "\n"), failures[1].code
end

--- Fetches a file into its part: tries its sources in turn, until one has the right bytes.
-- @param spec table: label (for messages), sources (array of {url, transforms = "gzip"|"none",
--   and size, md5, sha256, … of the bytes as served}), content ({size, sha256, …} of the file as stored, or
--   nil), part (path to write)
-- @param context table: offline (boolean), timeouts (as of config.timeouts), keep (boolean: keep downloads),
--   cached (function: URL → cache path without extension), has_cache (boolean), progress (function(label,
--   received, total|nil) or nil), warn (function(message))
-- @return true | nil, message, code: the code is that of the first source that failed
function fetch.obtain(spec, context)
  local here, remote = order(spec, context)
  if context.offline then
    if #here == 0 then
      local needed = remote[1] and remote[1].url or spec.sources[1].url
      local message = "%s: %s is not on this machine (--offline was asked)"
      return nil, message:format(spec.label, text.url(needed)), "offline"
    end
    remote = {}
  end
  local sources = table.move(remote, 1, #remote, #here + 1, here)
  if #sources == 0 then
    local message = "%s: %s: no such file (and no other source)"
    return nil, message:format(spec.label, text.url(spec.sources[1].url)), "unknown"
  end
  local failures = {}
  for i, source in ipairs(sources) do
    local done, message, code = try(source, spec, context)
    if done then
      for _, failure in ipairs(failures) do
        context.warn(("%s: %s; taken from the next source"):format(spec.label, failure.message))
      end
      return true
    end
    failures[i] = { message = message, code = code }
    if FINAL[code] then
      return nil, ("%s: %s"):format(spec.label, message), code
    end
  end
  return nil, summary(spec, failures)
end

return fetch
