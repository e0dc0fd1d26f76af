--- How transfers are to go: what the command line, the environment and the settings files say.
--
-- An option wins over a variable, a variable over the data directory's settings.json, that over the user's,
-- all over the default. Mirror rules add up, in that order. Keys of other programs are left alone.
-- docs/settings.md has it for users.
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local folders = require "datamaestro.folders"
local guess = require "datamaestro.guess"
local json = require "datamaestro.json"
local mirrors = require "datamaestro.mirrors"

local settings = {}

local READABLE_BY_OTHERS = 36 -- 0044 in octal: the group, and all

-- --- Kinds of values ------------------------------------------------------------------------------
-- A kind is { expected, from(value of JSON) → value | nil, read(text) → value | nil }.

local function integer(minimum, maximum)
  local function from(value)
    return math.type(value) == "integer" and value >= minimum and value <= maximum and value or nil
  end
  return {
    expected = ("integer from %d to %d"):format(minimum, maximum),
    from = from,
    read = function(text)
      return text:find "^%d+$" and from(math.tointeger(tonumber(text))) or nil
    end,
  }
end

local function seconds_from(value)
  return type(value) == "number" and value > 0 and value < math.huge and value or nil
end

local seconds = {
  expected = "seconds, more than 0,",
  from = seconds_from,
  read = function(text)
    return seconds_from(tonumber(text))
  end,
}

local WORDS = { ["1"] = true, ["true"] = true, yes = true, ["0"] = false, ["false"] = false, no = false }

local boolean = {
  expected = "true or false",
  from = function(value)
    if type(value) == "boolean" then
      return value
    end
  end,
  read = function(text)
    return WORDS[text:lower()]
  end,
}

-- What can be set: by its key in a file, a variable and an option, each where there is one.
local KEYS = {
  { name = "jobs", key = "jobs", variable = "DATAMAESTRO_JOBS", option = "--jobs", kind = integer(1, 64),
    default = 8 },
  { name = "jobs_per_host", key = "jobs_per_host", variable = "DATAMAESTRO_JOBS_PER_HOST",
    kind = integer(1, 64), default = 8 },
  { name = "strict", key = "strict", variable = "DATAMAESTRO_STRICT", option = "--strict", kind = boolean,
    default = false },
  { name = "tries", key = "tries", variable = "DATAMAESTRO_TRIES", kind = integer(1, 100), default = 5 },
  { name = "connect_timeout", key = "timeouts.connect", variable = "DATAMAESTRO_CONNECT_TIMEOUT",
    kind = seconds, default = 30 },
  { name = "stall_timeout", key = "timeouts.stall", variable = "DATAMAESTRO_STALL_TIMEOUT", kind = seconds,
    default = 60 },
}

local FAMILIES = { "jobs", "jobs_per_host", "strict", "tries", "timeouts", "mirrors", "hosts", "datafolders",
  "drop_folders", "stores" }

-- --- Files ----------------------------------------------------------------------------------------

-- Raised within read() only, and caught there: every check ends it the same way.
local function refuse(subject, found, expected)
  error({ message = ("%s: %s (%s expected)"):format(subject, found, expected) }, 0)
end

