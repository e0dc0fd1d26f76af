--- A loopback server that fails in the way that a URL's path asks for; fault_server.py has the list.
local program = require "spec.support.program"

local FaultServer = {}
FaultServer.__index = FaultServer
FaultServer.__name = "fault server"

--- Starts a server.
-- @return server with field url (without a slash at the end); server:stop() ends it
function FaultServer.start()
  local pipe = assert(io.popen("exec python3 -I spec/support/fault_server.py", "r"))
  local pid, port = pipe:read("n", "n")
  assert(port, "the fault server does not start")
  return setmetatable({ pid = pid, pipe = pipe, url = "http://127.0.0.1:" .. port }, FaultServer)
end

--- Ends the server.
function FaultServer:stop()
  program.shell("kill " .. self.pid)
  self.pipe:close() -- waits for it
end

return FaultServer
