-- Families of datasets on the command line: selectors wherever an id is read.
local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"
local temp = require "spec.support.temp"

local DEFINITION = [[
local csv, ml = use "datamaestro.data.csv", use "datamaestro.data.ml"
Numbers =
  resources(function(v) return filedownloader("data.csv", "file://%s/" .. v.size .. ".csv") end) ..
  datatags "numbers" ..
  dataset { ml.Supervised, variants = AxesVariants {
      size = Axis({ "small", "large" }, { default = "small", description = "How many
        rows", elide_default = true }),
      seed = Axis { type = "integer", default = 1 },
      lang = Axis({ "en", "fr" }),
      quick = Axis { false, true, default = false, in_id = false },
    }, "Numbers by size" } ..
  function(data, lang)
    return { train = csv.Generic { path = data, names_row = lang == "en" and 0 or -1 } }
  end
Plain = reference("numbers", "org.example.numbers[lang=en,size=large].train") ..
  dataset { csv.Generic } .. function(numbers) return { path = numbers.path } end
]]

describe("a family of datasets", function()
  local lab

  setup(function()
    lab = Laboratory.new()
    temp.write(lab.folder .. "/served/small.csv", "a,b\n1,2\n3,4\n")
    temp.write(lab.folder .. "/served/large.csv", "a,b\n1,2\n3,4\n5,6\n7,8\n")
    lab:define((DEFINITION:format(lab.folder .. "/served"):gsub("many\n%s*", "many ")))
  end)

  teardown(function()
    lab:close()
  end)

  local function run(...)
    return lab:run { ... }
  end

  -- What a command prints, given that it ends well.
  local function out(...)
    local result = run("--quiet", ...)
    assert.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  local function refusal(...)
    local result = run(...)
    assert.same({ 2, "" }, { result.status, result.out })
    return (result.err:gsub("^datamaestro: ", ""):gsub("\n$", ""))
  end

  it("is shown by search with a selector to copy, also by a value of an axis", function()
    local line = "[lab] org.example.numbers[lang=en,quick=false,seed=1,size=small] (Supervised)\n"
    assert.equal(line, out("search", "numbers"))
    assert.equal(line, out("search", "^large$"))
    assert.equal("", out("search", "^huge$"))
    local row = json.decode(out("--json", "search", "numbers"))[1]
    assert.equal("org.example.numbers", row.id)
    assert.equal("org.example.numbers[lang=en,quick=false,seed=1,size=small]", row.example)
    assert.same({ "lang", "quick", "seed", "size" },
      { row.axes[1].name, row.axes[2].name, row.axes[3].name, row.axes[4].name })
    assert.same({}, json.decode(out("--json", "search", "lecun"))[1].axes)
  end)

  it("is found by what search prints, and by a value of an axis", function()
    local line = out("search", "numbers$")
    for _, term in ipairs { line:match "%] (%S+) ", "org.example.numbers[size=large]", "numbers@lab[seed=7]",
      "lang=fr", "seed=12", "[lang=fr]" } do
      assert.equal(line, out("search", term), term)
    end
    for _, term in ipairs { "org.example.numbers[size=huge]", "lang=de", "seed=x", "com.lecun[lang=fr]" } do
      assert.equal("", out("search", term), term)
    end
  end)

  it("is told of where the selector stands behind the part", function()
    for _, command in ipairs { "prepare", "cat", "info" } do
      local result = run(command, "org.example.numbers.train.path[lang=en]")
      assert.same({ 3, "datamaestro: org.example.numbers.train.path[lang=en]: unknown dataset (the "
        .. "selector stands before the part: org.example.numbers[lang=en].train.path)\n" },
        { result.status, result.err })
    end
  end)

  it("is shown by info with its axes", function()
    assert.equal([[
Numbers by size
Id: org.example.numbers (repository lab)
Types: datamaestro.data.ml.supervised, datamaestro.data.base
Tags: numbers
Axes:
  lang           string: en, fr (required)
  quick          boolean: false, true (default false, in no id)
  seed           integer (default 1)
  size           string: small, large (default small, which ids leave out)
                 How many rows
Example: datamaestro prepare 'org.example.numbers[lang=en,quick=false,seed=1,size=small]'
]], out("info", "org.example.numbers"))
    local found = json.decode(out("--json", "info", "org.example.numbers"))
    assert.same({ name = "quick", type = "boolean", domain = { false, true }, required = false,
      default = false, description = "", in_id = false, elide_default = false }, found.axes[2])
    assert.same({ name = "lang", type = "string", domain = { "en", "fr" }, required = true,
      default = json.null, description = "", in_id = true, elide_default = false }, found.axes[1])
    assert.same({ {}, json.null }, { found.resources, found.values })
  end)

  it("has datasets that info shows with their values and resources", function()
    local shown = out("info", "org.example.numbers[lang=fr,size=large]")
    assert.matches("\nId: org.example.numbers%[lang=fr,seed=1,size=large%] %(repository lab%)\n", shown)
    assert.matches("\nVariant of: org.example.numbers\nValues: lang = fr, quick = false, seed = 1, "
      .. "size = large\n", shown)
    assert.matches("/served/large.csv\n", shown)
    local found = json.decode(out("--json", "info", "org.example.numbers[lang=fr]"))
    assert.same({ lang = "fr", quick = false, seed = 1, size = "small" }, found.values)
    assert.equal("org.example.numbers[lang=fr,seed=1]", found.id)
    assert.equal(json.null, found.example)
  end)

  it("is prepared by a selector, into a folder of its own", function()
    local found = json.decode(out("prepare", "org.example.numbers[size=large,lang=en]"))
    assert.equal("org.example.numbers[lang=en,seed=1,size=large]@lab", found.id)
    assert.equal("org.example.numbers[lang=en,seed=1,size=large].train@lab", found.train.id)
    local path = lab.data .. "/data/lab/org/example/numbers/lang=en,seed=1,size=large/data.csv"
    assert.equal(path, found.train.path)
    assert.equal("a,b\n1,2\n3,4\n5,6\n7,8\n", temp.read(path))
  end)

  it("is named with its repository on either side of the selector", function()
    local ids = { "org.example.numbers[lang=en]@lab", "org.example.numbers@lab[lang=en]",
      "org.example.numbers[ lang = en ,, size=small ]" }
    for _, id in ipairs(ids) do
      assert.equal("org.example.numbers[lang=en,seed=1]@lab", json.decode(out("prepare", id)).id)
    end
    assert.equal(2, #json.decode(out("--json", "download", "org.example.numbers[lang=en,quick=yes]",
      "org.example.numbers[lang=en]")))
  end)

  it("is read by cat, head, describe and plot: brackets with '=' choose, others are rows", function()
    local id = "org.example.numbers[lang=en]"
    assert.equal("a,b\n1,2\n3,4\n", out("cat", "--format", "raw", id .. ".train"))
    assert.equal("3,4\n", out("cat", "--format", "csv", id .. ".train[2]"):match "[^\n]*\n$")
    assert.equal("3,4\n", out("cat", "--format", "csv", id .. ".train@lab[2]"):match "[^\n]*\n$")
    assert.equal("3,4\n", out("head", "--format", "csv", "org.example.numbers@lab[lang=en].train[2:]")
      :match "[^\n]*\n$")
    assert.matches("^org.example.numbers%[lang=en,seed=1%].train ", out("describe", id .. ".train"))
    assert.matches("2", out("plot", "--column", "b", id .. ".train"))
    assert.equal("org.example.numbers[lang=en].train[5:1]: no rows ([5], [1:100], [101:] or [:100] expected, "
      .. "counted from 1)", (refusal("cat", id .. ".train[5:1]"):gsub("^%[5:1%]", id .. ".train[5:1]")))
  end)

  it("that a reference names is brought along", function()
    assert.equal(0, run("--quiet", "prepare", "org.example.plain").status)
    assert.equal("a,b\n", out("cat", "--format", "raw", "org.example.plain"):match "^[^\n]*\n")
    assert.matches("numbers/lang=en,seed=1,size=large/data.csv", out("prepare", "--no-downloads",
      "org.example.plain"))
  end)

  it("is refused with what is missing or wrong, status 2", function()
    local id = "org.example.numbers"
    assert.equal(id .. ": no value for axis lang: en, fr (such as lang=en,quick=false,seed=1,size=small)",
      refusal("prepare", id))
    assert.equal(id .. ": no value for axis lang: en, fr (such as lang=en,quick=false,seed=1,size=small)",
      refusal("cat", id .. ".train"):gsub("%.train", ""))
    assert.equal(id .. "[lang=em]: lang=em (en, fr expected; did you mean 'en'?)",
      refusal("prepare", id .. "[lang=em]"))
    assert.equal(id .. "[lnag=en]: unknown axis 'lnag' (lang, quick, seed, size expected; did you mean "
      .. "'lang'?)",
      refusal("info", id .. "[lnag=en]"))
    assert.equal(id .. "[lang=en: '[' without ']' (ID[axis=value,…] expected)",
      refusal("download", id .. "[lang=en"))
    assert.equal(id .. "[lang=en][1]: '[1]' after the selector (ID[axis=value,…].part@repository expected)",
      refusal("prepare", id .. "[lang=en][1]"))
    assert.equal(id .. "[lang=en].train: '.train' after the selector (a dataset, no part of one, expected)",
      refusal("prepare", id .. "[lang=en].train"))
    assert.equal("org.example.plain[a=b]: the dataset has no variants (org.example.plain expected)",
      refusal("prepare", "org.example.plain[a=b]"))
    local result = run("prepare", "org.example.nubmers[lang=en]")
    assert.same({ 3, "datamaestro: org.example.nubmers[lang=en]: unknown dataset (did you mean "
      .. "'org.example.numbers'?)\n" }, { result.status, result.err })
  end)

  it("is at hand in scripts", function()
    local script = temp.write(lab.folder .. "/x.lua", [[
      print(datamaestro.find("org.example.numbers").id)
      print(datamaestro.find("org.example.numbers[lang=en]").folder)
      print(assert(datamaestro.prepare("org.example.numbers[lang=en]")).train.id)
      print(datamaestro.prepare "org.example.numbers[lang=de]")]])
    assert.equal("org.example.numbers\norg/example/numbers/lang=en,seed=1\n"
      .. "org.example.numbers[lang=en,seed=1].train@lab\n"
      .. "nil\torg.example.numbers[lang=de]: lang=de (en, fr expected)\tusage\n", out("run", script))
  end)

  it("is at hand at the prompt", function()
    local result = lab:run({ "--quiet", "repl" }, { input = [[
      find "org.example.numbers"
      find "org.example.numbers[lang=fr]".values.lang
      prepare "org.example.numbers[lang=fr]".train.names_row
      help "org.example.numbers"]] })
    assert.equal("", result.err)
    assert.matches("^dataset org.example.numbers@lab\n", result.out)
    assert.matches("\n  axis       lang  string: en, fr %(required%)\n", result.out)
    assert.matches('\n"fr"\n%-1\n', result.out)
    assert.matches('\nprepare "org.example.numbers%[lang=en,quick=false,seed=1,size=small%]" opens one\n',
      result.out)
  end)

  describe("that lint checks", function()
    local small, path

    before_each(function()
      small = Laboratory.new()
      path = small.repository .. "/org/example.lua"
    end)

    after_each(function()
      small:close()
    end)

    -- What is no warning.
    local function problems(text)
      return (text:gsub("[^\n]*: warning: [^\n]*\n", ""))
    end

    local function lint(axes, steps, builder)
      small:define(([[
local File = use "datamaestro.data".File
X = %s ..
  dataset { File, variants = AxesVariants { %s } } ..
  %s]]):format(steps, axes, builder))
      local result = small:run { "lint", path }
      return problems((result.out:gsub(path:gsub("%p", "%%%0"), "FILE")))
    end

    it("is tried with all combinations where they are few", function()
      local steps = 'resources(function(v) if v.k == 5 then error "five" end '
        .. 'return filedownloader("a", "https://x/a") end)'
      assert.equal("FILE:2: [k=5]: five\n", lint("k = Axis { 1, 2, 3, 4, 5 }", steps,
        "function() return {path "
        .. "= '/'} end"))
      assert.equal("FILE:4: [k=2]: File.path: integer (path expected)\n",
        lint("k = Axis { 1, 2, 3 }", "resources(function() end)",
          "function(k) return { path = k == 2 and 5 or '/' } end"))
    end)

    it("is tried with the defaults where they are many, and says each problem once", function()
      local many = "k = Axis((function() local l = {} for i = 1, 65 do l[i] = i end return l end)(), "
        .. "{ default = 7 })"
      assert.equal("FILE: ok (org.example.x)\n", lint(many, "resources(function() end)",
        "function(k) return { path = k == 2 and 5 or '/' } end"))
      assert.equal("FILE:4: [k=7]: File.path: integer (path expected)\n",
        lint(many, "resources(function() end)", "function(k) return { path = k == 7 and 5 or '/' } end"))
      assert.equal("FILE:4: [k=1]: File.path: integer (path expected)\n",
        lint("k = Axis { 1, 2, 3 }", "resources(function() end)", "function(k) return { path = k } end"))
    end)

    it("is tried with its references", function()
      small:define [[
local File = use "datamaestro.data".File
X = reference("r", "org.example.y[k=2]") .. dataset { File } .. function(r) return { path = r.path } end
Y = dataset { File, variants = AxesVariants { k = Axis { 1, 2 } } } .. function() return { path = "/" } end
Z = reference("r", "org.example.w") .. dataset { File } .. function(r) return { path = r.path } end]]
      local result = small:run { "lint", path }
      assert.same({ 10, path .. ":4: r.dataset: org.example.w: unknown dataset (did you mean "
        .. "'org.example.x'?)\n" },
        { result.status, problems(result.out) })
      assert.matches("org/example%.lua:4: r%.dataset: org%.example%.w: unknown", small:run({ "lint" }).out)
    end)
  end)
end)

