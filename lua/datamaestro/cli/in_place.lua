--- The datasets of which something is in the data directory.
local file = require "datamaestro.api.file"

local in_place = {}

local function is_there(store, dataset)
  local folder = store:folder(dataset)
  for _, name in ipairs { ".state.json", ".state.lock", ".contents" } do
    if file.stat(folder .. "/" .. name, true) then
      return true
    end
  end
  for _, resource in ipairs(dataset.resources) do
    if resource.filename ~= "" and file.stat(folder .. "/" .. resource.filename, true) then
      return true
    end
  end
  return false
end

-- The datasets of a family whose folders are there.
local function add_variants(list, store, family)
  local above = store:folder(family)
  for _, name in ipairs(file.list(above) or {}) do
    local dataset = name:find("=", 1, true) and family:select(name)
    if dataset and store:folder(dataset) == above .. "/" .. name and is_there(store, dataset) then
      list[#list + 1] = dataset
    end
  end
  local plain = family:select() -- a family whose values are all left out of the folder's name
  if plain and store:folder(plain) == above and is_there(store, plain) then
    list[#list + 1] = plain
  end
end

--- Finds them.
-- @param registry registry
-- @param store store
-- @return array of datasets, by repository and id; array of problems {file, message} of definitions
function in_place.datasets(registry, store)
  local all, problems = registry:datasets()
  local list = {}
  for _, dataset in ipairs(all) do
    if dataset:is_family() then
      add_variants(list, store, dataset)
    elseif is_there(store, dataset) then
      list[#list + 1] = dataset
    end
  end
  return list, problems
end

return in_place
