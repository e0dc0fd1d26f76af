-- Kinds linkfolder and linkfile: what the user has already.
local Laboratory = require "spec.support.laboratory"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local lab

local function shell(command, ...)
  local result = program.shell(command:format(...))
  assert.are.equal(0, result.status, result.err)
  return result.out
end

local function define(steps, parameter)
  lab:define(([[
    local File = use "datamaestro.data".File
    Data = %s .. dataset { File, "x" } .. function(%s) return { path = %s } end]]):format(
    steps:gsub("HERE", lab.folder), parameter or "corpus", parameter or "corpus"))
end

local function assert_failure(status, message)
  local result = lab:prepare()
  assert.are.same({ status, "datamaestro: " .. message:gsub("HERE", lab.folder) .. "\n" },
    { result.status, result.err })
end

local function assert_path(expected, warning)
  local result = lab:prepare()
  assert.are.same({ 0, ((warning or ""):gsub("HERE", lab.folder)) }, { result.status, result.err })
  assert.are.equal(lab.folder .. expected, json.decode(result.out).path)
end

-- Where a link leads.
local function target(name)
  return (shell("readlink '%s'", lab:path(name)):gsub("\n", ""))
end

local function open_laboratory()
  lab = Laboratory.new()
end

local function close_laboratory()
  lab:close()
end

