local FaultServer = require "spec.support.fault_server"
local Site = require "spec.support.site"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

-- Text as it is and packed; and archives of parts of it.
local BUILD = [[
set -e; cd %s; mkdir parts
seq -f 'line %%g of a text' 200000 >text
head -n 70000 text >parts/1.txt; sed -n '70001,150000p' text >parts/2.txt; tail -n +150001 text >parts/3.txt
gzip parts/2.txt; xz -0 parts/3.txt; printf 'a readme\n' >parts/README
tar czf parts.tar.gz parts/1.txt parts/2.txt.gz parts/3.txt.xz parts/README; tar cf parts.tar parts
zip -qr parts.zip parts/1.txt parts/2.txt.gz parts/3.txt.xz parts/README
gzip -k text; head -n 3 text >short; gzip -k short
sed -n 's/^line \(.*7\) of.*/\1/p' text >sevens]]

local SEVENS = { { filter = "^line \\d*7 " }, { replace = "^line (\\d+) .*", with = "$1" } }

describe("a transfer whose lines are rewritten", function()
  local site, root, server, sevens

  setup(function()
    site = Site.open()
    root = site.folder .. "/texts"
    assert(file.mkdirs(root))
    assert.are.equal("", program.shell(BUILD:format(root)).err)
    server = FaultServer.start { root = root }
    sevens = temp.read(root .. "/sevens")
  end)

  teardown(function()
    server:stop()
    site:close()
  end)

  before_each(function()
    site:clear()
    server:forget()
  end)

  local function url_of(name, path, query)
    return ("%s/%s?file=%s%s"):format(server.url, path or "good", name, query or "")
  end

  local function fetch(name, request)
    request = request or {}
    request.url, request.content_digests = url_of(name), { "sha256" }
    return site:fetch(request)
  end

  -- The file is this text, the report says so, and nothing is left beside it.
  local function assert_text(text, report, message)
    assert.is_nil(message)
    assert.are.equal(text, temp.read(site.out .. "/file"))
    assert.are.same({ #text, digest.string("sha256", text) },
      { report.content.size, report.content.digests.sha256 })
    assert.are.same({ "file" }, site:names())
    assert.are.same({}, site:left())
    site:clear()
  end

  it("stores what the rules make of it, packed or not, small or large", function()
    assert_text(sevens, fetch("text", { lines = SEVENS }))
    assert_text(sevens, fetch("text.gz", { decode = "gzip", lines = SEVENS }))
    local three = { { filter = "2" }, { replace = "line", with = "row" } }
    assert_text("row 2 of a text\n", fetch("short", { lines = three }))
    assert_text("row 2 of a text\n", fetch("short.gz", { decode = "gzip", lines = three }))
    assert_text("", fetch("short", { lines = { { filter = "4" } } }))
  end)

  it("digests the bytes as served", function()
    for _, name in ipairs { "text", "short" } do
      local report = assert(fetch(name, { lines = SEVENS, digests = { "md5" }, keep = site.out .. "/kept" }))
      assert.are.equal(digest.string("md5", temp.read(root .. "/" .. name)), report.digests.md5)
      assert.are.equal(temp.read(root .. "/" .. name), temp.read(site.out .. "/kept"))
      site:clear()
    end
  end)

  it("limits what is left, not what is taken out", function()
    assert_text(sevens, fetch("text.gz", { decode = "gzip", lines = SEVENS, content_limit = #sevens }))
    local report, message, code = fetch("text.gz", { decode = "gzip", lines = SEVENS,
      content_limit = #sevens - 1 })
    assert.are.same({ nil, ("%s: %d bytes of content or more (%d at most expected)"):format(url_of "text.gz",
      #sevens, #sevens - 1), "format" }, { report, message, code })
    assert.are.same({ {}, {} }, { site:names(), site:left() })
  end)

  it("fails with the number of the line, and leaves nothing", function()
    temp.write(root .. "/costly", "a\n" .. ("a"):rep(40) .. "b\n")
    local report, message, code = fetch("costly", { lines = { { filter = "^(a+)+$" } } })
    assert.are.same({ nil, url_of "costly" .. ": line 2: '^(a+)+$' takes too many steps "
      .. "(simpler pattern expected)", "error" }, { report, message, code })
    assert.are.same({}, site:names())
    assert.are.same({ nil, "'(': missing closing parenthesis at 2 (regular expression expected)", "usage" },
      { fetch("text", { lines = { { filter = "(" } } }) })
  end)

  it("goes on from what is there", function()
    local data, url = temp.read(root .. "/text.gz"), url_of "text.gz"
    temp.write(site.spool .. ".part", data:sub(1, 300000))
    local journal = "datamaestro journal 1\nsource %s\netag \"%s\"\nkind sha256\n%d %s\n"
    temp.write(site.spool .. ".journal", journal:format(digest.string("sha256", url),
      digest.string("md5", data):sub(1, 8), 300000, digest.string("sha256", data:sub(1, 300000))))
    local report = fetch("text.gz", { decode = "gzip", lines = SEVENS })
    assert.are.equal(300000, report.resumed)
    assert_text(sevens, report)
  end)

  it("begins anew when the bytes begin anew", function()
    for name, request in pairs {
      ["text"] = { lines = SEVENS }, ["text.gz"] = { decode = "gzip", lines = SEVENS },
      ["parts.tar.gz"] = { unpack = { concat = true, files = { "parts/[1-3]*" } }, lines = SEVENS },
      ["parts.zip"] = { unpack = { concat = true, files = { "parts/[1-3]*" } }, lines = SEVENS },
    } do
      request.url = url_of(name, "drop", "&times=1&after=150000&etag=weak")
      request.content_digests = { "sha256" }
      local one <close> = assert(site:start(request))
      assert.is_nil(site:finish(one))
      assert(one:again(request.url))
      local report = assert(site:finish(one))
      one:close()
      assert_text(sevens, report)
    end
  end)

  it("puts the members of an archive one behind another", function()
    local text = temp.read(root .. "/text")
    for _, name in ipairs { "parts.tar.gz", "parts.zip", "parts.tar" } do
      local choice = { concat = true, subpath = "parts", files = { "*.txt*" } }
      local report, message = fetch(name, { unpack = choice, digests = { "sha1" } })
      assert.are.equal(3, report.content.entries)
      assert.are.equal(digest.string("sha1", temp.read(root .. "/" .. name)), report.digests.sha1)
      if name ~= "parts.tar" then -- whose order is the folder's
        assert_text(text, report, message)
      else
        assert.are.equal(#text, report.content.size)
        site:clear()
      end
    end
    assert_text(sevens, fetch("parts.tar.gz", {
      unpack = { concat = true, files = { "parts/[1-3]*" } }, lines = SEVENS }))
    assert_text(temp.read(root .. "/parts/1.txt") .. temp.read(root .. "/parts/2.txt.gz"),
      fetch("parts.zip", { unpack = { concat = true, files = { "parts/[12]*" }, decode = "none" } }))
  end)

  it("refuses members that are not there, damaged, or too much", function()
    for _, name in ipairs { "parts.tar.gz", "parts.zip" } do
      for expected, request in pairs {
        [": no member '4.txt' below 'parts' (there are '1.txt', '2.txt.gz', '3.txt.xz', 'README')"] =
          { unpack = { concat = true, subpath = "parts", files = { "4.txt" } } },
        [": 9 bytes of content or more (8 at most expected)"] =
          { unpack = { concat = true, files = { "parts/README" } }, content_limit = 8 },
        [": member 'parts/README': starts with 61 "] =
          { unpack = { concat = true, files = { "parts/README" }, decode = "gzip" } },
      } do
        local report, message, code = fetch(name, request)
        assert.are.same({ nil, "format" }, { report, code })
        assert.are.equal(url_of(name) .. expected, message:sub(1, #url_of(name) + #expected))
        assert.are.same({ {}, {} }, { site:names(), site:left() })
      end
    end
  end)

  it("leaves nothing when it is closed midway", function()
    for _, name in ipairs { "text", "parts.tar.gz", "parts.zip" } do
      local one = assert(site:start { url = url_of(name, "stall", "&after=150000"), lines = SEVENS,
        unpack = name ~= "text" and { concat = true } or nil })
      repeat
        assert(site.set:wait(0.01))
      until one:progress() == 150000
      one:close()
      assert.are.same({ {}, {} }, { site:names(), site:left() })
      server:release()
    end
  end)

  it("raises where there is no one file", function()
    local _, raised = pcall(fetch, "parts.zip", { unpack = true, lines = SEVENS })
    assert.matches("field 'lines': of a folder %(of a file expected, as by 'concat'%)$", raised)
    _, raised = pcall(fetch, "parts.zip", { unpack = { concat = true, decode = "x" } })
    assert.matches("field 'decode': 'x' %(auto, none, gzip, bzip2, xz, zstd or lz4 expected%)$", raised)
  end)
end)
