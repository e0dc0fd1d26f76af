--- Resource kind `concatdownload`: one file of the members of an archive, or of several files, joined.
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local joining = require "datamaestro.engine.joining"
local transforms = require "datamaestro.engine.transforms"

local PIECE = { type = "url", either = { type = "table", positional = { "url" }, fields = fields.join({
  { name = "url", type = "url", required = true, doc = "Where it is served." },
}, fields.hashes(), { transforms.decoder() }) } }

-- Several files: each with a decoder of its own, the resource's or that of its URL's ending.
local function pieces_of(resource)
  local pieces = {}
  for i, piece in ipairs(resource.url) do
    local one = type(piece) == "table" and piece or { url = piece }
    local decoder = one.transforms or transforms.named(resource) or transforms.by_ending(one.url)
    pieces[i] = { setmetatable({ transforms = decoder }, { __index = one }) }
  end
  return pieces
end

-- All pieces at once; their paths, their records | nil, message, code.
local function fetch_pieces(resource, part, context, dataset)
  local paths, records, tasks, failure = {}, {}, {}, nil
  for i, sources in ipairs(pieces_of(resource)) do
    paths[i] = ("%s.%d"):format(part, i)
    tasks[i] = context.scheduler:spawn(function()
      local label = ("%s: %s[%d]"):format(dataset.id, resource.name, i)
      local done, record, code = require "datamaestro.engine.fetch".obtain({
        label = label, sources = sources, filename = resource.filename, lines = transforms.lines(resource),
        part = paths[i],
      }, context)
      if done then
        context.observe { event = "piece", file = label }
      end
      records[i] = record
      failure = failure or not done and { record, code } or nil
    end)
  end
  context.scheduler:join(tasks)
  if failure then
    return nil, table.unpack(failure)
  end
  return paths, records
end

local function make_of_pieces(resource, part, context, dataset)
  local paths, records, code = fetch_pieces(resource, part, context, dataset)
  if not paths then
    return nil, records, code
  end
  local joined, message
  joined, message, code = joining.join(paths, part, resource.content, context.scheduler)
  for i, sources in ipairs(pieces_of(resource)) do
    file.remove(paths[i])
    context.shares:release(sources)
  end
  if not joined then
    return nil, ("%s: %s: %s"):format(dataset.id, resource.name, message), code
  end
  return true, { fetched = records }
end

local function make_of_archive(resource, part, context, dataset)
  local sources = {}
  for i, source in ipairs(fields.sources_of(resource, context, dataset)) do
    sources[i] = setmetatable({ url = source.url, transforms = "none" }, { __index = source })
  end
  return require "datamaestro.engine.fetch".obtain({
    label = ("%s: %s"):format(dataset.id, resource.name), sources = sources, content = resource.content,
    filename = resource.filename, part = part, lines = transforms.lines(resource),
    unpack = { concat = true, subpath = resource.subpath, files = resource.files,
      decode = transforms.named(resource) or "auto" },
  }, context)
end

local function is_list(resource)
  return type(resource.url) == "table"
end

-- What a list of URLs has no use for.
local OF_ONE = { "from", "mirrors", "subpath", "files", "size", "md5", "sha1", "sha256", "sha512" }

local function problem(resource)
  if is_list(resource) then
    for _, name in ipairs(OF_ONE) do
      if resource[name] ~= nil then
        return ("'%s' with a list of URLs (each entry has its own, { url, size = … })"):format(name)
      end
    end
    return #resource.url == 0 and "an empty list (URLs expected)" or nil
  end
  return fields.source_problem(resource)
end

local sources = fields.sources()
sources[1].either = { type = "list", items = PIECE }
sources[1].doc = "Where an archive is served; or a list of files to join, URLs or { url, size = …, … }."

return {
  doc = "Downloads an archive, or several files, and joins what they hold to one file.",
  example = [[concatdownload("all.txt", "https://host/parts.tar.gz", { files = { "*.txt.gz" } })]],
  positional = { "filename", "url" },
  schema = fields.join({ fields.filename() }, sources, fields.selection(), {
    fields.other_name(), fields.content(), transforms.field(true), fields.transient(),
  }),
  stands = "file",
  requires = fields.requires,
  name = fields.name_of_file,
  problem = problem,

  place = function(resource)
    return resource.filename
  end,

  stored = function(resource)
    return resource.content or {}
  end,

  -- Each piece twice: it is kept until all of them are joined, for a run that dies on the way.
  sources = function(resource)
    if not is_list(resource) then
      return { resource.url and fields.sources_of(resource) }
    end
    local pieces = pieces_of(resource)
    return table.move(pieces, 1, #pieces, #pieces + 1)
  end,

  needs = function(resource)
    local stored = (resource.content or {}).size
    if not is_list(resource) then
      return { served = resource.url and resource.size, stored = stored, spool = resource.size }
    end
    local sum = 0
    for _, piece in ipairs(resource.url) do
      sum = sum and type(piece) == "table" and piece.size and sum + piece.size or nil
    end
    return { served = sum, stored = stored, spool = sum and 2 * sum }
  end,

  make = function(resource, ...)
    return (is_list(resource) and make_of_pieces or make_of_archive)(resource, ...)
  end,
}
