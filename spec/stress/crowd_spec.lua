-- Several processes that prepare the same dataset at once.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local file = require "datamaestro.api.file"
local preload = require "spec.support.preload"
local program = require "spec.support.program"
local rounds = require "spec.support.rounds"
local temp = require "spec.support.temp"

local FILES = { -- name in the dataset, path at the server, bytes as served
  { "one.bin", "one", 1 }, { "small.bin", "small", 10000 }, { "large.bin", "large", 3 << 20 },
  { "text.txt", "text.gz" },
}

describe("a crowd that prepares one dataset", function()
  local server, folder, definition, contents

  setup(function()
    folder = temp.folder()
    server = Nginx.start()
    local lines
    contents, lines = {}, {}
    temp.write(server.root .. "/text", ("A line of some text.\n"):rep(50000))
    contents["text.txt"] = temp.read(server.root .. "/text")
    program.shell("gzip -n " .. server.root .. "/text")
    for at, entry in ipairs(FILES) do
      local name, path, size = table.unpack(entry)
      if size then
        program.shell(("head -c %d /dev/urandom >%s/%s"):format(size, server.root, path))
        contents[name] = temp.read(server.root .. "/" .. path)
      end
      entry[3] = file.stat(server.root .. "/" .. path).size
      local sha256 = program.shell(("sha256sum %s/%s"):format(server.root, path)).out:match "%x+"
      lines[at] = ('filedownloader(%q, "%s/%s", { size = %d, sha256 = %q })'):format(
        name, server.url, path, entry[3], sha256)
    end
    definition = ("Data = %s .. dataset { use 'datamaestro.data'.Folder, 'Files' } .."
      .. "function(one) return { path = one } end"):format(table.concat(lines, " .. "))
  end)

  teardown(function()
    server:stop()
    temp.remove(folder)
  end)

  -- Starts `count` processes at once, and waits for all.
  local function start_crowd(lab, count, env)
    local command = lab:command({ "--quiet", "prepare", "org.example.data" }, { env = env })
    local script = [[cd %s; for i in $(seq %d); do
      { %s >out.$i 2>err.$i </dev/null; echo $? >status.$i; } &
    done; wait]]
    program.shell(script:format(lab.folder, count, command))
  end

  local function assert_all_well(lab, count, label)
    local out = temp.read(lab.folder .. "/out.1")
    for i = 1, count do
      local function read(what)
        return temp.read(("%s/%s.%d"):format(lab.folder, what, i))
      end
      -- Where locks lie, a process may find another's file in place and its state not yet written.
      local err = read "err":gsub("datamaestro: warning: [^\n]*: taken as it is %([^\n]*%)\n", "")
      assert.are.same({ "0\n", "", out }, { read "status", err, read "out" }, label)
    end
    for name, content in pairs(contents) do
      assert.is_true(content == temp.read(lab:path(name)), label .. ": " .. name .. " is damaged")
    end
    assert.are.same({}, file.list(lab:path ".downloads") or {}, label)
    for _, name in ipairs { "one", "small", "large", "text" } do
      assert.are.equal("complete", lab:state(name), label)
    end
  end

  -- One line for each fetch: the path, and how much was sent.
  local function fetches()
    local found = {}
    for at, request in ipairs(server:requests()) do
      found[at] = ("%s %d"):format(request.path, request.sent)
    end
    table.sort(found)
    return found
  end

  local function crowd_rounds(count, env, check)
    local most = 0
    for round = 1, rounds.count do
      server:forget()
      local lab = Laboratory.new()
      lab:define(definition)
      start_crowd(lab, count, env)
      assert_all_well(lab, count, ("round %d of %d processes"):format(round, count))
      lab:close()
      local found = fetches()
      most = math.max(most, #found)
      if check then
        check(found)
      end
    end
    rounds.say("crowd_rounds: %d of %d processes with %s: all well, at most %d requests for %d files",
      rounds.count, count, env and "locks that lie" or "true locks", most, #FILES)
  end

  local function assert_one_fetch_each(found)
    local expected = {}
    for at, entry in ipairs(FILES) do
      expected[at] = ("/%s %d"):format(entry[2], entry[3])
    end
    table.sort(expected)
    assert.are.same(expected, found)
  end

  for _, count in ipairs { 2, 8 } do
    it(("fetches each file once, %d processes wide"):format(count), function()
      crowd_rounds(count, nil, assert_one_fetch_each)
    end)

    it(("damages nothing where locks lie, %d processes wide"):format(count), function()
      crowd_rounds(count, preload.build("lying_flock", folder))
    end)
  end
end)
