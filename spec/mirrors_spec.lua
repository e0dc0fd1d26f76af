local mirrors = require "datamaestro.mirrors"

local function compile(...)
  local rules = {}
  for i, text in ipairs { ... } do
    rules[i] = assert(mirrors.compile(text))
  end
  return rules
end

local function expand(url, ...)
  local urls = {}
  for i, source in ipairs(mirrors.expand({ { url = url } }, compile(...))) do
    urls[i] = source.url
  end
  return urls
end

local URL = "https://example.org/data/set/x.gz"

describe("a mirror rule", function()
  it("replaces the beginning of a URL", function()
    assert.are.same({ "https://mirror.example/pub/set/x.gz", URL },
      expand(URL, "https://example.org/data=https://mirror.example/pub"))
    assert.are.same({ "https://mirror.example/pub/set/x.gz", URL },
      expand(URL, "https://example.org/data/=https://mirror.example/pub/"))
    assert.are.same({ "file:///srv/mirror/set/x.gz", URL },
      expand(URL, "https://example.org/data=/srv/mirror"))
    assert.are.same({ "file:///srv/x.gz", URL }, expand(URL, URL .. "=/srv/x.gz"))
    assert.are.same({ "file:///srv/mirror/data/set/x.gz", URL },
      expand(URL, "https://example.org=/srv/mirror/"))
    assert.are.same({ "https://b.example/y?k=1", "https://a.example/x?k=1" },
      expand("https://a.example/x?k=1", "https://a.example/x=https://b.example/y"))
  end)

  it("replaces whole parts of a URL only, and no other host's", function()
    assert.are.same({ URL }, expand(URL, "https://example.org/dat=/srv"))
    assert.are.same({ URL }, expand(URL, "http://example.org/=/srv"))
    local other = "https://example.org.evil.example/x"
    assert.are.same({ other }, expand(other, "https://example.org=/srv"))
  end)

  it("does not mind how a host is written", function()
    assert.are.same({ "file:///srv/x", "HTTPS://User:pw@EXAMPLE.org:443/x" },
      expand("HTTPS://User:pw@EXAMPLE.org:443/x", "https://Example.ORG=/srv"))
    assert.are.same({ "https://example.org:8443/x" },
      expand("https://example.org:8443/x", "https://example.org=/srv"))
  end)

  it("lays out a place by host and path", function()
    assert.are.same({ "file:///srv/m/example.org/data/set/x.gz", URL }, expand(URL, "/srv/m/"))
    assert.are.same({ "https://cache.example/m/example.org/data/set/x.gz", URL },
      expand(URL, "https://cache.example/m"))
    local folder = "http://example.org:8080/a/"
    assert.are.same({ "file:///srv/example.org:8080/a/index.html", folder }, expand(folder, "/srv"))
    local query = "http://example.org/get?file=a/b#part"
    assert.are.same({ "file:///srv/example.org/get%3Ffile=a%252Fb", query }, expand(query, "/srv"))
    assert.are.same({ "https://c.example/example.org/get%3Ffile=a/b", query },
      expand(query, "https://c.example"))
  end)

  it("names local files as they are called, percent-encoded once", function()
    local url = "https://example.org/a%20b/%C3%A9.gz"
    assert.are.same({ "file:///srv/my%20data/100%25/example.org/a%20b/%C3%A9.gz", url },
      expand(url, "/srv/my data/100%"))
    assert.are.same({ "file:///srv/my%20data/example.org/a%20b/%C3%A9.gz", url },
      expand(url, "file:///srv/my%20data"))
  end)

  it("finds files by checksum", function()
    local source = { url = URL, sha256 = ("AB"):rep(32), md5 = ("0"):rep(32) }
    local found = mirrors.expand({ source }, compile("checksum:/srv/sums", "checksum:https://c.example/"))
    local urls = {}
    for i, entry in ipairs(found) do
      urls[i] = entry.url
    end
    assert.are.same({
      "file:///srv/sums/sha256/" .. ("ab"):rep(32), "file:///srv/sums/md5/" .. ("0"):rep(32),
      "https://c.example/sha256/" .. ("ab"):rep(32), "https://c.example/md5/" .. ("0"):rep(32), URL }, urls)
    assert.are.same({ URL }, expand(URL, "checksum:/srv/sums"))
  end)

  it("never leads out of its place", function()
    for _, path in ipairs { "/../x", "/a/../../x", "/a/%2e%2e/%2E./x", "/a/..", "/a/%252e%252e/x",
      "/a/..%2fx", "/a/..%5cx", "/a\\..\\x", "/./x", "/a%00b", "/%2f..%2fetc/passwd" } do
      local url = "https://example.org" .. path
      for _, rule in ipairs { "/srv/m", "https://c.example/m", "https://example.org=/srv/m",
        "https://example.org=https://c.example/m" } do
        assert.are.same({ url }, expand(url, rule), path)
      end
    end
    for _, url in ipairs { "https://../x", "https://./x", "https://a%2f..%2f/x", "file:///etc/x",
      "https:///x" } do
      assert.are.same({ url }, expand(url, "/srv/m", "https://c.example"))
    end
    assert.are.same({ "file:///srv/a%3F..%252F..%252Fetc", "https://h.example/a?../../etc" },
      expand("https://h.example/a?../../etc", "https://h.example=/srv"))
  end)

  it("is refused with what was expected", function()
    local expected = {
      [""] = ": PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected",
      ["mirror"] = "mirror: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected",
      ["./mirror"] = "./mirror: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected",
      ["example.org=/srv"] = "example.org=/srv: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected",
      ["https://example.org=mirror"] =
        "https://example.org=mirror: absolute folder or URL without a query expected",
      ["checksum:sums"] = "checksum:sums: absolute folder or URL without a query expected",
      ["https:///x=/srv"] = "https:///x=/srv: URL prefix with a host expected",
      ["https://c.example/?x"] = "https://c.example/?x: absolute folder or URL without a query expected",
      ["https://me:secret@/x"] = "https:///x: absolute folder or URL without a query expected",
    }
    for text, message in pairs(expected) do
      assert.are.same({ n = 2, nil, message }, table.pack(mirrors.compile(text)))
    end
  end)

  it("shows no password", function()
    local rule = assert(mirrors.compile "https://example.org=https://me:secret@mirror.example/")
    assert.are.equal("https://example.org=https://mirror.example/", rule.text)
    assert.are.equal("https://me:secret@mirror.example/x",
      mirrors.expand({ { url = "https://example.org/x" } }, { rule })[1].url)
  end)

  it("takes ~ as the home folder", function()
    local home = os.getenv "HOME"
    assert.are.same({ "file://" .. home .. "/m/example.org/data/set/x.gz", URL }, expand(URL, "~/m"))
  end)
end)

