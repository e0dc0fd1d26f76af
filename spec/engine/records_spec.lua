local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local digest = require "datamaestro.api.digest"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local records = require "datamaestro.engine.records"
local temp = require "spec.support.temp"

describe("what is recorded of a resource", function()
  local lab, server

  setup(function()
    server = Nginx.start()
    temp.write(server.root .. "/a.txt", "one\n")
    temp.write(server.root .. "/b.txt", "two\n")
    program.shell(("cd '%s' && mkdir top && cp a.txt top && ln -s a.txt top/l && tar cf t.tar top "
      .. "&& gzip -k b.txt"):format(server.root))
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function define(resources)
    lab:define(('local Base = use "datamaestro.data".Base\nData = %s .. dataset { Base, "Data" } ..\n'
      .. "function() return {} end"):format(resources:gsub("URL", server.url)))
  end

  local function prepared(...)
    local result = lab:prepare(...)
    assert.equal(0, result.status, result.err)
    local resources = json.decode(temp.read(lab:path ".state.json")).resources
    for _, entry in pairs(resources) do
      entry.recipe = nil -- spec/engine/graph_spec.lua has what it is for
    end
    return resources
  end

  local function sum(content)
    return { size = #content, sha256 = digest.string("sha256", content) }
  end

  local function served(name)
    return sum(temp.read(server.root .. "/" .. name))
  end

  it("is the source that had it, without its password, and the bytes", function()
    local url = server.url:gsub("://", "://user:secret@")
    define(('filedownloader("b.txt", "%s/none.gz", { mirrors = { "%s/b.txt.gz" } })'):format(url, url))
    assert.same({ data = nil, b = { state = "complete", source = server.url .. "/b.txt.gz",
      served = served "b.txt.gz", stored = sum "two\n" } }, prepared())
  end)

  it("is the same where a md5 is declared", function()
    define(('filedownloader("a.txt", "URL/a.txt", { md5 = "%s" })'):format(digest.string("md5", "one\n")))
    assert.same({ a = { state = "complete", source = server.url .. "/a.txt", served = sum "one\n",
      stored = sum "one\n" } }, prepared())
  end)

  it("is of a folder the sum of its list, which has the digest of each file", function()
    define 'tardownloader("t", "URL/t.tar", { folder = "t" })'
    local lines = ("f 4 %s a.txt\nl 0 - l\n"):format(digest.string("sha256", "one\n"))
    assert.same({ t = { state = "complete", source = server.url .. "/t.tar", served = served "t.tar",
      stored = { files = 2, size = 4, sha256 = digest.string("sha256", lines) } } }, prepared())
    assert.equal("datamaestro contents 2\n" .. lines .. "e 2\n", temp.read(lab:path ".contents/t"))
  end)

  it("is of several files what each was", function()
    define 'concatdownload("all.txt", { "URL/b.txt.gz", "URL/a.txt" })'
    assert.same({ all = { state = "complete", stored = sum "two\none\n", fetched = {
      { url = server.url .. "/b.txt.gz", source = server.url .. "/b.txt.gz", served = served "b.txt.gz" },
      { url = server.url .. "/a.txt", source = server.url .. "/a.txt", served = served "a.txt" },
    } } }, prepared())
  end)

  it("is of a function what it fetched and what it made", function()
    define [[custom("made", function(work) work:fetch("URL/a.txt", "x") end)]]
    local lines = ("f 4 %s x\n"):format(digest.string("sha256", "one\n"))
    assert.same({ made = { state = "complete", public = true,
      stored = { files = 1, size = 4, sha256 = digest.string("sha256", lines) },
      fetched = { { url = server.url .. "/a.txt", source = server.url .. "/a.txt", served = sum "one\n" } },
    } }, prepared())
  end)

  it("says which resource the bytes are of", function()
    define [[filedownloader("b.gz", "URL/b.txt.gz", { transforms = "none" }) ..
      filedownloader("c.txt", { from = "b", transforms = "gzip" })]]
    assert.same({ state = "complete", source = "resource b", public = true, served = served "b.txt.gz",
      stored = sum "two\n" }, prepared().c)
  end)

  it("says which URL a kept download is of", function()
    define(('filedownloader("a.txt", "URL/a.txt", { md5 = "%s" })'):format(digest.string("md5", "one\n")))
    prepared "--keep-downloads"
    os.remove(lab:path "a.txt")
    assert.equal(server.url .. "/a.txt", prepared("--offline").a.source)
  end)

  it("is of what several resources come from the same for all", function()
    define [[filedownloader("a.txt", "URL/a.txt") .. filedownloader("c.txt", "URL/a.txt")]]
    local found = prepared()
    assert.same(found.a, found.c)
  end)

  it("is of what was found in place its digest, if it was read", function()
    define(('filedownloader("a.txt", "URL/a.txt", { md5 = "%s" }) .. filedownloader("b.txt", "URL/b.txt")')
      :format(digest.string("md5", "one\n")))
    temp.write(lab:path "a.txt", "one\n")
    temp.write(lab:path "b.txt", "two\n")
    local stored = sum "one\n"
    stored.md5 = digest.string("md5", "one\n")
    assert.same({ a = { state = "complete", stored = stored }, b = { state = "complete" } }, prepared())
  end)

  it("is passed over where somebody has edited it", function()
    assert.same({ state = "complete" }, records.of { state = "complete", source = 7, served = "x",
      stored = { size = -1, sha256 = "abc", md5 = ("x"):rep(32) }, fetched = { 1 } })
    assert.same({ state = "none", stored = { size = 1 } }, records.of { state = "none",
      stored = { size = 1, files = 1.5, sha256 = {} }, fetched = {}, served = {} })
  end)

  it("makes a file of another size than the recorded one be fetched again", function()
    define 'filedownloader("a.txt", "URL/a.txt")'
    prepared()
    temp.write(lab:path "a.txt", "on")
    prepared()
    assert.equal("one\n", temp.read(lab:path "a.txt"))
  end)
end)
