local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local http = require "datamaestro.api.http"
local FaultServer = require "spec.support.fault_server"
local Nginx = require "spec.support.nginx"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local REAL = "/usr/share/datasets/fashion-mnist/"
local FILES = {
  "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
}

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

describe("the http module", function()
  local folder, out, nginx, faults

  setup(function()
    folder = temp.folder()
    out = folder .. "/out"
    nginx = Nginx.start { extra = "location /private { return 401; } location /gone { return 410; }" }
    faults = FaultServer.start()
    for _, name in ipairs(FILES) do
      nginx:link(REAL .. name)
    end
  end)

  teardown(function()
    nginx:stop()
    faults:stop()
    temp.remove(folder)
  end)

  before_each(function()
    assert(file.mkdirs(out))
  end)

  after_each(function()
    temp.remove(out)
  end)

  local function fetch(request)
    request.path = request.path or out .. "/file"
    return http.fetch(request)
  end

  -- Fetches what must fail, and checks that nothing is left.
  local function failure(request)
    local report, message, code, partial = fetch(request)
    assert.is_nil(report)
    assert.are.same({}, file.list(out))
    return message, code, partial
  end

  local function fault(path, request)
    request = request or {}
    request.url = faults.url .. path
    local message, code, partial = failure(request)
    assert.are.equal(request.url .. ": ", message:sub(1, #request.url + 2))
    return message:sub(#request.url + 3), code, partial
  end

  describe("over nginx", function()
    it("fetches, digests and decodes the real Fashion-MNIST files", function()
      for _, name in ipairs(FILES) do
        local report = assert(fetch {
          url = nginx.url .. "/" .. name, path = out .. "/" .. name, decode = "gzip",
          size = file.stat(REAL .. name).size,
          digests = { "md5", "sha256" }, content_digests = { "sha256" },
        })
        local served = assert(digest.file(REAL .. name, { "md5", "sha256" }))
        local content = assert(digest.file(out .. "/" .. name, { "sha256" }))
        local zcat = program.shell(("zcat %s%s | sha256sum"):format(REAL, name))
        assert.are.equal(zcat.out:match "%x+", content.sha256)
        assert.are.equal(served.size, report.size)
        assert.are.same({ md5 = served.md5, sha256 = served.sha256 }, report.digests)
        assert.are.same({ size = content.size, digests = { sha256 = content.sha256 } }, report.content)
        assert.are.equal(nginx.url .. "/" .. name, report.url)
        assert.are.equal(200, report.status)
        assert.are.equal("application/octet-stream", report.content_type)
        assert.are.equal(temp.read(REAL .. name):sub(1, 512), report.head)
        assert.matches('^"%x+%-%x+"$', report.etag)
        assert.matches("GMT$", report.last_modified)
      end
    end)

    it("uses one connection for files of one host", function()
      local before = #nginx:requests()
      for _ = 1, 3 do
        assert(fetch { url = nginx.url .. "/" .. FILES[4], path = out .. "/x", decode = "gzip" })
        os.remove(out .. "/x")
      end
      local requests = nginx:requests()
      assert.are.equal(before + 3, #requests)
      assert.are.equal(requests[#requests - 2].connection, requests[#requests].connection)
    end)

    it("names itself, and lets the caller name it", function()
      local version = require "datamaestro.api.host".version
      assert(fetch { url = nginx.url .. "/" .. FILES[4], path = out .. "/1" })
      assert(fetch { url = nginx.url .. "/" .. FILES[4], path = out .. "/2", user_agent = "tester/7" })
      local requests = nginx:requests()
      assert.are.equal("datamaestro/" .. version, requests[#requests - 1].user_agent)
      assert.are.equal("tester/7", requests[#requests].user_agent)
    end)

    it("keeps the bytes as served beside the content", function()
      local url = nginx.url .. "/" .. FILES[4]
      assert(fetch { url = url, keep = out .. "/file.gz", decode = "gzip" })
      assert.are.equal(temp.read(REAL .. FILES[4]), temp.read(out .. "/file.gz"))
      assert.are.equal(10008, file.stat(out .. "/file").size)
    end)

    it("stores the bytes as served where nothing is to be decoded", function()
      local report = assert(fetch {
        url = nginx.url .. "/" .. FILES[4], content_digests = { "md5" }, digests = { "md5" },
      })
      assert.are.equal(temp.read(REAL .. FILES[4]), temp.read(out .. "/file"))
      assert.are.same({ size = report.size, digests = report.digests }, report.content)
    end)

    it("fetches an empty file", function()
      temp.write(nginx.root .. "/empty", "")
      local report = assert(fetch { url = nginx.url .. "/empty", size = 0 })
      assert.are.equal(0, report.size)
      assert.are.equal("", report.head)
      assert.are.equal("", temp.read(out .. "/file"))
    end)

    it("fetches a file that is just as large as its buffers", function()
      for _, size in ipairs { 262143, 262144, 262145, 524288 } do
        temp.write(nginx.root .. "/block", ("x"):rep(size))
        assert.are.equal(size, assert(fetch { url = nginx.url .. "/block", path = out .. "/" .. size }).size)
        assert.are.equal(("x"):rep(size), temp.read(out .. "/" .. size))
      end
    end)

    it("speaks of statuses, and asks for a login", function()
      local url = nginx.url .. "/nowhere.gz"
      local message, code, partial = failure { url = url, decode = "gzip" }
      assert.are.equal(url .. ": HTTP 404 Not Found", message)
      assert.are.equal("network", code)
      assert.are.equal(404, partial.status)
      message, code = failure { url = nginx.url .. "/private/x" }
      assert.are.equal(nginx.url .. "/private/x: HTTP 401 Unauthorized (login needed)", message)
      assert.are.equal("auth", code)
      assert.are.equal(nginx.url .. "/gone: HTTP 410 Gone", (failure { url = nginx.url .. "/gone" }))
    end)

    it("never shows a user or a password", function()
      local message = failure { url = (nginx.url:gsub("//", "//user:p%%40ss:word@")) .. "/nowhere" }
      assert.are.equal(nginx.url .. "/nowhere: HTTP 404 Not Found", message)
      message = failure { url = (nginx.url:gsub("//", "//user:secret@")) .. "/nowhere" }
      assert.are.equal(nginx.url .. "/nowhere: HTTP 404 Not Found", message)
      local report = assert(fetch { url = (nginx.url:gsub("//", "//user:secret@")) .. "/" .. FILES[4] })
      assert.are.equal(nginx.url .. "/" .. FILES[4], report.url)
    end)

    it("refuses another size than declared before it stores a byte", function()
      local url = nginx.url .. "/" .. FILES[4]
      local message, code, partial = failure { url = url, size = 5124 }
      assert.are.equal(url .. ": 5125 bytes (5124 expected)", message)
      assert.are.equal("checksum", code)
      assert.are.equal(0, partial.size)
    end)

    it("stops at content over the limit", function()
      local url = nginx.url .. "/" .. FILES[1]
      local message, code = failure { url = url, decode = "gzip", content_limit = 1000000 }
      assert.are.equal(url .. ": 1000001 bytes of content or more (1000000 at most expected)", message)
      assert.are.equal("format", code)
      message, code = failure { url = url, content_limit = 1000000 }
      assert.are.equal(url .. ": 1000001 bytes of content or more (1000000 at most expected)", message)
      assert.are.equal("format", code)
    end)

    it("counts bytes after the gzip data, which it ignores", function()
      temp.write(nginx.root .. "/tail.gz", temp.read(REAL .. FILES[4]) .. "tail")
      local report = assert(fetch { url = nginx.url .. "/tail.gz", decode = "gzip" })
      assert.are.same({ size = 10008, digests = {}, garbage = 4 }, report.content)
    end)

    it("refuses damaged gzip data, wherever the damage is", function()
      local data = temp.read(REAL .. FILES[2])
      temp.write(nginx.root .. "/crc.gz", data:sub(1, -9) .. "\0\0\0\0" .. data:sub(-4))
      temp.write(nginx.root .. "/short.gz", data:sub(1, 20000))
      assert.matches("/crc.gz: damaged gzip data: content with CRC %x+ %(00000000 expected%)$",
        (failure { url = nginx.url .. "/crc.gz", decode = "gzip" }))
      local message, code = failure { url = nginx.url .. "/short.gz", decode = "gzip", keep = out .. "/kept" }
      assert.are.equal(nginx.url .. "/short.gz: gzip data ends early (after 20000 bytes; more expected)",
        message)
      assert.are.equal("format", code)
      data = temp.read(REAL .. FILES[1])
      temp.write(nginx.root .. "/body.gz", data:sub(1, 1000000) .. ("\0"):rep(300000) .. data:sub(1300001))
      assert.matches("/body.gz: damaged gzip data",
        (failure { url = nginx.url .. "/body.gz", decode = "gzip" }))
    end)
  end)

  describe("over https", function()
    local secure

    setup(function()
      secure = Nginx.start {
        tls = true,
        extra = ("location /down { return 302 %s/%s; }"):format(nginx.url, FILES[4]),
      }
      secure:link(REAL .. FILES[4])
    end)

    teardown(function()
      secure:stop()
    end)

    it("fetches from a server whose certificate is trusted", function()
      local report = assert(fetch {
        url = secure.url .. "/" .. FILES[4], ca_file = secure.ca_file, decode = "gzip",
      })
      assert.are.equal(10008, report.content.size)
    end)

    it("refuses a server whose certificate is not", function()
      local url = secure.url .. "/" .. FILES[4]
      local message, code = failure { url = url }
      assert.are.equal(url .. ": no TLS connection: SSL certificate problem: self-signed certificate",
        message)
      assert.are.equal("network", code)
      assert.matches(": no TLS connection: ", (failure { url = url, ca_file = "/nowhere.pem" }))
    end)

    it("does not follow a redirect down to http", function()
      local url = secure.url .. "/down"
      local message, code = failure { url = url, ca_file = secure.ca_file }
      assert.are.equal(url .. ": redirect to http (https expected)", message)
      assert.are.equal("network", code)
    end)
  end)

  describe("over a server that fails", function()
    it("takes a good answer", function()
      local report = assert(fetch { url = faults.url .. "/whole", size = 4096 })
      assert.are.equal('"e1"', report.etag)
      assert.are.equal("Mon, 01 Jan 2024 00:00:00 GMT", report.last_modified)
      assert.are.equal("application/x-test", report.content_type)
    end)

    it("tells the status of a failed answer", function()
      local message, code = fault "/status/500%20Internal%20Server%20Error"
      assert.are.equal("HTTP 500 Internal Server Error", message)
      assert.are.equal("network", code)
      assert.are.equal("HTTP 407 Proxy (login needed)", (fault "/status/407%20Proxy"))
      assert.are.equal("HTTP 300", (fault "/status/300%20"))
    end)

    it("gives up when no byte comes", function()
      assert.are.equal("no byte for 0.2 s (received 12 of 99 bytes)",
        (fault("/stall", { stall_timeout = 0.2 })))
      local message, code = fault("/silent", { stall_timeout = 0.2 })
      assert.are.equal("no byte for 0.2 s (received 0 bytes)", message)
      assert.are.equal("network", code)
    end)

    it("finds an answer that ends early", function()
      local message, code = fault "/truncated"
      assert.are.equal("received 1000 bytes (4096 expected)", message)
      assert.are.equal("network", code)
      assert.are.equal("received 1000 bytes (more expected)", (fault "/cut-chunks"))
      assert.are.equal("connection closed without an answer", (fault "/close"))
    end)

    it("takes a chunked answer, and cuts it off when it is longer than declared", function()
      local report = assert(fetch { url = faults.url .. "/chunked", size = 4096 })
      assert.are.equal(4096, report.size)
      os.remove(out .. "/file")
      local message, code = fault("/chunked", { size = 4095 })
      assert.are.equal("over 4095 bytes (4095 expected)", message)
      assert.are.equal("checksum", code)
      assert.are.equal("4096 bytes (4097 expected)", (fault("/chunked", { size = 4097 })))
    end)

    it("tells an HTML page from gzip data", function()
      local message, code = fault("/html", { decode = "gzip" })
      assert.are.equal("HTML page of 2.4 KB (gzip data expected)", message)
      assert.are.equal("format", code)
      message, code = fault("/html", { decode = "gzip", size = 9912422 })
      assert.are.equal("HTML page of 2.4 KB (gzip data of 9.9 MB expected)", message)
      assert.are.equal("format", code)
      assert.are.equal("HTML page of 56 bytes (gzip data expected)",
        (fault("/small-html", { decode = "gzip" })))
      message, code = fault("/html", { size = 100 })
      assert.are.equal("HTML page of 2.4 KB (100 bytes expected)", message)
      assert.are.equal("checksum", code)
    end)

    it("shows how other data begins where gzip data was expected", function()
      local message, code = fault("/zip", { decode = "gzip" })
      assert.are.equal("starts with 50 4b 03 04 (gzip data expected)", message)
      assert.are.equal("format", code)
      assert.are.equal("empty answer (gzip data expected)", (fault("/empty", { decode = "gzip" })))
    end)

    it("follows redirects to http, and gives the last URL", function()
      local report = assert(fetch { url = faults.url .. "/redirect/" .. faults.url .. "/whole" })
      assert.are.equal(faults.url .. "/whole", report.url)
    end)

    it("follows neither loops nor redirects to other protocols", function()
      assert.are.equal("over 10 redirects", (fault "/loop"))
      local target = temp.write(folder .. "/secret", "secret")
      assert.are.equal("redirect to another protocol (http or https expected)",
        (fault("/redirect/file://" .. target)))
      assert.are.equal("redirect to another protocol (http or https expected)",
        (fault "/redirect/gopher://x/"))
    end)

    it("refuses an answer that is not HTTP", function()
      assert.are.equal("answer of another protocol (HTTP expected)", (fault "/gopher"))
    end)

    it("escapes what would steer a terminal", function()
      local message, _, partial = fault "/ansi"
      assert.are.equal("HTTP 404 \\x1b[31mRed\\x07 \\x9b1m", message)
      assert.are.equal("\\x1b]0;title\\x07", partial.etag)
    end)

    it("sends headers of the caller, and asks for no compression", function()
      assert(fetch { url = faults.url .. "/echo", headers = { "X-Test: 1", "Accept: text/plain" } })
      local head = temp.read(out .. "/file")
      assert.matches("\r\nX%-Test: 1\r\n", head)
      assert.matches("\r\nAccept: text/plain\r\n", head)
      assert.is_nil(head:lower():find("accept-encoding", 1, true))
    end)

    it("finds no server", function()
      assert.are.same({ "http://127.0.0.1:1/x: no connection: Connection refused", "network" },
        { failure { url = "http://127.0.0.1:1/x" } })
      assert.are.same({ "http://nowhere.invalid/x: host unknown", "network" },
        { failure { url = "http://nowhere.invalid/x" } })
    end)
  end)

  describe("over file URLs", function()
    it("reads a file as it fetches one", function()
      local report = assert(fetch {
        url = "file://" .. REAL .. FILES[4], decode = "gzip", digests = { "md5" },
      })
      assert.are.equal(digest.file(REAL .. FILES[4], { "md5" }).md5, report.digests.md5)
      assert.are.equal(10008, report.content.size)
      assert.are.equal(200, report.status)
    end)

    it("says that a file is not there", function()
      assert.are.same({ "file:///no/such/file: no such file, or not readable", "unknown" },
        { failure { url = "file:///no/such/file" } })
    end)
  end)

  describe("with its caller", function()
    it("refuses URLs of other protocols, and what is no URL", function()
      for _, url in ipairs {
        "ftp://host/x", "scp://host/x", "dict://host/x", "host/x", "", "http://", "/etc/passwd",
      } do
        local message, code = failure { url = url }
        assert.are.equal(url .. ": not a URL to fetch from (http, https or file expected)", message)
        assert.are.equal("usage", code)
      end
    end)

    it("writes over nothing", function()
      temp.write(out .. "/file", "old")
      local url = faults.url .. "/whole"
      assert.are.same({ nil, out .. "/file: File exists", "error" }, { fetch { url = url } })
      assert.are.same({ nil, out .. "/file: File exists", "error" },
        { fetch { url = url, path = out .. "/new", keep = out .. "/file" } })
      assert.are.equal("old", temp.read(out .. "/file"))
      assert.are.same({ "file" }, file.list(out))
      assert.are.same({ nil, "/no/such/folder/x: No such file or directory", "unknown" },
        { fetch { url = url, path = "/no/such/folder/x" } })
    end)

    it("raises for wrong requests, with the field's name", function()
      local function refuse(request)
        request.url = request.url or "http://127.0.0.1:1/"
        request.path = request.path or out .. "/x"
        return failure_of(http.fetch, request)
      end
      assert.are.equal("field 'url': number (string expected)", refuse { url = 1 })
      assert.are.equal("field 'path': nil (string expected)",
        failure_of(http.fetch, { url = "http://x/" }))
      assert.are.equal("field 'decode': 'zip' ('gzip' or nil expected)", refuse { decode = "zip" })
      assert.are.equal("field 'size': -1 (0 or more expected)", refuse { size = -1 })
      assert.are.equal("field 'size': number (integer expected)", refuse { size = 1.5 })
      assert.are.equal("digest 'crc' (md5, sha1, sha256 or sha512 expected)", refuse { digests = { "crc" } })
      assert.are.equal("field 'digests': string (array of names expected)", refuse { digests = "md5" })
      assert.are.equal("field 'stall_timeout': 0.0 (over 0 seconds expected)", refuse { stall_timeout = 0 })
      assert.are.equal("field 'progress': table (function expected)", refuse { progress = {} })
      for _, header in ipairs { "no colon", "X: 1\r\nY: 2", "X: \0", 1 } do
        assert.are.equal("field 'headers': array of 'Name: value' lines expected",
          refuse { headers = { header } })
      end
    end)

    it("tells progress, the last time with all bytes", function()
      local calls = {}
      assert(fetch {
        url = nginx.url .. "/" .. FILES[3], decode = "gzip",
        progress = function(received, total)
          calls[#calls + 1] = { received, total }
        end,
      })
      local size = file.stat(REAL .. FILES[3]).size
      assert.are.same({ size, size }, calls[#calls])
    end)

    it("stops when the progress function raises, and raises the same value", function()
      local value = { "any value" }
      local ok, raised = pcall(fetch, {
        url = faults.url .. "/silent", keep = out .. "/kept",
        progress = function()
          error(value)
        end,
      })
      assert.is_false(ok)
      assert.are.equal(value, raised)
      assert.are.same({}, file.list(out))
      assert.are.equal(4096, assert(fetch { url = faults.url .. "/whole" }).size)
    end)

    it("stops when the progress function raises in the middle of a large file", function()
      local ok, raised = pcall(fetch, {
        url = nginx.url .. "/" .. FILES[1], decode = "gzip",
        progress = function()
          error("enough", 0)
        end,
      })
      assert.is_false(ok)
      assert.are.equal("enough", raised)
      assert.are.same({}, file.list(out))
    end)

    it("does one fetch at a time", function()
      local inner
      assert(fetch {
        url = faults.url .. "/whole",
        progress = function()
          inner = { http.fetch { url = faults.url .. "/whole", path = out .. "/inner" } }
        end,
      })
      assert.are.same({ nil, faults.url .. "/whole: another fetch is under way", "usage" }, inner)
    end)

    it("does not mind a progress function that changes the request or collects garbage", function()
      local request = {
        url = faults.url .. "/redirect/" .. faults.url .. "/stall",
        stall_timeout = 0.3,
        headers = { "X-Long: " .. ("x"):rep(100) },
      }
      local expected = request.url .. ": no byte for 0.3 s (received 12 of 99 bytes)"
      request.progress = function()
        for key in pairs(request) do
          request[key] = nil
        end
        collectgarbage()
      end
      assert.are.equal(expected, (failure(request)))
    end)

    -- Ctrl-C comes while the program waits for bytes that never come.
    local function interrupt(progress)
      local script = temp.write(folder .. "/interrupted.lua", ([[
        local pid = require "datamaestro.api.file".pid()
        local ok, value = pcall(require "datamaestro.api.http".fetch, {
          url = %q .. "/interrupt/" .. pid, path = %q, progress = %s,
        })
        io.write(tostring(ok), " ", value.code, "\n")]]):format(faults.url, out .. "/file", progress))
      local result = program.run { "run", script }
      assert.are.equal("false interrupted\n", result.out)
      assert.are.same({}, file.list(out))
    end

    it("lets Ctrl-C through while it waits, with a progress function and without", function()
      interrupt "nil"
      interrupt "function() end"
    end)

    it("leaves no file when the disk is full", function()
      -- A file size limit stands for a full disk; SIGXFSZ is ignored so that write() fails.
      local script = temp.write(folder .. "/full.lua", ([[
        print(require "datamaestro.api.http".fetch { url = %q, path = %q, decode = "gzip" })]]):format(
        nginx.url .. "/" .. FILES[1], out .. "/file"))
      local result = program.shell(("trap '' XFSZ; ulimit -f 2000; %s run %s"):format(program.path, script))
      assert.matches("^nil\t" .. out .. "/file: File too large\terror\t", result.out)
      assert.are.same({}, file.list(out))
    end)

    it("lives with the collector at every step", function()
      for _, path in ipairs { "/whole", "/status/500%20Error", "/truncated", "/zip" } do
        collectgarbage()
        http.fetch {
          url = faults.url .. path, path = out .. "/file", decode = path == "/zip" and "gzip" or nil,
          digests = { "md5" }, progress = function() collectgarbage() end,
        }
        collectgarbage()
        os.remove(out .. "/file")
      end
    end)
  end)
end)
