--- Resource kind `linkfile`: a file that the user has already, linked to.
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local proposals = require "datamaestro.engine.proposals"
local reading = require "datamaestro.engine.reading"
local verify = require "datamaestro.engine.verify"

local function has_size(resource, path)
  local found, message = file.stat(path)
  if not found then
    return nil, message
  end
  local same, difference = verify.matches({ size = resource.size }, found)
  return same or nil, not same and ("%s: %s"):format(path, difference) or nil
end

-- Whether a file is what is declared; its size is compared before it is read.
local function is_right(resource, path, scheduler)
  local found, message = file.stat(path)
  local name = verify.digest(resource)
  if found and name and (not resource.size or resource.size == found.size) then
    found, message = reading.digest(path, name, scheduler)
  end
  if not found then
    return nil, message
  end
  local same, difference = verify.matches(resource, found)
  return same or nil, not same and ("%s: %s"):format(path, difference) or nil
end

return {
  doc = "Links to a file that the user has already, the first of some proposals that is right.",
  example = [[linkfile("corpus", { { "corpora", "news.jsonl" }, "/srv/news.jsonl" }, { size = 9912422 })]],
  positional = { "name", "proposals" },
  schema = fields.join(proposals.fields(), fields.hashes()),
  problem = proposals.problem,
  stands = "file",

  name = function(resource)
    return resource.name
  end,

  place = function(resource)
    return resource.name
  end,

  stored = function(resource)
    return resource
  end,

  needs = function()
    return { stored = 0 }
  end,

  find = function(resource, context, dataset)
    return proposals.find(resource, context, dataset, "file", function(path)
      return has_size(resource, path)
    end)
  end,

  make = function(resource, part, context, dataset)
    return proposals.link(resource, part, context, dataset, "file", function(path)
      return is_right(resource, path, context.scheduler)
    end)
  end,
}
