--- What `plan` says, for people: lines that fit the terminal.
local figures = require "datamaestro.cli.progress_text"
local resource_rows = require "datamaestro.cli.resource_rows"
local terms = require "datamaestro.cli.terms"
local text = require "datamaestro.text"

local plan_text = {}

local NAME = 24    -- columns of a resource's name at most
local SHOWN = 20   -- resources of a dataset, and things in the way, at most
local WORDS = { keep = "kept", adopt = "adopted", check = "to check", make = "made", remove = "removed",
  idle = "not needed" }

-- --- Resources --------------------------------------------------------------------------------------

-- The host and the end of a URL tell most.
local function shorten(source, columns)
  local host, path = source:match "^(%a[%w+.-]*://[^/]*/)(.*)$"
  if host and figures.width(source) > columns and figures.width(host) + 10 <= columns then
    return host .. figures.cut_start(path, columns - figures.width(host))
  end
  return figures.cut_start(source, columns)
end

local function notes_of(row, more_here)
  local notes = ""
  if row.pieces then
    notes = (" and %d more to join"):format(row.pieces - 1)
  elseif (row.others or 0) > 0 then
    notes = (" (+%d)"):format(row.others)
  end
  return more_here and ("%s, %s here"):format(notes, text.size(row.saved)) or notes
end

