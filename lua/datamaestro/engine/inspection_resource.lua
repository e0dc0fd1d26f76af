--- One resource looked at: is what stands there what was recorded, and what is declared? Nothing is read but
-- names, sizes and the store's own lists; what is to be read is said.
local contents = require "datamaestro.engine.contents"
local file = require "datamaestro.api.file"
local place = require "datamaestro.engine.place"
local resources = require "datamaestro.engine.resources"

local inspect = {}

local DIGESTS = { "sha256", "sha512", "sha1", "md5" }

local function count(number, noun)
  return ("%d %s%s"):format(number, noun, number == 1 and "" or "s")
end

local function add(finding, path, found, expected)
  table.insert(finding.problems, { path = path, found = found, expected = expected })
end

-- Notes a file that is to be read to know whether it is right: `declared` and `stored` say what it must be.
local function to_read(finding, path, declared, stored)
  local claims = {}
  for _, bytes in ipairs { stored, declared } do
    for _, name in ipairs(DIGESTS) do
      if bytes[name] then
        claims[#claims + 1] = { name, bytes[name]:lower() }
      end
    end
  end
  if #claims > 0 then
    table.insert(finding.reads, { path = path, claims = claims, finding = finding })
  end
end

local function is_readable(finding, path)
  local handle, message = io.open(path, "rb")
  if handle then
    handle:close()
    return true
  end
  add(finding, path, (message:gsub("^.*: ", "")), "a file that can be read")
end

-- --- Files --------------------------------------------------------------------------------------------

local function look_at_file(finding, resource, path, record)
  local declared, stored = resources.kind(resource).stored(resource), record.stored or {}
  local size = declared.size or stored.size
  local found = file.stat(path)
  if not found then
    local link = file.stat(path, true)
    return add(finding, path, link and "leads nowhere" or "missing", size and count(size, "byte") or "a file")
  elseif found.type ~= "file" then
    return add(finding, path, "a " .. found.type, "a file")
  end
  finding.files, finding.bytes = 1, found.size
  for _, bytes in ipairs { declared, stored } do
    if bytes.size and bytes.size ~= found.size then
      return add(finding, path, count(found.size, "byte"), ("%d"):format(bytes.size))
    end
  end
  if is_readable(finding, path) then
    to_read(finding, path, declared, stored)
  end
end

-- --- Folders ------------------------------------------------------------------------------------------

-- Holds a file or link against its line in the list.
local function look_at_member(finding, list, i, path)
  local found, message = file.stat(path, true)
  local expected = list.links[i] and "link" or "file"
  if not found and not message:find "No such file" then
    return add(finding, path, (message:gsub("^.*: ", "")), "a " .. expected)
  elseif not found then
    return add(finding, path, "missing", list.links[i] and "a link" or count(list.sizes[i], "byte"))
  elseif found.type ~= expected then
    return add(finding, path, "a " .. found.type, "a " .. expected)
  elseif expected == "link" then
    finding.files = finding.files + 1
    return
  end
  finding.files, finding.bytes = finding.files + 1, finding.bytes + found.size
  if found.size ~= list.sizes[i] then
    return add(finding, path, count(found.size, "byte"), ("%d"):format(list.sizes[i]))
  elseif list.digests[i] then
    table.insert(finding.reads, { path = path, sha256 = list.digests[i], finding = finding })
  else
    finding.unproved = true
  end
end

local function look_at_members(finding, list, path)
  for _, folder in ipairs(list.folders) do
    local found = file.stat(path .. "/" .. folder, true)
    if not found or found.type ~= "folder" then
      add(finding, path .. "/" .. folder, found and "a " .. found.type or "missing", "a folder")
    end
  end
  for i, name in ipairs(list.paths) do
    look_at_member(finding, list, i, path .. "/" .. name)
  end
end

-- Names what is there and not in the list.
local function look_for_more(finding, resource, list, path)
  local known = {}
  for _, name in ipairs(list.paths) do
    known[name] = true
  end
  local there = place.list(resource, path)
  for _, name in ipairs(there and there.paths or {}) do
    if not known[name] then
      table.insert(finding.unrecorded, path .. "/" .. name)
    end
  end
end

-- The list of what a folder should hold, where it is whole | nil.
local function list_of(finding, resource, folder, record)
  local path = contents.path(folder, resource.name)
  local list, message, code = contents.read(folder, resource.name)
  local stored = record.stored or {}
  local expected = stored.files and "the list of " .. count(stored.files, "file") or "a list of contents"
  if not list and code == "unknown" then
    if stored.files then
      finding.list_is_lost = true
      add(finding, path, "missing", expected)
    end
    finding.unproved = true
  elseif not list then
    finding.list_is_lost = true
    local found = message:gsub(" %([^(]*%)$", "")
    add(finding, path, found:sub(#path + 3), expected)
  elseif stored.files and (#list.paths ~= stored.files or
    stored.sha256 and contents.sum(list).sha256 ~= stored.sha256) then
    finding.list_is_lost = true
    add(finding, path, "another list than the recorded one", expected)
  else
    return list
  end
end

local function look_at_folder(finding, resource, path, record, folder)
  local found, own = file.stat(path), file.stat(path, true)
  if not place.found(resource, path) then
    return add(finding, path, found and found.type ~= "folder" and "a " .. found.type
      or own and own.type == "link" and "leads nowhere" or "missing", "a folder")
  elseif own.type == "link" then
    return -- the user's own
  end
  local list = list_of(finding, resource, folder, record)
  if list then
    look_at_members(finding, list, path)
    look_for_more(finding, resource, list, path)
    finding.list = list
  end
end

-- --- A resource ---------------------------------------------------------------------------------------

-- What the kind itself says of it, beside what it stands as.
local function look_at_kind(finding, store, dataset, resource, path)
  local kind = resources.kind(resource)
  local right, message = true, nil
  if kind.check then
    right, message = kind.check(resource, path, store, dataset)
  end
  if not right and #finding.problems == 0 then
    local subject, found = (message or path .. ": not complete"):match "^(.-): (.*)$"
    add(finding, subject, found, nil)
  end
end

local LOOK = { file = look_at_file, folder = look_at_folder, nothing = function() end }

-- Whether something stands there that may be it. Of what stands nowhere nobody can tell.
local function is_there(resource, path)
  if resources.kind(resource).stands == "nothing" then
    return false
  elseif resource.filename == "" then
    return place.found(resource, path) ~= nil
  end
  return file.stat(path, true) ~= nil
end

--- Looks at a resource.
-- @param store store
-- @param dataset dataset
-- @param resource resource
-- @param record table: what is recorded of it (records.lua), {} for nothing
-- @return table: resource, path, record, status ("right", "damaged", "absent": not made yet, or not whole,
--   "unrecorded": it is there, but its state is not "complete"), problems (array of {path, found, expected}),
--   reads (array of {path, finding, and sha256 or claims = array of {name of a digest, hex}}: what is to be
--   read, and what it must be), unrecorded (array of paths), files, bytes, list (of contents), list_is_lost,
--   unproved (not all of it has a digest)
function inspect.resource(store, dataset, resource, record)
  local path = store:path(dataset, resource)
  local finding = { resource = resource, path = path, record = record, problems = {}, reads = {},
    unrecorded = {}, files = 0, bytes = 0 }
  local complete = record.state == "complete"
  if not complete and not is_there(resource, path) then
    finding.status = "absent"
    return finding
  end
  LOOK[resources.kind(resource).stands](finding, resource, path, record, store:folder(dataset))
  look_at_kind(finding, store, dataset, resource, path)
  finding.unproved = finding.unproved or #finding.reads == 0
  finding.status = #finding.problems > 0 and "damaged" or complete and "right" or "unrecorded"
  return finding
end

return inspect
