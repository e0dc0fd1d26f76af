--- The functions that the REPL gives under the command line's words.
local edit = require "datamaestro.cli.edit"
local help = require "datamaestro.cli.help"
local schema = require "datamaestro.schema"
local tensors = require "datamaestro.api.tensor"
local types = require "datamaestro.data.types"

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

-- Calls a function of the library; wrong use raises at the line of the input, which is two calls up.
local function call(func, ...)
  local results = table.pack(pcall(func, ...))
  if results[1] then
    return table.unpack(results, 2, results.n)
  end
  local message = results[2]
  error(message, type(message) == "string" and not message:find "^lua/datamaestro/" and 3 or 0)
end

--- Makes the functions of a REPL.
-- @param repl repl: its session; gives it the field `library`
-- @return table: find, search, info, prepare, show, plot, head, describe, loader, edit, reload, help, exit,
--   quit
function words.of(repl)
  local session = repl.session
  local library = require "datamaestro".new(session)
  local functions = {}
  repl.library = library

  --- Finds a dataset's definition.
  -- @param id string: the dataset's, as `search` shows it
  -- @return dataset | nil, message, code
  function functions.find(id)
    check("find", id, "an id")
    return library.find(id)
  end

  --- Prints the datasets that match all terms, as `datamaestro search` does.
  -- @param ... string: terms, several in one string too: "mnist tag:image"
  -- @return array of definitions | nil, message, code
  function functions.search(...)
    local terms = split_terms(...)
    local done, message, code = command "search".run(session, { terms = terms })
    if not done then
      return nil, message, code
    end
    repl.printed = library.search(table.unpack(terms))
    return repl.printed
  end

  --- Prints what a dataset is, as `datamaestro info` does.
  -- @param id string: the dataset's, as `search` shows it
  function functions.info(id)
    check("info", id, "an id")
    local done, message, code = command "info".run(session, { id = id })
    if not done then
      return nil, message, code
    end
  end

  --- Fetches what is missing of a dataset and opens it.
  -- @param id string: the dataset's, as `search` shows it
  -- @return object of the dataset's type | nil, message, code
  function functions.prepare(id)
    check("prepare", id, "an id")
    return library.prepare(id)
  end

  functions.loader = library.loader

  -- Their doc comments are the library's.
  function functions.show(value, options)
    local done, message, code = call(library.show, value, options)
    if not done then
      return nil, message, code
    end
  end

  function functions.plot(value, options)
    local done, message, code = call(library.plot, value, options)
    if not done then
      return nil, message, code
    end
  end

  -- What head and describe are asked about: a path, an id with a part, the value itself | nil, message, code.
  local function pick(x)
    if type(x) == "string" then
      return require "datamaestro.cli.pick".open(session, x)
    end
    local id = types.type_of(x) and (rawget(x, "id") or rawget(x, "path"))
    return { value = x, label = id or tensors.is_tensor(x) and "value" or schema.kind(x) }
  end

  --- Prints the first rows, as `datamaestro head` does.
  -- @param x object, tensor, list; in a string the path of a file, or the id of a dataset with a part:
  --   "people.csv", "com.lecun.mnist.train.labels[101:]"
  -- @param count integer|nil: how many (default 10)
  -- @return nothing | nil, message, code
  function functions.head(x, count)
    if count ~= nil and (math.type(count) ~= "integer" or count < 0) then
      error(("head: %s (number of rows expected)"):format(tostring(count)), 2)
    elseif x == nil then
      error("head: nil (data, a tensor or a path expected)", 2)
    end
    local picked, message, code = pick(x)
    local done = picked
    if picked then
      session:progress():clear()
      done, message, code = command "head".show_rows(picked, count)
    end
    if not done then
      return nil, message, code
    end
  end

  --- Prints what is in data, as `datamaestro describe` does: shapes, types, ranges, classes, columns.
  -- @param x object, tensor, list; in a string the path of a file, or the id of a dataset with a part
  -- @return nothing | nil, message, code
  function functions.describe(x)
    if x == nil then
      error("describe: nil (data, a tensor or a path expected)", 2)
    end
    local picked, message, code = pick(x)
    local done = picked
    if picked then
      session:progress():clear()
      done, message, code = command "describe".describe(session, picked)
    end
    if not done then
      return nil, message, code
    end
  end

  --- Opens a definition in your editor ($VISUAL, $EDITOR, else vi); then checks it and has it read anew.
  -- @param what string|nil: id of a dataset, or path of a definition, which may be new (default: the last)
  -- @return nothing | nil, message, code: what is wrong with the definition
  function functions.edit(what)
    if what ~= nil then
      check("edit", what, "an id or a path")
    end
    local done, message, code = edit.definition(session, what)
    if not done then
      return nil, message, code
    end
  end

  --- Has changed definitions read anew.
  function functions.reload()
    session.catalogue = nil
  end

  --- Says what there is, or what x is: an object, a type, a tensor, a function, the name of a command, of a
  -- type or of a step of definitions, the id of a dataset.
  -- @param ... any: x
  function functions.help(...)
    session:print(select("#", ...) == 0 and help.overview() or help.about((...), repl))
  end

  --- Ends the session, as Ctrl-D does.
  function functions.exit()
    repl.finished = true
  end

  functions.quit = functions.exit
  return functions
end

return words
