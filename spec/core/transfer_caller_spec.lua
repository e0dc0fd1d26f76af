local file = require "datamaestro.api.file"
local transfer = require "datamaestro.api.transfer"
local Site = require "spec.support.site"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local REAL, FILES = Site.REAL, Site.FILES

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

describe("the transfer module with its caller", function()
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

  it("refuses URLs of other protocols, and what is no URL", function()
    for _, url in ipairs {
      "sftp://host/x", "scp://host/x", "dict://host/x", "host/x", "", "http://", "/etc/passwd",
    } do
      local one, message, code = site:start { url = url }
      assert.is_nil(one)
      assert.are.equal(url .. ": not a URL to fetch from (http, https, ftp or file expected)", message)
      assert.are.equal("usage", code)
    end
    assert.are.same({}, site:left())
  end)

  it("writes over nothing", function()
    temp.write(out .. "/file", "old")
    local url = faults.url .. "/whole"
    local report, message, code = site:fetch { url = url }
    assert.are.same({ nil, out .. "/file: File exists", "error" }, { report, message, code })
    assert.are.equal("old", temp.read(out .. "/file"))
    assert.are.same({ "file" }, file.list(out))
    report, message, code = site:fetch { url = url, path = "/no/such/folder/x" }
    assert.are.same({ nil, "/no/such/folder/x: No such file or directory", "unknown" },
      { report, message, code })
    report, message, code = site:fetch { url = nginx.url .. "/" .. FILES[1], spool = "/no/such/folder/x" }
    assert.are.same({ nil, "/no/such/folder/x.part: No such file or directory", "unknown" },
      { report, message, code })
    assert.are.same({}, site:left())
  end)

  it("raises for wrong requests, with the field's name", function()
    local function refuse(request)
      request.url, request.path = request.url or "http://127.0.0.1:1/", out .. "/x"
      request.spool = site.spool
      return failure_of(site.set.start, site.set, request)
    end
    assert.are.equal("field 'url': number (string expected)", refuse { url = 1 })
    assert.are.equal("field 'path': nil (string expected)",
      failure_of(site.set.start, site.set, { url = "http://x/", spool = "/x" }))
    assert.are.equal("field 'spool': nil (string expected)",
      failure_of(site.set.start, site.set, { url = "http://x/", path = "/x" }))
    assert.are.equal("field 'decode': 'zip' (gzip, bzip2, xz, zstd, lz4 or nil expected)",
      refuse { decode = "zip" })
    assert.are.equal("field 'size': -1 (0 or more expected)", refuse { size = -1 })
    assert.are.equal("field 'size': number (integer expected)", refuse { size = 1.5 })
    assert.are.equal("field 'content_limit': -1 (0 or more expected)", refuse { content_limit = -1 })
    assert.are.equal("digest 'crc' (md5, sha1, sha256 or sha512 expected)", refuse { digests = { "crc" } })
    assert.are.equal("field 'digests': string (array of names expected)", refuse { digests = "md5" })
    for _, header in ipairs { "no colon", "X: 1\r\nY: 2", "X: \0", 1 } do
      assert.are.equal("field 'headers': array of 'Name: value' lines expected",
        refuse { headers = { header } })
    end
  end)

  it("raises for wrong options of a set, with the field's name", function()
    local function refuse(options)
      return failure_of(transfer.open, options)
    end
    assert.are.equal("field 'stall_timeout': 0.0 (over 0 seconds expected)", refuse { stall_timeout = 0 })
    assert.are.equal("field 'connect_timeout': -1.0 (over 0 seconds expected)",
      refuse { connect_timeout = -1 })
    assert.are.equal("field 'connections': 0 (1 to 64 expected)", refuse { connections = 0 })
    assert.are.equal("field 'host_connections': 65 (1 to 64 expected)", refuse { host_connections = 65 })
  end)

  it("says how far a transfer is", function()
    local one <close> = assert(site:start { url = faults.url .. "/stall" })
    repeat
      assert(site.set:wait(0.01))
    until one:progress() > 0
    local received, total, idle, connections, receiving = one:progress()
    assert.are.same({ 12, 99, 1, true }, { received, total, connections, receiving })
    assert.is_true(idle >= 0)
    assert.are.equal("running", one:state())
    assert.matches("running", failure_of(one.result, one))

    local size = file.stat(REAL .. FILES[3]).size
    local other <close> = assert(site:start {
      url = nginx.url .. "/" .. FILES[3], decode = "gzip", path = out .. "/other", spool = site.spool .. "2",
    })
    assert(site:finish(other))
    received, total, idle, connections, receiving = other:progress()
    assert.are.same({ size, size, 0.0, 0, false }, { received, total, idle, connections, receiving })
  end)

  it("gives a transfer that has stopped to the caller once, as the same handle", function()
    local one <close> = assert(site:start { url = faults.url .. "/whole" })
    local got = {}
    repeat
      for _, stopped in ipairs(assert(site.set:wait(10))) do
        got[#got + 1] = stopped
      end
    until one:state() ~= "running"
    assert.are.equal(1, #got)
    assert.is_true(rawequal(one, got[1]))
    assert.are.same({}, site.set:wait(0))
  end)

  it("returns from a wait when its time is over, whatever is under way", function()
    local one <close> = assert(site:start { url = faults.url .. "/silent" })
    assert.are.same({}, site.set:wait(0.05))
    assert.are.same({}, site.set:wait(0))
    assert.are.equal("running", one:state())
    local empty <close> = assert(transfer.open {})
    assert.are.same({}, empty:wait(0.01))
    assert.matches("0 or more seconds expected", failure_of(empty.wait, empty, -1))
  end)

  it("refuses handles that are closed, and closes as often as asked", function()
    local set <close> = assert(transfer.open {})
    local one = assert(site:start({ url = faults.url .. "/silent" }, set))
    local other = assert(site:start({ url = faults.url .. "/silent", spool = site.spool .. "2" }, set))
    one:close()
    one:close()
    assert.matches("closed", failure_of(one.state, one))
    set:close()
    set:close()
    assert.matches("closed", failure_of(other.state, other))
    other:close()
    assert.matches("closed", failure_of(set.wait, set, 0))
    assert.matches("closed", failure_of(set.start, set, { url = "http://x/", path = "/x", spool = "/x" }))
    assert.are.same({}, site:names())
    assert.are.same({}, site:left())
  end)

  it("removes what a transfer that is closed midway has written", function()
    local one = assert(site:start {
      url = nginx.url .. "/" .. FILES[1], decode = "gzip", keep = out .. "/kept",
    })
    repeat
      assert(site.set:wait(0.01))
    until one:progress() > 0
    one:close()
    assert.are.same({}, site:names())
  end)

  it("stays alive as long as one of its transfers is known", function()
    local one
    do
      local set = assert(transfer.open {})
      one = assert(site:start({ url = faults.url .. "/silent" }, set))
    end
    collectgarbage()
    collectgarbage()
    assert.are.equal("running", one:state())
    one:close()
  end)

  it("does not mind a request that changes while it is under way", function()
    local request = {
      url = faults.url .. "/redirect/" .. faults.url .. "/echo", headers = { "X-Long: " .. ("x"):rep(100) },
    }
    local one <close> = assert(site:start(request))
    for key in pairs(request) do
      request[key] = nil
    end
    collectgarbage()
    assert(site:finish(one))
    assert.matches("X%-Long: x+\r\n", temp.read(out .. "/file"))
  end)

  -- Ctrl-C comes while the program waits for bytes that never come: the wait ends in its time.
  it("lets Ctrl-C through while it waits", function()
    local script = temp.write(folder .. "/interrupted.lua", ([[
      local pid = require "datamaestro.api.file".pid()
      local set <close> = require "datamaestro.api.transfer".open {}
      local one <close> = set:start { url = %q .. "/interrupt/" .. pid, path = %q, spool = %q }
      local ok, value = pcall(function()
        while true do
          set:wait(0.1)
        end
      end)
      io.write(tostring(ok), " ", value.code, " ", one:state(), "\n")]])
      :format(faults.url, out .. "/file", site.spool))
    local result = program.run { "run", script }
    assert.are.equal("false interrupted running\n", result.out)
    assert.are.same({}, site:names())
  end)

  -- A file size limit stands for a full disk; SIGXFSZ is ignored so that write() fails.
  local function fill(request)
    local script = temp.write(folder .. "/full.lua", ([[
      local set <close> = require "datamaestro.api.transfer".open {}
      local one <close> = set:start { url = %q, path = %q, spool = %q, decode = %s }
      repeat until #set:wait(1) > 0
      print(one:state(), one:result())]])
      :format(request.url, out .. "/file", site.spool, request.decode or "nil"))
    local result = program.shell(("trap '' XFSZ; ulimit -f 2000; %s run %s"):format(program.path, script))
    assert.are.same({}, site:names())
    assert.are.same({}, site:left())
    return result.out
  end

  it("leaves no file when the disk is full", function()
    local small = nginx.url .. "/" .. FILES[2] -- 30 KB, 60 KB of content
    temp.write(folder .. "/zeros", ("\0"):rep(4000000))
    program.shell(("gzip -c %s/zeros >%s/zeros.gz"):format(folder, nginx.root))
    assert.matches("^failed\tnil\t" .. out .. "/file: File too large\tspace\t",
      fill { url = nginx.url .. "/zeros.gz", decode = '"gzip"' })
    assert.matches("%.part: File too large\tspace\t", fill { url = nginx.url .. "/" .. FILES[1] })
    assert(site:fetch { url = small })
  end)

  it("lives with the collector at every step", function()
    for _, path in ipairs { "/whole", "/status/500%20Error", "/truncated", "/zip" } do
      collectgarbage()
      local one = assert(site:start {
        url = faults.url .. path, decode = path == "/zip" and "gzip" or nil, digests = { "md5" },
      })
      while one:state() == "running" do
        collectgarbage()
        assert(site.set:wait(0.01))
      end
      one:result()
      one:close()
      collectgarbage()
      os.remove(out .. "/file")
    end
  end)
end)
