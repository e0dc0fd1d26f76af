local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("datafolders", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function run(...)
    return lab:run { "datafolders", ... }
  end

  local function settings()
    return lab.data .. "/settings.json"
  end

  local function assert_failure(status, message, ...)
    local result = run(...)
    assert.are.same({ status, "", "datamaestro: " .. message .. "\n" },
      { result.status, result.out, result.err })
  end

  it("are none at first, and nothing is written to say so", function()
    assert.are.same({ 0, "", "" }, { run().status, run().out, run().err })
    assert.are.equal("[]\n", run("list", "--json").out)
    assert.is_nil(io.open(lab.data))
  end)

  it("are set, listed in their order, and unset", function()
    assert.are.same({ 0, "", "" }, { run("set", "z", lab.folder).status, run("set", "z", lab.folder).out,
      run("set", "z", lab.folder).err })
    assert.are.equal(0, run("set", "a b", "/").status)
    local listed = ("z\t%s\na b\t/\n"):format(lab.folder)
    assert.are.same({ listed, listed }, { run().out, run("list").out })
    assert.are.same({ { key = "z", path = lab.folder, exists = true, file = settings() },
      { key = "a b", path = "/", exists = true, file = settings() } }, json.decode(run("--json").out))
    assert.are.equal(0, run("unset", "z").status)
    assert.are.equal("a b\t/\n", run().out)
    assert.are.equal('{\n  "datafolders": {\n    "a b": "/"\n  }\n}\n', temp.read(settings()))
  end)

  it("are made absolute, and one that is not there is told", function()
    local command = lab:command { "datafolders", "set", "here", "./sub/" }
    local absolute = require "datamaestro.config".absolute(program.path)
    local result = program.shell(("cd %s && %s"):format(lab.folder,
      command:gsub(program.quote(program.path), program.quote(absolute))))
    assert.are.same({ 0, ("datamaestro: warning: %s/sub: no such folder (it is set all the same)\n"):format(
      lab.folder) }, { result.status, result.err })
    result = lab:run { "--quiet", "--json", "datafolders", "set", "home", "~/x" }
    assert.are.same({ key = "home", path = lab.folder .. "/x", exists = false, file = settings() },
      json.decode(result.out))
    assert.are.equal(("here\t%s/sub\t(no such folder)\nhome\t%s/x\t(no such folder)\n"):format(lab.folder,
      lab.folder), run().out)
  end)

  it("leave all other settings as they are, their order and permissions too", function()
    temp.write(settings(), '{"keys": {"b": "1", "a": "2"}, "datafolders": {"y": "/y"}, "jobs": 3}')
    program.shell(("chmod 600 '%s'"):format(settings()))
    assert.are.equal(0, run("set", "b", "/").status)
    assert.are.equal([[
{
  "keys": {
    "b": "1",
    "a": "2"
  },
  "datafolders": {
    "y": "/y",
    "b": "/"
  },
  "jobs": 3
}
]], temp.read(settings()))
    assert.are.equal("600\n", program.shell(("stat -c %%a '%s'"):format(settings())).out)
    assert.are.same({ "settings.json" }, require "datamaestro.api.file".list(lab.data))
  end)

  it("of the user are listed, too, unless the data directory has the key", function()
    local user = temp.write(lab.folder .. "/.config/datamaestro/settings.json",
      '{"datafolders": {"a": "/user", "b": "/"}}')
    run("set", "a", "/")
    assert.are.equal("a\t/\nb\t/\n", run().out)
    assert.are.same({ settings(), user }, { json.decode(run("--json").out)[1].file,
      json.decode(run("--json").out)[2].file })
    assert_failure(3, settings() .. ": datafolders: no 'b'", "unset", "b")
  end)

  it("are all set where several processes set them at once", function()
    local commands = {}
    for i = 1, 4 do
      commands[i] = lab:command { "datafolders", "set", "key" .. i, "/" }
    end
    local result = program.shell(table.concat(commands, " & ") .. " & wait")
    assert.are.equal("", result.err)
    local count = select(2, run().out:gsub("\n", ""))
    assert.are.equal(4, count)
  end)

  it("are not written into a damaged file, which is named", function()
    for content, problem in pairs {
      ["{"] = ":1:2: the text ends here (']' or '}' expected)",
      ["[]"] = ": not a JSON object (one expected)",
      ['{"datafolders": ["/x"]}'] = ": datafolders: not an object (one of paths expected)",
    } do
      temp.write(settings(), content)
      for _, words in ipairs { { "set", "x", "/" }, { "unset", "x" }, { "list" } } do
        assert_failure(12, settings() .. problem, table.unpack(words))
      end
      assert.are.equal(content, temp.read(settings()))
    end
  end)

  it("are not written over a value that JSON cannot hold", function()
    temp.write(settings(), '{"x": 1e999}')
    assert_failure(12, settings() .. ": JSON has no number inf", "set", "x", "/")
    assert.are.equal('{"x": 1e999}', temp.read(settings()))
  end)

  it("say what is wrong with the words", function()
    assert_failure(2, "datafolders: 'sett' (did you mean 'set'?)", "sett", "a", "/")
    assert_failure(2, "datafolders: 'x' (list, set KEY PATH or unset KEY expected)", "x")
    assert_failure(2, "datafolders set: 1 words (KEY PATH expected)", "set", "a")
    assert_failure(2, "datafolders unset: 0 words (KEY expected)", "unset")
    assert_failure(2, "datafolders list: 1 words (none expected)", "list", "a")
    assert_failure(2, "datafolders: key '' (name of one line expected)", "set", "", "/")
    assert_failure(2, "datafolders: key '\\x1b[31m' (name of one line expected)", "set", "\27[31m", "/")
    assert_failure(2, "datafolders: '/\\xff' (path of a folder expected, in UTF-8)", "set", "a", "/\255")
    assert_failure(3, settings() .. ": datafolders: no 'a'", "unset", "a")
  end)

  it("show no raw control character of a file", function()
    temp.write(settings(), '{"datafolders": {"a\\u001b[31m": "/\\u0007\\n"}}')
    assert.are.equal("a\\x1b[31m\t/\\x07\\n\t(no such folder)\n", run().out)
  end)
end)
