local file = require "datamaestro.api.file"
local http = require "datamaestro.api.http"
local Site = require "spec.support.site"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local REAL, FILES = Site.REAL, Site.FILES

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

describe("the http module with its caller", function()
  local site, folder, out, nginx, faults

  setup(function()
    site = Site.open()
    folder, out, nginx, faults = site.folder, site.out, site.nginx, site.faults
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
    return message, code, partial
  end

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
