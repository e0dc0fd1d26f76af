--- The cache: downloads under way, and those that are kept. A download under way is a part file and a journal
-- named after what is fetched and who fetches it (KEY.OWNER.part, KEY.OWNER.journal), and a lock (KEY.lock)
-- that saves others the work. Nobody writes to another's part file: what a dead process has left is renamed,
-- what may be a living one's on another machine is copied. What several resources of a run come from is kept
-- for as long in KEY.OWNER.shared (shares.lua).
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local process = require "datamaestro.api.process"

local cache = {}

local Cache = { __name = "cache" }
Cache.__index = Cache

local SILENT = 60         -- seconds without a sign of life, after which a part on another machine is copied
local FORGOTTEN = 7 * 86400 -- seconds after which nobody comes back to it
local FORGOTTEN_SHARED = 86400 -- seconds: older ones are not taken over (shares.lua)

-- The endings of files whose names say whose they are.
local OF_OWNERS = { part = true, journal = true, shared = true, kept = true }

--- Opens the cache of a data directory; nothing is made yet.
-- @param root string: the data directory
-- @return cache
function cache.open(root)
  return setmetatable({ folder = root .. "/cache", owner = process.owner(), held = {} }, Cache)
end

--- The name of what is fetched: of its bytes where a digest is declared, so that any source of them serves,
-- else of its URL.
-- @param url string
-- @param kind string|nil: the digest that is declared of the bytes as served
-- @param hex string|nil: its value
-- @return string
function cache.key(url, kind, hex)
  if kind then
    return kind .. "-" .. hex:lower()
  end
  return require "datamaestro.api.digest".string("sha256", json.encode(url))
end

--- The path of a kept download as the Python program names it, without its extension.
-- @param url string
-- @return string: …/cache/<sha256 of the URL's JSON>
function Cache:kept(url)
  return ("%s/%s"):format(self.folder, cache.key(url))
end

--- The path of a download that was not as declared, under the digest that it has.
-- @param kind string: of the digest
-- @param hex string
-- @return string
function Cache:set_aside(kind, hex)
  return ("%s/%s.aside"):format(self.folder, cache.key("", kind, hex))
end

--- Makes the folder.
-- @return true | nil, message, code
function Cache:make()
  return file.mkdirs(self.folder)
end

local function pattern_of(key)
  return "^" .. key:gsub("%-", "%%-") .. "%.([%w-]+)%.part$"
end

local function path_of(self, key, owner, ending)
  return ("%s/%s.%s%s"):format(self.folder, key, owner, ending)
end

local function is_plain(path)
  local found = file.stat(path, true)
  return found and found.type == "file"
end

-- Takes a part over; whether there is one of ours now.
local function adopt(self, key, owner)
  local theirs, ours = path_of(self, key, owner, ""), path_of(self, key, self.owner, "")
  if not is_plain(theirs .. ".part") or not is_plain(theirs .. ".journal") then
    return false
  end
  local take = process.is_alive(owner) == false and file.move or file.copy
  if take == file.copy then
    local found = file.stat(theirs .. ".part")
    if not found or os.time() - found.mtime < SILENT then
      return false
    end
  end
  -- The journal last: alone, a part is as good as none, and a journal says what it is the journal of.
  if take(theirs .. ".part", ours .. ".part") and take(theirs .. ".journal", ours .. ".journal") then
    return true
  end
  file.remove(ours .. ".part")
  return false
end

--- Names the part file of a download, and takes over what others have left of it.
-- @param key string
-- @param afresh boolean|nil: nothing that is there is to be continued
-- @return string: the path without .part and .journal
function Cache:claim(key, afresh)
  local base = path_of(self, key, self.owner, "")
  if afresh then
    file.remove(base .. ".part")
    file.remove(base .. ".journal")
    return base
  end
  for _, name in ipairs(file.list(self.folder) or {}) do
    local owner = name:match(pattern_of(key))
    local abandoned = owner and owner ~= self.owner and process.is_alive(owner) ~= true
    if abandoned and not file.stat(base .. ".part") then
      adopt(self, key, owner)
    end
  end
  return base
end

--- Tries to lock a download.
-- @param key string
-- @return lock with :close() | nil, message, code ("busy" when this process or another holds it)
function Cache:lock(key)
  local path = ("%s/%s.lock"):format(self.folder, key)
  if self.held[key] then
    return nil, path .. ": held by this process", "busy"
  end
  local handle, message, code = file.lock(path, false)
  if not handle then
    return nil, message, code
  end
  handle:note(cache.signature(self.owner))
  self.held[key] = true
  local function close()
    self.held[key] = nil
    handle:remove(path)
  end
  return setmetatable({ close = close }, { __close = close })
