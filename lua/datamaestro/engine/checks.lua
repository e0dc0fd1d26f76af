--- What earlier checks of sources have found: a JSON file of the user's, by URL.
--
--   { "https://…": { "checked": "2026-11-24T12:00:00Z", "state": "there", "since": "2026-11-01T…",
--     "size": 12, "etag": "…", "last_modified": "…", "there": "2026-11-24T…" } }
--
-- `since` is when it was found in that state first, `there` when it was there last; size and validators are
-- those of then.
local config = require "datamaestro.config"
local document = require "datamaestro.document"

local checks = {}

--- Where it stands: $XDG_STATE_HOME/datamaestro/checks.json, else ~/.local/state/datamaestro/checks.json.
-- @return string | nil: without a home folder
function checks.path()
  local folder = config.state_folder()
  return folder and folder .. "/checks.json"
end

local function text_or_nil(value)
  return type(value) == "string" and value or nil
end

-- What is known of a URL; whatever else somebody wrote there counts as nothing.
local function entry_of(known, url)
  local entry = known[url]
  if not document.is_object(entry) then
    return {}
  end
  return {
    state = text_or_nil(entry.state), since = text_or_nil(entry.since), there = text_or_nil(entry.there),
    etag = text_or_nil(entry.etag), last_modified = text_or_nil(entry.last_modified),
    size = math.type(entry.size) == "integer" and entry.size or nil,
  }
end

local function is_there(state)
  return state == "there" or state == "size"
end

-- Whether what is there is no longer what was there. Servers of one host may differ in their ETags, so a date
-- that is the same says more.
local function has_changed(before, request)
  if not is_there(request.state) or not before.there then
    return false
  elseif before.size and request.size and before.size ~= request.size then
    return true
  elseif before.last_modified and request.last_modified then
    return before.last_modified ~= request.last_modified
  end
  return before.etag ~= nil and request.etag ~= nil and before.etag ~= request.etag
end

local function write_entry(known, request, before, now)
  local entry = document.is_object(known[request.key]) and known[request.key] or document.object()
  local there = is_there(request.state)
  entry.checked, entry.state = now, request.state
  entry.since = before.state == request.state and before.since or now
  if there then
    entry.there, entry.size = now, request.size
    entry.etag, entry.last_modified = request.etag, request.last_modified
  end
  known[request.key] = entry
end

--- Compares what was found with what was found last, and notes it.
-- @param requests array: as of presence.check, done, with `key` (the URL without its password); each gets
--   `before` (table: state, since, there, size, etag, last_modified of the last check, empty for the first),
--   `changed` (boolean)
-- @param now string: UTC, as in ISO 8601
-- @return true | nil, message, code: where it could not be noted; `before` is set all the same if it could be
--   read
function checks.compare(requests, now)
  local path = checks.path()
  for _, request in ipairs(requests) do
    request.before, request.changed = {}, false
  end
  if not path then
    return nil, "HOME: not set (a home folder expected)", "usage"
  end
  return document.update(path, function(known)
    for _, request in ipairs(requests) do
      if request.state ~= "elsewhere" then
        request.before = entry_of(known, request.key)
        request.changed = has_changed(request.before, request)
        write_entry(known, request, request.before, now)
      end
    end
    return true
  end)
end

return checks
