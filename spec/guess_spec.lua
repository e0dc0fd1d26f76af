-- "Did you mean": which of some names a misspelt one is taken for.
local guess = require "datamaestro.guess"

describe("a guess", function()
  local ids = { "org.corpus.both", "org.corpus.train", "com.lecun.mnist" }

  it("is the nearest name, up to a third of the letters away", function()
    assert.equal("train", guess.nearest("trian", { "test", "train" }))
    assert.equal("a", guess.nearest("aa", { "a" }))
    assert.is_nil(guess.nearest("zzz", { "a", "train" }))
  end)

  it("does not count what ids have in common", function()
    assert.is_nil(guess.nearest("org.corpus.nope", ids))
    assert.equal("org.corpus.train", guess.nearest("org.corpus.trian", ids))
    assert.equal("com.lecun.mnist", guess.nearest("com.leucn.mnist", ids))
    assert.equal("com.lecun.mnist", guess.nearest("COM.lecun.mnits", ids))
  end)

  it("has a letter of the name", function()
    assert.is_nil(guess.nearest("2", { "0", "1" }))
    assert.equal("ab", guess.nearest("a", { "0", "ab" }))
  end)
end)
