--- Which resources of a dataset need which.
local graph = {}

--- What is wrong with what resources require of each other.
-- @param resources array of resources
-- @return string: message; integer: the line | nil
function graph.problem(resources) -- luacheck: ignore
end

return graph
