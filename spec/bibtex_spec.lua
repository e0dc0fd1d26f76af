local bibtex = require "datamaestro.bibtex"

describe("an entry of BibTeX", function()
  it("may be written in all ways that BibTeX takes", function()
    for _, text in ipairs {
      "@misc{key, title = {A {B} c}, year = 1999}",
      "\n  @article{a:b-c/d,\n  author = \"Me and {\"}You\",\n  month = jan # \"~1\",\n}\n",
      "@Misc{x, }",
    } do
      assert.is_nil(bibtex.problem(text), text)
    end
  end)

  it("is refused with what was expected", function()
    for text, expected in pairs {
      [""] = "'' (one BibTeX entry, @TYPE{KEY, …}, expected)",
      ["Me, 1999"] = "'Me, 1999' (one BibTeX entry, @TYPE{KEY, …}, expected)",
      ["@misc{title = {x}}"] = "'@misc{title = {x}}' (one BibTeX entry, @TYPE{KEY, …}, expected)",
      ["@misc{k, title = {x}"] = "entry 'k': ends within the entry ('}' expected)",
      ["@misc{k, title = {x"] =
        "entry 'k': field 'title' has no value ({…} or \"…\", its braces in pairs, expected)",
      ["@misc{k, title = \"x}"] =
        "entry 'k': field 'title' has no value ({…} or \"…\", its braces in pairs, expected)",
      ["@misc{k, title = {x} year = 1}"] = "entry 'k': 'year = 1}' (a comma, a field or '}' expected)",
      ["@misc{k, title {x}}"] = "entry 'k': 'title {x}}' (a comma, a field or '}' expected)",
      ["@misc{k,}\n@misc{l,}"] = "'@misc{l,}' after entry 'k' (one BibTeX entry expected)",
    } do
      assert.equal(expected, bibtex.problem(text))
    end
  end)

  it("is made of names and values, and what is made is one", function()
    local made = bibtex.entry("misc", "org.x", { { "title", bibtex.escape "50 % {of} A_B & C" },
      { "year", nil }, { "url", "https://x/" } })
    assert.equal("@misc{org.x,\n  title = {50 \\% \\{of\\} A\\_B \\& C},\n  url = {https://x/},\n}", made)
    assert.is_nil(bibtex.problem(made))
  end)
end)
