local extraction = require "spec.support.extraction"
local temp = require "spec.support.temp"

local shell, extract, refusal = extraction.shell, extraction.extract, extraction.refusal
local discard, make_tree = extraction.discard, extraction.make_tree

local TWICE = "is there already (each name once expected)"
local ALIKE = "differs from another one by case or Unicode form only (distinct names expected)"
local UP = "a path with '..' (none expected)"
local ODD = "a name with control characters, or that is not UTF-8 (plain text expected)"
local NO_FILE = "a hard link to what is no file before it (file of the archive expected)"

local function link(target)
  return ("a link to '%s' (target that is surely inside the folder expected)"):format(target)
end

-- Of spec/support/hostile_archives.py: the member that is refused, and why. In tar archives, and in zip
-- archives where they can say it.
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

describe("hostile archives", function()
  local folder, hostile

  setup(function()
    folder, hostile = extraction.open()
  end)

  teardown(extraction.close)
  after_each(discard)

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
    assert.are.equal("x: damaged tar archive (Damaged tar archive)",
      refusal(hostile .. "/hard_with_content.tar"))
  end)

  it("refuses the links of a 7z archive too", function()
    shell [[rm -rf evil evil.7z; mkdir evil; ln -s ../../escaped evil/link; 7z a -snl evil.7z evil]]
    assert.are.equal("x: member 'evil/link': " .. link "../../escaped", refusal(folder .. "/evil.7z"))
    shell [[rm -rf evil evil.7z; mkdir evil; mkfifo evil/fifo; tar cf evil.tar evil]]
    assert.are.equal("x: member 'evil/fifo': a FIFO (file, folder or link expected)",
      refusal(folder .. "/evil.tar"))
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
    shell "truncate -s 300000000 zeros; tar c zeros | gzip -9 >x.tgz; tar c zeros | xz -0 >x.txz; rm zeros"
    assert.matches("^x: member 'zeros': 300%.0 MB in all or more from 29%d%.%d KB of archive "
      .. "%(1000 times as much at most expected%)$", refusal(folder .. "/x.tgz"))
    assert.matches("^x: [67]%d%.%d MB of content or more from %d+%.%d KB of data "
      .. "%(1000 times as much at most expected%)$", refusal(folder .. "/x.txz", { stream = true }))
    assert.matches("^x: member 'zeros29': 300%.0 MB in all or more from 29%d%.%d KB of archive",
      refusal(hostile .. "/bomb.zip"))
    shell "rm x.tgz x.txz"
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

  it("says that an archive is encrypted", function()
    make_tree()
    shell [[cd base; zip -qr -P secret ../e.zip tree/sub/numbers; 7z a -psecret ../e.7z tree/zeros
      7z a -psecret -mhe=on ../eh.7z tree/zeros; 7z a -tzip -psecret -mem=AES256 ../ea.zip tree/zeros]]
    for name, member in pairs { ["e.zip"] = "sub/numbers", ["ea.zip"] = "zeros", ["e.7z"] = "zeros" } do
      assert.are.equal(("x: member 'tree/%s': encrypted (plain member expected)"):format(member),
        refusal(folder .. "/" .. name))
    end
    assert.are.equal("x: encrypted archive (plain one expected)", refusal(folder .. "/eh.7z"))
  end)
end)