end

--- What a lock's file says of who holds it.
-- @param owner string
-- @return string
function cache.signature(owner)
  return ("%s %s\n"):format(owner, process.host())
end

--- Who holds a lock, and how far the downloads of that process are.
-- @param path string: of the lock
-- @return string: such as "process 123 on host"
-- @return integer: bytes that are here
function Cache:watch(path)
  local owner, host = (file.read(path) or ""):match "^([%w-]+) (%S+)"
  local pid = owner and owner:match "^%x+%-(%d+)%-"
  local received = 0
  for _, name in ipairs(pid and file.list(self.folder) or {}) do
    local found = name:match "%.([%w-]+)%.part$" == owner and file.stat(self.folder .. "/" .. name)
    received = received + (found and found.size or 0)
  end
  return pid and ("process %s on %s"):format(pid, host) or "another process", received
end

-- The parts that are here, read once: key → array of owners.
local function parts_of(self)
  if not self.parts then
    self.parts = {}
    for _, name in ipairs(file.list(self.folder) or {}) do
      local key, owner = name:match "^(.+)%.([%w-]+)%.part$"
      if key then
        self.parts[key] = self.parts[key] or {}
        table.insert(self.parts[key], owner)
      end
    end
  end
  return self.parts
end

-- How much of a part its journal (include/datamaestro/journal.h) vouches for.
local function vouched(base)
  local found = file.stat(base .. ".part", true)
  local offset
  for number in (file.read(base .. ".journal") or ""):gmatch "\n(%d+) %x+%f[\n]" do
    offset = math.tointeger(tonumber(number))
  end
  return found and found.type == "file" and math.min(offset or 0, found.size) or 0
end

--- How much of a download need not be fetched again, as far as its journals say. Another process's that is
-- alive does not count. What is in the cache is looked at once.
-- @param url string
-- @param kind string|nil: as for cache.key
-- @param hex string|nil: likewise
-- @return integer: bytes
function Cache:resumable(url, kind, hex)
  local most = 0
  if next(parts_of(self)) == nil then
    return most -- nor is there any need of keys
  end
  local key = cache.key(url, kind, hex)
  for _, owner in ipairs(parts_of(self)[key] or {}) do
    if owner == self.owner or process.is_alive(owner) ~= true then
      most = math.max(most, vouched(path_of(self, key, owner, "")))
    end
  end
  return most
end

--- How much of a download is here already.
-- @param key string
-- @return integer: bytes
function Cache:present(key)
  local most = 0
  for _, name in ipairs(file.list(self.folder) or {}) do
    local found = name:match(pattern_of(key)) and file.stat(self.folder .. "/" .. name)
    most = math.max(most, found and found.size or 0)
  end
  return most
end

--- How much this process has left of downloads that did not end.
-- @return integer: bytes
function Cache:left()
  local left = 0
  for _, name in ipairs(file.list(self.folder) or {}) do
    local found = name:match "%.([%w-]+)%.part$" == self.owner and file.stat(self.folder .. "/" .. name)
    left = left + (found and found.size or 0)
  end
  return left
end

-- A lock that nobody holds is of a process that died.
local function sweep_lock(path)
  local handle = file.lock(path, false)
  if handle then
    handle:remove(path)
  end
end

-- Whether a dead process's file is of no use: a part without a journal, a part's second name.
local function is_waste(path, ending)
  return ending == "kept" or ending == "part" and not file.stat((path:gsub("part$", "journal")), true)
end

--- Removes what nobody comes back to.
function Cache:sweep()
  for _, name in ipairs(file.list(self.folder) or {}) do
    local path = self.folder .. "/" .. name
    local owner, ending = name:match "%.([%w-]+)%.(%l+)$"
    local alive = OF_OWNERS[ending] and process.is_alive(owner)
    local found = OF_OWNERS[ending] and alive ~= true and file.stat(path)
    if name:find "%.lock$" then
      sweep_lock(path)
    elseif name:find "%.aside$" then
      found = file.stat(path)
      if found and os.time() - found.mtime > FORGOTTEN then
        file.remove(path)
      end
    elseif found and (alive == false and is_waste(path, ending)
      or os.time() - found.mtime > (ending == "shared" and FORGOTTEN_SHARED or FORGOTTEN)) then
      file.remove(path)
    end
  end
end

return cache
