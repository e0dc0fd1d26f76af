--- What a run has made of a dataset. Records are written now and then, and in the end: what is in place
-- without one is checked and adopted by the next run.
local console = require "datamaestro.api.console"
local contents = require "datamaestro.engine.contents"
local file = require "datamaestro.api.file"
local graph = require "datamaestro.engine.graph"
local place = require "datamaestro.engine.place"
local recipe = require "datamaestro.engine.recipe"
local records = require "datamaestro.engine.records"

local ledger = {}

local Ledger = { __name = "ledger" }
Ledger.__index = Ledger

local PERIOD = 1 -- seconds between two writings, at least: thousands of small files must not wait for it

-- The names of the resources that functions of `custom` are given, as a set.
local function given_in(dataset)
  local given = {}
  for _, resource in ipairs(dataset.resources) do
    for _, name in ipairs(resource.kind == "custom" and graph.requires(resource) or {}) do
      given[name] = true
    end
  end
  return given
end

--- Opens a ledger for a dataset, to be closed: what is complete is recorded even when a run is interrupted.
-- @param store store
-- @param dataset dataset
-- @return ledger
function ledger.open(store, dataset)
  return setmetatable({ store = store, dataset = dataset, states = {}, written = console.now(),
    given = given_in(dataset) }, Ledger)
end

local function complete(resource, record)
  local found = records.complete(record)
  found.recipe = found.recipe or recipe.of(resource)
  return found
end

-- What a function is given must be known to have been fetched, if it is to fetch, too: so that is on disk
-- before it gets its place, with the time by which it is found again after a crash.
local function announce(self, resource, part, record)
  local found = file.stat(part, true)
  if resource.filename == "" or not record or not found or not self.given[resource.name] then
    return true
  end
  local known = records.complete(record)
  known.state, known.made = "none", tostring(found.mtime_ns)
  self.states[resource.name] = known
  return self:flush()
end

-- What was announced of what is in place now, with what is known of it beside.
local function announced(self, resource, record)
  local known = self.store:records(self.dataset)[resource.name]
  local found = known and known.made and file.stat(self.store:path(self.dataset, resource), true)
  if found and tostring(found.mtime_ns) == known.made then
    return records.complete(known, record and record.stored)
  end
  return record
end

--- Gives what is complete, verified and on disk its place.
-- @param resource resource
-- @param part string: its path now
-- @param path string: its path in the end
-- @param record table|nil: what is known of it (records.lua)
-- @param list table|nil: of a folder, as of contents.list
-- @return true | nil, message, code
function Ledger:take(resource, part, path, record, list)
  local done, message, code = true, nil, nil
  if resource.filename == "" then -- it gets there piece by piece, and a piece must not be taken for all of it
    self.states[resource.name] = { state = "partial" }
    done, message, code = self:flush()
  end
  if done then
    done, message, code = announce(self, resource, part, record)
  end
  if done then
    done, message, code = place.publish(resource, part, path, self.store:folder(self.dataset), list)
  end
  if not done then
    file.remove_tree(part)
  end
  local half_done = resource.filename == "" and "partial" or "none"
  self.states[resource.name] = done and complete(resource, record) or { state = half_done }
  if done and console.now() > self.written + PERIOD then
    done, message, code = self:flush()
  end
  return done, message, code
end

--- Removes a resource that is needed no more; that others are complete is on disk before.
-- @param resource resource
-- @param path string: its place
-- @return true | nil, message, code
function Ledger:drop(resource, path)
  local done, message, code = self:flush()
  if done then
    done, message, code = place.remove(resource, path, self.store:folder(self.dataset))
  end
  if done then -- what it was stays known, for locks
    local known = self.store:records(self.dataset)[resource.name] or {}
    known.state = "none"
    self.states[resource.name] = known
  end
  return done, message, code
end

--- Records what is in place and right; a folder's list of contents is made, so that it is noticed when files
-- vanish.
-- @param resource resource
-- @param record table|nil: what is known of it
-- @param list table|nil: of a folder, as of contents.list
-- @return true | nil, message, code
function Ledger:adopt(resource, record, list)
  local done, message, code = true, nil, nil
  if list then
    done, message, code = contents.write(self.store:folder(self.dataset), resource.name, list)
  end
  if done then
    self.states[resource.name] = complete(resource, announced(self, resource, record))
  end
  return done, message, code
end

--- Notes that a resource is not complete.
-- @param resource resource
-- @param state string: "none" | "partial" (then what stands there is not taken for it)
function Ledger:note(resource, state)
  self.states[resource.name] = { state = state }
end

--- Writes what there is to say.
-- @return true | nil, message, code
function Ledger:flush()
  local states = self.states
  self.states, self.written = {}, console.now()
  if next(states) == nil then
    return true
  end
  -- The names must be on disk before a state says that they are.
  local written, message, code = file.sync(self.store:folder(self.dataset))
  if written then
    written, message, code = self.store:set_states(self.dataset, states)
  end
  return written, message, code
end

Ledger.close = Ledger.flush
Ledger.__close = Ledger.flush

return ledger
