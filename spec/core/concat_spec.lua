local archive = require "datamaestro.api.archive"
local extraction = require "spec.support.extraction"
local file = require "datamaestro.api.file"
local temp = require "spec.support.temp"

local shell = extraction.shell

-- Members that are packed in each way or not at all, and some archives of Python's.
local BUILD = [[
mkdir -p set/a set/b; cd set
printf 'one\ntwo' >a/1.txt; printf 'three\n' >a/2.txt; printf 'four\r\nfive\r\n' >b/3.txt
seq 20000 >b/4.txt; seq 3 >b/5.txt; seq 4 6 >b/6.txt; : >b/7.txt
gzip a/2.txt; bzip2 b/3.txt; xz -0 b/4.txt; zstd -q --rm b/5.txt
lz4 -q b/6.txt b/6.txt.LZ4; rm b/6.txt
tar cf ../t.tar a/1.txt a/2.txt.gz b; tar czf ../t.tgz a/1.txt a/2.txt.gz b
zip -qr ../t.zip a/1.txt a/2.txt.gz b; 7z a -bd ../t.7z a b >/dev/null
(cat a/1.txt; gzip -dc a/2.txt.gz; xz -dc b/4.txt.xz) >../some
cat a/1.txt a/2.txt.gz b/4.txt.xz >../raw
cd ..; mkdir links; cd links; echo text >a; ln a b; ln -s a c; mkdir d; tar cf ../links.tar a b c d; cd ..
truncate -s 10000000 holes; printf middle | dd of=holes bs=1 seek=5000000 conv=notrunc status=none
tar cSf holes.tar holes
/usr/bin/python3 - <<'END'
import bz2, gzip, io, tarfile
def tar(name, *members):
    with tarfile.open(name, "w") as archive:
        for path, content in members:
            info = tarfile.TarInfo(path)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
tar("bomb.tar", ("big.bz2", bz2.compress(bytes(200000000))))
nested = [("%d.gz" % i, gzip.compress(bytes(20000000))) for i in range(20)]
tar("nested.tar", *nested)
tar("cut.tar", ("good", b"good\n"), ("cut.gz", gzip.compress(b"hello" * 1000)[:-20]))
tar("plain.tar", ("plain.gz", b"plain text\n"))
tar("garbage.tar", ("x.gz", gzip.compress(b"text\n") + b"garbage"))
tar("hostile.tar", ("../escaped", b"x"), ("good", b"good\n"))
END
gzip -k nested.tar; head -c 12000 t.tar >short.tar; printf '' >empty]]