describe("completion at the prompt", function()
  local complete = require "datamaestro.cli.complete"
  local families = require "datamaestro.cli.families"
  local script = require "spec.support.script"

  it("goes on in a selector with axes, and with the values that one lists", function()
    local family = assert(script.load [[X = dataset { use "datamaestro.data".File, variants = AxesVariants {
      size = Axis { "small", "large" }, seed = Axis { type = "integer" } } } .. function() end]])[1]
    local function candidates(text)
      return select(2, complete.candidates(text, {}, function(prefix)
        return prefix:find("[", 1, true) and families.continuations(family, prefix) or { family.id }
      end))
    end
    assert.same({ "com.test.x" }, candidates 'prepare "com.t')
    assert.same({ "com.test.x[seed=", "com.test.x[size=" }, candidates 'prepare "com.test.x[')
    assert.same({ "com.test.x[size=" }, candidates 'prepare "com.test.x[si')
    assert.same({ "com.test.x[size=large", "com.test.x[size=small" }, candidates 'prepare "com.test.x[size=')
    assert.same({ "com.test.x[size=small" }, candidates 'prepare "com.test.x[size=s')
    assert.same({ "com.test.x[size=small,seed=" }, candidates 'prepare "com.test.x[size=small,se')
    assert.same({}, candidates 'prepare "com.test.x[seed=')
    assert.same({}, candidates 'prepare "com.test.x[seed=1]')
  end)
end)
