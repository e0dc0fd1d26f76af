--- One resource that would be made: where it would come from, as far as that can be told without asking.
local elsewhere = require "datamaestro.engine.elsewhere"
local fetch = require "datamaestro.engine.fetch"
local file = require "datamaestro.api.file"
local hosts = require "datamaestro.engine.hosts"
local needs = require "datamaestro.engine.needs"
local resources = require "datamaestro.engine.resources"
local settings = require "datamaestro.settings"
local sources = require "datamaestro.engine.sources"
local text = require "datamaestro.text"
local verify = require "datamaestro.engine.verify"

local outlook = {}

-- Whether a token would be sent | nil, message, code.
local function has_token(context, url)
  if not url:lower():find "^https:" then
    return false
  end
  local token, message, code = settings.token(context.settings, hosts.of(url))
  if code then
    return nil, message, code
  end
  return token ~= nil
end

-- What there is to know of the host of a URL; false stands for this machine. Nil, message, code for a token
-- that cannot be one.
local function host_of(self, url)
  local context = self.context
  local name = not sources.local_path(url) and hosts.of(url)
  if not self.hosts[name] then
    local host = { host = name or nil, files = 0, bytes = 0, unknown = 0 }
    if name then
      local limits = context.settings.connections
      host.connections = limits[name] or limits[name:gsub(":%d+$", "")]
      host.failing, host.wait = context.hosts:is_failing(name), context.hosts:delay(name)
    end
    self.hosts[name] = host
    table.insert(self.hosts, host)
  end
  local host = self.hosts[name]
  if name and not host.token then
    local token, message, code = has_token(context, url)
    if token == nil then
      return nil, message, code
    end
    host.token = token
  end
  return host
end

local function saved_of(self, source)
  if sources.local_path(source.url) then
    return 0
  end
  local digest = verify.digest(source)
  return self.context.cache:resumable(source.url, digest, digest and source[digest])
end

-- Bytes as served | nil.
local function size_of(source)
  local path = sources.local_path(source.url)
  local found = not source.size and path and file.stat(path)
  return source.size or found and found.size or nil
end

-- Adds a fetch to those of its host, unless another resource has had the same URL fetched.
local function count(self, list, source, label)
  local key = not sources.local_path(list[1].url) and list[1].url
  if key and self.fetched[key] then
    return self.fetched[key]
  end
  local host, message, code = host_of(self, source.url)
  if not host then
    return nil, message, code
  end
  host.files = host.files + 1
  host.bytes = host.bytes + (size_of(source) or 0)
  host.unknown = host.unknown + (size_of(source) and 0 or 1)
  self.saved = self.saved + saved_of(self, source)
  if key then
    self.fetched[key] = label
  end
  return label
end

-- Adds what one list of sources says to a row.
local function add_sources(self, row, list, content)
  local label = row.label
  local found, warning, code = fetch.candidates({ label = label, sources = list, content = content },
    self.context, self.context.shares:look(list))
  if not found then
    return nil, warning, code
  elseif warning then
    self.warn(warning)
  end
  local source = found[1].source
  local first, message, kind = count(self, list, source, label)
  if not first then
    return nil, ("%s: %s"):format(label, message), kind
  end
  row.source, row.others = row.source or text.url(source.url), row.others or #found - 1
  row.same_as = first ~= label and first or nil
  row.saved = (row.saved or 0) + (row.same_as and 0 or saved_of(self, source))
  local size = size_of(source)
  row.size = row.size ~= false and size and (row.size or 0) + size or false
  return true
end

-- The lists of a resource, each URL once: pieces of a file that is joined come twice.
local function lists_of(resource)
  local lists, seen = {}, {}
  for _, list in ipairs(needs.sources(resource)) do
    if not seen[list[1].url] then
      seen[list[1].url] = true
      lists[#lists + 1] = list
    end
  end
  return lists
end

local function add_fetches(self, row, resource)
  local lists = lists_of(resource)
  local content = type(resource.url) == "string" and resource.content or nil
  for _, list in ipairs(lists) do
    local done, message, code = add_sources(self, row, list, content)
    if not done then
      return nil, message, code
    end
  end
  row.pieces = #lists > 1 and #lists or nil
  return true
end

-- What a store of others has is copied.
local function add_copy(self, row, path)
  local source = { url = sources.file_url(path) }
  row.source, row.others, row.size, row.saved = path, 0, size_of(source), 0
  return count(self, { source }, source, row.label)
end

--- Begins to look at resources.
-- @param context table: of a run: store, settings, offline, cache, has_cache, hosts, shares (counted)
-- @param warn function(message)
-- @return table: hosts (array of {host = string | nil for this machine, files, bytes, unknown (fetches of
--   unknown size), connections (its limit, or nil), failing, token (booleans), wait (seconds)}, those of
--   `add`), saved (bytes of these that are in the cache)
function outlook.new(context, warn)
  return { context = context, warn = warn, hosts = {}, fetched = {}, saved = 0 }
end

--- Looks at a resource that is to be made.
-- @param self table: of outlook.new
-- @param row table: its `label`; gets source (URL as shown, or path), others (how many other sources), size
--   (bytes as served | false for unknown), saved (bytes in the cache), pieces (how many files are joined),
--   same_as (label of the resource whose fetch serves it, too), each where there is such
-- @param resource resource
-- @param dataset dataset
-- @return true | nil, message, code: what is in the way
function outlook.add(self, row, resource, dataset)
  local kind = resources.kind(resource)
  local copied = elsewhere.find(resource, self.context, dataset)
  if copied then
    return add_copy(self, row, copied)
  elseif not kind.find then
    return add_fetches(self, row, resource)
  end
  local path, message, code = kind.find(resource, self.context, dataset)
  row.source = path
  return path and true, message, code
end

return outlook
