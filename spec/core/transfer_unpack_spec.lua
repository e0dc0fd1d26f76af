local FaultServer = require "spec.support.fault_server"
local Site = require "spec.support.site"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

-- Archives of one folder with these files: `large` does not fit into memory.
local BUILD = [[
set -e; cd %s; mkdir -p set/deep/er
printf hello >set/deep/er/hello; : >set/empty
head -c 3000000 /usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz >set/large
tar -cf set.tar set; gzip -nk set.tar; xz -0k set.tar; zstd -q set.tar; bzip2 -k set.tar
lz4 -q set.tar set.tar.lz4
zip -qr set.zip set; 7z a -bd set.7z set >/dev/null
for name in tar.gz tar zip; do head -c 2000000 set.$name >short.$name; done
/usr/bin/python3 - <<'END'
import tarfile, zipfile, io, os
def member(name, kind=tarfile.REGTYPE, link=""):
    info = tarfile.TarInfo(name)
    info.type, info.linkname, info.size = kind, link, 5 if kind == tarfile.REGTYPE else 0
    return info
for title, members in {
    "parent": [member("../evil")], "absolute": [member("/tmp/datamaestro-evil")],
    "through": [member("set/link", tarfile.SYMTYPE, "/tmp"), member("set/link/datamaestro-evil")],
    "device": [member("set/null", tarfile.CHRTYPE)],
}.items():
    with tarfile.open(title + ".tar.gz", "w:gz") as archive:
        for info in [member("set/good")] + members:
            archive.addfile(info, io.BytesIO(b"hello") if info.size else None)
with zipfile.ZipFile("parent.zip", "w") as archive:
    archive.writestr("set/good", "hello"); archive.writestr("../evil", "hello")
data = bytearray(open("set.tar.gz", "rb").read()); data[1000000] ^= 0xff
open("damaged.tar.gz", "wb").write(data)
data = bytearray(open("set.zip", "rb").read()); data[1000000] ^= 0xff
open("damaged.zip", "wb").write(data)
END
]]

