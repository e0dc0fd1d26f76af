--- What a run has made: publishes files and records states, with as few waits for the disk as safety allows.
-- A file is published when the next one is there, so that its bytes are on their way to disk meanwhile.
-- States are written once, in the end: a file that is in place without a state is checked and adopted by the
-- next run.
local file = require "datamaestro.api.file"

local ledger = {}

local Ledger = { __name = "ledger" }
Ledger.__index = Ledger

--- Opens a ledger for a dataset, to be closed: what is complete is recorded even when a run is interrupted.
-- @param store store
-- @param dataset dataset
-- @param done function(resource, path): called for each file that was published
-- @return ledger
function ledger.open(store, dataset, done)
  return setmetatable({ store = store, dataset = dataset, done = done, states = {} }, Ledger)
end

-- Publishes the file that waits; true | nil, message, code.
local function publish(self)
  local waiting = self.waiting
  if not waiting then
    return true
  end
  self.waiting = nil
  local published, message, code = file.publish(waiting.part, waiting.path)
  if not published then
    file.remove(waiting.part)
    self.states[waiting.resource.name] = "none"
    return nil, message, code
  end
  self.states[waiting.resource.name] = "complete"
  self.done(waiting.resource, waiting.path)
  return true
end

--- Takes a file that is complete and verified under its part's name.
-- @param resource resource
-- @param part string: its path now
-- @param path string: its path in the end
-- @return true | nil, message, code: of the file before it
function Ledger:take(resource, part, path)
  local published, message, code = publish(self)
  self.waiting = { resource = resource, part = part, path = path }
  return published, message, code
end

--- Notes a resource's state.
-- @param resource resource
-- @param state string: "none" | "complete"
function Ledger:note(resource, state)
  self.states[resource.name] = state
end

--- Publishes the last file and writes the states.
-- @return true | nil, message, code
function Ledger:close()
  local done, message, code = publish(self)
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
