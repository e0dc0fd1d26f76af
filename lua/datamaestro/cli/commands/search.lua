--- `datamaestro search [TERM…]`
local families = require "datamaestro.cli.families"
local text = require "datamaestro.text"

local function row(json, dataset)
  local object = json.object()
  json.set(object, "id", dataset.id)
  json.set(object, "repository", dataset.repository.id)
  json.set(object, "name", dataset.name)
  json.set(object, "type", dataset.type.name)
  json.set(object, "tags", json.array(dataset.tags))
  json.set(object, "tasks", json.array(dataset.tasks))
  json.set(object, "axes", families.axes(dataset))
  json.set(object, "example", families.example(dataset))
  return object
end

return {
  summary = "List the datasets that match all terms.",
  configure = function(parser)
    parser:argument("terms", "Regular expressions: TERM (of id or name), or tag: task: type: repo:TERM.")
      :argname("TERM"):args "*"
  end,
  run = function(session, arguments)
    local json = require "datamaestro.json"
    local matches, message, code = require "datamaestro.definition.search".compile(arguments.terms)
    if not matches then
      return nil, message, code
    end
    local datasets, problems = session:registry():datasets()
    local rows = json.array {}
    for _, dataset in ipairs(datasets) do
      if matches(dataset) then
        rows[#rows + 1] = row(json, dataset)
        if not session.json then
          session:say(text.line(
            ("[%s] %s (%s)"):format(dataset.repository.id, families.example(dataset) or dataset.id,
              dataset.type.name)))
        end
      end
    end
    for _, problem in ipairs(problems) do
      session:complain("warning: " .. problem.message)
    end
    if session.json then
      session:print_json(rows)
    end
    return true
  end,
}
