--- Resource kind `custom`: a folder that a function of the definition makes (engine/work/run.lua).
local fields = require "datamaestro.engine.fields"

-- The names of what the function takes after `work`, which are those of resources unless `needs` says so.
local function needs_of(resource)
  return resource.needs or table.move(resource.run.parameters, 2, #resource.run.parameters, 1, {})
end

local function problem(resource)
  local count = #resource.run.parameters
  if resource.run.is_native then
    return "a library's function (your own expected)"
  elseif resource.run.is_variadic then
    return "parameter '...' of its function has no resource (name the resources instead)"
  elseif count == 0 then
    return "its function takes nothing (function(work, …) expected)"
  elseif resource.needs and #resource.needs ~= count - 1 then
    return ("its function takes %d resources after 'work' (%d in 'needs')"):format(count - 1,
      #resource.needs)
  end
end

return {
  doc = "Makes a folder by a function of the definition, which is given `work` (to fetch, unpack, read and "
    .. "write) and the resources that it needs.",
  example = [[custom("merged", function(work, archive) … end)]],
  positional = { "name", "run" },
  schema = {
    fields.name(),
    { name = "run", type = "function", required = true,
      annotation = "fun(work: datamaestro.Work, ...: datamaestro.WorkFile|datamaestro.WorkFolder)",
      doc = "function(work, …): makes the files; what it takes after `work` are other resources." },
    { name = "needs", type = "list", items = { type = "string" },
      doc = "The resources that it takes, in this order (default: the names of its parameters)." },
    fields.transient(),
  },
  stands = "folder",
  problem = problem,
  requires = needs_of,

  name = function(resource)
    return resource.name
  end,

  place = function(resource, alone)
    return alone and "" or resource.name
  end,

  stored = function()
    return {}
  end,

  -- What it fetches is known when it asks for it.
  sources = function()
    return {}
  end,

  needs = function()
    return {}
  end,

  make = function(resource, part, context, dataset)
    return require "datamaestro.engine.work.run".make({
      resource = resource, part = part, context = context, dataset = dataset, needs = needs_of(resource),
      label = ("%s: %s"):format(dataset.id, resource.name),
    })
  end,
}
