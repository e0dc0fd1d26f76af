--- What `info` says of resources: where they come from, and what of them is here, without reading it.
local contents = require "datamaestro.engine.contents"
local graph = require "datamaestro.engine.graph"
local place = require "datamaestro.engine.place"
local plan = require "datamaestro.engine.plan"
local resources = require "datamaestro.engine.resources"
local text = require "datamaestro.text"

local resource_rows = {}

local function ids_of(resource)
  local ids = {}
  for key, target in pairs(resources.kind(resource).references(resource)) do
    local resolved = resource.targets and resource.targets[key]
    ids[#ids + 1] = type(target) == "string" and target or resolved and resolved.dataset.id or "another"
  end
  table.sort(ids)
  return ids
end

--- Where a resource comes from, as the definition has it.
-- @param resource resource
-- @return string: one line
function resource_rows.origin(resource)
  local url = resource.url
  if type(url) == "string" then
    return text.url(url)
  elseif type(url) == "table" then
    local first = type(url[1]) == "table" and url[1].url or url[1]
    return ("%d files, %s …"):format(#url, text.url(first))
  elseif resources.kind(resource).references then
    return ("%s to %s"):format(resource.kind, table.concat(ids_of(resource), ", "))
  end
  local needs = graph.requires(resource)
  return #needs > 0 and ("%s of %s"):format(resource.kind, table.concat(needs, ", ")) or resource.kind
end

-- Other addresses of the same content, in order.
local function mirrors_of(resource)
  local mirrors = {}
  for i, mirror in ipairs(resource.mirrors or {}) do
    mirrors[i] = text.url(type(mirror) == "table" and mirror.url or mirror)
  end
  return mirrors
end

-- How much there is of it: bytes, and files of a folder.
local function measure(store, dataset, resource, path)
  local found = place.found(resource, path)
  if not found then
    return nil
  elseif found.type ~= "folder" then
    return found.size
  end
  local files, bytes = contents.measure(store:folder(dataset), resource.name)
  return bytes, files
end

-- Whether all that a resource leads to is in place.
local function leads_somewhere(store, resource)
  for _, target in pairs(resource.targets or {}) do
    if not plan.of(store, target.dataset, true).complete then
      return false
    end
  end
  return true
end

--- The resources of a dataset, as `info` shows them.
-- @param store store
-- @param dataset dataset, whose references are resolved where they can be
-- @return array of tables: name, kind, origin (string), url and size (as declared, or nil), path, state
--   ("none", or "complete": recorded, and still there), action (as of plan.of, without reading), stored
--   (bytes, or nil),
--   files (in a folder, or nil), here (boolean), transient (boolean), stands (as of its kind), mirrors
--   (array of URLs); and, as declared: proposals (array of paths and { datafolder, path }), instructions,
--   what (to do)
function resource_rows.of(store, dataset)
  local rows = {}
  for _, step in ipairs(plan.of(store, dataset, true).actions) do
    local resource = step.resource
    local bytes, files = measure(store, dataset, resource, step.path)
    local complete = step.action == "keep" and leads_somewhere(store, resource)
    rows[resource.name] = {
      name = resource.name, kind = resource.kind, size = resource.size, path = step.path,
      origin = resource_rows.origin(resource),
      url = type(resource.url) == "string" and text.url(resource.url) or nil,
      state = complete and "complete" or "none", action = step.action, stored = bytes, files = files,
      here = place.found(resource, step.path) ~= nil, transient = resource.transient,
      stands = resources.kind(resource).stands, mirrors = mirrors_of(resource),
      proposals = resource.proposals, instructions = resource.instructions, what = resource.what,
    }
  end
  for i, resource in ipairs(dataset.resources) do
    rows[i] = rows[resource.name]
  end
  return rows
end

local function state_of(row)
  if row.action == "idle" then
    return "transient, not needed any more"
  elseif row.stands == "nothing" then
    return row.state == "complete" and "complete" or "not complete"
  elseif not row.here then
    return row.transient and "transient, not here" or "not here"
  elseif row.action == "make" then
    return "not as it should be, and made again"
  end
  local words = { row.state == "complete" and "complete" or "not recorded" }
  if row.files then
    words[#words + 1] = ("%d file%s"):format(row.files, row.files == 1 and "" or "s")
  end
  words[#words + 1] = row.stored and text.size(row.stored) .. " on disk"
  return table.concat(words, ", ")
end

-- Where a proposal leads, as `datafolders` and definitions call it.
local function proposal_text(proposal)
  if type(proposal) == "string" then
    return proposal
  end
  local folder = ("datafolder '%s'"):format(proposal.datafolder)
  return proposal.path and ("%s in %s"):format(proposal.path, folder) or folder
end

-- What else its definition says: label and text.
local function details_of(row)
  local proposals = {}
  for i, proposal in ipairs(row.proposals or {}) do
    proposals[i] = proposal_text(proposal)
  end
  local count = #row.mirrors
  return {
    { ("%d mirror%s: "):format(count, count == 1 and "" or "s"),
      count > 0 and table.concat(row.mirrors, ", ") },
    { "found at: ", #proposals > 0 and table.concat(proposals, ", or ") },
    { "to do: ", row.what },
    { "by hand: ", row.instructions },
  }
end

--- The lines of a resource.
-- @param row table: of resource_rows.of
-- @return array of strings
function resource_rows.lines(row)
  local size = row.size and text.size(row.size) or row.url and "size not declared"
  local lines = {
    ("  %-14s %s"):format(row.name, size and ("%s  (%s)"):format(size, state_of(row)) or state_of(row)),
    ("  %-14s %s"):format("", row.origin),
  }
  for _, detail in ipairs(details_of(row)) do
    local words = detail[2] and detail[2]:gsub("%s+", " ")
    lines[#lines + 1] = words and ("  %-14s %s%s"):format("", detail[1], words) or nil
  end
  return lines
end

return resource_rows
