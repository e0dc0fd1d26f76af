--- What is recorded of a resource, in .state.json beside its state, which alone the Python program knows:
--   state: "none", "partial" (what stands there is not right, or not whole) or "complete"
--   source: the URL that the bytes came from, without secrets; "resource NAME" for those of another one
--   served: {size, sha256} of the bytes as served
--   stored: {size, sha256} of the file; of a folder {files, size, sha256 of its list of contents}
--   recipe: what shaped the content (recipe.lua)
--   public: whether what was made of other resources is, all in all, of what servers gave
--   made: the time, in nanoseconds, of what is about to get its place (ledger.lua)
--   fetched: array of {url (the one declared first), source, served}, where several files were fetched
-- All but the state may be missing. What is no record's is passed over: people edit files.
local json = require "datamaestro.json"

local records = {}

local DIGESTS = { md5 = 32, sha1 = 40, sha256 = 64, sha512 = 128 }

local function bytes_of(value)
  if type(value) ~= "table" then
    return nil
  end
  local found = {}
  for _, name in ipairs { "size", "files" } do
    local number = rawget(value, name)
    found[name] = math.type(number) == "integer" and number >= 0 and number or nil
  end
  for name, digits in pairs(DIGESTS) do
    local hex = rawget(value, name)
    found[name] = type(hex) == "string" and #hex == digits and not hex:find "%X" and hex or nil
  end
  return next(found) and found or nil
end

local function text_of(value)
  return type(value) == "string" and value or nil
end

local function list_of(value)
  local list = {}
  for i, one in ipairs(type(value) == "table" and value or {}) do
    if type(one) ~= "table" then
      return nil
    end
    list[i] = { url = text_of(one.url), source = text_of(one.source), served = bytes_of(one.served) }
  end
  return #list > 0 and list or nil
end

--- Takes a record out of an entry of the state file, or of a lock.
-- @param entry table
-- @return table
function records.of(entry)
  return {
    state = text_of(entry.state), source = text_of(entry.source), served = bytes_of(entry.served),
    stored = bytes_of(entry.stored), fetched = list_of(entry.fetched), recipe = text_of(entry.recipe),
    public = entry.public == true or nil, made = text_of(entry.made),
  }
end

-- An object of those of the keys that there are.
local function ordered(value, keys)
  if not value then
    return nil
  end
  local object = json.object()
  for _, key in ipairs(keys) do
    if value[key] ~= nil then
      json.set(object, key, value[key])
    end
  end
  return object
end

local BYTES = { "files", "size", "md5", "sha1", "sha256", "sha512" }

--- Makes the JSON object of a record.
-- @param record table
-- @return json object
function records.encode(record)
  local copy = {
    state = record.state, source = record.source, served = ordered(record.served, BYTES),
    stored = ordered(record.stored, BYTES), recipe = record.recipe,
    public = record.public or nil, made = record.made,
  }
  if record.fetched then
    copy.fetched = json.array {}
    for i, one in ipairs(record.fetched) do
      copy.fetched[i] = ordered({ url = one.url, source = one.source, served = ordered(one.served, BYTES) },
        { "url", "source", "served" })
    end
  end
  return ordered(copy, { "state", "source", "served", "stored", "recipe", "public", "made", "fetched" })
end

--- Adds what is known to a record of a complete resource.
-- @param record table|nil
-- @param stored table|nil: of what is in place
-- @return table
function records.complete(record, stored)
  record = record or {}
  return { state = "complete", source = record.source, served = record.served, fetched = record.fetched,
    stored = stored or record.stored, recipe = record.recipe, public = record.public }
end

return records
