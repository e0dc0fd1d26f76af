--- `datamaestro du [--by dataset|repository] [ID…]`
local families = require "datamaestro.cli.families"
local text = require "datamaestro.text"

local WIDTH = 80
local NUMBERS = "%7s %7s %7s %7s %7s"

-- "1.2G": as text.size, for a column.
local function size(bytes)
  local value, unit = text.size(bytes):match "^(%S+) (%a)"
  return value .. (unit == "b" and "" or unit)
end

local function label(row)
  if row.kind == "dataset" then
    local repository = (row.undefined or row.ambiguous) and "@" .. row.repository or ""
    return row.id .. repository .. (row.undefined and " (no definition)" or "")
  elseif row.kind == "repository" then
    return row.repository
  elseif row.kind == "others" then
    return ("(of %s, in no dataset)"):format(row.repository)
  end
  return ("(%s)"):format(row.kind)
end

-- Two repositories may have datasets of one id.
local function mark_ambiguous(rows)
  local first = {}
  for _, row in ipairs(rows) do
    local other = row.id and first[row.id]
    if other and other.repository ~= row.repository then
      row.ambiguous, other.ambiguous = true, true
    end
    first[row.id or ""] = row
  end
end

local function print_row(session, sum, name)
  local numbers = NUMBERS:format(size(sum.disk), sum.unique and size(sum.unique) or "",
    sum.shared and size(sum.shared) or "", size(sum.bytes), sum.files)
  local line = ("%s  %s"):format(numbers, text.line(name))
  if (utf8.len(line) or #line) > WIDTH then
    session:print(numbers)
    line = "  " .. text.line(name)
  end
  session:print(line)
end

local function is_apart(row)
  return row.kind == "cache" or row.kind == "drop"
end

local function print_text(session, found, by)
  local rows = found.rows
  mark_ambiguous(rows)
  session:print((NUMBERS .. "  %s"):format("disk", "unique", "shared", "size", "files", by))
  for _, apart in ipairs { false, true } do
    for _, row in ipairs(rows) do
      if is_apart(row) == apart then
        print_row(session, row, label(row))
      end
    end
  end
  print_row(session, found.total, "total")
end

local function print_json(session, root, found)
  local json = require "datamaestro.json"
  local list = json.array {}
  for i, row in ipairs(found.rows) do
    list[i] = families.ordered {
      { "kind", row.kind }, { "id", row.id }, { "repository", row.repository }, { "disk", row.disk },
      { "unique", row.unique }, { "shared", row.shared }, { "bytes", row.bytes }, { "files", row.files },
    }
  end
  local total = found.total
  session:print_json(families.ordered {
    { "data", root }, { "rows", list },
    { "total", families.ordered {
      { "disk", total.disk }, { "bytes", total.bytes }, { "files", total.files },
    } },
  })
end

local function find_all(session, ids)
  local datasets = {}
  for i, id in ipairs(ids) do
    local dataset, message, code = session:find(id)
    if not dataset then
      return nil, message, code
    end
    datasets[i] = dataset
  end
  return datasets
end

return {
  summary = "Show how much room datasets take.",
  configure = function(parser)
    parser:argument("ids", "Datasets, or families for all their variants (default: all there is).")
      :argname("ID"):args "*"
    parser:option("--by", "dataset or repository"):choices({ "dataset", "repository" })
      :default("dataset"):argname "WHAT"
    parser:epilog [[
Columns: room on disk; what of it no other dataset has; what another one has,
too (hard links); bytes of the files, as they look; how many files.
Example: datamaestro du --by repository]]
  end,
  run = function(session, arguments)
    local usage = require "datamaestro.engine.usage"
    local known = require "datamaestro.cli.holdings".read(session)
    local datasets, message, code = find_all(session, arguments.ids)
    local store, found
    if datasets and #datasets > 0 and arguments.by ~= "dataset" then
      return nil, "du: --by repository with ids (one of them expected)", "usage"
    elseif datasets then
      store, message, code = session:own_store()
    end
    if store then
      found, message, code = usage.of(store.root, known, arguments.by, #datasets > 0 and datasets or nil)
    end
    if not found and store and code == "unknown" then -- a data directory that nobody has made
      found = { rows = {}, total = { disk = 0, bytes = 0, files = 0 }, notes = {} }
    elseif not found then
      return nil, message, code
    end
    for _, note in ipairs(found.notes) do
      session:complain("warning: " .. note)
    end
    if session.json then
      print_json(session, store.root, found)
    else
      print_text(session, found, arguments.by)
    end
    return true
  end,
}
