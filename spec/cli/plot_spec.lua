local Laboratory = require "spec.support.laboratory"
local image = require "datamaestro.api.image"
local json = require "datamaestro.json"
local temp = require "spec.support.temp"

local UTF8 = { LC_ALL = "C.UTF-8", COLUMNS = "40" }

describe("plot", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  -- A table with columns `age`, `name` and `size`, ready to be opened.
  local function define_table(rows)
    local source = temp.write(lab.folder .. "/people.csv", "age,name,size\n" .. rows)
    lab:define(([[
      local csv = use "datamaestro.data.csv"
      Data = filedownloader("people.csv", "file://%s") .. dataset { csv.Generic, "People" } ..
        function(people) return { path = people, names_row = 0 } end]]):format(source))
  end

  local ROWS = "1,ann,0.5\n2,bob,\n1,ann,2.5\n40,eve,-1\n"

  local function plot(...)
    local result = lab:run({ "--quiet", "plot", ... }, { env = UTF8 })
    assert.are.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  local function failure(...)
    local result = lab:run({ "--quiet", "plot", ... }, { env = UTF8 })
    assert.are.equal("", result.out)
    return { result.status, result.err }
  end

  local function script(source, env)
    local path = temp.write(lab.folder .. "/script.lua", source)
    return lab:run({ "run", path }, { env = env or UTF8 })
  end

  it("counts the words of a column, the most frequent first", function()
    define_table(ROWS)
    assert.are.equal("org.example.data: name\n" .. "ann " .. ("█"):rep(33) .. " 2\n"
      .. "bob " .. ("█"):rep(16) .. "▌ 1\n" .. "eve " .. ("█"):rep(16) .. "▌ 1\n",
      plot("org.example.data", "--column", "name"))
  end)

  it("counts whole numbers one by one, and ranges of others", function()
    define_table(ROWS)
    local lines = {}
    for label, count in plot("org.example.data", "--column", "1"):gmatch " *(%d+) [^\n]-(%d+)\n" do
      lines[tonumber(label)] = tonumber(count)
    end
    assert.are.equal(40, #lines)
    assert.are.same({ 2, 1, 0, 1 }, { lines[1], lines[2], lines[3], lines[40] })
    assert.are.equal([[
org.example.data: size
-1–0 ################################ 1
 0–1 ################################ 1
 1–2 0
 2–3 ################################ 1
1 left out (missing or not finite)
]], (plot("org.example.data", "--column", "size", "--bins", "4"):gsub("█", "#")))
  end)

  it("counts the fields of JSON lines; those that are missing, or null, apart", function()
    local source = temp.write(lab.folder .. "/people.jsonl",
      '{"name":"ann","age":3}\n{"name":"bob","age":null}\n{"name":"ann"}\n{"name":"eve","tags":[1]}\n')
    lab:define(([[
      local jsonl = use "datamaestro.data.jsonl"
      Data = filedownloader("people.jsonl", "file://%s") .. dataset { jsonl.JSONL, "People" } ..
        function(people) return { path = people } end]]):format(source))
    assert.are.equal("org.example.data: name\n" .. "ann " .. ("█"):rep(33) .. " 2\n"
      .. "bob " .. ("█"):rep(16) .. "▌ 1\n" .. "eve " .. ("█"):rep(16) .. "▌ 1\n",
      plot("org.example.data", "--column", "name"))
    assert.are.equal("org.example.data: age\n3 " .. ("█"):rep(35)
      .. " 1\n3 left out (missing or not finite)\n", plot("org.example.data", "--column", "age"))
    assert.are.same({ 2, "datamaestro: org.example.data: column 'size' (name, age, tags expected)\n" },
      failure("org.example.data", "--column", "size"))
    assert.are.same({ 2, "datamaestro: org.example.data: a table, and no column named "
      .. "(name, age expected)\n" }, failure("org.example.data"))
    assert.are.same({ 2, "datamaestro: org.example.data: column 'tags': an array or object "
      .. "(numbers or words expected)\n" }, failure("org.example.data", "--column", "tags"))
  end)

  it("has bars of as many whole numbers each", function()
    local result = script [[
      local t = datamaestro.tensor.order(256):sub(1)
      datamaestro.plot(t, { bins = 15 })
      datamaestro.plot(t:narrow(1, 1, 101), { bins = 10 })
      datamaestro.plot(datamaestro.tensor.from("float64", { 3 }, { 0, 0.5, 1 }), { bins = 2 })
      datamaestro.plot(datamaestro.tensor.from("float64", { 2 }, { 0, 3.3 }), { bins = 30 })]]
    assert.are.equal("", result.err)
    local counts, labels = {}, {}
    for label, count in result.out:gmatch " *(%S+) [^\n]- (%d+)\n" do
      labels[#labels + 1], counts[#counts + 1] = label, tonumber(count)
    end
    assert.are.same({ "0–15", "240–255", "0–19", "100–119", "0–0.5", "0.5–1" },
      { labels[1], labels[16], labels[17], labels[22], labels[23], labels[24] })
    assert.are.same({ "0–0.1", "3.2–3.3" }, { labels[25], labels[#labels] })
    assert.are.same({ 16, 16, 20, 1, 1, 2 },
      { counts[1], counts[16], counts[17], counts[22], counts[23], counts[24] })
  end)

  it("writes ASCII where the locale has no more", function()
    local result = script("datamaestro.plot({ 0.25, 0.75, 0.75 }, { bins = 2 })",
      { LC_ALL = "C", COLUMNS = "30" })
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.equal("0-0.5 ########### 1\n0.5-1 ##################### 2\n", result.out)
  end)

  it("prints JSON", function()
    define_table(ROWS)
    local object = json.decode(plot("org.example.data", "--column", "name", "--json"))
    assert.are.same({ id = "org.example.data", total = 4, left_out = 0, bars = { { label = "ann", count = 2 },
      { label = "bob", count = 1 }, { label = "eve", count = 1 } } }, object)
  end)

  it("writes PNG and SVG files", function()
    define_table('1,"<&>",1\n')
    local path = lab.folder .. "/plot.png"
    assert.are.equal("", plot("org.example.data", "--column", "name", "--png", path))
    local picture = assert(image.load(path))
    assert.are.same({ 450, 800, 4 }, { picture:shape() })
    assert.are.same({ 70, 130, 180, 255 }, picture[300][400]:tolist())
    assert.are.same({ 255, 255, 255, 255 }, picture[300][30]:tolist())
    local svg = plot("org.example.data", "--column", "name", "--svg", "-")
    assert.matches('^<svg xmlns="http://www.w3.org/2000/svg" width="800" height="450"', svg)
    assert.is_truthy(svg:find(">&lt;&amp;&gt;</text>", 1, true))
    assert.matches("</svg>\n$", svg)
  end)

  it("says what cannot be plotted", function()
    define_table(ROWS)
    local expected = "datamaestro: org.example.data: %s (age, name, size expected)\n"
    assert.are.same({ 2, expected:format "a table, and no column named" }, failure "org.example.data")
    assert.are.same({ 2, expected:format "column '4'" }, failure("org.example.data", "--column", "4"))
    assert.are.same({ 2, "datamaestro: org.example.data: plot.bins: 5000 (1000 at most expected)\n" },
      failure("org.example.data", "--column", "age", "--bins", "5000"))
    assert.are.same({ 2, "datamaestro: org.example.data[1]: rows (all of org.example.data expected)\n" },
      failure("org.example.data[1]", "--column", "age"))
  end)

  it("says where a table is damaged", function()
    define_table '1,"ann,2\n'
    local result = failure("org.example.data", "--column", "age")
    assert.are.equal(12, result[1])
    assert.matches("^datamaestro: org.example.data: /.*people.csv:2:3: [^\n]+\n$", result[2])
  end)

  it("takes tensors, lists, names for numbers, and counts what is not finite apart", function()
    local result = script [[
      local from = require "datamaestro.api.tensor".from
      assert(datamaestro.plot(from("uint8", 3, { 0, 1, 1 }), { classes = { "zero", "one" } }))
      assert(datamaestro.plot(from("uint8", 3, { 1, 2, 2 }), { classes = { "first", "second" } }))
      assert(datamaestro.plot(from("uint8", { 2, 2 }, { 3, 3, 5, 3 }), { classes = { [3] = "cat" } }))
      assert(datamaestro.plot(from("float32", 4, { 1 / 0, 0 / 0, 5, 5 })))
      assert(datamaestro.plot { true, "b", true, "" })
      assert(datamaestro.plot(from("int64", 3, { math.mininteger, 0, math.maxinteger }), { bins = 2 }))
    ]]
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.equal([[
zero ################ 1
 one ################################ 2
 first ############### 1
second ############################## 2
cat ################################# 3
  4 0
  5 ########### 1
5–6 ################################# 2
2 left out (missing or not finite)
true ################################ 2
   b ################ 1
1 left out (missing or not finite)
-1e+19–0 ############## 1
 0–1e+19 ############################ 2
]], (result.out:gsub("█", "#")))
  end)

  it("raises at the line of the script that gives what is no number", function()
    for source, expected in pairs {
      ["datamaestro.plot({ {} })"] = "item 1: table (numbers or words expected)",
      ["datamaestro.plot({})"] = "no values (one or more expected)",
      ["datamaestro.plot(nil)"] = "nil (numbers expected: a tensor, an object or a list)",
      ["datamaestro.plot({ 1 }, { column = {} })"] =
        "plot.column: table (name or number of a column expected)",
      ["datamaestro.plot(require 'datamaestro.api.tensor'.from('float32', 1, { 0 / 0 }))"] =
        "no finite numbers (one or more expected)",
      ["datamaestro.plot(require 'datamaestro.api.tensor'.from('float32', 0, {}))"] =
        "no numbers (one or more expected)",
    } do
      local result = script(source)
      assert.are.same({ 1, "datamaestro: " .. lab.folder .. "/script.lua:1: " .. expected .. "\n" },
        { result.status, result.err })
    end
  end)
end)
