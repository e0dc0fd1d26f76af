--- Which terms of use the user has accepted: the table "agreements" of ~/.config/datamaestro/user.json, which
-- the Python program reads and writes too. It knows `"ID": "yes"` only; beside that stands which text it was,
-- `"ID sha256:HASH": "DATE"`, since terms may change under one id. Only the latter counts.
-- An agreement is `{ id = string, text = string }`, of a dataset's `agreements`.
local config = require "datamaestro.config"
local document = require "datamaestro.document"
local guess = require "datamaestro.guess"
local text = require "datamaestro.text"

local agreements = {}

local VARIABLE = "DATAMAESTRO_AGREE"
local DIGITS_MINIMUM = 12 -- of a hash that stands for all of it
local DATE = "^%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ$"

--- The hash that names a text of terms.
-- @param words string: the text
-- @return string: sha256 in hex
function agreements.hash(words)
  return assert(require "datamaestro.api.digest".string("sha256", words))
end

--- Whether what a user gave means a hash.
-- @param given string
-- @param hash string: of a text
-- @return boolean
function agreements.is_hash(given, hash)
  return #given >= DIGITS_MINIMUM and hash:sub(1, #given) == given:lower()
end

--- The file where acceptance is recorded.
-- @return string: absolute path | nil, message, code without a home folder
function agreements.path()
  local folder = config.user_folder()
  if folder then
    return folder .. "/user.json"
  end
  return config.home() -- which says what is missing
end

local function key_of(id, hash)
  return ("%s sha256:%s"):format(id, hash)
end

-- The table in a document, made where it is missing | nil, message, code.
local function table_in(content, path)
  local found = content.agreements
  if found == nil then
    found = document.object()
    content.agreements = found
  elseif not document.is_object(found) then
    return nil, path .. ": agreements: not an object (one of ids expected)", "format"
  end
  for key, value in pairs(found) do
    if type(value) ~= "string" then
      return nil, ("%s: agreements: '%s': not a string (\"yes\" or a date expected)"):format(path,
        text.line(key)), "format"
    end
  end
  return found
end

-- What is recorded, by key; empty where nobody has a home folder.
local function read()
  local path = agreements.path()
  if not path then
    return {}
  end
  local content, message, code = document.read(path)
  if not content then
    return nil, message, code
  end
  return table_in(content, path)
end

-- --- Hashes of the environment --------------------------------------------------------------------

