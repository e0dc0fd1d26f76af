--- Data on standard output: bytes as they are, and no word where a pipeline ends early.
local host = require "datamaestro.api.host"

local output = {}

local ENOSPC = 28 -- on Linux

--- Says that only data follow: from now on, a reader that leaves ends the process as it ends `cat`. Called
-- once nothing is fetched any more.
function output.start()
  host.end_with_reader()
end

--- Writes bytes. A failed write raises: a half result is no result.
-- @param bytes string
function output.write(bytes)
  local written, message, number = io.stdout:write(bytes)
  if not written then
    error({ message = "standard output: " .. message, code = number == ENOSPC and "space" or "error" }, 0)
  end
end

return output
