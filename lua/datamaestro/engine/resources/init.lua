--- Resource kinds, found by name: lua/datamaestro/engine/resources/<kind>.lua. A kind is a table:
--   doc, example, positional (names), schema, name(resource) → string: its declaration
--   problem(resource) → string | nil: what is wrong with the fields as a whole (optional)
--   place(resource, alone) → where it stands in the dataset's folder; "" is that folder itself (`alone`: it
--     is the dataset's only resource). Stored as resource.filename.
--   places(resource) → array of names: what else it keeps in the dataset's folder (optional)
--   requires(resource) → array of names of resources that must be complete first (optional)
--   references(resource) → table: key → id of a dataset with an optional part, or a chain (optional); they
--     come back as resource.targets[key] = {dataset, part}
--   reaches(value, target) → true-like | nil, message: whether a part of another dataset will do (optional)
-- and, for the engine:
--   stands: "file", "folder" or "nothing", what is at the place
--   waits: whether making it waits for other datasets (optional)
--   stored(resource) → what is declared of the file as stored: {size, sha256, …}, each optional
--   check(resource, path, store, dataset) → true | nil, message: whether what stands there is right, beside
--     its presence, size and list of contents; runs whenever the dataset is asked for (optional)
--   prove(resource, path) → true | false, message | nil where nothing is declared: the same for a folder that
--     nobody recorded, with as much reading as that takes (optional)
--   sources(resource) → array of lists of sources that it fetches (optional)
--   needs(resource) → what it takes: {served, stored, spool}, bytes, and files (how many), each optional
--   find(resource, context, dataset) → path | nil, message, code: where on this machine it would be taken
--     from, as far as a look without reading tells; nil also where it cannot be made at all (optional)
--   make(resource, part, context, dataset) → true, record of what was fetched (records.lua; optional) | nil,
--     message, code: makes `part`, in a task
--   value(resource, path, store) → what the dataset's function gets | nil, message, code (default: path)
local resources = {}

--- The kind of a resource.
-- @param resource resource
-- @return table
function resources.kind(resource)
  return require("datamaestro.engine.resources." .. resource.kind)
end

return resources
