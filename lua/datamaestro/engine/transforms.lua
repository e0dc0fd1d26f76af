--- What is done to bytes between a server and a file: they are decompressed, then their lines are changed.
local transforms = {}

local DECODERS = { "gzip", "bzip2", "xz", "zstd", "lz4", "none" }
local FORMATS = { gz = "gzip", bz2 = "bzip2", xz = "xz", zst = "zstd", lz4 = "lz4" }

--- The decoder of a URL: one that ends in .gz and the like, its query left out, is decompressed.
-- @param url string | nil
-- @return string: a decoder's name
function transforms.by_ending(url)
  local ending = (url or ""):match("^[^?#]*"):lower():match "%.(%w+)$"
  return FORMATS[ending] or "none"
end

--- How bytes are decompressed.
-- @return field
function transforms.decoder()
  return { name = "transforms", type = "string", values = DECODERS,
    default = function(source)
      return transforms.by_ending(source.url)
    end,
    doc = "How the bytes as served are decompressed (default: by the URL's ending, .gz .bz2 .xz .zst .lz4, "
      .. "else none)." }
end

local STEP = { type = "string", values = DECODERS, either = { type = "table", fields = {
  { name = "replace", type = "string", doc = "Pattern of what is replaced in each line." },
  { name = "with", type = "string", doc = "What it is replaced with; $1 is the first group." },
  { name = "filter", type = "string", doc = "Or pattern of the lines that are kept." },
} } }

local function step_problem(step)
  local whole = (type(step.replace) == "string" and type(step.with) == "string" and step.filter == nil)
    or (type(step.filter) == "string" and step.replace == nil and step.with == nil)
  if not whole then
    return "{ replace = …, with = … } or { filter = … } expected"
  end
  local right, message = require "datamaestro.api.rewrite".check(step.filter or step.replace, step.with)
  return not right and message or nil
end

-- At most one decoder, and before all else: lines are of text.
local function list_problem(list)
  for i, step in ipairs(list) do
    local problem
    if type(step) == "string" and i > 1 then
      problem = ("'%s' (a decoder stands first)"):format(step)
    elseif type(step) == "table" then
      problem = step_problem(step)
    end
    if problem then
      return ("step %d: %s"):format(i, problem)
    end
  end
end

--- How bytes become the file: a decoder, and changes of lines.
-- @param by_member boolean|nil: the default is for each member to decide (default: the URL's ending decides)
-- @return field
function transforms.field(by_member)
  local decoder = transforms.decoder()
  decoder.default = not by_member and decoder.default or nil
  decoder.either = { type = "list", items = STEP, check = list_problem }
  decoder.doc = "How the bytes as served become the file: a decoder's name (default: by the URL's ending, "
    .. ".gz .bz2 .xz .zst .lz4, else none), or a list of one and of changes of lines, each { replace = "
    .. "\"PATTERN\", with = \"TEXT\" } or { filter = \"PATTERN\" } (PCRE2; $1 in the text)."
  return decoder
end

--- The decoder that a resource names.
-- @param resource resource
-- @return string | nil
function transforms.named(resource)
  local given = resource.transforms
  if type(given) == "table" then
    given = given[1]
  end
  return type(given) == "string" and given or nil
end

-- The decoder of a source, by name.
local function decoder(source)
  return transforms.named(source) or transforms.by_ending(source.url)
end

--- The changes of lines.
-- @param resource resource
-- @return array of tables: as transfers:start takes them | nil: none
function transforms.lines(resource)
  local lines = {}
  for _, step in ipairs(type(resource.transforms) == "table" and resource.transforms or {}) do
    if type(step) == "table" then
      lines[#lines + 1] = step
    end
  end
  return #lines > 0 and lines or nil
end

--- Whether the file is as it is served.
-- @param resource resource
-- @return boolean
function transforms.are_none(resource)
  return decoder(resource) == "none" and not transforms.lines(resource)
end

--- The sources with their decoders by name.
-- @param resource resource
-- @param list array of sources
-- @return array of sources
function transforms.resolve(resource, list)
  if type(resource.transforms) ~= "table" then
    return list
  end
  local resolved = {}
  for i, source in ipairs(list) do
    resolved[i] = setmetatable({ transforms = decoder(source) }, { __index = source })
  end
  return resolved
end

return transforms
