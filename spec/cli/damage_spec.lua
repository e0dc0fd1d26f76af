-- Damage of every kind: found by `verify`, repaired by it, and no reason for another command to crash.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local kinds = require "spec.support.kinds"
local preload = require "spec.support.preload"
local program = require "spec.support.program"

local ID = "org.example.data"

local DEFINITION = [[
  local csv = use "datamaestro.data.csv"
  local Base = use "datamaestro.data".Base
  Other = tardownloader("top", "URL/t.tar") .. dataset { Base, "Other" } .. function() return {} end
  Data = filedownloader("data.csv", "URL/data.csv.gz") ..
    tardownloader("tree", "URL/t.tar", { folder = "tree" }) ..
    tardownloader("gone", "URL/u.tar", { transient = true }) ..
    filescopy("copies", "gone", { "a.txt" }) ..
    reference("other", Other) ..
    links("names", { first = Other }) ..
    dataset { csv.Generic, "Data" } ..
    function(data) return { path = data } end
]]

-- {what, shell commands in the dataset's folder, which path is named in what is found, what is fetched again,
-- where it differs from data.csv.gz}
local DAMAGE = {
  { "a flipped byte of a file", "printf X | dd of=data.csv bs=1 seek=3 conv=notrunc", "data.csv" },
  { "a file cut short", "truncate -s 5 data.csv", "data.csv" },
  { "a file that is empty", ": >data.csv", "data.csv" },
  { "bytes after a file's end", "echo more >>data.csv", "data.csv" },
  { "a file that is missing", "rm data.csv", "data.csv" },
  { "an empty folder in the place of a file", "rm data.csv; mkdir data.csv", "data.csv" },
  { "a link that leads nowhere", "ln -sf /nowhere data.csv", "data.csv" },
  { "a pipe in the place of a file", "rm data.csv; mkfifo data.csv", "data.csv" },
  { "a flipped byte in a folder", "printf X | dd of=tree/a.txt bs=1 seek=1 conv=notrunc", "tree/a.txt",
    { "/t.tar" } },
  { "a file of a folder cut short", "truncate -s 1 tree/sub/b.txt", "tree/sub/b.txt", { "/t.tar" } },
  { "a file of a folder that is missing", "rm tree/a.txt", "tree/a.txt", { "/t.tar" } },
  { "a folder of a folder that is missing", "rm -r tree/sub", "tree/sub", { "/t.tar" } },
  { "a folder in the place of a folder's file", "rm tree/a.txt; mkdir tree/a.txt", "tree/a.txt",
    { "/t.tar" } },
  { "a folder that is missing", "rm -r tree", "tree", { "/t.tar" } },
  { "a file in the place of a folder", "rm -r tree; echo x >tree", "tree", { "/t.tar" } },
  { "a flipped byte in a copy of what is gone", "printf X | dd of=copies/a.txt bs=1 conv=notrunc",
    "copies/a.txt", { "/u.tar" } },
  { "a link to another dataset that is missing", "rm first", "first", {} },
  { "a link that leads to no dataset", "ln -sfn /nowhere first", "first", {} },
  { "a state file that is missing", "rm .state.json", ".state.json", "unproved" },
  { "a state file cut short", "truncate -s 100 .state.json", ".state.json", "unproved" },
  { "a state file that is empty", ": >.state.json", ".state.json", "unproved" },
  { "a state file that is not JSON", "head -c 3000 /dev/urandom >.state.json", ".state.json", "unproved" },
  { "a folder in the place of the state file", "rm .state.json; mkdir -p .state.json/x", ".state.json",
    "unproved" },
  { "a state file of another shape", "echo '[1, {\"resources\": 3}]' >.state.json", ".state.json",
    "unproved" },
  { "states that are no objects", "echo '{\"resources\": {\"data\": \"complete\"}}' >.state.json",
    ".state.json", "unproved" },
  { "states of numbers", "echo '{\"resources\": {\"data\": {\"state\": 1e999}}}' >.state.json", ".state.json",
    "unproved" },
  { "a resource without a state", "sed -i s/\\\"data\\\"/\\\"date\\\"/ .state.json", "data.csv" },
  { "a list of contents cut short", "sed -i '$d' .contents/tree", ".contents/tree", {} },
  { "a list of contents cut within a line", "truncate -s 70 .contents/tree", ".contents/tree", {} },
  { "a list of contents that is empty", ": >.contents/tree", ".contents/tree", {} },
  { "a list of contents of other bytes", "head -c 999 /dev/urandom >.contents/tree", ".contents/tree", {} },
  { "a list of contents that was edited", "sed -i s/a.txt/c.txt/ .contents/tree", ".contents/tree", {} },
  { "a list of contents that is missing", "rm .contents/tree", ".contents/tree", {} },
  { "a folder in the place of a list", "rm .contents/tree; mkdir -p .contents/tree/x", ".contents/tree", {} },
  { "a file in the place of the lists", "rm -r .contents; echo x >.contents", ".contents", {} },
}

