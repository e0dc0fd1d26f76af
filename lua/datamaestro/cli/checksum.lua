--- What `checksum` measures: the resources of datasets that come from a URL.
local file = require "datamaestro.api.file"
local loader = require "datamaestro.definition.loader"
local transforms = require "datamaestro.engine.transforms"

local checksum = {}

local VARIANTS = 64 -- of a family, whose resources are the same calls

local KINDS = { filedownloader = true, zipdownloader = true, tardownloader = true, concatdownload = true }

-- The datasets of a file, or of an id | nil, message, code.
local function datasets_of(session, word)
  local found = file.stat(word)
  if found or word:find("/", 1, true) or word:find "%.lua$" then
    return loader.load(word, nil, session:registry().find_repository)
  end
  local dataset, message, code = session:find(word)
  if not dataset then
    return nil, message, code
  end
  return { dataset }
end

-- What is there to measure of a resource, as of measure.all | nil.
local function request_of(dataset, resource)
  if not KINDS[resource.kind] or type(resource.url) ~= "string" then
    return nil
  end
  local is_file = resource.kind == "filedownloader"
  local digests = {}
  for _, name in ipairs { "md5", "sha1", "sha512" } do
    digests[#digests + 1] = (resource[name] or (resource.content or {})[name]) and name or nil
  end
  return {
    label = ("%s: %s"):format(dataset.id, resource.name), url = resource.url, digests = digests,
    filename = is_file and resource.filename or nil,
    transforms = is_file and (transforms.named(resource) or transforms.by_ending(resource.url)) or "none",
    lines = is_file and transforms.lines(resource) or nil,
  }
end

local function lacks(resource, has_content)
  return not (resource.size and resource.sha256)
    or has_content and not (resource.content and resource.content.size and resource.content.sha256)
end

local function add(entries, dataset, missing)
  for _, resource in ipairs(dataset.resources) do
    local request = request_of(dataset, resource)
    local has_content = request ~= nil and (resource.content ~= nil and resource.kind == "filedownloader"
      or request.transforms ~= "none" or request.lines ~= nil)
    local key = ("%s:%d %s %s"):format(resource.file, resource.line, resource.name, tostring(resource.url))
    if request and not entries[key] and (not missing or lacks(resource, has_content)) then
      entries[key] = true
      entries[#entries + 1] = { dataset = dataset, resource = resource, request = request,
        has_content = has_content }
    end
  end
end

--- Gathers what is to be measured.
-- @param session session
-- @param words array of strings: files, ids
-- @param missing boolean|nil: only what has no size or no sha256
-- @return array of { dataset, resource, request, has_content }: each call and URL once | nil, message, code
function checksum.gather(session, words, missing)
  local entries, datasets = {}, {}
  for _, word in ipairs(words) do
    local found, message, code = datasets_of(session, word)
    if not found then
      return nil, message, code
    end
    for _, one in ipairs(found) do
      local samples
      samples, message, code = one:samples(VARIANTS)
      if not samples then
        return nil, message, code
      end
      table.move(samples, 1, #samples, #datasets + 1, datasets)
    end
  end
  local agreed, message, code = session:agree(datasets)
  if not agreed then
    return nil, message, code
  end
  for _, dataset in ipairs(datasets) do
    add(entries, dataset, missing)
  end
  return entries
end

--- Measures them all.
-- @param session session
-- @param entries array: of gather; their requests get what measure.all says
-- @return array: the same | nil, message, code
function checksum.measure(session, entries)
  if #entries == 0 then
    return entries
  end
  local store, message, code = session:store()
  local requests, done = {}, nil
  for i, entry in ipairs(entries) do
    requests[i] = entry.request
  end
  if store then
    done, message, code = session:measure(store, requests)
  end
  if not done then
    return nil, message, code
  end
  return entries
end

--- What was measured, by the script that it stands in.
-- @param entries array
-- @return array of { path, entries }
function checksum.by_file(entries)
  local groups, known = {}, {}
  for _, entry in ipairs(entries) do
    local path = entry.resource.file
    if not entry.request.problem then
      if not known[path] then
        known[path] = { path = path, entries = {} }
        groups[#groups + 1] = known[path]
      end
      table.insert(known[path].entries, entry)
    end
  end
  return groups
end

return checksum
