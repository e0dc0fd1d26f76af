--- Resource kind `filedownloader`: one file, from one or more addresses.
local fetch = require "datamaestro.engine.fetch"

local function hashes()
  return {
    { name = "size", type = "integer", minimum = 0, doc = "Size in bytes." },
    { name = "md5", type = "string", hex = 32, doc = "MD5 in hex digits." },
    { name = "sha1", type = "string", hex = 40, doc = "SHA-1 in hex digits." },
    { name = "sha256", type = "string", hex = 64, doc = "SHA-256 in hex digits." },
    { name = "sha512", type = "string", hex = 128, doc = "SHA-512 in hex digits." },
  }
end

local function with(fields, more)
  return table.move(more, 1, #more, #fields + 1, fields)
end

local FORMATS = { gz = "gzip", bz2 = "bzip2", xz = "xz", zst = "zstd", lz4 = "lz4" }

-- A URL that ends in .gz and the like, its query left out, is decompressed unless the author says otherwise.
local function transforms_of(resource)
  local ending = resource.url:match("^[^?#]*"):lower():match "%.(%w+)$"
  return FORMATS[ending] or "none"
end

local NAME_MAXIMUM = 200 -- bytes: a part's name is a little longer, and a file system takes 255

local function plain_name(value)
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

local function transforms()
  return {
    name = "transforms", type = "string", values = { "gzip", "bzip2", "xz", "zstd", "lz4", "none" },
    default = transforms_of,
    doc = "How the bytes as served are decompressed (default: by the URL's ending, .gz .bz2 .xz .zst .lz4, "
      .. "else none).",
  }
end

-- The sources in the author's order; a mirror that is only a URL serves the same bytes.
local function sources_of(resource)
  local sources = { resource }
  for i, other in ipairs(resource.mirrors or {}) do
    sources[i + 1] = type(other) == "table" and other or setmetatable({ url = other }, { __index = resource })
  end
  return sources
end

local mirror = with({
  { name = "url", type = "url", required = true, doc = "Where the same content can be had." },
}, hashes())
mirror[#mirror + 1] = transforms()

return {
  doc = "Downloads one file and keeps it, decompressed when it is served compressed.",
  example = [[filedownloader("train_images.idx", "https://host/train-images.gz", { size = 9912422 })]],
  positional = { "filename", "url" },
  schema = with({
    { name = "filename", type = "string", required = true, check = plain_name,
      doc = "Name of the file in the dataset's folder; up to its first dot it names the resource." },
    { name = "url", type = "url", required = true, doc = "Where the file is served." },
    { name = "name", type = "string", check = parameter_name, doc = "Name of the resource, if another." },
    { name = "content", type = "table", fields = hashes(),
      doc = "Size and hashes of the file as kept, after transforms; all sources must agree on them." },
    { name = "mirrors", type = "list",
      items = { type = "url", either = { type = "table", fields = mirror, positional = { "url" } } },
      doc = "Other addresses: a URL serves the same bytes; a table { url, size = …, … } the same content, "
        .. "packed anew, with its own size and hashes (without any, `content` decides)." },
    transforms(),
    { name = "transient", type = "boolean", default = false,
      doc = "Whether the file may go once all that need it are complete." },
  }, hashes()),

  --- The resource's name: the file's, up to its first dot.
  -- @param resource table: the checked fields
  -- @return string
  name = function(resource)
    return resource.name or (resource.filename:gsub("%..*$", ""))
  end,

  --- What is declared of the file as stored.
  -- @param resource resource
  -- @return table: size, sha256, …, each optional
  stored = function(resource)
    return resource.content or (resource.transforms == "none" and resource) or {}
  end,

  --- What it takes to make the file.
  -- @param resource resource
  -- @return table: served (bytes to fetch), stored (bytes on disk in the end), spool (bytes on disk
  --   meanwhile), each nil where unknown or none
  needs = function(resource)
    local compressed = resource.transforms ~= "none"
    local content = resource.content or {}
    return {
      served = resource.size,
      stored = content.size or (not compressed and resource.size) or nil,
      spool = compressed and resource.size or nil,
    }
  end,

  --- Downloads the file.
  -- @param resource resource
  -- @param part string: path to write; it appears in the dataset's folder once it is complete
  -- @param context table: as for fetch.obtain
  -- @param dataset dataset
  -- @return true | nil, message, code
  make = function(resource, part, context, dataset)
    return fetch.obtain({
      label = ("%s: %s"):format(dataset.id, resource.name),
      sources = sources_of(resource),
      content = resource.content,
      filename = resource.filename,
      part = part,
    }, context)
  end,
}
