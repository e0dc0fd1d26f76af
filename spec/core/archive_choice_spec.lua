local archive = require "datamaestro.api.archive"
local extraction = require "spec.support.extraction"

local shell, extract, refusal = extraction.shell, extraction.extract, extraction.refusal
local extracted = extraction.extracted

local KINDS = { "tar", "tgz", "zip", "7z" }

-- Archives of one tree, t.tar and so on, and some that only Python makes.
local BUILD = [[
mkdir -p set/data/train/deep set/data/test set/docs set/empty
echo one >set/data/train/one.txt; echo two >set/data/train/two.csv; echo three >set/data/train/deep/three.txt
echo four >set/data/test/four.txt; echo five >'set/docs/[5].txt'; echo six >set/README; echo seven >set/größe
cd set
tar cf ../t.tar README data docs empty größe; tar czf ../t.tgz ./README ./data ./docs ./empty ./größe
zip -qr ../t.zip README data docs empty größe; 7z a -bd ../t.7z README data docs empty größe >/dev/null
zip -qrD ../flat.zip data
cd ..; mkdir links; cd links; mkdir a b; echo text >a/text
ln a/text b/again; ln -s text a/soft; ln -s ../a/text b/up
tar cf ../links.tar a/text a/soft b/again b/up
cd ..
/usr/bin/python3 - <<'END'
import io, tarfile, zipfile
def tar(name, *members):
    with tarfile.open(name, "w") as archive:
        for path, size in members:
            info = tarfile.TarInfo(path)
            info.size = size
            archive.addfile(info, io.BytesIO(bytes(size)))
tar("hostile.tar", ("../escaped", 5), ("good/file", 5), ("/tmp/escaped", 5), ("bad\\name", 5), ("a\nb", 5),
    ("good/../../escaped", 5), ("n" * 300, 5))
tar("zeros.tar", ("big", 200000000), ("small", 5))
with tarfile.open("device.tar", "w") as archive:
    for path, kind in (("good", tarfile.REGTYPE), ("null", tarfile.CHRTYPE)):
        info = tarfile.TarInfo(path)
        info.type = kind
        archive.addfile(info, io.BytesIO(b""))
with zipfile.ZipFile("bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    archive.writestr("big", bytes(200000000))
    archive.writestr("small", b"small")
END
gzip -k zeros.tar; head -c 8000 t.tar >short.tar
]]

describe("the choice of an archive's members", function()
  local folder

  setup(function()
    folder = extraction.open()
    shell(BUILD)
  end)

  teardown(extraction.close)
  after_each(extraction.discard)

  -- What each kind of archive gives, which must be the same.
  local function chosen(files, subpath)
    local first
    for _, kind in ipairs(KINDS) do
      local found = extracted(folder .. "/t." .. kind, { files = files, subpath = subpath }, "%P")
      first = first or found
      assert.are.equal(first, found, kind)
    end
    return (first:gsub("\n$", ""):gsub("\n", " "))
  end

  -- What each kind of archive is refused for, which must be the same; but 7z has an order of its own.
  local function refused(files, subpath)
    local first
    for _, kind in ipairs { "tar", "tgz", "zip" } do
      local message = refusal(folder .. "/t." .. kind, { files = files, subpath = subpath })
      first = first or message
      assert.are.equal(first, message, kind)
    end
    return first
  end

  it("takes files by their names, with the folders that they need", function()
    assert.are.equal("README", chosen { "README" })
    assert.are.equal("data data/train data/train/one.txt größe", chosen { "größe", "./data//train/one.txt" })
    assert.are.equal("docs docs/[5].txt", chosen { "docs/\\[5].txt" })
    assert.are.equal("docs docs/[5].txt", chosen { "docs/[[]5[]].txt" })
  end)

  it("takes folders with all that is in them", function()
    local train = "data data/train data/train/deep data/train/deep/three.txt data/train/one.txt "
      .. "data/train/two.csv"
    assert.are.equal(train, chosen { "data/train" })
    assert.are.equal(train, chosen { "data/train/" })
    assert.are.equal(train, chosen { "data/tr*/" })
    assert.are.equal(train, chosen { "data/train/**" })
    assert.are.equal("empty", chosen { "empty" })
    assert.are.equal("empty", chosen { "empt?/" })
  end)

  it("takes what matches patterns", function()
    for _, case in ipairs {
      { "data/train/*", "data data/train data/train/one.txt data/train/two.csv" },
      { "data/*/*.txt", "data data/test data/test/four.txt data/train data/train/one.txt" },
      { "**/three.txt", "data data/train data/train/deep data/train/deep/three.txt" },
      { "**/README", "README" },
      { "data/**/*e.txt", "data data/train data/train/deep data/train/deep/three.txt data/train/one.txt" },
      { "**/t*/[!f]*.[ct][sx][tv]", "data data/train data/train/one.txt data/train/two.csv" },
      { "**/deep", "data data/train data/train/deep data/train/deep/three.txt" },
      { "R?A[A-D]ME", "README" },
      { "gr??e", "größe" },
      { "gr[ö-ø]ße", "größe" },
      { "**", "README data data/test data/test/four.txt data/train data/train/deep data/train/deep/three.txt"
        .. " data/train/one.txt data/train/two.csv docs docs/[5].txt empty größe" },
      { "*", "README größe" },
    } do
      assert.are.equal(case[2], chosen { case[1] }, case[1])
    end
    refused { "*o*m*/**" }
  end)

  it("takes what is below a subpath, without it", function()
    assert.are.equal("deep deep/three.txt one.txt two.csv", chosen(nil, "data/train"))
    assert.are.equal("deep deep/three.txt one.txt two.csv", chosen(nil, "./data/train/"))
    assert.are.equal("one.txt", chosen({ "one.*" }, "data/train"))
    assert.are.equal("", chosen(nil, "empty"))
    assert.are.equal("test test/four.txt\n", (extracted(folder .. "/flat.zip",
      { subpath = "data", files = { "test" } }, "%P"):gsub("\n", " ", 1)))
    assert.are.equal(chosen { "**" }, chosen(nil, "."))
  end)

  it("counts what it takes", function()
    for _, kind in ipairs(KINDS) do
      assert.are.same({ entries = 2, bytes = 8 },
        extract(folder .. "/t." .. kind, { files = { "README", "data/train/one.txt" } }))
      extraction.discard()
      assert.matches("^x: 3 members or more %(2 at most expected%)$",
        refusal(folder .. "/t." .. kind, { files = { "data/train/one.txt" }, entries = 2 }))
      assert.are.equal("x: member 'README': 4 bytes in all or more (3 at most expected)",
        refusal(folder .. "/t." .. kind, { files = { "README" }, bytes = 3 }))
    end
  end)

  it("says what is not there, and what is", function()
    local top = "'README', 'data/', 'docs/', 'empty/', 'größe'"
    assert.are.equal("x: no member 'nothing' (there are " .. top .. ")", refused { "README", "nothing" })
    assert.are.equal("x: no member that matches 'no*' (there are " .. top .. ")", refused { "no*" })
    assert.are.equal("x: no member 'one.txt' (there is 'data/train/one.txt')", refused { "one.txt" })
    assert.are.equal("x: no member 'readme' (there is 'README')", refused { "readme" })
    assert.are.equal("x: no member 'README/' (there is 'README')", refused { "README/" })
    assert.are.equal("x: no member 'train' (there is 'data/train/')", refused { "train" })
    assert.are.equal("x: no member that matches '*.csv' (there is 'data/train/two.csv')", refused { "*.csv" })
    assert.are.equal("x: no member that matches 'dat*' (there is 'data/')", refused { "dat*" })
    assert.are.equal("x: no member 'data/test' below 'data/test' (there is 'four.txt')",
      refused({ "data/test" }, "data/test"))
    assert.are.equal("x: nothing below 'train' (there is 'data/train/')", refused(nil, "train"))
    assert.are.equal("x: nothing below 'nothing' (there are " .. top .. ")", refused({ "**" }, "nothing"))
    assert.are.equal("x: nothing below 'README' (there is 'README')", refused(nil, "README"))
    assert.are.equal("x: nothing below '*' (there are " .. top .. ")", refused(nil, "*"))
  end)

  it("shows a few names only", function()
    shell "mkdir many; cd many; touch 1 2 3 4 5 6 7; tar cf ../many.tar *"
    assert.are.equal("x: no member 'a' (there are '1', '2', '3', '4', '5', …)",
      refusal(folder .. "/many.tar", { files = { "a" } }))
    assert.are.equal("x: no member 'a' (there are no members)",
      refusal(folder .. "/hostile/empty.zip", { files = { "a" } }))
  end)

  it("passes over members that would be refused", function()
    local path = folder .. "/hostile.tar"
    assert.are.equal("f good/file\n", (extracted(path, { files = { "good/file" } }):gsub("^d good\n", "")))
    assert.are.equal("good\n", extracted(folder .. "/device.tar", { files = { "good" } }, "%P"))
    assert.are.equal("x: member 'null': a device (file, folder or link expected)",
      refusal(folder .. "/device.tar", { files = { "*" } }))
    for files, message in pairs {
      ["**"] = "x: member '../escaped': a path with '..' (none expected)",
      ["good"] = "x: member 'good/../../escaped': a path with '..' (none expected)",
      ["a?b"] = "x: member 'a\\x0ab': a name with control characters, or that is not UTF-8 "
        .. "(plain text expected)",
      ["bad*"] = "x: member 'bad\\name': a name with a backslash (none expected)",
      ["tmp"] = "x: member '/tmp/escaped': an absolute path (relative one expected)",
    } do
      assert.are.equal(message, refusal(path, { files = { files } }))
    end
    assert.are.equal("x: member 'good/../../escaped': a path with '..' (none expected)",
      refusal(path, { subpath = "good" }))
    assert.are.equal("x: member 'caf\\xe9': a name with control characters, or that is not UTF-8 "
      .. "(plain text expected)",
      refusal(folder .. "/hostile/latin.tar", { files = { "*" } }))
  end)

  it("knows links that lose what they lead to", function()
    local lost = "x: member 'b/again': a hard link to 'a/text', which was not chosen (both or none expected)"
    local path = folder .. "/links.tar"
    assert.are.equal("a  2\na/text  2\nb  2\nb/again  2\n",
      extracted(path, { files = { "a/text", "b/again" } }, "%P %l %n"):gsub("(%l)  %d", "%1  2"))
    assert.are.equal("soft text\ntext \n", extracted(path, { subpath = "a" }, "%P %l"))
    assert.are.equal(lost, refusal(path, { files = { "b/again" } }))
    assert.are.equal(lost, refusal(path, { subpath = "b" }))
    assert.are.equal("x: member 'b/up': a link to '../a/text' (target that is surely inside the folder "
      .. "expected)", refusal(path, { subpath = "b", files = { "up" } }))
    assert.are.equal("b/up ../a/text\n", extracted(path, { files = { "b/up" } }, "%P %l"):gsub("^b \n", ""))
  end)

  it("counts what it must decode to pass over", function()
    assert.matches("^x: %d+%.%d MB of content or more from %d+%.%d KB of data "
      .. "%(100 times as much at most expected%)$",
      refusal(folder .. "/zeros.tar.gz", { files = { "small" }, ratio = 100, stream = true }))
    assert.matches("^x: member 'big': %d+ bytes in all or more %(1000000 at most expected%)$",
      refusal(folder .. "/zeros.tar", { files = { "small" }, bytes = 1000000 }))
    assert.are.same({ entries = 1, bytes = 5 }, extract(folder .. "/zeros.tar", { files = { "small" } }))
  end)

  it("does not decode what it passes over in a zip archive", function()
    assert.are.same({ entries = 1, bytes = 5 },
      extract(folder .. "/bomb.zip", { files = { "small" }, bytes = 1000000, ratio = 10 }))
  end)

  it("reads a tar archive to its end", function()
    assert.matches("^x: .*ends early", refusal(folder .. "/short.tar", { files = { "README" } }))
    assert.matches("^x: .*ends early",
      refusal(folder .. "/short.tar", { files = { "README" }, stream = true }))
  end)

  it("holds the kind of the archive against the one that is wanted", function()
    for kind, ending in pairs { tar = "tgz", zip = "zip", ["7z"] = "7z" } do
      assert(extract(folder .. "/t." .. ending, { format = kind }))
      extraction.discard()
    end
    assert.are.equal("x: zip archive (tar archive expected)", refusal(folder .. "/t.zip", { format = "tar" }))
    assert.are.equal("x: tar archive (zip archive expected)", refusal(folder .. "/t.tar", { format = "zip" }))
    assert.are.equal("x: compressed data (zip archive expected)",
      refusal(folder .. "/t.tgz", { format = "zip" }))
    assert.are.equal("x: other data (zip archive expected)",
      refusal(folder .. "/set/data/train/one.txt", { format = "zip" }))
  end)

  it("refuses patterns that are none, and says why", function()
    for pattern, fault in pairs {
      [""] = "names nothing (name or pattern expected)",
      ["./"] = "names nothing (name or pattern expected)",
      ["/etc"] = "an absolute path (relative one expected)",
      ["a/../b"] = "a path with '..' (none expected)",
      ["a**"] = "'**' beside other characters (alone between slashes expected)",
      ["***"] = "'**' beside other characters (alone between slashes expected)",
      ["[a"] = "'[' without ']' (one behind it, or '\\[' expected)",
      ["[]"] = "'[' without ']' (one behind it, or '\\[' expected)",
      ["[!]"] = "'[' without ']' (one behind it, or '\\[' expected)",
      ["[a/b]"] = "'[' without ']' (one behind it, or '\\[' expected)",
      ["[\\]"] = "'[' without ']' (one behind it, or '\\[' expected)",
      ["a\\"] = "a backslash that quotes nothing (a character after it expected)",
    } do
      assert.are.same({ nil, ("'%s': %s"):format(pattern, fault), "usage" },
        { archive.check { files = { "a", pattern } } })
    end
    assert.are.same({ nil, "'../a': a path with '..' (none expected)", "usage" },
      { archive.check { subpath = "../a" } })
    assert.is_true(archive.check { subpath = "a/b/", files = { "a", "[]]", "**/*.txt", "[!a-z^]?" } })
    assert.is_true(archive.check {})
    assert.are.same({ nil, "'[a': '[' without ']' (one behind it, or '\\[' expected)", "usage" },
      { archive.extract { path = folder .. "/t.tar", folder = folder .. "/box/out", files = { "[a" } } })
  end)

  it("raises for what is no choice", function()
    for message, fields in pairs {
      ["field 'files': string (array of names or patterns expected)"] = { files = "a" },
      ["field 'files': array of names or patterns expected"] = { files = { "a", 1 } },
      ["field 'files': 0 names (1 to 10000 expected)"] = { files = {} },
      ["field 'format': 'rar' (tar, zip, 7z or nil expected)"] = { format = "rar" },
    } do
      local ok, raised = pcall(archive.check, fields)
      assert.are.same({ false, message }, { ok, raised })
    end
  end)

  it("does not take long for patterns of many stars", function()
    shell(("mkdir -p long; touch long/%s; tar cf long.tar long"):format(("a"):rep(250)))
    local stars = ("*a"):rep(100)
    assert.matches("no member that matches",
      refusal(folder .. "/long.tar", { files = { "long/" .. stars .. "b" } }))
    assert.matches("no member that matches",
      refusal(folder .. "/long.tar", { files = { ("**/*/"):rep(20) .. "b" } }))
  end)
end)
