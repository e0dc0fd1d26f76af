--- `datamaestro plan ID…`
local json = require "datamaestro.json"
local needs = require "datamaestro.engine.needs"
local ordered = require "datamaestro.cli.families".ordered
local resource_rows = require "datamaestro.cli.resource_rows"
local status = require "datamaestro.status"
local terms = require "datamaestro.cli.terms"

local WARNINGS = 20 -- shown at most

local EXAMPLE = [[
Nothing is written, and no connection is opened. The exit status is that of
`prepare`, as far as can be told: 0, or 3 something is missing, 6 terms not
accepted, 8 disk full, 10 wrong definition, 11 offline.

Example: datamaestro plan com.lecun.mnist]]

local function all(list, convert)
  local result = json.array {}
  for i, one in ipairs(list) do
    result[i] = convert(one)
  end
  return result
end

local function row_object(row)
  local size = row.size
  if size == false then
    size = json.null
  end
  return ordered {
    { "name", row.name }, { "kind", row.kind }, { "action", row.action }, { "reason", row.reason },
    { "transient", row.transient == true }, { "path", row.path },
    { "origin", resource_rows.origin(row.resource) }, { "source", row.source }, { "others", row.others },
    { "pieces", row.pieces }, { "size", size }, { "saved", row.saved }, { "same_as", row.same_as },
    { "problem", row.obstacle and row.obstacle.message },
  }
end

local function dataset_object(entry)
  return ordered { { "id", entry.dataset.id }, { "repository", entry.dataset.repository.id },
    { "complete", entry.complete }, { "resources", all(entry.rows, row_object) } }
end

local function host_object(host)
  return ordered { { "host", host.host or json.null }, { "files", host.files }, { "bytes", host.bytes },
    { "unknown", host.unknown }, { "connections", host.connections }, { "token", host.token },
    { "failing", host.failing }, { "wait", host.wait } }
end

local function disk_object(found)
  local sum = found.needs
  local least, peak = needs.bytes(sum)
  return ordered { { "needed", least }, { "peak", peak }, { "transient", sum.transient },
    { "unknown", sum.unmeasured }, { "free", found.free }, { "files", sum.names }, { "folders", sum.folders },
    { "free_files", found.inodes } }
end

local function terms_object(one)
  return ordered { { "id", one.id }, { "hash", one.hash }, { "datasets", json.array(one.datasets) },
    { "command", terms.command(one) } }
end

local function obstacle_object(obstacle)
  return ordered { { "code", obstacle.code }, { "dataset", obstacle.dataset },
    { "resource", obstacle.resource }, { "message", obstacle.message } }
end

local function print_json(session, store, found)
  session:print_json(ordered {
    { "could_run", found.could_run },
    { "status", status[found.code] or (found.code and status.error) or 0 },
    { "data", store.root }, { "datasets", all(found.datasets, dataset_object) },
    { "hosts", all(found.hosts, host_object) }, { "saved", found.saved }, { "disk", disk_object(found) },
    { "agreements", all(found.terms, terms_object) }, { "problems", all(found.obstacles, obstacle_object) },
    { "warnings", json.array(found.warnings) },
  })
end

local function print_text(session, found)
  for i = 1, math.min(#found.warnings, WARNINGS) do
    session:complain("warning: " .. found.warnings[i])
  end
  if #found.warnings > WARNINGS then
    session:complain(("%d more warnings (--json has all)"):format(#found.warnings - WARNINGS))
  end
  local width = require "datamaestro.cli.speech".columns(1)
  for _, line in ipairs(require "datamaestro.cli.plan_text".lines(found, math.max(width, 60))) do
    session:say(line)
  end
end

return {
  summary = "Say what `prepare` would do, and whether it could, before anything is done.",
  words = { "ids…" },
  transfers = true,
  configure = function(parser)
    parser:argument("ids", "The datasets' ids, as `search` shows them."):argname("ID"):args "+"
    parser:epilog(EXAMPLE)
  end,
  run = function(session, arguments)
    local datasets, message, code = session:find_all(arguments.ids)
    local store, found
    if datasets then
      store, message, code = session:store()
    end
    if store then
      found, message, code = session:forecast(store, datasets)
    end
    if not found then
      return nil, message, code
    elseif session.json then
      print_json(session, store, found)
    else
      print_text(session, found)
    end
    return found.could_run or status[found.code] or status.error
  end,
}
