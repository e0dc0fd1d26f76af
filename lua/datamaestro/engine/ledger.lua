--- What a run has made: publishes files and records states, with as little waiting for the disk as is safe.
-- Each file is published on a thread of its own while the next ones are fetched. States are written once, in
-- the end: a file that is in place without a state is checked and adopted by the next run.
local file = require "datamaestro.api.file"

local ledger = {}

local UNDER_WAY_MAXIMUM = 8 -- files, and threads, that wait for the disk at once

local Ledger = { __name = "ledger" }
Ledger.__index = Ledger

--- Opens a ledger for a dataset, to be closed: what is complete is recorded even when a run is interrupted.
-- @param store store
-- @param dataset dataset
-- @param done function(resource, path): called for each file that was published
-- @return ledger
function ledger.open(store, dataset, done)
  return setmetatable({ store = store, dataset = dataset, done = done, states = {}, under_way = {} }, Ledger)
end

-- Waits for the oldest file under way; true | nil, message, code.
local function finish_one(self)
  local entry = table.remove(self.under_way, 1)
  local published, message, code = entry.publication:wait()
  if not published then
    file.remove(entry.part)
    self.states[entry.resource.name] = "none"
    return nil, message, code
  end
  self.states[entry.resource.name] = "complete"
  self.done(entry.resource, entry.path)
  return true
end

-- Finishes files while `condition` of the oldest one holds; true | nil and the first failure.
local function finish_while(self, condition)
  local done, message, code = true, nil, nil
  while self.under_way[1] and condition(self.under_way[1]) do
    local published, why, kind = finish_one(self)
    if done and not published then
      done, message, code = published, why, kind
    end
  end
  return done, message, code
end

--- Takes a file that is complete and verified under its part's name.
-- @param resource resource
-- @param part string: its path now
-- @param path string: its path in the end
-- @return true | nil, message, code: of this file, or of one before it
function Ledger:take(resource, part, path)
  local publication, message, code = file.publish_start(part, path)
  if not publication then
    file.remove(part)
    self.states[resource.name] = "none"
    return nil, message, code
  end
  table.insert(self.under_way, { resource = resource, part = part, path = path, publication = publication })
  return finish_while(self, function(oldest)
    return #self.under_way > UNDER_WAY_MAXIMUM or oldest.publication:is_finished()
  end)
end

--- Notes a resource's state.
-- @param resource resource
-- @param state string: "none" | "complete"
function Ledger:note(resource, state)
  self.states[resource.name] = state
end

--- Waits for the files under way and writes the states.
-- @return true | nil, message, code
function Ledger:close()
  local done, message, code = finish_while(self, function()
    return true
  end)
  local states = self.states
  self.states = {}
  if next(states) == nil then
    return done, message, code
  end
  -- The names must be on disk before a state says that they are.
  local written, why, kind = file.sync(self.store:folder(self.dataset))
  if written then
    written, why, kind = self.store:set_states(self.dataset, states)
  end
  if done then
    return written, why, kind
  end
  return done, message, code
end

Ledger.__close = Ledger.close

return ledger
