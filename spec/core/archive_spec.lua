local archive = require "datamaestro.api.archive"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local script = require "spec.support.script"
local temp = require "spec.support.temp"

local TWICE = "is there already (each name once expected)"
local ALIKE = "differs from another one by case or Unicode form only (distinct names expected)"
local UP = "a path with '..' (none expected)"
local ODD = "a name with control characters, or that is not UTF-8 (plain text expected)"
local NO_FILE = "a hard link to what is no file before it (file of the archive expected)"

local function link(target)
  return ("a link to '%s' (target that is surely inside the folder expected)"):format(target)
end

-- Of spec/support/hostile_archives.py: the member that is refused, and why. In tar archives, and in zip archives
-- where they can say it.
local HOSTILE = {
  up = { "../escaped", UP },
  up_within = { "a/../../escaped", UP },
  up_only = { "../", UP },
  absolute = { "/tmp/escaped", "an absolute path (relative one expected)" },
  slashes = { "//tmp/escaped", "an absolute path (relative one expected)" },
  backslash = { "good/..\\escaped", "a name with a backslash (none expected)" },
  drive = { "C:/escaped", "a path with a drive (relative one expected)" },
  newline = { "a\\x0ab", ODD },
  escape = { "a\\x1b[2J", ODD },
  direction = { "a\\xe2\\x80\\xaegpj.exe", ODD },
  next_line = { "a\\xc2\\x85b", ODD },
  latin = { "caf\\xe9", ODD, tar_only = true },
  long_part = { ("n"):rep(256), "too long a name (255 bytes between slashes at most expected)" },
  long_name = { ("n"):rep(200) .. ("/" .. ("n"):rep(200)):rep(1) .. "/" .. ("n"):rep(106) .. "...",
    "too long a name (1024 bytes at most expected)" },
  deep = { ("d/"):rep(101) .. "f", "too deep a path (100 folders at most expected)" },
  itself = { ".", "the folder itself (member of it expected)" },
  device_name = { "char", "a device (file, folder or link expected)" },
  block_name = { "block", "a device (file, folder or link expected)" },
  fifo_name = { "fifo", "a FIFO (file, folder or link expected)", tar_only = true },
  twice = { "a/same", TWICE },
  file_and_link = { "same", TWICE },
  link_and_file = { "same", TWICE },
  file_and_folder = { "same", TWICE },
  folder_and_file = { "same", TWICE },
  implied_and_file = { "same", TWICE },
  overwrite_by_link = { "link", TWICE },
  below_file = { "file/below", "lies below 'file', a file (folder expected)" },
  folder_below_file = { "file/below", "lies below 'file', a file (folder expected)" },
  write_through = { "link/file", "lies below 'link', a link (folder expected)" },
  case = { "readme", ALIKE },
  case_folder = { "folder/b", ALIKE },
  case_link = { "link", ALIKE },
  composed = { "café", TWICE }, -- libarchive composes names
  case_greek = { "σ", ALIKE },
  sharp = { "STRASSE", ALIKE },
  ignorable = { "ab", ALIKE },
  link_absolute = { "link", link "/etc/passwd" },
  link_up = { "link", link "../escaped" },
  link_up_deep = { "a/b/link", link "../../../escaped" },
  link_up_later = { "link", link "a/../../escaped" },
  link_empty_up = { "link", link ".." },
  link_control = { "link", link "a\\x0ab" },
  link_backslash = { "link", link "..\\escaped" },
  link_root_chain = { "link", link "sub/d/.." },
  write_through_outside = { "link", link "/tmp" },
  write_through_up = { "x/../escaped", UP },
  hard_absolute = { "link", "a hard link to '/etc/passwd': an absolute path (relative one expected)",
    tar_only = true },
  hard_up = { "link", "a hard link to '../escaped': " .. UP, tar_only = true },
  hard_missing = { "link", NO_FILE, tar_only = true },
  hard_to_link = { "link", NO_FILE, tar_only = true },
  hard_through_link = { "link", NO_FILE, tar_only = true },
  hard_to_folder = { "link", NO_FILE, tar_only = true },
  hard_to_itself = { "link", NO_FILE, tar_only = true },
  hard_empty = { "link", "of unknown type (file, folder or link expected)", tar_only = true },
}

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

