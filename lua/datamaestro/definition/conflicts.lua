--- What is odd between datasets: hashes and places of which one must be wrong. Warnings as in advice.lua.

local resources = require "datamaestro.engine.resources"
local text = require "datamaestro.text"

local conflicts = {}

local DIGESTS = { "md5", "sha1", "sha256", "sha512" }

local function place_of(one)
  return ("%s:%d"):format(one.file, one.line)
end

-- Calls visit(resource, source, urls) for each source of each dataset; `urls` is the set of all beside it.
local function each_source(datasets, visit)
  for _, dataset in ipairs(datasets) do
    for _, resource in ipairs(dataset.resources) do
      local kind = resources.kind(resource)
      for _, list in ipairs(kind.sources and kind.sources(resource) or {}) do
        local urls = {}
        for _, source in ipairs(list) do
          urls[source.url] = true
        end
        for _, source in ipairs(list) do
          visit(resource, source, urls)
        end
      end
    end
  end
end

local function file_name(url)
  return url:match "^[^?#]*":match "[^/]*$"
end

-- Whether one of the URLs serves the same file, as far as their names say.
local function is_known(urls, url)
  local name = file_name(url)
  for other in next, urls do
    if other == url or (name ~= "" and file_name(other) == name) then
      return true
    end
  end
  return false
end

-- One hash, two URLs: it was copied, and not changed.
local function add_shared_hash(state, resource, source, urls)
  for _, digest in ipairs(DIGESTS) do
    local key = source[digest] and digest .. source[digest]
    local first = state.by_hash[key or 0]
    if key and not first then
      state.by_hash[key] = { file = resource.file, line = resource.line, url = source.url, urls = urls }
    elseif first and not is_known(first.urls, source.url) then
      state.add("shared-hash", resource, ("%s: its %s is also that of %s in %s (each file's own expected; "
        .. "two addresses of one file are a URL and a mirror)"):format(text.url(source.url), digest,
        text.url(first.url), place_of(first)))
      return
    end
  end
end

-- One URL, two hashes: one of them is wrong.
local function add_other_hash(state, resource, source)
  local known = state.by_url[source.url] or {}
  state.by_url[source.url] = known
  for _, name in ipairs { "size", table.unpack(DIGESTS) } do
    local first = known[name]
    if source[name] and not first then
      known[name] = { value = source[name], file = resource.file, line = resource.line }
    elseif source[name] and first.value ~= source[name] then
      state.add("two-hashes", resource, ("%s: another %s than in %s (one of them is wrong: `datamaestro "
        .. "checksum` tells which)"):format(text.url(source.url), name, place_of(first)))
      return
    end
  end
end

-- The place of each dataset's folder and of its files, relative to the data.
local function folder_of(dataset)
  return dataset.repository.id .. "/" .. dataset.folder
end

local function places_of(datasets)
  local places = {}
  for _, dataset in ipairs(datasets) do
    for _, resource in ipairs(dataset.resources) do
      local stands = resources.kind(resource).stands
      if stands ~= "nothing" and resource.filename ~= "" then
        places[folder_of(dataset) .. "/" .. resource.filename] = { resource = resource, dataset = dataset,
          stands = stands }
      end
    end
  end
  return places
end

-- A dataset whose folder lies where another has a file.
local function add_places(state, datasets)
  local places = places_of(datasets)
  for _, dataset in ipairs(datasets) do
    local folder = folder_of(dataset)
    while folder do
      local taken = places[folder]
      if taken and taken.dataset ~= dataset then
        state.add("path-under-file", dataset, ("%s: its folder lies %s '%s', a %s of %s in %s (another id or "
          .. "name expected)"):format(dataset.id, folder == folder_of(dataset) and "at" or "below",
          taken.resource.filename, taken.stands, taken.dataset.id, place_of(taken.resource)))
      end
      folder = folder:match "^(.*)/"
    end
  end
end

--- What is odd between some datasets.
-- @param datasets array of datasets: no families
-- @return array of warnings
function conflicts.between(datasets)
  local warnings, seen = {}, {}
  local state = { by_hash = {}, by_url = {} }
  function state.add(rule, place, message)
    local key = ("%s %s"):format(rule, place_of(place))
    if not seen[key] then -- what many variants have, once
      seen[key] = true
      table.insert(warnings, { rule = rule, file = place.file, line = place.line, message = message })
    end
  end
  each_source(datasets, function(resource, source, urls)
    add_shared_hash(state, resource, source, urls)
    add_other_hash(state, resource, source)
  end)
  add_places(state, datasets)
  return warnings
end

return conflicts
