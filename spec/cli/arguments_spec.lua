local Laboratory = require "spec.support.laboratory"
local arguments = require "datamaestro.cli.arguments"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("plain command lines", function()
  local function parse(...)
    package.loaded["datamaestro.cli.parser"] = nil
    local name, result = arguments.parse { ... }
    assert.is_nil(package.loaded["datamaestro.cli.parser"], "read by lua-argparse")
    result.name = name
    return result
  end

  it("are read without lua-argparse, with one id or several", function()
    assert.are.same({ name = "prepare", ids = { "a" } }, parse("prepare", "a"))
    assert.are.same({ name = "download", ids = { "a", "b", "c" }, quiet = true },
      parse("--quiet", "download", "a", "b", "c"))
    assert.are.same({ name = "info", id = "a", json = true }, parse("info", "a", "--json"))
  end)

  it("may have the options of transfers", function()
    local expected = { name = "prepare", ids = { "a" }, jobs = "4", mirror = { "/x", "/y" }, strict = true,
      progress_fd = "3" }
    assert.are.same(expected, parse("--mirror", "/x", "prepare", "--jobs", "4", "a", "--mirror", "/y",
      "--strict", "--progress-fd", "3"))
    assert.are.same({ name = "repl", jobs = "4" }, parse("repl", "--jobs", "4"))
  end)

  it("give what lua-argparse gives", function()
    for _, words in ipairs { { "prepare", "a", "b" }, { "--quiet", "download", "a" },
      { "--jobs", "4", "--mirror", "/x", "download", "a", "--mirror", "/y", "--strict" } } do
      local name, result = arguments.parse(words)
      local other = table.move(words, 1, #words, 1, {})
      table.insert(other, "--") -- which only lua-argparse knows
      local other_name, full = arguments.parse(other)
      assert.are.equal(name, other_name)
      for key, value in pairs(result) do
        assert.are.same(value, full[key], key)
      end
    end
  end)
end)

describe("the options of transfers", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
    temp.write(lab.folder .. "/x", "some data")
    lab:define(([[
      local File = use "datamaestro.data".File
      One = filedownloader("one.bin", "file://%s/x") .. dataset { File, "One" } ..
        function(one) return { path = one } end
      Two = filedownloader("two.bin", "file://%s/x") .. dataset { File, "Two" } ..
        function(two) return { path = two } end]]):format(lab.folder, lab.folder))
  end)

  after_each(function()
    lab:close()
  end)

  local ONE, TWO = "org.example.one", "org.example.two"

  local function path(name)
    return ("%s/data/lab/org/example/%s"):format(lab.data, name)
  end

  -- Runs `prepare` with descriptor 3 as `redirection` says.
  local function with_descriptor(redirection, ...)
    return program.shell(("DATAMAESTRO_PATH=%s DATAMAESTRO_DIR='%s' HOME=%s %s --quiet --progress-fd 3 %s %s")
      :format(lab.env.DATAMAESTRO_PATH, lab.data, lab.folder, program.path, table.concat({ ... }, " "),
        redirection))
  end

  it("stand in the help of commands that fetch, and are refused elsewhere", function()
    for _, command in ipairs { "prepare", "download", "repl" } do
      local help = lab:run({ command, "--help" }).out
      for _, option in ipairs { "--jobs N", "--mirror RULE", "--strict", "--progress-fd N" } do
        assert.is_truthy(help:find(option, 1, true), option)
      end
    end
    assert.is_truthy(lab:run({ "--help" }).out:find("--mirror RULE", 1, true))
    local result = lab:run { "search", "--jobs", "4" }
    assert.matches("unknown option '%-%-jobs'", result.err)
    assert.are.equal(2, result.status)
  end)

  it("stand in the documentation, like those of all commands", function()
    local page = temp.read "docs/cli.md"
    for _, options in ipairs { arguments.globals, arguments.transfers } do
      for _, option in ipairs(options) do
        local words = option.argument and option.name .. " " .. option.argument or option.name
        assert.is_truthy(page:find("\n| `" .. words .. "` |", 1, true), words)
      end
    end
  end)

  it("stand before `run`, whose words are the script's", function()
    local script = temp.write(lab.folder .. "/script.lua", "print(...)")
    local result = lab:run { "--jobs", "4", "run", script, "--jobs", "5" }
    assert.are.same({ 0, "--jobs\t5\n", "" }, { result.status, result.out, result.err })
  end)

  it("are checked", function()
    local function assert_usage(message, ...)
      local result = lab:run { ... }
      assert.are.equal("datamaestro: " .. message .. "\n", result.err)
      assert.are.same({ 2, "" }, { result.status, result.out })
    end
    assert_usage("--jobs: 'many' (integer from 1 to 64 expected)", "prepare", ONE, "--jobs", "many")
    assert_usage("--mirror: here: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected",
      "download", "--mirror", "here", ONE)
    assert_usage("--progress-fd: 'x' (number of an open descriptor expected)",
      "prepare", ONE, "--progress-fd", "x")
    temp.write(lab.data .. "/settings.json", '{"jobs": "x"}')
    assert_usage(lab.data .. '/settings.json: jobs: "x" (integer from 1 to 64 expected)', "prepare", ONE)
  end)

  it("print the objects of several datasets as an array, in the order asked", function()
    local result = lab:run { "prepare", TWO, ONE, TWO }
    assert.are.equal(0, result.status, result.err)
    local found = json.decode(result.out)
    assert.are.same({ TWO .. "@lab", ONE .. "@lab", TWO .. "@lab" },
      { found[1].id, found[2].id, found[3].id })
    assert.are.equal(path "one/one.bin", found[2].path)
    assert.matches("^org%.example%.two: two%.bin: 9 bytes\norg%.example%.one: one%.bin: 9 bytes\n"
      .. "2 files, 18 bytes in [^\n]+\n$", result.err)
    result = lab:run { "--json", "download", ONE, TWO }
    assert.are.same({ { id = ONE, path = path "one" }, { id = TWO, path = path "two" } },
      json.decode(result.out))
    assert.are.equal(ONE .. "@lab", json.decode(lab:run({ "prepare", ONE }).out).id)
  end)

  it("fetch nothing when one of several datasets is unknown", function()
    local result = lab:run { "prepare", ONE, "org.example.thre", TWO }
    assert.are.same({ 3, "" }, { result.status, result.out })
    assert.matches("^datamaestro: org%.example%.thre: unknown dataset", result.err)
    assert.is_nil(io.open(lab.data))
  end)

  it("write events to a pipe or a file, one JSON object a line", function()
    local out = lab.folder .. "/events"
    for _, redirection in ipairs { "3>%s", "3>&1 >/dev/null | cat >%s" } do
      program.shell(("rm -rf '%s'"):format(lab.data))
      local result = with_descriptor(redirection:format(out), "prepare", ONE, TWO)
      assert.are.same({ 0, "" }, { result.status, result.err })
      local last, done = nil, {}
      for line in io.lines(out) do
        last = assert(json.decode(line))
        assert.are.equal("number", type(last.time))
        if last.event == "done" then
          done[#done + 1] = { last.file, last.path, last.size }
        end
      end
      assert.are.same({ { ONE .. ": one", path "one/one.bin", 9 },
        { TWO .. ": two", path "two/two.bin", 9 } }, done)
      assert.are.same({ "end", true }, { last.event, last.ok })
    end
  end)

  it("do not mind a reader of events that leaves", function()
    local result = with_descriptor("3>&1 >/dev/null | true", "prepare", ONE)
    assert.are.equal("", result.err)
    assert.are.equal("some data", temp.read(path "one/one.bin"))
  end)

  it("refuse a descriptor that is closed, or open for reading only, before anything is done", function()
    local result = with_descriptor("3>&-", "prepare", ONE)
    assert.are.equal("datamaestro: --progress-fd: 3 is not open (descriptor open for writing expected)\n",
      result.err)
    assert.are.equal(2, result.status)
    result = with_descriptor("3</dev/null", "prepare", ONE)
    assert.are.equal("datamaestro: --progress-fd: 3 is open for reading only "
      .. "(descriptor open for writing expected)\n", result.err)
    assert.are.equal(2, result.status)
    assert.is_nil(io.open(lab.data))
  end)
end)
