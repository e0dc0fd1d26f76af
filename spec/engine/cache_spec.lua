local cache = require "datamaestro.engine.cache"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local process = require "datamaestro.api.process"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local KEY = "sha256-" .. ("ab"):rep(32)

describe("the cache of downloads", function()
  local root, here, dead, elsewhere

  setup(function()
    local place, pid = process.owner():match "^(%x+)%-(%d+)"
    dead = ("%s-%s-1"):format(place, pid) -- our number, but it began at the boot
    elsewhere = ("%016x-%s-1"):format(1, pid)
    assert.is_false(process.is_alive(dead))
    assert.is_nil(process.is_alive(elsewhere))
  end)

  before_each(function()
    root = temp.folder()
    here = cache.open(root)
  end)

  after_each(function()
    temp.remove(root)
  end)

  local function leave(owner, part, journal, seconds)
    local base = ("%s/cache/%s.%s"):format(root, KEY, owner)
    temp.write(base .. ".part", part)
    if journal then
      temp.write(base .. ".journal", journal)
    end
    if seconds then
      program.shell(("touch -d '%d seconds ago' %s.*"):format(seconds, base))
    end
  end

  it("names a download after its digest, else after its URL", function()
    assert.are.equal("md5-0aff", cache.key("https://x/", "md5", "0AFF"))
    assert.are.equal(digest.string("sha256", '"https://x/a"'), cache.key "https://x/a")
    assert.are.equal(root .. "/cache/" .. digest.string("sha256", '"https://x/a"'), here:kept "https://x/a")
    assert.is_nil(file.stat(root .. "/cache"))
  end)

  it("names a part file after its owner", function()
    assert.are.equal(("%s/cache/%s.%s"):format(root, KEY, process.owner()), here:claim(KEY))
  end)

  it("takes over what a dead process has left", function()
    leave(dead, "part", "journal")
    local base = here:claim(KEY)
    assert.are.same({ "part", "journal" }, { temp.read(base .. ".part"), temp.read(base .. ".journal") })
    assert.are.equal(2, #file.list(root .. "/cache"))
  end)

  it("takes nothing over without its journal", function()
    leave(dead, "part")
    local base = here:claim(KEY)
    assert.is_nil(file.stat(base .. ".part"))
  end)

  it("leaves alone what a living process writes to, and other downloads", function()
    local mine = cache.open(root)
    mine.owner = "someone-else" -- so that ours is another's
    leave(process.owner(), "part", "journal")
    temp.write(("%s/cache/md5-00.%s.part"):format(root, dead), "other")
    local base = mine:claim(KEY)
    assert.is_nil(file.stat(base .. ".part"))
    assert.are.equal(3, #file.list(root .. "/cache"))
  end)

  it("copies what may be a living one's on another machine, when it has been silent", function()
    leave(elsewhere, "part", "journal", 3)
    local base = here:claim(KEY)
    assert.is_nil(file.stat(base .. ".part"))
    leave(elsewhere, "part", "journal", 100)
    here:claim(KEY)
    assert.are.same({ "part", "journal" }, { temp.read(base .. ".part"), temp.read(base .. ".journal") })
    assert.are.equal(4, #file.list(root .. "/cache"))
  end)

  it("keeps its own part", function()
    leave(process.owner(), "mine", "my journal")
    leave(dead, "theirs", "their journal")
    assert.are.equal("mine", temp.read(here:claim(KEY) .. ".part"))
  end)

  it("lets one holder at a time have a download, in this process and among all", function()
    assert(here:make())
    local path = ("%s/cache/%s.lock"):format(root, KEY)
    do
      local lock <close> = assert(here:lock(KEY)) -- luacheck: ignore
      assert.are.same({ nil, path .. ": held by this process", "busy" }, { here:lock(KEY) })
      assert.are.same({ nil, path .. ": locked by another process", "busy" }, { cache.open(root):lock(KEY) })
      local other <close> = assert(here:lock "md5-00") -- luacheck: ignore
    end
    assert.are.same({}, file.list(root .. "/cache"))
    assert(here:lock(KEY)):close()
  end)

  it("says who holds a lock, and how far that one is", function()
    assert(here:make())
    local lock <close> = assert(here:lock(KEY)) -- luacheck: ignore
    leave(process.owner(), ("x"):rep(1000))
    local holder, received = here:watch(("%s/cache/%s.lock"):format(root, KEY))
    assert.are.equal(("process %d on %s"):format(file.pid(), process.host()), holder)
    assert.are.equal(1000, received)
    for _, content in ipairs { "", "\0", "nonsense", "a b", "../../x y" } do
      temp.write(root .. "/lock", content)
      assert.are.same({ "another process", 0 }, { here:watch(root .. "/lock") })
    end
  end)

  it("tells how much of a download is here", function()
    assert.are.equal(0, here:present(KEY))
    leave(dead, ("x"):rep(1000))
    leave(elsewhere, ("x"):rep(2000))
    assert.are.equal(2000, here:present(KEY))
    assert.are.equal(0, here:present "md5-00")
  end)

  it("removes what nobody comes back to, and nothing else", function()
    leave(dead, "", "", 8 * 86400)
    leave(process.owner(), "", "", 8 * 86400)
    leave(elsewhere, "", "", 6 * 86400)
    temp.write(root .. "/cache/kept.dl", "")
    program.shell(("touch -d '1 year ago' %s/cache/kept.dl"):format(root))
    here:sweep()
    assert.are.equal(5, #file.list(root .. "/cache"))
    assert.is_nil(file.stat(("%s/cache/%s.%s.part"):format(root, KEY, dead)))
    cache.open(root .. "/nowhere"):sweep()
  end)
end)
