--- The patch that puts measured sizes and hashes into a script, tried before anybody sees it: what it gives
-- must load, and say the same but for them.

local edits = require "datamaestro.edits"
local hash_edits = require "datamaestro.definition.hash_edits"
local loader = require "datamaestro.definition.loader"
local repository = require "datamaestro.definition.repository"
local sameness = require "datamaestro.definition.sameness"

local hash_patch = {}

-- What a resource's call should have: as served, and as kept where that is another file.
local function fields_of(entry)
  local resource = entry.resource
  local fields = hash_edits.fields(resource, entry.request.served)
  if entry.has_content then
    fields[#fields + 1] = { name = "content",
      fields = hash_edits.fields(resource.content, entry.request.content) }
  end
  return fields
end

--- Whether a resource declares what was measured.
-- @param resource resource
-- @param fields array of { name, value } and { name, fields }
-- @return boolean
local function declares(resource, fields)
  for _, field in ipairs(fields) do
    local value = resource[field.name]
    if field.fields then
      if not value or not declares(value, field.fields) then
        return false
      end
    elseif value ~= field.value then
      return false
    end
  end
  return true
end

-- The resources by the place and the URL of their call, since one call may be of several datasets.
local function by_call(entries)
  local calls, known = {}, {}
  for _, entry in ipairs(entries) do
    local key = ("%d %s %s"):format(entry.resource.line, entry.resource.kind, entry.resource.name)
    local call = known[key]
    if not call then
      call = { entry = entry, members = {} }
      known[key], calls[#calls + 1] = call, call
    end
    call.is_ambiguous = call.is_ambiguous or entry.resource.url ~= call.entry.resource.url
    table.insert(call.members, entry)
  end
  return calls
end

-- Reads a script | nil, message, code.
local function load(path, text, registry)
  return loader.load_text(path, text, repository.enclosing(path), registry.find_repository)
end

-- Whether the changed text is what it should be; a problem, or nil.
local function problem_of(path, text, list, registry)
  local before, after, message
  before, message = load(path, text, registry)
  if before then
    after, message = load(path, edits.apply(text, list), registry)
  end
  if not after then
    return message
  end
  return not sameness.of(before, after) and "the script would say something else" or nil
end

local function settle(call, problem)
  for _, entry in ipairs(call.members) do
    entry.problem = problem
  end
end

-- The edits of a call; its entries get `fields`, `is_same` and perhaps `problem`.
local function edits_of(path, text, call, registry)
  local fields = fields_of(call.entry)
  local is_same = true
  for _, entry in ipairs(call.members) do
    entry.fields = fields
    entry.is_same = declares(entry.resource, fields)
    is_same = is_same and entry.is_same
  end
  if is_same then
    return {}
  end
  local list, problem
  if call.is_ambiguous then
    problem = "one call for several URLs"
  else
    list, problem = hash_edits.of(text, call.entry.resource, fields)
  end
  problem = problem or problem_of(path, text, list, registry)
  settle(call, problem)
  return problem and {} or list
end

--- Makes the patch of one script.
-- @param path string
-- @param entries array of { resource, request (as of measure.all, done), has_content (boolean) }: each gets
--   `fields` (what its call should have), `is_same` (it has it), `problem` (why it cannot be put there)
-- @param registry registry
-- @return array of edits; string: the text that they are of | nil, message, code
function hash_patch.of(path, entries, registry)
  local text, message, code = repository.read(path)
  if not text then
    return nil, message, code
  end
  local all = {}
  for _, call in ipairs(by_call(entries)) do
    local list = edits_of(path, text, call, registry)
    table.move(list, 1, #list, #all + 1, all)
  end
  local problem = #all > 0 and problem_of(path, text, all, registry)
  if problem then
    return nil, ("%s: %s"):format(path, problem), "error"
  end
  return all, text
end

return hash_patch
