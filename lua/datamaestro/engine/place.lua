--- Where a resource stands: what is there, and how what was made gets there.
--
-- A resource whose place is "" fills the dataset's folder itself, beside what the store keeps there and the
-- folders of datasets whose ids begin with this one's.
local contents = require "datamaestro.engine.contents"
local file = require "datamaestro.api.file"
local resources = require "datamaestro.engine.resources"

local place = {}

-- What the store keeps in a dataset's folder, and what a dead process left of it.
local function is_own(name)
  return name:find "^%.state%." ~= nil or name == ".downloads" or name == ".contents"
end

local DEPTH = 100 -- folders below, in which another dataset's folder is looked for: an id has no more parts

-- Whether a folder is that of a dataset, or leads to one. A link may be one that was moved to another disk.
local function holds_dataset(path, depth)
  local found = file.stat(path, true)
  if not found or found.type ~= "folder" and found.type ~= "link" then
    return false
  elseif file.stat(path .. "/.state.lock") or file.stat(path .. "/.state.json") then
    return true
  elseif found.type == "link" then
    return false
  end
  for _, name in ipairs(depth < DEPTH and file.list(path) or {}) do
    if holds_dataset(path .. "/" .. name, depth + 1) then
      return true
    end
  end
  return false
end

-- Whether there is something in a dataset's folder beside what the store keeps there.
local function is_used(folder, resource)
  if file.stat(contents.path(folder, resource.name)) then
    return true -- what it says decides
  end
  for _, name in ipairs(file.list(folder) or {}) do
    if not is_own(name) then
      return true
    end
  end
  return false
end

--- Whether something is in a dataset's folder that may be the content of the resource that fills it: that is
-- no other dataset's.
-- @param resource resource
-- @param folder string: the dataset's
-- @return boolean
function place.is_filled(resource, folder)
  if file.stat(contents.path(folder, resource.name)) then
    return true
  end
  for _, name in ipairs(file.list(folder) or {}) do
    if not is_own(name) and not holds_dataset(folder .. "/" .. name, 1) then
      return true
    end
  end
  return false
end

--- Whether a link stands in a place: what it leads to is looked at each time anyway.
-- @param path string
-- @return boolean
function place.is_link(path)
  local found = file.stat(path, true)
  return found ~= nil and found.type == "link"
end

--- Whether there is what a resource should be, as far as its kind of thing goes.
-- @param resource resource
-- @param path string: its place
-- @return table | nil: as of file.stat; nil also where something else stands there
function place.found(resource, path)
  local stands = resources.kind(resource).stands
  local found = file.stat(path)
  if not found or found.type ~= stands then
    return nil
  elseif resource.filename == "" and not is_used(path, resource) then
    return nil
  end
  return found
end

-- Removes what a list of before says, and what else is in the way; nil, message, code for another dataset.
local function clear(folder, resource, names)
  local old = contents.top(folder, resource.name)
  for _, name in ipairs(names) do
    old[name] = true
  end
  for name in pairs(old) do
    local path = folder .. "/" .. name
    if is_own(name) then
      return nil, ("%s: '%s' in its top folder (a name that is not the store's own expected)"):format(
        resource.name, name), "format"
    elseif holds_dataset(path, 1) then
      return nil, ("%s: the folder of another dataset (a member of another name expected)"):format(path),
        "definition"
    end
  end
  for name in pairs(old) do
    local done, message, code = file.remove_tree(folder .. "/" .. name)
    if not done then
      return nil, message, code
    end
  end
  return true
end

-- Moves what is in a folder to the dataset's own.
local function fill(part, folder, resource)
  local names, message, code = file.list(part)
  local done
  if names then
    done, message, code = clear(folder, resource, names)
  end
  for _, name in ipairs(names or {}) do
    if done then
      done, message, code = file.move(part .. "/" .. name, folder .. "/" .. name)
    end
  end
  file.remove(part)
  return done, message, code
end

-- Gives a folder its name; what was there goes.
local function replace(part, path)
  local old = file.stat(path, true)
  local message, code
  if old and holds_dataset(path, 1) then
    return nil, ("%s: the folder of another dataset (another name expected)"):format(path), "definition"
  elseif old then
    old, message, code = file.move(path, part .. ".old")
    if not old then
      return nil, message, code
    end
  end
  local done
  done, message, code = file.move(part, path)
  file.remove_tree(part .. ".old")
  return done, message, code
end

--- Gives what was made its place.
-- @param resource resource
-- @param part string: what was made, on disk
-- @param path string: its place
-- @param folder string: the dataset's
-- @param list table|nil: of a folder, as of contents.list
-- @return true | nil, message, code
function place.publish(resource, part, path, folder, list)
  local made = file.stat(part, true)
  if not made then -- a kind that stands nowhere, or has done it itself
    return true
  end
  local there = file.stat(path, true)
  if not list and there and there.type == "folder" then
    -- What is in it is nobody's but the user's: only an empty one goes.
    local empty, message, code = file.remove(path)
    if not empty then
      local problem = "%s; it holds something, which is not removed (a file expected; move it away)"
      return nil, problem:format(message), code
    end
  end
  if not list then
    return file.move(part, path)
  end
  local done, message, code
  if resource.filename == "" then
    done, message, code = fill(part, folder, resource)
  else
    done, message, code = replace(part, path)
  end
  if done then
    done, message, code = contents.write(folder, resource.name, list)
  end
  return done, message, code
end

--- Whether something directly in a dataset's folder is the store's own, or leads to another dataset.
-- @param folder string: the dataset's
-- @param name string
-- @return boolean
function place.is_foreign(folder, name)
  return is_own(name) or holds_dataset(folder .. "/" .. name, 1)
end

--- Lists the contents of a folder that is in place.
-- @param resource resource
-- @param path string: its place
-- @return table: as of contents.list | nil, message, code
function place.list(resource, path)
  return contents.list(path, function(name)
    return resource.filename == "" and place.is_foreign(path, name)
  end)
end

--- Removes a resource from its place.
-- @param resource resource
-- @param path string: its place
-- @param folder string: the dataset's
-- @return true | nil, message, code
function place.remove(resource, path, folder)
  local done, message, code
  if resource.filename == "" then
    done, message, code = clear(folder, resource, {})
  else
    done, message, code = file.remove_tree(path)
  end
  contents.remove(folder, resource.name)
  return done, message, code
end

return place
