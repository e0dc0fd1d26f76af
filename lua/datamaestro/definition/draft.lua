--- Drafts of definitions: what a URL or an id says of a dataset that nobody has described yet.

local dsl = require "datamaestro.definition.dsl"
local ids = require "datamaestro.definition.ids"
local transforms = require "datamaestro.engine.transforms"

local draft = {}

-- --- URLs ------------------------------------------------------------------------------------------------

local PACKED = { "gz", "bz2", "xz", "zst", "lz4" }
local SHORT = { tgz = "tar", tbz = "tar", tbz2 = "tar", txz = "tar" }
local PAGES = { html = true, htm = true, php = true, asp = true, aspx = true, jsp = true, [""] = false }

-- Data types by a name's ending: what `use` takes, the type, more of its fields.
local TYPES = {
  csv = { "csv", "Generic" }, tsv = { "csv", "Generic", ', delimiter = "\\t"' },
  jsonl = { "jsonl", "JSONL" }, ndjson = { "jsonl", "JSONL" },
  txt = { "text", "Text" }, text = { "text", "Text" }, md = { "text", "Text" },
  idx = { "tensor", "IDX" }, png = { "image", "ImageFile" }, jpg = { "image", "ImageFile" },
  jpeg = { "image", "ImageFile" },
}
local FILE, FOLDER = { nil, "File" }, { nil, "Folder" }
local DATA = { "npy", "npz", "json", "xml", "zip", "7z", "tar", "parquet", "h5", "pkl", "bin", "mat", "arff",
  "data" }

local function has(list, word)
  for _, one in ipairs(list) do
    if one == word then
      return true
    end
  end
  return false
end

-- A file's name without the endings that say how it is packed and what it is: "x.csv.gz" → "x", "csv", "gz".
local function take_apart(name)
  local stem, packed = name:match "^(.+)%.(%w+)$"
  if not packed or not has(PACKED, packed:lower()) then
    stem, packed = name, nil
  end
  local base, ending = stem:match "^(.+)%.(%w+)$"
  ending = ending and ending:lower()
  if stem:find "[-.]idx%d%-%l+$" then -- as the files of MNIST are called
    base, ending = stem:match "^(.+)[-.]idx%d", "idx"
  elseif ending and not SHORT[ending] and not TYPES[ending] and not has(DATA, ending) then
    base, ending = nil, nil
  end
  return base or stem, SHORT[ending] or ending, packed and packed:lower()
end

--- What a URL says.
-- @param url string
-- @return table: scheme, authority, host, parts (array of strings: its path), name (of a file, or nil),
--   is_page (boolean) | nil, message, "usage"
function draft.read_url(url)
  local scheme, authority, path = url:match "^(%a[%w+.-]*)://([^/?#]*)([^?#]*)"
  local known = { http = true, https = true, ftp = true, ftps = true }
  if not scheme or not known[scheme:lower()] or url:find "[%s%c]" then
    return nil, ("'%s' (URL such as https://host/file expected)"):format(url:sub(1, 60)), "usage"
  end
  local host = authority:gsub("^.*@", ""):gsub(":%d*$", ""):lower()
  if not host:find "^[%w_-][%w_.-]*$" then
    return nil, ("'%s' (URL with a host expected)"):format(url:sub(1, 60)), "usage"
  end
  local parts = {}
  for part in path:gmatch "[^/]+" do
    parts[#parts + 1] = part:gsub("%%(%x%x)", function(hex)
      return string.char(tonumber(hex, 16))
    end)
  end
  local name = path:find "[^/]$" and parts[#parts] or nil
  local ending = name and name:lower():match "%.(%w+)$" or ""
  return { scheme = scheme, authority = authority:gsub("^.*@", ""), host = host, parts = parts, name = name,
    is_page = name == nil or PAGES[ending] == true }
end

-- What of a name an id can have.
local function id_part(text)
  return (text:lower():gsub("[^%w_+.-]+", "_"):gsub("%.%.+", "."):gsub("^[.]+", ""):gsub("[.]+$", ""))
end

--- The id that a URL gives, as in the Python program: the host turned round, then the path; the endings of a
-- data file are left out.
-- @param found table: of read_url
-- @return string
function draft.id_of_url(found)
  local list = {}
  for label in found.host:gmatch "[^.]+" do
    table.insert(list, 1, label)
  end
  for i, part in ipairs(found.parts) do
    local is_file = i == #found.parts and found.name
    local word = id_part(is_file and take_apart(part) or part)
    list[#list + 1] = word ~= "" and word or nil
  end
  return table.concat(list, ".")
end

-- --- Resources -------------------------------------------------------------------------------------------

local KEYWORDS = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or repeat return then
  true until while]]):gmatch "%a+" do
  KEYWORDS[word] = true
end

