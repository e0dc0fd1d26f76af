--- What went wrong in the world, as an error: an object of `message` and `code` that tostring shows as its
-- message. Iterators raise it, since a loop cannot tell a failure from the end.
local status = require "datamaestro.status"

local failure = {}

local Failure = {
  __name = "failure",
  __tostring = function(self)
    return self.message
  end,
  __concat = function(a, b)
    return tostring(a) .. tostring(b)
  end,
}

--- Raises a failure.
-- @param message string
-- @param code string: of datamaestro.status
function failure.raise(message, code)
  error(setmetatable({ message = message, code = code }, Failure), 0)
end

--- Lua's `assert`, which of `nil, message, code` raises the code too: a script that ends by it has the exit
-- status that the command would have.
-- @param value any: what must be there
-- @param ... any: message and code of the failure
-- @return any: all of its arguments
function failure.assert(value, ...)
  local message, code = ...
  if value then
    return value, ...
  elseif type(message) == "string" and status[code] then
    failure.raise(message, code)
  elseif select("#", ...) == 0 then
    message = "assertion failed!"
  end
  error(message, type(message) == "string" and 2 or 0)
end

return failure
