--- Resource kind `todo`: a place where something is still to be written.
local fields = require "datamaestro.engine.fields"

local function problem(resource, _, dataset)
  return nil, ("%s: %s: to do: %s (%s:%d)"):format(dataset.id, resource.name, resource.what, resource.file,
    resource.line), "definition"
end

return {
  doc = "Says that a resource is not written yet; preparing the dataset fails with what is to be done.",
  example = [[todo("corpus", "ask the authors for the address")]],
  positional = { "name", "what" },
  schema = {
    fields.name(),
    { name = "what", type = "string", default = "its download is not written yet",
      doc = "What is to be done." },
  },
  stands = "nothing",

  name = function(resource)
    return resource.name
  end,

  place = function(resource)
    return resource.name
  end,

  stored = function()
    return {}
  end,

  needs = function()
    return { stored = 0, files = 0 }
  end,

  find = problem,

  -- What once was complete is so no more.
  check = function()
    return nil
  end,

  make = function(resource, _, context, dataset)
    return problem(resource, context, dataset)
  end,
}
