--- Resource kinds, found by name: lua/datamaestro/engine/resources/<kind>.lua.
-- A kind is a table with its declaration (doc, example, positional, schema, name) and, for the engine:
--   stored(resource) → what is declared of the file as stored: {size, sha256, …}, each optional
--   needs(resource) → what it takes: {served, stored, spool}, bytes, each optional
--   make(resource, part, context, dataset) → true | nil, message, code: writes the file `part`
local resources = {}

--- The kind of a resource.
-- @param resource resource
-- @return table
function resources.kind(resource)
  return require("datamaestro.engine.resources." .. resource.kind)
end

return resources
