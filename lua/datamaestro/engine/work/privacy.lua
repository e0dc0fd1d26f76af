--- What a function of a definition may read, it could send away in an address: so what is of this machine,
-- or of another dataset, is never given to one that fetches; nor does any function of a file fetch once
-- another one of it was given such, for they share what the file's locals hold.
local file = require "datamaestro.api.file"
local graph = require "datamaestro.engine.graph"
local recipe = require "datamaestro.engine.recipe"
local resources = require "datamaestro.engine.resources"

local privacy = {}

local function is_local(url)
  return url:lower():find "^file:" ~= nil
end

--- Whether one of a fetch's addresses is of this machine.
-- @param source table: url, mirrors, as of a filedownloader
-- @return string | nil: that address
function privacy.local_address(source)
  if is_local(source.url) then
    return source.url
  end
  for _, mirror in ipairs(source.mirrors or {}) do
    local url = type(mirror) == "table" and mirror.url or mirror
    if is_local(url) then
      return url
    end
  end
end

-- Whether all that a resource fetches itself comes from elsewhere. What fetches nothing and needs nothing
-- must be of this machine.
local function comes_from_elsewhere(resource)
  local kind = resources.kind(resource)
  if kind.references or (not kind.sources and #graph.requires(resource) == 0) then
    return false
  end
  for _, sources in ipairs(kind.sources and kind.sources(resource) or {}) do
    for _, source in ipairs(sources or {}) do
      if is_local(source.url) then
        return false
      end
    end
  end
  return true
end

-- Whether what stands in a resource's place was made as its definition says, and not by that of another
-- variant, or of before.
local function is_as_made(store, dataset, resource)
  local found = file.stat(store:path(dataset, resource), true)
  if not found then
    return true -- transient, and gone
  end
  local record = store:records(dataset)[resource.name] or {}
  return found.type ~= "link" and (record.recipe or recipe.of(resource)) == recipe.of(resource)
end

local readers = {} -- path of a definition → the name of a resource that one of its functions was given

--- Notes that a function is given something that is not public.
-- @param resource resource: the function's
-- @param name string: what it is given
function privacy.note(resource, name)
  readers[resource.file] = readers[resource.file] or name
end

--- What a function of the same file was given that is not public.
-- @param resource resource: the function's
-- @return string | nil: the name of that resource
function privacy.given(resource)
  return readers[resource.file]
end

--- Whether a resource holds nothing but what servers gave.
-- @param dataset dataset
-- @param resource resource
-- @param store store
-- @return boolean
function privacy.is_public(dataset, resource, store)
  local queue, seen = { resource }, { [resource] = true }
  for _, one in ipairs(queue) do
    if not comes_from_elsewhere(one) or not is_as_made(store, dataset, one) then
      return false
    end
    for _, name in ipairs(graph.requires(one)) do
      local other = dataset:resource(name)
      if not seen[other] then
        seen[other], queue[#queue + 1] = true, other
      end
    end
  end
  return true
end

return privacy
