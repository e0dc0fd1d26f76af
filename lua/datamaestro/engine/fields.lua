--- Fields that several resource kinds declare alike, and what they stand for.
local sources = require "datamaestro.engine.sources"

local fields = {}

--- Size and digests of bytes.
-- @return array of fields of a schema
function fields.hashes()
  return {
    { name = "size", type = "integer", minimum = 0, doc = "Size in bytes." },
    { name = "md5", type = "string", hex = 32, doc = "MD5 in hex digits." },
    { name = "sha1", type = "string", hex = 40, doc = "SHA-1 in hex digits." },
    { name = "sha256", type = "string", hex = 64, doc = "SHA-256 in hex digits." },
    { name = "sha512", type = "string", hex = 128, doc = "SHA-512 in hex digits." },
  }
end

--- Joins fields.
-- @param ... arrays of fields
-- @return array of fields
function fields.join(...)
  local all = {}
  for _, list in ipairs { ... } do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

-- --- Names ------------------------------------------------------------------------------------------

local NAME_MAXIMUM = 200 -- bytes: a part's name is a little longer, and a file system takes 255

local function plain_name(value)
  if value:find("://", 1, true) then
    return ("'%s' (name of the file expected; what it comes from follows it)"):format(value:sub(1, 60))
  end
  local is_odd = value:find "[/%c\\]" or value:find "^%." or value:find("..", 1, true)
  if value == "" or is_odd or #value > NAME_MAXIMUM then
    return ("'%s' (plain file name expected)"):format(value:sub(1, 60))
  end
end

-- What a function's parameter can be called.
local function parameter_name(value)
  if not value:find("^[%a_][%w_]*$") then
    return ("'%s' (name of a parameter expected)"):format(value:sub(1, 60))
  end
end

--- The file that a resource is.
-- @return field
function fields.filename()
  return { name = "filename", type = "string", required = true, check = plain_name,
    doc = "Name of the file in the dataset's folder; up to its first dot it names the resource." }
end

--- The name of a resource that is called after its file.
-- @return field
function fields.other_name()
  return { name = "name", type = "string", check = parameter_name, doc = "Name of the resource, if another." }
end

--- The name of a resource that has no file of its own.
-- @return field
function fields.name()
  return { name = "name", type = "string", required = true, check = parameter_name,
    doc = "Name of the resource." }
end

--- What is declared of a file as it is kept.
-- @return field
function fields.content()
  return { name = "content", type = "table", fields = fields.hashes(),
    doc = "Size and hashes of the file as kept, after transforms; all sources must agree on them." }
end

--- Whether a resource may go.
-- @return field
function fields.transient()
  return { name = "transient", type = "boolean", default = false,
    doc = "Whether it goes once all resources that need it are complete." }
end

--- The name of a resource that a file is: up to its first dot.
-- @param resource table: the checked fields
-- @return string
function fields.name_of_file(resource)
  return resource.name or (resource.filename:gsub("%..*$", ""))
end

-- --- Sources ----------------------------------------------------------------------------------------

--- Where something comes from: a URL, or another resource, with mirrors, size and digests.
-- @param more array of fields|nil: what a mirror may have beside
-- @return array of fields
function fields.sources(more)
  local mirror = fields.join({
    { name = "url", type = "url", required = true, doc = "Where the same content can be had." },
  }, fields.hashes(), more or {})
  return fields.join({
    { name = "url", type = "url", doc = "Where it is served." },
    { name = "from", type = "string", doc = "Or the resource of this dataset, a file, that holds it." },
    { name = "mirrors", type = "list",
      items = { type = "url", either = { type = "table", fields = mirror, positional = { "url" } } },
      doc = "Other addresses: a URL serves the same bytes; a table { url, size = …, … } the same content, "
        .. "packed anew, with its own size and hashes (without any, `content` decides)." },
  }, fields.hashes())
end

--- What is wrong with where it comes from.
-- @param resource table: the checked fields
-- @return string | nil
function fields.source_problem(resource)
  if not resource.url and not resource.from then
    return "no source (a URL, or from = \"RESOURCE\", expected)"
  elseif resource.url and resource.from then
    return "both a URL and 'from' (one of them expected)"
  elseif resource.from and resource.mirrors then
    return "'from' with mirrors (they belong to the resource that it names)"
  end
end

--- The folder that an archive becomes.
-- @return field
function fields.folder()
  return { name = "folder", type = "string", check = plain_name,
    doc = "Name of the folder in the dataset's folder (default: the archive's, in the URL; where there is no "
      .. "other resource, the dataset's folder itself)." }
end

--- The resources that it needs for a source.
-- @param resource resource
-- @return array of names
function fields.requires(resource)
  return { resource.from }
end

--- The sources in the author's order, as fetch.obtain wants them; a mirror that is only a URL serves the same
-- bytes.
-- @param resource resource
-- @param context table|nil: of the run, for `from`
-- @param dataset dataset|nil
-- @return array of sources
function fields.sources_of(resource, context, dataset)
  if resource.from then
    local other = dataset:resource(resource.from)
    local source = { url = sources.file_url(context.store:path(dataset, other)),
      origin = "resource " .. resource.from,
      public = require "datamaestro.engine.work.privacy".is_public(context.store, dataset, other) }
    return { setmetatable(source, { __index = resource }) }
  end
  local list = { resource }
  for i, other in ipairs(resource.mirrors or {}) do
    list[i + 1] = type(other) == "table" and other or setmetatable({ url = other }, { __index = resource })
  end
  return list
end

-- --- Archives ---------------------------------------------------------------------------------------

--- What of an archive is wanted.
-- @return array of fields
function fields.selection()
  return {
    { name = "subpath", type = "string", doc = "The folder in the archive that is wanted." },
    { name = "files", type = "list", items = { type = "string" },
      doc = "The members that are wanted, by name or glob (* ? [a-z], ** across folders); default: all." },
  }
end

return fields
