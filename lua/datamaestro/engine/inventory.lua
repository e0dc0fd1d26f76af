--- What was made, read once more before it gets its place: the digests of its files, so that damage is found
-- later, and what it is can be told to others.
local auditing = require "datamaestro.engine.auditing"
local contents = require "datamaestro.engine.contents"
local file = require "datamaestro.api.file"
local place = require "datamaestro.engine.place"
local text = require "datamaestro.text"

local inventory = {}

local TOLD = 64 << 20 -- bytes between two words of how far it is

-- Waits in a task, and says now and then how far it is.
local function turn_of(context, label)
  local wait, told = auditing.in_task(context.scheduler), 0
  return function(_, bytes)
    wait()
    if label and bytes - told >= TOLD then
      told = bytes
      context.observe { event = "note", file = label, text = ("reading back (%s)"):format(text.size(bytes)) }
    end
  end
end

--- Fills in the digests of a list's files.
-- @param list table: as of contents.list
-- @param root string: the folder
-- @param turn function: as of auditing.read
-- @return true | nil, message, code: of the first that cannot be read
function inventory.digest(list, root, turn)
  local paths, places, failure = {}, {}, nil
  for i, path in ipairs(list.paths) do
    if not list.links[i] then
      paths[#paths + 1], places[#places + 1] = root .. "/" .. path, i
    end
  end
  auditing.read(paths, function(index, found, message, code)
    if found then
      list.digests[places[index]], list.sizes[places[index]] = found.sha256, found.size
    else
      failure = failure or { message, code }
    end
  end, turn)
  if failure then
    return nil, table.unpack(failure)
  end
  return true
end

--- Reads what is in place, of a link what it leads to.
-- @param resource resource
-- @param path string: its place
-- @param turn function: as of auditing.read
-- @return table: stored, as a record has it | nil, message, code
function inventory.measure(resource, path, turn)
  local found, message, code = file.stat(path)
  local list, done, stored
  if not found then
    return nil, message, code
  elseif found.type == "folder" then
    list, message, code = place.list(resource, path)
    if list then
      done, message, code = inventory.digest(list, path, turn)
    end
    if not done then
      return nil, message, code
    end
    return contents.sum(list)
  end
  auditing.read({ path }, function(_, digests, problem, kind)
    stored, message, code = digests, problem, kind
  end, turn)
  return stored, message, code
end

--- Looks at what was made. In a task.
-- @param path string: a file or a folder, or nothing; a link is the user's and left alone
-- @param known table|nil: what is known of a file: size, sha256
-- @param context table: of the run
-- @param label string: what it is called
-- @return table: stored (as a record has it, nil where there is nothing to say), list (of a folder, as of
--   contents.list) | nil, message, code
function inventory.of(path, known, context, label)
  local found, message, code = file.stat(path, true)
  if not found or found.type == "link" or found.type == "file" and known and known.sha256 then
    return { stored = known }
  elseif found.type == "folder" then
    local list, done
    list, message, code = contents.list(path)
    if list then
      done, message, code = inventory.digest(list, path, turn_of(context, label))
    end
    if not done then
      return nil, message, code
    end
    return { stored = contents.sum(list), list = list }
  end
  local stored
  auditing.read({ path }, function(_, digests, problem, kind)
    stored, message, code = digests, problem, kind
  end, turn_of(context, label))
  if not stored then
    return nil, message, code
  end
  return { stored = stored }
end

return inventory
