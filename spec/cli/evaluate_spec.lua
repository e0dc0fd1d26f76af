local evaluate = require "datamaestro.cli.evaluate"

describe("an input of several lines", function()
  local function values(source)
    return table.pack(assert(evaluate.compile(source, "[1]"))())
  end

  it("runs its statements and gives the value of the expression at its end", function()
    assert.are.same({ n = 1, 2 }, values "local a = 1\na + 1")
    assert.are.same({ n = 2, 3, 4 }, values "local a, b = 3, 4\n\na,\n  b\n")
    assert.are.same({ n = 1, 6 }, values "local sum = 0\nfor i = 1, 3 do\n  sum = sum + i\nend\nsum")
    assert.are.same({ n = 1, 5 }, values "local function f()\n  return 5\nend\nf()")
    assert.are.same({ n = 1, "x\ny" }, values "local s = [[x\ny]]\n(s)")
    assert.are.same({ n = 0 }, values "local a = 1\nlocal b = 2")
  end)

  it("has the lines that were written, in errors too", function()
    local ok, message = pcall(evaluate.compile("local a = 1\na.b.c", "[1]"))
    assert.is_false(ok)
    assert.are.equal("[1]:2: attempt to index a number value (local 'a')", message)
  end)

  it("is taken for unfinished only where a next line could finish it", function()
    local function more(source)
      local chunk, message, is_unfinished = evaluate.compile(source, "[1]")
      assert.is_nil(chunk)
      return is_unfinished == true, message
    end
    for _, source in ipairs { "x =", "f(", "'a' ..", "for i = 1, 2 do", "s = [[a", "s = 'a\\", "s = 'a\\z ",
      "if x then\n  y", "--[[ a" } do
      assert.is_true(more(source), source)
    end
    assert.are.same({ false, "[1]:1: unfinished string near '\"abc'" }, { more 'print("abc' })
    assert.are.same({ false, "[1]:1: unfinished string near ''abc'" }, { more "x = 'abc" })
    assert.are.same({ false, "[1]:1: 'shape' is a method here (call expected: t:shape())" },
      { more "t:shape" })
    assert.are.same({ false, "[1]:1: 'shape' is a method here (call expected: a.b:shape())" },
      { more "x = a.b:shape " })
  end)
end)
