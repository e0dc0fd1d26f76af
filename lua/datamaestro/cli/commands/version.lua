--- `datamaestro version`
return {
  summary = "Print the program's version.",
  words = {},
  run = function(session)
    local version = require "datamaestro.api.host".version
    if session.json then
      session:print_json { version = version }
    else
      session:print(version)
    end
    return true
  end,
}
