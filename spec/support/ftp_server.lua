--- An FTP server on loopback.
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local FtpServer = {}
FtpServer.__index = FtpServer
FtpServer.__name = "ftp server"

--- Starts a server; it serves the files in the folder in field `root`, to anybody, and to the user `me` with
-- the password `secret`.
-- @return server with fields root, port, url (without a slash at the end); server:stop() ends it
function FtpServer.start()
  local folder = temp.folder()
  local root = folder .. "/root"
  temp.write(root .. "/.keep", "")
  local command = "exec /usr/bin/python3 -B -E -s spec/support/ftp_server.py %s %s/log"
  local pipe = assert(io.popen(command:format(root, folder), "r"))
  local pid, port = pipe:read("n", "n")
  assert(port, "the FTP server does not start (python3-pyftpdlib is needed)")
  return setmetatable({
    folder = folder, root = root, pid = pid, pipe = pipe, port = math.tointeger(port),
    url = "ftp://127.0.0.1:" .. math.tointeger(port),
  }, FtpServer)
end

--- The commands that came so far, passwords left out.
-- @return array of strings such as "RETR /file"
function FtpServer:commands()
  local commands = {}
  for line in io.lines(self.folder .. "/log") do
    commands[#commands + 1] = line
  end
  return commands
end

--- Ends the server and removes its folder.
function FtpServer:stop()
  program.shell("kill " .. self.pid)
  self.pipe:close()
  temp.remove(self.folder)
end

return FtpServer
