--- The language of definitions: the constructors, and how a chain of their steps becomes a dataset.

local step = require "datamaestro.api.step"
local guess = require "datamaestro.guess"
local graph = require "datamaestro.engine.graph"
local modules = require "datamaestro.modules"
local schema = require "datamaestro.schema"
local types = require "datamaestro.data.types"
local dataset = require "datamaestro.definition.dataset"
local ids = require "datamaestro.definition.ids"
local sandbox = require "datamaestro.definition.sandbox"
local script = require "datamaestro.definition.script"

local dsl = {}

local KINDS = "datamaestro.engine.resources."

-- --- Constructors ------------------------------------------------------------------------------

local constructors = {}
local is_resource = {}
for _, kind in ipairs { "dataset", "datatags", "datatasks" } do
  constructors[kind] = step.constructor(kind)
end
for _, kind in ipairs(modules.within "engine.resources") do
  constructors[kind] = step.constructor(kind)
  is_resource[kind] = true
end

--- What a definition can name, besides the allow-list and `use`.
-- @return table: name → function that makes a step
function dsl.constructors()
  local copy = {}
  for name, constructor in next, constructors do
    copy[name] = constructor
  end
  return copy
end

--- The fields of `dataset { Type, [[docstring]], … }`, as a schema.
dsl.dataset_schema = {
  { name = "id", type = "string", doc = "Replaces the id's last part; with a dot inside, all of the id; "
    .. "\"\" leaves what the path gives." },
  { name = "url", type = "url", doc = "The dataset's page." },
  { name = "doi", type = "string", doc = "DOI of the paper to cite.",
    pattern = "^10%.%d+/%S+$", expected = "DOI such as 10.1000/182" },
  { name = "timestamp", type = "string", doc = "Date of the version, for a dataset that changes." },
}

-- --- Parts of a chain --------------------------------------------------------------------------

-- Problems of a link are told at its line; those of our own checks carry no place yet.
local function place_of(link, message)
  return sandbox.place(sandbox.path_of(link.source or "?"), link.line or 0, message)
end

-- Whether a table in the place of a positional argument is that argument, and not the options.
local function is_positional(kind, place, value)
  for _, field in ipairs(kind.schema) do
    if field.name == kind.positional[place] then
      local is_list = field.type == "list" or (field.either or {}).type == "list"
      return field.type == "table" or is_list and rawget(value, 1) ~= nil
    end
  end
  return false
end

-- A constructor's arguments as one table: positional ones, then a table of options.
local function options_of(link, kind)
  local options, args, positional = {}, link.args, kind.positional
  local given = args.n
  local last = args[given]
  if type(last) == "table" and not types.type_of(last) and not is_positional(kind, given, last) then
    for key, value in next, args[given] do
      if math.type(key) == "integer" then
        return nil, ("%s: value %d has no name (option = value expected)"):format(link.kind, key)
      end
      options[key] = value
    end
    given = given - 1
  end
  for i = 1, given do
    local name = positional[i]
    if not name then
      return nil, ("%s: argument %d: %s (table of options expected)"):format(link.kind, i,
        schema.kind(args[i]))
    elseif args[i] ~= nil then
      options[name] = args[i]
    end
  end
  return options
end

-- What messages about a resource begin with: its name, as far as there is one.
local function resource_subject(link)
  local filename = link.args[1]
  return type(filename) == "string" and filename:match("^[%w_-]+") or link.kind
end

local function read_resource(link, path)
  local kind = require(KINDS .. link.kind)
  local options, problem = options_of(link, kind)
  local resource
  if options then
    resource, problem = schema.check(kind.schema, options, resource_subject(link))
  end
  if not resource then
    return nil, problem
  end
  script.guard(resource, path)
  problem = kind.problem and kind.problem(resource)
  if problem then
    return nil, ("%s: %s"):format(resource_subject(link), problem)
  end
  resource.name = kind.name(resource)
  resource.kind, resource.file, resource.line = link.kind, path, link.line
  return resource
end

local function read_words(link)
  local words = {}
  for i = 1, link.args.n do
    local word = link.args[i]
    if type(word) ~= "string" or not word:find("%S") or word:find("%c") then
      return nil, ("%s: argument %d: %s (one or more strings expected)"):format(link.kind, i,
        type(word) == "string" and "not one line of text" or schema.kind(word))
    end
    words[i] = word
  end
  if #words == 0 then
    return nil, ("%s: no argument (one or more strings expected)"):format(link.kind)
  end
  return words
end

--- Takes the array part of `dataset { Type, [[docstring]], … }` apart from its options.
-- @param given table
-- @param label string: what messages begin with
-- @return table: the options; type | nil; docstring | nil. Or nil, message
function dsl.split(given, label)
  local options, T, doc = {}, nil, nil
  for key, value in next, given do
    if math.type(key) ~= "integer" then
      options[key] = value
    elseif types.is_type(value) and not T then
      T = value
    elseif type(value) == "string" and not doc then
      doc = value
    else
      return nil, ("%s: value %d: %s (one data type and one docstring expected)"):format(label, key,
        types.is_type(value) and "second data type" or schema.kind(value))
    end
  end
  return options, T, doc
end

