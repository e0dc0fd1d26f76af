--- What a function of a definition may read, it could send away in an address: so what is of this machine, or
-- of another dataset, is never given to one that fetches.
local graph = require "datamaestro.engine.graph"
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

--- Whether a resource holds nothing but what servers gave.
-- @param dataset dataset
-- @param resource resource
-- @return boolean
function privacy.is_public(dataset, resource)
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

return privacy
