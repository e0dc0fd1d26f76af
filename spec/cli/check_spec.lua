local FaultServer = require "spec.support.fault_server"
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local EXTRA = [[
    location /nohead/ { if ($request_method = HEAD) { return 405; } alias ROOT/; }
    location /forbidding/ { if ($request_method = HEAD) { return 403; } alias ROOT/; }
    location /whole/ { if ($request_method = HEAD) { return 501; } max_ranges 0; alias ROOT/; }
    location /page { default_type text/html; return 200 "<!DOCTYPE html><html>Gone</html>"; }
    location /mislabelled/ { types { } default_type text/html; alias ROOT/; }
    location /private { return 401; }
    location /busy { return 503; }
]]

describe("check", function()
  local lab, server, faults

  setup(function()
    server = Nginx.start { extra = EXTRA:gsub("alias ROOT/", "rewrite ^/[a-z]+/(.*)$ /$1 break") }
    faults = FaultServer.start()
  end)

  teardown(function()
    server:stop()
    faults:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
    temp.write(server.root .. "/a.txt", "12 bytes abc")
    program.shell(("touch -d '2026-01-01 12:00:00 UTC' '%s/a.txt'"):format(server.root))
    server:forget()
    faults:forget()
  end)

  after_each(function()
    lab:close()
  end)

  -- Defines org.example.data of files: each a path of the server, or a URL, and options.
  local function define(...)
    local chain, first = {}, nil
    for i, one in ipairs { ... } do
      local name = ("r%d"):format(i)
      first = first or name
      chain[i] = ('filedownloader("%s.txt", "%s", { %s }) ..'):format(name,
        (one[1]:gsub("^/", server.url .. "/")), (one[2] or ""):gsub("URL", server.url))
    end
    lab:define(([[local File = use "datamaestro.data".File
      Data = %s
      dataset { File, "Data" } .. function(%s) return { path = %s } end]]):format(
      table.concat(chain, "\n"), first, first))
  end

  local ENV = { DATAMAESTRO_RETRY_DELAY = "0.01" }

  local function check(...)
    return lab:run({ "check", "org.example.data", ... }, { env = ENV })
  end

  -- The states, in the order of the sources, and the messages of those that have one.
  local function states(...)
    define(...)
    local result = check "--json"
    assert.equal("", result.err)
    local list, messages = {}, {}
    for i, row in ipairs(json.decode(result.out)) do
      list[i] = row.state
      messages[i] = row.message ~= json.null and row.message:gsub(server.url, "URL") or nil
    end
    return list, messages, result.status
  end

  it("asks for the head, and says only what is wrong", function()
    define({ "/a.txt", "size = 12" }, { "/b.txt" })
    local result = check()
    assert.are.same({ 4, ([[
gone        %s/b.txt: HTTP 404 Not Found
              of org.example.data: r2
]]):format(server.url), "datamaestro: 2 sources of 1 dataset: 1 gone, 1 as they were\n" },
      { result.status, result.out, result.err })
    assert.are.same({ 0, 0 }, { server:requests()[1].sent, server:requests()[2].sent })
    define { "/a.txt", "size = 12" }
    result = check()
    assert.are.same({ 0, "" }, { result.status, result.out })
    assert.equal(("there       %s/a.txt: 12 bytes\n              of org.example.data: r1\n"):format(
      server.url), check("--all").out)
  end)

  it("asks for a byte where nobody answers to that", function()
    for _, path in ipairs { "/nohead/a.txt", "/forbidding/a.txt", "/whole/a.txt" } do
      assert.are.same({ "there" }, (states { path, "size = 12" }))
      assert.are.same({ "size" }, (states { path, "size = 13" }))
    end
    assert.equal("bytes=0-0", server:requests()[2].range)
  end)

  it("holds the size against the declared one", function()
    local found, messages, status = states({ "/a.txt", "size = 11" })
    assert.are.same({ { "size" }, { "URL/a.txt: 12 bytes (11 declared)" }, 5 }, { found, messages, status })
  end)

  it("takes a page for gone, but not data that are called one", function()
    local found, messages, status = states({ "/page" }, { "/mislabelled/a.txt" })
    assert.are.same({ { "gone", "there" }, { "URL/page: HTML page (data expected)" }, 4 },
      { found, messages, status })
    lab:define(([[Data = manual("x.zip", { url = "%s/page" }) ..
      dataset { use "datamaestro.data".File, "X" } .. function(x) return { path = x } end]]):format(
      server.url))
    assert.are.same({ 0, "" }, { check().status, check().out })
  end)

  it("asks for each mirror, and once for each URL", function()
    local found = states({ "/a.txt", 'mirrors = { "URL/gone", { "file:///nowhere/x", size = 3 } }' },
      { "/a.txt" }, { "/gone" })
    assert.are.same({ "there", "gone", "elsewhere" }, found)
    assert.matches("gone [^\n]*\n              of org.example.data: r1 and 1 more\n", check().out)
  end)

  it("knows what is behind a login, and what cannot be reached", function()
    local found, messages, status = states({ "/private" }, { "http://127.0.0.1:1/x" }, { "/busy" })
    assert.are.same({ "refused", "unreachable", "unreachable" }, found)
    assert.are.same({ "URL/private: HTTP 401 Unauthorized (login needed)",
      "http://127.0.0.1:1/x: no connection: Connection refused",
      "URL/busy: HTTP 503 Service Temporarily Unavailable" }, messages)
    assert.equal(4, status)
    assert.equal(7, select(3, states { "/private" }))
    assert.equal(5, select(3, states({ "/private" }, { "/a.txt", "size = 1" })))
  end)

  it("waits when it is asked to, and tries again", function()
    assert.are.same({ "there" }, (states { faults.url .. "/retry?after=0&times=1" }))
    local methods = {}
    for i, request in ipairs(faults:requests()) do
      methods[i] = request.method
    end
    assert.are.same({ "HEAD", "HEAD" }, methods)
  end)

  it("says what has changed since the last time, and when it was there", function()
    define { "/a.txt" }
    assert.are.same({ 0, "" }, { check().status, check().out })
    temp.write(server.root .. "/a.txt", "other bytes")
    program.shell(("touch -d '2026-02-01 12:00:00 UTC' '%s/a.txt'"):format(server.root))
    local result = check()
    local today = os.date("!%Y-%m-%d"):gsub("%-", "%%-")
    assert.equal(0, result.status)
    assert.matches("^changed     [^\n]*/a.txt: 11 bytes %(12 on " .. today .. "%)\n", result.out)
    program.shell(("touch -d '2026-03-01 12:00:00 UTC' '%s/a.txt'"):format(server.root))
    assert.matches("/a.txt: changed Sun, 01 Mar 2026 12:00:00 GMT %(before: Sun, 01 Feb 2026 12:00:00 "
      .. "GMT%)\n", check().out)
    assert.equal("", check().out)
    os.remove(server.root .. "/a.txt")
    assert.matches("^gone        [^\n]*/a.txt: HTTP 404 Not Found; there on " .. today .. "\n", check().out)
  end)

  it("notes what it found in the user's state, or warns", function()
    define { "/a.txt" }
    check()
    local path = lab.folder .. "/.local/state/datamaestro/checks.json"
    local entry = json.decode(temp.read(path))[server.url .. "/a.txt"]
    assert.are.same({ "there", 12, "Thu, 01 Jan 2026 12:00:00 GMT" },
      { entry.state, entry.size, entry.last_modified })
    temp.write(path, "no json")
    local result = check()
    assert.equal(0, result.status)
    assert.matches("warning: [^\n]*checks.json[^\n]*; what was found is not noted for the next check\n",
      result.err)
    assert.equal("no json", temp.read(path))
  end)

  it("takes repositories, families and all", function()
    define { "/a.txt", "size = 12" }
    local result = lab:run({ "check", "lab" }, { env = ENV })
    assert.are.same({ 0, "datamaestro: 1 source of 1 dataset: 1 as they were\n" },
      { result.status, result.err })
    lab:define(([[Data = resources(function(v)
        return filedownloader("x.txt", "%s/" .. v.name .. ".txt") end) ..
      dataset { use "datamaestro.data".File, "X", variants = AxesVariants { name = Axis { "a", "b" } } } ..
      function(x) return { path = x } end]]):format(server.url))
    assert.equal("datamaestro: 2 sources of 1 dataset: 1 gone, 1 as they were\n",
      lab:run({ "check", "lab" }, { env = ENV }).err)
    result = lab:run { "check", "org.example.dta" }
    assert.are.same({ 3, "datamaestro: org.example.dta: unknown dataset (did you mean "
      .. "'org.example.data'?)\n" }, { result.status, result.err })
    assert.are.same({ 11, "datamaestro: check: asks the network (--offline was asked)\n" },
      { lab:run({ "--offline", "check", "lab" }).status, lab:run({ "--offline", "check", "lab" }).err })
  end)

  it("prints JSON with what was found last", function()
    define { "/a.txt", "size = 12" }
    check()
    local row = json.decode(check("--json").out)[1]
    assert.are.same({ server.url .. "/a.txt", "there", 12, 12, "there", 12 },
      { row.url, row.state, row.declared, row.size, row.previous_state, row.previous_size })
    assert.are.same({ "org.example.data: r1" }, row.users)
  end)
end)
