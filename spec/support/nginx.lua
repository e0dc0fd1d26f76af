--- An nginx on a free loopback port, with a document root and logs in a folder of its own.
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local Nginx = {}
Nginx.__index = Nginx
Nginx.__name = "nginx"

-- One process, as whoever runs the specs. What is in capitals is put in.
local CONFIGURATION = [[
daemon on;
master_process off;
pid FOLDER/pid;
error_log FOLDER/error.log;
events { worker_connections 64; }
http {
  default_type application/octet-stream;
  types { text/html html; }
  client_body_temp_path FOLDER/tmp; proxy_temp_path FOLDER/tmp; fastcgi_temp_path FOLDER/tmp;
  uwsgi_temp_path FOLDER/tmp; scgi_temp_path FOLDER/tmp;
  log_format connections '$connection $request_method $request_uri $http_user_agent';
  access_log FOLDER/access.log connections;
  server {
    listen 127.0.0.1:PORT TLS;
    root FOLDER/root;
    CERTIFICATE
    location = /log-is-written { access_log off; return 204; }
    EXTRA
  }
}
]]

local function read_used_ports()
  local used = {}
  for line in io.lines "/proc/net/tcp" do
    local port = line:match "^%s*%d+: %x+:(%x+)"
    if port then
      used[tonumber(port, 16)] = true
    end
  end
  return used
end

local function find_port()
  local used = read_used_ports()
  local port
  repeat
    port = math.random(20000, 29999)
  until not used[port]
  return port
end

local function run(command, ...)
  local result = program.shell(command:format(...))
  assert(result.status == 0, command .. ": " .. result.err)
end

-- A certificate for 127.0.0.1 that no system trusts.
local function make_certificate(folder)
  run("openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 "
    .. "-addext subjectAltName=IP:127.0.0.1 -keyout %s/key.pem -out %s/cert.pem", folder, folder)
  return ("ssl_certificate %s/cert.pem; ssl_certificate_key %s/key.pem;"):format(folder, folder)
end

-- nginx goes into the background only after it listens, so there is nothing to wait for.
local function try_port(folder, port, options)
  local values = {
    FOLDER = folder,
    PORT = tostring(port),
    EXTRA = options.extra or "",
    TLS = options.tls and "ssl http2" or "",
    CERTIFICATE = options.tls and make_certificate(folder) or "",
  }
  temp.write(folder .. "/nginx.conf", (CONFIGURATION:gsub("%f[%w]%u+%f[%W]", values)))
  local command = "PATH=$PATH:/usr/sbin exec nginx -p %s -c %s/nginx.conf -e %s/error.log"
  return program.shell(command:format(folder, folder, folder))
end

--- Starts a server; it serves the files in the folder in field `root`.
-- @param options table|nil: `tls` (boolean: https, with a certificate of its own in field `ca_file`), `extra`
--   (string: configuration for the server block)
-- @return server with fields root, port, url (without a slash at the end), ca_file; server:stop() ends it
function Nginx.start(options)
  options = options or {}
  local folder = temp.folder()
  run("mkdir %s/root %s/tmp", folder, folder)
  local port, result
  for _ = 1, 3 do -- another process may take the port first
    port = find_port()
    result = try_port(folder, port, options)
    if result.status == 0 then
      break
    end
  end
  assert(result.status == 0, "nginx does not start: " .. result.err)
  return setmetatable({
    folder = folder,
    root = folder .. "/root",
    port = port,
    url = ("%s://127.0.0.1:%d"):format(options.tls and "https" or "http", port),
    ca_file = options.tls and folder .. "/cert.pem" or nil,
  }, Nginx)
end

--- Shows a file of this machine under the root.
-- @param path string: absolute
function Nginx:link(path)
  run("ln -s %s %s/", program.quote(path), self.root)
end

--- What was asked for so far.
-- An answer may be here before its line is in the log; a further request is not served before that is.
-- @return array of {connection (integer), method, path, user_agent}
function Nginx:requests()
  local requests = {}
  run("curl --silent --show-error --insecure %s/log-is-written", self.url)
  for line in io.lines(self.folder .. "/access.log") do
    local connection, method, path, user_agent = line:match "^(%d+) (%S+) (%S+) (.*)$"
    requests[#requests + 1] = {
      connection = tonumber(connection), method = method, path = path, user_agent = user_agent,
    }
  end
  return requests
end

--- Ends the server at once and removes its folder.
function Nginx:stop()
  run("kill -9 %s", temp.read(self.folder .. "/pid"):match "%d+")
  temp.remove(self.folder)
end

return Nginx
