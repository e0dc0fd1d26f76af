-- What others leave in a data directory, and what disks and mirrors do at a bad moment.
local FaultServer = require "spec.support.fault_server"
local Laboratory = require "spec.support.laboratory"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local preload = require "spec.support.preload"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("prepare, in a bad world,", function()
  local server, lab

  setup(function()
    server = FaultServer.start()
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  -- The digest of what the server sends for a seed and a size.
  local function sha256_of(query)
    local result = program.shell(("curl -s '%s/good?%s' | sha256sum"):format(server.url, query))
    return result.out:match "%x+"
  end

  local function shell(command, ...)
    local result = program.shell(command:format(...))
    assert.are.equal(0, result.status, result.err)
  end

  it("writes through no link that stands where its lock should be", function()
    temp.write(lab.folder .. "/precious", "precious")
    lab:define_file(server.url .. "/whole")
    assert(file.mkdirs(lab:path ""))
    shell("ln -s %s/precious '%s'", lab.folder, lab:path ".state.lock")
    local result = lab:prepare()
    assert.are.same({ 12, ("datamaestro: %s: a link or special file (plain file expected)\n"):format(
      lab:path ".state.lock") }, { result.status, result.err })
    assert.are.equal("precious", temp.read(lab.folder .. "/precious"))
  end)

  it("waits for no FIFO in the place of its notes", function()
    lab:define_file(server.url .. "/whole", ("{ size = 4096, sha256 = %q }"):format(sha256_of "size=4096"))
    assert(file.mkdirs(lab.data .. "/cache/hosts"))
    shell("mkfifo '%s/cache/hosts/%s'", lab.data, (server.url:match "//(.*)":gsub(":", "_")))
    lab:define_file(server.url .. "/whole")
    local result = lab:run({ "--quiet", "prepare", "org.example.data" }, { prefix = "timeout 20" })
    assert.are.equal(0, result.status, result.err)
  end)

  it("does not take a part file that is a link for its own", function()
    local sha256 = sha256_of "size=300000"
    temp.write(lab.folder .. "/precious", ("x"):rep(300000))
    local dead = require "datamaestro.api.process".owner():gsub("%d+$", "1") -- began at another time
    local base = ("%s/cache/sha256-%s.%s"):format(lab.data, sha256, dead)
    temp.write(base .. ".journal", ("datamaestro journal 1\nsource %s\nkind sha256\n1000 %s\n"):format(
      ("0"):rep(64), digest.string("sha256", ("x"):rep(1000))))
    shell("ln -s %s/precious '%s.part'", lab.folder, base)
    lab:define_file(server.url .. "/good?size=300000", ("{ size = 300000, sha256 = %q }"):format(sha256))
    local result = lab:prepare()
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.equal(sha256, digest.file(lab:path "data.bin", { "sha256" }).sha256)
    assert.are.equal(("x"):rep(300000), temp.read(lab.folder .. "/precious"))
  end)

  it("does not go on from what a mirror has begun wrongly", function()
    local sha256 = sha256_of "seed=2&size=300000"
    lab:define_file(server.url .. "/drop?seed=1&size=300000&after=100000",
      ("{ size = 300000, sha256 = %q, mirrors = { %q } }"):format(sha256,
        server.url .. "/good?seed=2&size=300000"))
    local result = lab:prepare()
    assert.are.equal(0, result.status, result.err)
    assert.are.equal(sha256, digest.file(lab:path "data.bin", { "sha256" }).sha256)
  end)

  it("does not forget that the disk has refused bytes", function()
    local sha256 = sha256_of "size=20000000"
    lab:define_file(server.url .. "/good?size=20000000", ("{ size = 20000000, sha256 = %q }"):format(sha256))
    local result = lab:run({ "--quiet", "prepare", "org.example.data" },
      { env = preload.build("failing_sync", lab.folder) })
    assert.are.equal(1, result.status, result.err)
    assert.matches("Input/output error", result.err)
    assert.is_nil(file.stat(lab:path "data.bin"))
  end)

  it("opens no socket when it is offline, and one when it is not", function()
    local env = preload.build("no_socket", lab.folder)
    env.NO_SOCKET_NOTE = lab.folder .. "/socket"
    env.DATAMAESTRO_TRIES = "1"
    local function prepare(...)
      return lab:run({ "--quiet", "prepare", "org.example.data", ... }, { env = env }).status
    end
    lab:define_file(server.url .. "/whole")
    assert.are.equal(11, prepare "--offline")
    temp.write(lab.folder .. "/here", "here")
    local here = "file://" .. lab.folder .. "/here"
    lab:define_file(server.url .. "/whole", ("{ mirrors = { %q } }"):format(here))
    assert.are.equal(0, prepare "--offline")
    assert.is_nil(file.stat(env.NO_SOCKET_NOTE))
    os.remove(lab:path "data.bin")
    lab:define_file(server.url .. "/whole")
    assert.are.equal(4, prepare())
    assert.is_truthy(file.stat(env.NO_SOCKET_NOTE))
  end)

  it("refuses what nothing vouches for when it is asked to be strict", function()
    lab:define_file(server.url .. "/whole")
    local result = lab:run { "--quiet", "prepare", "--strict", "org.example.data" }
    local message = "datamaestro: org.example.data: data: %s/whole: plain http and no checksum (https, or "
      .. "one in the definition, expected); --strict was asked\n"
    assert.are.same({ 10, message:format(server.url) }, { result.status, result.err })
    lab:define_file(server.url .. "/whole", ("{ sha256 = %q }"):format(sha256_of "size=4096"))
    assert.are_not.equal(10, lab:run({ "--quiet", "prepare", "--strict", "org.example.data" }).status)
  end)

  it("says before the first byte that there is no room, with both numbers", function()
    lab:define_file(server.url .. "/whole", "{ size = 9000000000000000 }")
    local result = lab:prepare()
    assert.are.equal(8, result.status)
    assert.matches("^datamaestro: [^\n]*: [%d.]+ %u?B free %(9%.0 PB needed for 1 file; "
      .. "%-%-data names another place%)\n$", (result.err:gsub("datamaestro: warning: [^\n]*\n", "")))
  end)

  it("takes no URL without a host", function()
    for _, url in ipairs { "https:///x", "https://?x", "http://user@/x" } do
      lab:define_file(url)
      local result = lab:prepare()
      assert.are.equal(10, result.status)
      assert.matches("URL with a host expected", result.err, 1, true)
    end
  end)

  it("prints no password, however odd", function()
    for _, password in ipairs { "US/ERPW", "US?ERPW", "US#ERPW", "US=ERPW" } do
      lab:define_file(("http://user:%s@127.0.0.1:1/x"):format(password))
      local result = lab:prepare()
      assert.are_not.equal(0, result.status)
      assert.is_nil(result.err:find("ERPW", 1, true), result.err)
    end
  end)
end)
