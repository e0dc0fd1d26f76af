local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local digest = require "datamaestro.api.digest"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local WARNING = "datamaestro: warning: [^\n]*: plain http and no checksum [^\n]*\n"

describe("checksum", function()
  local lab, server, path, real

  -- Size and sha256 of what the server has, as they are written.
  local function values(name, command)
    local copy = lab.folder .. "/copy"
    program.shell(("%s '%s/%s' >'%s'"):format(command or "cat", server.root, name, copy))
    local found = digest.file(copy, { "sha256", "md5" })
    return { size = found.size, sha256 = found.sha256, md5 = found.md5 }
  end

  setup(function()
    server = Nginx.start()
    temp.write(server.root .. "/a.txt", ("a line\n"):rep(1000))
    program.shell(("cd '%s' && gzip -nk a.txt && tar czf a.tar.gz a.txt && zip -q a.zip a.txt"):format(
      server.root))
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
    server:forget()
    path = lab.repository .. "/org/example.lua"
    real = {}
    for name, source in pairs { plain = "a.txt", packed = "a.txt.gz", tar = "a.tar.gz", zip = "a.zip" } do
      real[name] = values(source)
    end
  end)

  after_each(function()
    lab:close()
  end)

  -- Defines a chain of resources; URL stands for the server's. `before` stands before it.
  local function define(resources, before)
    local parameter = resources:match '"([%w_]+)'
    lab:define((([[
local data = use "datamaestro.data"
%sData =
  %s ..
  dataset { data.File, licence = "MIT", "Data" } ..
  function(%s) return { path = %s } end
]]):format(before or "", resources, parameter, parameter):gsub("URL", server.url)))
  end

  local function checksum(...)
    local result = lab:run({ "--quiet", "checksum", ... }, { env = { DATAMAESTRO_RETRY_DELAY = "0.01" } })
    result.err = result.err:gsub(WARNING, "")
    return result
  end

  -- What --write makes of the resources; that they lint, and that a second run finds nothing to do.
  local function written(resources, before)
    define(resources, before)
    local result = checksum(path, "--write")
    assert.are.same({ 0, path .. ": written\n", "" }, { result.status, result.out, result.err })
    local text = temp.read(path)
    result = checksum(path)
    assert.are.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.equal(0, lab:run({ "lint", path }).status)
    return text:match("Data =\r?\n  (.-) %.%.\r?\n  dataset"):gsub(server.url, "URL"), text
  end

  local function fields(found, indent)
    return ("%ssize = %d,\n%ssha256 = \"%s\",\n"):format(indent, found.size, indent, found.sha256)
  end

  it("gives a call its options", function()
    assert.equal('filedownloader("a.txt", "URL/a.txt", {\n' .. fields(real.plain, "    ") .. "  })",
      (written 'filedownloader("a.txt", "URL/a.txt")'))
    assert.equal('tardownloader("a", "URL/a.tar.gz", {\n' .. fields(real.tar, "    ") .. "  })",
      (written 'tardownloader("a", "URL/a.tar.gz")'))
    assert.equal('zipdownloader("a", "URL/a.zip", {\n' .. fields(real.zip, "    ") .. "  })",
      (written 'zipdownloader("a", "URL/a.zip", {})'))
  end)

  it("says what a file is as kept, too, where that is another one", function()
    assert.equal('filedownloader("a.txt", "URL/a.txt.gz", {\n' .. fields(real.packed, "    ")
      .. "    content = {\n" .. fields(real.plain, "      ") .. "    },\n  })",
      (written 'filedownloader("a.txt", "URL/a.txt.gz")'))
    local lines = values("a.txt", "sed s/line/row/")
    local options = ', {\n    transforms = { { replace = "line", with = "row" } },\n'
    assert.equal('filedownloader("a.txt", "URL/a.txt"' .. options .. fields(real.plain, "    ")
      .. "    content = {\n" .. fields(lines, "      ") .. "    },\n  })",
      (written('filedownloader("a.txt", "URL/a.txt"' .. options .. "  })")))
  end)

  it("puts right what is wrong, and leaves all else where it was", function()
    local text = written(([[filedownloader("a.txt", -- its name, { size = 1 }
    "URL/a.txt.gz", --[=[ and { its
    URL }) ]=] {
      mirrors = { { "https://x/a.txt", size = 2, md5 = "%s" } }, -- size = 3
      -- of the page:
      md5 = "%s", -- old
      content = { size = 4 },
      ["name"] = "a";
    })]]):format(("c"):rep(32), ("b"):rep(32)))
    assert.equal(([[filedownloader("a.txt", -- its name, { size = 1 }
    "URL/a.txt.gz", --[=[ and { its
    URL }) ]=] {
      mirrors = { { "https://x/a.txt", size = 2, md5 = "%s" } }, -- size = 3
      -- of the page:
      md5 = "%s", -- old
%s      content = { size = %d,
        sha256 = "%s" },
      ["name"] = "a";
    })]]):format(("c"):rep(32), real.packed.md5, fields(real.packed, "      "), real.plain.size,
      real.plain.sha256), text)
  end)

  it("takes tables of one line, and lines that end in CR", function()
    local function one_line(entries)
      return ('filedownloader("a.txt", "URL/a.txt", { %s,\n    size = %d,\n    sha256 = "%s" })'):format(
        entries, real.plain.size, real.plain.sha256)
    end
    assert.equal(one_line "transient = false",
      (written 'filedownloader("a.txt", "URL/a.txt", { transient = false })'))
    assert.equal(one_line 'name = "a", transient = false',
      (written 'filedownloader("a.txt", "URL/a.txt", { name = "a", transient = false })'))
    define 'filedownloader("a.txt", "URL/a.txt")'
    temp.write(path, (temp.read(path):gsub("\n", "\r\n")))
    assert.equal(0, checksum(path, "--write").status)
    local text = temp.read(path)
    assert.matches('URL/a.txt", {\r\n    size = %d+,\r\n    sha256 = "%x+",\r\n  }%) %.%.\r\n',
      (text:gsub(server.url, "URL")))
    assert.is_nil(text:find "[^\r]\n")
  end)

  it("prints a patch that patch(1) takes", function()
    define([[filedownloader("a.txt", "URL/a.txt.gz") ..
  tardownloader("b", BASE .. "a.tar.gz", { subpath = "x" }) ..
  zipdownloader("c", BASE .. "a.zip", { folder = "c" })]],
      'local BASE = "URL/"\n' .. ("-- a comment\n"):rep(20))
    local before = temp.read(path)
    local result = checksum(path)
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.equal(("--- %s\n+++ %s\n@@ -21,8 +21,19 @@\n"):format(path, path), result.out:match "^.-@@.-@@\n")
    assert.equal(before, temp.read(path))
    local patch = temp.write(lab.folder .. "/x.patch", result.out)
    assert.equal(0, program.shell(("cd / && patch -s -p0 <'%s'"):format(patch)).status)
    local patched = temp.read(path)
    temp.write(path, before)
    assert.equal(0, checksum(path, "--write").status)
    assert.equal(temp.read(path), patched)
  end)

  it("keeps what it fetched for prepare", function()
    written 'filedownloader("a.txt", "URL/a.txt.gz")'
    server:forget()
    assert.equal(0, lab:prepare().status)
    assert.equal(0, #server:requests())
  end)

  it("takes ids, and fetches one URL once", function()
    define('filedownloader("a.txt", "URL/a.txt") .. filedownloader("b.txt", "URL/a.txt")')
    local result = checksum("org.example.data", "--write")
    assert.are.same({ 0, path .. ": written\n" }, { result.status, result.out })
    assert.equal(1, #server:requests())
    local _, count = temp.read(path):gsub('sha256 = "' .. real.plain.sha256, "")
    assert.equal(2, count)
  end)

  it("asks no mirror, and says what cannot be fetched", function()
    define('filedownloader("a.txt", "URL/gone.txt", { mirrors = { "URL/a.txt" } }) .. '
      .. 'filedownloader("b.txt", "URL/a.txt")')
    local result = checksum(path, "--write")
    assert.are.same({ 4, path .. ": written\n", ("datamaestro: org.example.data: a: %s/gone.txt: HTTP 404 "
      .. "Not Found (moved or gone: --mirror names other places)\n"):format(server.url) },
      { result.status, result.out, result.err })
  end)

  it("leaves alone what is complete with --missing", function()
    define(('filedownloader("a.txt", "URL/a.txt", { size = 1, sha256 = "%s" })'):format(("0"):rep(64)))
    assert.equal("", checksum(path, "--missing").out)
    assert.equal(0, #server:requests())
    assert.matches("\n%-[^\n]*size = 1,", checksum(path).out)
  end)

  describe("where it is not sure", function()
    local function by_hand(why, resources, before)
      define(resources, before)
      local text = temp.read(path)
      local result = checksum(path, "--write")
      assert.are.same({ 1, "" }, { result.status, result.out })
      local expected = ('datamaestro: %s:%%d+: a: to be put in by hand %%(%s%%): size = %d, sha256 = "%s"\n')
        :format(path:gsub("%p", "%%%0"), why, real.plain.size, real.plain.sha256)
      assert.matches("^" .. expected .. "$", result.err)
      assert.equal(text, temp.read(path))
    end

    it("says what to put where by hand", function()
      by_hand("the call stands in a function or a loop, and its URL is computed", 'get "a"',
        'local function get(name) return filedownloader("a.txt", "URL/" .. name .. ".txt") end\n')
      by_hand("its options are not written out as a table in the call",
        'filedownloader("a.txt", "URL/a.txt", OPTIONS)', "local OPTIONS = { transient = false }\n")
      by_hand("'size' is computed", 'filedownloader("a.txt", "URL/a.txt", { size = 1 + 1 })')
      by_hand('no plain call filedownloader%("a.txt", …%) in the line',
        'filedownloader("a" .. ".txt", "URL/a.txt")')
      by_hand("two such calls in the line",
        'twice(filedownloader("a.txt", "URL/b"), filedownloader("a.txt", "URL/a.txt"))',
        "local function twice(_, second) return second end\n")
    end)
  end)

  it("prints JSON", function()
    define('filedownloader("a.txt", "URL/a.txt.gz") .. filedownloader("b.txt", "URL/gone")')
    local result = checksum(path, "--json")
    assert.equal(4, result.status)
    local found = json.decode(result.out)
    local row = found.resources[1]
    assert.are.same({ "org.example.data", "a", path, 3, "patch", real.packed.size, real.plain.sha256 },
      { row.dataset, row.resource, row.file, row.line, row.state, row.served.size, row.content.sha256 })
    assert.are.same({ "failed", json.null }, { found.resources[2].state, found.resources[2].served })
    assert.matches("^%-%-%- ", found.diff)
  end)

  it("fetches nothing where terms are not accepted, or the script is wrong", function()
    define 'filedownloader("a.txt", "URL/a.txt") .. useragreement("Be good.")'
    assert.equal(6, checksum(path).status)
    assert.equal(3, checksum("org.example.nothing").status)
    lab:define "X = 1 +"
    assert.equal(10, checksum(path).status)
    assert.equal(0, #server:requests())
  end)
end)
