local file = require "datamaestro.api.file"
local hosts = require "datamaestro.engine.hosts"
local temp = require "spec.support.temp"

describe("what is known of hosts", function()
  local root, folder

  before_each(function()
    root = temp.folder()
    folder = root .. "/cache/hosts"
  end)

  after_each(function()
    temp.remove(root)
  end)

  it("is kept by the host and port of a URL", function()
    assert.are.equal("example.org", hosts.of "https://Example.org/a/b?c#d")
    assert.are.equal("example.org:8080", hosts.of "http://user:secret@example.org:8080/")
    assert.are.equal("example.org", hosts.of "ftp://a@b@example.org")
    assert.are.equal("example.org", hosts.of "https://example.org?x=/@other")
    assert.is_nil(hosts.of "file:///etc/passwd")
    assert.is_nil(hosts.of "no URL")
  end)

  it("is nothing, and writes nothing, at first", function()
    local known = hosts.open(folder)
    assert.are.equal(0, known:delay "example.org")
    assert.is_false(known:is_failing "example.org")
    known:served "example.org"
    assert.is_nil(file.stat(root .. "/cache"))
  end)

  it("tells other processes that a host fails, until it serves", function()
    local known = hosts.open(folder)
    known:failed "example.org"
    assert.is_true(known:is_failing "example.org")
    assert.is_true(hosts.open(folder):is_failing "example.org")
    assert.is_false(hosts.open(folder):is_failing "example.com")
    assert.are.equal(0, hosts.open(folder):delay "example.org")
    known:served "example.org"
    assert.is_false(known:is_failing "example.org")
    assert.is_false(hosts.open(folder):is_failing "example.org")
    assert.are.same({}, file.list(folder))
  end)

  it("tells other processes how long a host wants to be left alone", function()
    hosts.open(folder):failed("example.org", 100)
    local known = hosts.open(folder)
    local delay = known:delay "example.org"
    assert.is_true(delay > 90 and delay <= 100)
    known:failed("example.org", 50) -- the longer wish counts
    assert.is_true(known:delay "example.org" > 90)
    known:failed("example.org", 200)
    assert.is_true(known:delay "example.org" > 190)
    known:served "example.org"      -- by another connection, before the time is over
    assert.is_true(known:delay "example.org" > 190)
  end)

  it("is forgotten in time", function()
    temp.write(folder .. "/example.org", ("until %d\nfailed %d\n"):format(os.time() - 1, os.time() - 601))
    local known = hosts.open(folder)
    assert.is_false(known:is_failing "example.org")
    assert.are.equal(0, known:delay "example.org")
  end)

  it("is nothing where its file is nonsense, or cannot be written", function()
    for _, content in ipairs { "", "until soon\n", "\0\255", "until -5\nfailed -5", ("9"):rep(1000) } do
      temp.write(folder .. "/example.org", content)
      assert.are.equal(0, hosts.open(folder):delay "example.org")
      assert.is_false(hosts.open(folder):is_failing "example.org")
    end
    temp.write(root .. "/plain", "")
    local known = hosts.open(root .. "/plain/hosts")
    known:failed("example.org", 10)
    assert.is_true(known:is_failing "example.org")
  end)

  it("stays in its folder, whatever the host is called", function()
    for _, name in ipairs { "a/../../b", "..", ".", "[::1]:80", "a\0b", ("x"):rep(300) } do
      hosts.open(folder):failed(name, 5)
    end
    for _, name in ipairs(file.list(folder)) do
      assert.is_nil(name:find "/")
    end
    assert.are.same({ "cache" }, file.list(root))
    assert.are.same({ "hosts" }, file.list(root .. "/cache"))
  end)
end)
