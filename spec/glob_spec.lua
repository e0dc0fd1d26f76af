local glob = require "datamaestro.glob"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("a glob", function()
  local function assert_matches(pattern, names, others)
    for _, name in ipairs(names) do
      assert.is_true(glob.matches(pattern, name), ("%s takes %s"):format(pattern, name))
    end
    for _, name in ipairs(others) do
      assert.is_false(glob.matches(pattern, name), ("%s does not take %s"):format(pattern, name))
    end
  end

  it("means names by *, ? and sets", function()
    assert_matches("FB*", { "FB", "FB396001", "FB.gz" }, { "fb1", "xFB", "" })
    assert_matches("*.t?t", { ".txt", "a.tét", "a.b.txt" }, { "a.tt", "a.txxt", "txt" })
    assert_matches("*a*b*a", { "aba", "xaxbxa", "abaaba" }, { "ab", "aab", "bab" })
    assert_matches("[a-c]x", { "ax", "bx", "cx" }, { "dx", "-x", "x", "Ax" })
    assert_matches("[!a-c]", { "d", "é", "-" }, { "a", "c", "" })
    assert_matches("[]-]", { "]", "-" }, { "[", "a" })
    assert_matches("[é-]?", { "éa", "-é" }, { "aé" })
    assert_matches("[a", { "[a" }, { "a" })
    assert_matches("%.+", { "%.+" }, { "xx" })
    assert_matches("*", { "", ".hidden", "\xff" }, {})
    assert_matches("?", { "\xff", "é" }, { "", "ab" })
  end)

  it("takes no more time where many stars nearly match", function()
    assert.is_false(glob.matches(("*a"):rep(200) .. "b", ("a"):rep(1000)))
  end)

  it("finds in a folder what Python's pathlib finds, in the order in which it sorts paths", function()
    local root = temp.folder()
    for _, path in ipairs { "FB2", "FB10", "FB-1/x", "FB/x.txt", "FB.gz", "a/b/c.txt", "a/b.txt", "a.txt",
      ".h/x.txt", "é.txt", "[x]" } do
      temp.write(root .. "/" .. path, "")
    end
    os.execute(("ln -s . %s/loop; ln -s nowhere %s/FBdangling"):format(root, root))
    for _, pattern in ipairs { "FB*", "*", "**/*.txt", "*/*", "a/**/*.txt", "FB/x.txt", "nothing", "[[]x]",
      "?.txt", "**/b/*", "a*/b*" } do
      local python = program.shell(([[cd %s && python3 -c "
import pathlib, sys
for p in sorted(set(pathlib.Path('.').glob(sys.argv[1]))):
    if p.exists(): print(p)" '%s']]):format(root, pattern))
      local found = table.concat(glob.expand(root, pattern), "\n")
      assert.are.equal(python.out, found == "" and "" or found .. "\n", pattern)
    end
    temp.remove(root)
  end)

  it("does not lead out of its folder", function()
    for _, pattern in ipairs { "../x", "/etc/*", "a//b", "./a", "", "a/", "a/.." } do
      assert.are.equal(("'%s' (relative path, perhaps with * ? [a-z] **, without '.', '..' and '//', "
        .. "expected)"):format(pattern), glob.problem(pattern))
    end
    assert.are.equal("'a/**' (ends with folders; a name, such as **/*, expected behind them)",
      glob.problem "a/**")
    assert.are.equal("'a\nb' (one short line expected)", glob.problem "a\nb")
    assert.is_nil(glob.problem "**/a*/[b].txt")
  end)
end)
