--- What the definitions say of the data directory: an atlas for the commands that look at all of it.
local atlas = require "datamaestro.engine.atlas"

local holdings = {}

-- The repository in whose folder a file stands.
local function owner_of(repositories, path)
  for _, repository in ipairs(repositories) do
    if path:sub(1, #repository.path + 1) == repository.path .. "/" then
      return repository.id
    end
  end
end

--- Reads all definitions; what cannot be read is complained about.
-- @param session session
-- @return atlas
-- @return table: set of ids of repositories that may have datasets which are not known: some of their
--   definitions cannot be read, or another repository of the same id, which comes first, hides them
function holdings.read(session)
  local registry = session:registry()
  local datasets, problems = registry:datasets()
  local repositories = registry:repositories()
  local names, uncertain = {}, {}
  for i, repository in ipairs(repositories) do
    names[i] = repository.id
  end
  for _, problem in ipairs(problems) do
    session:complain("warning: " .. problem.message)
    local id = owner_of(repositories, problem.file)
    uncertain[id or ""] = true
  end
  for _, id in ipairs(registry.hidden) do
    uncertain[id] = true
  end
  return atlas.new(datasets, names), uncertain
end

return holdings
