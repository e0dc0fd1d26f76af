--- What went wrong in the world, as an error: an object of `message` and `code` that tostring shows as its
-- message. Iterators raise it, since a loop cannot tell a failure from the end.
local status = require "datamaestro.status"

local failure = {}

local lua_assert = assert -- the global one may become ours

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
  if not value and type(message) == "string" and status[code] then
    failure.raise(message, code)
  end
  return lua_assert(value, ...)
end

return failure
