--- `datamaestro orphans [--size] [--remove] [--repository ID]`
local families = require "datamaestro.cli.families"
local text = require "datamaestro.text"

local IDS = 3 -- of one folder, shown to people

local TITLES = {
  { "definition", "Of no definition:" },
  { "resource", "Of no resource of their datasets:" },
  { "process", "Left by processes that died:" },
  { "lock", "Locks that nobody holds:" },
}

-- --- What was found -----------------------------------------------------------------------------

local function measure(tree, finding)
  if not finding.sum then
    local sum, message, code = tree:measure(finding.index)
    if not sum then
      return nil, message, code
    end
    finding.sum = sum
  end
  return finding.sum
end

local function totals(list)
  local disk = 0
  for _, finding in ipairs(list) do
    disk = disk + finding.sum.disk
  end
  return disk
end

local function many(count, one)
  return ("%d %s%s"):format(count, one, count == 1 and "" or "s")
end

-- --- For people ---------------------------------------------------------------------------------

local function ids_of(finding)
  local ids = finding.ids
  if #ids == 0 or finding.reason ~= "definition" and finding.reason ~= "repository" then
    return ""
  end
  local more = #ids > IDS and (" and %d more"):format(#ids - IDS) or ""
  return ("  (%s%s)"):format(table.concat(ids, ", ", 1, math.min(#ids, IDS)), more)
end

local function print_row(session, sized, disk, path, note)
  local size = sized and ("%9s  "):format(text.size(disk)) or ""
  session:print(text.line(("  %s%s%s"):format(size, path, note)))
end

local function print_list(session, sized, title, list, note_of)
  if #list > 0 then
    session:print(title)
  end
  for _, finding in ipairs(list) do
    print_row(session, sized, finding.sum.disk, finding.path, note_of(finding))
  end
end

local function with_reason(list, reason)
  local found = {}
  for _, finding in ipairs(list) do
    found[#found + 1] = finding.reason == reason and finding or nil
  end
  return found
end

local function print_doubtful(session, sized, list)
  print_list(session, sized, "Of repositories that are not known here (--repository ID counts them in):",
    with_reason(list, "repository"), ids_of)
  local uncertain = {}
  for _, finding in ipairs(list) do
    uncertain[#uncertain + 1] = finding.reason ~= "repository" and finding or nil
  end
  print_list(session, sized, "Of repositories not all of whose definitions are known here (likewise):",
    uncertain, ids_of)
end

local function print_kept(session, sized, list)
  if #list > 0 then
    session:print "Downloads that are kept (they stay):"
  end
  for _, row in ipairs(list) do
    print_row(session, sized, row.disk, row.url or row.path, "")
  end
end

local function print_stays(session, list)
  if #list > 0 then
    session:print "Not looked at, or in use (it stays):"
  end
  for _, finding in ipairs(list) do
    session:print(text.line(("  %s  (%s)"):format(finding.path, finding.why)))
  end
end

local function print_text(session, found, arguments)
  local sized = arguments.size
  for _, title in ipairs(TITLES) do
    print_list(session, sized, title[2], with_reason(found.orphans, title[1]), ids_of)
  end
  local repositories = with_reason(found.orphans, "repository")
  print_list(session, sized, "Of repositories that are not known here:", repositories, ids_of)
  print_doubtful(session, sized, found.doubtful)
  print_kept(session, sized, found.kept)
  print_stays(session, found.stays)
  if not arguments.remove then
    session:print(("%s, %s on disk%s"):format(many(#found.orphans, "orphan"),
      text.size(totals(found.orphans)), #found.orphans > 0 and " (--remove removes them)" or ""))
  end
end

-- --- As JSON ------------------------------------------------------------------------------------

local function as_json(list)
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, finding in ipairs(list) do
    local sum = finding.sum or finding
    rows[i] = families.ordered {
      { "path", finding.path }, { "type", finding.type }, { "reason", finding.reason },
      { "repository", finding.repository }, { "ids", json.array(finding.ids) }, { "files", sum.files },
      { "bytes", sum.bytes }, { "disk", sum.disk },
    }
    if finding.why then
      json.set(rows[i], "why", finding.why)
    end
    if finding.removed ~= nil then
      json.set(rows[i], "removed", finding.removed)
      json.set(rows[i], "problem", finding.problem)
    end
  end
  return rows
end

local function print_json(session, root, found)
  local json = require "datamaestro.json"
  local kept = json.array {}
  for i, row in ipairs(found.kept) do
    kept[i] = families.ordered { { "path", row.path }, { "url", row.url }, { "files", row.files },
      { "bytes", row.bytes }, { "disk", row.disk } }
  end
  session:print_json(families.ordered {
    { "data", root }, { "orphans", as_json(found.orphans) }, { "doubtful", as_json(found.doubtful) },
    { "kept", kept }, { "stays", as_json(found.stays) }, { "problem", found.problem },
  })
end

-- --- The command --------------------------------------------------------------------------------

local function remove_all(session, found)
  local orphans = require "datamaestro.engine.orphans"
  local removed, disk = 0, 0
  for _, finding in ipairs(found.orphans) do
    local done, message = orphans.remove(found.tree, finding)
    finding.removed, finding.problem = done == true, message
    if done then
      removed, disk = removed + 1, disk + finding.sum.disk
    else
      session:complain(message)
    end
  end
  if not session.json then
    session:print(("%s removed, %s on disk"):format(many(removed, "orphan"), text.size(disk)))
  end
  return removed == #found.orphans and (not found.problem) and true or 1
end

local function measure_all(found)
  for _, list in ipairs { found.orphans, found.doubtful, found.stays } do
    for _, finding in ipairs(list) do
      local sum, message, code = measure(found.tree, finding)
      if not sum then
        return nil, message, code
      end
    end
  end
  return true
end

-- A data directory that nobody has made has none.
local function nothing()
  local tree <const> = setmetatable({}, { __close = function() end })
  return { tree = tree, orphans = {}, doubtful = {}, stays = {}, kept = {} }
end

local function perform(session, arguments, root, found)
  local tree <close> = found.tree -- luacheck: ignore
  local measured, message, code = measure_all(found)
  if not measured then
    return nil, message, code
  end
  if found.problem then
    session:complain("warning: " .. found.problem)
  end
  if not session.json then
    print_text(session, found, arguments)
  end
  local result = true
  if arguments.remove then
    result = remove_all(session, found)
  end
  if session.json then
    print_json(session, root, found)
  end
  return result
end

return {
  summary = "List what in the data directory belongs to no dataset, or remove it.",
  configure = function(parser)
    parser:flag("--size", "Show how much room each takes on disk.")
    parser:flag("--remove", "Remove what is listed as orphans.")
    parser:option("--repository", "Look at the folder of this repository only, also where it is not"
      .. " known here: it is named, so it is meant (repeatable)."):argname("ID"):count "*"
    parser:epilog [[
Example: datamaestro orphans --size, and when all of it may go:
  datamaestro orphans --remove]]
  end,
  run = function(session, arguments)
    local store, message, code = session:own_store()
    if not store then
      return nil, message, code
    end
    local known, uncertain = require "datamaestro.cli.holdings".read(session)
    local names = #arguments.repository > 0 and arguments.repository or nil
    local found
    found, message, code = require "datamaestro.engine.orphans".find(store.root, known,
      { uncertain = uncertain, repositories = names })
    if not found and code == "unknown" and not names then
      found = nothing()
    elseif not found then
      return nil, message, code
    end
    return perform(session, arguments, store.root, found)
  end,
}
