--- Resource kind `reference`: another dataset, or a part of one, which is brought in place before.
local fields = require "datamaestro.engine.fields"
local open = require "datamaestro.engine.open"

return {
  doc = "Refers to another dataset; the function gets it opened.",
  example = [[reference("documents", "gov.nist.trec.ap.documents")]],
  positional = { "name", "dataset" },
  schema = {
    fields.name(),
    { name = "dataset", type = "any", required = true,
      doc = "Its id, perhaps with a part (com.lecun.mnist.train), or the chain of one in this file." },
  },
  stands = "nothing",
  waits = true,

  name = function(resource)
    return resource.name
  end,

  place = function(resource)
    return resource.name
  end,

  references = function(resource)
    return { dataset = resource.dataset }
  end,

  stored = function()
    return {}
  end,

  needs = function()
    return { stored = 0, files = 0 }
  end,

  make = function(resource, _, context, dataset)
    local target = resource.targets.dataset.dataset
    local done, message, code = context.await(target)
    if not done then
      return nil, ("%s: %s: waits for %s"):format(dataset.id, resource.name, message), code
    end
    return true
  end,

  value = function(resource, _, store)
    return open.target(store, resource.targets.dataset)
  end,
}
