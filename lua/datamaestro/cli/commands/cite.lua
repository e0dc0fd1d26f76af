--- `datamaestro cite ID…`
local bibtex = require "datamaestro.bibtex"
local families = require "datamaestro.cli.families"
local text = require "datamaestro.text"

-- A family's, where the entry is the same for all of it.
local function owner_of(dataset)
  return dataset.family or dataset
end

-- Braces would end the value, and a blank none has.
local function url_value(url)
  return url and text.url(url):gsub("[{}]", { ["{"] = "%7B", ["}"] = "%7D" }) or nil
end

-- An entry of what the definition says beside.
local function make(dataset)
  return bibtex.entry("misc", dataset.id:gsub("[^%w_.:+-]", "_"), {
    { "title", "{" .. bibtex.escape(dataset.name ~= "" and dataset.name or dataset.id) .. "}" },
    { "year", dataset.timestamp and dataset.timestamp:match "^%d%d%d%d" },
    { "version", dataset.version and bibtex.escape(dataset.version) },
    { "doi", dataset.doi and dataset.doi:gsub("[{}]", "") },
    { "url", url_value(dataset.url) },
  })
end

-- The entries, each once: { id, text, made }.
local function entries_of(datasets)
  local entries, seen = {}, {}
  for _, one in ipairs(datasets) do
    local dataset = owner_of(one)
    local entry = dataset.citation or make(dataset)
    if not seen[entry] then
      seen[entry] = true
      entries[#entries + 1] = { id = dataset.id, text = entry, made = dataset.citation == nil }
    end
  end
  return entries
end

local function print_json(session, entries)
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, entry in ipairs(entries) do
    rows[i] = families.ordered { { "id", entry.id }, { "bibtex", entry.text }, { "made", entry.made } }
  end
  session:print_json(rows)
end

-- What is outside of entries, BibTeX skips.
local function print_text(session, entries)
  for i, entry in ipairs(entries) do
    if entry.made then
      session:print(text.line(("%% %s declares no citation: made of name and addresses"):format(entry.id)))
    end
    session:print(text.printable(entry.text) .. (i < #entries and "\n" or ""))
  end
end

return {
  summary = "Print how to cite datasets, as BibTeX.",
  words = { "ids…" },
  configure = function(parser)
    parser:argument("ids", "The datasets' ids, as `search` shows them."):argname("ID"):args "+"
    parser:epilog "Example: datamaestro cite com.lecun.mnist >>references.bib"
  end,
  run = function(session, arguments)
    local datasets = {}
    for i, id in ipairs(arguments.ids) do
      local dataset, message, code = session:find(id)
      if not dataset then
        return nil, message, code
      end
      datasets[i] = dataset
    end
    local entries = entries_of(datasets)
    if session.json then
      print_json(session, entries)
    else
      print_text(session, entries)
    end
    return true
  end,
}
