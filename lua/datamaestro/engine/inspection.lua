--- Datasets looked at: is all there that was complete once, and is it what it was?
local auditing = require "datamaestro.engine.auditing"
local console = require "datamaestro.api.console"
local file = require "datamaestro.api.file"
local graph = require "datamaestro.engine.graph"
local inspect = require "datamaestro.engine.inspection_resource"
local place = require "datamaestro.engine.place"
local resources = require "datamaestro.engine.resources"

local inspection = {}

local LOOK = 0.1 -- seconds between two words of how far it is

-- The names directly in a dataset's folder that its resources account for.
local function known_names(dataset)
  local known = {}
  for _, resource in ipairs(dataset.resources) do
    known[resource.filename] = true
    for name in pairs(type(resource.links) == "table" and resource.links or {}) do
      known[name] = true
    end
  end
  return known
end

-- What is in a dataset's folder that nobody recorded. A resource that fills it has its own list.
local function add_unrecorded(result, folder, dataset)
  local known = known_names(dataset)
  for _, name in ipairs(not known[""] and file.list(folder) or {}) do
    if not known[name] and not place.is_foreign(folder, name) then
      table.insert(result.unrecorded, folder .. "/" .. name)
    end
  end
  for _, finding in ipairs(result.findings) do
    table.move(finding.unrecorded, 1, #finding.unrecorded, #result.unrecorded + 1, result.unrecorded)
  end
end

-- Transient resources that are gone are missed by nobody, once all that needs them is there.
local function forgive_transient(result)
  local dependents = graph.dependents(result.dataset.resources)
  local by_name = {}
  for _, finding in ipairs(result.findings) do
    by_name[finding.resource.name] = finding
  end
  for i = #result.findings, 1, -1 do
    local finding = result.findings[i]
    local missed = not finding.resource.transient or finding.status ~= "absent"
    for _, other in ipairs(dependents[finding.resource.name]) do
      missed = missed or by_name[other.name].status == "absent"
    end
    finding.status = missed and finding.status or "gone"
  end
end

-- How many findings have a status.
local function number_of(result, status)
  local number = 0
  for _, finding in ipairs(result.findings) do
    number = number + (finding.status == status and 1 or 0)
  end
  return number
end

-- What there is to say of the state file, where resources stand there that it does not speak of.
local function look_at_states(result, folder, warning)
  local path, unrecorded = folder .. "/.state.json", number_of(result, "unrecorded")
  local there = file.stat(path, true)
  local damaged = number_of(result, "damaged") > 0 and not there
  if warning then
    local found = warning:gsub(" %([^(]*$", ""):gsub("^" .. path:gsub("%p", "%%%0") .. ": ", "")
    table.insert(result.problems, { path = path, found = found, expected = "a state file" })
  elseif not there and (unrecorded > 0 or damaged) then
    table.insert(result.problems, { path = path, found = "missing", expected = "a state file" })
  elseif unrecorded > 0 then
    for _, finding in ipairs(result.findings) do
      if finding.status == "unrecorded" then
        local found = finding.record.state == "partial" and "not whole" or "not recorded"
        table.insert(result.problems, { path = finding.path, found = found, expected = "complete" })
      end
    end
  end
end

local function look_at(store, dataset)
  local records, warning = store:records(dataset)
  local result = { dataset = dataset, findings = {}, problems = {}, unrecorded = {}, files = 0, bytes = 0 }
  for i, resource in ipairs(graph.order(dataset.resources)) do
    local finding = inspect.resource(store, dataset, resource, records[resource.name] or {})
    result.findings[i] = finding
    result.files, result.bytes = result.files + finding.files, result.bytes + finding.bytes
  end
  forgive_transient(result)
  look_at_states(result, store:folder(dataset), warning)
  add_unrecorded(result, store:folder(dataset), dataset)
  return result
end

-- --- Reading ------------------------------------------------------------------------------------------

-- What is to be computed of a file, as audit.start takes it.
local function order_of(read)
  if read.sha256 then
    return read.path
  end
  local names, seen = {}, {}
  for _, claim in ipairs(read.claims) do
    names[#names + 1] = not seen[claim[1]] and claim[1] or nil
    seen[claim[1]] = true
  end
  return { path = read.path, digests = names }
end

-- Holds what was read against what it must be.
local function compare(read, found, message)
  local problems = read.finding.problems
  if not found then
    table.insert(problems, { path = read.path, found = (message:gsub("^.*: ", "")),
      expected = "a file that can be read" })
    return
  end
  for _, claim in ipairs(read.claims or { { "sha256", read.sha256 } }) do
    local name, expected = table.unpack(claim)
    if found[name] ~= expected then
      table.insert(problems, { path = read.path, found = ("%s %s"):format(name, found[name]),
        expected = expected })
      return
    end
  end
end

-- The reading that nobody's list has of a folder of the user's own.
local function prove(finding)
  local kind = resources.kind(finding.resource)
  local right, message
  if kind.prove and #finding.problems == 0 then
    right, message = kind.prove(finding.resource, finding.path)
  end
  if right == false then
    local subject, found = message:match "^(.-): (.*)$"
    table.insert(finding.problems, { path = subject, found = found })
  end
  finding.unproved = finding.unproved and not right
end

-- What is to be read, how audit.start takes it, and how many bytes that is.
local function reads_of(results, wanted)
  local reads, files, bytes = {}, {}, 0
  for _, result in ipairs(results) do
    for _, finding in ipairs(result.findings) do
      if wanted(finding) then
        bytes = bytes + finding.bytes
        table.move(finding.reads, 1, #finding.reads, #reads + 1, reads)
      end
    end
  end
  for i, read in ipairs(reads) do
    files[i] = order_of(read)
  end
  return reads, files, bytes
end

-- For auditing.read: says now and then how far it is.
local function turn_of(files, total, observe)
  local label = ("verify: %d file%s"):format(#files, #files == 1 and "" or "s")
  local told = -1
  return function(handle, bytes)
    local now = console.now()
    if now - told >= LOOK then
      told = now
      observe { event = "progress", file = label, received = bytes, total = math.max(total, bytes), idle = 0,
        connections = 0 }
    end
    handle:wait(LOOK)
  end
end

-- Reads what has digests; the number of bytes.
local function read_all(results, wanted, observe)
  local reads, files, total = reads_of(results, wanted)
  local read = auditing.read(files, function(index, found, message)
    compare(reads[index], found, message)
  end, turn_of(files, total, observe))
  for _, result in ipairs(results) do
    for _, finding in ipairs(result.findings) do
      if wanted(finding) then
        prove(finding)
      end
      finding.status = #finding.problems > 0 and "damaged" or finding.status
    end
  end
  observe { event = "end", ok = true }
  return read
end

-- --- All ----------------------------------------------------------------------------------------------

-- The verdict: problems of the resources come in their order, after those of the state file.
local function conclude(result)
  for _, finding in ipairs(result.findings) do
    table.move(finding.problems, 1, #finding.problems, #result.problems + 1, result.problems)
  end
  local absent, expected = number_of(result, "absent"), #result.findings - number_of(result, "gone")
  result.absent = {}
  for _, finding in ipairs(result.findings) do
    table.insert(result.absent, finding.status == "absent" and finding.resource.name or nil)
  end
  result.status = #result.problems > 0 and "damaged" or absent > 0 and absent == expected and "not prepared"
    or absent > 0 and "incomplete" or "right"
  return result
end

--- Looks at datasets.
-- @param store store
-- @param datasets array of datasets
-- @param options table: deep (boolean: also read all that has digests), prove (boolean: read what is not
--   recorded), observe (function(event))
-- @return array of results: dataset, status ("right", "damaged", "incomplete", "not prepared"), problems
--   (array of {path, found, expected = string|nil}), absent (names of resources that are not here),
--   unrecorded (paths that no resource accounts for), files, bytes, findings (of the resources, as of
--   inspection_resource.lua)
-- @return integer: bytes read
function inspection.of(store, datasets, options)
  local results, read = {}, 0
  for i, dataset in ipairs(datasets) do
    results[i] = look_at(store, dataset)
  end
  if options.deep or options.prove then
    read = read_all(results, function(finding)
      return options.deep or finding.status == "unrecorded"
    end, options.observe)
  end
  for _, result in ipairs(results) do
    conclude(result)
  end
  return results, read
end

return inspection
