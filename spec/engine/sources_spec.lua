local cache = require "datamaestro.engine.cache"
local hosts = require "datamaestro.engine.hosts"
local mirrors = require "datamaestro.mirrors"
local sources = require "datamaestro.engine.sources"
local temp = require "spec.support.temp"

local A, B, C = "https://a.example/x", "https://b.example/x", "https://c.example/x"
local SHA256 = ("ab"):rep(32)

describe("the sources of a file", function()
  local root, context

  before_each(function()
    root = temp.folder()
    context = {
      settings = { mirrors = {} }, hosts = hosts.open(root .. "/cache/hosts"), cache = cache.open(root),
      has_cache = true, offline = false,
    }
  end)

  after_each(function()
    temp.remove(root)
  end)

  local function order(list, content)
    local here, remote = sources.order({ sources = list, content = content }, context)
    local urls = { here = {}, remote = {} }
    for at, source in ipairs(here) do
      urls.here[at] = source.url
    end
    for at, source in ipairs(remote) do
      urls.remote[at] = source.url
    end
    return urls, here
  end

  it("come in the order in which they are declared", function()
    assert.are.same({ here = {}, remote = { A, B, C } }, order { { url = A }, { url = B }, { url = C } })
  end)

  it("come last where their hosts have failed lately", function()
    context.hosts:failed "a.example"
    context.hosts:failed "b.example"
    assert.are.same({ C, A, B }, order { { url = A }, { url = B }, { url = C } }.remote)
    context.hosts:served "a.example"
    assert.are.same({ A, C, B }, order { { url = A }, { url = B }, { url = C } }.remote)
  end)

  it("come after the mirrors that settings name", function()
    context.settings.mirrors = { assert(mirrors.compile "https://mirror.example/all") }
    assert.are.same({ "https://mirror.example/all/a.example/x", A }, order { { url = A } }.remote)
  end)

  it("come after those on this machine, which are there", function()
    temp.write(root .. "/mirror/a.example/x", "")
    context.settings.mirrors = { assert(mirrors.compile(root .. "/mirror")) }
    local found, here = order { { url = A, size = 7 }, { url = B } }
    assert.are.same({ here = { "file://" .. root .. "/mirror/a.example/x" }, remote = { A, B } }, found)
    assert.are.equal(7, here[1].size)
    assert.are.same({ here = {}, remote = {} }, order { { url = "file:///no/such/file" } })
  end)

  it("include a kept download where a digest proves it, or nothing else is to be had", function()
    local kept = context.cache:kept(A) .. ".dl"
    temp.write(kept, "")
    local url = "file://" .. kept
    assert.are.same({}, order({ { url = A } }).here)
    assert.are.same({ url }, order({ { url = A, sha256 = SHA256 } }).here)
    assert.are.same({ url }, order({ { url = A } }, { sha256 = SHA256 }).here)
    context.offline = true
    assert.are.same({ url }, order({ { url = A } }).here)
    context.has_cache = false
    assert.are.same({}, order({ { url = A } }).here)
  end)

  it("on this machine are paths, with what a URL cannot hold", function()
    assert.are.equal("/a b/%c", sources.local_path "file:///a%20b/%25c")
    assert.are.equal("/x", sources.local_path "file://localhost/x")
    assert.is_nil(sources.local_path "file://elsewhere/x")
    assert.is_nil(sources.local_path "https://a.example/x")
    assert.is_nil(sources.local_path "/x")
  end)

  it("are doubted where neither the way nor a digest is sure", function()
    local function doubt(source, content)
      return sources.doubt(source, { content = content })
    end
    assert.are.equal(
      "http://a.example/x: plain http and no checksum (https, or one in the definition, expected)",
      doubt { url = "http://user:secret@a.example/x" })
    assert.matches("plain ftp and no checksum", doubt { url = "FTP://a.example/x" })
    assert.is_nil(doubt { url = "http://a.example/x", md5 = ("0"):rep(32) })
    assert.is_nil(doubt({ url = "http://a.example/x" }, { sha256 = SHA256 }))
    assert.is_nil(doubt { url = A })
    assert.is_nil(doubt { url = "file:///x" })
  end)
end)
