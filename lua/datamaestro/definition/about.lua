--- What a dataset says of its terms, its origin and its version, as fields of schemas.

local ids = require "datamaestro.definition.ids"
local text = require "datamaestro.text"

local about = {}

local function line_problem(value)
  return (not value:find "%S" or value:find "%c") and "no line of text (one expected)" or nil
end

-- Loaded where there is a licence: the list is long.
local function licence_problem(value)
  return require "datamaestro.definition.spdx".problem(value)
end

local DAYS = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

local DATES = { "^(%d%d%d%d)$", "^(%d%d%d%d)%-(%d%d)$", "^(%d%d%d%d)%-(%d%d)%-(%d%d)$",
  "^(%d%d%d%d)%-(%d%d)%-(%d%d)[T ]%d%d:%d%d[%d:.]*Z?$" }

local function is_date(value)
  for _, pattern in ipairs(DATES) do
    if value:find(pattern) then
      local _, month, day = value:match(pattern)
      local days = DAYS[tonumber(month) or 1]
      day = tonumber(day) or 1
      return days ~= nil and day >= 1 and day <= days
    end
  end
  return false
end

local function citation_problem(value)
  return require "datamaestro.bibtex".problem(value)
end

local function date_problem(value)
  if not is_date(value) then
    return ("'%s' (date such as 2026-01-31, or its beginning, expected)"):format(value:sub(1, 40))
  end
end

--- What `size` takes: bytes, or a text such as "1.2 GB".
about.size_type = {
  name = "bytes or \"1.2 GB\"", id = "integer|string",
  accepts = function(value)
    return math.type(value) == "integer" and value >= 0
      or type(value) == "string" and text.bytes(value) ~= nil
  end,
}

--- What datasets may have in common, which a metadataset takes too.
-- @return array of fields
function about.shared()
  return {
    { name = "url", type = "url", doc = "The dataset's page." },
    { name = "doi", type = "string", doc = "DOI of the dataset, or of the paper to cite.",
      pattern = "^10%.%d+/%S+$", expected = "DOI such as 10.1000/182" },
    { name = "licence", type = "string", check = licence_problem,
      doc = "SPDX identifier or expression, such as CC-BY-4.0; LicenseRef-NAME for terms of its own, "
        .. "NOASSERTION where nobody can tell." },
    { name = "citation", type = "string", check = citation_problem,
      doc = "How to cite it: one BibTeX entry." },
    { name = "version", type = "string", check = line_problem, doc = "The version, as its makers call it." },
    { name = "timestamp", type = "string", check = date_problem,
      doc = "Date of the version, for a dataset that changes: 2026-01-31." },
  }
end

--- What is a dataset's own.
-- @return array of fields
function about.own()
  return {
    { name = "size", type = about.size_type,
      doc = "About how large it is: bytes, or text such as \"1.2 GB\"." },
  }
end

--- The fields of a dataset, from what it declares.
-- @param declared table: checked
-- @return table: url, doi, licence, citation, version, timestamp, size (bytes), each where it is declared
function about.read(declared)
  local found = {}
  for _, field in ipairs(about.shared()) do
    found[field.name] = declared[field.name]
  end
  found.citation = found.citation and ids.dedent(found.citation)
  found.size = type(declared.size) == "string" and text.bytes(declared.size) or declared.size
  return found
end

return about
