local regex = require "datamaestro.api.regex"
local search = require "datamaestro.definition.search"
local registry = require "datamaestro.definition.registry"
local repository = require "datamaestro.definition.repository"

local function found(...)
  local matches = assert(search.compile { ... })
  local ids = {}
  local roots = { require "datamaestro.api.host".datasets }
  for _, dataset in ipairs((registry.open { roots = roots }:datasets())) do
    if matches(dataset) then
      ids[#ids + 1] = dataset.id:match "[^.]*$"
    end
  end
  table.sort(ids)
  return table.concat(ids, " ")
end

describe("a search", function()
  it("without terms finds all", function()
    assert.equal("emnist iris kmnist mnist mnist movielens qmnist", found())
  end)

  it("looks in ids and names, without regard to case", function()
    assert.equal("kmnist", found "KUZUSHIJI")
    assert.equal("mnist mnist", found "\\.mnist$")
    assert.equal("kmnist qmnist", found "[kq]mnist")
  end)

  it("looks in tags, tasks and repositories", function()
    assert.equal("emnist kmnist mnist mnist qmnist", found "tag:^image")
    assert.equal("iris", found("tag:table", "task:class"))
    assert.equal("iris movielens", found "repo:ml")
    assert.equal("iris movielens", found "repository:^M")
    assert.equal("", found "tag:classification")
  end)

  it("finds a type and those that inherit from it, by id or name", function()
    assert.equal("emnist kmnist mnist mnist qmnist", found "type:datamaestro.data.ml.supervised")
    assert.equal("emnist kmnist mnist mnist qmnist", found "type:ImageClassification")
    assert.equal("iris", found "type:datamaestro.data.csv.generic")
    assert.equal("emnist iris kmnist mnist mnist movielens qmnist", found "type:Base")
    assert.equal("emnist kmnist mnist mnist qmnist", found "type:super")
    assert.equal("iris", found "type:csv")
  end)

  it("wants all terms to hold", function()
    assert.equal("mnist", found("fashion", "tag:images"))
    assert.equal("", found("fashion", "repo:ml"))
  end)

  it("refuses what is no regular expression", function()
    local matches, message, code = search.compile { "fine", "tag:(" }
    assert.is_nil(matches)
    assert.equal("(: Unmatched ( or \\( (regular expression expected)", message)
    assert.equal("usage", code)
  end)

  it("comes with repositories that have no problem", function()
    local _, problems = registry.open { roots = { repository.roots()[#repository.roots()] } }:datasets()
    assert.same({}, problems)
  end)
end)

describe("a regular expression", function()
  it("knows digits, in brackets too", function()
    assert.is_true(regex.compile("^\\d+$"):match "123")
    assert.is_false(regex.compile("^\\d+$"):match "12a")
    assert.is_true(regex.compile("^[a\\d]+$"):match "a1")
    assert.is_true(regex.compile("^[]\\d]$"):match "]")
    assert.is_true(regex.compile("^[^\\d]\\D$"):match "ab")
    assert.is_true(regex.compile("\\\\d"):match "\\d")
  end)

  it("matches strings with zero bytes, and empty ones", function()
    assert.is_true(regex.compile("b$"):match "a\0b")
    assert.is_true(regex.compile(""):match "")
  end)

  it("has bounds", function()
    assert.same({ nil, "search: too long a pattern (regular expression expected)", "usage" },
      { regex.compile(("x"):rep(1001)) })
    assert.same({ nil, "search: pattern with a zero byte (regular expression expected)", "usage" },
      { regex.compile "a\0b" })
  end)

  it("says what is wrong", function()
    for _, pattern in ipairs { "[", "[a", "[[:x:]]", "a{2,1}", "*", "\\", "(", "[^", "[]" } do
      local compiled, message, code = regex.compile(pattern)
      if not compiled then
        assert.matches("%(regular expression expected%)$", message)
        assert.equal("usage", code)
      end
    end
  end)

  it("cannot be used closed; closing again is fine", function()
    local compiled = regex.compile "x"
    compiled:close()
    compiled:close()
    assert.error_matches(function() compiled:match "x" end, "closed")
    assert.error_matches(function() compiled.match({}, "x") end, "datamaestro.regex expected")
  end)

  it("survives a collection between all steps", function()
    for i = 1, 50 do
      local compiled <close> = regex.compile("x" .. i) -- luacheck: ignore
      collectgarbage()
      assert.is_true(compiled:match("x" .. i))
      regex.compile "("
      collectgarbage()
    end
  end)
end)
