--- An nginx on a free loopback port, with a document root and logs in a folder of its own.
local authority = require "spec.support.authority"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local Nginx = {}
Nginx.__index = Nginx
Nginx.__name = "nginx"

-- One process, as whoever runs the specs. What is in capitals is put in. A connection stays open for any
-- number of requests, so that thousands of small files come over few.
local CONFIGURATION = [[
daemon on;
master_process off;
pid FOLDER/pid;
error_log FOLDER/error.log;
worker_rlimit_nofile 4096;
events { worker_connections 2048; multi_accept on; }
http {
  default_type application/octet-stream;
  types { text/html html; }
  client_body_temp_path FOLDER/tmp; proxy_temp_path FOLDER/tmp; fastcgi_temp_path FOLDER/tmp;
  uwsgi_temp_path FOLDER/tmp; scgi_temp_path FOLDER/tmp;
  keepalive_requests 1000000; keepalive_timeout 300; sendfile on; tcp_nopush on;
  log_format requests '$connection $request_method $request_uri $status $body_bytes_sent "$http_range" '
    '$server_protocol $http_user_agent';
  access_log FOLDER/access.log requests;
  server {
    listen 127.0.0.1:PORT LISTEN;
    listen 127.0.0.2:PORT LISTEN;
    root FOLDER/root;
    OPTIONS
    location = /log-is-written { auth_basic off; access_log off; return 204; }
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

-- The words behind the address to listen at.
local function listen_words(options)
  local words = { options.tls and "ssl" or "", options.tls and options.http2 ~= false and "http2" or "" }
  if options.send_buffer then
    words[#words + 1] = ("sndbuf=%d"):format(options.send_buffer)
  end
  return table.concat(words, " ")
end

-- Who may come in: nginx compares with what crypt(3) makes of the password.
local function write_users(folder, user, password)
  local result = program.shell(("openssl passwd -apr1 %s"):format(program.quote(password)))
  temp.write(folder .. "/users", ("%s:%s\n"):format(user, result.out:match "%S+"))
  return ('auth_basic "specs"; auth_basic_user_file %s/users;'):format(folder)
end

-- The directives that the options stand for; certificates are made in `folder`.
local function directives(folder, options)
  local found = {}
  local function add(text, ...)
    found[#found + 1] = text:format(...)
  end
  if options.tls then
    local pair = authority.make(folder)
    add("ssl_certificate %s; ssl_certificate_key %s;", pair.certificate, pair.key)
  end
  if options.ranges == false then
    add "max_ranges 0;"
  end
  if options.limit_rate then
    add("limit_rate %s;", options.limit_rate)
  end
  if options.user then
    add("%s", write_users(folder, options.user, options.password))
  end
  for from, to in pairs(options.redirects or {}) do
    add("location = %s { return 302 %s; }", from, to)
  end
  return table.concat(found, "\n    ")
end

-- nginx goes into the background only after it listens, so there is nothing to wait for.
local function try_port(folder, port, values)
  values.PORT = tostring(port)
  temp.write(folder .. "/nginx.conf", (CONFIGURATION:gsub("%f[%w]%u+%f[%W]", values)))
  local command = "PATH=$PATH:/usr/sbin exec nginx -p %s -c %s/nginx.conf -e %s/error.log"
  return program.shell(command:format(folder, folder, folder))
end

--- Starts a server; it serves the files in the folder in field `root`, at 127.0.0.1 and 127.0.0.2.
-- @param options table|nil: `tls` (boolean: https, with a certificate signed by the authority in field
--   `ca_file`), `http2` (boolean: over https also HTTP/2; default true), `ranges` (boolean: whether parts are
--   served; default true), `limit_rate` (string: bytes/s of each connection, such as "20m"), `send_buffer`
--   (integer: bytes of the kernel's buffer of each connection), `user` and `password` (strings: what basic
--   authentication must say), `redirects` (table: path → URL), `extra` (string: configuration for the server
--   block)
-- @return server with fields root, port, url (without a slash at the end), ca_file; server:stop() ends it
function Nginx.start(options)
  options = options or {}
  local folder = temp.folder()
  run("mkdir %s/root %s/tmp", folder, folder)
  local values = {
    FOLDER = folder, LISTEN = listen_words(options), OPTIONS = directives(folder, options),
    EXTRA = options.extra or "",
  }
  local port, result
  for _ = 1, 3 do -- another process may take the port first
    port = find_port()
    result = try_port(folder, port, values)
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
    ca_file = options.tls and folder .. "/ca.pem" or nil,
  }, Nginx)
end

--- Shows a file of this machine under the root.
-- @param path string: absolute
function Nginx:link(path)
  run("ln -s %s %s/", program.quote(path), self.root)
end

--- What was asked for so far, in the order in which the answers ended.
-- An answer may be here before its line is in the log; a further request is not served before that is.
-- @return array of {connection (integer), method, path, status (integer), sent (integer: bytes of the body
--   that went to the kernel; not all of them need have come to the client), range (string|nil: the header),
--   protocol ("HTTP/1.1", "HTTP/2.0"), user_agent}
function Nginx:requests()
  local requests = {}
  run("curl --silent --show-error --insecure --noproxy '*' %s/log-is-written", self.url)
  for line in io.lines(self.folder .. "/access.log") do
    local connection, method, path, status, sent, range, protocol, user_agent =
      line:match '^(%d+) (%S+) (%S+) (%d+) (%d+) "([^"]*)" (%S+) (.*)$'
    requests[#requests + 1] = {
      connection = tonumber(connection), method = method, path = path, status = tonumber(status),
      sent = tonumber(sent), range = range ~= "-" and range or nil, protocol = protocol,
      user_agent = user_agent,
    }
  end
  return requests
end

--- Forgets what was asked for so far.
function Nginx:forget()
  run("curl --silent --show-error --insecure --noproxy '*' %s/log-is-written", self.url)
  run(": >%s/access.log", self.folder) -- nginx appends
end

--- Ends the server at once and removes its folder.
function Nginx:stop()
  run("kill -9 %s", temp.read(self.folder .. "/pid"):match "%d+")
  temp.remove(self.folder)
end

return Nginx
