--- `datamaestro checksum FILE|ID…`
local checksum = require "datamaestro.cli.checksum"
local edits = require "datamaestro.edits"
local families = require "datamaestro.cli.families"
local file = require "datamaestro.api.file"
local hash_patch = require "datamaestro.definition.hash_patch"
local text = require "datamaestro.text"

-- Size and hashes as they would be written: size = 1, sha256 = "…".
local function shown(fields)
  local parts = {}
  for i, field in ipairs(fields) do
    local value = field.fields and "{ " .. shown(field.fields) .. " }"
      or type(field.value) == "string" and '"' .. field.value .. '"' or field.value
    parts[i] = ("%s = %s"):format(field.name, value)
  end
  return table.concat(parts, ", ")
end

local function complain_of(session, entry)
  local resource = entry.resource
  session:complain(("%s:%d: %s: to be put in by hand (%s): %s"):format(resource.file, resource.line,
    resource.name, entry.problem, shown(entry.fields)))
end

-- Writes what was patched, if the file is as it was read.
local function write(path, list, before)
  local now, message, code = file.read(path)
  if not now then
    return nil, message, code
  elseif now ~= before then
    return nil, path .. ": changed meanwhile (once more, please)", "busy"
  end
  return file.replace(file.realpath(path), edits.apply(before, list))
end

-- The patch of one script; whether something is left to do by hand | nil, message, code.
local function treat(session, group, arguments)
  local list, before, code = hash_patch.of(group.path, group.entries, session:registry())
  if not list then
    return nil, before, code
  end
  for _, entry in ipairs(group.entries) do
    group.has_problem = group.has_problem or entry.problem ~= nil
    if entry.problem and not session.json then
      complain_of(session, entry)
    end
  end
  group.diff = edits.diff(group.path, before, list)
  if arguments.write and #list > 0 then
    local done, message
    done, message, code = write(group.path, list, before)
    if not done then
      return nil, message, code
    end
  end
  if not session.json and arguments.write and #list > 0 then
    session:print(text.line(group.path .. ": written"))
  elseif not session.json and #list > 0 then
    -- Elsewhere it must be what it is: somebody applies it.
    session:print((file.isatty(1) and text.printable(group.diff) or group.diff):sub(1, -2))
  end
  return true
end

local function json_values(measured)
  return measured and families.ordered { { "size", measured.size }, { "sha256", measured.sha256 } } or nil
end

local function state_of(entry, written)
  return entry.request.problem and "failed" or entry.is_same and "same" or entry.problem and "by hand"
    or written and "written" or "patch"
end

local function print_json(session, entries, groups, arguments)
  local json = require "datamaestro.json"
  local rows, diffs = json.array {}, {}
  for i, entry in ipairs(entries) do
    rows[i] = families.ordered {
      { "dataset", entry.dataset.id }, { "resource", entry.resource.name },
      { "url", text.url(entry.resource.url) }, { "file", entry.resource.file },
      { "line", entry.resource.line },
      { "state", state_of(entry, arguments.write) }, { "served", json_values(entry.request.served) },
      { "content", entry.has_content and json_values(entry.request.content) or nil },
      { "problem", entry.request.problem or entry.problem },
    }
  end
  for i, group in ipairs(groups) do
    diffs[i] = group.diff
  end
  session:print_json(families.ordered { { "resources", rows }, { "diff", table.concat(diffs) } })
end

-- What could not be fetched: said, and the first code.
local function failure_of(session, entries)
  local code
  for _, entry in ipairs(entries) do
    if entry.request.problem and not entry.request.told then
      entry.request.told = true
      session:complain(entry.request.problem)
      code = code or entry.request.code
    end
  end
  return code
end

return {
  summary = "Find sizes and hashes of what definitions fetch, as a patch of the scripts.",
  transfers = true,
  configure = function(parser)
    parser:argument("words", "Files of definitions, or ids."):argname("FILE|ID"):args "+"
    parser:flag("--write", "Write the scripts, instead of printing the patch.")
    parser:flag("--missing", "Only of resources that have no size or no sha256.")
    parser:epilog "Example: datamaestro checksum mine/org/example.lua | patch -p0"
  end,
  run = function(session, arguments)
    local entries, message, code = checksum.gather(session, arguments.words, arguments.missing)
    if entries then
      entries, message, code = checksum.measure(session, entries)
    end
    if not entries then
      return nil, message, code
    end
    local failed = failure_of(session, entries)
    local groups, by_hand = checksum.by_file(entries), false
    for _, group in ipairs(groups) do
      local done
      done, message, code = treat(session, group, arguments)
      if not done then
        return nil, message, code
      end
      by_hand = by_hand or group.has_problem
    end
    if session.json then
      print_json(session, entries, groups, arguments)
    end
    local status = require "datamaestro.status"
    return failed and status[failed] or by_hand and status.error or true
  end,
}
