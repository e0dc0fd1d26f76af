--- What a function of a definition may read, it could send away in an address: so what is of this machine, or
-- of another dataset, is never given to one that fetches. Functions share nothing in memory
-- (definition/script.lua), so what one of them was given does not concern the others.
local file = require "datamaestro.api.file"
local graph = require "datamaestro.engine.graph"
local resources = require "datamaestro.engine.resources"
local verify = require "datamaestro.engine.verify"

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

-- --- What is declared ---------------------------------------------------------------------------

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

-- The same for all that it is made of.
local function is_declared_public(dataset, resource)
  local queue, seen = { resource }, { [resource] = true }
  for _, one in ipairs(queue) do
    if not comes_from_elsewhere(one) then
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

-- --- What stands there --------------------------------------------------------------------------

--- Whether what stands in a resource's place is reached by a link, and so belongs to somebody else.
-- @param store store
-- @param dataset dataset
-- @param resource resource
-- @return boolean
function privacy.is_linked(store, dataset, resource)
  local folder = file.realpath(store:folder(dataset))
  local expected = folder and resource.filename ~= "" and folder .. "/" .. resource.filename or folder
  return file.realpath(store:path(dataset, resource)) ~= expected
end

local function is_remote(source)
  return source ~= nil and source:find "^%a[%w+.-]*://" ~= nil and not is_local(source)
end

-- Whether servers gave all that it was made of, as its record says.
local function is_fetched(record)
  for _, one in ipairs(record.fetched or {}) do
    if not is_remote(one.source) then
      return false
    end
  end
  return record.fetched ~= nil or is_remote(record.source)
end

-- Whether it is what a digest in the definition says: whoever wrote that knows it.
local function is_proved(resource, record)
  local declared = resources.kind(resource).stored(resource)
  local name = verify.digest(declared)
  return name ~= nil and record.stored ~= nil and record.stored[name] == declared[name]
end

-- Whether what stands there has come from servers. Another variant or another definition may have made it,
-- or it was put there by hand, and taken as it was.
local function is_known_public(store, dataset, resource)
  local record = store:records(dataset)[resource.name] or {}
  if record.public or is_proved(resource, record) then
    return true
  end
  return #graph.requires(resource) == 0 and is_fetched(record)
end

--- Whether a resource, which is in place, holds nothing but what servers gave.
-- @param store store
-- @param dataset dataset
-- @param resource resource
-- @return true | false, string: why not, to follow its name
function privacy.is_public(store, dataset, resource)
  if not is_declared_public(dataset, resource) then
    return false, "is of this machine or of another dataset"
  elseif dataset.shares_folder then
    return false, "may be another variant's, for an axis is in no id"
  elseif privacy.is_linked(store, dataset, resource) then
    return false, "is reached by a link, and so somebody else's"
  elseif not is_known_public(store, dataset, resource) then
    return false, "was not made by this program, as far as is known (removed, it is made anew)"
  end
  return true
end

return privacy
