local archive = require "datamaestro.api.archive"
local extraction = require "spec.support.extraction"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local script = require "spec.support.script"
local temp = require "spec.support.temp"

local shell, extract, refusal = extraction.shell, extraction.extract, extraction.refusal
local list, extracted, discard = extraction.list, extraction.extracted, extraction.discard
local make_tree = extraction.make_tree

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

describe("archives", function()
  local folder, hostile

  setup(function()
    folder, hostile = extraction.open()
  end)

  teardown(extraction.close)
  after_each(discard)

  local ARCHIVES = {
    { "tar", "tar cf x tree" },
    { "tar of ustar", "tar --format=ustar -cf x tree" },
    { "tar of pax", "tar --format=pax -cf x tree" },
    { "tar of v7", "tar --format=v7 -cf x tree" },
    { "tar.gz", "tar c tree | gzip >x" },
    { "tar.bz2", "tar c tree | bzip2 >x" },
    { "tar.xz", "tar c tree | xz >x" },
    { "tar.zst", "tar c tree | zstd -q >x" },
    { "tar.lz4", "tar c tree | lz4 -c >x" },
    { "zip", "zip -qry x.zip tree; mv x.zip x" },
    { "stored zip", "zip -q0ry x.zip tree; mv x.zip x" },
    { "zip with bzip2", "zip -qry -Z bzip2 x.zip tree; mv x.zip x" },
    { "zip from a pipe", "zip -qry - tree | cat >x" },
    { "7z", "7z a -snl x.7z tree; mv x.7z x" },
    { "7z with bzip2", "7z a -snl -m0=bzip2 x.7z tree; mv x.7z x" },
    { "7z without compression", "7z a -snl -m0=copy x.7z tree; mv x.7z x" },
  }

  for _, case in ipairs(ARCHIVES) do
    it("extracts " .. case[1], function()
      local expected = make_tree()
      shell("rm -f x; cd base; " .. case[2] .. "; mv x ..")
      local found, report = extracted(folder .. "/x", nil, extraction.LISTING)
      assert.are.equal(expected, found)
      assert.are.same({ entries = 12, bytes = 70000 + 23893 + 10 + 8 }, report)
      extract(folder .. "/x")
      shell "cmp base/tree/sub/numbers box/out/tree/link; diff -r base box/out"
      discard()
    end)
  end

  it("extracts tar archives as they come", function()
    local expected = make_tree()
    for _, command in ipairs { "cat", "gzip", "bzip2", "xz", "zstd -q", "lz4 -c" } do
      shell(("tar c -C base tree | %s >x"):format(command))
      local found, report = extracted(folder .. "/x", { stream = true }, extraction.LISTING)
      assert.are.equal(expected, found)
      assert.are.equal(12, report.entries)
    end
  end)

  it("wants a complete file of what has its list at the end", function()
    make_tree()
    shell "cd base; zip -qr x.zip tree; mv x.zip ../x"
    assert.are.equal("x: zip archive, whose list of members comes last (complete file expected)",
      refusal(folder .. "/x", { stream = true }))
    shell "cd base; 7z a x.7z tree; mv x.7z ../x"
    assert.are.equal("x: 7z archive, whose list of members comes last (complete file expected)",
      refusal(folder .. "/x", { stream = true }))
  end)

  it("takes names that differ by case when asked to", function()
    assert.are.equal("f README\nf readme\n", extracted(hostile .. "/case.zip", { collisions = true }))
    assert.are.equal("d Folder\nd folder\nf Folder/a\nf folder/b\n",
      extracted(hostile .. "/case_folder.tar", { collisions = true }))
    assert.are.equal("x: member 'a/same': is there already (each name once expected)",
      refusal(hostile .. "/twice.tar", { collisions = true }))
  end)

  it("takes names that are distinct", function()
    for _, kind in ipairs { ".tar", ".zip" } do
      assert.are.equal("f a\nf ab\nf b\nf ä\nf äx\nf å\n", extracted(hostile .. "/distinct" .. kind))
    end
  end)

  it("makes links that stay inside", function()
    for _, kind in ipairs { ".tar", ".zip" } do
      assert.are.equal("a \na/b \na/b/file \na/b/up ../../a/b/file\na/link b/file\ndangling nothing\n"
        .. "folder a/./b/\nhere .\n", extracted(hostile .. "/link_inside" .. kind, nil, "%P %l"))
    end
    assert(extract(hostile .. "/hard_inside.tar"))
    assert.are.equal("a/again 3\na/file 3\nb/link 3\n",
      shell "cd box/out; find * -type f -printf '%p %n\\n' | LC_ALL=C sort")
  end)

  it("makes folders that the archive has no members for", function()
    for _, kind in ipairs { ".tar", ".zip" } do
      local found, report = extracted(hostile .. "/no_folders" .. kind)
      assert.are.equal("d a\nd a/b\nd a/b/c\nd f\nf a/b/c/d\nf a/b/e\nf f/g\n", found)
      assert.are.same({ entries = 3, bytes = 21 }, report)
    end
  end)

  it("takes folders that are there twice, and dots", function()
    for _, kind in ipairs { ".tar", ".zip" } do
      assert.are.equal("d a\nf a/b\n", extracted(hostile .. "/folders_twice" .. kind))
      assert.are.equal("d a\nf a/b\nf c\n", extracted(hostile .. "/dots" .. kind))
    end
  end)

  it("extracts archives without members", function()
    shell "rm -f none.7z; 7z a none.7z '-x!*' ."
    for _, path in ipairs { hostile .. "/empty.tar", hostile .. "/empty.zip", folder .. "/none.7z" } do
      local found, report = extracted(path)
      assert.are.equal("", found)
      assert.are.same({ entries = 0, bytes = 0 }, report)
    end
    temp.write(folder .. "/zeros", ("\0"):rep(10240))
    assert.are.equal("", extracted(folder .. "/zeros"))
  end)

  it("gives all files and folders plain modes", function()
    local mask = shell("umask"):match "%d+"
    for _, kind in ipairs { ".tar", ".zip" } do
      local plain, open = ("%o"):format(438 & ~tonumber(mask, 8)), ("%o"):format(511 & ~tonumber(mask, 8))
      assert.are.equal(("all %s\nclosed %s\nclosed/file %s\nnone %s\nsetuid %s\nsticky %s\n")
        :format(open, open, plain, plain, open, open), (extracted(hostile .. "/modes" .. kind, nil, "%P %m")))
    end
  end)

  it("respects umask, and the times of extraction", function()
    local code = temp.write(folder .. "/umask.lua", ([[
      local archive = require "datamaestro.api.archive"
      assert(archive.extract { path = %q, folder = %q })]])
      :format(hostile .. "/modes.tar", folder .. "/box/out"))
    local result = program.run({ "run", code }, { prefix = [[sh -c 'umask 027; exec "$@"' sh]] })
    assert.are.equal("", result.err)
    assert.are.equal("640 closed/file\n640 none\n750 all\n750 closed\n750 setuid\n750 sticky\n",
      list("box/out", "%m %P"))
    assert.are.equal("", shell "find box/out ! -newermt 2001-01-01")
    discard()
  end)

  it("keeps holes", function()
    assert.matches("^x: member 'sparse': 40%.0 GB in all or more from 10%.2 KB of archive "
      .. "%(1000 times as much at most expected%)$", refusal(hostile .. "/sparse.tar"))
    assert.are.equal("40000000000 sparse\n", extracted(hostile .. "/sparse.tar", { ratio = 0 }, "%s %P"))
    extract(hostile .. "/sparse.tar", { ratio = 0 })
    assert.is_true(tonumber(shell("du -k box/out/sparse | cut -f1")) < 100)
    assert.are.equal("head", shell "head -c 4 box/out/sparse")
    discard()
    shell "truncate -s 10000000 holes; printf middle | dd of=holes bs=1 seek=5000000 conv=notrunc"
    shell "tar cSf x holes"
    assert(extract(folder .. "/x", { ratio = 0 }))
    shell "cmp holes box/out/holes"
    discard()
  end)

  it("does not look into an archive that is a member", function()
    make_tree()
    shell "tar czf inner.tgz -C base tree; tar cf x inner.tgz; tar cf y.tar x; gzip -c y.tar | gzip >z"
    assert.are.equal("f inner.tgz\n", extracted(folder .. "/x"))
    assert.are.equal("x: compressed, but no archive (tar archive expected)", refusal(folder .. "/z"))
  end)

  it("extracts ten thousand small files", function()
    shell "mkdir small; cd small; seq 10000 | split -l 1 -a 4 -d - n; cd ..; tar czf small.tgz small"
    assert.are.same({ entries = 10001, bytes = 48894 }, extract(folder .. "/small.tgz", { stream = true }))
    shell "diff -r small box/out/small; rm -rf small"
  end)

  it("extracts many members in many folders", function()
    for _, kind in ipairs { ".tar", ".zip" } do
      assert.are.same({ entries = 3000, bytes = 0 }, extract(hostile .. "/many" .. kind))
      assert.are.equal("3051\n", shell "find box/out | wc -l")
      discard()
    end
  end)

  it("leaves a folder alone that is there", function()
    local path = temp.write(folder .. "/there/mine", "mine")
    assert.are.same({ nil, folder .. "/there: File exists", "error" },
      { archive.extract { path = hostile .. "/dots.tar", folder = folder .. "/there" } })
    assert.are.equal("mine", temp.read(path))
    shell "ln -sfn there tolink"
    assert.are.same({ nil, folder .. "/tolink: File exists", "error" },
      { archive.extract { path = hostile .. "/dots.tar", folder = folder .. "/tolink" } })
    assert.are.same({ nil, folder .. "/no/such: No such file or directory", "unknown" },
      { archive.extract { path = hostile .. "/dots.tar", folder = folder .. "/no/such" } })
    assert.are.same({ "mine" }, file.list(folder .. "/there"))
  end)

  it("tells how far it is, and stops when told to", function()
    local seen = {}
    assert(extract(hostile .. "/no_folders.tar", { progress = function(bytes)
      seen[#seen + 1] = bytes
    end }))
    discard()
    assert.is_true(#seen >= 1 and seen[1] <= 21)
    local mark = {}
    local ok, raised = pcall(extract, hostile .. "/no_folders.tar", { progress = function()
      error(mark)
    end })
    assert.is_false(ok)
    assert.are.equal(mark, raised)
    assert.are.same({}, file.list(folder .. "/box"))
  end)

  it("recognises archives by their first bytes", function()
    shell "cd hostile; gzip -c dots.tar >packed.gz; xz -c dots.tar >packed.xz; 7z a list.7z dots.tar"
    for path, kind in pairs {
      ["dots.tar"] = "tar", ["dots.zip"] = "zip", ["empty.zip"] = "zip", ["list.7z"] = "7z",
      ["packed.gz"] = "gzip", ["packed.xz"] = "xz",
    } do
      assert.are.equal(kind, archive.recognise(temp.read(hostile .. "/" .. path):sub(1, 512)))
    end
    assert.is_nil(archive.recognise "<html>")
    assert.is_nil(archive.recognise(""))
  end)

  it("raises for wrong arguments", function()
    assert.are.equal("field 'folder': nil (string expected)", failure_of(archive.extract, { path = "x" }))
    assert.are.equal("field 'bytes': -1 (0 or more expected)",
      failure_of(archive.extract, { path = "x", folder = "y", bytes = -1 }))
    assert.are.equal("field 'progress': number (function expected)",
      failure_of(archive.extract, { path = "x", folder = "y", progress = 1 }))
  end)

  it("loads libarchive and the decoders only when they are needed", function()
    shell "echo one | xz >one.xz"
    local code = temp.write(folder .. "/maps.lua", ([[
      local archive = require "datamaestro.api.archive"
      local function loaded()
        local found = {}
        for line in io.lines "/proc/self/maps" do
          local name = line:match "/lib(%%a+[0-9]?)%%.so"
          if name == "archive" or name == "lzma" or name == "bz2" or name == "zstd" or name == "lz4"
            or name == "utf8proc" then
            found[name] = true
          end
        end
        local names = {}
        for name in pairs(found) do names[#names + 1] = name end
        table.sort(names)
        print(table.concat(names, " "))
      end
      archive.recognise "x"
      loaded()
      assert(archive.decode { path = %q, out = %q })
      loaded()]]):format(folder .. "/one.xz", folder .. "/one"))
    local result = program.run({ "run", code })
    assert.are.equal("\nlzma\n", result.out, result.err)
  end)

  it("stays under 32 MB, whatever the archive holds #costly", function()
    if script.sanitized() then
      return pending "sanitizers take memory of their own"
    end
    shell [[
      yes 'a line of text' | head -c 100000000 >big
      tar cf big.tar big; gzip -1kf big.tar; xz -0kf big.tar; zip -q1 big.zip big; rm big]]
    for _, name in ipairs { "big.tar", "big.tar.gz", "big.tar.xz", "big.zip" } do
      local code = temp.write(folder .. "/peak.lua", ([[
        local archive = require "datamaestro.api.archive"
        assert(archive.extract { path = %q, folder = %q, ratio = 0 }.bytes == 100000000)
        for line in io.lines "/proc/self/status" do
          local peak = line:match "^VmHWM:%%s*(%%d+) kB"
          if peak then print(peak) end
        end]]):format(folder .. "/" .. name, folder .. "/box/out"))
      local result = program.run { "run", code }
      discard()
      assert.are.equal("", result.err)
      assert.is_true(tonumber(result.out) < 32000, name .. ": " .. result.out)
    end
    shell "rm big.*"
  end)
end)
