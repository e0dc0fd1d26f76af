--- The datasets of which something is in the data directory.
local file = require "datamaestro.api.file"

local in_place = {}

--- Whether something of a dataset is in a data directory.
-- @param store store
-- @param dataset dataset
-- @return boolean
function in_place.is_there(store, dataset)
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

local function add(list, store, dataset)
  list[#list + 1] = dataset and in_place.is_there(store, dataset) and dataset or nil
end

-- One for each of a family's folders that is there: where several stand in one, they are the same files.
local function add_variants(list, store, family)
  add(list, store, (family:in_folder "" or {})[1])
  for _, name in ipairs(file.list(store:folder(family)) or {}) do
    if name:find("=", 1, true) then
      add(list, store, (family:in_folder(name) or {})[1])
    end
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
    else
      add(list, store, dataset)
    end
  end
  return list, problems
end

return in_place
