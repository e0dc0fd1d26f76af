local FaultServer = require "spec.support.fault_server"
local probe = require "datamaestro.api.probe"

describe("a probe", function()
  local server, set

  setup(function()
    server = FaultServer.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    server:forget()
    set = assert(probe.open {})
  end)

  after_each(function()
    set:close()
  end)

  local function ask(path, bytes)
    local one <close> = assert(set:start { url = server.url .. path, bytes = bytes })
    local done = {}
    while #done == 0 do
      done = assert(set:wait(10))
    end
    assert.are.same({ one }, done)
    return one:result()
  end

  it("gives the head of the answer, without a byte of the file", function()
    local report = ask "/good"
    assert.are.same({ 200, 4096, "", false }, { report.status, report.size, report.head, report.passing })
    assert.matches('^"%x+"$', report.etag)
    assert.equal("Mon, 01 Jan 2024 00:00:00 GMT", report.last_modified)
    local request = server:requests()[1]
    assert.are.same({ "HEAD", 0 }, { request.method, request.sent })
  end)

  it("gives the first bytes, and the size of the whole", function()
    local report = ask("/good", 1)
    assert.are.same({ 206, 4096, 1 }, { report.status, report.size, #report.head })
    assert.equal("bytes=0-0", server:requests()[1].range)
    report = ask("/good?range=ignored", 100)
    assert.are.same({ 200, 4096, 100 }, { report.status, report.size, #report.head })
    assert.equal(0, ask("/good?size=0", 1).size)
  end)

  it("says why there is no answer, and whether there may be one later", function()
    local report, message, code, partial = ask "/status/404%20Not%20Found"
    assert.are.same({ nil, server.url .. "/status/404%20Not%20Found: HTTP 404 Not Found", "network", 404,
      false }, { report, message, code, partial.status, partial.passing })
    partial = select(4, ask "/retry?after=7")
    assert.are.same({ 503, true, 7 }, { partial.status, partial.passing, partial.retry_after })
  end)

  it("asks many at once, and may be left alone", function()
    local asked, answers = {}, 0
    for i = 1, 20 do
      asked[i] = assert(set:start { url = ("%s/good?seed=%d&size=%d"):format(server.url, i, i) })
    end
    asked[1]:close()
    asked[2] = nil
    collectgarbage()
    while answers < 19 do
      for _, one in ipairs(assert(set:wait(10))) do
        assert.is_true(one:result().size > 1)
        answers = answers + 1
      end
    end
    asked[3]:close()
    asked[3]:close()
    assert.has_error(function()
      asked[3]:result()
    end, "calling 'result' on bad self (closed)")
    set:close()
    asked[4]:close()
    assert.has_error(function()
      asked[4]:result()
    end, "calling 'result' on bad self (closed)")
  end)

  it("takes no other questions than those it knows", function()
    assert.are.same({ nil, "x:y: not a URL to fetch from (http, https, ftp or file expected)", "usage" },
      { set:start { url = "x:y" } })
    assert.has_error(function()
      set:start { url = server.url, bytes = 513 }
    end)
    assert.has_error(function()
      probe.open { connections = 0 }
    end)
  end)
end)