describe("the members of an archive, one behind another", function()
  local folder, out

  setup(function()
    folder = extraction.open()
    out = folder .. "/box/out"
    shell(BUILD)
  end)

  teardown(extraction.close)
  after_each(extraction.discard)

  local function concat(name, request)
    request = request or {}
    request.path, request.out, request.subject = folder .. "/" .. name, out, "x"
    return archive.concat(request)
  end

  -- The content.
  local function joined(name, request)
    local report, message = concat(name, request)
    assert.is_nil(message)
    local text = temp.read(out)
    assert.are.equal(#text, report.bytes)
    extraction.discard()
    return text, report
  end

  -- What is refused leaves nothing.
  local function refusal(name, request, expected)
    local report, message, code = concat(name, request)
    assert.is_nil(report)
    assert.are.equal(expected or "format", code)
    assert.are.same({}, file.list(folder .. "/box"))
    return message
  end

  it("are decoded by their names, in the archive's order", function()
    local choice = { "a/*", "**/4.*" }
    for _, name in ipairs { "t.tar", "t.tgz", "t.zip", "t.7z" } do
      local text, report = joined(name, { files = choice })
      assert.are.equal(temp.read(folder .. "/some"), text, name)
      assert.are.equal(3, report.entries)
    end
    shell "cd set; tar cf ../order.tar b/6.txt.LZ4 b/5.txt.zst"
    assert.are.equal("4\n5\n6\n1\n2\n3\n",
      (joined("order.tar", { files = { "5.*", "6.*" }, subpath = "b" })))
    assert.are.equal("four\r\nfive\r\n", (joined("t.zip", { files = { "b/3*" } })))
    assert.are.equal("", (joined("t.zip", { files = { "b/7.txt" } })))
    assert.are.equal("", (joined "hostile/empty.zip"))
  end)

  it("are as they are where that is asked for, or all of one format", function()
    local choice = { "a/*", "**/4.*" }
    assert.are.equal(temp.read(folder .. "/raw"), (joined("t.tar", { files = choice, decode = "none" })))
    shell "cd set; cp a/2.txt.gz a/packed; tar cf ../packed.tar a/packed"
    assert.are.equal("three\n", (joined("packed.tar", { decode = "gzip" })))
    assert.matches("^x: member 'a/1.txt': .*gzip", refusal("t.tar", { decode = "gzip" }))
  end)

  it("have their lines rewritten each by itself, with rules that are kept", function()
    local lines = { { filter = "[oe]" }, { replace = "^(.)(.)", with = "$2$1" } }
    assert.are.equal("noe\nwtohtree\n", (joined("t.tar", { files = { "a" }, lines = lines })))
    assert.are.equal("four\r\n", (joined("t.zip", { files = { "b/3*" }, lines = { { filter = "u" } } })))
    local costly = { { replace = "^two$", with = ("a"):rep(40) }, { filter = "(\\w+)+$(?!)" } }
    assert.are.equal("x: member 'a/1.txt': line 2: '(\\w+)+$(?!)' takes too many steps "
      .. "(simpler pattern expected)", refusal("t.tar", { files = { "a/1.txt" }, lines = costly }, "error"))
  end)

  it("are regular files: folders and symbolic links are passed over, hard links refused", function()
    assert.are.equal("text\n", (joined("links.tar", { files = { "[ac]" } })))
    assert.are.equal("x: no member 'c' (there are 'a', 'b')", refusal("links.tar", { files = { "a", "c" } }))
    assert.are.equal("x: no member 'd' (there are 'a', 'b')", refusal("links.tar", { files = { "d" } }))
    assert.are.equal("x: nothing below 'c' (there are 'a/', 'b/')", refusal("t.tar", { subpath = "c" }))
    assert.are.equal("x: member 'b': a hard link to 'a' (file with content expected)", refusal "links.tar")
  end)

  it("keep their holes as zeros", function()
    assert.are.equal(temp.read(folder .. "/holes"), (joined("holes.tar", { ratio = 0 })))
  end)

  it("may not be too much", function()
    assert.matches("^x: member 'big.bz2': %d+%.%d [MK]B of content or more from %d+ bytes of data "
      .. "%(1000 times as much at most expected%)$", refusal "bomb.tar")
    assert.matches("^x: member '%d+.gz': %d+%.%d MB in all or more from %d+%.%d KB of archive "
      .. "%(1000 times as much at most expected%)$", refusal "nested.tar.gz")
    assert.matches("^x: member 'big.bz2': %d+ bytes of content or more %(1000 at most expected%)$",
      refusal("bomb.tar", { bytes = 1000 }))
    assert.matches("^x: member '1.gz': %d+ bytes of content or more %(10000000 at most expected%)$",
      refusal("nested.tar", { bytes = 30000000 }))
    assert.are.equal("x: 3 members or more (2 at most expected)", refusal("t.tar", { entries = 2 }))
  end)

  it("are refused where they are damaged, cut or other than their names say", function()
    assert.matches("^x: member 'cut.gz': .*ends early", refusal "cut.tar")
    assert.matches("^x: member 'plain.gz': .*gzip", refusal "plain.tar")
    assert.matches("^x: .*ends early", refusal("short.tar", { files = { "a" } }))
    assert.matches("^x: member '../escaped': a path with '..'", refusal "hostile.tar")
    assert.are.equal("good\n", (joined("hostile.tar", { files = { "good" } })))
    assert.are.equal("x: empty (archive expected)", refusal "empty")
    assert.are.equal("text\n", (joined "garbage.tar"))
  end)

  it("write over nothing", function()
    temp.write(out, "mine")
    assert.are.same({ nil, out .. ": File exists", "error" }, { concat "t.tar" })
    assert.are.equal("mine", temp.read(out))
  end)

  it("tell how far they are, and stop when told to", function()
    local mark = {}
    local ok, raised = pcall(concat, "t.tar", { progress = function()
      error(mark)
    end })
    assert.are.same({ false, mark }, { ok, raised })
    assert.are.same({}, file.list(folder .. "/box"))
  end)

  it("raise for wrong arguments", function()
    for message, fields in pairs {
      ["field 'out': nil (string expected)"] = { path = "x" },
      ["field 'decode': 'zip' (auto, none, gzip, bzip2, xz, zstd or lz4 expected)"] =
        { path = "x", out = "y", decode = "zip" },
      ["field 'lines': rule 1 ({replace =, with =} or {filter =} expected)"] =
        { path = "x", out = "y", lines = { { replace = "x" } } },
    } do
      local ok, raised = pcall(archive.concat, fields)
      assert.are.same({ false, message }, { ok, raised })
    end
  end)
end)