describe("linkfolder", function()
  before_each(open_laboratory)
  after_each(close_laboratory)

  it("links to the first proposal that is there, and says nothing", function()
    temp.write(lab.folder .. "/b/x", "1")
    temp.write(lab.folder .. "/c/x", "1")
    define 'linkfolder("corpus", { "HERE/a", "HERE/b", "HERE/c" })'
    assert_path "/b"
    assert.are.equal(lab.folder .. "/b", target "corpus")
    assert.are.equal("complete", lab:state "corpus")
    assert.are.same({ ".state.json", ".state.lock", "corpus" }, lab:names())
    assert_path "/b"
  end)

  it("knows the home folder and datafolders, with a path in them or without", function()
    temp.write(lab.folder .. "/home corpus/x", "1")
    define 'linkfolder("corpus", { "~/home corpus" })'
    assert_path "/home corpus"
    temp.write(lab.folder .. "/data folder/sub/dir/x", "1")
    assert.are.equal(0, lab:run({ "datafolders", "set", "my key", lab.folder .. "/data folder/" }).status)
    for proposal, path in pairs { ['{ "my key", "sub/dir" }'] = "/data folder/sub/dir", ['{ "my key" }'] =
      "/data folder", ['{ datafolder = "my key", path = "sub" }'] = "/data folder/sub" } do
      os.remove(lab:path "corpus")
      define(('linkfolder("corpus", { %s })'):format(proposal))
      assert_path(path)
    end
  end)

  it("says of each proposal why it does not serve, with the command that sets a datafolder", function()
    temp.write(lab.folder .. "/file", "1")
    temp.write(lab.data .. "/settings.json", '{"datafolders": {"relative": "x/y", "gone": "~/gone"}}')
    temp.write(lab.folder .. "/some/thing", "1")
    define [[linkfolder("corpus", { "HERE/a", "HERE/file", { "corpora", "x" }, { "it's" }, { "relative" },
      { "gone", "x" }, "HERE/some" }, { files = { "thing", "FB*" } })]]
    assert_failure(3, [[org.example.data: corpus: not found (one of these expected):
  HERE/a: no such folder
  HERE/file: a file (folder expected)
  datafolder 'corpora': not set (`datamaestro datafolders set corpora PATH` says where it is)
  datafolder 'it's': not set (`datamaestro datafolders set 'it'\''s' PATH` says where it is)
  datafolder 'relative': 'x/y' (absolute path expected)
  HERE/gone/x: no such folder
  HERE/some: no 'FB*' in it]])
    assert.are.equal("none", lab:state "corpus")
  end)

  it("tries again when what it led to has gone, also after it was complete", function()
    temp.write(lab.folder .. "/a/x", "1")
    temp.write(lab.folder .. "/b/x", "1")
    define 'linkfolder("corpus", { "HERE/a", "HERE/b" }, { files = { "x" } })'
    assert_path "/a"
    shell("mv %s/a %s/moved", lab.folder, lab.folder)
    assert_path "/b"
    os.remove(lab.folder .. "/b/x")
    local place = lab:path "corpus"
    assert_failure(3, ([[warning: %s: no 'x' in it; it is made again
datamaestro: org.example.data: corpus: not found (one of these expected):
  HERE/a: no such folder
  HERE/b: no 'x' in it]]):format(place))
    shell("mv %s/moved %s/a", lab.folder, lab.folder)
    assert_path("/a", ("datamaestro: warning: %s: no 'x' in it; it is made again\n"):format(place))
  end)

  local function write_corpus(folder)
    local files = { FB10 = "ten", FB2 = "two", ["FB3.gz"] = "three", other = "no", ["FB/x"] = "folder" }
    for name, content in pairs(files) do
      temp.write(lab.folder .. folder .. "/" .. name, content)
    end
    shell("cd %s%s && mv FB3.gz FB3 && gzip FB3", lab.folder, folder)
  end

  -- As the Python program computes it.
  local function sum_of(...)
    local sums = {}
    for i, content in ipairs { ... } do
      sums[i] = digest.string("md5", content)
    end
    return digest.string("md5", table.concat(sums))
  end

  it("checks the md5 of the files that a glob means, those of .gz files decompressed", function()
    write_corpus "/a"
    write_corpus "/b"
    temp.write(lab.folder .. "/a/FB2", "TWO")
    local right = sum_of("ten", "two", "three")
    define(('linkfolder("corpus", { "HERE/a", "HERE/b" }, { check = { glob = "FB*", md5 = %q } })'):format(
      right))
    assert_path("/b", ([[datamaestro: warning: org.example.data: corpus: HERE/b is taken, after:
  HERE/a: md5 of 'FB*' %s (%s expected)
]]):format(sum_of("ten", "TWO", "three"), right))
    define 'linkfolder("corpus", { "HERE/a" }, { check = { glob = "no*", md5 = ("0"):rep(32) } })'
    os.remove(lab:path "corpus")
    assert_failure(3, [[org.example.data: corpus: not found (one of these expected):
  HERE/a: no 'no*' in it]])
  end)

  it("tells the md5 where none is declared, and names a damaged .gz file", function()
    write_corpus "/a"
    define 'linkfolder("corpus", { "HERE/a" }, { check = { glob = "FB*" } })'
    assert_path("/a", ("datamaestro: warning: org.example.data: corpus: the md5 of 'FB*' is %s (none is "
      .. "declared)\n"):format(sum_of("ten", "two", "three")))
    temp.write(lab.folder .. "/a/FB3.gz", "no gzip")
    os.remove(lab:path "corpus")
    local result = lab:prepare()
    assert.matches("\n  " .. lab.folder:gsub("%p", "%%%0") .. "/a/FB3%.gz: [^\n]*gzip[^\n]*\n$", result.err)
    assert.are.equal(3, result.status)
  end)

  it("adopts a link that nobody recorded, once its files are checked, else makes it anew", function()
    write_corpus "/a"
    write_corpus "/old"
    define(('linkfolder("corpus", { "HERE/a" }, { check = { glob = "FB*", md5 = %q } })'):format(
      sum_of("ten", "two", "three")))
    assert(file.mkdirs(lab:path()))
    assert(file.symlink(lab.folder .. "/old", lab:path "corpus"))
    assert_path "/old"
    os.remove(lab:path ".state.json")
    temp.write(lab.folder .. "/old/FB2", "wrong")
    assert_path("/a", ("datamaestro: warning: %s: md5 of 'FB*' %s (%s expected); it is made again\n"):format(
      lab:path "corpus", sum_of("ten", "wrong", "three"), sum_of("ten", "two", "three")))
  end)

  it("takes the Python program's link as it is", function()
    temp.write(lab.folder .. "/old/x", "1")
    define 'linkfolder("corpus", { "HERE/a" })'
    assert(file.mkdirs(lab:path()))
    assert(file.symlink(lab.folder .. "/old", lab:path "corpus"))
    temp.write(lab:path ".state.json", '{"version": 1, "resources": {"corpus": {"state": "complete"}}}')
    assert_path "/old"
  end)

  it("neither replaces nor removes what is no link", function()
    temp.write(lab.folder .. "/a/x", "1")
    temp.write(lab:path "corpus/precious", "1")
    define 'linkfolder("corpus", { "HERE/a" }, { files = { "x" } })'
    assert_failure(1, ([[warning: %s: no 'x' in it; it is made again
datamaestro: %s: a folder that is not what is declared (a link, or nothing, expected; it is not removed)]])
      :format(lab:path "corpus", lab:path "corpus"))
    assert.are.equal("1", temp.read(lab:path "corpus/precious"))
  end)

  it("does not lead into its own dataset, through links either", function()
    temp.write(lab:path "inner/x", "1")
    shell("ln -s '%s' %s/way", lab:path "inner", lab.folder)
    define(('linkfolder("corpus", { %q, "HERE/way", %q })'):format(lab:path "inner", lab:path()))
    assert_failure(3, ([[org.example.data: corpus: not found (one of these expected):
  %s: in the dataset's own folder (a path elsewhere expected)
  HERE/way: in the dataset's own folder (a path elsewhere expected)
  %s: in the dataset's own folder (a path elsewhere expected)]]):format(lab:path "inner", lab:path()))
  end)

  it("leaves the folder alone when it is transient and goes", function()
    temp.write(lab.folder .. "/a/x", "1")
    define([[linkfolder("corpus", { "HERE/a" }, { transient = true }) ..
      filescopy("files", "corpus", { "x" })]], "files")
    local result = lab:prepare()
    assert.are.equal(0, result.status, result.err)
    assert.are.same({ ".contents", ".state.json", ".state.lock", "files" }, lab:names())
    assert.are.equal("1", temp.read(lab.folder .. "/a/x"))
  end)

  it("leads by no link to a whole home folder, or to what is the system's; a datafolder may", function()
    shell("cd %s && ln -s . all && ln -s /proc/self proc && mkdir data", lab.folder)
    define 'linkfolder("corpus", { "~/all", "~/proc/net", "HERE" })'
    local result = lab:prepare()
    assert.are.equal(10, result.status)
    assert.matches("(a folder in it expected; a datafolder may be all of it)", result.err, 1, true)
    define 'linkfolder("corpus", { "~/all", "~/proc" })'
    result = lab:prepare()
    assert.are.equal(3, result.status)
    local wide = "  %s/all: leads to '%s' (a folder in it expected; a datafolder may be all of it)\n"
    assert.matches(wide:format(lab.folder, lab.folder), result.err, 1, true)
    assert.matches(("  %s/proc: leads to '/proc/"):format(lab.folder), result.err, 1, true)
    assert.are.equal(0, lab:run({ "datafolders", "set", "k", lab.folder }).status)
    define 'linkfolder("corpus", { { "k" } })'
    assert_path ""
  end)

  it("gives filescopy copies of the user's files, not more names for them", function()
    temp.write(lab.folder .. "/own/x", "1")
    define('linkfolder("corpus", { "HERE/own" }) .. filescopy("files", "corpus", { "x" })', "files")
    local result = lab:prepare()
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("1", temp.read(lab:path "files/x"))
    assert.are.equal("1 1\n", shell("stat -c %%h '%s' '%s' | tr '\\n' ' ' | sed 's/ $/\\n/'",
      lab.folder .. "/own/x", lab:path "files/x"))
  end)

  it("refuses what makes no sense, at the author's line", function()
    for arguments, problem in pairs {
      ["{ proposals = {} }"] = "corpus: no proposals (one path or more expected)",
      ["{ 'a/b' }"] =
        "corpus.proposals[1]: 'a/b' (absolute path, ~/…, or { datafolder = KEY, path = … } expected)",
      ["{ '/a/../b' }"] = "corpus.proposals[1]: '/a/../b' (path without '.' and '..' expected)",
      ["{ '/a', '~/.ssh/id_rsa' }"] =
        "corpus.proposals[2]: '~/.ssh/id_rsa' (no hidden file or folder expected; a datafolder may be one)",
      ["{ '/a/..secret' }"] =
        "corpus.proposals[1]: '/a/..secret' (no hidden file or folder expected; a datafolder may be one)",
      ["{ '~/..secret/x' }"] =
        "corpus.proposals[1]: '~/..secret/x' (no hidden file or folder expected; a datafolder may be one)",
      ["{ '~/' }"] = "corpus.proposals[1]: '~/' (a folder in it expected; a datafolder may be all of it)",
      ["{ '~//' }"] = "corpus.proposals[1]: '~//' (a folder in it expected; a datafolder may be all of it)",
      ["{ '/' }"] = "corpus.proposals[1]: '/' (a folder in it expected; a datafolder may be all of it)",
      ["{ '/proc/self/environ' }"] = "corpus.proposals[1]: '/proc/self/environ' (a place for data expected)",
      ["{ '//etc' }"] = "corpus.proposals[1]: '//etc' (a place for data expected)",
      ["{ { 'k', '/a' } }"] = "corpus.proposals[1].path: '/a' (relative path expected)",
      ["{ { 'k', '../a' } }"] = "corpus.proposals[1].path: '../a' (path without '.' and '..' expected)",
      ["{ { path = 'a' } }"] = "corpus.proposals[1].datafolder: missing (string expected)",
      ["{ { '' } }"] = "corpus.proposals[1].datafolder: '' (name of one line expected)",
      ["{ '/a' }, { files = { '/x' } }"] = "corpus.files[1]: '/x' (relative path, perhaps with * ? [a-z] **, "
        .. "without '.', '..' and '//', expected)",
      ["{ '/a' }, { check = {} }"] = "corpus.check.glob: missing (string expected)",
      ["{ '/a' }, { check = { glob = 'x', md5 = 'z' } }"] = "corpus.check.md5: 'z' (32 hex digits expected)",
    } do
      define(('linkfolder("corpus", %s)'):format(arguments))
      local result = lab:prepare()
      assert.are.same({ 10, ("datamaestro: %s/org/example.lua:2: %s\n"):format(lab.repository, problem) },
        { result.status, result.err })
    end
  end)
end)

describe("links", function()
  before_each(open_laboratory)
  after_each(close_laboratory)

  it("are in place after any crash, and nothing beside them", function()
    local dying = require "spec.support.preload".build("dying", lab.folder)
    temp.write(lab.folder .. "/folder/x", "1")
    define 'linkfolder("corpus", { "HERE/folder" }) .. linkfile("other", { "HERE/folder/x" })'
    for crash = 1, 100 do
      dying.DYING_AT = tostring(crash)
      local first = lab:run({ "--quiet", "prepare", "org.example.data" }, { env = dying })
      if first.status == 0 then
        assert.is_true(crash > 10) -- else nothing was counted
        return
      end
      assert.are.equal(137, first.status, first.err)
      assert.are.equal(0, lab:prepare().status)
      assert.are.same({ lab.folder .. "/folder", lab.folder .. "/folder/x" },
        { target "corpus", target "other" })
      shell("rm -f '%s'.*", lab:path ".state.json") -- where it died while it wrote the state
      assert.are.same({ ".state.json", ".state.lock", "corpus", "other" }, lab:names())
      assert.are.equal("1", temp.read(lab.folder .. "/folder/x"))
      shell("rm -r '%s'", lab.data)
    end
    error "it never came to its end"
  end)
end)

describe("linkfile", function()
  before_each(open_laboratory)
  after_each(close_laboratory)

  local SUM = digest.string("sha256", "right")

  it("links to the first file of the right size and digest, and tells of those that were not", function()
    temp.write(lab.folder .. "/short", "short!")
    temp.write(lab.folder .. "/wrong", "wrong")
    temp.write(lab.folder .. "/right", "right")
    assert(file.mkdirs(lab.folder .. "/folder"))
    define(([[linkfile("corpus", { "HERE/none", "HERE/folder", "HERE/short", "HERE/wrong", "HERE/right" },
      { size = 5, sha256 = %q })]]):format(SUM))
    assert_path("/right", ([[datamaestro: warning: org.example.data: corpus: HERE/right is taken, after:
  HERE/none: no such file
  HERE/folder: a folder (file expected)
  HERE/short: 6 bytes (5 expected)
  HERE/wrong: sha256 %s (%s expected)
]]):format(digest.string("sha256", "wrong"), SUM))
    assert.are.equal(lab.folder .. "/right", target "corpus")
    temp.write(lab.folder .. "/right", "longer")
    assert.are.equal(3, lab:prepare().status)
  end)

  it("needs no digest", function()
    temp.write(lab.folder .. "/x", "1")
    define 'linkfile("corpus", { "HERE/x" })'
    assert_path "/x"
    os.remove(lab.folder .. "/x")
    assert_failure(3, [[org.example.data: corpus: not found (one of these expected):
  HERE/x: no such file]])
  end)

  it("waits for no FIFO, and reads no device", function()
    shell("mkfifo %s/fifo", lab.folder)
    define(('linkfile("corpus", { "HERE/fifo" }, { sha256 = %q })'):format(SUM))
    assert_failure(3, [[org.example.data: corpus: not found (one of these expected):
  HERE/fifo: a special file (file expected)]])
  end)

  it("does not write over a file that stands in its place", function()
    temp.write(lab.folder .. "/right", "right")
    temp.write(lab:path "corpus", "precious")
    define(('linkfile("corpus", { "HERE/right" }, { sha256 = %q })'):format(SUM))
    local result = lab:prepare()
    assert.are.equal(1, result.status)
    assert.are.equal("precious", temp.read(lab:path "corpus"))
  end)

  it("reads a file of many pieces", function()
    local content = ("0123456789abcdef"):rep(1 << 17) .. "end" -- more than 2 MiB
    temp.write(lab.folder .. "/big", content)
    define(('linkfile("corpus", { "HERE/big" }, { sha256 = %q })'):format(digest.string("sha256", content)))
    assert_path "/big"
  end)
end)
