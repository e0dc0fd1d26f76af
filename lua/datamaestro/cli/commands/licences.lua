--- `datamaestro licences [ID…]`
local families = require "datamaestro.cli.families"
local text = require "datamaestro.text"

local NONE = "not declared"

-- Those that are asked for with all that they refer to, since their licences count, too; else all.
local function choose(session, ids)
  if #ids == 0 then
    local datasets, problems = session:registry():datasets()
    for _, problem in ipairs(problems) do
      session:complain("warning: " .. problem.message)
    end
    return datasets
  end
  local datasets, message, code = session:find_all(ids)
  if not datasets then
    return nil, message, code
  end
  return session:with_references(datasets)
end

local function print_json(session, datasets)
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, dataset in ipairs(datasets) do
    rows[i] = families.ordered {
      { "id", dataset.id }, { "repository", dataset.repository.id }, { "licence", dataset.licence },
      { "agreements", #(dataset.agreements or {}) },
    }
  end
  session:print_json(rows)
end

local function print_text(session, datasets)
  local width = 0
  for _, dataset in ipairs(datasets) do
    width = math.max(width, #(dataset.licence or NONE))
  end
  for _, dataset in ipairs(datasets) do
    local licence = dataset.licence or NONE
    local has_terms = #(dataset.agreements or {}) > 0
    session:say(text.line(licence .. (" "):rep(math.min(width, 40) - #licence + 2) .. dataset.id
      .. (has_terms and "  (has terms to accept)" or "")))
  end
end

return {
  summary = "List the licences of datasets: the named ones and what they refer to, or all.",
  configure = function(parser)
    parser:argument("ids", "The datasets' ids (default: all)."):argname("ID"):args "*"
    parser:epilog "Example: datamaestro licences com.lecun.mnist"
  end,
  run = function(session, arguments)
    local datasets, message, code = choose(session, arguments.ids)
    if not datasets then
      return nil, message, code
    elseif session.json then
      print_json(session, datasets)
    else
      print_text(session, datasets)
    end
    return true
  end,
}
