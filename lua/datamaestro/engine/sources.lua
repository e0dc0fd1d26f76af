--- Where the bytes of a file can be had, and in which order to ask.
local file = require "datamaestro.api.file"
local hosts = require "datamaestro.engine.hosts"
local mirrors = require "datamaestro.mirrors"
local text = require "datamaestro.text"
local verify = require "datamaestro.engine.verify"

local sources = {}

--- The path of a file: URL.
-- @param url string
-- @return string | nil: for other URLs
function sources.local_path(url)
  local path = url:match "^file://(/.*)$" or url:match "^file://localhost(/.*)$"
  return path and (path:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- The URL of a file.
-- @param path string: absolute
-- @return string
function sources.file_url(path)
  return "file://" .. path:gsub("[^%w/._~-]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end)
end

-- A kept download that nothing proves may be old: it serves only where there is no asking anew. One that was
-- not as declared when it came may be so now.
local function kept_copy(source, spec, context)
  local kind = verify.digest(source)
  local usable = context.offline or kind or verify.digest(spec.content)
  local copy = usable and context.has_cache and context.cache:kept(source.url) .. ".dl"
  if copy and kind and not file.stat(copy) then
    copy = context.cache:set_aside(kind, source[kind])
  end
  if copy and file.stat(copy) then
    return setmetatable({ url = sources.file_url(copy), origin = text.url(source.url) }, { __index = source })
  end
end

-- Those whose hosts have failed lately come last, else the order stays.
local function by_luck(remote, context)
  local good, failing = {}, {}
  for _, source in ipairs(remote) do
    local host = hosts.of(source.url)
    local list = host and context.hosts:is_failing(host) and failing or good
    list[#list + 1] = source
  end
  return table.move(failing, 1, #failing, #good + 1, good)
end

--- Orders the sources of a file: those on this machine, the mirrors that settings name and the declared ones
-- in their order, those whose hosts have failed lately.
-- @param spec table: as of fetch.obtain
-- @param context table: as of fetch.obtain
-- @return array of sources on this machine, which exist
-- @return array of the others
function sources.order(spec, context)
  local here, remote = {}, {}
  for _, source in ipairs(mirrors.expand(spec.sources, context.settings.mirrors)) do
    local path = sources.local_path(source.url)
    if not path then
      remote[#remote + 1] = source
    elseif file.stat(path) then -- what is no plain file is refused when its turn comes
      here[#here + 1] = source
    end
  end
  for _, source in ipairs(remote) do
    here[#here + 1] = kept_copy(source, spec, context)
  end
  return here, context.offline and remote or by_luck(remote, context)
end

--- Whether two sources serve the same bytes, as far as is declared.
-- @param one source
-- @param other source
-- @return boolean
function sources.are_alike(one, other)
  for _, name in ipairs { "size", "transforms", "md5", "sha1", "sha256", "sha512" } do
    if one[name] ~= other[name] then
      return false
    end
  end
  return true
end

--- Why a source is not to be trusted.
-- @param source source
-- @param spec table: as of fetch.obtain
-- @return string | nil: when it is
function sources.doubt(source, spec)
  local scheme = source.url:match "^(%w+):":lower()
  if (scheme ~= "http" and scheme ~= "ftp") or verify.digest(source) or verify.digest(spec.content) then
    return nil
  end
  return ("%s: plain %s and no checksum (https, or one in the definition, expected)"):format(
    text.url(source.url), scheme)
end

return sources
