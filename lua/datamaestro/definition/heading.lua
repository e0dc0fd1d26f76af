--- What a dataset says of itself, `dataset { Type, [[docstring]], … }`, and what it takes from a metadataset.

local step = require "datamaestro.api.step"
local schema = require "datamaestro.schema"
local types = require "datamaestro.data.types"
local about = require "datamaestro.definition.about"
local axes = require "datamaestro.definition.axes"
local ids = require "datamaestro.definition.ids"
local links = require "datamaestro.definition.links"

local heading = {}

local DATASET = "dataset { Type, [[docstring]], … }"
local METADATASET = "metadataset { Type, url = …, … }"
local DEPTH = 32 -- metadatasets in metadatasets; a table that was changed afterwards may hold itself

--- The fields of `metadataset { Type, … }`, as a schema: what datasets have in common.
heading.shared_schema = about.shared()

--- The fields of `dataset { Type, [[docstring]], … }`, as a schema.
heading.schema = table.move(heading.shared_schema, 1, #heading.shared_schema, 2, {
  { name = "id", type = "string", doc = "Replaces the id's last part; with a dot inside, all of the id; "
    .. "\"\" leaves what the path gives." },
})
table.move(about.own(), 1, #about.own(), #heading.schema + 1, heading.schema)
heading.schema[#heading.schema + 1] = { name = "variants", type = axes.type,
  doc = "The axes of a family of datasets: AxesVariants { NAME = Axis({ values… }, { … }), … }." }

local function text_problem(value)
  return not value:find "%S" and "no text (the terms expected)" or nil
end

--- The step `useragreement(text, { … })`, declared as resources are.
heading.agreement_step = {
  doc = "Terms of use, which must be accepted before anything is fetched or opened.",
  example = [[useragreement("For research only.", { id = "org.example.licence" })]],
  positional = { "text" },
  schema = {
    { name = "text", type = "string", required = true, check = text_problem, doc = "The terms." },
    { name = "id", type = "string", pattern = "^[^%c%s][^%c]*$", expected = "one line of text",
      doc = "What acceptance is recorded under (default: the dataset's id)." },
  },
}

-- --- Parts -------------------------------------------------------------------------------------

-- The step of a kind in a chain | nil.
local function step_of(all, kind)
  for _, link in ipairs(all) do
    if type(link) == "table" and link.kind == kind then
      return link
    end
  end
end

--- The step `metadataset { … }` of a chain that has one, and no `dataset { … }`.
-- @param value any
-- @return table: as of step.links | nil
function heading.is_metadataset(value)
  local all = step.is(value) and step.links(value) or {}
  return not step_of(all, "dataset") and step_of(all, "metadataset") or nil
end

-- Which part of the array part of `dataset { Type, META, [[docstring]], … }` a value is.
local function part_of(value, takes_metadataset)
  if types.is_type(value) then
    return "type"
  elseif type(value) == "string" then
    return "doc"
  end
  return takes_metadataset and heading.is_metadataset(value) and "metadataset" or nil
end

--- Takes the array part of `dataset { Type, [[docstring]], … }` apart from its options.
-- @param given table
-- @param label string: what messages begin with
-- @param takes_metadataset boolean | nil: whether a metadataset may stand there
-- @return table: the options; table: `type`, `doc`, `metadataset`, each nil where there is none. Or nil,
--   message
function heading.split(given, label, takes_metadataset)
  local options, parts = {}, {}
  for key, value in next, given do
    local part = math.type(key) == "integer" and part_of(value, takes_metadataset)
    if math.type(key) ~= "integer" then
      options[key] = value
    elseif part and parts[part] == nil then
      parts[part] = value
    else
      return nil, ("%s: value %d: %s (one data type%s and one docstring expected)"):format(label, key,
        part == "type" and "second data type" or schema.kind(value),
        takes_metadataset and " or metadataset" or "")
    end
  end
  return options, parts
end

--- Reads a `useragreement` step.
-- @param link table: of step.links
-- @return table: { id (nil where none is given), text, link } | nil, message
function heading.agreement(link)
  local found
  local declared = heading.agreement_step
  local options, problem = links.options(link, declared.positional, declared.schema)
  if options then
    found, problem = schema.check(declared.schema, options, "useragreement")
  end
  if not found then
    return nil, problem
  end
  return { id = found.id, text = ids.dedent(found.text), link = link }
end

-- --- Metadatasets ------------------------------------------------------------------------------

local function join(first, second)
  return table.move(second, 1, #second, #first + 1, first)
end

local read_metadataset

-- What `dataset { … }` and `metadataset { … }` have in common, with the defaults of a metadataset in it.
local function read_table(link, usage, fields, depth)
  local given, problem = links.only_table(link, usage)
  local options, parts, declared
  if given then
    options, parts = heading.split(given, link.kind, true)
    problem = parts
  end
  if options then
    declared, problem = schema.check(fields, options, link.kind)
  end
  if not declared then
    return nil, links.place(link, problem)
  end
  local shared = { tags = {}, tasks = {}, agreements = {} }
  if parts.metadataset then
    shared, problem = read_metadataset(parts.metadataset, depth + 1)
    if not shared then
      return nil, problem
    end
  end
  declared.type = parts.type or shared.type
  declared.tags, declared.tasks, declared.agreements = shared.tags, shared.tasks, shared.agreements
  for _, field in ipairs(heading.shared_schema) do
    declared[field.name] = declared[field.name] or shared[field.name]
  end
  if not declared.type then
    return nil, links.place(link, ("%s: no data type (%s expected)"):format(link.kind, usage))
  end
  return declared, parts.doc
end

-- Adds another step of a metadataset's chain; a problem or nil.
local function add_shared(found, link)
  local words, agreement, problem
  if type(link) == "function" then
    problem = "a function in a metadataset's chain (it belongs to the chain of a dataset)"
  elseif link.kind == "datatags" or link.kind == "datatasks" then
    words, problem = links.words(link)
    join(link.kind == "datatags" and found.tags or found.tasks, words or {})
  elseif link.kind == "useragreement" then
    agreement, problem = heading.agreement(link)
    found.agreements[#found.agreements + 1] = agreement
  elseif link.kind == "metadataset" then
    problem = "two metadatasets in one chain (metadataset { OTHER, … } takes another one's)"
  else
    problem = ("'%s' in a metadataset's chain (it belongs to the chain of a dataset)"):format(link.kind)
  end
  return problem
end

function read_metadataset(chain, depth)
  local own = heading.is_metadataset(chain)
  if depth > DEPTH then
    return nil, links.place(own, ("metadataset: over %d in one another"):format(DEPTH))
  end
  local found, problem = read_table(own, METADATASET, heading.shared_schema, depth)
  if not found then
    return nil, problem
  end
  local is_first = true -- the same step may stand there twice
  for _, link in ipairs(step.links(chain)) do
    local is_own = is_first and rawequal(link, own)
    is_first = is_first and not is_own
    problem = not is_own and add_shared(found, link)
    if problem then
      return nil, links.place(type(link) == "table" and link or own, problem)
    end
  end
  return found
end

--- Reads a metadataset.
-- @param chain step or chain: one for which is_metadataset holds
-- @return table: { type, url, doi, licence, …, tags, tasks, agreements } | nil, message "PATH:LINE: …"
function heading.metadataset(chain)
  return read_metadataset(chain, 1)
end

--- Reads a `dataset` step.
-- @param link table: of step.links
-- @return table: the fields of heading.schema, `about` (as of about.read), `type`, `name`, `description`;
--   `tags`, `tasks` and `agreements` of its metadataset; `variants` as of variants.new | nil, message
--   "PATH:LINE: …"
function heading.dataset(link)
  local declared, doc = read_table(link, DATASET, heading.schema, 0)
  if not declared then
    return nil, doc
  end
  declared.name, declared.description = ids.split_doc(doc or "")
  declared.about = about.read(declared)
  if declared.variants then
    local problem
    declared.variants, problem = axes.read(declared.variants)
    if problem then
      return nil, problem
    end
  end
  return declared
end

return heading
