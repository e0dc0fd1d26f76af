-- What a download can meet, and what then stands on disk, on standard error and in the exit status.
local FaultServer = require "spec.support.fault_server"
local FtpServer = require "spec.support.ftp_server"
local Laboratory = require "spec.support.laboratory"
local digest = require "datamaestro.api.digest"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("prepare, when a download fails,", function()
  local lab, server

  setup(function()
    server = FaultServer.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local body = ""
  for byte = 0, 255 do
    body = body .. string.char(byte)
  end
  body = body:rep(16)
  local body_sha256 = digest.string("sha256", body)

  -- What was printed, without the warning that a plain URL has no checksum, which a spec of its own looks at.
  local function without_doubts(text)
    return (text:gsub("datamaestro: warning: [^\n]*: plain http and no checksum [^\n]*\n", ""))
  end

  -- Prepares from `url`, which must fail so, and leave nothing.
  local function assert_failure(url, options, status, message, env)
    lab:define_file(url, options)
    local result = lab:run({ "--quiet", "prepare", "org.example.data" }, { env = env })
    assert.are.equal(("datamaestro: org.example.data: data: %s\n"):format(message),
      without_doubts(result.err))
    assert.are.equal(status, result.status)
    assert.are.equal("", result.out)
    assert.are.same({ ".state.json", ".state.lock" }, lab:names())
    assert.are.equal("none", lab:state())
  end

  it("says that a file is not there", function()
    local url = server.url .. "/status/404%20Not%20Found"
    assert_failure(url, nil, 4, url .. ": HTTP 404 Not Found (moved or gone: --mirror names other places)")
  end)

  it("says that a login is needed", function()
    local url = server.url .. "/status/401%20Unauthorized"
    assert_failure(url, nil, 7, url .. ": HTTP 401 Unauthorized (login needed: a password in ~/.netrc; "
      .. "tokens go over https only)")
  end)

  it("says that nobody listens", function()
    assert_failure("http://127.0.0.1:1/x", nil, 4, "http://127.0.0.1:1/x: no connection: Connection refused")
  end)

  it("gives up a server that falls silent", function()
    local url = server.url .. "/stall"
    assert_failure(url, nil, 4, url .. ": no byte for 1 s (received 12 of 99 bytes)",
      { DATAMAESTRO_STALL_TIMEOUT = "1" })
  end)

  it("notices a body that ends early", function()
    local url = server.url .. "/truncated"
    assert_failure(url, nil, 4, url .. ": received 1000 bytes (4096 expected)")
  end)

  it("does not take a web page for data", function()
    local url = server.url .. "/html/x.gz"
    assert_failure(url, "{ size = 9912422 }", 12,
      url .. ": HTML page of 2.4 KB (gzip data of 9.9 MB expected)")
    assert_failure(url, "{}", 12, url .. ": HTML page of 2.4 KB (gzip data expected)")
  end)

  it("refuses wrong bytes, by checksum", function()
    local url = server.url .. "/whole"
    local wrong = ("0"):rep(64)
    assert_failure(url, ("{ sha256 = %q }"):format(wrong), 5,
      ("%s: sha256 %s (%s expected)"):format(url, body_sha256, wrong))
    local md5 = digest.string("md5", body)
    assert_failure(url, ("{ md5 = %q }"):format(wrong:sub(1, 32)), 5,
      ("%s: md5 %s (%s expected)"):format(url, md5, wrong:sub(1, 32)))
    assert_failure(url, ("{ content = { sha256 = %q } }"):format(wrong), 5,
      ("%s: sha256 %s (%s expected)"):format(url, body_sha256, wrong))
  end)

  it("refuses wrong bytes, by size", function()
    local url = server.url .. "/whole"
    assert_failure(url, "{ size = 4095 }", 5, url .. ": 4096 bytes (4095 expected)")
    assert_failure(url, "{ size = 4097 }", 5, url .. ": 4096 bytes (4097 expected)")
  end)

  it("refuses gzip data that is damaged", function()
    temp.write(lab.folder .. "/x", ("some text "):rep(1000))
    program.shell(("cd %s && gzip -n x && head -c -20 x.gz >cut.gz"):format(lab.folder))
    local url = "file://" .. lab.folder .. "/cut.gz"
    lab:define_file(url)
    local result = lab:prepare()
    assert.are.equal(12, result.status)
    assert.matches("cut%.gz: gzip data ends early", result.err)
    assert.are.same({ ".state.json", ".state.lock" }, lab:names())
  end)

  it("does not take a web page for data that nobody described, unless a page is wanted", function()
    local url = server.url .. "/html"
    assert_failure(url, "{}", 12, url .. ": HTML page of 2.4 KB (data expected)")
    lab:define((([[
      Data = filedownloader("page.html", "%s") .. dataset { use "datamaestro.data".File, "A page" } ..
        function(page) return { path = page } end]]):format(url)))
    assert.are.equal(0, lab:prepare().status)
  end)

  it("does not take other answers for the file", function()
    for answer, name in pairs { ["206%20Partial%20Content"] = "206 Partial Content",
      ["203%20Odd"] = "203 Odd" } do
      local url = server.url .. "/status/" .. answer
      assert_failure(url, nil, 4, ("%s: HTTP %s"):format(url, name))
    end
  end)

  it("does not take a folder or a special file for the file", function()
    assert_failure("file:///etc", nil, 12, "file:///etc: a folder (file expected)")
    assert_failure("file:///dev/zero", nil, 12, "file:///dev/zero: a special file (file expected)")
  end)

  it("shows no user and no password of a URL", function()
    local url = server.url:gsub("//", "//user:secret@")
    lab:define_file(url .. "/whole", ("{ sha256 = %q }"):format(("0"):rep(64)))
    for _, words in ipairs { { "prepare" }, { "--offline", "prepare" }, { "info" }, { "--json", "info" } } do
      words[#words + 1] = "org.example.data"
      local result = lab:run(words)
      assert.is_nil((result.out .. result.err):find "secret", table.concat(words, " "))
    end
  end)

  -- What the server was asked for: path, and whether a name and password, or a cookie, came along.
  local function requests()
    local found = {}
    for at, request in ipairs(server:requests()) do
      found[at] = ("%s %s%s"):format(request.path, request.authorization and "authorized" or "anonymous",
        request.cookie and " with cookie" or "")
    end
    return found
  end

  it("sends user and password to the host that they are for, not to where it redirects", function()
    server:forget()
    local user = server.url:gsub("//", "//user:secret@")
    local other = server.url:gsub("127.0.0.1", "127.0.0.2")
    lab:define_file(user .. "/redirect/" .. other .. "/good", ("{ sha256 = %q }"):format(body_sha256))
    assert.are.equal(0, lab:prepare().status)
    assert.are.same({ "/redirect/" .. other .. "/good authorized", "/good anonymous" }, requests())
  end)

  it("sends what netrc says to the host that it is for, not to where it redirects", function()
    server:forget()
    temp.write(lab.folder .. "/.netrc", "machine 127.0.0.1 login user password secret\n")
    program.shell(("chmod 600 %s/.netrc"):format(lab.folder))
    local other = server.url:gsub("127.0.0.1", "127.0.0.2")
    lab:define_file(server.url .. "/redirect/" .. other .. "/good", ("{ sha256 = %q }"):format(body_sha256))
    assert.are.equal(0, lab:prepare().status)
    assert.are.same({ "/redirect/" .. other .. "/good authorized", "/good anonymous" }, requests())
  end)

  it("fetches by FTP what a checksum proves", function()
    local ftp = FtpServer.start()
    temp.write(ftp.root .. "/file", body)
    lab:define_file(ftp.url .. "/file", ("{ sha256 = %q }"):format(body_sha256))
    local result = lab:prepare()
    local commands = table.concat(ftp:commands(), "\n")
    ftp:stop()
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.equal(body, temp.read(lab:path "data.bin"))
    assert.matches("USER anonymous\n.*RETR [^\n]*file", commands)
  end)

  it("warns where it adopts a file that nobody described", function()
    lab:define_file(server.url .. "/whole.gz", "{ size = 3 }")
    temp.write(lab:path "data.bin", "anything")
    local result = lab:prepare()
    assert.are.equal(0, result.status)
    assert.are.equal(("datamaestro: warning: %s: taken as it is (the definition has no size or checksum of "
      .. "its content)\n"):format(lab:path "data.bin"), result.err)
  end)

  it("writes nothing into files where the standard streams are closed", function()
    lab:define_file(server.url .. "/whole")
    local command = "DATAMAESTRO_PATH=%s DATAMAESTRO_DIR='%s' %s prepare org.example.data <&- >&- 2>&-"
    local result = program.shell(command:format(lab.env.DATAMAESTRO_PATH, lab.data, program.path))
    assert.are.equal(1, result.status)
    assert.matches("^%x+%-%d+%-%d+ %S+\n$", temp.read(lab:path ".state.lock"))
    assert.are.equal(body, temp.read(lab:path "data.bin"))
  end)

  it("takes the next source, and says why", function()
    local options = ("{ sha256 = %q, mirrors = { %q, %q, %q } }"):format(
      body_sha256, server.url .. "/truncated", server.url .. "/html", server.url .. "/whole")
    lab:define_file(server.url .. "/status/404%20Not%20Found", options)
    local result = lab:prepare()
    assert.are.equal(0, result.status)
    assert.are.equal(body, temp.read(lab:path "data.bin"))
    local html = "<!DOCTYPE html>\n<html><body>Please log in</body></html>\n"
    local page = (html .. (" "):rep(2400)):sub(1, 2400)
    local label = "datamaestro: warning: org.example.data: data: " .. server.url
    assert.are.equal(label .. "/status/404%20Not%20Found: HTTP 404 Not Found (moved or gone: --mirror "
      .. "names other places); taken from another source\n"
      .. label .. "/truncated: received 1000 bytes (4096 expected); taken from another source\n"
      .. label .. "/html: HTML page of 2.4 KB; sha256 " .. digest.string("sha256", page) .. " ("
      .. body_sha256 .. " expected); taken from another source\n", result.err)
  end)

  it("names all sources when none has it", function()
    lab:define_file(server.url .. "/status/404%20Not%20Found", ("{ mirrors = { %q } }"):format(
      server.url .. "/truncated"))
    local result = lab:prepare()
    assert.are.equal(4, result.status)
    assert.matches("org%.example%.data: data: none of 2 sources has it\n  http://[^\n]*: HTTP 404 Not Found "
      .. "%(moved or gone: %-%-mirror names other places%)\n"
      .. "  http://[^\n]*: received 1000 bytes %(4096 expected%)\n$", result.err)
  end)

  it("takes a local source that exists before the network", function()
    temp.write(lab.folder .. "/with space", body)
    lab:define_file("http://127.0.0.1:1/x", ("{ sha256 = %q, mirrors = { %q, %q } }"):format(
      body_sha256, "file:///nowhere/x", "file://" .. lab.folder .. "/with%20space"))
    local result = lab:prepare()
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.equal(body, temp.read(lab:path "data.bin"))
  end)

  it("holds a mirror that packed the content anew against the content", function()
    temp.write(lab.folder .. "/x", body)
    program.shell(("cd %s && gzip -9 -k x"):format(lab.folder))
    local options = "{ size = 1, sha256 = %q, content = { size = %d, sha256 = %q }, mirrors = { { %q } } }"
    local mirror = "file://" .. lab.folder .. "/x.gz"
    lab:define_file("http://127.0.0.1:1/x.gz", options:format(("0"):rep(64), #body, body_sha256, mirror))
    local result = lab:prepare()
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.equal(body, temp.read(lab:path "data.bin"))
    program.shell(("rm -r '%s'"):format(lab.data))
    lab:define_file("http://127.0.0.1:1/x.gz", options:format(("0"):rep(64), #body, ("1"):rep(64), mirror))
    result = lab:prepare()
    assert.matches("x%.gz: sha256 " .. body_sha256 .. " %(1+ expected%)", result.err)
    assert.are.same({ ".state.json", ".state.lock" }, lab:names())
  end)

  it("ends with status 11 when --offline forbids what is needed", function()
    lab:define_file("http://127.0.0.1:1/x")
    local result = lab:prepare "--offline"
    assert.are.equal("datamaestro: org.example.data: data: http://127.0.0.1:1/x is not on this machine "
      .. "(--offline was asked)\n", result.err)
    assert.are.equal(11, result.status)
  end)

  it("keeps what the other resources fetched", function()
    temp.write(lab.folder .. "/good", body)
    lab:define(([[
      Data = filedownloader("bad.bin", "http://127.0.0.1:1/x") ..
        filedownloader("good.bin", "file://%s/good") ..
        dataset { use "datamaestro.data".Folder, "Two files" } ..
        function(bad, good) return { path = good } end]]):format(lab.folder))
    local result = lab:prepare()
    assert.are.equal(4, result.status)
    assert.are.same({ "none", "complete" }, { lab:state "bad", lab:state "good" })
    assert.are.equal(body, temp.read(lab:path "good.bin"))
  end)

  it("says how much content there must be", function()
    temp.write(lab.folder .. "/eleven", "eleven byte")
    lab:define_file("file://" .. lab.folder .. "/eleven", "{ content = { size = 10 } }")
    assert.matches("/eleven: 11 bytes of content or more %(10 expected%)\n$", lab:prepare().err)
  end)

  it("ends at Ctrl-C with status 130 and leaves no part", function()
    -- The server sends SIGINT to the process whose number is in the URL, and then nothing more.
    lab:define_file(server.url .. "/interrupt/PID")
    local result = program.shell(([[
      export DATAMAESTRO_PATH=%s DATAMAESTRO_DIR='%s'
      exec sh -c 'sed -i s/PID/$$/ %s/org/example.lua; exec %s --quiet prepare org.example.data']]):format(
      lab.env.DATAMAESTRO_PATH, lab.data, lab.repository, program.path))
    assert.are.equal("datamaestro: interrupted\n", without_doubts(result.err))
    assert.are.equal(130, result.status)
    assert.are.same({}, require "datamaestro.api.file".list(lab:path ".downloads") or {})
    assert.is_nil(io.open(lab:path "data.bin"))
  end)

  it("starts afresh after kill -9, and removes what the dead process left", function()
    lab:define_file(server.url .. "/whole", ("{ sha256 = %q }"):format(body_sha256))
    local dead = require "datamaestro.api.process".owner():gsub("%d+$", "1") -- began at another time
    temp.write(lab:path(".downloads/" .. dead .. "/data.bin.part"), "half")
    temp.write(lab:path ".state.json", '{"version": 1, "resources": {"data": {"state": "partial"}}}')
    local result = lab:prepare()
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.same({ ".state.json", ".state.lock", "data.bin" }, lab:names())
  end)

  it("replaces a file of the wrong size only once the right one is complete", function()
    lab:define_file(server.url .. "/status/404%20Not%20Found", "{ size = 4096 }")
    temp.write(lab:path "data.bin", "too short")
    temp.write(lab:path ".state.json", '{"version": 1, "resources": {"data": {"state": "complete"}}}')
    local result = lab:prepare()
    assert.are.equal(4, result.status)
    assert.are.equal("too short", temp.read(lab:path "data.bin"))
    assert.are.equal("partial", lab:state())
    lab:define_file(server.url .. "/whole", "{ size = 4096 }")
    result = lab:prepare()
    assert.are.equal("datamaestro: warning: " .. lab:path "data.bin"
      .. ": 9 bytes (4096 expected); it is made again\n", without_doubts(result.err))
    assert.are.equal(body, temp.read(lab:path "data.bin"))
    assert.are.equal("complete", lab:state())
  end)

  it("survives a state file that is cut short or no JSON", function()
    lab:define_file(server.url .. "/whole", ("{ sha256 = %q }"):format(body_sha256))
    for _, damage in ipairs { "", '{"version": 1, "resou', "[]", '{"resources": {"data": 3}}', "\0\0" } do
      temp.write(lab:path ".state.json", damage)
      local result = lab:prepare()
      assert.are.equal("datamaestro: warning: " .. lab:path ".state.json"
        .. ": damaged (a state file expected); every file is checked again\n", result.err)
      assert.are.equal(0, result.status)
      assert.are.equal("complete", lab:state())
    end
  end)

  it("says that a data directory cannot be written", function()
    lab:define_file(server.url .. "/whole")
    temp.write(lab.folder .. "/plain", "")
    local result = lab:run { "--data", lab.folder .. "/plain", "prepare", "org.example.data" }
    assert.are.equal(1, result.status)
    assert.are.equal("datamaestro: " .. lab.folder .. "/plain: not a folder (folder expected)\n", result.err)
  end)

  it("leaves nothing when the disk does not take it all", function()
    lab:define_file(server.url .. "/whole")
    -- A file size limit of 1 KiB stands for a disk that is full; SIGXFSZ is ignored so that write() fails.
    local result = program.shell(([[
      export DATAMAESTRO_PATH=%s DATAMAESTRO_DIR='%s'; trap '' XFSZ; ulimit -f 1
      exec %s --quiet prepare org.example.data]]):format(lab.env.DATAMAESTRO_PATH, lab.data, program.path))
    assert.are.equal(8, result.status)
    assert.matches("File too large", result.err)
    assert.are.same({ ".state.json", ".state.lock" }, lab:names())
  end)

  it("refuses a timeout that is no number of seconds", function()
    lab:define_file(server.url .. "/whole")
    local result = lab:run({ "prepare", "org.example.data" },
      { env = { DATAMAESTRO_STALL_TIMEOUT = "soon" } })
    assert.are.equal("datamaestro: DATAMAESTRO_STALL_TIMEOUT: 'soon' (seconds, more than 0, expected)\n",
      result.err)
    assert.are.equal(2, result.status)
  end)
end)
