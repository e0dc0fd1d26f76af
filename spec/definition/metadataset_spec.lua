-- What datasets have in common, and terms of use.
local registry = require "datamaestro.definition.registry"
local script = require "spec.support.script"

local HEAD = [[local data, csv = use "datamaestro.data", use "datamaestro.data.csv"
]]
local TAIL = " .. function() end"

local function load(text)
  return assert(script.load(HEAD .. text))[1]
end

local function problem(text)
  return script.problem(HEAD .. text)
end

local META = [[local META = datatags("m", "z") .. datatasks "guess" .. useragreement "Be nice." ..
  metadataset { data.File, url = "https://meta/", doi = "10.1/m", timestamp = "2025-01" }
]]

describe("a metadataset", function()
  it("gives a dataset type, url, doi and timestamp, unless that has its own", function()
    local set = load(META .. "X = dataset { META, [[Name]] }" .. TAIL)
    assert.same({ "File", "https://meta/", "10.1/m", "2025-01", "Name" },
      { set.type.name, set.url, set.doi, set.timestamp, set.name })
    local own = "url = 'https://own/', timestamp = '2026-01'"
    set = load(META .. "X = dataset { META, csv.Generic, 'Name', " .. own .. " }" .. TAIL)
    assert.same({ "Generic", "https://own/", "10.1/m", "2026-01", "Name" },
      { set.type.name, set.url, set.doi, set.timestamp, set.name })
  end)

  it("adds its tags, tasks and terms to those of the chain", function()
    local set = load(META .. "X = datatags('a', 'z') .. datatasks 'sort' .. "
      .. "useragreement('More.', { id = 'i' }) .. dataset { META }" .. TAIL)
    assert.same({ "a", "m", "z" }, set.tags)
    assert.same({ "guess", "sort" }, set.tasks)
    assert.same({ { id = "com.test.x", text = "Be nice." }, { id = "i", text = "More." } }, set.agreements)
  end)

  it("may take another one's, and stand in a chain in any order", function()
    local set = load(META .. [[
      local OTHER = metadataset { META, csv.Generic, url = "https://other/" } .. datatags "o"
      X = dataset { OTHER }]] .. TAIL)
    assert.same({ "Generic", "https://other/", "10.1/m" }, { set.type.name, set.url, set.doi })
    assert.same({ "m", "o", "z" }, set.tags)
    assert.equal(1, #set.agreements)
  end)

  it("of a repository's data.lua is had by use, also from another repository", function()
    local folder = script.folder {
      ["r/init.lua"] = "return {}",
      ["r/data.lua"] = [[
        local data = use "datamaestro.data"
        T = datatype { data.File, tags = { "t" } }
        META = datatags "m" .. metadataset { T, url = "https://meta/" }
        local kept = metadataset { META }
        SECOND = kept .. datatags "second"]],
      ["r/com/x.lua"] = "X = dataset { use 'r.data'.META } .. function() end",
      ["s/init.lua"] = "return {}",
      ["s/com/y.lua"] = "Y = dataset { use 'r.data'.SECOND } .. function() end",
    }
    local found = registry.open { roots = { folder } }
    local x, y = assert(found:find "com.x.x"), assert(found:find "com.y.y")
    local repository = assert(found:repository "r")
    local types, chains = repository:types(), repository:metadatasets()
    script.remove(folder)
    assert.same({ "datamaestro_r.data.t", "https://meta/", { "m", "t" } }, { x.type.id, x.url, x.tags })
    assert.same({ "m", "second", "t" }, y.tags)
    assert.same({ "T" }, { next(types) and next(types) })
    assert.is_nil(types.META)
    assert.is_truthy(chains.META and chains.SECOND)
  end)

  it("has mistakes that are told at its own line", function()
    assert.equal("test.lua:2: metadataset: no data type (metadataset { Type, url = …, … } expected)",
      problem "local M = metadataset { url = 'https://x/' }\nX = dataset { M } .. function() end")
    assert.equal("test.lua:2: metadataset.ulr: unknown field (did you mean 'url'?)",
      problem "local M = metadataset { data.File, ulr = 'https://x/' }\nX = dataset { M } .. function() end")
    assert.equal("test.lua:2: metadataset.id: unknown field (url, doi, licence, citation, version, timestamp "
      .. "expected)",
      problem "local M = metadataset { data.File, id = 'x' }\nX = dataset { M } .. function() end")
    assert.equal("test.lua:2: datatags: no argument (one or more strings expected)",
      problem "local M = datatags() .. metadataset { data.File }\nX = dataset { M } .. function() end")
    assert.equal("test.lua:2: metadataset: data type (metadataset { Type, url = …, … } expected)",
      problem "local M = metadataset(data.File)\nX = dataset { M } .. function() end")
    assert.equal("test.lua:2: metadataset: value 2: second data type (one data type or metadataset and one "
      .. "docstring expected)",
      problem "local M = metadataset { data.File, data.File }\nX = dataset { M } .. function() end")
    assert.equal("test.lua:2: 'filedownloader' in a metadataset's chain (it belongs to the chain of a "
      .. "dataset)",
      problem("local M = " .. script.resource "a.txt" .. " ..\nmetadataset { data.File }\n"
        .. "X = dataset { M } .. function() end"))
    assert.equal("test.lua:2: a function in a metadataset's chain (it belongs to the chain of a dataset)",
      problem "local M = metadataset { data.File } .. function() end\nX = dataset { M } .. function() end")
    assert.equal("test.lua:2: two metadatasets in one chain (metadataset { OTHER, … } takes another one's)",
      problem "local M = metadataset { data.File }\nX = dataset { M .. M } .. function() end")
  end)

  it("is no dataset", function()
    assert.equal("test.lua:2: global 'META': a metadataset, no dataset (write 'local META' here, or put "
      .. "it into the repository's data.lua)", problem "META = datatags 'x' .. metadataset { data.File }")
    assert.equal("test.lua:2: the file returns: a metadataset, no dataset (give it to a dataset: dataset { "
      .. "META, … })", problem "return metadataset { data.File }")
    assert.equal("test.lua:2: 'metadataset { … }' in a dataset's chain (keep it in a 'local META', then "
      .. "dataset { META })",
      problem "X = metadataset { data.File } .. dataset { data.File } .. function() end")
    assert.equal("test.lua:2: dataset: value 1: step (one data type or metadataset and one docstring "
      .. "expected)",
      problem "X = dataset { datatags 'x', data.File } .. function() end")
    assert.equal("test.lua:2: dataset: value 2: step (one data type or metadataset and one docstring "
      .. "expected)",
      problem "local M = metadataset { data.File }\nX = dataset { M, M } .. function() end":gsub(":3:",
        ":2:"))
  end)

  it("that holds itself is told", function()
    assert.equal("test.lua:2: metadataset: over 32 in one another",
      problem "local t = { data.File } local M = metadataset(t) t[2] = M X = dataset { M } .. function() end")
  end)

  it("of data.lua has mistakes that are told there", function()
    local function data_problem(text)
      local folder = script.folder {
        ["r/init.lua"] = "return {}", ["r/data.lua"] = 'local data = use "datamaestro.data"\n' .. text,
        ["r/com/x.lua"] = "X = dataset { use 'r.data'.M } .. function() end" }
      local _, problems = registry.open { roots = { folder } }:datasets()
      script.remove(folder)
      return (problems[1].message:sub(#folder + 1))
    end
    assert.equal("/r/data.lua:2: metadataset.ulr: unknown field (did you mean 'url'?)",
      data_problem "M = metadataset { data.File, ulr = 'x' }")
    assert.equal("/r/data.lua:2: a function in a metadataset's chain (it belongs to the chain of a dataset)",
      data_problem "M = metadataset { data.File } .. function() end")
    assert.equal("/r/data.lua:2: two data types are called 'M'",
      data_problem "M = metadataset { data.File } M = datatype { data.File }")
    assert.equal("/r/data.lua:2: unknown name 'filedownloader'",
      data_problem "M = filedownloader('a', 'https://x/a') .. metadataset { data.File }")
    assert.equal("/r/com/x.lua:1: r.data has no 'M'", data_problem "")
  end)
end)

describe("terms of use", function()
  local function agreements(steps, id)
    return load(("X = %s .. dataset { data.File%s }"):format(steps, id or "") .. TAIL).agreements
  end

  it("have the dataset's id, or their own, and a text without indentation", function()
    assert.same({ { id = "com.test.x", text = "One.\n\n  Two." } },
      agreements "useragreement [[\n    One.\n\n      Two.\n  ]]")
    assert.same({ { id = "com.test.y", text = "One." } }, agreements("useragreement 'One.'", ", id = 'y'"))
    assert.same({ { id = "org.x licence", text = "One." } },
      agreements "useragreement('One.', { id = 'org.x licence' })")
    assert.same({}, load("X = dataset { data.File }" .. TAIL).agreements)
  end)

  it("add up, the same ones once", function()
    assert.same({ { id = "com.test.x", text = "One." }, { id = "b", text = "Two." } },
      agreements "useragreement 'One.' .. useragreement('Two.', { id = 'b' }) .. useragreement '  One.\\n'")
  end)

  it("of a family are those of the family", function()
    local axes = "AxesVariants { k = Axis { 1, 2 } }"
    local set = load("X = useragreement 'One.' .. dataset { data.File, variants = " .. axes .. " }" .. TAIL)
    assert.same({ { id = "com.test.x", text = "One." } }, set:select("k=2").agreements)
  end)

  it("have mistakes", function()
    local function told(steps)
      return (problem(("X = %s .. dataset { data.File }"):format(steps) .. TAIL):gsub("^test.lua:2: ", ""))
    end
    assert.equal("useragreement: two texts for the id 'com.test.x' (give each its own: "
      .. "useragreement(text, { id = … }))", told "useragreement 'One.' .. useragreement 'Two.'")
    assert.equal("useragreement.text: missing (string expected)", told "useragreement()")
    assert.equal("useragreement.text: integer (string expected)", told "useragreement(5)")
    assert.equal("useragreement.text: no text (the terms expected)", told "useragreement ' \\n'")
    assert.equal("useragreement.di: unknown field (did you mean 'id'?)",
      told "useragreement('x', { di = 'x' })")
    assert.equal("useragreement.id: '' (one line of text expected)", told "useragreement('x', { id = '' })")
    assert.equal("useragreement: argument 2: string (table of options expected)",
      told "useragreement('x', 'y')")
  end)
end)
