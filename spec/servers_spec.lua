-- The servers that other specs fetch from do what they are asked to, as curl sees it.
local FaultServer = require "spec.support.fault_server"
local FtpServer = require "spec.support.ftp_server"
local Nginx = require "spec.support.nginx"
local authority = require "spec.support.authority"
local json = require "datamaestro.json"
local preload = require "spec.support.preload"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

-- The answer to `curl ARGUMENTS`: status of curl, status of HTTP, body.
local function curl(arguments, ...)
  local result = program.shell("curl -sS --noproxy '*' -w '\\n%{http_code}' " .. arguments:format(...))
  local body, code = result.out:match "^(.*)\n(%d+)$"
  return { curl = result.status, status = tonumber(code), body = body }
end

describe("the fault server", function()
  local server, folder

  setup(function()
    folder = temp.folder()
    temp.write(folder .. "/file", "content of a file")
    server = FaultServer.start { root = folder }
  end)

  teardown(function()
    server:stop()
    temp.remove(folder)
  end)

  before_each(function()
    server:forget()
  end)

  it("serves parts of what it is told to, and says what it was asked for", function()
    local answer = curl("-r 3-9 -u me:secret '%s/good?file=file'", server.url)
    assert.are.same({ curl = 0, status = 206, body = "tent of" }, answer)
    assert.are.equal(416, curl("-r 99- '%s/good?file=file'", server.url).status)
    assert.are.same({
      method = "GET", path = "/good?file=file", range = "bytes=3-9", if_range = json.null,
      host = server.url:gsub("http://", ""), authorization = true, cookie = false, sent = 7,
    }, server:requests()[1])
  end)

  it("serves a part only of the version that If-Range names", function()
    local url = server.url .. "/good?size=100"
    local bytes = FaultServer.bytes("0", 100)
    local tag = program.shell(("curl -sSI '%s'"):format(url)).out:match 'ETag: ("%x+")'
    assert.are.equal(bytes:sub(51), curl("-r 50- -H 'If-Range: %s' '%s'", tag, url).body)
    assert.are.equal(bytes, curl("-r 50- -H 'If-Range: \"other\"' '%s'", url).body)
    assert.are.equal(bytes, curl("-r 50- -H 'If-Range: W/%s' '%s&etag=weak'", tag, url).body)
  end)

  it("fails as often as it is told to, then serves well", function()
    local url = server.url .. "/drop?size=1000&after=10&times=2"
    assert.are.same({ 18, 18, 0 }, { curl("'%s'", url).curl, curl("'%s'", url).curl, curl("'%s'", url).curl })
    local sent = {}
    for at, request in ipairs(server:requests()) do
      sent[at] = request.sent
    end
    assert.are.same({ 10, 10, 1000 }, sent)
  end)

  it("continues in the way that it is told to", function()
    local function continued(kind)
      local url = ("%s/resume/%s?size=1000&after=100"):format(server.url, kind)
      assert.are.equal(18, curl("'%s'", url).curl)
      local answer = curl("-r 100- -H 'If-Range: \"x\"' '%s'", url)
      return { answer.status, #answer.body }
    end
    assert.are.same({ 206, 910 }, continued "start")
    assert.are.same({ 206, 904 }, continued "more")
    assert.are.same({ 200, 1000 }, continued "ignored")
    assert.are.same({ 200, 1000 }, continued "changed")
    assert.are.same({ 206, 900 }, continued "changed-unasked")
    assert.are.same({ 416, 0 }, continued "416-bare")
  end)

  it("lets go of the connections that it holds", function()
    local result = program.shell(([[cd %s; mkfifo pipe; curl -sSN '%s/stall?size=1000&after=10' >pipe &
      exec 3<pipe; head -c 10 <&3 >/dev/null
      curl -sS %s/release; wait $!]]):format(folder, server.url, server.url))
    assert.matches("%(18%) transfer closed with 990 bytes remaining to read", result.err)
  end)

  it("speaks https under an authority of its own", function()
    local pair = authority.make(folder)
    local secure = FaultServer.start { authority = pair }
    assert.are.equal(200, curl("--cacert %s %s/good", pair.ca_file, secure.url).status)
    assert.are.equal(60, curl("%s/good", secure.url).curl)
    secure:stop()
  end)
end)

describe("nginx", function()
  it("asks for users, redirects, and knows no ranges where it is told so", function()
    local server = Nginx.start {
      user = "me", password = "secret", ranges = false, redirects = { ["/a"] = "/b" },
    }
    temp.write(server.root .. "/b", "content")
    assert.are.equal(401, curl("%s/b", server.url).status)
    assert.are.same({ curl = 0, status = 200, body = "content" },
      curl("-r 3- -L -u me:secret %s/a", server.url))
    local seen = {}
    for at, request in ipairs(server:requests()) do
      seen[at] = ("%s %d %s"):format(request.path, request.status, request.range or "whole")
    end
    server:stop()
    assert.are.same({ "/b 401 whole", "/a 302 bytes=3-", "/b 200 bytes=3-" }, seen)
  end)

  it("serves many requests of one connection over HTTP/2", function()
    local server = Nginx.start { tls = true }
    temp.write(server.root .. "/a", "content")
    assert.are.equal(200, curl("--http2 --cacert %s '%s/a?[1-1500]'", server.ca_file, server.url).status)
    local requests = server:requests()
    local first, last = requests[1], requests[#requests]
    server:forget()
    assert.are.same({}, server:requests())
    server:stop()
    assert.are.equal(1500, #requests)
    assert.are.same({ first.connection, "HTTP/2.0", 7 }, { last.connection, last.protocol, last.sent })
  end)
end)

describe("the FTP server", function()
  it("serves files and parts of them, and says what it was asked for", function()
    local server = FtpServer.start()
    temp.write(server.root .. "/file", "content")
    local result = program.shell(("curl -sS -r 3- %s/file"):format(server.url))
    local commands = server:commands()
    server:stop()
    assert.are.equal("tent", result.out)
    assert.are.same({ "USER anonymous", "PASS ...", "REST 3", "RETR file" },
      { commands[1], commands[2], commands[#commands - 2], commands[#commands - 1] })
  end)
end)

describe("the lying locks", function()
  it("are had by all who ask", function()
    local folder = temp.folder()
    local command = "flock -n %s/lock %s flock -n %s/lock echo both"
    local env = preload.build("lying_flock", folder)
    local environment = "env LD_PRELOAD=" .. env.LD_PRELOAD
    local alone = program.shell(command:format(folder, "", folder))
    local both = program.shell(command:format(folder, environment, folder))
    temp.remove(folder)
    assert.are.same({ 1, "" }, { alone.status, alone.out })
    assert.are.same({ 0, "both\n" }, { both.status, both.out })
  end)
end)