local function shown(value)
  if type(value) == "string" then
    return json.encode(#value > 40 and value:sub(1, utf8.offset(value, 0, 40) - 1) .. "…" or value)
  elseif type(value) == "table" then
    return #value > 0 and "an array" or "an object or an empty array"
  end
  return value == json.null and "null" or tostring(value)
end

local function object_at(document, key, path)
  local value = document[key]
  if value == nil or value == json.null then
    return {}
  elseif type(value) ~= "table" or #value > 0 then
    refuse(path .. ": " .. key, shown(value), "object")
  end
  return value
end

local function value_at(document, key, path)
  local family, member = key:match "^(%w+)%.(%w+)$"
  local value
  if family then
    value = object_at(document, family, path)[member]
  else
    value = document[key]
  end
  if value ~= json.null then
    return value
  end
end

local function check_members(object, names, subject)
  for name in pairs(object) do
    local known = false
    for _, other in ipairs(names) do
      known = known or other == name
    end
    if not known then
      error({ message = ("%s.%s: unknown key%s"):format(subject, name,
        guess.hint(name, names, (" (%s expected)"):format(table.concat(names, ", ")))) }, 0)
    end
  end
end

local function read_rules(list, path, rules)
  if list == nil or list == json.null then
    return
  elseif type(list) ~= "table" or (next(list) ~= nil and #list == 0) then
    refuse(path .. ": mirrors", shown(list), "array of rules")
  end
  for i, text in ipairs(list) do
    local rule, message
    if type(text) ~= "string" then
      refuse(("%s: mirrors[%d]"):format(path, i), shown(text), "rule")
    end
    rule, message = mirrors.compile(text)
    if not rule then
      error({ message = ("%s: mirrors[%d]: %s"):format(path, i, message) }, 0)
    end
    rules[#rules + 1] = rule
  end
end

-- Adds the absolute paths that a file has under a key.
local function read_paths(document, key, path, result)
  local list = document[key]
  if list == nil or list == json.null then
    return
  elseif type(list) ~= "table" or (next(list) ~= nil and #list == 0) then
    refuse(("%s: %s"):format(path, key), shown(list), "array of paths")
  end
  for i, folder in ipairs(list) do
    local absolute = type(folder) == "string" and folders.absolute(folder)
    if not absolute then
      refuse(("%s: %s[%d]"):format(path, key, i), shown(folder), "absolute path")
    end
    table.insert(result[key], absolute)
  end
end

-- Fills result.datafolders where they say nothing yet, and adds to result.drop_folders and result.stores.
local function read_folders(document, path, result)
  for key, folder in pairs(object_at(document, "datafolders", path)) do
    if type(folder) ~= "string" then
      refuse(("%s: datafolders.%s"):format(path, key), shown(folder), "path")
    end
    result.datafolders[key] = result.datafolders[key] or folder
  end
  read_paths(document, "drop_folders", path, result)
  read_paths(document, "stores", path, result)
end

-- A token becomes a line of a request: a line break in it would become another.
local function is_token(value)
  return type(value) == "string" and value:find "^[\33-\126]+$" ~= nil
end

local TOKEN = "visible ASCII characters without spaces"

-- Fills result.tokens and result.connections where they say nothing yet; whether there is a token.
local function read_hosts(hosts, path, result)
  local has_token = false
  local limit = integer(1, 64)
  for name, host in pairs(hosts) do
    local subject = ("%s: hosts.%s"):format(path, name)
    if name:find "[^%w.:_%[%]-]" or type(host) ~= "table" or #host > 0 then
      refuse(subject, type(host) == "table" and "no host" or shown(host), "host name: object")
    end
    check_members(host, { "token", "connections" }, subject)
    local token, connections = host.token, host.connections
    if token ~= nil and token ~= json.null then
      if not is_token(token) then
        refuse(subject .. ".token", "a value that is not shown", TOKEN)
      end
      has_token = true
      result.tokens[name:lower()] = result.tokens[name:lower()] or token
    end
    if connections ~= nil and connections ~= json.null then
      if not limit.from(connections) then
        refuse(subject .. ".connections", shown(connections), limit.expected)
      end
      result.connections[name:lower()] = result.connections[name:lower()] or connections
    end
  end
  return has_token
end

-- A settings file as a table; empty when it is not there.
local function read_document(path)
  local content, message, code = file.read(path)
  if not content and code == "unknown" then
    return {}
  elseif not content then
    error({ message = message, code = code }, 0)
  end
  local document = json.decode(content)
  if type(document) ~= "table" or #document > 0 then
    refuse(path, document == nil and "not JSON" or shown(document), "object of settings in JSON")
  end
  return document
end

-- A misspelt key would do nothing, silently.
local function warn_of_keys(document, path, warnings)
  local names = {}
  for name in pairs(document) do
    names[#names + 1] = name
  end
  table.sort(names)
  for _, name in ipairs(names) do
    local nearest = guess.nearest(name, FAMILIES)
    if nearest and nearest ~= name then
      local message = "%s: %s: has no meaning here (did you mean '%s'?)"
      warnings[#warnings + 1] = message:format(path, name, nearest)
    end
  end
end

local function read_file(path, result)
  local document = read_document(path)
  local found = {}
  warn_of_keys(document, path, result.warnings)
  check_members(object_at(document, "timeouts", path), { "connect", "stall" }, path .. ": timeouts")
  for _, key in ipairs(KEYS) do
    local value = value_at(document, key.key, path)
    if value ~= nil then
      found[key.name] = key.kind.from(value)
      if found[key.name] == nil then
        refuse(("%s: %s"):format(path, key.key), shown(value), key.kind.expected)
      end
    end
  end
  read_rules(document.mirrors, path, result.mirrors)
  read_folders(document, path, result)
  if read_hosts(object_at(document, "hosts", path), path, result)
    and file.stat(path).mode & READABLE_BY_OTHERS ~= 0 then
    result.warnings[#result.warnings + 1] =
      ("%s: holds tokens, and others may read it (`chmod 600` makes it yours alone)"):format(path)
  end
  return found
end

-- --- The command line and the environment -----------------------------------------------------------

-- A given text as a value; what cannot be read is refused. An empty variable is as none.
local function read_text(key, text, subject)
  if text == nil or text == "" and subject == key.variable then
    return nil
  elseif type(text) == "boolean" then
    return text
  end
  local value = key.kind.read(text)
  if value == nil then
    refuse(subject, ("'%s'"):format(text), key.kind.expected)
  end
  return value
end

local function given_rules(result, options, getenv)
  local function add(text, subject)
    local rule, message = mirrors.compile(text)
    if not rule then
      error({ message = ("%s: %s"):format(subject, message) }, 0)
    end
    result.mirrors[#result.mirrors + 1] = rule
  end
  for _, text in ipairs(options.mirror or {}) do
    add(text, "--mirror")
  end
  for text in (getenv "DATAMAESTRO_MIRRORS" or ""):gmatch "%S+" do
    add(text, "DATAMAESTRO_MIRRORS")
  end
end

-- Adds the absolute paths that a variable has.
local function given_folders(list, variable, getenv)
  for folder in (getenv(variable) or ""):gmatch "[^:]+" do
    local absolute = folders.absolute(folder)
    if not absolute then
      refuse(variable, ("'%s'"):format(folder), "absolute paths, with colons between")
    end
    list[#list + 1] = absolute
  end
  return list
end

-- The first place that has a value, in the order of their rank.
local function choose(key, options, getenv, files)
  local value = key.option and read_text(key, options[key.name], key.option)
  if value == nil then
    value = read_text(key, getenv(key.variable), key.variable)
  end
  for _, found in ipairs(files) do
    if value == nil then
      value = found[key.name]
    end
  end
  if value == nil then
    return key.default
  end
  return value
end

local function read(root, options, getenv)
  local result = { mirrors = {}, tokens = {}, connections = {}, warnings = {}, datafolders = {},
    drop_folders = given_folders({ root .. "/drop" }, "DATAMAESTRO_DROP", getenv), -- its own is the first
    stores = given_folders({}, "DATAMAESTRO_STORES", getenv) }
  given_rules(result, options, getenv)
  local files = { read_file(root .. "/settings.json", result) }
  local folder = config.user_folder(getenv)
  if folder then
    files[2] = read_file(folder .. "/settings.json", result)
  end
  for _, key in ipairs(KEYS) do
    result[key.name] = choose(key, options, getenv, files)
  end
  return result
end

--- Reads all settings.
-- @param root string: the data directory
-- @param options table: what the command line says: jobs (string), mirror (array of rules), strict (boolean);
--   all may be left out
-- @param getenv function|nil: name → value | nil (default os.getenv)
-- @return table: jobs, jobs_per_host, tries (integers), strict (boolean), connect_timeout, stall_timeout
--   (seconds), mirrors (array of compiled rules), tokens (host → token, of the files; see settings.token),
--   connections (host → limit), datafolders (key → path as it was set), drop_folders, stores (arrays of
--   paths), warnings (array of strings) | nil, message, "usage" (or that of a file that
--   cannot be read)
function settings.read(root, options, getenv)
  local ok, result = pcall(read, root, options or {}, getenv or os.getenv)
  if ok then
    return result
  elseif type(result) == "table" and result.message then
    return nil, result.message, result.code or "usage"
  end
  error(result, 0)
end

--- The variable for a host's token: dots become one underscore and dashes two, so that no two hosts share
-- one.
-- @param host string: its port does not count
-- @return string
function settings.variable(host)
  local name = host:lower():gsub(":%d+$", ""):upper()
  return "DATAMAESTRO_TOKEN_" .. name:gsub("%-", "__"):gsub("[^%w_]", "_")
end

--- The token for a host: of the variable DATAMAESTRO_TOKEN_<HOST>, else of the settings.
-- @param found table: as of settings.read
-- @param host string: as in a URL, with its port or without; what is set for the host serves every port
-- @param getenv function|nil: name → value | nil (default os.getenv)
-- @return string | nil | nil, message, "usage" for a variable that holds no token
function settings.token(found, host, getenv)
  local names = { host:lower(), (host:lower():gsub(":%d+$", "")) }
  local variable = settings.variable(host)
  -- A host with an underscore of its own could ask for another's.
  local value = not host:find "_" and (getenv or os.getenv)(variable) or nil
  if value and value ~= "" then
    if not is_token(value) then
      return nil, ("%s: a value that is not shown (%s expected)"):format(variable, TOKEN), "usage"
    end
    return value
  end
  return found.tokens[names[1]] or found.tokens[names[2]]
end

return settings
