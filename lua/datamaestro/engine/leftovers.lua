--- What processes leave that die: in datasets' folders and in the cache. Whose it is, and whether that one
-- lives.
local file = require "datamaestro.api.file"
local process = require "datamaestro.api.process"
local text = require "datamaestro.text"

local leftovers = {}

local STALE = 60              -- seconds after which a part that is written at once is no more written to
local FORGOTTEN = 86400       -- seconds that another machine's process is given
local ABANDONED = 7 * 86400   -- seconds after which nobody comes back to a download
local URL_MAXIMUM = 65536     -- bytes

--- Whether what was last changed then is old for something that is written at once.
-- @param mtime integer: seconds since 1970
-- @return boolean
function leftovers.is_stale(mtime)
  return os.time() - mtime > STALE
end

--- Whether a name is that of a process's folder in .downloads.
-- @param name string
-- @return boolean
function leftovers.is_workshop(name)
  return name:find "^%x+%-%d+%-%d+$" ~= nil
end

--- Whether a process may still be at work in a folder of .downloads, or in something of the Python program's.
-- @param name string
-- @param mtime integer: its last change, in seconds since 1970
-- @return boolean
function leftovers.is_live(name, mtime)
  local alive
  if leftovers.is_workshop(name) then
    alive = process.is_alive(name)
  end
  if alive == nil then
    return os.time() - mtime <= FORGOTTEN
  end
  return alive
end

--- Whether a name is that of a state file that did not get to its place.
-- @param name string
-- @return boolean
function leftovers.is_state_part(name)
  return name == ".state.json.tmp" or name:find "^%.state%.json%.%d+%.%d+$" ~= nil
end

--- Whether a name is that of a list of contents that did not get to its place.
-- @param name string
-- @return boolean
function leftovers.is_list_part(name)
  return name:find "%.%d+%.%d+$" ~= nil
end

--- The id of the dataset whose state file has a path.
-- @param path string: "data/REPOSITORY/a/b/.state.json"
-- @return string: "a.b"; of a variant's "a.b[k=v]"
function leftovers.id_of(path)
  local folder = path:match "^data/[^/]+/(.*)/[^/]*$" or ""
  local family, variant = folder:match "^(.*)/([^/]*=[^/]*)$"
  local id = (family or folder):gsub("/", ".")
  return variant and ("%s[%s]"):format(id, variant) or id
end

-- --- The cache ----------------------------------------------------------------------------------

-- Files whose names say whose they are.
local OF_OWNERS = { part = true, journal = true, shared = true, kept = true }

--- What a file of the cache is to nobody, if it is.
-- @param name string
-- @param mtime integer: its last change, in seconds since 1970
-- @return string | nil: "process" (left by one that died), "lock" (to be asked who holds it)
function leftovers.of_cache(name, mtime)
  local owner, ending = name:match "%.([%w-]+)%.(%l+)$"
  if name:find "%.lock$" then
    return "lock"
  elseif name:find "^%x+%.tmp$" then -- the Python program's
    return os.time() - mtime > FORGOTTEN and "process" or nil
  elseif not OF_OWNERS[ending] then
    return nil
  end
  local alive = process.is_alive(owner)
  if alive == nil then
    alive = os.time() - mtime <= ABANDONED
  end
  return not alive and "process" or nil
end

local Kept = { __name = "kept downloads" }
Kept.__index = Kept

--- Collects the downloads that --keep-downloads keeps.
-- @param root string: the data directory
-- @return kept: to be given the names of the cache
function leftovers.kept(root)
  return setmetatable({ root = root, rows = {}, by_key = {} }, Kept)
end

--- Takes a file if it is one of them.
-- @param name string: in cache/
-- @param tree walk
-- @param index integer: its entry
-- @return boolean: whether it is
function Kept:take(name, tree, index)
  local key, ending = name:match "^(%x+)%.(%l+)$"
  if not key or #key ~= 64 or (ending ~= "dl" and ending ~= "url") then
    return false
  end
  local row = self.by_key[key]
  if not row then
    row = { path = "cache/" .. key .. ".dl", files = 0, bytes = 0, disk = 0 }
    self.by_key[key], self.rows[#self.rows + 1] = row, row
  end
  local _, _, size = tree:entry(index)
  local sum = tree:measure(index)
  row.files, row.bytes, row.disk = row.files + 1, row.bytes + size, row.disk + (sum and sum.disk or 0)
  local path = ("%s/cache/%s"):format(self.root, name)
  local content = ending == "url" and size <= URL_MAXIMUM and file.read(path)
  row.url = content and text.url((content:gsub("%s+$", ""))) or row.url
  return true
end

--- All of them.
-- @return array of tables: path (relative to the data directory), url (string|nil), files, bytes, disk
function Kept:list()
  return self.rows
end

return leftovers
