--- `datamaestro repositories`
local text = require "datamaestro.text"

return {
  summary = "List the repositories of dataset definitions.",
  words = {},
  run = function(session)
    local json = require "datamaestro.json"
    local repositories = session:registry():repositories()
    local rows = json.array {}
    for i, repository in ipairs(repositories) do
      local row = json.object()
      json.set(row, "id", repository.id)
      json.set(row, "description", repository.description)
      json.set(row, "path", repository.path)
      rows[i] = row
      if not session.json then
        session:say(text.line(("%s: %s"):format(repository.id, repository.description or "")))
      end
    end
    session:warn_of_repositories()
    if session.json then
      session:print_json(rows)
    end
    return true
  end,
}
