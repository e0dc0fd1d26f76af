--- A loopback server that fails in the way that a URL's path asks for: see faults.py and resume_faults.py.
local json = require "datamaestro.json"
local program = require "spec.support.program"

local FaultServer = {}
FaultServer.__index = FaultServer
FaultServer.__name = "fault server"

-- The system's Python, without the user's settings, which leaves no compiled files beside the sources.
local PYTHON = "exec /usr/bin/python3 -B -E -s spec/support/fault_server.py "

--- Starts a server.
-- @param options table|nil: `root` (string: the folder of the files that `?file=` names), `authority` (table:
--   of authority.make; the server then speaks https)
-- @return server with fields url (without a slash at the end), port; server:stop() ends it
function FaultServer.start(options)
  options = options or {}
  local words = { PYTHON }
  if options.root then
    words[#words + 1] = "--root " .. program.quote(options.root)
  end
  local authority = options.authority
  if authority then
    words[#words + 1] = "--tls " .. program.quote(authority.certificate)
    words[#words + 1] = program.quote(authority.key)
  end
  local pipe = assert(io.popen(table.concat(words, " "), "r"))
  local pid, port = pipe:read("n", "n")
  assert(port, "the fault server does not start")
  return setmetatable({
    pid = pid, pipe = pipe, port = math.tointeger(port),
    url = ("%s://127.0.0.1:%d"):format(authority and "https" or "http", port),
  }, FaultServer)
end

--- The bytes that `?seed=SEED&size=SIZE` stands for.
-- @param seed string
-- @param size integer
-- @return string
function FaultServer.bytes(seed, size)
  return program.shell(PYTHON .. ("--bytes %s %d"):format(program.quote(seed), size)).out
end

function FaultServer:control(what)
  local result = program.shell(("curl -sS --insecure --noproxy '*' %s/%s"):format(self.url, what))
  assert(result.status == 0, result.err)
  return result.out
end

--- What was asked for so far, in the order in which it came.
-- @return array of {method, path (string: with the query), range, if_range, host (strings|json.null:
--   headers), authorization, cookie (booleans: whether they came), sent (integer: bytes of the body)}
function FaultServer:requests()
  return json.decode(self:control "log")
end

--- Forgets what was asked for so far, also what `?times=` counts.
function FaultServer:forget()
  self:control "forget"
end

--- Ends all connections that the server holds open.
function FaultServer:release()
  self:control "release"
end

--- Ends the server.
function FaultServer:stop()
  program.shell("kill " .. self.pid)
  self.pipe:close() -- waits for it
end

return FaultServer