describe("archives", function()
  local folder, hostile

  setup(function()
    folder = temp.folder()
    hostile = folder .. "/hostile"
    assert(file.mkdirs(hostile))
    assert(file.mkdirs(folder .. "/box"))
    local made = program.shell(("/usr/bin/python3 spec/support/hostile_archives.py %s"):format(hostile))
    assert.are.equal(0, made.status, made.err)
  end)

  teardown(function()
    temp.remove(folder)
  end)

  local function shell(command)
    local result = program.shell(("cd %s; set -e; %s"):format(folder, command))
    assert.are.equal(0, result.status, result.err)
    return result.out
  end

  -- Extracts to box/out. After a failure, the box must be as empty as it was.
  local function extract(path, options)
    local request = { path = path, folder = folder .. "/box/out", subject = "x" }
    for name, value in pairs(options or {}) do
      request[name] = value
    end
    local report, message, code = archive.extract(request)
    if not report then
      assert.are.same({}, file.list(folder .. "/box"), "something is left")
      assert.is_nil(file.stat("/tmp/escaped", true))
    end
    return report, message, code
  end

  local function refusal(path, options)
    local report, message, code = extract(path, options)
    assert.is_nil(report)
    assert.are.equal("format", code)
    return message
  end

  -- What find says of what is in a folder: one line each, sorted.
  local function list(path, format)
    return shell(("cd %s; find . -mindepth 1 -printf '%s\n' | LC_ALL=C sort"):format(path, format))
  end

  local function discard()
    shell "rm -rf box/out"
  end

  after_each(discard)

  -- Extracts, lists and discards.
  local function extracted(path, options, format)
    local report, message = extract(path, options)
    assert.is_nil(message)
    local found = list("box/out", format or "%y %P")
    discard()
    return found, report
  end

  -- A tree of all that may be there, and its listing.
  local LISTING = "%y %m %P %l"

  local function make_tree()
    shell [[
      [ -e base ] && exit
      umask 022
      mkdir -p base/tree/sub/deeper base/tree/empty 'base/tree/mit Leerzeichen'; ln -s base/tree tree; cd base
      seq 5000 >tree/sub/numbers; : >tree/sub/nothing; head -c 70000 /dev/zero >tree/zeros
      printf '#!/bin/sh\n' >tree/sub/deeper/run; chmod 755 tree/sub/deeper/run
      echo grüße >'tree/mit Leerzeichen/größe.txt'; ln -s sub/numbers tree/link; ln -s ../zeros tree/sub/up]]
    return list("base", LISTING)
  end

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
      local found, report = extracted(folder .. "/x", nil, LISTING)
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
      local found, report = extracted(folder .. "/x", { stream = true }, LISTING)
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

  it("refuses what is hostile, says which member, and leaves nothing", function()
    local count = 0
    for name, case in pairs(HOSTILE) do
      local expected = ("x: member '%s': %s"):format(case[1], case[2])
      assert.are.equal(expected, refusal(hostile .. "/" .. name .. ".tar"), name)
      assert.are.equal(expected, refusal(hostile .. "/" .. name .. ".tar", { stream = true }), name)
      if not case.tar_only then
        assert.are.equal(expected, refusal(hostile .. "/" .. name .. ".zip"), name)
      end
      count = count + 1
    end
    assert.are.equal(54, count)
  end)

  it("refuses a hard link that brings content, which libarchive takes for the next header", function()
    assert.are.equal("x: damaged tar archive (Damaged tar archive)", refusal(hostile .. "/hard_with_content.tar"))
  end)

  it("refuses the links of a 7z archive too", function()
    shell [[rm -rf evil evil.7z; mkdir evil; ln -s ../../escaped evil/link; 7z a -snl evil.7z evil]]
    assert.are.equal("x: member 'evil/link': " .. link "../../escaped", refusal(folder .. "/evil.7z"))
    shell [[rm -rf evil evil.7z; mkdir evil; mkfifo evil/fifo; tar cf evil.tar evil]]
    assert.are.equal("x: member 'evil/fifo': a FIFO (file, folder or link expected)",
      refusal(folder .. "/evil.tar"))
  end)

  it("takes names that differ by case when asked to", function()
    assert.are.equal("f README\nf readme\n", extracted(hostile .. "/case.zip", { collisions = true }))
    assert.are.equal("d Folder\nd folder\nf Folder/a\nf folder/b\n",
      extracted(hostile .. "/case_folder.tar", { collisions = true }))
    assert.are.equal("x: member 'a/same': " .. TWICE, refusal(hostile .. "/twice.tar", { collisions = true }))
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
    assert.are.equal("a/again 3\na/file 3\nb/link 3\n", (extracted(hostile .. "/hard_inside.tar", nil, "%P %n")
      :gsub("^a %d\n", ""):gsub("b %d\n", "", 1)))
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
      assert.are.equal(("all %s\nclosed %s\nclosed/file %s\nnone %s\nsetuid %s\nsticky %s\n"):format(open, open,
        plain, plain, open, open), (extracted(hostile .. "/modes" .. kind, nil, "%P %m")))
    end
  end)

  it("respects umask, and the times of extraction", function()
    local code = temp.write(folder .. "/umask.lua", ([[
      local archive = require "datamaestro.api.archive"
      assert(archive.extract { path = %q, folder = %q })]]):format(hostile .. "/modes.tar", folder .. "/box/out"))
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
    shell "truncate -s 10000000 holes; printf middle | dd of=holes bs=1 seek=5000000 conv=notrunc; tar cSf x holes"
    assert(extract(folder .. "/x", { ratio = 0 }))
    shell "cmp holes box/out/holes"
    discard()
  end)

  it("stops at the limits, and not before", function()
    make_tree()
    shell "cd base; tar cf ../x tree; tar czf ../x.tgz tree; zip -qry ../x.zip tree; 7z a -snl ../x.7z tree"
    for _, name in ipairs { "x", "x.tgz", "x.zip", "x.7z" } do
      local path = folder .. "/" .. name
      assert(extract(path, { bytes = 93911, entries = 12 }))
      discard()
      assert.matches("^x: member 'tree/.*': 93911 bytes in all or more %(93910 at most expected%)$",
        refusal(path, { bytes = 93910 }))
      assert.are.equal("x: 12 members or more (11 at most expected)", refusal(path, { entries = 11 }))
    end
    assert.are.equal("x: 1 members or more (0 at most expected)",
      refusal(hostile .. "/no_folders.tar", { entries = 0 }))
  end)

  it("counts the folders that are implied", function()
    assert(extract(hostile .. "/no_folders.tar", { entries = 7 }))
    discard()
    assert.are.equal("x: 7 members or more (6 at most expected)",
      refusal(hostile .. "/no_folders.tar", { entries = 6 }))
  end)

  it("takes a small archive of much for a bomb", function()
    shell "head -c 300000000 /dev/zero >zeros; tar c zeros | gzip -9 >x.tgz; tar c zeros | xz -0 >x.txz; rm zeros"
    assert.matches("^x: member 'zeros': 300%.0 MB in all or more from 29%d%.%d KB of archive "
      .. "%(1000 times as much at most expected%)$", refusal(folder .. "/x.tgz"))
    assert.matches("^x: [67]%d%.%d MB of content or more from %d+%.%d KB of data "
      .. "%(1000 times as much at most expected%)$", refusal(folder .. "/x.txz", { stream = true }))
    assert.matches("^x: member 'zeros29': 300%.0 MB in all or more from 29%d%.%d KB of archive",
      refusal(hostile .. "/bomb.zip"))
    shell "rm x.tgz x.txz"
  end)

  it("does not look into an archive that is a member", function()
    make_tree()
    shell "tar czf inner.tgz -C base tree; tar cf x inner.tgz; tar cf y.tar x; gzip -c y.tar | gzip >z"
    assert.are.equal("f inner.tgz\n", extracted(folder .. "/x"))
    assert.are.equal("x: compressed, but no archive (tar archive expected)", refusal(folder .. "/z"))
  end)

  it("finds every truncation", function()
    shell [[rm -rf s s.*; mkdir s; seq 100 >s/a; : >s/b; tar --format=pax -cf s.tar s; tar c s | gzip >s.tar.gz
      tar c s | bzip2 >s.tar.bz2; tar c s | xz >s.tar.xz; tar c s | zstd -q --check >s.tar.zst
      tar c s | lz4 -c >s.tar.lz4; zip -qr s.zip s; 7z a s.7z s]]
    local complete = tonumber(shell "stat -c %s s.tar") // 512
    while temp.read(folder .. "/s.tar"):sub(complete * 512 - 511, complete * 512):find "[^\0]" == nil do
      complete = complete - 1
    end
    for kind, step in pairs { tar = 61, ["tar.gz"] = 1, ["tar.bz2"] = 1, ["tar.xz"] = 3, ["tar.zst"] = 1,
      ["tar.lz4"] = 1, zip = 3, ["7z"] = 1 } do
      local data = temp.read(folder .. "/s." .. kind)
      local last = kind == "tar" and complete * 512 + 511 or #data - 1
      for length = 0, last, step do
        local message = refusal(temp.write(folder .. "/cut", data:sub(1, length)))
        assert.matches("^x: ", message)
      end
      for length = last - 1030, last do -- the end of a tar archive is what is easily missed
        if length > 0 then
          refusal(temp.write(folder .. "/cut", data:sub(1, length)))
        end
      end
      if kind == "tar" then
        assert(extract(temp.write(folder .. "/cut", data:sub(1, last + 1))))
        discard()
      end
    end
  end)

  it("says how an archive ends early", function()
    local data = temp.read(folder .. "/s.tar")
    local function cut(length)
      return refusal(temp.write(folder .. "/cut", data:sub(1, length)))
    end
    assert.are.equal("x: empty (archive expected)", cut(0))
    assert.are.equal("x: tar archive ends early, or is damaged (more expected)", cut(300))
    data = temp.read(hostile .. "/no_folders.tar") -- three members of two blocks each
    assert.are.equal("x: tar archive ends early (blocks of zeros expected at its end)", cut(1024))
    assert.are.equal("x: member 'a/b/e': ends early (more expected)", cut(1024 + 514))
    assert.are.equal("x: tar archive ends early (more expected)", cut(1024 + 100))
    assert.are.equal("x: tar archive ends early (blocks of zeros expected at its end)", cut(3 * 1024))
    assert(extract(temp.write(folder .. "/cut", data:sub(1, 3 * 1024 + 512))))
    discard()
    data = temp.read(folder .. "/s.tar.gz")
    assert.are.equal(("x: gzip data ends early (after %d bytes; more expected)"):format(#data - 1),
      cut(#data - 1))
    data = temp.read(folder .. "/s.zip")
    assert.are.equal("x: zip archive ends early, or is damaged (more expected)", cut(#data - 1))
  end)

  it("lets no flipped byte change a file unseen", function()
    local content = temp.read(folder .. "/s/a")
    local function try(kind, data, i)
      local damaged = data:sub(1, i - 1) .. string.char(data:byte(i) ~ 4) .. data:sub(i + 1)
      local report = extract(temp.write(folder .. "/damaged", damaged))
      if not report then
        return 1
      end
      local path = folder .. "/box/out/s/a"
      if kind ~= "zip" or file.stat(path) then -- names in a zip archive's list have no checksum
        assert.are.equal(content, temp.read(path), kind .. " " .. i)
      end
      discard()
      return 0
    end
    for kind, step in pairs { ["tar.gz"] = 2, ["tar.xz"] = 4, ["tar.zst"] = 2, zip = 2, ["7z"] = 1 } do
      local data, refused, tried = temp.read(folder .. "/s." .. kind), 0, 0
      for i = 1, #data, step do
        refused = refused + try(kind, data, i)
        tried = tried + 1
      end
      assert.is_true(refused > tried // 3, ("%s: %d of %d"):format(kind, refused, tried))
    end
  end)

  it("checks what comes after the end of the tar archive", function()
    make_tree()
    shell "tar c -C base tree | gzip >x; head -c -5 x >cut; printf garbage >>x; printf '\\1\\1\\1\\1\\1' >>cut"
    assert.matches("^x: damaged gzip data: content with CRC", refusal(folder .. "/cut"))
    assert(extract(folder .. "/x"))
    discard()
  end)

  it("says that an archive is encrypted", function()
    make_tree()
    shell [[cd base; zip -qr -P secret ../e.zip tree/sub/numbers; 7z a -psecret ../e.7z tree/zeros
      7z a -psecret -mhe=on ../eh.7z tree/zeros; 7z a -tzip -psecret -mem=AES256 ../ea.zip tree/zeros]]
    assert.are.equal("x: member 'tree/sub/numbers': encrypted (plain member expected)", refusal(folder .. "/e.zip"))
    assert.are.equal("x: member 'tree/zeros': encrypted (plain member expected)", refusal(folder .. "/ea.zip"))
    assert.are.equal("x: member 'tree/zeros': encrypted (plain member expected)", refusal(folder .. "/e.7z"))
    assert.are.equal("x: encrypted archive (plain one expected)", refusal(folder .. "/eh.7z"))
  end)

  it("says what is no archive", function()
    local function of(content)
      return refusal(temp.write(folder .. "/none", content))
    end
    assert.are.equal("x: starts with 3c 68 74 6d (tar, zip or 7z archive expected)", of "<html>login</html>")
    assert.are.equal("x: starts with 52 61 72 21 (tar, zip or 7z archive expected)",
      of("Rar!\26\7\1\0" .. ("x"):rep(2000)))
    assert.are.equal("x: empty (archive expected)", of "")
    shell "printf text | gzip >none.gz"
    assert.are.equal("x: compressed, but no archive (tar archive expected)", refusal(folder .. "/none.gz"))
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

  it("misses no member of a zip archive's list", function()
    assert.are.equal("x: damaged zip archive: 1 members found (1000 in its list expected)",
      refusal(hostile .. "/overlap.zip"))
    local data = temp.read(hostile .. "/no_folders.zip")
    local path = temp.write(folder .. "/count.zip", data:sub(1, -15) .. "\4\0\4\0" .. data:sub(-10))
    assert.are.equal("x: damaged zip archive: 3 members found (4 in its list expected)", refusal(path))
    shell "cd hostile; printf 'a comment' | zip -z no_folders.zip"
    assert.are.equal(3, extract(hostile .. "/no_folders.zip").entries)
  end)

  it("reads sizes of over 4 GiB from a zip archive", function()
    local path = hostile .. "/zip64.zip"
    assert.matches("^x: member 'zeros': 4%.6 GB in all or more from 4%.6 MB of archive ", refusal(path))
    assert.matches("^x: member 'zeros': 4613734400 bytes in all or more %(4613734399 at most expected%)$",
      refusal(path, { ratio = 0, bytes = 4613734399 }))
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
    for path, kind in pairs {
      ["dots.tar"] = "tar", ["dots.zip"] = "zip", ["empty.zip"] = "zip", ["../none.7z"] = "7z",
      ["../s.tar.gz"] = "gzip", ["../s.tar.xz"] = "xz",
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
      archive.decode { path = %q, out = %q }
      loaded()]]):format(folder .. "/s.tar.xz", folder .. "/out.tar"))
    local result = program.run({ "run", code })
    assert.are.equal("\nlzma\n", result.out, result.err)
  end)

  it("stays under 32 MB, whatever the archive holds #costly", function()
    if script.sanitized() then
      return pending "sanitizers take memory of their own"
    end
    shell [[yes 'a line of text' | head -c 100000000 >big; tar cf big.tar big; gzip -1kf big.tar; xz -0kf big.tar
      rm -f big.zip; zip -q1 big.zip big; rm big]]
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