describe("a transfer that unpacks", function()
  local site, root, server

  setup(function()
    site = Site.open()
    root = site.folder .. "/archives"
    assert(file.mkdirs(root))
    local result = program.shell(BUILD:format(root))
    assert.are.equal("", result.err)
    server = FaultServer.start { root = root }
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

  local function unpack(name, request)
    request = request or {}
    request.url, request.unpack = request.url or url_of(name), request.unpack or true
    return site:fetch(request)
  end

  local function assert_unpacked()
    local result = program.shell(("diff -r %s/set %s/file/set"):format(root, site.out))
    assert.are.same({ "", 0 }, { result.out, result.status })
    assert.are.same({ "file" }, site:names())
    assert.are.same({}, site:left())
  end

  it("fills a folder with each kind of archive, and digests it as served", function()
    for _, ending in ipairs { "tar", "tar.gz", "tar.xz", "tar.zst", "tar.bz2", "tar.lz4", "zip", "7z" } do
      local report = assert(unpack("set." .. ending, { digests = { "sha256" } }))
      local served = assert(digest.file(root .. "/set." .. ending, { "sha256" }))
      assert.are.same({ served.size, served.sha256 }, { report.size, report.digests.sha256 })
      assert.are.same({ 3000005, true }, { report.content.size, report.content.entries >= 3 })
      assert_unpacked()
      site:clear()
    end
  end)

  it("takes what is chosen of each kind of archive, and digests all of it as served", function()
    for _, ending in ipairs { "tar", "tar.gz", "tar.xz", "tar.zst", "tar.bz2", "tar.lz4", "zip", "7z" } do
      local choice = { subpath = "set", files = { "**/hello", "empty" } }
      local report = assert(unpack("set." .. ending, { unpack = choice, digests = { "sha256" } }))
      local served = assert(digest.file(root .. "/set." .. ending, { "sha256" }))
      assert.are.same({ served.size, served.sha256 }, { report.size, report.digests.sha256 })
      assert.are.same({ 5, 2 }, { report.content.size, report.content.entries })
      local found = program.shell(("cd %s/file; find . | LC_ALL=C sort; cat deep/er/hello"):format(site.out))
      assert.are.equal(".\n./deep\n./deep/er\n./deep/er/hello\n./empty\nhello", found.out)
      assert.are.same({ "file" }, site:names())
      assert.are.same({}, site:left())
      site:clear()
    end
  end)

  it("says what was chosen and is not there", function()
    for _, ending in ipairs { "tar.gz", "zip" } do
      local url = url_of("set." .. ending)
      local choice = { subpath = "set", files = { "hello" } }
      local report, message, code = unpack(nil, { url = url, unpack = choice })
      assert.are.same({ nil, url .. ": no member 'hello' below 'set' (there is 'deep/er/hello')", "format" },
        { report, message, code })
      assert.are.same({ {}, {} }, { site:names(), site:left() })
    end
    local message = select(2, unpack("set.zip", { unpack = { format = "tar" } }))
    assert.are.equal(url_of "set.zip" .. ": zip archive (tar archive expected)", message)
    assert.are.same({ nil, "'a/..': a path with '..' (none expected)", "usage" },
      { unpack("set.zip", { unpack = { files = { "a/.." } } }) })
    local _, raised = pcall(unpack, "set.zip", { unpack = "zip" })
    assert.matches("field 'unpack': string %(boolean or table expected%)$", raised)
  end)

  it("keeps the archive, too, where that is asked for", function()
    assert(unpack("set.zip", { keep = site.out .. "/kept" }))
    assert.are.equal(temp.read(root .. "/set.zip"), temp.read(site.out .. "/kept"))
    assert.are.same({ "file", "kept" }, site:names())
  end)

  it("knows an archive by its first bytes, however few of them come first", function()
    for _, ending in ipairs { "tar", "tar.gz", "tar.xz", "zip", "7z" } do
      for _, first in ipairs { 1, 3, 100 } do
        local url = url_of("set." .. ending, "drop", ("&times=1&after=%d"):format(first))
        local one <close> = assert(site:start { url = url, unpack = true })
        site:finish(one)
        for _ = 1, 50 do -- the follower may look at what is there
          site.set:wait(0)
        end
        assert.are.equal("paused", one:state())
        assert(one:again(url))
        assert(site:finish(one))
        one:close()
        assert_unpacked()
        site:clear()
      end
    end
  end)

  it("begins anew with the folder when the bytes begin anew", function()
    for _, ending in ipairs { "tar.gz", "zip" } do
      local url = url_of("set." .. ending, "drop", "&times=1&after=2500000&etag=weak")
      local one <close> = assert(site:start { url = url, unpack = true })
      assert.is_nil(site:finish(one))
      assert(one:again(url))
      assert(site:finish(one))
      one:close()
      assert_unpacked()
      site:clear()
    end
  end)

  it("goes on from what is there, and begins anew where that is too little to tell what it is", function()
    for _, ending in ipairs { "tar.gz", "zip" } do
      local data, url = temp.read(root .. "/set." .. ending), url_of("set." .. ending)
      for _, here in ipairs { 1, 511, 512, 2000000 } do
        temp.write(site.spool .. ".part", data:sub(1, here))
        temp.write(site.spool .. ".journal",
          ("datamaestro journal 1\nsource %s\netag \"%s\"\nkind sha256\n%d %s\n"):format(
            digest.string("sha256", url), digest.string("md5", data):sub(1, 8), here,
            digest.string("sha256", data:sub(1, here))))
        local report = assert(unpack(nil, { url = url }))
        assert.are.equal(here >= 512 and here or 0, report.resumed)
        assert.are.equal(digest.string("sha256", data), report.digests.sha256)
        assert_unpacked()
        site:clear()
      end
    end
  end)

  it("leaves no folder of what is damaged, cut or no archive", function()
    for name, expected in pairs {
      ["damaged.tar.gz"] = "damaged", ["damaged.zip"] = "set/large", ["short.tar.gz"] = "ends early",
      ["short.tar"] = "ends early", ["short.zip"] = ".", ["set/deep/er/hello"] = "starts with 68 65 6c 6c",
      ["set/empty"] = ".",
    } do
      temp.write(root .. "/" .. name:match "[^/]*$", temp.read(root .. "/" .. name))
      local url = url_of(name:match "[^/]*$")
      local report, message, code = unpack(nil, { url = url })
      assert.is_nil(report)
      assert.are.equal(url .. ": ", message:sub(1, #url + 2))
      assert.is_truthy(message:find(expected, 1, true), message)
      assert.are.equal("format", code)
      assert.are.same({}, site:names())
      assert.are.same({}, site:left())
    end
  end)

  it("lets no member out of the folder", function()
    for _, name in ipairs {
      "parent.tar.gz", "absolute.tar.gz", "through.tar.gz", "device.tar.gz", "parent.zip",
    } do
      local report, message, code = unpack(name)
      assert.is_nil(report, name)
      assert.are.equal("format", code)
      assert.are.equal(url_of(name) .. ": ", message:sub(1, #url_of(name) + 2))
      assert.are.same({}, site:names())
      assert.is_nil(file.stat "/tmp/datamaestro-evil")
      assert.is_nil(file.stat(site.folder .. "/evil"))
    end
  end)

  it("leaves no folder when it is closed midway", function()
    for _, ending in ipairs { "tar.gz", "zip" } do
      local url = url_of("set." .. ending, "stall", "&after=2500000")
      local one = assert(site:start { url = url, unpack = true })
      repeat
        assert(site.set:wait(0.01))
      until one:progress() == 2500000
      one:close()
      assert.are.same({}, site:names())
      assert.are.same({}, site:left())
      server:release()
    end
  end)

  it("writes over nothing", function()
    assert(file.mkdirs(site.out .. "/file"))
    temp.write(site.out .. "/file/mine", "mine")
    local report, message = unpack "set.tar.gz"
    assert.is_nil(report)
    assert.are.equal(site.out .. "/file: File exists", message)
    assert.are.same({ "mine" }, file.list(site.out .. "/file"))
  end)
end)