-- Commands that write elsewhere, or wait for somebody.
local OTHERS = { annotations = true, init = true, repl = true, run = true, verify = true, lock = true }
local ARGUMENTS = {
  ["create-dataset"] = { "--help" },
  agree = { "--list" }, datafolders = {}, lint = {}, repositories = {}, search = {}, version = {},
  licences = {}, orphans = {}, du = {},
}

describe("a dataset that is damaged", function()
  local lab, server, right

  local function shell(command)
    local result = program.shell(("cd '%s' && { %s; } 2>/dev/null"):format(lab:path(), command))
    assert.equal(0, result.status, command)
  end

  local function restore()
    program.shell(("rm -rf '%s' && cp -a '%s/right' '%s'"):format(lab.data, lab.folder, lab.data))
  end

  setup(function()
    server = Nginx.start()
    program.shell(([[cd '%s' && mkdir -p sub && echo one >a.txt && echo two >sub/b.txt
      && tar cf t.tar a.txt sub && tar cf u.tar a.txt
      && printf 'n,m\n1,2\n3,4\n' | gzip >data.csv.gz]]):format(server.root):gsub("\n%s+", " "))
    lab = Laboratory.new()
    lab:define((DEFINITION:gsub("URL", server.url)))
    local result = lab:prepare()
    assert.equal(0, result.status, result.err)
    right = kinds.files(lab.data)
    program.shell(("cp -a '%s' '%s/right'"):format(lab.data, lab.folder))
  end)

  teardown(function()
    server:stop()
    lab:close()
  end)

  before_each(restore)

  it("is none: what was prepared is right, deep or not, and --repair does nothing", function()
    for _, option in ipairs { "--deep", "--repair", "--quiet" } do
      local before = #server:requests()
      local result = lab:run { "verify", option, ID }
      assert.equal(0, result.status, result.err .. result.out)
      assert.matches("^2 datasets, 6 files, 32 bytes", result.out)
      assert.matches(": no damage\n$", result.out)
      assert.equal(before, #server:requests())
    end
  end)

  -- The content is as it was; what the store keeps may differ.
  local function assert_right(what)
    local found = kinds.files(lab.data)
    for path, content in pairs(right) do
      assert.equal(content, found[path], what .. ": " .. path)
    end
  end

  local function fetched_since(count)
    local paths = {}
    for i, request in ipairs(server:requests()) do
      paths[#paths + 1] = i > count and request.path or nil
    end
    table.sort(paths)
    return paths
  end

  -- Where nothing proves a file, it is fetched again; folders have their lists.
  local UNPROVED = { "/data.csv.gz" }

  for _, damage in ipairs(DAMAGE) do
    local what, command, path, fetched = table.unpack(damage)
    it(("is found and repaired: %s"):format(what), function()
      shell(command)
      local found = lab:run { "--quiet", "verify", "--deep", ID }
      assert.equal(5, found.status, found.err .. found.out)
      assert.matches(lab:path(path), found.out, 1, true)
      assert.equal("", found.err)
      local before = #server:requests()
      local repaired = lab:run { "--quiet", "verify", "--deep", "--repair", ID }
      assert.equal(0, repaired.status, repaired.err .. repaired.out)
      assert.same(type(fetched) == "table" and fetched or UNPROVED, fetched_since(before))
      assert_right(what)
      local after = lab:run { "--quiet", "verify", "--deep", ID }
      assert.equal(0, after.status, after.err .. after.out)
      assert.matches(": no damage\n$", after.out)
    end)
  end

  it("is found and repaired: a file that the disk does not give back", function()
    local env = preload.build("failing_read", lab.folder)
    env.FAILING_INODE = program.shell(("stat -c %%i '%s'"):format(lab:path "data.csv")).out:match "%d+"
    local result = lab:run({ "--quiet", "verify", "--deep", ID }, { env = env })
    assert.equal(5, result.status)
    assert.matches("data.csv: Input/output error (a file that can be read expected)\n", result.out, 1, true)
    assert.equal(0, lab:run({ "--quiet", "verify", "--deep", "--repair", ID }, { env = env }).status)
    assert_right "a bad disk"
  end)

  it("makes no command crash", function()
    local commands = {}
    for _, name in ipairs(require "datamaestro.modules".within "cli.commands") do
      commands[#commands + 1] = not OTHERS[name] and name or nil
    end
    for _, damage in ipairs(DAMAGE) do
      for _, name in ipairs(commands) do
        restore()
        shell(damage[2])
        local result = lab:run { "--quiet", name, table.unpack(ARGUMENTS[name] or { ID }) }
        local said = ("%s, %s: %s"):format(name, damage[1], result.err)
        assert.is_true(result.status < 128, said)
        assert.is_nil(result.err:find "internal error", said)
        assert.is_nil(result.err:find "Usage:", said)
      end
    end
  end)
end)
