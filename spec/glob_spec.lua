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

  it("takes no more time where many folders could be shared among many **", function()
    local root = temp.folder()
    temp.write(root .. "/" .. ("d/"):rep(30) .. ("a"):rep(200), "")
    assert.same({}, glob.expand(root, ("**/*/"):rep(10) .. ("a*"):rep(30) .. "b"))
    assert.equal(1, #glob.expand(root, ("**/*/"):rep(10) .. ("a*"):rep(30)))
    temp.remove(root)
  end)

  it("looks at so many names, and no more, where links lead in circles", function()
    local root = temp.folder()
    program.shell(("cd %s && for i in 0 1 2 3 4 5 6 7 8 9; do ln -s . l$i; done"):format(root))
    assert.same({ n = 3, nil, root .. "/: '*/*/*/*/*/*/x*': over 100000 files and folders to look at (a "
      .. "narrower pattern expected)", "error" }, table.pack(glob.expand(root .. "/", "*/*/*/*/*/*/x*")))
    temp.remove(root)
  end)

  it("ends at Ctrl-C, in a coroutine too", function()
    local root = temp.folder()
    temp.write(root .. "/" .. ("a"):rep(250), "")
    for i = 1, 300 do
      temp.write(("%s/%s%d"):format(root, ("a"):rep(240), i), "")
    end
    local script = root .. "/script.lua"
    temp.write(script, ([[
      local glob, file = require "datamaestro.glob", require "datamaestro.api.file"
      local kill = io.popen("kill -INT " .. file.pid()) -- luacheck: ignore
      coroutine.wrap(function()
        for _ = 1, 1000000 do glob.expand(%q, ("*a"):rep(120) .. "b*") end
      end)()]]):format(root))
    local result = program.run { "run", script }
    assert.equal(130, result.status, result.err)
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
