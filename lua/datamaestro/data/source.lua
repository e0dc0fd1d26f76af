--- Where the bytes of a file come from. A path may name
--
--   a plain file        data/x.csv
--   a compressed one    data/x.csv.gz (.bz2 .xz .zst .lz4): read decompressed
--   a file of an archive  data/x.zip!/folder/x.csv: tar, packed or not, zip, 7z
--
-- `!/` divides an archive from the name in it, unless there is a file of all that name. Whether bytes are
-- decompressed is for the bytes to say, since files are renamed, and decompressed while they are
-- downloaded: tables and text are, whatever their name; what may be of any kind is where its name says so
-- too.

local file = require "datamaestro.api.file"

local source = {}

local FORMATS = { gz = "gzip", bz2 = "bzip2", xz = "xz", zst = "zstd", lz4 = "lz4" }

local function is_file(path)
  local found = file.stat(path)
  return found ~= nil and found.type == "file"
end

--- Takes a path apart.
-- @param path string
-- @return string: the file on disk; string | nil: the name of a file or folder of that archive ("" for all
--   of it)
function source.split(path)
  if not path:find("!/", 1, true) or file.stat(path) then
    return path
  end
  local from = 1
  while true do
    local at = path:find("!/", from, true)
    if not at then
      return path
    elseif is_file(path:sub(1, at - 1)) then
      return path:sub(1, at - 1), path:sub(at + 2)
    end
    from = at + 2
  end
end

-- The format that the name of a file speaks of | nil.
local function named_format(name)
  local ending = name:match "%.(%w+)$"
  return ending and FORMATS[ending:lower()]
end

-- How data of each format begin: what is a table by its name is seldom anything else, so that the decoders,
-- which know it better, are not loaded to ask.
local HEADS = { "^\x1f\x8b", "^BZh[1-9]1AY&SY", "^BZh[1-9]\x17rE8P\x90", "^\xfd7zXZ\0", "^\x28\xb5\x2f\xfd",
  "^[\x50-\x5f]\x2a\x4d\x18", "^\x04\x22\x4d\x18" }

local function begins_compressed(path)
  if not is_file(path) then -- reading what is no file would take the bytes from it
    return false
  end
  local handle <close> = io.open(path, "rb")
  local head = handle and handle:read(16) or ""
  for _, pattern in ipairs(HEADS) do
    if head:find(pattern) then
      return true
    end
  end
  return false
end

-- Opens the bytes of a path | false where they are a plain file's | nil, message, code.
-- @param any boolean: decompress what is compressed, whatever its name
local function open_stream(path, any)
  local on_disk, member = source.split(path)
  local named = named_format(member or path)
  if not member and not named and not (any and begins_compressed(on_disk)) then
    return false
  end
  return require "datamaestro.api.stream".open(on_disk, member, named, path, any or named ~= nil)
end

--- The options with which the readers of tables and text in datamaestro.api take a path.
-- @param path string
-- @return table: `source`, or nothing for a plain file | nil, message, code
function source.options(path)
  local stream, message, code = open_stream(path, true)
  if stream == nil then
    return nil, message, code
  end
  return { source = stream or nil }
end

--- Opens a path for reading, whatever is in it.
-- @param path string
-- @return file handle, or stream: both have read, lines and close | nil, message, code
function source.open(path)
  local stream, problem, kind = open_stream(path, false)
  if stream ~= false then
    return stream, problem, kind
  end
  local found, message, code = file.stat(path)
  if not found then
    return nil, message, code
  elseif found.type == "folder" then
    return nil, path .. ": not a regular file (file expected)", "format"
  end
  local handle, why = io.open(path, "rb")
  return handle, why, not handle and "error" or nil
end

-- A dataset's own folder has its state, or a lock, in it.
local function is_of_dataset(folder)
  return file.stat(folder .. "/.state.json") ~= nil or file.stat(folder .. "/.state.lock") ~= nil
end

-- What the program keeps for itself in a dataset's folder.
local function is_own(name)
  return name:find "^%.state%." ~= nil or name == ".contents" or name == ".downloads"
end

local add_files

-- One name in a folder. Folders of other datasets are none of this one's; what a dataset links to is.
local function add_file(walk, path, prefix, name, is_dataset)
  local found = file.stat(path, true)
  if found and found.type == "link" and is_dataset then
    found = file.stat(path)
    if found and found.type == "folder" then
      return add_files(walk, path, prefix .. name .. "/")
    end
  elseif found and found.type == "folder" then
    return is_of_dataset(path) or add_files(walk, path, prefix .. name .. "/")
  end
  if found and is_file(path) then
    walk.names[#walk.names + 1] = prefix .. name
  end
  return true
end

-- All files below a folder on disk; true | nil, message, code. A link to a folder above it ends there.
function add_files(walk, folder, prefix)
  local real = file.realpath(folder) or folder
  if walk.above[real] then
    return true
  end
  local listed, message, code = file.list(folder)
  if not listed then
    return nil, message, code
  end
  walk.above[real] = true
  local is_dataset = is_of_dataset(folder)
  for _, name in ipairs(listed) do
    if not (is_dataset and is_own(name)) then
      local done
      done, message, code = add_file(walk, folder .. "/" .. name, prefix, name, is_dataset)
      if not done then
        return nil, message, code
      end
    end
  end
  walk.above[real] = nil
  return true
end

-- Those of an archive below a folder of it.
local function add_members(path, folder, names)
  local members, message, code = require "datamaestro.api.stream".members(path)
  if not members then
    return nil, message, code
  end
  local prefix = folder:gsub("/+$", "") .. "/"
  for _, name in ipairs(members) do
    if prefix == "/" then
      names[#names + 1] = name
    elseif name:sub(1, #prefix) == prefix then
      names[#names + 1] = name:sub(#prefix + 1)
    end
  end
  table.sort(names)
  return names
end

--- The regular files of a folder, of an archive, or of a folder in an archive. Of a dataset's folder those
-- that are its own: also what it links to, neither the program's files nor other datasets' folders.
-- @param path string
-- @return array of names relative to it, sorted by byte | nil, message, code
function source.files(path)
  local on_disk, inside = source.split(path)
  if inside or is_file(on_disk) then
    return add_members(on_disk, inside or "", {})
  end
  local names = {}
  local done, message, code = add_files({ names = names, above = {} }, path, "")
  if not done then
    return nil, message, code
  end
  table.sort(names)
  return names
end

--- The path of a file of a folder, of an archive, or of a folder in an archive.
-- @param path string: the folder's
-- @param name string: relative to it
-- @return string
function source.join(path, name)
  local on_disk, inside = source.split(path)
  if inside == nil and is_file(on_disk) then
    return path .. "!/" .. name
  end
  return path:sub(-1) == "/" and path .. name or path .. "/" .. name
end

return source
