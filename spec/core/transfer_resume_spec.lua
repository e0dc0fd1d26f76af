local FaultServer = require "spec.support.fault_server"
local Site = require "spec.support.site"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local SIZE, HERE = 300000, 100000 -- bytes: of the file, and of its part
local MODIFIED = "Mon, 01 Jan 2024 00:00:00 GMT"

describe("a transfer that is continued", function()
  local site, faults, bytes, sha256, etag

  setup(function()
    site = Site.open()
    faults = site.faults
    bytes = FaultServer.bytes("0", SIZE)
    sha256 = digest.string("sha256", bytes)
    etag = ('"%s"'):format(digest.string("md5", bytes):sub(1, 8))
  end)

  teardown(function()
    site:close()
  end)

  before_each(function()
    site:clear()
    faults:forget()
  end)

  local function url_of(path, query)
    return ("%s/%s?size=%d%s"):format(faults.url, path, SIZE, query or "")
  end

  -- A journal as a process leaves it; false leaves a field out.
  local function journal_of(url, changes)
    local fields = {
      source = digest.string("sha256", url), etag = etag, ["last-modified"] = MODIFIED, total = SIZE,
      kind = "sha256", offset = HERE, digest = digest.string("sha256", bytes:sub(1, HERE)),
    }
    for name, value in pairs(changes or {}) do
      fields[name] = value
    end
    local lines = { "datamaestro journal 1" }
    for _, name in ipairs { "source", "etag", "last-modified", "total", "kind" } do
      if fields[name] then
        lines[#lines + 1] = ("%s %s"):format(name, fields[name])
      end
    end
    lines[#lines + 1] = ("%d %s"):format(fields.offset, fields.digest)
    return table.concat(lines, "\n") .. "\n"
  end

  local function leave(part, journal)
    temp.write(site.spool .. ".part", part)
    temp.write(site.spool .. ".journal", journal)
  end

  -- What each request asked for, as "RANGE IF-RANGE".
  local function asked()
    local found = {}
    for at, request in ipairs(faults:requests()) do
      local range = request.range ~= json.null and request.range or "all"
      found[at] = request.if_range ~= json.null and range .. " " .. request.if_range or range
    end
    return found
  end

  -- The file is right, and nothing is left beside it.
  local function assert_right(report)
    assert.are.equal(sha256, report.digests.sha256)
    assert.are.equal(SIZE, report.size)
    assert.are.equal(SIZE, report.content.size)
    assert.are.equal(sha256, digest.file(site.out .. "/file", { "sha256" }).sha256)
    assert.are.same({ "file" }, site:names())
    assert.are.same({}, site:left())
  end

  -- Leaves a part and a journal, fetches, and checks that the file is right; the report.
  local function resume(url, part, journal, request)
    request = request or {}
    leave(part, journal)
    request.url, request.digests = url, request.digests or { "sha256" }
    local report = assert(site:fetch(request))
    if report.digests.sha256 then
      assert_right(report)
    end
    return report
  end

  local function assert_begun_anew(report)
    assert.are.equal(0, report.resumed)
    assert.is_false(report.mixed)
    assert.are.same({ "all" }, asked())
  end

  describe("from a journal", function()
    local url, part

    setup(function()
      url, part = url_of "good", bytes:sub(1, HERE)
    end)

    it("verifies the part, and asks for the rest if the file is still the same", function()
      local report = resume(url, part, journal_of(url))
      assert.are.same({ "bytes=100000- " .. etag }, asked())
      assert.are.same({ HERE, true, 206 }, { report.resumed, report.mixed, report.status })
    end)

    it("goes by the date where there is no ETag", function()
      local dated = url_of("good", "&etag=none")
      resume(dated, part, journal_of(dated, { etag = false }))
      assert.are.same({ "bytes=100000- " .. MODIFIED }, asked())
    end)

    it("asks for nothing where all is there", function()
      local report = resume(url, bytes, journal_of(url, { offset = SIZE, digest = sha256 }))
      assert.are.same({}, asked())
      assert.are.same({ SIZE, 0 }, { report.resumed, report.status })
    end)

    it("takes each kind of digest, if it is one that is asked for", function()
      for _, kind in ipairs { "md5", "sha1", "sha512" } do
        local journal = journal_of(url, { kind = kind, digest = digest.string(kind, part) })
        local report = resume(url, part, journal, { digests = { kind } })
        assert.are.equal(digest.string(kind, bytes), report.digests[kind])
        assert.are.equal(HERE, report.resumed)
        site:clear()
        faults:forget()
      end
      local journal = journal_of(url, { kind = "md5", digest = digest.string("md5", part) })
      assert_begun_anew(resume(url, part, journal))
    end)

    it("decodes what was there with what comes", function()
      local packed = program.shell(("gzip -nc %s"):format(Site.REAL .. Site.FILES[4])).out
      temp.write(site.nginx.root .. "/packed.gz", packed)
      local from = site.nginx.url .. "/packed.gz"
      local head = assert(site:fetch { url = from, decode = "gzip" })
      os.remove(site.out .. "/file")
      leave(packed:sub(1, 3000), journal_of(from, {
        etag = head.etag, ["last-modified"] = head.last_modified, total = #packed, offset = 3000,
        digest = digest.string("sha256", packed:sub(1, 3000)),
      }))
      local report = assert(site:fetch { url = from, decode = "gzip", content_digests = { "md5" } })
      assert.are.equal(3000, report.resumed)
      assert.are.equal(temp.read(Site.REAL .. Site.FILES[4]), temp.read(site.out .. "/file"))
      assert.are.equal(digest.string("sha256", packed), report.digests.sha256)
    end)

    it("cuts off what the journal does not speak of", function()
      local report = resume(url, part .. ("x"):rep(50000), journal_of(url))
      assert.are.equal(HERE, report.resumed)
    end)

    it("begins anew where the part is damaged", function()
      assert_begun_anew(resume(url, "x" .. part:sub(2), journal_of(url)))
      site:clear()
      faults:forget()
      assert_begun_anew(resume(url, part:sub(1, -2) .. "\0", journal_of(url)))
    end)

    it("begins anew where the part is shorter than the journal says", function()
      for _, offset in ipairs { HERE + 1, SIZE, 1 << 40, math.maxinteger } do
        assert_begun_anew(resume(url, part, journal_of(url, { offset = offset, total = offset })))
        site:clear()
        faults:forget()
      end
    end)

    it("begins anew where there is no part", function()
      temp.write(site.spool .. ".journal", journal_of(url))
      assert_begun_anew(assert(site:fetch { url = url }))
      site:clear()
      faults:forget()
      temp.write(site.spool .. ".part", part)
      assert_begun_anew(assert(site:fetch { url = url }))
    end)

    it("begins anew where more is there than is declared", function()
      leave(part, journal_of(url))
      local report, message = site:fetch { url = url, size = HERE - 1 }
      assert.is_nil(report)
      assert.are.equal(url .. ": 300000 bytes (99999 expected)", message)
      assert.are.same({ "all" }, asked())
    end)

    it("begins anew where the journal is of another URL, unless a digest proves the bytes", function()
      local journal = journal_of(url .. "&other=1", { etag = '"other"' })
      assert_begun_anew(resume(url, part, journal))
      site:clear()
      faults:forget()
      local report = resume(url, part, journal, { proven = true })
      assert.are.same({ "bytes=100000-" }, asked())
      assert.are.same({ HERE, true }, { report.resumed, report.mixed })
    end)

    it("begins anew where the journal is damaged", function()
      local good = journal_of(url)
      for _, journal in ipairs {
        "", "\n", "datamaestro journal 1\n", good:gsub("1\n", "2\n", 1),
        good:gsub("^datamaestro", "Datamaestro"),
        good:gsub("\n[^\n]*\n$", "\n"), -- no digest
        good:sub(1, -2),                -- a last line that was cut, perhaps
        good:gsub("kind sha256", "kind crc"), good:gsub("kind [^\n]*\n", ""),
        good:gsub("source [^\n]*\n", ""), good:gsub("100000 ", "0 "), good:gsub("100000 ", "-100000 "),
        good:gsub("100000 ", "1e5 "), good:gsub("100000 ", "99999999999999999999 "),
        good:gsub("100000 ", "100001 "), good .. ("\n"):rep(5000), ("\0"):rep(4096), ("\255"):rep(4096),
        (good:gsub("\n", "\r\n")),
      } do
        assert_begun_anew(resume(url, part, journal))
        site:clear()
        faults:forget()
      end
    end)

    it("never believes a journal whose bytes are lost, wherever they are", function()
      local good = journal_of(url)
      for at = 1, #good, 7 do
        resume(url, part, good:sub(1, at - 1) .. good:sub(at + 3))
        site:clear()
      end
    end)

    it("follows no links in place of part and journal", function()
      temp.write(site.folder .. "/precious", part)
      temp.write(site.spool .. ".journal", journal_of(url))
      program.shell(("ln -s %s/precious %s.part"):format(site.folder, site.spool))
      local report = site:fetch { url = url }
      assert.are.equal(part, temp.read(site.folder .. "/precious"))
      assert.are.equal(sha256, assert(report).digests.sha256)
      assert.are.equal("file", file.stat(site.out .. "/file").type)
    end)
  end)

  describe("of another file than before", function()
    local part

    setup(function()
      part = bytes:sub(1, HERE)
    end)

    it("takes the whole where the ETag has changed", function()
      local url = url_of "good"
      local report = resume(url, part, journal_of(url, { etag = '"old"' }))
      assert.are.same({ 'bytes=100000- "old"' }, asked())
      assert.are.same({ 0, false, 200 }, { report.resumed, report.mixed, report.status })
    end)

    it("takes the whole where the date has changed", function()
      local url = url_of("good", "&etag=none")
      local report = resume(url, part, journal_of(url,
        { etag = false, ["last-modified"] = "Tue, 02 Jan 2024 00:00:00 GMT" }))
      assert.are.same({ "bytes=100000- Tue, 02 Jan 2024 00:00:00 GMT" }, asked())
      assert.are.same({ 0, false, 200 }, { report.resumed, report.mixed, report.status })
    end)

    it("begins anew where the size has changed", function()
      local url = url_of "good"
      local report = resume(url, part, journal_of(url, { total = SIZE + 1 }))
      assert.are.same({ "bytes=100000- " .. etag, "all" }, asked())
      assert.are.same({ 0, false }, { report.resumed, report.mixed })
    end)

    it("begins anew where it is shorter than the part, also with a body to the 416", function()
      local long = bytes .. ("x"):rep(1000)
      for _, path in ipairs { "good", "416-page" } do
        local url = url_of(path)
        local report = resume(url, long, journal_of(url,
          { offset = #long, total = false, digest = digest.string("sha256", long) }))
        assert.are.same({ "bytes=301000- " .. etag, "all" }, asked())
        assert.are.same({ 0, false }, { report.resumed, report.mixed })
        site:clear()
        faults:forget()
      end
    end)
  end)

  it("is complete where a 416 says that there is no more, whatever page comes with it", function()
    for _, path in ipairs { "good", "416-page" } do
      local url = url_of(path)
      local report = resume(url, bytes, journal_of(url, { offset = SIZE, total = false, digest = sha256 }))
      assert.are.same({ "bytes=300000- " .. etag }, asked())
      assert.are.same({ SIZE, 416 }, { report.resumed, report.status })
      site:clear()
      faults:forget()
    end
  end)

  it("takes the whole from a server that serves no parts", function()
    local url = url_of "whole"
    local report = resume(url, bytes:sub(1, HERE), journal_of(url))
    assert.are.same({ "bytes=100000- " .. etag }, asked())
    assert.are.same({ 0, false, 200 }, { report.resumed, report.mixed, report.status })
  end)

  -- What a source gives first is HERE bytes, in memory, or nearly all, in a part file that is followed.
  for _, after in ipairs { HERE, 280000 } do
    describe(("after %d bytes of a source that gave up"):format(after), function()
      -- A paused transfer with so many bytes.
      local function pause(url, request)
        request = request or {}
        request.url, request.digests = url, { "sha256" }
        local one = assert(site:start(request))
        local report, message, code, partial = site:finish(one)
        assert.are.same({ "paused", "network", after, true },
          { one:state(), code, partial.size, partial.passing })
        assert.is_nil(report)
        assert.are.equal(("%s: received %d bytes (%d expected)"):format(url, after, SIZE), message)
        return one
      end

      local function range()
        return ("bytes=%d-"):format(after)
      end

      local function go_on(one, url)
        assert(one:again(url))
        return site:finish(one)
      end

      it("goes on with the same source", function()
        local url = url_of("drop", ("&times=1&after=%d"):format(after))
        local one <close> = pause(url)
        local report = assert(go_on(one, url))
        assert.are.same({ "all", range() .. " " .. etag }, asked())
        assert.are.same({ true, 0 }, { report.mixed, report.resumed })
        assert_right(report)
      end)

      it("goes on as often as it must", function()
        local url = url_of("drop", ("&times=7&after=%d"):format(after))
        local one <close> = pause(url)
        local rounds = 1
        while not go_on(one, url) do
          rounds = rounds + 1
        end
        assert.are.equal(after == HERE and 3 or 2, rounds + 1)
        assert_right(one:result())
      end)

      -- Kinds of answers, as of resume_faults.py: what can be taken, and what takes another request for all.
      local function has_right_bytes(kind, expected)
        it("has the right bytes where the answer is: " .. kind, function()
          local url = url_of("resume/" .. kind, ("&after=%d"):format(after))
          local one <close> = pause(url)
          local report = assert(go_on(one, url))
          local requests = {}
          for at, what in ipairs(asked()) do
            requests[at] = what:match "^%S+"
          end
          assert.are.same(expected, requests)
          assert_right(report)
        end)
      end

      for _, kind in ipairs { "honoured", "ignored", "changed" } do
        has_right_bytes(kind, { "all", range() })
      end
      for _, kind in ipairs {
        "start", "total", "garbage", "unnamed", "more", "fewer", "multipart", "416", "416-total", "416-bare",
        "changed-unasked",
      } do
        has_right_bytes(kind, { "all", range(), "all" })
      end

      it("goes on without a validator only where a digest proves the bytes", function()
        for _, query in ipairs { "&etag=weak", "&etag=none&modified=no" } do
          local url = url_of("drop", ("&times=1&after=%d%s"):format(after, query))
          local one <close> = pause(url)
          assert_right(assert(go_on(one, url)))
          assert.are.same({ "all", "all" }, asked())
          site:clear()
          faults:forget()

          local proven <close> = pause(url, { proven = true })
          local report = assert(go_on(proven, url))
          assert_right(report)
          assert.is_true(report.mixed)
          assert.are.same({ "all", range() }, asked())
          site:clear()
          faults:forget()
        end
      end)

      it("goes on with another source where a digest proves the bytes", function()
        local url = url_of("drop", ("&after=%d"):format(after))
        local other = url_of("good", "&etag=none&modified=no"):gsub("127.0.0.1", "127.0.0.2")
        local one <close> = pause(url, { proven = true })
        local report = assert(go_on(one, other))
        assert.are.same({ "all", range() }, asked())
        assert.are.same({ true, other }, { report.mixed, report.url })
        assert_right(report)
      end)

      it("begins anew with another source where nothing proves the bytes", function()
        local url = url_of("drop", ("&after=%d"):format(after))
        local other = url_of("good"):gsub("127.0.0.1", "127.0.0.2")
        local one <close> = pause(url)
        local report = assert(go_on(one, other))
        assert.are.same({ "all", "all" }, asked())
        assert.is_false(report.mixed)
        assert_right(report)
      end)

      it("begins anew with another source whose file has another size", function()
        local url = url_of("drop", ("&after=%d"):format(after))
        local other = url_of "good":gsub("size=300000", "size=290000")
        local one <close> = pause(url, { proven = true })
        local report = assert(go_on(one, other))
        assert.are.same({ "all", range(), "all" }, asked())
        assert.are.same({ false, 290000 }, { report.mixed, report.size })
        assert.are.equal(digest.string("sha256", FaultServer.bytes("0", 290000)), report.digests.sha256)
      end)

      it("tells the caller that bytes of several answers came together, right or not", function()
        local url = url_of("drop", ("&after=%d"):format(after))
        local one <close> = pause(url, { proven = true })
        local report = assert(go_on(one, url_of("good", "&seed=other")))
        assert.is_true(report.mixed)
        assert.are.equal(digest.string("sha256",
          bytes:sub(1, after) .. FaultServer.bytes("other", SIZE):sub(after + 1)), report.digests.sha256)
      end)

      it("stays paused when it is told to go on with what is no URL", function()
        local url = url_of("drop", ("&times=1&after=%d"):format(after))
        local one <close> = pause(url)
        local done, message, code = one:again "gopher://x/"
        assert.is_nil(done)
        assert.are.equal("gopher://x/: not a URL to fetch from (http, https, ftp or file expected)", message)
        assert.are.same({ "usage", "paused" }, { code, one:state() })
        assert(go_on(one, url))
      end)
    end)
  end

  it("decodes anew what begins anew", function()
    local path = Site.REAL .. Site.FILES[3] -- 4.4 MB
    local data = temp.read(path)
    local server = FaultServer.start { root = Site.REAL }
    local url = ("%s/drop?file=%s&after=2000000&etag=weak"):format(server.url, Site.FILES[3])
    local one <close> = assert(site:start { url = url, decode = "gzip", size = #data })
    assert.is_nil(site:finish(one))
    assert(one:again(("%s/good?file=%s"):format(server.url, Site.FILES[3])))
    local report = assert(site:finish(one))
    assert.are.equal(digest.string("sha256", data), report.digests.sha256)
    assert.are.equal(program.shell(("zcat %s | sha256sum"):format(path)).out:match "%x+",
      digest.file(site.out .. "/file", { "sha256" }).sha256)
    server:stop()
  end)

  describe("by the next process", function()
    local LARGE, AFTER = 20000000, 17500000

    -- Fetches until so much is noted in the journal, and closes.
    local function abandon(query, request)
      local url = ("%s/stall?size=%d&after=%d&times=1%s"):format(faults.url, LARGE, AFTER, query or "")
      request = request or {}
      request.url = url
      local one <close> = assert(site:start(request))
      repeat
        assert(site.set:wait(0.01))
      until one:progress() == AFTER and (request.lost or file.stat(site.spool .. ".journal"))
      return url
    end

    it("goes on where the last note was made", function()
      local url = abandon()
      assert.are.same({ "x.journal", "x.part" }, site:left())
      assert.are.same({}, site:names())
      local report = assert(site:fetch { url = url })
      assert.is_true(report.resumed >= 8 << 20 and report.resumed <= AFTER)
      assert.are.equal("bytes=" .. report.resumed .. "-", faults:requests()[2].range)
      assert.are.equal(LARGE, report.size)
      assert.are.equal(digest.file(site.out .. "/file", { "sha256" }).sha256, report.digests.sha256)
      assert.are.equal(digest.string("sha256", FaultServer.bytes("0", LARGE)), report.digests.sha256)
      assert.are.same({}, site:left())
    end)

    it("keeps nothing that cannot be continued", function()
      for _, query in ipairs { "&etag=weak", "&etag=none&modified=no" } do
        abandon(query, { lost = true })
        assert.are.same({}, site:left())
      end
    end)

    it("keeps what a digest proves, without a validator", function()
      local url = abandon("&etag=none&modified=no", { proven = true })
      assert.are.same({ "x.journal", "x.part" }, site:left())
      local report = assert(site:fetch { url = url, proven = true })
      assert.is_true(report.resumed >= 8 << 20)
      assert.are.equal(digest.string("sha256", FaultServer.bytes("0", LARGE)), report.digests.sha256)
    end)

    it("keeps no address that may hold a secret, in its journal", function()
      local url = abandon "&token=hunter2"
      local journal = temp.read(site.spool .. ".journal")
      assert.is_nil(journal:find("hunter2", 1, true))
      assert.is_truthy(journal:find("source " .. digest.string("sha256", url), 1, true))
      assert.are.equal(4096, #journal)
    end)
  end)
end)
