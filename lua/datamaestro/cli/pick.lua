--- What a shell names: a dataset or a part of it, and perhaps some of its rows:
-- `ID`, `ID.train.labels`, `ID.train.labels[1:100]`, `ID[axis=value].train.labels[1:100]`.
local guess = require "datamaestro.guess"
local types = require "datamaestro.data.types"

local pick = {}

local EXPECTED = "[5], [1:100], [101:] or [:100] expected, counted from 1"

local function slice_problem(selector)
  return nil, ("%s: no rows (%s)"):format(selector, EXPECTED), "usage"
end

--- Takes a selector apart.
-- @param selector string
-- @return string: without the slice; table | nil: the slice { first = integer, last = integer | nil (to the
--   end), single = boolean: one row, by its number }. Or nil, message, "usage"
function pick.parse(selector)
  local id, inside = selector:match "^(.*)%[([^%[%]]*)%]$"
  if not id or inside:find("=", 1, true) then
    return selector -- brackets with '=' choose a dataset, no rows
  end
  local first, colon, last = inside:match "^(%d*)(:?)(%d*)$"
  if not first or (colon == "" and first == "") or #first > 15 or #last > 15 then
    return slice_problem(selector)
  end
  local slice = { first = tonumber(first) or 1, last = tonumber(last), single = colon == "" }
  if slice.single then
    slice.last = slice.first
  end
  if slice.first < 1 or (slice.last and slice.last < slice.first) then
    return slice_problem(selector)
  end
  return id, slice
end

local function field_names(object)
  local names = {}
  for field in types.values(object) do
    if field.name ~= "id" then
      names[#names + 1] = field.name
    end
  end
  return names
end

-- One step down: a field of an object, or an item of a list (from 0, as in the ids of `prepare`).
local function step(value, name, label)
  if types.type_of(value) then
    local names = field_names(value)
    for _, known in ipairs(names) do
      if known == name then
        local found = rawget(value, name)
        if found == nil then
          return nil, ("%s.%s: not set (this dataset has none)"):format(label, name), "unknown"
        end
        return found
      end
    end
    local expected = #names > 0 and (" (%s expected)"):format(table.concat(names, ", "))
      or " (it has no fields)"
    return nil, ("%s: no field '%s'%s"):format(label, name, guess.hint(name, names, expected)), "unknown"
  elseif type(value) == "table" and name:find "^%d+$" and value[tonumber(name) + 1] ~= nil then
    return value[tonumber(name) + 1]
  elseif type(value) == "table" and #value > 0 then
    return nil, ("%s: no item '%s' (0 to %d expected)"):format(label, name, #value - 1), "unknown"
  end
  return nil, ("%s: no field '%s' (it is a plain value)"):format(label, name), "unknown"
end

--- Goes down from a value by names.
-- @param value any: object, list or plain value
-- @param path string: "train.images", "" for the value itself; items of lists count from 0
-- @param label string: what messages call the value
-- @return any | nil, message, code
function pick.walk(value, path, label)
  for name in path:gmatch "[^.]+" do
    local found, message, code = step(value, name, label)
    if found == nil then
      return nil, message, code
    end
    value, label = found, label .. "." .. name
  end
  return value
end

-- A file of one's own, by its path.
local function open_own(path, slice)
  local value, message, code = require "datamaestro.cli.own_file".open(path)
  if value == nil then
    return nil, message, code
  end
  return { label = path, value = value, slice = slice }
end

--- Finds what a selector names, fetches what is missing of its dataset, and opens it. The path of a file of
-- one's own is opened, too.
-- @param session session
-- @param selector string
-- @return table { label = string (without the slice), dataset =, value = any, slice = as of pick.parse } |
--   nil, message, code
function pick.open(session, selector)
  local label, slice, kind = pick.parse(selector)
  if not label then
    return nil, slice, kind
  end
  if require "datamaestro.cli.own_file".is_path(label) then
    return open_own(label, slice)
  end
  local dataset, path, code = session:registry():find_part(label)
  if not dataset then
    session:warn_of_repositories(code)
    return nil, path, code
  end
  local object, message, value
  object, message, code = session:open(dataset)
  if object then
    value, message, code = pick.walk(object, path, dataset.id)
  end
  if value == nil then
    return nil, message, code
  end
  local plain = path ~= "" and dataset.id .. "." .. path or dataset.id
  return { label = plain, dataset = dataset, value = value, slice = slice }
end

return pick
