--- What a folder should hold: a list that is made when it is complete, so that files that vanish later are
-- noticed without looking for each of them.
--
-- <dataset's folder>/.contents/<resource> has one line for each folder, "d TIME PATH", with the time of its
-- last change in nanoseconds, and then one for each file or link, "f SIZE PATH" or "l 0 PATH"; bytes of a
-- path that would not do in a line are percent-encoded. As long as a folder has the time that it had, its
-- names are those that it had.
local file = require "datamaestro.api.file"

local contents = {}

local HEAD = "datamaestro contents 1"

local function encode(path)
  return (path:gsub("[%c%%]", function(byte)
    return ("%%%02X"):format(byte:byte())
  end))
end

local function decode(path)
  return (path:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- The path of a resource's list.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @return string
function contents.path(folder, name)
  return ("%s/.contents/%s"):format(folder, name)
end

-- Appends what is below a folder; nil, message, code.
local function add(lists, root, prefix, is_foreign)
  local path = prefix == "" and root or root .. "/" .. prefix:sub(1, -2)
  local names, message, code = file.list(path)
  if not names then
    return nil, message, code
  end
  for _, name in ipairs(names) do
    local relative = prefix .. name
    local foreign = prefix == "" and is_foreign and is_foreign(name)
    local found
    found, message, code = file.stat(root .. "/" .. relative, true)
    if foreign then -- luacheck: ignore 542
      -- no part of it
    elseif not found then
      return nil, message, code
    elseif found.type == "folder" then
      table.insert(lists.folders, ("d %d %s"):format(found.mtime_ns, encode(relative)))
      local done
      done, message, code = add(lists, root, relative .. "/")
      if not done then
        return nil, message, code
      end
    else
      local mark, size = found.type == "link" and "l" or "f", found.type == "file" and found.size or 0
      table.insert(lists.files, ("%s %d %s"):format(mark, size, encode(relative)))
    end
  end
  return true
end

--- Lists a folder, whose own name and time do not count.
-- @param root string: the folder
-- @param is_foreign function(name) → boolean|nil: what in it does not belong to it (default: all does)
-- @return string: for contents.write | nil, message, code
function contents.list(root, is_foreign)
  local lists = { folders = {}, files = {} }
  local done, message, code = add(lists, root, "", is_foreign)
  if not done then
    return nil, message, code
  end
  table.insert(lists.folders, 1, HEAD)
  table.move(lists.files, 1, #lists.files, #lists.folders + 1, lists.folders)
  return table.concat(lists.folders, "\n") .. "\n"
end

--- Writes a list, atomically.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @param text string: of contents.list
-- @return true | nil, message, code
function contents.write(folder, name, text)
  local made, message, code = file.mkdirs(folder .. "/.contents")
  if made then
    made, message, code = file.replace(contents.path(folder, name), text)
  end
  return made, message, code
end

--- Forgets a list.
-- @param folder string: the dataset's
-- @param name string: the resource's
function contents.remove(folder, name)
  file.remove(contents.path(folder, name))
  file.remove(folder .. "/.contents")
end

-- The lines of a list: an iterator of mark, number, path, to be closed | nil where there is none that can
-- be read.
local function lines_of(folder, name)
  local stream = io.open(contents.path(folder, name), "rb")
  if not stream or stream:read "l" ~= HEAD then
    return nil
  end
  return setmetatable({}, {
    __call = function()
      local line = stream:read "l"
      if line then
        local mark, number, path = line:match "^([dfl]) (%d+) (.+)$"
        return mark or "?", tonumber(number), path and decode(path)
      end
    end,
    __close = function()
      stream:close()
    end,
  })
end

local function parent_of(path)
  return path:match "^(.*)/[^/]*$" or ""
end

-- The folders that changed since, and the first line after theirs | nil, the path of one that is gone.
local function changed_folders(root, lines)
  local changed = { [""] = true } -- its own time does not count
  for mark, time, path in lines do
    if mark ~= "d" then
      return changed, { mark, time, path }
    end
    local found = file.stat(root .. "/" .. path, true)
    if not found or found.type ~= "folder" then
      return nil, path
    end
    changed[path] = found.mtime_ns ~= time or nil
  end
  return changed
end

local function is_right(root, mark, size, path)
  local found = file.stat(root .. "/" .. path, true)
  if mark == "l" then
    return found and found.type == "link"
  end
  return found and found.type == "file" and found.size == size
end

--- Looks whether a folder still holds what it did.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @param root string: the resource's folder
-- @return boolean|nil: nil where no list says what it did
-- @return string|nil: where not, the path of what is missing or has another size, in the folder
function contents.check(folder, name, root)
  local lines <close> = lines_of(folder, name)
  if not lines then
    return nil
  end
  local changed, first = changed_folders(root, lines)
  if not changed then
    return false, first
  end
  local mark, size, path = table.unpack(first or {})
  while mark do
    if mark == "?" or changed[parent_of(path)] and not is_right(root, mark, size, path) then
      return false, path or "its list"
    end
    mark, size, path = lines()
  end
  return true
end

--- How much a folder held when it was complete.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @return integer files, integer bytes | nil where no list says it
function contents.measure(folder, name)
  local lines <close> = lines_of(folder, name)
  if not lines then
    return nil
  end
  local files, bytes = 0, 0
  for mark, size in lines do
    if mark ~= "d" and size then
      files, bytes = files + 1, bytes + size
    end
  end
  return files, bytes
end

--- All that a list has.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @return table: set of paths in the resource's folder | nil where there is no list, or none that can be read
function contents.paths(folder, name)
  local lines <close> = lines_of(folder, name)
  if not lines then
    return nil
  end
  local paths = {}
  for mark, _, path in lines do
    if mark == "?" then
      return nil
    end
    paths[path] = true
  end
  return paths
end

--- The names directly in a folder that a list has.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @return table: set of names
function contents.top(folder, name)
  local top = {}
  local lines <close> = lines_of(folder, name)
  for _, _, path in lines or function() end do
    if path then
      top[path:match "^[^/]+"] = true
    end
  end
  return top
end

return contents
