--- What a folder should hold: a list that is made when it is complete, so that files that vanish later are
-- noticed without looking for each of them, and damage is found by reading them. It stands in <dataset's
-- folder>/.contents/<resource>, in the form of contents_lines.lua, and has the time of each folder: as long
-- as that is what it was, the names in it are those that they were.
local file = require "datamaestro.api.file"
local contents_lines = require "datamaestro.engine.contents_lines"

local contents = {}

--- The path of a resource's list.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @return string
function contents.path(folder, name)
  return ("%s/.contents/%s"):format(folder, name)
end

-- Adds what is below a folder to a list; true | nil, message, code.
local function add(list, root, prefix, is_foreign)
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
    elseif name == ".state.json" or name == ".state.lock" then -- its folder would be taken for a dataset's
      return nil, ("%s: '%s' (a name that is not the store's own expected)"):format(root, relative), "format"
    elseif found.type == "folder" then
      table.insert(list.folders, relative)
      table.insert(list.times, found.mtime_ns)
      local done
      done, message, code = add(list, root, relative .. "/")
      if not done then
        return nil, message, code
      end
    else
      table.insert(list.paths, relative)
      table.insert(list.sizes, found.type == "file" and found.size or 0)
      table.insert(list.links, found.type == "link")
    end
  end
  return true
end

local function empty()
  return { folders = {}, times = {}, paths = {}, sizes = {}, links = {}, digests = {} }
end

--- Lists a folder, whose own name and time do not count.
-- @param root string: the folder
-- @param is_foreign function(name) → boolean|nil: what in it does not belong to it (default: all does)
-- @return table: folders and times (arrays: relative paths, nanoseconds), paths, sizes, links (arrays: of
--   files and links, bytes, whether it is a link), digests (sha256 in hex, by the index of a file; empty yet)
--   | nil, message, code
function contents.list(root, is_foreign)
  local list = empty()
  local done, message, code = add(list, root, "", is_foreign)
  if not done then
    return nil, message, code
  end
  return list
end

--- What a list adds up to.
-- @param list table: of contents.list or contents.read
-- @return table: files, size (bytes), sha256 (of the lines of all files and links in the list's form; nil
--   where the digest of a file is missing)
function contents.sum(list)
  local digest <close> = assert(require "datamaestro.api.digest".new "sha256")
  local size, whole = 0, true
  for i, bytes in ipairs(list.sizes) do
    size = size + bytes
    whole = whole and (list.links[i] or list.digests[i] ~= nil)
    digest:update(contents_lines.member(list.paths[i], bytes, list.links[i], list.digests[i]))
  end
  return { files = #list.paths, size = size, sha256 = whole and digest:hex() or nil }
end

-- Removes what stands where something of our own should.
local function clear(path, expected)
  local there = file.stat(path, true)
  if there and there.type ~= expected then
    file.remove_tree(path)
  end
end

--- Writes a list, atomically.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @param list table: of contents.list
-- @return true | nil, message, code
function contents.write(folder, name, list)
  local lines = { contents_lines.HEAD .. "\n" }
  for i, path in ipairs(list.folders) do
    lines[#lines + 1] = contents_lines.folder(path, list.times[i])
  end
  for i, path in ipairs(list.paths) do
    lines[#lines + 1] = contents_lines.member(path, list.sizes[i], list.links[i], list.digests[i])
  end
  lines[#lines + 1] = contents_lines.last(#lines - 1)
  local path = contents.path(folder, name)
  clear(folder .. "/.contents", "folder")
  clear(path, "file")
  local made, message, code = file.mkdirs(folder .. "/.contents")
  if made then
    made, message, code = file.replace(path, table.concat(lines))
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

local function lines_of(folder, name)
  return contents_lines.read(contents.path(folder, name))
end

--- Reads a list.
-- @param folder string: the dataset's
-- @param name string: the resource's
-- @return table: as of contents.list | nil, message, code: "unknown" where there is none, "format" where it
--   is damaged
function contents.read(folder, name)
  local path = contents.path(folder, name)
  local lines <close> = lines_of(folder, name)
  if not lines then
    local found, message, code = file.stat(path, true)
    if not found then
      return nil, message, code
    end
    return nil, path .. ": damaged (a list of contents expected)", "format"
  end
  local list = empty()
  for mark, number, relative, digest in lines do
    if mark == "?" then
      return nil, path .. ": cut short, or damaged (a list of contents expected)", "format"
    elseif mark == "d" then
      table.insert(list.folders, relative)
      table.insert(list.times, number)
    else
      table.insert(list.paths, relative)
      table.insert(list.sizes, number)
      table.insert(list.links, mark == "l")
      list.digests[#list.paths] = digest
    end
  end
  return list
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
-- @return string|nil: what is missing or has another size; where the list is damaged, that
function contents.check(folder, name, root)
  local lines <close> = lines_of(folder, name)
  if not lines then
    return nil
  end
  local changed, first = changed_folders(root, lines)
  if not changed then
    return false, ("%s/%s: not as it was"):format(root, first)
  end
  local mark, size, path = table.unpack(first or {})
  while mark do
    if mark == "?" then
      return nil, contents.path(folder, name) .. ": damaged (a list of contents expected)"
    elseif changed[parent_of(path)] and not is_right(root, mark, size, path) then
      return false, ("%s/%s: not as it was"):format(root, path)
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
    if size and mark ~= "d" then
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
