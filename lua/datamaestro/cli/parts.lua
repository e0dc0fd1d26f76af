--- Parts of datasets by the ids that the JSON of `prepare` shows: ID.train.images.
local guess = require "datamaestro.guess"
local prepare = require "datamaestro.engine.prepare"
local text = require "datamaestro.text"
local types = require "datamaestro.data.types"

local parts = {}

-- The longest beginning of an id that is a dataset's, and what follows it; message and code are those of the whole.
local function split(session, id)
  local plain, owner = id:match "^(.-)(@.*)$"
  plain, owner = plain or id, owner or ""
  local dataset, message, code = session:registry():find(plain .. owner)
  local path, head = {}, plain
  while not dataset and code == "unknown" do
    local above, last = head:match "^(.+)%.([^.]+)$"
    if not above then
      break
    end
    table.insert(path, 1, last)
    head = above
    dataset = session:registry():find(head .. owner)
  end
  if not dataset then
    session:warn_of_repositories()
    return nil, message, code
  end
  return dataset, path
end

-- What an object or a list has under a name, without calling anything.
local function child(value, name)
  if types.type_of(value) then
    return rawget(value, name)
  elseif type(value) == "table" then
    local number = math.tointeger(tonumber(name))
    return rawget(value, number and number + 1 or name)
  end
end

local function names_of(value)
  local names = {}
  if types.type_of(value) then
    for name in types.pairs(value) do
      names[#names + 1] = name ~= "id" and name or nil
    end
  elseif type(value) == "table" and #value > 0 then
    names[1] = ("0 to %d"):format(#value - 1)
  elseif type(value) == "table" then
    for name in pairs(value) do
      names[#names + 1] = tostring(name)
    end
    table.sort(names)
  end
  return names
end

local function walk(object, path, id)
  local value, above = object, nil
  for i, name in ipairs(path) do
    local found = child(value, name)
    if found == nil then
      local names = names_of(value)
      local expected = #names > 0 and (" (%s expected)"):format(table.concat(names, ", "))
        or " (nothing below it)"
      local place = table.concat({ id, table.unpack(path, 1, i - 1) }, ".")
      return nil, text.line(("%s: no field '%s'%s"):format(place, name, guess.hint(name, names, expected))), "unknown"
    end
    value, above = found, value
  end
  return { value = value, above = above, name = path[#path] }
end

--- Opens a part of a dataset, which is fetched first if need be.
-- @param session session
-- @param id string: of a dataset, with `.field` for each step down, items of lists counted from 0 as the ids have them
-- @return table: value; above (what it is a field of; nil for a whole dataset); name (of that field); dataset
--   | nil, message, code
function parts.open(session, id)
  local dataset, path, code = split(session, id)
  if not dataset then
    return nil, path, code
  end
  local store, message, object, done
  store, message, code = session:store()
  if store then
    done, message, code = prepare.download(store, dataset, session:download_options())
  end
  if done then
    object, message, code = prepare.open(store, dataset)
  end
  if not object then
    return nil, message, code
  end
  local part
  part, message, code = walk(object, path, dataset.id)
  if not part then
    return nil, message, code
  end
  part.dataset = dataset
  return part
end

return parts
