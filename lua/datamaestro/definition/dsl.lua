--- The language of definitions: the constructors, and how a chain of their steps becomes a dataset.

local step = require "datamaestro.api.step"
local modules = require "datamaestro.modules"
local types = require "datamaestro.data.types"
local axis = require "datamaestro.definition.axis"
local dataset = require "datamaestro.definition.dataset"
local heading = require "datamaestro.definition.heading"
local ids = require "datamaestro.definition.ids"
local links = require "datamaestro.definition.links"
local parameters = require "datamaestro.definition.parameters"
local resources = require "datamaestro.definition.resources"
local script = require "datamaestro.definition.script"
local variants = require "datamaestro.definition.variants"

local dsl = {}

-- --- Constructors ------------------------------------------------------------------------------

local constructors = { null = axis.null }
for _, kind in ipairs { "dataset", "datatags", "datatasks", "useragreement", "metadataset", "resources",
  "Axis", "AxesVariants" } do
  constructors[kind] = step.constructor(kind)
end
for _, kind in ipairs(modules.within "engine.resources") do
  constructors[kind] = step.constructor(kind)
end

local SHARED = { "datatags", "datatasks", "useragreement", "metadataset" }

--- What a definition can name, besides the allow-list and `use`.
-- @return table: name → function that makes a step, or a value
function dsl.constructors()
  local copy = {}
  for name, constructor in next, constructors do
    copy[name] = constructor
  end
  return copy
end

--- What a repository's data.lua can name of them: what metadatasets are made of.
-- @return table: name → function that makes a step
function dsl.shared_constructors()
  local copy = {}
  for _, name in ipairs(SHARED) do
    copy[name] = constructors[name]
  end
  return copy
end

-- --- A chain -----------------------------------------------------------------------------------

