local program = require "spec.support.program"

-- Runs Lua source as a script of our program.
local function run_script(source, arguments, options)
  options = options or {}
  options.input = source
  return program.run({ "run", "-", table.unpack(arguments or {}) }, options)
end

describe("the host", function()
  it("prints the version as data, on standard output only", function()
    for _, word in ipairs { "version", "--version" } do
      local result = program.run { word }
      assert.are.equal(0, result.status)
      assert.matches("^%d+%.%d+%.%d+\n$", result.out)
      assert.are.equal("", result.err)
    end
  end)

  it("gives a script its arguments, options too", function()
    local result = run_script("print(arg[0], #arg, ...)", { "--debug", "-x", "y z" })
    assert.are.equal("-\t3\t--debug\t-x\ty z\n", result.out)
  end)

  it("does not look for modules in the current folder", function()
    local result = run_script "print(package.path, package.cpath)"
    assert.is_nil(result.out:find(";./", 1, true))
    assert.are_not.equal("./", result.out:sub(1, 2))
  end)

  it("says where a script failed, with a traceback under --debug", function()
    local result = program.run({ "run", "-" }, { input = "local x\nx.y = 1" })
    assert.are.equal(1, result.status)
    assert.are.equal("datamaestro: stdin:2: attempt to index a nil value (local 'x')\n", result.err)
    result = program.run({ "--debug", "run", "-" }, { input = "local x\nx.y = 1" })
    assert.matches("stack traceback:\n.*stdin:2: in main chunk", result.err)
  end)

  it("reports a script that does not parse or is not there", function()
    local result = program.run({ "run", "-" }, { input = "x =" })
    assert.are.equal("datamaestro: stdin:1: unexpected symbol near <eof>\n", result.err)
    assert.are.equal(1, result.status)
    result = program.run { "run", "/nowhere/x.lua" }
    assert.are.equal("datamaestro: /nowhere/x.lua: No such file or directory\n", result.err)
    assert.are.equal(3, result.status)
  end)

  it("ends with status 130 on Ctrl-C, from Lua code as from an endless loop", function()
    local result = run_script [[
      io.popen "kill -INT $PPID":close()
      while true do end]]
    assert.are.equal(130, result.status)
    assert.are.equal("datamaestro: interrupted\n", result.err)
  end)

  it("runs the to-be-closed variables of an interrupted script", function()
    local result = run_script [[
      local guard <close> = setmetatable({}, { __close = function() print "closed" end })
      io.popen "kill -INT $PPID":close()
      while true do end]]
    assert.are.equal(130, result.status)
    assert.are.equal("closed\n", result.out)
  end)

  it("says so when standard output cannot be written", function()
    local result = program.shell(program.path .. " version >/dev/full")
    assert.are.equal(8, result.status)
    assert.are.equal("datamaestro: standard output: No space left on device\n", result.err)
  end)

  it("takes a reader that leaves for an error, not a crash", function()
    local result = program.shell("set -o pipefail 2>/dev/null; " .. program.path .. " --help | true")
    assert.are.equal("", result.err:gsub("datamaestro: standard output: [^\n]*\n", ""))
  end)

  it("loads neither libcurl nor OpenSSL nor libarchive for what needs none of them", function()
    for _, words in ipairs { { "version" }, { "search", "mnist" }, { "repositories" }, { "--help" } } do
      local result = program.run(words, { env = { LD_DEBUG = "files" } })
      assert.matches("liblua5%.4", result.err)
      for _, library in ipairs { "libcurl", "libcrypto", "libarchive", "libssl" } do
        assert.is_nil(result.err:find(library, 1, true), words[1])
      end
    end
  end)
end)

describe("coroutines in the host", function()
  it("pass values in and out as Lua's own do", function()
    local thread = coroutine.create(function(a, b)
      local c = coroutine.yield(a + b)
      local d, e = coroutine.yield(c * 2)
      return d, e, "end"
    end)
    assert.are.same({ true, 3 }, { coroutine.resume(thread, 1, 2) })
    assert.are.same({ true, 20 }, { coroutine.resume(thread, 10) })
    assert.are.same({ true, 4, 5, "end" }, { coroutine.resume(thread, 4, 5) })
    assert.are.same({ false, "cannot resume dead coroutine" }, { coroutine.resume(thread) })
  end)

  it("pass errors on", function()
    local problem = {}
    local ok, found = coroutine.resume(coroutine.create(function()
      coroutine.yield()
      error(problem)
    end))
    assert.is_true(ok)
    assert.is_nil(found)
    local wrapped = coroutine.wrap(function()
      error(problem)
    end)
    assert.are.equal(problem, select(2, pcall(wrapped)))
  end)

  it("yield across pcall and iterators", function()
    local seen = {}
    for value in coroutine.wrap(function()
      pcall(function()
        for i = 1, 3 do
          coroutine.yield(i)
        end
      end)
    end) do
      seen[#seen + 1] = value
    end
    assert.are.same({ 1, 2, 3 }, seen)
  end)

  it("refuse what is not a function", function()
    assert.has_error(function()
      coroutine.create(1)
    end, "bad argument #1 to 'create' (function expected, got number)")
  end)
end)
