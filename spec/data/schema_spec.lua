local guess = require "datamaestro.guess"
local schema = require "datamaestro.schema"

local FIELDS = {
  { name = "name", type = "string", required = true },
  { name = "size", type = "integer", minimum = 0 },
  { name = "ratio", type = "number" },
  { name = "on", type = "boolean", default = false },
  { name = "kind", type = "string", values = { "a", "b" },
    default = function(copy) return copy.on and "b" or "a" end },
  { name = "url", type = "url" },
  { name = "path", type = "path" },
  { name = "md5", type = "string", hex = 32 },
  { name = "tags", type = "list", items = { type = "string" } },
  { name = "inner", type = "table", fields = { { name = "size", type = "integer" } } },
  { name = "any", type = "any" },
  { name = "even", type = "integer",
    check = function(value) return value % 2 == 1 and "odd (even expected)" or nil end },
}

local function problem(value)
  local copy, message = schema.check(FIELDS, value, "it")
  assert.is_nil(copy)
  return message
end

describe("a schema", function()
  it("gives a checked copy with defaults", function()
    local given = { name = "x", tags = { "a" }, inner = { size = 5.0 }, md5 = ("AB"):rep(16), on = true }
    local copy = assert(schema.check(FIELDS, given, "it"))
    assert.same({ name = "x", tags = { "a" }, inner = { size = 5 }, md5 = ("ab"):rep(16), on = true,
      kind = "b" }, copy)
    assert.equal("integer", math.type(copy.inner.size))
    assert.not_equal(given.tags, copy.tags)
    assert.not_equal(given.inner, copy.inner)
  end)

  it("tells what is wrong, and where", function()
    assert.equal("it: string (table expected)", problem "x")
    assert.equal("it.name: missing (string expected)", problem {})
    assert.equal("it.name: integer (string expected)", problem { name = 5 })
    assert.equal("it.size: -1 (0 or more expected)", problem { name = "x", size = -1 })
    assert.equal("it.size: float (integer expected)", problem { name = "x", size = 1.5 })
    assert.equal("it.size: float (integer expected)", problem { name = "x", size = 1e300 })
    assert.equal("it.size: float (integer expected)", problem { name = "x", size = 0 / 0 })
    assert.equal("it.on: string (boolean expected)", problem { name = "x", on = "yes" })
    assert.equal("it.kind: 'c' (a, b expected)", problem { name = "x", kind = "c" })
    assert.equal("it.md5: 31 hex digits (32 expected)", problem { name = "x", md5 = ("a"):rep(31) })
    assert.equal("it.tags[2]: boolean (string expected)", problem { name = "x", tags = { "a", true } })
    assert.equal("it.tags: key 'b' (list of string expected)", problem { name = "x", tags = { "a", b = 1 } })
    assert.equal("it.inner.size: string (integer expected)", problem { name = "x", inner = { size = "5" } })
    assert.equal("it.inner.sise: unknown field (did you mean 'size'?)", problem { name = "x",
      inner = { sise = 5 } })
    assert.equal("it.even: odd (even expected)", problem { name = "x", even = 3 })
    assert.equal("it.path: '' (path expected)", problem { name = "x", path = "" })
  end)

  it("tells the first of several unknown fields, always the same", function()
    assert.equal("it.aaaaaa: unknown field (name, size, ratio, on, kind, url, path, md5, tags, inner, any, "
      .. "even expected)", problem { name = "x", zzzzzz = 1, aaaaaa = 2, mmmmmm = 3 })
  end)

  it("knows what a URL is", function()
    for _, url in ipairs { "http://x/a", "https://u@h:22/%20?a=b#c", "file:///a/b" } do
      assert.is_truthy(schema.check(FIELDS, { name = "x", url = url }, "it"), url)
    end
    for _, url in ipairs { "", "x", "/a/b", "http://", "http:/x", "http://a b", "http://a\nb",
      "http://a\27", "://x" } do
      assert.equal(("it.url: '%s' (URL such as https://host/file expected)"):format(url),
        problem { name = "x", url = url })
    end
    assert.equal("it.url: scheme 'javascript' (http, https, ftp or file expected)",
      problem { name = "x", url = "javascript://x" })
  end)

  it("reads fields by place", function()
    local fields = { { name = "url", type = "url" }, { name = "size", type = "integer" } }
    assert.same({ url = "http://x/a", size = 5 }, schema.check(fields, { "http://x/a", size = 5 }, "it",
      { "url" }))
    local _, message = schema.check(fields, { "http://x/a", 5 }, "it", { "url" })
    assert.equal("it.[2]: unknown field (url, size expected)", message)
  end)

  it("names the types of fields", function()
    assert.equal("list of string", schema.type_name { type = "list", items = { type = "string" } })
    assert.equal("url or table", schema.type_name { type = "url", either = { type = "table" } })
    assert.equal("T", schema.type_name { type = { name = "T" } })
  end)

  it("does not follow a table into itself", function()
    local value = { name = "x" }
    value.any = value
    assert.is_truthy(schema.check(FIELDS, value, "it"))
  end)
end)

describe("a guess", function()
  it("counts edits", function()
    for _, case in ipairs { { "", "", 0 }, { "a", "", 1 }, { "", "abc", 3 }, { "kitten", "sitting", 3 },
      { "ab", "ba", 1 }, { "lables", "labels", 1 }, { "same", "same", 0 } } do
      assert.equal(case[3], guess.distance(case[1], case[2]), case[1])
      assert.equal(case[3], guess.distance(case[2], case[1]), case[2])
    end
  end)

  it("takes the nearest name, whatever its case, or none", function()
    local names = { "filedownloader", "dataset", "datatags", "use" }
    assert.equal("filedownloader", guess.nearest("filedownlaoder", names))
    assert.equal("dataset", guess.nearest("DataSet", names))
    assert.equal("use", guess.nearest("us", names))
    assert.is_nil(guess.nearest("zzzz", names))
    assert.is_nil(guess.nearest(("x"):rep(1000), names))
    assert.is_nil(guess.nearest(5, names))
    assert.is_nil(guess.nearest("x", {}))
  end)

  it("says so in a message", function()
    assert.equal(" (did you mean 'use'?)", guess.hint("uze", { "use" }))
    assert.equal("", guess.hint("zzzz", { "use" }))
    assert.equal(" (else)", guess.hint("zzzz", { "use" }, " (else)"))
  end)
end)
