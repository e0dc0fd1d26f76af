--- Resource kind `filedownloader`: one file, from one or more addresses.
local fields = require "datamaestro.engine.fields"
local transforms = require "datamaestro.engine.transforms"

return {
  doc = "Downloads one file and keeps it, decompressed when it is served compressed.",
  example = [[filedownloader("train_images.idx", "https://host/train-images.gz", { size = 9912422 })]],
  positional = { "filename", "url" },
  schema = fields.join({ fields.filename() }, fields.sources { transforms.decoder() }, {
    fields.other_name(), fields.content(), transforms.field(), fields.transient(),
  }),
  stands = "file",
  requires = fields.requires,
  name = fields.name_of_file,

  problem = fields.source_problem,

  place = function(resource)
    return resource.filename
  end,

  --- What is declared of the file as stored.
  -- @param resource resource
  -- @return table: size, sha256, …, each optional
  stored = function(resource)
    return resource.content or (transforms.are_none(resource) and resource) or {}
  end,

  sources = function(resource)
    return { resource.url and fields.sources_of(resource) }
  end,

  needs = function(resource)
    local plain = transforms.are_none(resource)
    local content = resource.content or {}
    return {
      served = resource.url and resource.size,
      stored = content.size or (plain and resource.size) or nil,
      spool = not plain and resource.size or nil,
    }
  end,

  make = function(resource, part, context, dataset)
    return require "datamaestro.engine.fetch".obtain({
      label = ("%s: %s"):format(dataset.id, resource.name),
      sources = transforms.resolve(resource, fields.sources_of(resource, context, dataset)),
      lines = transforms.lines(resource),
      content = resource.content,
      filename = resource.filename,
      part = part,
    }, context)
  end,
}
