local spdx = require "datamaestro.definition.spdx"

local EXPECTED = " (SPDX identifier such as 'CC-BY-4.0', or 'LicenseRef-NAME' for terms of its own, expected)"

describe("a licence", function()
  it("is an identifier, or an expression of several", function()
    for _, text in ipairs { "MIT", "CC-BY-4.0", "CC0-1.0", "GPL-2.0", "GPL-2.0+", "LicenseRef-Terms",
      "DocumentRef-a:LicenseRef-b", "MIT OR Apache-2.0", "(MIT AND CC-BY-4.0) OR LicenseRef-x", "NOASSERTION",
      "GPL-2.0-only WITH Classpath-exception-2.0", "((MIT))" } do
      assert.is_nil(spdx.problem(text), text)
    end
  end)

  it("is guessed from what people write", function()
    for text, expected in pairs {
      ["CC-BY 4.0"] = "CC-BY-4.0", ["cc by-sa 4.0"] = "CC-BY-SA-4.0", ["MIT License"] = "MIT",
      ["Apache 2.0"] = "Apache-2.0", ["the apache licence, version 2.0"] = "Apache-2.0", CC0 = "CC0-1.0",
      ["CC-BY"] = "CC-BY-4.0", ODbL = "ODbL-1.0", ["BSD-3-Claus"] = "BSD-3-Clause",
      ["https://creativecommons.org/licenses/by-nc-sa/3.0/"] = "CC-BY-NC-SA-3.0",
    } do
      assert.equal(("'%s': no SPDX licence (did you mean '%s'?)"):format(text, expected), spdx.problem(text))
    end
  end)

  it("is refused with what was expected", function()
    for text, expected in pairs {
      [""] = "'': no SPDX licence" .. EXPECTED,
      ["Foo Bar"] = "'Foo Bar': no SPDX licence" .. EXPECTED,
      ["MIT OR"] = "ends too early (a licence expected)",
      ["OR MIT"] = "'OR' (a licence expected)",
      ["(MIT"] = "'(' without ')'",
      ["MIT)"] = "')' (AND, OR or WITH expected)",
      ["MIT X OR MIT"] = "'X' (AND, OR or WITH expected)",
      ["MIT AND CC-BY-SA"] = "'CC-BY-SA': no SPDX licence (did you mean 'CC-BY-SA-4.0'?)",
      ["MIT WITH Classpath-exception"] =
        "'Classpath-exception': no SPDX exception (did you mean 'Classpath-exception-2.0'?)",
      [("(MIT OR "):rep(100)] = "'" .. ("(MIT OR "):rep(5) .. "…'" .. EXPECTED,
    } do
      assert.equal(expected, spdx.problem(text))
    end
  end)
end)
