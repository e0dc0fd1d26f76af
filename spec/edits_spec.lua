local edits = require "datamaestro.edits"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("edits", function()
  it("are shown as a unified diff", function()
    local text = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n12"
    assert.equal([[
--- x
+++ x
@@ -1,4 +1,3 @@
-1
 2
 3
 4
@@ -7,6 +6,7 @@
 7
 8
 9
-10
+ten
+and more
 11
 12
\ No newline at end of file
]], edits.diff("x", text, { { first = 1, last = 2, text = "" },
      { first = 19, last = 20, text = "ten\nand more" } }))
    assert.equal("", edits.diff("x", text, {}))
  end)

  local TEXTS = { "", "x", "\n", "new\n", "a\nb" }

  -- Some edits of a text, in any order, none within another.
  local function some(random, text)
    local list, at = {}, 1
    while at <= #text do
      local first = at + random(0, 40)
      local last = first + random(-1, 3)
      if last <= #text and first <= #text then
        list[#list + 1] = { first = first, last = last, text = TEXTS[random(1, #TEXTS)] }
      end
      at = last + 2
    end
    return list
  end

  it("do what patch(1) makes of their diff", function()
    local folder, random = temp.folder(), math.random
    math.randomseed(7)
    for _ = 1, 40 do
      local lines = {}
      for i = 1, random(1, 30) do
        lines[i] = ("l"):rep(random(0, 3)) .. random(1, 3)
      end
      local text = table.concat(lines, "\n") .. (random(1, 2) == 1 and "\n" or "")
      local list = some(random, text)
      local expected, diff = edits.apply(text, list), edits.diff("x", text, list)
      temp.write(folder .. "/x", text)
      temp.write(folder .. "/x.patch", diff)
      if expected ~= text and expected ~= "" then
        local result = program.shell(("cd %s && patch -s -p0 <x.patch"):format(folder))
        assert.equal(0, result.status, diff .. result.out)
        assert.equal(expected, temp.read(folder .. "/x"), diff)
      end
    end
    temp.remove(folder)
  end)
end)
