local FaultServer = require "spec.support.fault_server"
local Laboratory = require "spec.support.laboratory"
local Terminal = require "spec.support.terminal"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("the REPL on a terminal", function()
  local lab, terminal

  before_each(function()
    lab = Laboratory.new()
    lab.env.NO_COLOR = "1"
    lab.env.XDG_STATE_HOME = lab.folder .. "/state"
  end)

  after_each(function()
    terminal:close()
    lab:close()
  end)

  it("is what the program does without arguments, and ends at Ctrl-D", function()
    terminal = Terminal.start({}, lab.env)
    terminal:wait "[1]>"
    terminal:press("1 + 1", "Enter")
    terminal:wait "\n2\n[2]>"
    terminal:press "C-d"
    assert.is_true(terminal:ended())
  end)

  it("breaks long errors between words", function()
    terminal = Terminal.start({ "repl" }, lab.env)
    terminal:wait "[1]>"
    terminal:press('error(("word "):rep(17) .. "longer", 0)', "Enter")
    terminal:wait("\n" .. ("word "):rep(16) .. "word\n  longer\n[2]>")
  end)

  it("completes, and lists what is ambiguous", function()
    terminal = Terminal.start({ "repl" }, lab.env)
    terminal:wait "[1]>"
    terminal:press("string.rev", "Tab", '("abc")', "Enter")
    terminal:wait '[1]> string.reverse("abc")\n"cba"'
    terminal:press("string.re", "Tab")
    terminal:wait "rep      reverse"
    terminal:press("C-u", 'find "com.lecun.mn', "Tab", '"', "Enter")
    terminal:wait 'find "com.lecun.mnist"\ndataset com.lecun.mnist@image'
  end)

  it("interrupts a call, again and again, and clears a line", function()
    terminal = Terminal.start({ "repl" }, lab.env)
    terminal:wait "[1]>"
    terminal:press "garbage" -- a terminal drops keys that it has not delivered when Ctrl-C comes
    terminal:wait "[1]> garbage"
    terminal:press "C-c"
    terminal:wait "garbage^C"
    for i = 1, 2 do
      terminal:press(("print 'go%d' while true do end"):format(i), "Enter")
      terminal:wait(("\ngo%d"):format(i))
      terminal:press "C-c"
      terminal:wait(("interrupted\n[%d]>"):format(i + 1))
    end
    terminal:press("x =", "Enter")
    terminal:wait "...>"
    terminal:press "C-c"
    terminal:press("6 * 7", "Enter")
    terminal:wait "\n42\n"
  end)

  it("interrupts a download, and goes on", function()
    local server = FaultServer.start()
    finally(function()
      server:stop()
    end)
    lab:define_file(server.url .. "/stall?after=1000&size=4096")
    terminal = Terminal.start({ "repl" }, lab.env)
    terminal:wait "[1]>"
    terminal:press('prepare "org.example.data"', "Enter")
    terminal:wait "1.0 of 4.1 KB"
    terminal:press "C-c"
    terminal:wait "interrupted"
    terminal:wait "[2]>"
    terminal:press("6 * 7", "Enter")
    terminal:wait "\n42\n[3]>"
  end)

  it("has colours, unless NO_COLOR forbids them", function()
    for value, painted in pairs { [""] = true, ["1"] = false } do
      lab.env.NO_COLOR = value
      terminal = Terminal.start({ "repl" }, lab.env)
      terminal:wait "[1]>"
      terminal:press("{ 'word', 42 }", "Enter", "error 'no'", "Enter")
      terminal:wait "no\n[3]>"
      local _, colours = terminal:painted():gsub("\27%[3[123]m", "")
      assert.are.equal(painted, colours > 0)
      terminal:close()
    end
  end)

  it("keeps the history for the next session, for its owner only", function()
    terminal = Terminal.start({ "repl" }, lab.env)
    terminal:wait "[1]>"
    terminal:press("(function()", "Enter", "return 'multi'", "Enter", "end)()", "Enter")
    terminal:wait '\n"multi"'
    terminal:press "C-d"
    assert.is_true(terminal:ended())
    local path = lab.folder .. "/state/datamaestro/history"
    assert.are.equal("(function()\\nreturn 'multi'\\nend)()\n", temp.read(path))
    assert.are.equal("600\n", program.shell("stat -c %a " .. program.quote(path)).out)
    terminal = Terminal.start({ "repl" }, lab.env)
    terminal:wait "[1]>"
    terminal:press("C-r", "multi", "Enter")
    terminal:wait '\n"multi"'
  end)
end)
