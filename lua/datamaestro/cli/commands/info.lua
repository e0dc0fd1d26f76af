--- `datamaestro info ID`
local families = require "datamaestro.cli.families"
local rows_of = require "datamaestro.cli.resource_rows"
local speech = require "datamaestro.cli.speech"
local text = require "datamaestro.text"

local COLUMN = 17 -- where that stands which there is to say of an axis or a resource
local PROSE = 78  -- columns of a description at most

local function type_names(dataset)
  local names = {}
  for i, ancestor in ipairs(require "datamaestro.data.types".ancestors(dataset.type)) do
    names[i] = ancestor.id
  end
  return names
end

-- The dataset's terms. That nobody can tell whether they were accepted is no reason to say nothing.
local function terms_of(session, dataset)
  if not dataset.agreements or #dataset.agreements == 0 then
    return {}
  end
  local found, message = require "datamaestro.engine.agreements".of { dataset }
  if not found then
    session:complain("warning: " .. message)
  end
  return found or dataset.agreements
end

-- Proposals as the definition has them, datafolders by their keys.
local function json_proposals(json, list)
  local proposals = json.array {}
  for i, one in ipairs(list or {}) do
    proposals[i] = type(one) == "string" and one
      or families.ordered { { "datafolder", one.datafolder }, { "path", one.path } }
  end
  return proposals
end

local function print_json(session, dataset, rows, terms, store)
  local json = require "datamaestro.json"
  local ordered = families.ordered
  local resources = json.array {}
  for i, row in ipairs(rows) do
    resources[i] = ordered {
      { "name", row.name }, { "kind", row.kind }, { "url", row.url }, { "size", row.size },
      { "origin", row.origin }, { "path", row.path }, { "state", row.state }, { "stored", row.stored },
      { "files", row.files }, { "mirrors", json.array(row.mirrors) },
      { "proposals", json_proposals(json, row.proposals) }, { "instructions", row.instructions },
      { "to_do", row.what },
    }
  end
  local agreements = json.array {}
  for i, one in ipairs(terms) do
    agreements[i] = ordered { { "id", one.id }, { "hash", one.hash }, { "accepted", one.accepted },
      { "date", one.date } }
  end
  session:print_json(ordered {
    { "id", dataset.id }, { "repository", dataset.repository.id }, { "name", dataset.name },
    { "url", dataset.url }, { "licence", dataset.licence }, { "doi", dataset.doi },
    { "citation", dataset.citation }, { "version", dataset.version }, { "timestamp", dataset.timestamp },
    { "size", dataset.size }, { "types", json.array(type_names(dataset)) },
    { "tags", json.array(dataset.tags) }, { "tasks", json.array(dataset.tasks) },
    { "axes", families.axes(dataset) }, { "values", families.values(dataset) },
    { "example", families.example(dataset) }, { "agreements", agreements },
    { "store", not dataset:is_family() and (store:site(dataset) or store.root) or nil },
    { "resources", resources }, { "parameters", json.array(dataset.parameters or {}) },
    { "description", dataset.description }, { "definition", dataset.file },
  })
end

-- What it says of its terms and its origin.
local function about_lines(dataset)
  local lines = {}
  for _, one in ipairs {
    { "Licence", dataset.licence }, { "Version", dataset.version }, { "Date", dataset.timestamp },
    { "Size", dataset.size and text.size(dataset.size) }, { "DOI", dataset.doi },
    { "Citation", dataset.citation and ("`datamaestro cite %s` prints it"):format(dataset.id) },
  } do
    lines[#lines + 1] = one[2] and ("%s: %s"):format(one[1], one[2])
  end
  return lines
end

local function print_text(session, dataset, rows, terms, store)
  local function line(format, ...)
    local said = text.line(format:format(...))
    session:say(said, said:find "^  " and COLUMN or nil)
  end
  line("%s", dataset.name ~= "" and dataset.name or dataset.id)
  if dataset.url then
    line("%s", dataset.url)
  end
  line("Id: %s (repository %s)", dataset.id, dataset.repository.id)
  for _, one in ipairs(about_lines(dataset)) do
    line("%s", one)
  end
  line("Types: %s", table.concat(type_names(dataset), ", "))
  if #dataset.tags > 0 then
    line("Tags: %s", table.concat(dataset.tags, ", "))
  end
  if #dataset.tasks > 0 then
    line("Tasks: %s", table.concat(dataset.tasks, ", "))
  end
  for _, text_line in ipairs(families.lines(dataset)) do
    line("%s", text_line)
  end
  if families.example(dataset) then -- to be copied
    session:print(text.line(("Example: datamaestro prepare '%s'"):format(families.example(dataset))))
  end
  if dataset.parameters and #dataset.parameters > 0 then
    line("Parameters: %s", table.concat(dataset.parameters, ", "))
  end
  for _, one in ipairs(terms) do
    line("Terms: %s (%s)", one.id, one.date and "accepted " .. one.date:sub(1, 10)
      or one.accepted and "accepted" or one.accepted == false and "not accepted" or "accepted or not")
  end
  local site = not dataset:is_family() and store:site(dataset)
  if site then
    line("Store: %s (read only; the dataset is used in place)", site)
  end
  if #rows > 0 then
    line("Resources:")
  end
  for _, row in ipairs(rows) do
    for _, text_line in ipairs(rows_of.lines(row)) do
      line("%s", text_line)
    end
  end
  if dataset.description and dataset.description ~= "" then
    session:print("\n" .. text.printable(text.wrap(dataset.description,
      math.min(speech.columns(1), PROSE))))
  end
end

return {
  summary = "Show what a dataset is, where it comes from, and what of it is here.",
  words = { "id" },
  configure = function(parser)
    parser:argument("id", "The dataset's id, as `search` shows it, or a family's without its brackets.")
      :argname "ID"
  end,
  run = function(session, arguments)
    local dataset, message, code = session:find(arguments.id)
    local store
    if dataset then
      store, message, code = session:store()
    end
    if not store then
      return nil, message, code
    end
    local rows = {}
    if not dataset:is_family() then
      session:registry():resolve(dataset) -- where a reference leads nowhere, its id is still shown
      rows = rows_of.of(store, dataset)
    end
    local terms = terms_of(session, dataset)
    if session.json then
      print_json(session, dataset, rows, terms, store)
    else
      print_text(session, dataset, rows, terms, store)
    end
    return true
  end,
}
