--- One URL, one fetch: what several resources of a run come from is fetched by the first of them, kept as it
-- was served in cache/KEY.OWNER.shared until the last one is done, and read from there by the others.
local cache = require "datamaestro.engine.cache"
local file = require "datamaestro.api.file"
local process = require "datamaestro.api.process"
local verify = require "datamaestro.engine.verify"

local shares = {}

local Shares = { __name = "shares" }
Shares.__index = Shares

local YOUNG = 86400 -- seconds for which what a dead process has fetched is as good as fetched now

--- Counts what resources come from.
-- @param store_cache cache
-- @return shares
function shares.new(store_cache)
  return setmetatable({ cache = store_cache, list = {} }, Shares)
end

--- Counts one more resource that comes from some sources.
-- @param sources array of sources, as of fetch.obtain
-- @return boolean: whether it is the first one
function Shares:expect(sources)
  local url = sources[1] and sources[1].url
  if url and not url:lower():find "^file:" then
    local share = self.list[url] or { url = url, count = 0, waiting = 0 }
    self.list[url] = share
    share.count = share.count + 1
    share.proof = share.proof or verify.digest(sources[1]) and sources[1]
    return share.count == 1
  end
  return true
end

-- What a process that is dead has fetched lately: its path.
local function left_over(self, share)
  local pattern = "^" .. share.key .. "%.([%w-]+)%.shared$"
  for _, name in ipairs(file.list(self.cache.folder) or {}) do
    local owner = name:match(pattern)
    local path = self.cache.folder .. "/" .. name
    local found = owner and file.stat(path, true)
    if found and found.type == "file" and process.is_alive(owner) == false
      and os.time() - found.mtime < YOUNG then
      return path
    end
  end
end

local function adopt(self, share)
  local path = left_over(self, share)
  if path and file.move(path, share.path) then
    share.copy = share.path
  end
end

--- Looks for what a run that died has fetched for several resources.
-- @param sources array of sources
-- @return table: copy (path) | nil: where there is none, or it would not be used
function Shares:look(sources)
  local share = sources[1] and self.list[sources[1].url]
  if not share or share.count < 2 then
    return nil
  elseif not share.key then
    share.key = cache.key(share.url)
    share.left = left_over(self, share)
  end
  return share.left and { copy = share.left } or nil
end

--- In a task: waits until it is one's turn.
-- @param sources array of sources
-- @param scheduler scheduler
-- @return share with fields `path` (where to keep what is served), `proof` (a source of those that declares a
--   digest of the bytes, or nil) and, once it was fetched, `copy` (where it is) | nil: where nobody else
--   needs it
function Shares:enter(sources, scheduler)
  local share = sources[1] and self.list[sources[1].url]
  if not share or share.count < 2 and not share.path then
    return nil
  elseif not share.path then
    share.key = cache.key(share.url)
    share.path = ("%s/%s.%s.shared"):format(self.cache.folder, share.key, self.cache.owner)
    adopt(self, share)
  end
  while share.busy and not share.copy do
    scheduler:sleep(0.02)
  end
  share.busy = true
  return share
end

--- Says that what was kept is not what it should be.
-- @param share share
function Shares:refuse(share) -- luacheck: ignore self
  file.remove(share.path)
  share.copy = nil
end

--- Says that what was kept for later is needed no more.
-- @param sources array of sources
function Shares:release(sources)
  local share = self.list[sources[1].url]
  if share and share.path then
    self:leave(share)
  end
end

--- Says that a resource is done, with or without success; after the last one the copy goes. A run that is
-- interrupted leaves it to the next one.
-- @param share share
function Shares:leave(share) -- luacheck: ignore self
  share.busy = false
  share.count = share.count - 1
  if share.count == 0 then
    file.remove(share.path)
    share.copy = nil
  end
end

return shares
