--- What is odd in a dataset though nothing is wrong with it: what definitions of real catalogues get wrong.
-- A warning is { rule, file, line, message "what (what to do)" }.

local graph = require "datamaestro.engine.graph"
local objects = require "datamaestro.data.objects"
local resources = require "datamaestro.engine.resources"
local sources = require "datamaestro.engine.sources"
local text = require "datamaestro.text"
local transforms = require "datamaestro.engine.transforms"

local advice = {}

local DEPTH = 32 -- of objects in objects

-- --- What the function made of the paths ---------------------------------------------------------------

-- Calls visit(string, name of the type around it) for each string of a value.
local function walk(value, visit, T, depth)
  local inner = objects.type_of(value)
  if type(value) == "string" then
    visit(value, T)
  elseif inner and depth < DEPTH then
    for _, item in objects.values(value) do
      walk(item, visit, inner.name, depth + 1)
    end
  elseif type(value) == "table" and depth < DEPTH then
    for _, item in next, value do
      walk(item, visit, T, depth + 1)
    end
  end
end

-- Whether an archive is read as one: by a name in it (x.zip!/name), or as a Folder.
local function reads_archive(object, path)
  local found = false
  walk(object, function(value, T)
    found = found or value:sub(1, #path + 2) == path .. "!/" or (value == path and T == "Folder")
  end, nil, 0)
  return found
end

-- --- Resources -----------------------------------------------------------------------------------------

local ARCHIVES = { zip = "zip", jar = "zip", ["7z"] = "7z", tar = "tar", tgz = "tar", tbz = "tar",
  tbz2 = "tar", txz = "tar" }

-- The kind of archive that a name speaks of, packed or not.
local function archive_of(name)
  local plain = name:lower():gsub("%.gz$", ""):gsub("%.bz2$", ""):gsub("%.xz$", ""):gsub("%.zst$", "")
    :gsub("%.lz4$", "")
  return ARCHIVES[plain:match "%.(%w+)$"]
end

local function name_in(url)
  return type(url) == "string" and url:match "^[^?#]*":match "[^/]*$" or ""
end

local CURES = {
  zip = "zipdownloader unpacks it, concatdownload joins what is in it",
  tar = "tardownloader unpacks it, concatdownload joins what is in it",
  ["7z"] = "work:extract of custom unpacks it, concatdownload joins what is in it",
}

local function archive_kept(resource, use)
  if resource.kind ~= "filedownloader" or use.is_needed then
    return nil
  end
  local format = archive_of(resource.filename) or archive_of(name_in(resource.url))
  if not format or reads_archive(use.object, use.path) then
    return nil
  end
  return ("'%s' is a %s archive kept as it is (%s)"):format(resource.filename, format,
    CURES[format])
end

local ENDINGS = { gz = "gzip", bz2 = "bzip2", xz = "xz", zst = "zstd", lz4 = "lz4" }

-- The name says that it is compressed, and it is not; or the other way round.
local function misleading_name(resource)
  local is_archive = archive_of(resource.filename) -- which is another warning
  if resource.kind ~= "filedownloader" or type(resource.url) ~= "string" or is_archive then
    return nil
  end
  local ending = resource.filename:lower():match "%.(%w+)$"
  local decoder = transforms.named(resource) or transforms.by_ending(resource.url)
  local served = transforms.by_ending(resource.url)
  if decoder ~= "none" and ENDINGS[ending] then
    return ("'%s' is kept decompressed, but its name ends in .%s (leave the ending out, or transforms = "
      .. "\"none\")"):format(resource.filename, ending)
  elseif decoder == "none" and served ~= "none" and not ENDINGS[ending] then
    return ("'%s' is kept compressed by %s, but its name does not say so (an ending like its URL's, or no "
      .. "transforms)"):format(resource.filename, served)
  end
end

local function unused(resource, use)
  if use.is_needed or use.is_parameter or resource.kind == "todo" then
    return nil
  end
  return ("resource '%s' is used by nothing (as a parameter the function gets it; else leave it out)"):format(
    resource.name)
end

local function plain_http(resource)
  local kind = resources.kind(resource)
  for _, list in ipairs(kind.sources and kind.sources(resource) or {}) do
    for _, source in ipairs(list) do
      if sources.doubt(source, { content = resource.content }) then
        return ("%s: plain %s and no checksum (https, or one, which `datamaestro checksum` finds)"):format(
          text.url(source.url), source.url:match "^%w+")
      end
    end
  end
end

local OF_RESOURCES = { { "archive-kept", archive_kept }, { "compressed-name", misleading_name },
  { "unused", unused }, { "plain-http", plain_http } }

-- --- A dataset -----------------------------------------------------------------------------------------

local function no_docstring(dataset)
  return dataset.name == ""
    and ("%s: no docstring (its first paragraph is the name, the rest the description)"):format(dataset.id)
end

local function no_licence(dataset)
  return not dataset.licence and ("%s: no licence (licence = \"CC-BY-4.0\" or the like in dataset { … }; "
    .. "\"NOASSERTION\" where nobody can tell)"):format(dataset.id)
end

local OF_DATASETS = { { "no-docstring", no_docstring }, { "no-licence", no_licence } }

local function add(warnings, rule, place, message)
  if message then
    table.insert(warnings, { rule = rule, file = place.file, line = place.line, message = message })
  end
end

--- What is odd in what a dataset says of itself.
-- @param dataset dataset: of a family, the family
-- @return array of warnings
function advice.of_heading(dataset)
  local warnings = {}
  for _, rule in ipairs(OF_DATASETS) do
    add(warnings, rule[1], dataset, rule[2](dataset))
  end
  return warnings
end

--- What is odd in the axes of a family.
-- @param family dataset
-- @param samples array of its datasets, all of which were made and tried
-- @return array of warnings
function advice.of_axes(family, samples)
  local warnings, used = {}, {}
  for name in next, family.variants.used do
    used[name] = true
  end
  for _, sample in ipairs(samples) do
    for _, name in ipairs(sample.parameters) do
      used[name] = true
    end
  end
  local message = "axis '%s' is used by nothing (as a parameter the function gets it; else leave it out)"
  for _, one in ipairs(#samples > 0 and family.variants.axes or {}) do
    add(warnings, "unused", { file = family.file, line = one.line },
      not used[one.name] and message:format(one.name))
  end
  return warnings
end

--- What is odd in the resources of a dataset.
-- @param dataset dataset: no family
-- @param object object: what it was opened as
-- @param store store: the one that it was opened with
-- @return array of warnings
function advice.of_resources(dataset, object, store)
  local warnings, parameters = {}, {}
  for _, name in ipairs(dataset.parameters) do
    parameters[name] = true
  end
  local dependents = graph.dependents(dataset.resources)
  for _, resource in ipairs(dataset.resources) do
    local use = { object = object, path = store:path(dataset, resource),
      is_parameter = parameters[resource.name], is_needed = #dependents[resource.name] > 0 }
    for _, rule in ipairs(OF_RESOURCES) do
      add(warnings, rule[1], resource, rule[2](resource, use))
    end
  end
  return warnings
end

return advice
