local program = require "spec.support.program"
local rewrite = require "datamaestro.api.rewrite"
local file = require "datamaestro.api.file"
local temp = require "spec.support.temp"

local BLOCK = 64 * 1024 -- bytes that are read at once

describe("lines that are rewritten", function()
  local folder

  setup(function()
    folder = temp.folder()
  end)

  teardown(function()
    temp.remove(folder)
  end)

  before_each(function()
    assert(file.remove_tree(folder .. "/out"))
  end)

  local function run(text, lines)
    return rewrite.file { path = temp.write(folder .. "/in", text), out = folder .. "/out", lines = lines }
  end

  local function rewritten(text, lines)
    assert(file.remove_tree(folder .. "/out"))
    local size, message = run(text, lines)
    assert.is_nil(message)
    local found = temp.read(folder .. "/out")
    assert.are.equal(#found, size)
    return found
  end

  local function replaced(text, pattern, with)
    return rewritten(text, { { replace = pattern, with = with } })
  end

  local function filtered(text, pattern)
    return rewritten(text, { { filter = pattern } })
  end

  -- The message, without the file's name; nothing is left then.
  local function refusal(text, lines, expected)
    assert(file.remove_tree(folder .. "/out"))
    local size, message, code = run(text, lines)
    assert.are.same({ nil, expected or "error" }, { size, code })
    assert.is_nil(file.stat(folder .. "/out"))
    assert.are.equal(folder .. "/in: ", message:sub(1, #folder + 5))
    return message:sub(#folder + 6)
  end

  it("have each match replaced", function()
    assert.are.equal("b.b\nc\nb\n", replaced("a.a\nc\na\n", "a", "b"))
    assert.are.equal("\n\n", replaced("aa\na\n", "a+", ""))
    assert.are.equal("2-1\n", replaced("1-2\n", "(\\d)-(\\d)", "$2-$1"))
    assert.are.equal("[1]2\n", replaced("12\n", "^(?<first>.)", "[$first]"))
    assert.are.equal("1x$1-$\n", replaced("1\n", "(?<n>\\d)", "${n}x$$${1}-$$"))
    assert.are.equal("<ab>\n", replaced("ab\n", ".+", "<$0>"))
    assert.are.equal("[a][]\n", replaced("ab\n", "(a)|b", "[$1]"))
    assert.are.equal("C:\\x\n", replaced("x\n", "^", "C:\\"))
  end)

  it("have empty matches replaced as in Perl", function()
    for text, expected in pairs {
      abxx = "-a-b--", [""] = "", x = "--", a = "-a-", ["größe"] = "-g-r-ö-ß-e-", ["\xe9"] = "-\xe9-",
    } do
      assert.are.equal(expected, replaced(text, "x*", "-"))
      assert.are.equal((text == "" and "-" or expected) .. "\n", replaced(text .. "\n", "x*", "-"))
    end
    assert.are.equal("a,b,c\n", replaced("abc\n", "(?<=[ab])", ","))
    assert.are.equal("a,b,\n", replaced("ab\n", "[ab]\\K", ","))
  end)

  it("are kept where the pattern is found", function()
    assert.are.equal("a\nba\n", filtered("a\nb\nba\n\n", "a"))
    assert.are.equal("\n", filtered("a\n\n", "^$"))
    assert.are.equal("", filtered("a\nb\n", "c"))
    assert.are.equal("b\n", filtered("a\nb\n", "^(?!a)"))
  end)

  it("go through all rules in their order", function()
    assert.are.equal("c!\nc\n", rewritten("a\nb\nd\n", {
      { replace = "a", with = "b!" }, { filter = "b" }, { replace = "b", with = "c" }, { filter = "" },
    }))
    assert.are.equal("\nx\n", rewritten("a\nx\n", { { replace = "a", with = "" }, { filter = "^x?$" } }))
    assert.are.equal("", rewritten("a\n", { { replace = "a", with = "b" }, { filter = "a" } }))
    assert.are.equal("a\nb\n", rewritten("a\nb\n", {}))
  end)

  it("keep their ends, and the lack of one", function()
    for _, text in ipairs {
      "a\r\na\r\n", "a\na", "a\r\na", "a\r\n\r\na\n\na", "a\r\r\n", "\n", "\r\n", "",
    } do
      assert.are.equal((text:gsub("a", "b")), replaced(text, "a", "b"))
      assert.are.equal((text:gsub("a", "")), replaced(text, "a", ""))
    end
    assert.are.equal("x\r", replaced("a\r", "^a(?=\r$)", "x"))
    assert.are.equal("x\r\n", replaced("\r\n", "^$", "x"))
    assert.are.equal("", filtered("a\r\n", "\\r"))
    assert.are.equal("last", filtered("first\nlast", "a"))
    assert.are.equal("1\n2\n", replaced("12\n", "(1)", "$1\n"))
  end)

  it("are characters where they are UTF-8, else bytes", function()
    assert.are.equal("<ß>\n", replaced("ß\n", "^(.)$", "<$1>"))
    assert.are.equal("<\xdf>\n", replaced("\xdf\n", "^(.)$", "<$1>"))
    assert.are.equal("-\n\xe9-\n", replaced("ßß\n\xe9ßß\n", "[ß]+$", "-"))
    assert.are.equal("STRASSE \xff\n", replaced("straße \xff\n", "straße", "STRASSE"))
    assert.are.equal("x\n", replaced("É\n", "(?i)é", "x"))
    assert.are.equal("a\0b-\n", replaced("a\0bc\n", "(?<=\\0b)c", "-"))
    assert.are.equal("line 2: '\\x{263a}' is for text in UTF-8 only (UTF-8 expected)",
      refusal("☺\n\xff\n☺\n", { { replace = "\\x{263a}", with = ":-)" } }))
  end)

  it("may lie across the blocks that are read", function()
    for shift = -3, 3 do
      local first = ("x"):rep(BLOCK + shift - 2) .. "\r\n"
      local text = first .. "needle\n" .. ("y"):rep(3 * BLOCK) .. " needle\r\nend"
      assert.are.equal((text:gsub("needle", "pin")), replaced(text, "needle", "pin"))
      assert.are.equal("needle\n" .. ("y"):rep(3 * BLOCK) .. " needle\r\n", filtered(text, "needle"))
    end
  end)

  it("may be many, and long", function()
    local text = ("a line of text\n"):rep(300000)
    assert.are.equal((text:gsub("text", "words")), replaced(text, "text", "words"))
    local long = ("ab,"):rep(1000000) .. "\n"
    assert.are.equal((long:gsub(",", ";")), replaced(long, ",", ";"))
    assert.are.equal((long:gsub("ab,\n", "end\n")), replaced(long, "ab,$", "end"))
    assert.are.equal(("ö"):rep(50000) .. "e\n", replaced(("é"):rep(50000) .. "e\n", "é(?=.)", "ö"))
  end)

  it("may not be over 64 MiB, before or after", function()
    program.shell(("truncate -s %d %s"):format((64 << 20) + 1, temp.write(folder .. "/in", "")))
    local size, message, code = rewrite.file { path = folder .. "/in", out = folder .. "/out", lines = {} }
    assert.are.same({ nil, folder .. "/in: line 1: over 64 MiB (shorter line expected)", "format" },
      { size, message, code })
    assert.are.equal("line 2: over 64 MiB (shorter line expected)", refusal("b\n" .. ("a"):rep(10000) .. "\n",
      { { replace = "a", with = ("$0"):rep(10000) } }, "format"))
    assert.are.equal("line 1: over 64 MiB (shorter line expected)", refusal(("a"):rep(10000) .. "\n",
      { { replace = "^.*$", with = ("$0"):rep(10000) } }, "format"))
  end)

  it("end with their number where a pattern takes too much", function()
    local line = ("a"):rep(40) .. "b\n"
    assert.are.equal("line 3: '^(a+)+$' takes too many steps (simpler pattern expected)",
      refusal("a\naa\n" .. line, { { filter = "^(a+)+$" } }))
    assert.are.equal("line 1: '(*NO_JIT)^(a+)+$' takes too many steps (simpler pattern expected)",
      refusal(line, { { replace = "(*NO_JIT)^(a+)+$", with = "" } }))
    assert.matches("^line 1: '%(%?:a|x%)%*%[bc%]' takes too ",
      refusal(("a"):rep(4000000) .. "\n", { { filter = "(?:a|x)*[bc]" } }))
  end)

  it("are searched in pieces as at once", function()
    local letters, random, state = { "a", "b", "c", "ö", "," }, {}, 7
    for at = 1, 5000 do
      state = (state * 1103515245 + 12345) % 2147483648
      random[at] = letters[1 + state // 65536 % 5]
    end
    local text = table.concat(random) .. "\n"
    for _, pattern in ipairs { "a+", "b*", "(?<=a)b", "ab|c,", "[^,]*,", "$", "\\b", "ö", "c+$", "^." } do
      local at_once = replaced(text, "(*LIMIT_MATCH=100000000)" .. pattern, "<$0>") -- verbs are not divided
      assert.are.equal(at_once, replaced(text, pattern, "<$0>"), pattern)
      assert.are.equal(#replaced(text .. "\xff\n", pattern, "<$0>"), #replaced(text, pattern, "<$0>")
        + #replaced("\xff\n", pattern, "<$0>"))
    end
  end)

  it("keep long searches short where they begin anywhere", function()
    local text = ("a"):rep(300000) .. "\n"
    assert.are.equal(text, replaced(text, "a*+[bc]", ""))
  end)

  it("are checked by a function of their own", function()
    assert.is_true(rewrite.check "^a(b|c)$")
    assert.is_true(rewrite.check("(?<n>a)", "$n ${n} $1 $0 $$ \\"))
    for _, case in ipairs {
      { "(", nil, "'(': missing closing parenthesis at 2 (regular expression expected)" },
      { "[z-a]", nil, "'[z-a]': range out of order in character class at 4 (regular expression expected)" },
      { "a", "\\1", "'\\1': a backslash before a group ($1 or ${name} expected) at 1" },
      { "a", "x\\g<n>", "'x\\g<n>': a backslash before a group ($1 or ${name} expected) at 2" },
      { "(a)", "$2", "'$2': group 2 (the pattern has 1) at 1" },
      { "a", "${x}", "'${x}': group 'x' (one with this name in the pattern expected) at 1" },
      { "a", "5 $", "'5 $': a dollar sign ($1, ${name}, or $$ for itself expected) at 3" },
      { "a", "${", "'${': a dollar sign ($1, ${name}, or $$ for itself expected) at 1" },
      { ("a"):rep(10001), nil, nil },
    } do
      local checked, message, code = rewrite.check(case[1], case[2])
      assert.are.same({ nil, "usage" }, { checked, code })
      assert.are.equal(case[3] or message, message)
    end
    local size, message, code = run("a\n", { { filter = "(" } })
    assert.are.same({ nil, "'(': missing closing parenthesis at 2 (regular expression expected)", "usage" },
      { size, message, code })
  end)

  it("raise where they are no rules", function()
    for message, lines in pairs {
      ["field 'lines': string (array of {replace =, with =} and {filter =} expected)"] = "a",
      ["field 'lines': number (array of {replace =, with =} and {filter =} expected)"] = { 1 },
      ["field 'lines': rule 2 ({replace =, with =} or {filter =} expected)"] =
        { { filter = "a" }, { replace = "a", filter = "a", with = "b" } },
      ["field 'lines': rule 1 ({replace =, with =} or {filter =} expected)"] = { { with = "a" } },
      ["field 'lines': 'filter': string (string without zero bytes expected)"] = { { filter = "a\0" } },
    } do
      local ok, raised = pcall(rewrite.file, { path = "x", out = "y", lines = lines })
      assert.are.same({ false, message }, { ok, raised })
    end
  end)

  it("load PCRE2 only when they are needed", function()
    local code = temp.write(folder .. "/maps.lua", [[
      local rewrite = require "datamaestro.api.rewrite"
      local function loaded()
        for line in io.lines "/proc/self/maps" do
          if line:find "pcre2" then return true end
        end
        return false
      end
      print(loaded())
      rewrite.check "a"
      print(loaded())]])
    local result = program.run({ "run", code })
    assert.are.equal("false\ntrue\n", result.out, result.err)
  end)
end)
