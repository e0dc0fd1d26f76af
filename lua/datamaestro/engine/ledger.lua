--- What a run has made of a dataset. States are written once, in the end: a file that is in place without a
-- state is checked and adopted by the next run.
local file = require "datamaestro.api.file"

local ledger = {}

local Ledger = { __name = "ledger" }
Ledger.__index = Ledger

--- Opens a ledger for a dataset, to be closed: what is complete is recorded even when a run is interrupted.
-- @param store store
-- @param dataset dataset
-- @return ledger
function ledger.open(store, dataset)
  return setmetatable({ store = store, dataset = dataset, states = {} }, Ledger)
end

--- Gives a file that is complete, verified and on disk its name.
-- @param resource resource
-- @param part string: its path now
-- @param path string: its path in the end
-- @return true | nil, message, code
function Ledger:take(resource, part, path)
  local moved, message, code = file.move(part, path)
  if not moved then
    file.remove(part)
  end
  self.states[resource.name] = moved and "complete" or "none"
  return moved, message, code
end

--- Notes a resource's state.
-- @param resource resource
-- @param state string: "none" | "complete"
function Ledger:note(resource, state)
  self.states[resource.name] = state
end

--- Writes the states.
-- @return true | nil, message, code
function Ledger:close()
  local states = self.states
  self.states = {}
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

Ledger.__close = Ledger.close

return ledger
