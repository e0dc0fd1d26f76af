--- What `check` asks for, and what it says of the answers.
local resources = require "datamaestro.engine.resources"
local text = require "datamaestro.text"

local check = {}

local VARIANTS = 64 -- of a family

-- Calls visit(url, declared size, is a page) for each source of a resource.
local function each_source(resource, visit)
  local kind = resources.kind(resource)
  for _, list in ipairs(kind.sources and kind.sources(resource) or {}) do
    for _, source in ipairs(list) do
      visit(source.url, source.size, false)
    end
  end
  if resource.kind == "manual" and resource.url then
    visit(resource.url, nil, true)
  end
end

local function add(requests, dataset, resource)
  each_source(resource, function(url, size, page)
    local request = requests[url]
    if not request then
      request = { url = url, key = text.url(url), declared = size, page = page, users = {} }
      requests[url], requests[#requests + 1] = request, request
    end
    request.declared = request.declared or size
    local user = ("%s: %s"):format(dataset.id, resource.name)
    if not request.users[user] then
      request.users[user] = true
      table.insert(request.users, user)
    end
  end)
end

-- The datasets that a word names: those of a repository, one, or some of a family | nil, message, code.
local function datasets_of(session, word)
  local registry = session:registry()
  if registry:repository(word) then
    local list = {}
    for _, dataset in ipairs(registry:datasets()) do
      list[#list + 1] = dataset.repository.id == word and dataset or nil
    end
    return list
  end
  local dataset, message, code = session:find(word)
  if not dataset then
    return nil, message, code
  end
  return { dataset }
end

local function gather_datasets(session, words)
  if #words == 0 then
    local all, problems = session:registry():datasets()
    for _, problem in ipairs(problems) do
      session:complain("warning: " .. problem.message)
    end
    return all
  end
  local all = {}
  for _, word in ipairs(words) do
    local list, message, code = datasets_of(session, word)
    if not list then
      return nil, message, code
    end
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

--- Gathers the sources of datasets, each URL once.
-- @param session session
-- @param words array of strings: repositories and ids; empty for all
-- @return array of tables: url, key, declared, page (as of presence.check), users (array of "ID: RESOURCE");
--   integer: how many datasets | nil, message, code
function check.gather(session, words)
  local datasets, message, code = gather_datasets(session, words)
  if not datasets then
    return nil, message, code
  end
  local requests = {}
  for _, dataset in ipairs(datasets) do
    local samples
    samples, message, code = dataset:samples(VARIANTS)
    if not samples then
      return nil, message, code
    end
    for _, sample in ipairs(samples) do
      for _, resource in ipairs(sample.resources) do
        add(requests, sample, resource)
      end
    end
  end
  return requests, #datasets
end

--- The word for what was found: its state, or "changed".
-- @param request table: of presence.check and checks.compare
-- @return string
function check.state(request)
  return request.state == "there" and request.changed and "changed" or request.state
end

local function day(time)
  return time and time:sub(1, 10)
end

-- What has changed since the last check.
local function change_of(request)
  local before = request.before
  if before.size and request.size and before.size ~= request.size then
    return ("%d bytes (%d on %s)"):format(request.size, before.size, day(before.there))
  elseif request.last_modified and before.last_modified ~= request.last_modified then
    return ("changed %s (before: %s)"):format(request.last_modified, before.last_modified or "?")
  end
  return ("another version (ETag %s; %s on %s)"):format(request.etag, before.etag, day(before.there))
end

--- What there is to say of a source.
-- @param request table: of presence.check and checks.compare
-- @return string: the message, with the last good time of what is not there
function check.message(request)
  if check.state(request) == "changed" then
    return ("%s: %s"):format(request.key, change_of(request))
  elseif request.state == "there" then
    return request.key .. (request.size and (": %s"):format(text.size(request.size)) or "")
  end
  local there = request.state ~= "size" and request.before and day(request.before.there)
  return request.message .. (there and ("; there on %s"):format(there) or "")
end

local SEVERITY = { { "gone", "network" }, { "unreachable", "network" }, { "size", "checksum" },
  { "refused", "auth" } }

--- The code of the worst that was found.
-- @param counts table: state → how many
-- @return string | nil
function check.code(counts)
  for _, one in ipairs(SEVERITY) do
    if (counts[one[1]] or 0) > 0 then
      return one[2]
    end
  end
end

return check
