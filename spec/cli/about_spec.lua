-- What datasets say of their terms and their origin: info, cite, licences.
local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"

local DEFINITION = [==[
local File = use "datamaestro.data".File
local META = metadataset { File, licence = "CC-BY-4.0", version = "2.1" }
Data = filedownloader("data.bin", "https://example.org/data", { size = 1 }) ..
  dataset { META, "All of it & more", url = "https://example.org/{x}", doi = "10.1000/182", size = "1.2 GB",
    timestamp = "2026-01", citation = [[
      @misc{me,
        author = {Me},
      }
    ]] } ..
  function(data) return { path = data } end
Plain = reference("other", "org.example.data") .. useragreement("Be good.") ..
  dataset { META, "Some_thing", url = "https://example.org/{x}", version = "3", licence = "MIT",
    timestamp = "2026-01-31" } ..
  function(other) return { path = other.path } end
Bare = filedownloader("data.bin", "https://example.org/data", { size = 1 }) ..
  dataset { File, "Bare" } .. function(data) return { path = data } end
]==]

describe("what datasets say of themselves", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
    lab:define(DEFINITION)
  end)

  after_each(function()
    lab:close()
  end)

  local function printed(...)
    local result = lab:run { ... }
    assert.are.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  it("is shown by info", function()
    assert.matches([[
Id: org.example.data %(repository lab%)
Licence: CC%-BY%-4.0
Version: 2.1
Date: 2026%-01
Size: 1.2 GB
DOI: 10.1000/182
Citation: `datamaestro cite org.example.data` prints it
Types: ]], printed("info", "org.example.data"))
    assert.is_nil(printed("info", "org.example.bare"):find "Licence:")
  end)

  it("is part of the JSON of info", function()
    local found = json.decode(printed("--json", "info", "org.example.data"))
    assert.are.same({ "CC-BY-4.0", "10.1000/182", "2.1", "2026-01", 1200000000 },
      { found.licence, found.doi, found.version, found.timestamp, found.size })
    assert.equal("@misc{me,\n  author = {Me},\n}", found.citation)
    assert.equal(json.null, json.decode(printed("--json", "info", "org.example.bare")).licence)
  end)

  it("is cited as it says, or by an entry that is made", function()
    assert.equal([[
@misc{me,
  author = {Me},
}

% org.example.plain declares no citation: made of name and addresses
@misc{org.example.plain,
  title = {{Some\_thing}},
  year = {2026},
  version = {3},
  url = {https://example.org/%7Bx%7D},
}
]], printed("cite", "org.example.data", "org.example.plain", "org.example.data"))
  end)

  it("is cited as JSON", function()
    local rows = json.decode(printed("--json", "cite", "org.example.data", "org.example.bare"))
    assert.are.same({ { "org.example.data", false }, { "org.example.bare", true } },
      { { rows[1].id, rows[1].made }, { rows[2].id, rows[2].made } })
    assert.equal("@misc{me,\n  author = {Me},\n}", rows[1].bibtex)
  end)

  it("is listed by licences, with all that datasets refer to", function()
    assert.equal([[
CC-BY-4.0  org.example.data
MIT        org.example.plain  (has terms to accept)
]], printed("licences", "org.example.plain"))
    local all = printed "licences"
    assert.matches("\nnot declared +org%.example%.bare\n", all)
    assert.matches("\nMIT +com%.github%.zalandoresearch%.fashion%.mnist\n", "\n" .. all)
  end)

  it("is listed as JSON", function()
    local rows = json.decode(printed("--json", "licences", "org.example.bare", "org.example.plain"))
    assert.equal(3, #rows)
    assert.are.same({ "org.example.bare", "lab", json.null, 0 },
      { rows[1].id, rows[1].repository, rows[1].licence, rows[1].agreements })
    assert.are.same({ "org.example.plain", "MIT", 1 }, { rows[3].id, rows[3].licence, rows[3].agreements })
  end)

  it("is asked of datasets that there are", function()
    for _, command in ipairs { "cite", "licences" } do
      local result = lab:run { command, "org.example.bar" }
      assert.are.same({ 3, "", "datamaestro: org.example.bar: unknown dataset (did you mean "
        .. "'org.example.bare'?)\n" }, { result.status, result.out, result.err })
    end
  end)
end)
