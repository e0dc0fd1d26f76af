local history = require "datamaestro.cli.history"
local program = require "spec.support.program"
local temp = require "spec.support.temp"
local editor = require "datamaestro.api.readline"

describe("the history", function()
  local folder, path, added, fake

  before_each(function()
    folder = temp.folder()
    path = folder .. "/state/history"
    added = {}
    fake = { append = editor.append, add = function(line)
      added[#added + 1] = line
    end }
  end)

  after_each(function()
    temp.remove(folder)
  end)

  it("gives back what was entered, with newlines and backslashes", function()
    local inputs = { "x = 1", 'print "\\n"\nreturn "\\\\n"', "é" }
    for _, input in ipairs(inputs) do
      assert.is_true(history.add(fake, path, input))
    end
    added = {}
    history.load(fake, path)
    assert.are.same(inputs, added)
  end)

  it("keeps the newest 2000 inputs, and stays private when it is shortened", function()
    local lines = {}
    for i = 1, 4001 do
      lines[i] = "x" .. i
    end
    temp.write(path, table.concat(lines, "\n") .. "\n")
    history.load(fake, path)
    assert.are.same({ 2000, "x2002", "x4001" }, { #added, added[1], added[2000] })
    assert.are.equal("600\n", program.shell("stat -c %a " .. program.quote(path)).out)
    added = {}
    history.load(fake, path)
    assert.are.equal(2000, #added)
  end)

  it("drops a line that was cut short, and says why it cannot be written", function()
    temp.write(path, "a\nb\ncut")
    history.load(fake, path)
    assert.are.same({ "a", "b" }, added)
    local _, message, code = history.add(fake, "/dev/full", "x")
    assert.are.same({ "/dev/full: No space left on device", "space" }, { message, code })
  end)
end)
