local Site = require "spec.support.site"
local temp = require "spec.support.temp"

describe("a transfer from a server that fails", function()
  local site, folder, out, faults

  setup(function()
    site = Site.open()
    folder, out, faults = site.folder, site.out, site.faults
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

  local function fault(path, request)
    request = request or {}
    request.url = faults.url .. path
    local message, code, partial = failure(request)
    assert.are.equal(request.url .. ": ", message:sub(1, #request.url + 2))
    return message:sub(#request.url + 3), code, partial
  end

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

  it("says whether another try may succeed, and when", function()
    local function told(path, request)
      local _, _, partial = fault(path, request)
      return partial.passing, partial.retry_after
    end
    for _, status in ipairs { 408, 425, 429, 500, 502, 503, 504 } do
      assert.is_true(told(("/status/%d%%20X"):format(status)))
    end
    for _, status in ipairs { 400, 401, 403, 404, 407, 410, 416, 451, 501, 505 } do
      assert.is_false(told(("/status/%d%%20X"):format(status)))
    end
    assert.are.same({ true, 7 }, { told "/retry?status=429&after=7" })
    assert.are.same({ true, 0 }, { told "/retry?after=past" })
    assert.are.same({ true }, { told "/retry?after=soon" })
    assert.are.same({ true }, { told "/retry" })
    assert.is_true(told "/reset")
    assert.is_true(told "/truncated")
    assert.is_true(told("/silent", { stall_timeout = 0.1 }))
    assert.is_false(told "/gopher")
    assert.is_false(told("/zip", { decode = "gzip" }))
    assert.is_false(told "/loop")
  end)

  it("reads a date as seconds from now", function()
    local after = select(3, fault "/retry?status=503&after=date").retry_after
    assert.is_true(after == 0 or after == 1)
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
    assert.are.equal("received 4096 bytes (4097 expected)", (fault("/chunked", { size = 4097 })))
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

  it("takes what holds together, though it is unusual", function()
    for _, path in ipairs { "/hints", "/chain/10", "/line/HTTP%2F1.0%20200%20OK", "/flood?bytes=200000" } do
      assert.are.equal(4096, assert(fetch { url = faults.url .. path }).size)
      os.remove(out .. "/file")
    end
    assert.are.equal("headers of over 300 KB (fewer expected)", (fault "/flood?bytes=400000"))
    assert.are.equal("over 10 redirects", (fault "/chain/11"))
  end)

  it("refuses what comes compressed unasked, unless a digest proves it or it is decoded", function()
    local message, code = fault "/encoded"
    assert.are.equal("encoded as gzip, unasked (the plain bytes expected)", message)
    assert.are.equal("format", code)
    local report = assert(fetch { url = faults.url .. "/encoded", proven = true })
    assert.are.equal("\x1f\x8b", temp.read(out .. "/file"):sub(1, 2))
    assert.are.equal(report.size, report.content.size)
    os.remove(out .. "/file")
    assert.are.equal(4096, assert(fetch { url = faults.url .. "/encoded", decode = "gzip" }).content.size)
  end)

  it("ends an endless answer where the declared size or the limit of content is", function()
    local message, code = fault("/endless", { size = 100000 })
    assert.are.equal("over 100000 bytes (100000 expected)", message)
    assert.are.equal("checksum", code)
    message, code = fault("/endless", { content_limit = 1000000 })
    assert.are.equal("1000001 bytes of content or more (1000000 at most expected)", message)
    assert.are.equal("format", code)
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
    local message, code, partial = failure { url = "http://127.0.0.1:1/x" }
    assert.are.equal("http://127.0.0.1:1/x: no connection: Connection refused", message)
    assert.are.equal("network", code)
    assert.is_true(partial.passing)
    assert.are.equal("http://nowhere.invalid/x: host unknown", (failure { url = "http://nowhere.invalid/x" }))
  end)
end)
