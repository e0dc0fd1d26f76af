local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local Nginx = require "spec.support.nginx"
local Site = require "spec.support.site"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local REAL, FILES = Site.REAL, Site.FILES

describe("a transfer", function()
  local site, out, nginx

  setup(function()
    site = Site.open()
    out, nginx = site.out, site.nginx
  end)

  teardown(function()
    site:close()
  end)

  before_each(function()
    site:clear()
  end)

  local function fetch(request)
    return site:fetch(request)
  end

  -- Fetches what must fail, and checks that nothing is left.
  local function failure(request)
    local report, message, code, partial = site:fetch(request)
    assert.is_nil(report)
    assert.are.same({}, site:names())
    assert.are.same({}, site:left())
    return message, code, partial
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
        assert.are.equal(0, report.resumed)
        assert.is_false(report.mixed)
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
      assert.are.equal(url .. ": no TLS connection: SSL certificate problem: "
        .. "unable to get local issuer certificate", message)
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
      local message, code, partial = failure { url = "file:///no/such/file" }
      assert.are.equal("file:///no/such/file: no such file, or not readable", message)
      assert.are.equal("unknown", code)
      assert.is_false(partial.passing)
    end)
  end)
end)