-- Where it comes from.
local function origin(row, columns)
  if row.obstacle then
    return "cannot be had: below"
  elseif row.same_as then
    local own = row.dataset .. ": "
    local other = row.same_as:sub(1, #own) == own and row.same_as:sub(#own + 1) or row.same_as
    return "with " .. figures.cut_start(text.line(other), columns - #"with ")
  elseif row.source then
    local notes = notes_of(row, (row.saved or 0) > 0)
    return shorten(text.line(row.source), columns - figures.width(notes)) .. notes
  elseif row.action == "make" then
    return figures.cut_end(text.line(resource_rows.origin(row.resource)), columns)
  end
  return ""
end

local function size_of(row)
  if row.same_as or row.obstacle or row.size == nil then
    return ""
  end
  return row.size and text.size(row.size) or "unknown"
end

local HEAD = { -- the columns before where it comes from; the second says that numbers stand to the right
  { function(row)
    return figures.cut_end(text.line(row.name), NAME)
  end },
  { function(row)
    return WORDS[row.action]
  end },
  { size_of, true },
}

-- The columns that some rows need.
local function measure(rows, shown)
  local columns = {}
  for i, cell in ipairs(HEAD) do
    columns[i] = 0
    for j = 1, shown do
      columns[i] = math.max(columns[i], figures.width(cell[1](rows[j])))
    end
  end
  return columns
end

local function row_line(row, columns, width)
  local head = " "
  for i, cell in ipairs(HEAD) do
    head = head .. (columns[i] > 0 and " " .. figures.pad(cell[1](row), columns[i], cell[2]) .. " " or "")
  end
  head = head .. " "
  return (head .. origin(row, math.max(10, width - figures.width(head)))):gsub(" +$", "")
end

local function add_dataset(lines, entry, width)
  if entry.complete then
    lines[#lines + 1] = text.line(entry.dataset.id) .. ": complete"
    return
  end
  lines[#lines + 1] = text.line(entry.dataset.id) .. ":"
  local rows = entry.rows
  local shown = #rows > SHOWN + 1 and SHOWN or #rows
  local columns = measure(rows, shown)
  for i = 1, shown do
    lines[#lines + 1] = row_line(rows[i], columns, width)
  end
  if shown < #rows then
    lines[#lines + 1] = ("  … %d more (--json has all)"):format(#rows - shown)
  end
end

-- --- Totals -----------------------------------------------------------------------------------------

local function amount(bytes, unknown, files)
  if unknown == 0 then
    return text.size(bytes)
  elseif unknown == files then
    return "of unknown size"
  end
  return ("%s and %d of unknown size"):format(text.size(bytes), unknown)
end

local function host_line(host, columns)
  local notes = {}
  if host.failing then
    notes[#notes + 1] = "has failed lately"
  end
  if (host.wait or 0) > 0 then
    notes[#notes + 1] = ("asks to wait %d s"):format(host.wait)
  end
  if host.connections then
    notes[#notes + 1] = figures.count(host.connections, "connection") .. " at most"
  end
  if host.token then
    notes[#notes + 1] = "with a token"
  end
  return ("  %s  %s, %s%s"):format(figures.pad(text.line(host.host or "this machine"), columns),
    figures.count(host.files, "file"), amount(host.bytes, host.unknown, host.files),
    #notes > 0 and " (" .. table.concat(notes, "; ") .. ")" or "")
end

local function add_hosts(lines, found)
  if #found.hosts == 0 then
    return
  end
  local files, bytes, unknown, columns = 0, 0, 0, 0
  for _, host in ipairs(found.hosts) do
    if host.host then
      files, bytes, unknown = files + host.files, bytes + host.bytes, unknown + host.unknown
    end
    columns = math.max(columns, figures.width(text.line(host.host or "this machine")))
  end
  if files > 0 then
    local here = found.saved > 0 and ("; %s of it here already"):format(text.size(found.saved)) or ""
    lines[#lines + 1] = ("Fetch: %s, %s%s"):format(figures.count(files, "file"),
      amount(bytes, unknown, files), here)
  else
    lines[#lines + 1] = "Fetch: nothing from the network"
  end
  for _, host in ipairs(found.hosts) do
    lines[#lines + 1] = host_line(host, columns)
  end
end

local function add_room(lines, found)
  local sum = found.needs
  if sum.files == 0 or not found.free then
    return
  end
  local _, peak = require "datamaestro.engine.needs".bytes(sum)
  local unknown = sum.unmeasured > 0 and (" (%s of unknown size not counted)"):format(
    figures.count(sum.unmeasured, "resource")) or ""
  lines[#lines + 1] = ("Disk: %s at the peak%s, %s free%s"):format(text.size(peak), unknown,
    text.size(found.free), peak > found.free and found.could_run and ": it may not suffice" or "")
  local folders = sum.folders > 0 and (" (what is in %s is not counted)"):format(
    figures.count(sum.folders, "folder")) or ""
  lines[#lines + 1] = ("Files: %d%s%s"):format(sum.names, folders,
    found.inodes and (", room for %d"):format(found.inodes) or "")
end

-- --- What is in the way -----------------------------------------------------------------------------

local ENDINGS = {
  agreement = "terms are not accepted", space = "there is not enough room", unknown = "something is missing",
  definition = "a definition is wrong or not finished", offline = "the network is needed",
}

local function add_obstacles(lines, found)
  local _, refusal = terms.refusal(found.terms)
  if refusal ~= "" then
    lines[#lines + 1] = text.printable(refusal)
  end
  local count = 0
  for _, obstacle in ipairs(found.obstacles) do
    if obstacle.code ~= "agreement" then
      count = count + 1
      lines[#lines + 1] = count <= SHOWN and text.printable(obstacle.message) or nil
    end
  end
  if count > SHOWN then
    lines[#lines + 1] = ("… %d more (--json has all)"):format(count - SHOWN)
  end
end

local function ending(found)
  if found.could_run then
    for _, entry in ipairs(found.datasets) do
      if not entry.complete then
        return "could run"
      end
    end
    return "could run: there is nothing to do"
  end
  local reasons, seen = {}, {}
  for _, obstacle in ipairs(found.obstacles) do
    local reason = ENDINGS[obstacle.code] or obstacle.code or "error"
    if not seen[reason] then
      seen[reason] = true
      reasons[#reasons + 1] = reason
    end
  end
  return "cannot run: " .. table.concat(reasons, "; ")
end

--- The lines of a forecast.
-- @param found table: as of forecast.of
-- @param width integer: columns of a line; messages may be longer
-- @return array of strings, safe for a terminal
function plan_text.lines(found, width)
  local lines = {}
  for _, add in ipairs { add_hosts, add_room, add_obstacles } do
    local more = {}
    add(more, found)
    if #more > 0 then
      lines[#lines + 1] = ""
      table.move(more, 1, #more, #lines + 1, lines)
    end
  end
  local datasets = {}
  for _, entry in ipairs(found.datasets) do
    add_dataset(datasets, entry, width)
  end
  table.move(lines, 1, #lines, #datasets + 1, datasets)
  table.move({ "", ending(found) }, 1, 2, #datasets + 1, datasets)
  return datasets
end

return plan_text
