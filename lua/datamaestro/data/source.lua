--- Where the bytes of a file come from.

local source = {}

--- The options that readers of a file take.
-- @param path string
-- @return table | nil, message, code
function source.options(path) -- luacheck: ignore
  return {}
end

local Failure = { __name = "failure" }

function Failure.__tostring(failure)
  return failure.message
end

--- Raises a failure as the iterators of files do: a loop cannot tell it from the end.
-- @param message string
-- @param code string
function source.raise(message, code)
  error(setmetatable({ message = message, code = code }, Failure), 0)
end

return source
