-- What lint warns of: nothing is wrong, but it is odd.
local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"
local temp = require "spec.support.temp"

local MD5 = { ("a"):rep(32), ("b"):rep(32) }
local HEAD = [[local data, csv = use "datamaestro.data", use "datamaestro.data.csv"
]]
local TAIL = [[ .. dataset { %s, licence = "MIT", "Name" } ..
function(%s) return { path = %s } end
]]

describe("lint warns of", function()
  local lab, path

  before_each(function()
    lab = Laboratory.new()
    path = lab.repository .. "/org/example.lua"
  end)

  after_each(function()
    lab:close()
  end)

  -- One dataset; the name of its resource is what the function gets.
  local function one(name, resources, T, value)
    local parameter = resources:match '"([%w_]+)'
    return ("%s = %s%s"):format(name, resources, TAIL:format(T or "data.File", parameter, value or parameter))
  end

  -- The warnings, in order, and that there is nothing else.
  local function warnings(source)
    lab:define(HEAD .. source)
    local result = lab:run { "lint", path }
    assert.are.same({ 0, "" }, { result.status, result.err })
    local list = {}
    for line in result.out:gmatch "[^\n]+" do
      local warning = line:match("^" .. path:gsub("%p", "%%%0") .. ":(%d+: warning: .*)$")
      list[#list + 1] = warning
      assert.is_true(warning ~= nil or line:find(": ok", 1, true) ~= nil, line)
    end
    return (table.concat(list, "\n"):gsub(": warning", ""):gsub(path:gsub("%p", "%%%0"), "FILE"))
  end

  it("an archive that is kept as it is, and given to nothing that reads archives", function()
    assert.equal("2: 'a.zip' is a zip archive kept as it is (zipdownloader unpacks it, concatdownload joins "
      .. "what is in it)", warnings(one("A", 'filedownloader("a.zip", "https://x/a.zip")')))
    assert.equal("2: 'a.tar' is a tar archive kept as it is (tardownloader unpacks it, concatdownload joins "
      .. "what is in it)", warnings(one("A", 'filedownloader("a.tar", "https://x/a.tar.gz")')))
    assert.matches("^2: 'a.bin' is a 7z archive kept as it is %(work:extract of custom",
      warnings(one("A", 'filedownloader("a.bin", "https://x/a.7z?download=1")')))
  end)

  it("no archive that is read as one", function()
    assert.equal("", warnings(one("A", 'filedownloader("a.zip", "https://x/a.zip")', "data.Folder")))
    assert.equal("", warnings(one("A", 'filedownloader("a.zip", "https://x/a.zip")', "csv.Generic",
      'a .. "!/t.csv"')))
    assert.equal("", warnings [[A = filedownloader("a.zip", "https://x/a.zip", { transient = true }) ..
      zipdownloader("tree", { from = "a" }) .. dataset { data.Folder, licence = "MIT", "Name" } ..
      function(tree) return { path = tree } end]])
  end)

  it("one hash for two URLs, but no mirrors", function()
    local function with(options)
      return ('{ md5 = "%s"%s }'):format(MD5[1], options or "")
    end
    assert.equal("4: https://x/b: its md5 is also that of https://x/a in FILE:2 (each file's own expected; "
      .. "two addresses of one file are a URL and a mirror)",
      warnings(one("A", ('filedownloader("a.bin", "https://x/a", %s)'):format(with()))
        .. one("B", ('filedownloader("b.bin", "https://x/b", %s)'):format(with()))))
    assert.equal("",
      warnings(one("A", ('filedownloader("a.bin", "https://x/a", %s)')
        :format(with ', mirrors = { "https://y/c" }'))
        .. one("B", ('filedownloader("b.bin", "https://z/a", %s)'):format(with()))
        .. one("C", ('filedownloader("c.bin", "https://y/c", %s)'):format(with()))))
  end)

  it("two hashes, or sizes, for one URL", function()
    assert.equal("4: https://x/a: another md5 than in FILE:2 (one of them is wrong: `datamaestro checksum` "
      .. "tells which)", warnings(one("A", ('filedownloader("a.bin", "https://x/a", { md5 = "%s" })')
        :format(MD5[1])) .. one("B", ('filedownloader("b.bin", "https://x/a", { md5 = "%s" })')
        :format(MD5[2]))))
    assert.equal("4: https://x/a: another size than in FILE:2 (one of them is wrong: `datamaestro checksum` "
      .. "tells which)", warnings(one("A", 'filedownloader("a.bin", "https://x/a", { size = 1 })')
        .. one("B", 'filedownloader("b.bin", "https://x/a", { size = 2 })')))
  end)

  it("plain http without a hash, of a mirror too", function()
    local advised = ": plain http and no checksum (https, or one, which `datamaestro checksum` finds)"
    assert.equal("2: http://x/a" .. advised, warnings(one("A", 'filedownloader("a.bin", "http://x/a")')))
    assert.equal("2: http://y/a" .. advised,
      warnings(one("A", 'filedownloader("a.bin", "https://x/a", { mirrors = { "http://y/a" } })')))
    assert.equal("",
      warnings(one("A", ('filedownloader("a.bin", "http://x/a", { md5 = "%s" })'):format(MD5[1]))))
  end)

  it("a dataset whose folder lies at or below a file", function()
    assert.equal("4: org.example.a.c: its folder lies at 'c', a file of org.example.a in FILE:2 (another id "
      .. "or name expected)\n6: org.example.a.c.d: its folder lies below 'c', a file of org.example.a in "
      .. "FILE:2 (another id or name expected)",
      warnings(one("A", 'filedownloader("c", "https://x/a")')
        .. one("A_C", 'filedownloader("x.bin", "https://x/b")'):gsub("dataset {", '%0 id = "a.c",')
          :gsub('"a%.c"', '"org.example.a.c"')
        .. one("D", 'filedownloader("x.bin", "https://x/b")'):gsub("dataset {",
          '%0 id = "org.example.a.c.d",')))
  end)

  it("a resource that nothing uses", function()
    assert.equal("3: resource 'b' is used by nothing (as a parameter the function gets it; else leave it "
      .. "out)", warnings [[A = filedownloader("a.bin", "https://x/a") ..
  filedownloader("b.bin", "https://x/b") .. dataset { data.File, licence = "MIT", "Name" } ..
  function(a) return { path = a } end]])
  end)

  it("a name that says something else of a file than is so", function()
    assert.equal("2: 'a.csv.gz' is kept decompressed, but its name ends in .gz (leave the ending out, or "
      .. "transforms = \"none\")", warnings(one("A", 'filedownloader("a.csv.gz", "https://x/a.csv.gz")')))
    assert.equal("2: 'a.csv' is kept compressed by gzip, but its name does not say so (an ending like its "
      .. "URL's, or no transforms)",
      warnings(one("A", 'filedownloader("a.csv", "https://x/a.csv.gz", { transforms = "none" })')))
    assert.equal("",
      warnings(one("A", 'filedownloader("a.csv.gz", "https://x/a.csv.gz", { transforms = "none" })')))
  end)

  it("no docstring and no licence, of a family once", function()
    assert.equal([[
2: org.example.a: no docstring (its first paragraph is the name, the rest the description)
2: org.example.a: no licence (licence = "CC-BY-4.0" or the like in dataset { … }; "NOASSERTION" where ]]
      .. "nobody can tell)", warnings [[A = resources(function(v)
        return filedownloader("a.bin", "https://x/" .. v.size) end) ..
      dataset { data.File, variants = AxesVariants { size = Axis { "s", "l" } } } ..
      function(a) return { path = a } end]])
  end)

  it("nothing in a todo", function()
    assert.equal("", warnings [[A = todo("corpus", "ask the authors") ..
      dataset { data.File, licence = "MIT", "Name" } .. function() return { path = "/x" } end]])
  end)

  it("an axis that nothing uses", function()
    local function family(steps, parameters, count)
      return warnings(([[A = %s ..
  dataset { data.File, licence = "MIT", "Name", variants = AxesVariants {
    one = Axis((function() local l = {} for i = 1, %d do l[i] = i end return l end)(), { default = 1 }),
    two = Axis { "a", "b", default = "a" },
  } } .. function(%s) return { path = "/x" } end]]):format(steps, count or 2, parameters))
    end
    local told = "%d: axis '%s' is used by nothing (as a parameter the function gets it; else leave it out)"
    local todo = 'todo "later"'
    assert.equal(told:format(4, "one") .. "\n" .. told:format(5, "two"), family(todo, ""))
    assert.equal(told:format(5, "two"), family(todo, "one", 100))
    assert.equal(told:format(5, "two"), family("resources(function(v) return todo('t' .. v.one) end)", ""))
    local rare = "resources(function(v) if v.one == 2 then return todo(v.two) end end)"
    assert.equal("", family(rare, "one"))
    assert.equal("", family(rare, "one", 100))
    assert.equal("", family("resources(function(v) for _ in pairs(v) do end end)", ""))
  end)

  describe("and", function()
    before_each(function()
      lab:define(HEAD .. one("A", 'filedownloader("a.bin", "http://x/a")'))
    end)

    it("counts warnings with --strict", function()
      local result = lab:run { "lint", "--strict", path }
      assert.equal(10, result.status)
      assert.matches(": ok %(org%.example%.a%)\n$", result.out)
    end)

    it("prints them as JSON", function()
      local result = lab:run { "--json", "lint", path }
      assert.equal(0, result.status)
      local row = json.decode(result.out)[1]
      assert.are.same({ true, {}, 1 }, { row.ok, row.problems, #row.warnings })
      assert.are.same({ "plain-http", 2 }, { row.warnings[1].rule, row.warnings[1].line })
    end)

    it("compares all repositories, where no file is named", function()
      temp.write(lab.repository .. "/org/other.lua",
        HEAD .. one("A", 'filedownloader("a.bin", "http://x/a", { size = 3 })'))
      temp.write(lab.repository .. "/org/third.lua",
        HEAD .. one("A", 'filedownloader("a.bin", "http://x/a", { size = 4 })'))
      local result = lab:run { "lint" }
      assert.equal(0, result.status)
      assert.matches("/org/third.lua:2: warning: http://x/a: another size than in [^\n]*/org/other.lua:2 ",
        result.out)
    end)

    it("checks all below a folder", function()
      temp.write(lab.repository .. "/data.lua", "T = datatype()")
      temp.write(lab.repository .. "/net/sub/other.lua", "X = (")
      local result = lab:run { "lint", lab.repository .. "/" }
      local out = result.out:gsub(lab.repository:gsub("%p", "%%%0"), "LAB")
      assert.equal(10, result.status)
      assert.matches("^LAB/data.lua:1: [^\n]+\nLAB/init.lua: ok\nLAB/net/sub/other.lua:1: unexpected symbol "
        .. "[^\n]+\nLAB/org/example.lua:2: warning: [^\n]+\nLAB/org/example.lua: ok %(org.example.a%)\n$",
        out)
      result = lab:run { "lint", lab.repository .. "/org" }
      assert.equal(0, result.status)
      temp.write(lab.folder .. "/none/readme", "")
      result = lab:run { "lint", lab.folder .. "/none" }
      assert.are.same({ 3, "datamaestro: " .. lab.folder
        .. "/none: no definition below it (files that end in .lua expected)\n" },
        { result.status, result.err })
    end)

    it("holds a dead reference for an error", function()
      lab:define(HEAD .. [[A = reference("b", "org.example.bb") ..
        dataset { data.File, licence = "MIT", "Name" } .. function(b) return { path = b.path } end]])
      local result = lab:run { "lint", path }
      assert.are.same({ 10, path
        .. ":2: b.dataset: org.example.bb: unknown dataset (did you mean 'org.example.a'?)\n" },
        { result.status, result.out })
    end)
  end)
end)
