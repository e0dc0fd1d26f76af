--- `datamaestro path [--exists] ID[.FIELD]…`
local families = require "datamaestro.cli.families"
local file = require "datamaestro.api.file"
local pick = require "datamaestro.cli.pick"
local text = require "datamaestro.text"

-- Whether a field of an object is declared to be a path.
local function is_path_field(object, name)
  local types = require "datamaestro.data.types"
  if types.type_of(object) then
    for field in types.values(object) do
      if field.name == name then
        return field.type == "path"
      end
    end
  end
  return false
end

-- The path that a value is or has | nil.
local function path_in(value, parent, name)
  if type(value) == "table" then
    return type(value.path) == "string" and value.path or nil
  end
  return type(value) == "string" and is_path_field(parent, name) and value or nil
end

-- The path of a part of what a dataset's function returns; it need not be there.
local function path_of_part(store, dataset, part)
  local object, message, code = require "datamaestro.engine.open".dataset(store, dataset)
  local value, parent
  if object then
    value, message, code = pick.walk(object, part, dataset.id)
  end
  if value == nil then
    return nil, message, code
  end
  local above, name = part:match "^(.*)%.([^.]*)$"
  parent = pick.walk(object, above or "", dataset.id)
  local path = path_in(value, parent, name or part)
  if not path then
    return nil, ("%s.%s: no path (a part that is or has one expected)"):format(dataset.id, part), "unknown"
  end
  return path
end

-- The path of a resource that stands in the dataset's folder; nil for those that are elsewhere.
local function path_of_resource(store, dataset, part)
  local resource = dataset:resource(part)
  if not resource then
    return nil
  end
  local kind = require "datamaestro.engine.resources".kind(resource)
  if kind.stands ~= "nothing" then
    return store:path(dataset, resource)
  end
  if resource.kind == "reference" and resource.targets.dataset.part == "" then
    return store:folder(resource.targets.dataset.dataset)
  end
  local value = kind.value and kind.value(resource, store:path(dataset, resource), store)
  return type(value) == "string" and value or type(value) == "table" and path_in(value) or nil
end

local function path_of(store, dataset, part)
  if part == "" then
    return store:folder(dataset)
  end
  local path = path_of_resource(store, dataset, part)
  if path then
    return path
  end
  return path_of_part(store, dataset, part)
end

-- What one of the words names: { dataset, id, repository, path, exists, store } | nil, message, code.
local function find(session, store, word)
  local dataset, part, code = session:registry():find_part(word)
  if not dataset then
    session:warn_of_repositories()
    return nil, part, code
  end
  local all, message, path
  all, message, code = session:registry():resolve(dataset)
  if all then
    path, message, code = path_of(store, dataset, part)
  end
  if not path then
    return nil, message, code
  end
  return { dataset = dataset.id, id = part ~= "" and dataset.id .. "." .. part or dataset.id,
    repository = dataset.repository.id,
    path = path, exists = file.stat(path) ~= nil, store = store:site(dataset) or store.root }
end

local function print_json(session, rows)
  local list = require "datamaestro.json".array {}
  for i, row in ipairs(rows) do
    list[i] = families.ordered { { "id", row.id }, { "repository", row.repository }, { "path", row.path },
      { "exists", row.exists }, { "store", row.store } }
  end
  session:print_json(list)
end

-- The first that is missing ends the command badly, once all are named.
local function check(session, rows)
  local result = true
  for _, row in ipairs(rows) do
    if not row.exists then
      session:complain(("%s: not there (`datamaestro prepare %s` brings it)"):format(row.path,
        text.line(row.dataset)))
      result = require "datamaestro.status".unknown
    end
  end
  return result
end

return {
  summary = "Print where datasets, resources and parts of datasets are, or would be.",
  configure = function(parser)
    parser:argument("ids", "A dataset's id for its folder; with a resource's name or a part for that path.")
      :argname("ID[.FIELD]"):args "+"
    parser:flag("--exists", "Fail with status 3 where one is not there; print only those that are.")
    parser:epilog "Example: ls -l $(datamaestro path com.lecun.mnist)"
  end,
  run = function(session, arguments)
    local store, message, code = session:store()
    local rows = {}
    for i, word in ipairs(store and arguments.ids or {}) do
      rows[i], message, code = find(session, store, word)
      if not rows[i] then
        return nil, message, code
      end
    end
    if not store then
      return nil, message, code
    elseif session.json then
      print_json(session, rows)
    end
    for _, row in ipairs(session.json and {} or rows) do
      if row.exists or not arguments.exists then
        session:print(row.path)
      end
    end
    return not arguments.exists or check(session, rows)
  end,
}
