--- `datamaestro lock --diff FILE`: what has changed since a lock was made.
local families = require "datamaestro.cli.families"
local frozen = require "datamaestro.engine.frozen"
local json = require "datamaestro.json"
local lock = require "datamaestro.engine.lock"
local text = require "datamaestro.text"

local lock_diff = {}

-- The datasets of a lock, those that there still are; problems: id → message.
local function datasets_of(session, keys)
  local datasets, missing = {}, {}
  for _, key in ipairs(keys) do
    local dataset, message = session:registry():ready(key)
    if dataset then
      datasets[#datasets + 1] = dataset
    else
      missing[#missing + 1] = { id = key, message = message }
    end
  end
  return datasets, missing
end

-- --- Definitions and data -----------------------------------------------------------------------------

local function look_at(store, dataset, lock_file, changes)
  local differences = lock_file:differences(dataset)
  if not differences then
    changes[#changes + 1] = { what = "definition", id = dataset.id, found = "not locked" }
  end
  for _, one in ipairs(differences or {}) do
    changes[#changes + 1] = { what = "definition", id = dataset.id, resource = one.resource,
      field = one.field, found = one.new, locked = one.old }
  end
  for _, message in ipairs(frozen.in_place(store, dataset, lock_file)) do
    local path, found, locked = message:match "^(.-): (.-) %((%x+) is locked%)$"
    changes[#changes + 1] = { what = "data", id = dataset.id, path = path, found = found or message,
      locked = locked }
  end
end

-- --- Sources ------------------------------------------------------------------------------------------

-- What was fetched, by the URLs that it came from.
local function add_requests(requests, dataset, lock_file)
  for _, resource in ipairs(dataset.resources) do
    local entry = lock_file:entry(dataset, resource.name) or {}
    for _, one in ipairs(entry.fetched or { entry }) do
      if one.source and one.source:find "^%a[%w+.-]*://" and one.served then
        requests[#requests + 1] = { url = one.source, declared = one.served.size, id = dataset.id,
          resource = resource.name }
      end
    end
  end
end

local CHANGED = { size = true, gone = true, unreachable = true, refused = true }

local function ask(session, store, requests, changes)
  local done, message, code = session:check_sources(store, requests, function() end)
  if not done then
    return nil, message, code
  end
  for _, request in ipairs(requests) do
    if CHANGED[request.state] then
      local found = request.message:gsub("^" .. text.url(request.url):gsub("%p", "%%%0") .. ": ", "")
      changes[#changes + 1] = { what = "source", id = request.id, resource = request.resource,
        url = request.url, state = request.state, found = found:gsub(" declared%)$", " locked)"),
        locked = tostring(request.declared or "") }
    end
  end
  return true
end

-- --- What is said -------------------------------------------------------------------------------------

local function line_of(change)
  if change.what == "data" then
    return ("%s: %s (%s is locked)"):format(change.path or change.id, change.found, change.locked or "other")
  elseif change.what == "source" then
    return ("%s: %s: %s"):format(change.id, text.url(change.url), change.found)
  elseif not change.locked then
    return ("%s: %s"):format(change.id, change.found)
  end
  return ("%s: %s: %s (%s is locked)"):format(change.id, frozen.name(change), change.found, change.locked)
end

local function print_json(session, changes)
  local list = json.array {}
  for i, change in ipairs(changes) do
    list[i] = families.ordered {
      { "what", change.what }, { "id", change.id }, { "resource", change.resource },
      { "field", change.field }, { "path", change.path }, { "url", change.url }, { "state", change.state },
      { "found", change.found }, { "locked", change.locked },
    }
  end
  session:print_json(list)
end

local CODES = { { "definition", "definition" }, { "data", "checksum" } }

local function status_of(changes)
  local has = {}
  for _, change in ipairs(changes) do
    has[change.what] = true
    has.sizes = has.sizes or change.state == "size"
  end
  for _, pair in ipairs(CODES) do
    if has[pair[1]] then
      return pair[2]
    end
  end
  return has.sizes and "checksum" or has.source and "network" or nil
end

-- All changes | nil, message, code.
local function find(session, store, lock_file, keys)
  local datasets, missing = datasets_of(session, keys)
  local changes, requests = {}, {}
  for _, one in ipairs(missing) do
    changes[#changes + 1] = { what = "definition", id = one.id, found = one.message }
  end
  for _, dataset in ipairs(datasets) do
    look_at(store, dataset, lock_file, changes)
    add_requests(requests, dataset, lock_file)
  end
  if not session.offline then
    local done, message, code = ask(session, store, requests, changes)
    if not done then
      return nil, message, code
    end
  end
  return changes
end

--- Runs it.
-- @param session session
-- @param arguments table: diff (path of the lock), ids (array: of its datasets; empty for all)
-- @return true | status | nil, message, code
function lock_diff.run(session, arguments)
  local lock_file, message, code = lock.read(arguments.diff)
  local store, changes
  if lock_file then
    store, message, code = session:store()
  end
  if store then
    local keys = #arguments.ids > 0 and arguments.ids or lock_file.keys
    changes, message, code = find(session, store, lock_file, keys)
  end
  if not changes then
    return nil, message, code
  end
  if session.json then
    print_json(session, changes)
  else
    for _, change in ipairs(changes) do
      session:print(text.line(line_of(change)))
    end
  end
  local verdict = status_of(changes)
  return not verdict or require "datamaestro.status"[verdict]
end

return lock_diff
