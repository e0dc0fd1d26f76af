--- What the files to make take: bytes to fetch, room on the disk, names in it. Counted before the first byte,
-- for those who bring them (run.lua) and for those who only ask (forecast.lua).
local file = require "datamaestro.api.file"
local resources = require "datamaestro.engine.resources"
local text = require "datamaestro.text"
local verify = require "datamaestro.engine.verify"

local needs = {}

--- The lists of sources that a resource fetches.
-- @param resource resource
-- @return array of arrays of sources
function needs.sources(resource)
  local kind = resources.kind(resource)
  return kind.sources and kind.sources(resource) or {}
end

-- Counts the sources of a resource; the bytes of those that nobody before it comes from, and their URLs.
local function fetched(self, resource)
  local bytes, here, urls = 0, 0, {}
  for _, list in ipairs(needs.sources(resource)) do
    local source = list[1]
    if self.shares:expect(list) then
      local digest = verify.digest(source)
      bytes = bytes + (source.size or 0)
      here = here + self.cache:resumable(source.url, digest, digest and source[digest])
    end
    if not urls[source.url] and not source.url:lower():find "^file:" then
      urls[source.url] = true
      self.users[source.url] = (self.users[source.url] or 0) + 1
    end
  end
  return bytes, here, urls
end

local function add(self, sum, resource)
  local kind = resources.kind(resource)
  local need = kind.needs(resource)
  local bytes, here, urls = fetched(self, resource)
  sum.files = sum.files + (kind.stands == "nothing" and 0 or 1)
  sum.bytes = sum.bytes + bytes
  -- What is not counted as needed cannot be there already.
  sum.here = sum.here + math.min(here, (need.stored or 0) + (need.spool or 0))
  sum.unknown = sum.unknown + (need.served and 0 or (kind.sources and 1 or 0))
  sum.stored = sum.stored + (need.stored or 0)
  sum.transient = sum.transient + (resource.transient and need.stored or 0)
  sum.unmeasured = sum.unmeasured + (need.stored and 0 or 1)
  sum.names = sum.names + (need.files or 1)
  sum.folders = sum.folders + (kind.stands == "folder" and not need.files and 1 or 0)
  if (need.spool or 0) > 0 then
    table.insert(self.spools, { size = need.spool, urls = urls })
  end
end

-- What is spooled goes once it is unpacked, unless it is kept or others come from it.
local function add_spools(self, sum, jobs, keep)
  local passing, seen = {}, {}
  for _, spool in ipairs(self.spools) do
    local shared, again = false, false
    for url in pairs(spool.urls) do
      shared, again = shared or self.users[url] > 1, again or seen[url] == true
      seen[url] = true
    end
    if shared or keep then
      sum.kept = sum.kept + (again and 0 or spool.size)
    else
      passing[#passing + 1] = spool.size
    end
  end
  table.sort(passing, function(a, b)
    return a > b
  end)
  for i = 1, math.min(jobs, #passing) do
    sum.spool = sum.spool + passing[i]
  end
  sum.largest = passing[1] or 0
end

--- Counts what plans take.
-- @param plans array, as of plan.of
-- @param context table: shares (which is told what to expect), cache, settings, keep
-- @return table: files (resources to make, but for those of which nothing stands on disk), bytes (to fetch,
--   each URL once), unknown (resources of which these are not known), here (bytes of what is needed that are
--   in the cache), stored (bytes of what is made), transient (of these, what goes again), unmeasured
--   (resources of which these are not known), kept (bytes as served that stay until others are made of them,
--   or for good), spool (bytes as served under way at once, at the most), largest (of one resource), names
--   (files in the file system), folders (resources of which these are not known)
-- @return array: bytes to fetch for each plan | false where they are not known
function needs.of(plans, context)
  local self = { shares = context.shares, cache = context.cache, users = {}, spools = {} }
  local sum = { files = 0, bytes = 0, unknown = 0, here = 0, stored = 0, transient = 0, unmeasured = 0,
    kept = 0, spool = 0, largest = 0, names = 0, folders = 0 }
  local totals = {}
  for i, plan in ipairs(plans) do
    local before, unknown = sum.bytes, sum.unknown
    for _, step in ipairs(plan.actions) do
      if step.action == "make" then
        add(self, sum, step.resource)
      end
    end
    totals[i] = sum.unknown == unknown and sum.bytes - before
  end
  add_spools(self, sum, context.settings.jobs, context.keep)
  return sum, totals
end

--- The room that some files need, as far as is known.
-- @param sum table: as of needs.of
-- @return integer least: bytes without which they cannot be made
-- @return integer peak: bytes that there may be at one time
function needs.bytes(sum)
  local always = sum.stored + sum.kept - sum.here
  return math.max(0, always + sum.largest), math.max(0, always + sum.spool)
end

--- The folder in which a path would be made.
-- @param path string: absolute; it need not be there yet
-- @return string: itself or the nearest above it that is there
function needs.nearest(path)
  while path ~= "" and not file.stat(path, true) do
    path = path:match "^(.*)/[^/]*$" or ""
  end
  return path == "" and "/" or path
end

--- The room that there is. Nothing is made.
-- @param root string: the data directory, which need not be there yet
-- @return integer: bytes | nil, message, code
-- @return integer|nil: files, where the file system counts them
function needs.room(root)
  local free, inodes, code = file.space(needs.nearest(root))
  if not free then
    return nil, inodes, code
  end
  return free, math.type(inodes) == "integer" and inodes or nil
end

--- What there is too little of.
-- @param root string: the data directory
-- @param sum table: as of needs.of
-- @param free integer: bytes
-- @param inodes integer|nil: files
-- @return string | nil: where there is enough
function needs.problem(root, sum, free, inodes)
  local least = needs.bytes(sum)
  if least > free then
    return ("%s: %s free (%s needed for %d file%s; --data names another place)"):format(root,
      text.size(free), text.size(least), sum.files, sum.files == 1 and "" or "s")
  elseif inodes and sum.names > inodes then
    return ("%s: room for %d more files (%d needed)"):format(root, inodes, sum.names)
  end
end

return needs
