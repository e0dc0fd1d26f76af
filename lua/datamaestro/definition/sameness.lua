--- Whether two readings of a script declare the same, but for sizes, hashes and lines.

local types = require "datamaestro.data.types"

local sameness = {}

local DEPTH = 20
local LEFT_OUT = { line = true, targets = true, file = true, repository = true, family = true,
  variants = true, size = true, md5 = true, sha1 = true, sha256 = true, sha512 = true }

local describe

local function describe_table(value, depth)
  local keys, parts = {}, {}
  for key in next, value do
    if not LEFT_OUT[key] then
      keys[#keys + 1] = key
    end
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for i, key in ipairs(keys) do
    parts[i] = ("%s=%s"):format(tostring(key), describe(value[key], depth + 1))
  end
  -- What held only sizes and hashes may be new.
  return #parts > 0 and "{" .. table.concat(parts, ",") .. "}" or ""
end

function describe(value, depth)
  if types.is_type(value) then
    return value.name
  elseif type(value) == "table" and depth < DEPTH then
    return describe_table(value, depth)
  elseif type(value) == "string" then
    return ("%q"):format(value)
  elseif type(value) == "number" or type(value) == "boolean" then
    return tostring(value)
  end
  return type(value)
end

-- One that has nothing but sizes and hashes counts as none.
local function without_content(resources)
  local list = {}
  for i, resource in ipairs(resources) do
    local copy = {}
    for key, value in next, resource do
      copy[key] = key ~= "content" and value or nil
    end
    list[i] = copy
  end
  return list
end

local function describe_dataset(dataset)
  local copy = {}
  for key, value in next, dataset do
    copy[key] = key ~= "resources" and value or nil
  end
  return describe(copy, 1) .. describe(without_content(dataset.resources), 1)
end

--- Whether datasets are the same, but for sizes and hashes of resources.
-- @param before array of datasets
-- @param after array of datasets
-- @return boolean
function sameness.of(before, after)
  if #before ~= #after then
    return false
  end
  for i, dataset in ipairs(before) do
    if describe_dataset(dataset) ~= describe_dataset(after[i]) then
      return false
    end
  end
  return true
end

return sameness
