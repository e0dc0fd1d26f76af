--- What this and other processes have learnt of the hosts that serve files: until when one asks to be left
-- alone, and whether it has failed lately. One small file a host, in cache/hosts/, written only when there is
-- something to say.
local file = require "datamaestro.api.file"

local hosts = {}

--- Seconds for which a host is left alone at the most; one that asks for more has failed.
hosts.PATIENCE = 300

local Hosts = { __name = "hosts" }
Hosts.__index = Hosts

local MEMORY = 600    -- seconds for which a failure counts
local LOOK = 1        -- seconds between two looks at what other processes have written

--- Opens what is known.
-- @param folder string: where the files are; made when it is needed
-- @return hosts
function hosts.open(folder)
  return setmetatable({ folder = folder, known = {} }, Hosts)
end

--- The host of a URL, with its port where one is given.
-- @param url string
-- @return string | nil: for a local file
function hosts.of(url)
  local authority = url:match "^%w+://([^/?#]*)"
  local host = authority and authority:gsub("^.*@", ""):lower()
  return host ~= "" and host or nil
end

local function path_of(self, host)
  return ("%s/%s"):format(self.folder, (host:gsub("[^%w.-]", "_")))
end

-- The file says "until UNIX-TIME" and "failed UNIX-TIME", each where there is something to say.
local function read(self, host)
  local entry = self.known[host]
  if entry and os.time() < entry.read + LOOK then
    return entry
  end
  local content = file.read(path_of(self, host)) or ""
  -- Anyone may have written there, and clocks may have been wrong.
  local wait_until = math.tointeger(tonumber(content:match "until (%d+)")) or 0
  local failed = math.tointeger(tonumber(content:match "failed (%d+)")) or 0
  entry = {
    read = os.time(),
    wait_until = math.min(wait_until, os.time() + hosts.PATIENCE),
    failed = failed <= os.time() and failed or 0,
  }
  self.known[host] = entry
  return entry
end

-- That others cannot be told is no failure of ours.
local function write(self, host, entry)
  if file.mkdirs(self.folder) then
    file.replace(path_of(self, host), ("until %d\nfailed %d\n"):format(entry.wait_until, entry.failed))
  end
end

--- How long a host wants to be left alone.
-- @param host string
-- @return number: seconds, 0 for not at all
function Hosts:delay(host)
  return math.max(0, read(self, host).wait_until - os.time())
end

--- Whether a host has failed lately, and not served since.
-- @param host string
-- @return boolean
function Hosts:is_failing(host)
  return os.time() - read(self, host).failed < MEMORY
end

--- Notes a failure.
-- @param host string
-- @param retry_after integer|nil: seconds that it asks to wait
function Hosts:failed(host, retry_after)
  local entry = read(self, host)
  local wait_until = retry_after and os.time() + retry_after or 0
  if wait_until <= entry.wait_until and self:is_failing(host) then
    return
  end
  entry.wait_until = math.max(entry.wait_until, wait_until)
  entry.failed = os.time()
  write(self, host, entry)
end

--- Notes a success.
-- @param host string
function Hosts:served(host)
  local entry = read(self, host)
  if entry.failed > 0 and entry.wait_until <= os.time() then
    entry.failed, entry.wait_until = 0, 0
    file.remove(path_of(self, host))
  end
end

return hosts
