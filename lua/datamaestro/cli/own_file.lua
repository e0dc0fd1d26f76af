--- Files of one's own, as commands and the prompt take them: a path → what is there, by its ending.
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local source = require "datamaestro.data.source"

local own_file = {}

local LOOKED_AT = 20 -- rows that tell whether the first one has names
local TABLES = { csv = ",", tsv = "\t" }

-- Ending → module and type of data.
local TYPES = {
  jsonl = { "jsonl", "JSONL" }, ndjson = { "jsonl", "JSONL" }, txt = { "text", "Text" },
  md = { "text", "Text" }, log = { "text", "Text" }, idx = { "tensor", "IDX" },
  png = { "image", "ImageFile" }, jpg = { "image", "ImageFile" }, jpeg = { "image", "ImageFile" },
}
local ARRAYS = { npy = true, npz = true }
local ARCHIVES = { zip = true, tar = true, tgz = true, ["7z"] = true }
local PACKED = { gz = true, bz2 = true, xz = true, zst = true, lz4 = true }

-- "x.csv.gz" → "csv"; "x.tar.gz" → "tar".
local function ending_of(path)
  local stem, ending = path:lower():match "^(.*)%.(%w+)$"
  if PACKED[ending] then
    ending = stem:match "%.(%w+)$"
  end
  return ending
end

--- Whether a word is meant as the path of a file, and not as an id.
-- @param word string
-- @return boolean
function own_file.is_path(word)
  if word:find("/", 1, true) or word:find "^~" or word:find "^%.%.?$" then
    return true
  end
  local ending = ending_of(word)
  local known = ending and (TABLES[ending] or TYPES[ending] or ARRAYS[ending] or ARCHIVES[ending])
  return known ~= nil and file.stat(word) ~= nil
end

local function is_number(field)
  return tonumber(field) ~= nil or field == ""
end

-- Whether the first row of a table names its columns: words, no two alike, above numbers.
local function has_names(path, options)
  local reader <close> = require "datamaestro.data.csv".open(path, options)
  local first, seen = reader and reader:row(), {}
  for _, field in ipairs(first or {}) do
    if is_number(field) or seen[field] then
      return false
    end
    seen[field] = true
  end
  for _ = 1, first and LOOKED_AT or 0 do
    for _, field in ipairs(reader:row() or {}) do
      if tonumber(field) then
        return true
      end
    end
  end
  return false
end

local function open_table(path, delimiter)
  local named = has_names(path, { delimiter = delimiter })
  return require "datamaestro.data.csv".Generic { path = path, delimiter = delimiter,
    names_row = named and 0 or -1 }
end

--- Opens a file of one's own. A table's first row has names where it is words above numbers.
-- @param word string: the path
-- @return object, tensor, or table of tensors | nil, message, code
function own_file.open(word)
  local path, message, code = config.absolute(word)
  if not path then
    return nil, message, code
  end
  local on_disk, inside = source.split(path)
  local found
  found, message, code = file.stat(on_disk)
  if not found then
    return nil, message, code
  end
  local data, ending = require "datamaestro.data", ending_of(inside or path)
  if found.type == "folder" or ARCHIVES[ending] or inside == "" then
    return data.Folder { path = path }
  elseif TABLES[ending] then
    return open_table(path, TABLES[ending])
  elseif ARRAYS[ending] and not inside then
    return require "datamaestro.data.numpy".load(path)
  elseif TYPES[ending] then
    return require("datamaestro.data." .. TYPES[ending][1])[TYPES[ending][2]] { path = path }
  end
  return data.File { path = path }
end

return own_file
