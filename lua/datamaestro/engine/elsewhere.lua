--- Files that the stores of others have, of datasets that are not complete there: copied, where they are
-- what is declared, rather than fetched.
local file = require "datamaestro.api.file"
local reading = require "datamaestro.engine.reading"
local resources = require "datamaestro.engine.resources"
local sources = require "datamaestro.engine.sources"
local verify = require "datamaestro.engine.verify"

local elsewhere = {}

-- What no further place can mend.
local FINAL = { interrupted = true, space = true }

-- Whether a file may be the resource, as far as a look tells: a digest will prove it, or its state and size
-- speak for it. What a link leads to may be anything.
local function may_be(place, declared)
  local found = file.stat(place.path, true)
  if not found or found.type ~= "file" or (declared.size and declared.size ~= found.size) then
    return false
  end
  return verify.digest(declared) ~= nil or (declared.size ~= nil and place.recorded)
end

-- Copies a file if it is what is declared; true, its record | nil | nil, message, code for a failure of ours.
local function copy(place, part, declared, context, label)
  local url = sources.file_url(place.path)
  context.observe { event = "start", file = label, url = url, total = declared.size }
  local found, message, code = reading.copy(place.path, part, verify.digest(declared), context.scheduler)
  if not found and FINAL[code] then
    return nil, message, code
  end
  local right, difference
  if found then
    right, difference = verify.matches(declared, found)
  end
  if right then
    context.observe { event = "finish", file = label, received = found.size }
    return true, { source = url, stored = found }
  end
  file.remove(part)
  context.warn(("%s: %s; it is fetched"):format(label, message or place.path .. ": " .. difference))
  return nil
end

-- What a file must be: what is locked, else what is declared | nil where nothing is, or there are no stores.
local function declared_of(resource, context)
  local kind = resources.kind(resource)
  if kind.stands ~= "file" or not context.store.sites then
    return nil
  end
  local locked = context.locked and context.locked.stored
  local declared = locked and locked.sha256 and locked or kind.stored(resource)
  return (declared.size or verify.digest(declared)) and declared
end

-- The next place where a resource may be, and what it must be.
local function places(resource, context, dataset)
  local declared = declared_of(resource, context)
  local list, i = declared and context.store:elsewhere(dataset, resource) or {}, 0
  return function()
    repeat
      i = i + 1
    until not list[i] or may_be(list[i], declared)
    return list[i], declared
  end
end

--- Where a store of others has a file that is copied rather than fetched, if it turns out to be right.
-- @param resource resource
-- @param context table: as of elsewhere.take
-- @param dataset dataset
-- @return string | nil: a path
function elsewhere.find(resource, context, dataset)
  local place = places(resource, context, dataset)()
  return place and place.path
end

--- Makes a resource of what a store of others has of it. In a task.
-- @param resource resource
-- @param part string: the file to make
-- @param context table: of the run; `locked` (of a lock's entry, or nil) goes before what is declared
-- @param dataset dataset
-- @return true, record (as of a kind's make) | nil where none has it | nil, message, code: "space" or
--   "interrupted"
function elsewhere.take(resource, part, context, dataset)
  local label = ("%s: %s"):format(dataset.id, resource.name)
  for place, declared in places(resource, context, dataset) do
    local done, message, code = copy(place, part, declared, context, label)
    if done or code then
      return done, message, code
    end
  end
  return nil
end

return elsewhere
