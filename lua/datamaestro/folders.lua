--- Folders that a user names once, in settings.json, for all definitions to speak of by a key: `datafolders`,
-- as the Python program has them.
local config = require "datamaestro.config"
local document = require "datamaestro.document"
local guess = require "datamaestro.guess"
local json = require "datamaestro.json"

local folders = {}

--- A path of a file of settings, where the current folder means nothing.
-- @param path string: absolute, or with `~/` in front
-- @return string: absolute | nil where it is neither, or there is no home folder
function folders.absolute(path)
  if path:find("\0", 1, true) or not path:find "^/" and not path:find "^~/" and path ~= "~" then
    return nil
  end
  return config.absolute(path)
end

--- What is wrong with a key.
-- @param key string
-- @return string | nil: "found (expected)"
function folders.problem(key)
  if key == "" or #key > 200 or key:find "%c" or not utf8.len(key) then
    return ("'%s' (name of one line expected)"):format(key:sub(1, 80))
  end
end

local function table_in(content, path)
  local found = content.datafolders
  if found == nil or found == json.null then
    found = document.object()
    content.datafolders = found
  elseif not document.is_object(found) then
    return nil, path .. ": datafolders: not an object (one of paths expected)", "format"
  end
  return found
end

--- Lists the folders of a file.
-- @param path string: of a settings.json
-- @return array of { key, path, file (strings) }, in the order of the file | nil, message, code
function folders.list(path)
  local content, message, code = document.read(path)
  local found
  if content then
    found, message, code = table_in(content, path)
  end
  if not found then
    return nil, message, code
  end
  local list = {}
  for key, folder in pairs(found) do
    if type(folder) ~= "string" then
      return nil, ("%s: datafolders.%s: not a string (path expected)"):format(path, key), "format"
    end
    list[#list + 1] = { key = key, path = folder, file = path }
  end
  return list
end

--- Names a folder.
-- @param path string: of the settings.json, which is made where it is missing
-- @param key string
-- @param folder string: absolute path
-- @return true | nil, message, code
function folders.set(path, key, folder)
  return document.update(path, function(content)
    local found, message, code = table_in(content, path)
    if not found then
      return nil, message, code
    end
    found[key] = folder
    return true
  end)
end

--- Forgets a folder.
-- @param path string: of the settings.json
-- @param key string
-- @return true | nil, message, code: "unknown" where the file does not name it
function folders.unset(path, key)
  return document.update(path, function(content)
    local found, message, code = table_in(content, path)
    if not found then
      return nil, message, code
    elseif found[key] == nil then
      local keys = {}
      for known in pairs(found) do
        keys[#keys + 1] = known
      end
      return nil, ("%s: datafolders: no '%s'%s"):format(path, key, guess.hint(key, keys)), "unknown"
    end
    found[key] = nil
    return true
  end)
end

return folders
