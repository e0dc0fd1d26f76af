local Nginx = require "spec.support.nginx"
local Site = require "spec.support.site"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local temp = require "spec.support.temp"
local transfer = require "datamaestro.api.transfer"

describe("many transfers at once", function()
  local site, secure

  setup(function()
    site = Site.open()
    secure = Nginx.start { tls = true }
    for i = 1, 300 do
      temp.write(("%s/small/%d"):format(secure.root, i), ("%d\n"):format(i):rep(i * 10))
    end
  end)

  teardown(function()
    secure:stop()
    site:close()
  end)

  before_each(function()
    site:clear()
    secure:forget()
  end)

  local function start(set, name, request)
    request.path, request.spool = site.out .. "/" .. name, site.spool .. name
    return assert(set:start(request))
  end

  -- Waits until all have stopped; how many there were.
  local function finish(set, count)
    local stopped = 0
    while stopped < count do
      stopped = stopped + #assert(set:wait(10))
    end
    return stopped
  end

  local function small(i)
    return { url = ("%s/small/%d"):format(secure.url, i), digests = { "sha256" } }
  end

  local function assert_small(i, one)
    local content = ("%d\n"):format(i):rep(i * 10)
    local report = assert(one:result())
    assert.are.equal(digest.string("sha256", content), report.digests.sha256)
    assert.are.equal(content, temp.read(("%s/%d"):format(site.out, i)))
  end

  -- Fetches the first `count` small files, `crowd` of them at once.
  local function fetch_small(set, count, crowd)
    local numbers, begun, ended = {}, 0, 0
    local function begin()
      begun = begun + 1
      numbers[start(set, tostring(begun), small(begun))] = begun
    end
    for _ = 1, crowd do
      begin()
    end
    while ended < begun do
      for _, one in ipairs(assert(set:wait(10))) do
        ended = ended + 1
        assert_small(numbers[one], one)
        one:close()
        if begun < count then
          begin()
        end
      end
    end
    assert.are.equal(count, #site:names())
    assert.are.same({}, site:left())
  end

  -- How many requests each connection had.
  local function connections_of(server)
    local connections, list = {}, {}
    for _, request in ipairs(server:requests()) do
      connections[request.connection] = (connections[request.connection] or 0) + 1
    end
    for _, count in pairs(connections) do
      list[#list + 1] = count
    end
    return list
  end

  it("come over one connection, where the server speaks HTTP/2", function()
    local set <close> = assert(transfer.open { ca_file = secure.ca_file })
    fetch_small(set, 300, 64)
    assert.are.same({ 300 }, connections_of(secure))
    assert.are.equal("HTTP/2.0", secure:requests()[1].protocol)
  end)

  it("come over few connections, when they are more than it takes on one", function()
    local set <close> = assert(transfer.open { ca_file = secure.ca_file })
    fetch_small(set, 300, 300)
    assert.is_true(#connections_of(secure) <= 8)
  end)

  it("come over no more connections than there may be, where it does not", function()
    local old <close> = setmetatable({}, { __close = function(self) self.server:stop() end })
    old.server = Nginx.start { tls = true, http2 = false }
    for i = 1, 60 do
      temp.write(("%s/%d"):format(old.server.root, i), tostring(i))
    end
    local set <close> = assert(transfer.open { ca_file = old.server.ca_file, host_connections = 4 })
    for i = 1, 60 do
      start(set, tostring(i), { url = ("%s/%d"):format(old.server.url, i) })
    end
    finish(set, 60)
    assert.is_true(#connections_of(old.server) <= 4)
    for i = 1, 60 do
      assert.are.equal(tostring(i), temp.read(("%s/%d"):format(site.out, i)))
    end
  end)

  it("of all kinds end each in its own way", function()
    local faults, nginx = site.faults.url, site.nginx.url
    local kinds = {
      { nginx .. "/" .. Site.FILES[1], "done", decode = "gzip" },
      { nginx .. "/" .. Site.FILES[3], "done" },
      { nginx .. "/" .. Site.FILES[4], "done", decode = "gzip" },
      { faults .. "/whole", "done" },
      { faults .. "/truncated", "paused" },
      { faults .. "/status/404%20Not%20Found", "paused" },
      { faults .. "/zip", "paused", decode = "gzip" },
      { "http://127.0.0.1:1/", "paused" },
      { "file://" .. Site.REAL .. Site.FILES[2], "done", decode = "gzip" },
      { faults .. "/stall", "paused" },
    }
    local set <close> = assert(transfer.open { stall_timeout = 3 })
    local all = {}
    for i = 1, 40 do
      local kind = kinds[(i - 1) % #kinds + 1]
      all[i] = start(set, tostring(i), { url = kind[1], decode = kind.decode })
    end
    finish(set, 40)
    for i, one in ipairs(all) do
      local kind = kinds[(i - 1) % #kinds + 1]
      assert.are.equal(kind[1] .. " " .. kind[2], kind[1] .. " " .. one:state())
      one:close()
      assert.are.equal(kind[2] == "done", file.stat(("%s/%d"):format(site.out, i)) ~= nil)
    end
    assert.are.same({}, site:left())
  end)

  it("leave nothing when they are closed midway", function()
    for rounds = 0, 6 do
      local set = assert(transfer.open { ca_file = secure.ca_file })
      local all = {}
      for i = 1, 40 do
        all[i] = start(set, tostring(i), i % 8 > 0 and small(i) or {
          url = site.nginx.url .. "/" .. Site.FILES[1], decode = "gzip", unpack = false,
        })
      end
      for _ = 1, rounds do
        assert(set:wait(0.01))
      end
      local done = {}
      for i, one in ipairs(all) do
        if one:state() == "done" then
          done[#done + 1] = tostring(i)
        end
      end
      table.sort(done)
      set:close()
      assert.are.same(done, site:names())
      for _, name in ipairs(site:left()) do -- what is large may be continued
        assert.matches("%.part$", (name:gsub("%.journal$", ".part")))
      end
      site:clear()
    end
  end)

  it("leave no content that nobody was told of", function()
    for _ = 1, 20 do
      local set <close> = assert(transfer.open {})
      local one = start(set, "x", { url = "file://" .. Site.REAL .. Site.FILES[4], decode = "gzip" })
      while select(5, one:progress()) do
        assert(set:wait(0))
      end
      if one:state() == "running" then
        for _ = 1, 200 do -- the follower may finish meanwhile
          file.stat(site.out .. "/x")
        end
        one:close()
        assert.are.same({}, site:names())
      end
      os.remove(site.out .. "/x")
    end
  end)

  it("live with the collector, and with handles that nobody keeps", function()
    local set <close> = assert(transfer.open { ca_file = secure.ca_file })
    local closed = 0
    for i = 1, 60 do
      start(set, tostring(i), small(i))
      collectgarbage()
    end
    while closed < 60 do
      for _, one in ipairs(assert(set:wait(10))) do
        collectgarbage()
        assert.are.equal("done", one:state())
        one:result()
        one:close()
        closed = closed + 1
      end
    end
    assert.are.equal(60, #site:names())
  end)
end)
