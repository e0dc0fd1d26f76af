--- What a definition says of a dataset's data, as plain values that JSON can hold: for a lock, and for
-- telling what has changed. What comments say, where things stand in the script, and what does not shape the
-- data (further places to fetch them from, instructions, what people read of the dataset) is no part of it.
local json = require "datamaestro.json"
local resources = require "datamaestro.engine.resources"
local text = require "datamaestro.text"

local declaration = {}

local NO_PART = {
  mirrors = true, instructions = true,
  name = true, filename = true, folder = true, -- said by the key and by `place`
}

-- The id that a reference stands for, which may be written as a chain.
local function target_of(resource, key)
  local target = resource.targets and resource.targets[key]
  return target and target.dataset.id .. (target.part ~= "" and "." .. target.part or "") or "?"
end

local function sha256(content)
  return require "datamaestro.api.digest".string("sha256", content)
end

local plain

local function plain_table(value, resource)
  local copy = {}
  for key, one in next, value do
    local name = #value > 0 and next(value, #value) == nil and key or tostring(key)
    copy[name] = plain(one, resource, key)
  end
  return copy
end

function plain(value, resource, key)
  local kind = type(value)
  if kind == "table" and type(value.fingerprint) == "function" then
    return "sha256 " .. sha256(value:fingerprint())
  elseif kind == "table" then
    return plain_table(value, resource)
  elseif kind == "userdata" or kind == "function" then
    return target_of(resource, key)
  elseif kind == "string" then
    return text.url(value)
  end
  return value
end

local function declared_of(resource)
  local declared = { kind = resource.kind, place = resource.filename }
  for _, field in ipairs(resources.kind(resource).schema) do
    local value = resource[field.name]
    local is_default = type(field.default) ~= "function" and value == field.default
    if value ~= nil and not is_default and not NO_PART[field.name] then
      declared[field.name] = plain(value, resource, field.name)
    end
  end
  return declared
end

--- What is declared of a dataset.
-- @param dataset dataset: its references are resolved
-- @return table: `opens` ({type, function}: what makes data of the files), `resources` (name → {kind, place
--   (where it stands), FIELD…})
function declaration.of(dataset)
  local declared = {
    opens = { type = dataset.type.id, ["function"] = "sha256 " .. sha256(dataset:fingerprint()) },
    resources = {},
  }
  for _, resource in ipairs(dataset.resources) do
    declared.resources[resource.name] = declared_of(resource)
  end
  return declared
end

--- A digest of what is declared of a dataset.
-- @param declared table: as of declaration.of
-- @return string: sha256 in hex
function declaration.digest(declared)
  return sha256(json.encode(declared))
end

local function sorted_keys(...)
  local seen, keys = {}, {}
  for _, map in ipairs { ... } do
    for key in pairs(map) do
      keys[#keys + 1] = not seen[key] and key or nil
      seen[key] = true
    end
  end
  table.sort(keys)
  return keys
end

local function shown(value)
  if value == nil then
    return "none"
  end
  return type(value) == "string" and value or json.encode(value)
end

local function add_fields(list, resource, old, new)
  for _, field in ipairs(sorted_keys(old, new)) do
    if shown(old[field]) ~= shown(new[field]) then
      list[#list + 1] = { resource = resource, field = field, old = shown(old[field]),
        new = shown(new[field]) }
    end
  end
end

--- Where two declarations differ.
-- @param old table: as of declaration.of
-- @param new table: likewise
-- @return array of {resource (nil: the dataset itself), field (nil: all of the resource), old, new (strings)}
function declaration.differences(old, new)
  local list = {}
  for _, name in ipairs(sorted_keys(old.resources, new.resources)) do
    local before, now = old.resources[name], new.resources[name]
    if before and now then
      add_fields(list, name, before, now)
    else
      list[#list + 1] = { resource = name, old = before and before.kind or "none",
        new = now and now.kind or "none" }
    end
  end
  add_fields(list, nil, old.opens, new.opens)
  return list
end

return declaration