local function of_environment(getenv)
  local hashes = {}
  for word in ((getenv or os.getenv)(VARIABLE) or ""):gmatch "[^%s,]+" do
    if #word < DIGITS_MINIMUM or #word > 64 or word:find "%X" then
      return nil, ("%s: '%s' (hashes of terms expected, %d to 64 hex digits each)"):format(VARIABLE, word,
        DIGITS_MINIMUM), "usage"
    end
    hashes[#hashes + 1] = word
  end
  return hashes
end

local function is_named(hashes, hash)
  for _, given in ipairs(hashes) do
    if agreements.is_hash(given, hash) then
      return true
    end
  end
  return false
end

-- --- What is to be asked ----------------------------------------------------------------------------

-- The same terms of several datasets are one.
local function gather(datasets)
  local list, known = {}, {}
  for _, dataset in ipairs(datasets) do
    for _, one in ipairs(dataset.agreements or {}) do
      local hash = agreements.hash(one.text)
      local key = key_of(one.id, hash)
      if not known[key] then
        known[key] = { id = one.id, text = one.text, hash = hash, key = key, datasets = {} }
        list[#list + 1] = known[key]
      end
      table.insert(known[key].datasets, dataset.id)
    end
  end
  return list
end

-- Adds what is recorded of an agreement: `date` where it is accepted, else `other_date` (of another text) or
-- `is_bare` (accepted, but nobody knows which text).
local function add_record(one, recorded)
  local date = recorded[one.key]
  one.date = date and date:find(DATE) and date or nil
  one.accepted = one.accepted or one.date ~= nil
  one.is_bare = recorded[one.id] == "yes"
  local prefix = one.id .. " sha256:"
  for key, value in pairs(recorded) do
    if key:sub(1, #prefix) == prefix and value:find(DATE) and value > (one.other_date or "") then
      one.other_date = value
    end
  end
end

--- The terms of some datasets, each once, and whether the user has accepted them.
-- @param datasets array of datasets
-- @param getenv function|nil: name → value | nil (default os.getenv)
-- @return array of { id, text, hash, key (strings), datasets (array of ids), accepted (boolean), date
--   (string|nil: when they were recorded), other_date (string|nil: when another text of this id was), is_bare
--   (boolean: the Python program recorded the id) } | nil, message, code: "format" for a damaged file
function agreements.of(datasets, getenv)
  local list = gather(datasets)
  if #list == 0 then
    return list
  end
  local hashes, message, code = of_environment(getenv)
  if not hashes then
    return nil, message, code
  end
  local all = true
  for _, one in ipairs(list) do
    one.accepted = is_named(hashes, one.hash)
    all = all and one.accepted
  end
  local recorded
  recorded, message, code = read()
  if not recorded and all then
    recorded = {} -- the environment says all there is to know
  elseif not recorded then
    return nil, message, code
  end
  for _, one in ipairs(list) do
    add_record(one, recorded)
  end
  return list
end

-- --- Recording --------------------------------------------------------------------------------------

--- Records that the user accepts some terms.
-- @param list array of agreements, as of agreements.of
-- @return true | nil, message, code
function agreements.record(list)
  local path, message, code = agreements.path()
  if not path then
    return nil, message, code
  end
  return document.update(path, function(content)
    local recorded, problem, kind = table_in(content, path)
    if not recorded then
      return nil, problem, kind
    end
    for _, one in ipairs(list) do
      recorded[one.id] = "yes"
      recorded[one.key] = os.date "!%Y-%m-%dT%H:%M:%SZ"
    end
    return true
  end)
end

local function id_and_hash(key, value)
  local id, hash = key:match "^(.*) sha256:(%x+)$"
  if id and #hash == 64 and value:find(DATE) then
    return id, hash
  end
end

--- Lists what is recorded.
-- @return array of { id, hash (nil: by the Python program), date (nil likewise) }, sorted by id and date |
--   nil, message, code
function agreements.list()
  local recorded, message, code = read()
  if not recorded then
    return nil, message, code
  end
  local list, known = {}, {}
  for key, value in pairs(recorded) do
    local id, hash = id_and_hash(key, value)
    if id then
      list[#list + 1] = { id = id, hash = hash, date = value }
      known[id] = true
    end
  end
  for key, value in pairs(recorded) do
    if value == "yes" and not known[key] then
      list[#list + 1] = { id = key }
    end
  end
  table.sort(list, function(a, b)
    return a.id < b.id or a.id == b.id and (a.date or "") < (b.date or "")
  end)
  return list
end

--- Takes acceptance back, of all texts of some ids.
-- @param ids array of strings
-- @return true | nil, message, code: "unknown" for an id that is not recorded; then nothing is changed
function agreements.withdraw(ids)
  local path, message, code = agreements.path()
  if not path then
    return nil, message, code
  end
  return document.update(path, function(content)
    local recorded, problem, kind = table_in(content, path)
    if not recorded then
      return nil, problem, kind
    end
    for _, id in ipairs(ids) do
      local found, names = false, {}
      for key, value in pairs(recorded) do
        local name = id_and_hash(key, value) or key
        names[#names + 1] = name
        if name == id then
          recorded[key] = nil
          found = true
        end
      end
      if not found then
        return nil, ("%s: no such terms were accepted%s"):format(id, guess.hint(id, names, "")), "unknown"
      end
    end
    return true
  end)
end

return agreements