-- A name that a parameter can have.
local function parameter_of(text)
  local name = text:lower():gsub("[^%w_]+", "_"):gsub("^_+", ""):gsub("_+$", ""):sub(1, 60)
  if name == "" or KEYWORDS[name] then
    return "data"
  end
  return name:find "^%d" and "data_" .. name or name
end

--- The resource that a URL stands for.
-- @param url string
-- @param found table: of read_url
-- @return table: kind, name (of the parameter), filename (nil for archives), url, transforms (decoder; nil
--   where the kind has none), type = { module | nil, name, more fields as text | nil }; a page is a todo
function draft.resource(url, found)
  if found.is_page then
    return { kind = "todo", name = "data", type = { nil, "Base" } }
  end
  local stem, ending, packed = take_apart(found.name)
  local name = parameter_of(stem)
  if ending == "zip" or ending == "tar" then
    return { kind = ending .. "downloader", name = name, url = url, type = FOLDER }
  end
  local decoder = transforms.by_ending(url)
  local filename = ending and ("%s.%s"):format(name, ending) or name
  if packed and decoder == "none" then
    filename = ("%s.%s"):format(filename, packed)
  end
  return { kind = "filedownloader", name = name, filename = filename, url = url, transforms = decoder,
    type = ending == "7z" and FOLDER or TYPES[ending] or FILE }
end

-- --- Text ------------------------------------------------------------------------------------------------

-- A string as a person writes it.
local function quoted(value)
  return (("%q"):format(value):gsub("\\\n", "\\n"))
end

-- Size and hashes as the fields of a table.
local function hash_lines(lines, found, indent)
  lines[#lines + 1] = ("%ssize = %d,"):format(indent, found.size)
  lines[#lines + 1] = ("%ssha256 = \"%s\","):format(indent, found.sha256)
end

local function options_text(resource, measured)
  if not measured then
    return ""
  end
  local lines = { ", {" }
  hash_lines(lines, measured.served, "    ")
  if (resource.transforms or "none") ~= "none" then
    lines[#lines + 1] = "    content = {"
    hash_lines(lines, measured.content, "      ")
    lines[#lines + 1] = "    },"
  end
  lines[#lines + 1] = "  }"
  return table.concat(lines, "\n")
end

local function resource_text(resource, measured)
  if resource.kind == "todo" then
    return 'todo("data", "say where the files come from: filedownloader, zipdownloader, …")'
  end
  local call = ("%s(%s, %s"):format(resource.kind, quoted(resource.filename or resource.name),
    quoted(resource.url))
  if #call > 100 then
    call = call:gsub(", ", ",\n    ", 1)
  end
  return call .. options_text(resource, measured) .. ")"
end

-- The global's name and the option `id` for the rest of an id: "weather" → "Weather"; "2025" → "Data2025",
-- "2025".
local function name_of(rest, is_taken)
  local words = {}
  for word in rest:gmatch "%w+" do
    words[#words + 1] = word:sub(1, 1):upper() .. word:sub(2)
  end
  local base = table.concat(words)
  base = base:find "^%a" and base or "Data" .. base
  local name, count = base, 1
  while is_taken(name) do
    count = count + 1
    name = base .. count
  end
  local id = rest:find(".", 1, true) and "." .. rest or rest
  return name, ids.split_name(name) ~= rest and id or nil
end

-- "weather_of-2025" → "Weather of 2025"
local function title_of(rest)
  local title = rest:gsub("[._+-]+", " ")
  return title:sub(1, 1):upper() .. title:sub(2)
end

-- Where the type is had, inside `dataset { … }`.
local function type_text(kind)
  return ('use "datamaestro.data%s".%s'):format(kind[1] and "." .. kind[1] or "", kind[2])
end

local TEMPLATE = [==[
%s =
  %s ..
  dataset { %s,%s%s licence = "NOASSERTION",
    [[%s

    Say what it is.]] } ..
  function(%s)
    return {%s}
  end
]==]

--- Writes a definition.
-- @param about table: rest (of the id, behind what the file's path gives), resource (of draft.resource),
--   measured ({ served, content }, or nil), page (URL of the dataset's page, or nil), text (of the file that
--   it goes into, or nil)
-- @return string: Lua; string: the global's name
function draft.write(about)
  local resource = about.resource
  local constructors = dsl.constructors()
  local name, id = name_of(about.rest, function(candidate)
    return constructors[candidate] ~= nil or candidate == "_G"
      or about.text and ("\n" .. about.text):find("[%s;]" .. candidate .. "%s*=") ~= nil
  end)
  local is_todo = resource.kind == "todo"
  return TEMPLATE:format(name, resource_text(resource, about.measured), type_text(resource.type),
    id and (" id = %s,"):format(quoted(id)) or "",
    about.page and ("\n    url = %s,"):format(quoted(about.page)) or "",
    title_of(about.rest), is_todo and "" or resource.name,
    is_todo and "" or (" path = %s%s "):format(resource.name, resource.type[3] or "")), name
end

return draft
