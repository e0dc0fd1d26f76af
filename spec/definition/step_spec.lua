local step = require "datamaestro.api.step"

describe("steps", function()
  local make = step.constructor "make"

  it("come back in written order, with kind, arguments and the author's line", function()
    local builder = function() end
    local links = step.links(make("a", nil, 3) .. make() .. builder)
    assert.equal(3, #links)
    assert.equal("make", links[1].kind)
    assert.same({ "a", nil, 3, n = 3 }, links[1].args)
    assert.same({ n = 0 }, links[2].args)
    assert.equal(builder, links[3])
    assert.equal(debug.getinfo(1, "l").currentline - 6, links[1].line)
    assert.matches("step_spec.lua$", links[1].source)
  end)

  it("keep their order however the chain is put together", function()
    local a, b, c, d = make "a", make "b", make "c", make "d"
    local left, right = a .. b, c .. d
    local words = {}
    for i, link in ipairs(step.links((left .. right) .. (a .. left))) do
      words[i] = link.args[1]
    end
    assert.equal("abcdaab", table.concat(words))
  end)

  it("are told from other values", function()
    assert.is_true(step.is(make()))
    assert.is_true(step.is(make() .. make()))
    assert.is_false(step.is({}))
    assert.is_false(step.is("make"))
    assert.is_false(step.is(io.stdout))
    assert.is_false(step.is(nil))
  end)

  it("show what they are", function()
    assert.equal("step make", tostring(make()))
    assert.equal("chain of 3 steps", tostring(make() .. make() .. function() end))
  end)

  it("say what to do with a wrong operand, at the author's line", function()
    local function problem(f)
      local done, message = pcall(f)
      assert.is_false(done)
      return (message:gsub("^.*step_spec.lua:%d+: ", ""))
    end
    local s = make()
    assert.equal("left operand of '..': nil (is a name misspelt?)", problem(function() return nil .. s end))
    assert.equal("right operand of '..': nil (is a name misspelt?)", problem(function() return s .. nil end))
    assert.equal("left operand of '..': function (the function stands last in a chain)",
      problem(function() return print .. s end))
    assert.equal("right operand of '..': string (the docstring belongs inside dataset { … })",
      problem(function() return s .. "doc" end))
    assert.equal("left operand of '..': string (the docstring belongs inside dataset { … })",
      problem(function() return "doc" .. s end))
    assert.equal("left operand of '..': table (a step such as filedownloader(…) expected)",
      problem(function() return {} .. s end))
    assert.equal("right operand of '..': number (a step such as filedownloader(…) expected)",
      problem(function() return s .. 1 end))
  end)

  it("cannot be changed or read into", function()
    local s = make()
    assert.error_matches(function() s.kind = "other" end, "a step cannot be changed")
    assert.error_matches(function() return s.kind end, "attempt to index a step value")
    assert.is_false(getmetatable(s))
  end)

  it("are bounded in a chain that doubles", function()
    local chain = make()
    assert.error_matches(function()
      for _ = 1, 64 do
        chain = chain .. chain
      end
    end, "chain of more than 10000 steps")
  end)

  it("leave the collector running after a link and after a mistake", function()
    local s = make()
    local _ = s .. s
    assert.is_true(collectgarbage "isrunning")
    pcall(function() return s .. nil end)
    assert.is_true(collectgarbage "isrunning")
    collectgarbage "stop"
    _ = s .. s
    local running = collectgarbage "isrunning"
    collectgarbage "restart"
    assert.is_false(running)
  end)
end)