describe("expanding sources", function()
  it("puts mirrors before the source they stand for, in the order of the rules, with its checks", function()
    local sources = {
      { url = "https://a.example/x.gz", size = 5, sha256 = ("a"):rep(64), transforms = "gzip" },
      { url = "https://b.example/x.gz", size = 6 },
    }
    local found = mirrors.expand(sources, compile("/srv", "https://a.example=https://m.example"))
    local rows = {}
    for i, source in ipairs(found) do
      rows[i] = { source.url, source.size, source.mirror_of or false, source.mirror or false }
    end
    assert.are.same({
      { "file:///srv/a.example/x.gz", 5, "https://a.example/x.gz", "/srv" },
      { "https://m.example/x.gz", 5, "https://a.example/x.gz", "https://a.example=https://m.example" },
      { "https://a.example/x.gz", 5, false, false },
      { "file:///srv/b.example/x.gz", 6, "https://b.example/x.gz", "/srv" },
      { "https://b.example/x.gz", 6, false, false },
    }, rows)
    assert.are.same({ ("a"):rep(64), "gzip" }, { found[1].sha256, found[1].transforms })
    assert.are.equal(sources[1], found[3])
  end)

  it("names each URL once, and leaves declared sources in their place", function()
    local sources = { { url = "https://a.example/x" }, { url = "https://b.example/x", size = 6 },
      { url = "https://a.example/x" } }
    local found = mirrors.expand(sources, compile("https://a.example=https://b.example", "/srv", "/srv/"))
    local urls = {}
    for i, source in ipairs(found) do
      urls[i] = source.url
    end
    assert.are.same({ "file:///srv/a.example/x", "https://a.example/x", "file:///srv/b.example/x",
      "https://b.example/x" }, urls)
    assert.is_nil(found[4].mirror_of)
  end)

  it("changes nothing without rules", function()
    assert.are.same({ { url = URL } }, mirrors.expand({ { url = URL } }, {}))
  end)
end)
