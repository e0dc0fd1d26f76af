--- Mirror rules: where else the bytes of a URL may be had. Pure functions: nothing is looked at or opened.
--
-- A rule is one of
--   PREFIX=REPLACEMENT  what begins with the URL PREFIX, below another URL or an absolute folder
--   LOCATION            a URL or an absolute folder laid out by host and path: LOCATION/<host>/<path>
--   checksum:LOCATION   one laid out by checksum: LOCATION/<algorithm>/<hex digits>
-- (docs/settings.md). A rule only proposes: what comes is checked as of the source it stands for.
local config = require "datamaestro.config"

local mirrors = {}

local URL = "^%a[%w+.-]*://"
local EXPECTED = "PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected"
local ALGORITHMS = { "sha256", "sha512", "sha1", "md5" }
local DEFAULT_PORTS = { http = "80", https = "443", ftp = "21" }

local function decode(path)
  return (path:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

-- Percent-encodes what a path of a URL may not hold.
local function encode(path)
  return (path:gsub("[^%w/._~!$&'()*+,;=:@-]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end))
end

-- The scheme, the host (lower case, a port only where it is unusual), and the rest with its `/`; nil for
-- what has no host.
local function parse(url)
  local scheme, authority, rest = url:match "^(%a[%w+.-]*)://([^/?#]*)([^#]*)"
  if not scheme then
    return nil
  end
  scheme = scheme:lower()
  local host = authority:gsub("^.*@", ""):lower()
  local name, port = host:match "^(.-):(%d+)$"
  if port and port == DEFAULT_PORTS[scheme] then
    host = name
  end
  if host == "" or host:find "[^%w.:_%[%]-]" or not host:find "[^.]" then
    return nil
  end
  return scheme, host, rest:sub(1, 1) == "/" and rest or "/" .. rest
end

-- Whether a path, decoded as often as a server may do, stays below where it begins.
local function is_safe(path)
  local decoded = path:match "^[^?]*"
  repeat
    local before = decoded
    decoded = decode(before)
    for segment in (decoded:gsub("\\", "/") .. "/"):gmatch "([^/]*)/" do
      if segment == ".." or segment == "." then
        return false
      end
    end
    if decoded:find "%z" then
      return false
    end
  until decoded == before
  return true
end

-- A name for a file: the path, decoded once, and its query, as wget names files; nil where an encoded slash
-- would make another folder of it.
local function file_name(path)
  local plain, query = path:match "^([^?]*)(.*)$"
  if plain:lower():find("%2f", 1, true) then
    return nil
  end
  if plain:sub(-1) == "/" then
    plain = plain .. "index.html"
  end
  return decode(plain) .. query:gsub("/", "%%2F")
end

local function is_folder(text)
  return text:sub(1, 1) == "/" or text == "~" or text:sub(1, 2) == "~/"
end

-- A place below which things lie: { folder } or { url }, no slash at the end; nil, what was found.
local function place_of(text)
  local folder = text:match "^file://(/.*)$" or text:match "^file://localhost(/.*)$"
  if folder or is_folder(text) then
    local path, message = config.absolute(folder and decode(folder) or text)
    if not path then
      return nil, message
    elseif path:find "%z" then
      return nil, "a zero byte (path expected)"
    end
    return { folder = (path:gsub("/+$", "")) }
  elseif text:find "[%s%c?#]" or not parse(text) then
    return nil, "absolute folder or URL without a query expected"
  end
  return { url = (text:gsub("/+$", "")) }
end

-- Splits PREFIX=REPLACEMENT at the first `=` before something that can replace; a URL may hold others.
local function split(text)
  for at in text:gmatch "()=" do
    local replacement = text:sub(at + 1)
    if replacement:find(URL) or is_folder(replacement) then
      return text:sub(1, at - 1), replacement
    end
  end
end

local function failure(text, problem)
  return nil, ("%s: %s"):format(mirrors.shown(text), problem or EXPECTED)
end

--- A rule as it may be printed: without users and passwords.
-- @param text string
-- @return string
function mirrors.shown(text)
  return (text:gsub("://[^/?#@]*@", "://"))
end

--- Reads a rule.
-- @param text string
-- @return table: the compiled rule | nil, message: `RULE: … expected`
function mirrors.compile(text)
  local rule = { text = mirrors.shown(text) }
  local checksum = text:match "^checksum:(.*)$"
  local prefix, replacement
  if not checksum and text:find(URL) then
    prefix, replacement = split(text)
  end
  if prefix then
    local scheme, host, rest = parse(prefix)
    if not scheme then
      return failure(text, "URL prefix with a host expected")
    end
    rule.scheme, rule.host, rule.path = scheme, host, rest
  end
  rule.kind = checksum and "checksum" or (prefix and "prefix" or "tree")
  local place, problem = place_of(checksum or replacement or text)
  if not place then
    return failure(text, (checksum or replacement or text:find(URL) or is_folder(text)) and problem or nil)
  end
  rule.folder, rule.url = place.folder, place.url
  return rule
end

-- What lies at `path` (with its `/`, as in a URL) below the rule's place; nil where it would lie elsewhere.
local function below(rule, path)
  if not is_safe(path) then
    return nil
  elseif rule.url then
    return rule.url .. path
  end
  local name = file_name(path)
  return name and "file://" .. encode(rule.folder .. name) or nil
end

local candidates = {
  -- A prefix ends at a border, so that https://host is not the beginning of https://host.example.
  prefix = function(rule, source)
    local scheme, host, path = parse(source.url)
    if scheme ~= rule.scheme or host ~= rule.host or path:sub(1, #rule.path) ~= rule.path then
      return {}
    end
    local rest = path:sub(#rule.path + 1)
    local border = rule.path:sub(-1) == "/" or rest == "" or rest:find "^[/?]"
    if not border or not is_safe(path) then
      return {}
    end
    local joined = (rest == "" or rest:find "^[/?]") and rest or "/" .. rest
    if rest == "" and rule.folder then -- the prefix is the whole URL, the replacement the whole path
      return { "file://" .. encode(rule.folder) }
    end
    return { below(rule, joined) }
  end,

  tree = function(rule, source)
    local scheme, host, path = parse(source.url)
    if not scheme then
      return {}
    end
    -- In a URL's path a query must be part of the name.
    local name = rule.url and path:gsub("%?", "%%3F") or path
    return { below(rule, "/" .. host .. name) }
  end,

  checksum = function(rule, source)
    local found = {}
    for _, algorithm in ipairs(ALGORITHMS) do
      if source[algorithm] then
        found[#found + 1] = below(rule, ("/%s/%s"):format(algorithm, source[algorithm]:lower()))
      end
    end
    return found
  end,
}

--- Adds the mirrors of sources. A mirror reads the fields that it does not have from its source.
-- @param sources array of { url, size, sha256, … }: as declared
-- @param rules array of compiled rules
-- @return array of sources: each after its mirrors, which have url, mirror_of (the source's URL) and mirror
--   (the rule's text, without passwords); a URL comes once, and a declared source is never taken for a mirror
function mirrors.expand(sources, rules)
  local declared, seen, result = {}, {}, {}
  for _, source in ipairs(sources) do
    declared[source.url] = true
  end
  for _, source in ipairs(sources) do
    for _, rule in ipairs(rules) do
      for _, url in ipairs(candidates[rule.kind](rule, source)) do
        if not seen[url] and not declared[url] then
          seen[url] = true
          result[#result + 1] = setmetatable(
            { url = url, mirror_of = source.url, mirror = rule.text }, { __index = source })
        end
      end
    end
    if not seen[source.url] then
      seen[source.url] = true
      result[#result + 1] = source
    end
  end
  return result
end

return mirrors
