local FaultServer = require "spec.support.fault_server"
local Nginx = require "spec.support.nginx"
local Site = require "spec.support.site"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local temp = require "spec.support.temp"
local transfer = require "datamaestro.api.transfer"

local MIB = 1 << 20
local SIZE = 24 * MIB -- bytes; six seconds at 4 MiB a second

describe("a transfer over several connections", function()
  local site, bytes, sha256

  setup(function()
    site = Site.open()
    bytes = FaultServer.bytes("lanes", SIZE)
    sha256 = digest.string("sha256", bytes)
  end)

  teardown(function()
    site:close()
  end)

  before_each(function()
    site:clear()
  end)

  local function serve(options)
    local server = Nginx.start(options)
    temp.write(server.root .. "/large", bytes)
    temp.write(server.root .. "/small", bytes:sub(1, MIB))
    return setmetatable({ server = server }, { __close = function() server:stop() end, __index = server })
  end

  -- How many connections were used, and how many requests there were.
  local function count(server)
    local seen, connections = {}, 0
    local requests = server:requests()
    for _, request in ipairs(requests) do
      connections = connections + (seen[request.connection] and 0 or 1)
      seen[request.connection] = true
    end
    return connections, #requests
  end

  -- Fetches, and goes on where the source gives up; the report, the most connections at once, and how often
  -- it gave up.
  local function fetch(url, request, options)
    local set <close> = assert(transfer.open(options or {}))
    request = request or {}
    request.url = url
    local one <close> = assert(site:start(request, set))
    local most, pauses = 0, 0
    while one:state() ~= "done" do
      if one:state() == "paused" and pauses < 100 then
        pauses = pauses + 1
        assert(one:again(url))
      elseif one:state() ~= "running" then
        assert(one:result())
      end
      assert(set:wait(0.05))
      most = math.max(most, (select(4, one:progress())))
    end
    return assert(one:result()), most, pauses
  end

  local function assert_right(report)
    assert.are.equal(sha256, report.digests.sha256)
    assert.are.equal(SIZE, report.size)
    assert.are.equal(sha256, digest.file(site.out .. "/file", { "sha256" }).sha256)
    assert.are.same({}, site:left())
  end

  it("uses more of them where the server gives each only so much", function()
    local server <close> = serve { limit_rate = "4m" }
    local report, most = fetch(server.url .. "/large")
    assert_right(report)
    assert.is_true(most >= 4)
    assert.is_true(count(server) >= 4)
    assert.is_false(report.mixed)
    local total = 0
    for _, request in ipairs(server:requests()) do
      assert.are.equal("HTTP/1.1", request.protocol)
      total = total + request.sent
    end
    assert.is_true(total < SIZE + 8 * MIB) -- what nginx had sent ahead on the first connection counts twice
  end)

  it("uses more of them beside HTTP/2, of which all streams share one", function()
    local server <close> = serve { limit_rate = "4m", tls = true }
    local report, most = fetch(server.url .. "/large", {}, { ca_file = server.ca_file })
    assert_right(report)
    assert.is_true(most >= 4)
    local protocols = {}
    for _, request in ipairs(server:requests()) do
      protocols[request.protocol] = true
    end
    assert.are.same({ ["HTTP/1.1"] = true, ["HTTP/2.0"] = true }, protocols)
  end)

  it("uses no more of them than it may", function()
    local server <close> = serve { limit_rate = "4m" }
    local report, most = fetch(server.url .. "/large", {}, { host_connections = 2 })
    assert_right(report)
    assert.are.equal(2, most)
    assert.is_true(count(server) <= 3) -- the first one's has more to say when its share ends
  end)

  it("uses one where that fills the line", function()
    local server <close> = serve {}
    assert_right((fetch(server.url .. "/large")))
    assert.are.same({ 1, 1 }, { count(server) })
  end)

  it("uses one for what is done soon", function()
    local server <close> = serve { limit_rate = "1m" }
    fetch(server.url .. "/small")
    assert.are.same({ 1, 1 }, { count(server) })
  end)

  it("uses one where parts cannot be known to belong together, but for a digest", function()
    local server <close> = serve { limit_rate = "4m", extra = "etag off; add_header Last-Modified '';" }
    local report, most = fetch(server.url .. "/large")
    assert_right(report)
    assert.are.same({ 1, 1 }, { most, (select(2, count(server))) })
    site:clear()
    report, most = fetch(server.url .. "/large", { proven = true })
    assert_right(report)
    assert.is_true(most >= 4)
    assert.is_true(report.mixed)
  end)

  it("uses one where the server serves no parts", function()
    local server <close> = serve { limit_rate = "4m", ranges = false }
    local report, most = fetch(server.url .. "/large")
    assert_right(report)
    assert.are.same({ 1, 1 }, { most, (select(2, count(server))) })
  end)

  it("makes no part file for what fits into memory", function()
    local set <close> = assert(transfer.open {})
    for _, size in ipairs { 0, 1, 200000, 262144, 262145 } do
      local url = ("%s/stall?size=%d&after=%d&times=1"):format(site.faults.url, size + 1, size)
      local one <close> = assert(site:start({ url = url }, set))
      repeat
        assert(set:wait(0.01))
      until one:progress() == size and select(4, one:progress()) == 1
      assert.are.same(size > 262144 and { "x.part" } or {}, site:left())
      one:close()
      assert.are.same(size > 262144 and { "x.journal", "x.part" } or {}, site:left()) -- to be resumed
    end
  end)

  it("lets the first have all of the rest where further ones are refused", function()
    site.faults:forget()
    local size = 16 * MIB
    local url = ("%s/paced/429?size=%d&rate=%d"):format(site.faults.url, size, 6 * MIB)
    local report, most, pauses = fetch(url, { digests = { "md5" } })
    assert.are.equal(digest.string("md5", FaultServer.bytes("0", size)), report.digests.md5)
    assert.are.same({ 0, false }, { pauses, report.mixed })
    assert.is_true(most <= 4)
    local sent = 0
    for _, request in ipairs(site.faults:requests()) do
      sent = sent + (request.range == json.null and request.sent or 0)
    end
    assert.are.equal(size, sent)
    assert.is_true(#site.faults:requests() > 1)
  end)

  -- Each kind: an answer to who asks for a part, as of resume_faults.py.
  for _, kind in ipairs {
    "honoured", "429", "reset", "half", "ignored", "start", "more", "416",
  } do
    it("has the right bytes where a further one gets: " .. kind, function()
      site.faults:forget()
      local size = 16 * MIB
      local url = ("%s/paced/%s?size=%d&rate=%d&hurry=yes"):format(site.faults.url, kind, size, 4 * MIB)
      local report = fetch(url, { digests = { "md5" } })
      assert.are.equal(digest.string("md5", FaultServer.bytes("0", size)), report.digests.md5)
      assert.are.equal(size, file.stat(site.out .. "/file").size)
      local parts = 0
      for _, request in ipairs(site.faults:requests()) do
        parts = parts + (request.range ~= json.null and 1 or 0)
      end
      assert.is_true(parts >= 2) -- they were tried
      assert.are.same({}, site:left())
    end)
  end
end)
