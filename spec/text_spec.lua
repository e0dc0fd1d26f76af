local text = require "datamaestro.text"

describe("text.size", function()
  it("counts as disks and hosts do", function()
    local sizes = { [0] = "0 bytes", [999] = "999 bytes", [1000] = "1.0 KB", [26421880] = "26.4 MB",
      [999949] = "999.9 KB", [999950] = "1.0 MB", [1000000000] = "1.0 GB" }
    for bytes, expected in pairs(sizes) do
      assert.are.equal(expected, text.size(bytes))
    end
  end)
end)

describe("text.printable", function()
  it("shows control characters instead of sending them to the terminal", function()
    assert.are.equal("a\\x1b[31mb\\x07\\x0d\\x7f", text.printable "a\27[31mb\7\r\127")
    assert.are.equal("\\x9b31m", text.printable "\u{9b}31m")
  end)

  it("leaves text, newlines and tabs alone", function()
    assert.are.equal("é 日本\n\tx", text.printable "é 日本\n\tx")
  end)
end)

describe("text.wrap", function()
  it("fills lines up to the width and keeps paragraphs apart", function()
    assert.are.equal("one two\nthree\n\nfour", text.wrap("one two\nthree\n\nfour", 7))
  end)

  it("counts characters, not bytes", function()
    assert.are.equal("éé éé\néé", text.wrap("éé éé éé", 5))
  end)
end)

describe("text.fold", function()
  it("breaks lines that are too long between words, and leaves the others", function()
    local long = "  four words that are too long for it"
    assert.are.equal("short  line\n  four words that are too\n    long for it\nend",
      text.fold("short  line\n" .. long .. "\nend", 28))
    assert.are.equal(long, text.fold(long, 37))
  end)

  it("puts a long word on a line of its own, and leaves it whole", function()
    local path = "/a/path/that/is/longer/than/a/line"
    assert.are.equal("at\n  " .. path .. ":\n  no such file",
      text.fold("at " .. path .. ": no such file", 26))
    assert.are.equal("at the one place:\n  " .. path, text.fold("at the one place: " .. path, 36))
  end)

  it("keeps what is there to be copied on one line", function()
    local command = "  datamaestro agree org.example.data --hash 0123456789abcdef"
    assert.are.equal(command, text.fold(command, 30))
    assert.are.equal("terms are not accepted\n  (`datamaestro agree x` shows\n  them); accept them",
      text.fold("terms are not accepted (`datamaestro agree x` shows them); accept them", 30))
  end)

  it("keeps the spaces within a line, and continues where it is told", function()
    assert.are.equal("  axis   one of small, large,\n         and of others",
      text.fold("  axis   one of small, large, and of others", 30, 9))
  end)

  it("does not count colours", function()
    local painted = "\27[31mfour words of colour\27[0m"
    assert.are.equal(painted, text.fold(painted, 21))
  end)
end)
