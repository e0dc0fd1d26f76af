--- The functions that the REPL gives under the command line's words.
local help = require "datamaestro.cli.help"

local words = {}

local function check(name, value, what)
  if type(value) ~= "string" then
    error(("%s: %s (%s expected)"):format(name, type(value), what), 3)
  end
end

local function command(name)
  return require("datamaestro.cli.commands." .. name)
end

-- search "mnist tag:image", or several strings.
local function split_terms(...)
  local terms = {}
  for i = 1, select("#", ...) do
    local argument = select(i, ...)
    if type(argument) ~= "string" then
      error(("search: %s (terms as strings expected)"):format(type(argument)), 3)
    end
    for term in argument:gmatch "%S+" do
      terms[#terms + 1] = term
    end
  end
  return terms
end

--- Makes the functions of a REPL.
-- @param repl repl
-- @return table: find, search, info, prepare, show, plot, loader, reload, help, exit, quit
function words.of(repl)
  local session = repl.session
  local library = require "datamaestro".new(session)
  local functions = {}

  function functions.find(id)
    check("find", id, "an id")
    return library.find(id)
  end

  function functions.search(...)
    local terms = split_terms(...)
    local done, message, code = command "search".run(session, { terms = terms })
    if not done then
      return nil, message, code
    end
    repl.printed = library.search(table.unpack(terms))
    return repl.printed
  end

  function functions.info(id)
    check("info", id, "an id")
    local done, message, code = command "info".run(session, { id = id })
    if not done then
      return nil, message, code
    end
  end

  function functions.prepare(id)
    check("prepare", id, "an id")
    return library.prepare(id)
  end

  functions.loader = library.loader
  for _, name in ipairs { "show", "plot" } do
    functions[name] = function(...)
      local done, message, code = library[name](...)
      if not done then
        return nil, message, code
      end
    end
  end

  function functions.reload()
    session.catalogue = nil
  end

  function functions.help(...)
    session:print(select("#", ...) == 0 and help.overview or help.about((...), repl))
  end

  function functions.exit()
    repl.finished = true
  end

  functions.quit = functions.exit
  return functions
end

return words