local function add_words(list, link)
  local words, problem = links.words(link)
  table.move(words or {}, 1, words and #words or 0, #list + 1, list)
  return problem and links.place(link, problem)
end

local function add_dataset(parts, link)
  if parts.declared then
    return links.place(link, "two datasets in one chain (one 'dataset { … }' expected)")
  end
  local problem
  parts.declared, problem = heading.dataset(link)
  return problem
end

local function add_agreement(parts, link)
  local agreement, problem = heading.agreement(link)
  parts.agreements[#parts.agreements + 1] = agreement
  return problem and links.place(link, problem)
end

local MISPLACED = {
  metadataset = "'metadataset { … }' in a dataset's chain (keep it in a 'local META', then dataset { META })",
  Axis = "'Axis' in a chain (it belongs inside AxesVariants { … })",
  AxesVariants = "'AxesVariants' in a chain (it belongs inside dataset { …, variants = … })",
}

-- Adds a link to the parts; a placed problem or nil.
local function add_link(parts, link)
  local kind = link.kind
  if resources.is_kind(kind) or kind == "resources" then
    parts.steps[#parts.steps + 1] = link
    parts.dynamic = parts.dynamic or kind == "resources"
  elseif kind == "dataset" then
    return add_dataset(parts, link)
  elseif kind == "useragreement" then
    return add_agreement(parts, link)
  elseif kind == "datatags" or kind == "datatasks" then
    return add_words(parts[kind], link)
  else
    return links.place(link, MISPLACED[kind] or ("'%s' has no place in a dataset's chain"):format(kind))
  end
end

-- The parts of a chain by what they are | nil, message.
local function read_chain(chain)
  local parts = { steps = {}, datatags = {}, datatasks = {}, agreements = {} }
  for i, link in ipairs(chain) do
    local problem
    if type(link) ~= "function" then
      problem = add_link(parts, link)
    elseif i < #chain then
      problem = links.place(chain[i + 1], "a step after the function (the function stands last)")
    else
      parts.builder = link
    end
    if problem then
      return nil, problem
    end
  end
  if not parts.declared then
    return nil, links.place(chain[1], "no 'dataset { … }' in the chain (it stands before the function; "
      .. "'..' joins the steps)")
  elseif not parts.builder then
    return nil, links.place(chain[1],
      "no function at the end of the chain (.. function(names of resources) … end)")
  end
  parts.line = chain[1].line
  return parts
end

-- A metadataset where a dataset is expected: a message, or nil where it is none.
local function metadataset_problem(value, name)
  local link = heading.is_metadataset(value)
  return link and links.place(link, ("%s: a metadataset, no dataset (%s)"):format(
    name and ("global '%s'"):format(name) or "the file returns",
    name and ("write 'local %s' here, or put it into the repository's data.lua"):format(name)
    or "give it to a dataset: dataset { META, … }"))
end

-- --- A dataset ---------------------------------------------------------------------------------

-- What a dataset and all its variants have in common.
local function common_fields(parts, context)
  local declared = parts.declared
  local fields = {
    repository = context.repository, name = declared.name, description = declared.description,
    type = declared.type,
    tags = types.union(declared.type.tags, declared.tags, parts.datatags),
    tasks = types.union(declared.type.tasks, declared.tasks, parts.datatasks),
    variants = declared.variants, file = context.path, line = parts.line,
  }
  for name, value in next, declared.about do
    fields[name] = value
  end
  return fields
end

-- The agreements of a metadataset and the chain, each once | nil, message.
local function read_agreements(parts, id)
  local list, by_id = {}, {}
  local all = table.move(parts.agreements, 1, #parts.agreements, #parts.declared.agreements + 1,
    parts.declared.agreements)
  for _, one in ipairs(all) do
    local key = one.id or id
    if by_id[key] and by_id[key] ~= one.text then
      return nil, links.place(one.link, ("useragreement: two texts for the id '%s' (give each its own: "
        .. "useragreement(text, { id = … }))"):format(key))
    elseif not by_id[key] then
      by_id[key], list[#list + 1] = one.text, { id = key, text = one.text }
    end
  end
  return list
end

local VARIANTS = 64 -- of a family, tried for the names of their resources

-- The resources of a variant, as far as there is one; what goes beyond the limits ends it later.
local function try_read(parts, fields, values)
  local done, list = pcall(resources.read, parts.steps, fields.file, fields.variants, values)
  if not done and type(list) ~= "string" then
    error(list, 0) -- Ctrl-C
  end
  return done and list or {}
end

-- Makes a function that says whether another variant has a resource of a name; it tries them when asked.
local function elsewhere(fields, parts, values)
  local names
  return function(name)
    if not names then
      names = {}
      for _, other in ipairs(fields.variants:around(values, VARIANTS)) do
        for _, resource in ipairs(try_read(parts, fields, other)) do
          names[resource.name] = true
        end
      end
    end
    return names[name] == true
  end
end

-- Makes a function that gives the resource of a name as the file declares it when it is run anew.
local function loading(parts, values)
  return function(name)
    local datasets, message = parts.load()
    local found
    for _, one in ipairs(datasets or {}) do
      found = one.id == parts.id and one or found
    end
    if found and values then
      found, message = found:variant(values)
    end
    return found and found:resource(name), message
  end
end

-- Adds what depends on the variant, or on nothing: resources and parameters. True | nil, message.
local function fill(fields, parts, values)
  local list, problem = resources.read(parts.steps, fields.file, fields.variants, values)
  if not list then
    return nil, problem
  end
  script.renewable(list, loading(parts, values))
  fields.resources = table.move(list, 1, #list, 1, {})
  if parts.dynamic and not values then
    return true
  end
  fields.parameters, problem = parameters.read(parts.builder, list, { file = fields.file,
    line = fields.line, variants = fields.variants,
    is_elsewhere = parts.dynamic and elsewhere(fields, parts, values) })
  return fields.parameters, problem
end

-- Makes the function that gives a variant's fields: values as of variants:resolve → fields | nil, message.
local function recipe(family, parts)
  return function(values)
    local fields = {}
    for name, value in next, family do
      fields[name] = value
    end
    local folder = family.variants:folder(values)
    fields.id = family.id .. family.variants:format(values)
    fields.aliases = { fields.id }
    fields.folder = family.folder .. (folder ~= "" and "/" .. folder or "")
    fields.family, fields.values = family, variants.plain(values)
    fields.label = family.variants:label(values)
    fields.shares_folder = parts.dynamic and family.variants:share_folders()
    local done, problem = fill(fields, parts, values)
    if not done then
      return nil, problem
    end
    return fields
  end
end

-- Makes a dataset the family that it is declared to be, if so. What can be told of it without a selector is
-- checked: one variant.
local function define_variants(made, parts, context)
  if not made.variants then
    return made
  end
  local make = recipe(made, parts)
  local values = made.variants:combinations(1)[1]
  local done, problem = true, nil
  if values then
    context.trying = made.variants:label(values)
    done, problem = make(values)
  end
  if not done then
    return nil, variants.mark(problem, context.trying)
  end
  context.trying = nil
  return dataset.set_recipe(made, make)
end

--- Makes a dataset of a chain.
-- @param chain step or chain
-- @param name string | nil: the global it was assigned to
-- @param context table: `path` (the file as opened), `base` (what the path gives of the id), `repository`,
--   `load` (function() → array of datasets, of the file run anew | nil, message); has `trying`, the label of
--   a variant, while an author's function works on it
-- @return dataset | nil, message "PATH:LINE: what (what to do)"
function dsl.define(chain, name, context)
  local problem = metadataset_problem(chain, name)
  local all, parts = step.links(chain), nil
  if not problem then
    parts, problem = read_chain(all)
  end
  if not parts then
    return nil, problem
  end
  local id = ids.make(context.base, name, parts.declared.id)
  if not ids.is_valid(id) then
    return nil, links.place(all[1],
      ("id '%s' (letters, digits, '_' and '-' with dots between expected)"):format(id))
  end
  parts.id, parts.load = id, context.load
  local fields = common_fields(parts, context)
  fields.id, fields.aliases, fields.folder = id, { id }, (id:gsub("%.", "/"))
  fields.agreements, problem = read_agreements(parts, id)
  local done = not problem
  if done then
    done, problem = fill(fields, parts)
  end
  if not done then
    return nil, problem
  end
  return define_variants(dataset.new(fields, parts.builder, chain), parts, context)
end

--- The fields of `dataset { Type, [[docstring]], … }`, as a schema.
dsl.dataset_schema = heading.schema

return dsl