local function read_dataset(link)
  local given = link.args[1]
  if types.is_type(given) or type(given) ~= "table" or types.type_of(given) then
    return nil, ("dataset: %s (dataset { Type, [[docstring]], … } expected)"):format(
      types.is_type(given) and "data type" or schema.kind(given))
  elseif link.args.n > 1 then
    return nil, ("dataset: %d arguments (one table expected)"):format(link.args.n)
  end
  local options, T, doc = dsl.split(given, "dataset")
  if not options then
    return nil, T
  elseif not T then
    return nil, "dataset: no data type (dataset { Type, [[docstring]], … } expected)"
  end
  local declared, problem = schema.check(dsl.dataset_schema, options, "dataset")
  if not declared then
    return nil, problem
  end
  declared.type = T
  declared.name, declared.description = ids.split_doc(doc or "")
  return declared
end

-- --- A chain -----------------------------------------------------------------------------------

local function add_resource(parts, link, path)
  local resource, problem = read_resource(link, path)
  if not resource then
    return problem
  end
  local other = parts.resources[resource.name]
  if other then
    return ("two resources are called '%s' (the other one is in line %d)"):format(resource.name, other.line)
  end
  parts.resources[resource.name] = resource
  parts.resources[#parts.resources + 1] = resource
end

local function add_words(parts, link)
  local words, problem = read_words(link)
  if not words then
    return problem
  end
  local list = parts[link.kind]
  table.move(words, 1, #words, #list + 1, list)
end

local function add_dataset(parts, link)
  if parts.declared then
    return "two datasets in one chain (one 'dataset { … }' expected)"
  end
  local problem
  parts.declared, problem = read_dataset(link)
  return problem
end

local function add_link(parts, link, path)
  if is_resource[link.kind] then
    return add_resource(parts, link, path)
  elseif link.kind == "dataset" then
    return add_dataset(parts, link)
  elseif parts[link.kind] then
    return add_words(parts, link)
  end
  return ("'%s' has no place in a dataset's chain"):format(link.kind)
end

-- The parts of a chain by what they are | nil, message.
local function read_chain(links, path)
  local parts = { resources = {}, datatags = {}, datatasks = {} }
  for i, link in ipairs(links) do
    if type(link) == "function" then
      if i < #links then
        return nil, place_of(links[i + 1], "a step after the function (the function stands last)")
      end
      parts.builder = link
    else
      local problem = add_link(parts, link, path)
      if problem then
        return nil, place_of(link, problem)
      end
    end
  end
  if not parts.declared then
    return nil, place_of(links[1], "no 'dataset { … }' in the chain (it stands before the function)")
  elseif not parts.builder then
    return nil, place_of(links[1],
      "no function at the end of the chain (.. function(names of resources) … end)")
  end
  return parts
end

-- Gives each resource its place, and checks what they are together; nil | message.
local function arrange(resources, path)
  local taken = {}
  for _, resource in ipairs(resources) do
    resource.filename = require(KINDS .. resource.kind).place(resource, #resources == 1)
    local other = taken[resource.filename]
    if other then
      local problem = "two resources are stored as '%s' (the other one is in line %d; archives take 'folder')"
      return sandbox.place(path, resource.line, problem:format(resource.filename, other.line))
    end
    taken[resource.filename] = resource
  end
  local problem, line = graph.problem(resources)
  return problem and sandbox.place(path, line, problem)
end

-- The names of the function's parameters, each that of a resource | nil, message.
local function read_parameters(parts, path)
  local info = debug.getinfo(parts.builder, "Su")
  local parameters, names = {}, {}
  if info.what == "C" then
    return nil, sandbox.place(path, parts.line,
      "a library's function at the end of the chain (your own expected)")
  elseif info.isvararg then
    return nil, sandbox.place(path, info.linedefined,
      "parameter '...' has no resource (name the resources instead)")
  end
  for i, resource in ipairs(parts.resources) do
    names[i] = resource.name
  end
  for i = 1, info.nparams do
    local name = debug.getlocal(parts.builder, i)
    if not parts.resources[name] then
      local expected = #names > 0 and (" (%s expected)"):format(table.concat(names, ", ")) or ""
      local problem = ("parameter '%s' has no resource%s"):format(name, guess.hint(name, names, expected))
      return nil, sandbox.place(path, info.linedefined, problem)
    end
    parameters[i] = name
  end
  return parameters
end

local function list_only(resources)
  return table.move(resources, 1, #resources, 1, {})
end

--- Makes a dataset of a chain.
-- @param chain step or chain
-- @param name string | nil: the global it was assigned to
-- @param context table: `path` (the file as opened), `base` (what the path gives of the id), `repository`
-- @return dataset | nil, message "PATH:LINE: what (what to do)"
function dsl.define(chain, name, context)
  local links = step.links(chain)
  local parts, problem = read_chain(links, context.path)
  local parameters
  problem = problem or arrange(parts.resources, context.path)
  if not problem then
    parts.line = links[1].line
    parameters, problem = read_parameters(parts, context.path)
  end
  if not parameters then
    return nil, problem
  end
  local declared = parts.declared
  local id = ids.make(context.base, name, declared.id)
  if not ids.is_valid(id) then
    return nil, place_of(links[1],
      ("id '%s' (letters, digits, '_' and '-' with dots between expected)"):format(id))
  end
  return dataset.new({
    id = id, aliases = { id }, repository = context.repository,
    name = declared.name, description = declared.description, url = declared.url, doi = declared.doi,
    license = declared.license, timestamp = declared.timestamp, type = declared.type,
    tags = types.union(declared.type.tags, parts.datatags),
    tasks = types.union(declared.type.tasks, parts.datatasks),
    resources = list_only(parts.resources), parameters = parameters,
    file = context.path, line = parts.line,
  }, parts.builder)
end

return dsl
