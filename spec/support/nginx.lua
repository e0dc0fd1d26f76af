--- An nginx on a free loopback port, with a document root and logs in a folder of its own.
local workspace = require "spec.support.workspace"

local Nginx = {}
Nginx.__index = Nginx
Nginx.__name = "nginx"

local CONFIGURATION = [[
daemon on;
master_process off;
pid FOLDER/pid;
error_log FOLDER/error.log notice;
events { worker_connections 64; }
http {
  access_log FOLDER/access.log;
  default_type application/octet-stream;
  types { text/html html; }
  client_body_temp_path FOLDER/tmp; proxy_temp_path FOLDER/tmp; fastcgi_temp_path FOLDER/tmp;
  uwsgi_temp_path FOLDER/tmp; scgi_temp_path FOLDER/tmp;
  log_format connections '$connection $request';
  access_log FOLDER/connections.log connections;
  server {
    listen 127.0.0.1:PORT TLS;
    root FOLDER/root;
    CERTIFICATE
    EXTRA
  }
}
]]

local function read_used_ports()
  local used = {}
  for _, table_of in ipairs { "/proc/net/tcp", "/proc/net/tcp6" } do
    for port in (workspace.read(table_of) or ""):gmatch(":%x+:(%x%x%x%x) ") do used[tonumber(port, 16)] = true end
    for port in (workspace.read(table_of) or ""):gmatch("%x+:(%x%x%x%x) ") do used[tonumber(port, 16)] = true end
  end
  return used
end

--- A port that nothing uses now.
-- @return integer
local function find_port()
  local used = read_used_ports()
  for _ = 1, 1000 do
    local port = math.random(20000, 29999)
    if not used[port] then return port end
  end
  error("no free port from 20000 to 29999")
end

-- A certificate for 127.0.0.1 that no system trusts.
local function make_certificate(folder)
  workspace.run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
    .. "-addext subjectAltName=IP:127.0.0.1 -keyout '%s/key.pem' -out '%s/cert.pem' 2>&1", folder, folder)
  return ("ssl_certificate %s/cert.pem; ssl_certificate_key %s/key.pem;"):format(folder, folder)
end

local function try_start(folder, options)
  local port = find_port()
  local values = {
    FOLDER = folder,
    PORT = tostring(port),
    EXTRA = options.extra or "",
    TLS = options.tls and "ssl http2" or "",
    CERTIFICATE = options.tls and make_certificate(folder) or "",
  }
  workspace.write(folder .. "/nginx.conf", (CONFIGURATION:gsub("%u+", values)))
  -- nginx goes into the background only after it listens, so there is nothing to wait for.
  local path = "PATH=$PATH:/usr/sbin:/sbin"
  if os.execute(("%s nginx -p '%s' -c '%s/nginx.conf' -e '%s/error.log' >'%s/start.log' 2>&1"):format(
      path, folder, folder, folder, folder)) then
    return port
  end
  return nil
end

--- Starts a server; files come from the folder in field `root`.
-- @param options table: `tls` boolean (https with a certificate in field `ca_file`), `extra` string
-- (configuration of the server block)
-- @return server: fields `root`, `url` (without a last slash), `port`, `ca_file`; server:stop() ends it
function Nginx.start(options)
  options = options or {}
  local folder = workspace.create()
  workspace.run("mkdir '%s/root' '%s/tmp'", folder, folder)
  local port
  for _ = 1, 5 do
    port = try_start(folder, options)
    if port then break end
  end
  if not port then
    error("nginx does not start: " .. (workspace.read(folder .. "/start.log") or ""))
  end
  return setmetatable({
    folder = folder,
    root = folder .. "/root",
    port = port,
    url = ("%s://127.0.0.1:%d"):format(options.tls and "https" or "http", port),
    ca_file = options.tls and folder .. "/cert.pem" or nil,
  }, Nginx)
end

--- What was asked for so far.
-- @return array of {connection = number of the connection, request = "GET /… HTTP/1.1"}
function Nginx:requests()
  local requests = {}
  for connection, request in (workspace.read(self.folder .. "/connections.log") or ""):gmatch("(%d+) ([^\n]*)\n") do
    requests[#requests + 1] = { connection = tonumber(connection), request = request }
  end
  return requests
end

--- Ends the server and removes its folder.
function Nginx:stop()
  local pid = assert(workspace.read(self.folder .. "/pid"), "nginx wrote no pid"):match("%d+")
  workspace.run("kill %s && timeout 10 tail --pid=%s -f /dev/null", pid, pid)
  workspace.remove(self.folder)
end

return Nginx
