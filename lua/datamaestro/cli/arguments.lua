--- argv → command and arguments. Plain lines (known global options, a command, as many words as it takes) are
-- read here; everything else is lua-argparse's, whose loading alone takes as long as a whole `prepare`.
local modules = require "datamaestro.modules"

local arguments = {}

--- The options of every command, which may stand before it or after it.
arguments.globals = {
  { name = "--data", argument = "DIR",
    doc = "The data directory (default: $DATAMAESTRO_DIR, else ~/datamaestro)." },
  { name = "--quiet", doc = "Print no progress, only results and errors." },
  { name = "--debug", doc = "Show a traceback with errors of scripts and of the program itself." },
  { name = "--json", doc = "Print results as JSON." },
  { name = "--keep-downloads", doc = "Keep files as they were served, in the data directory's cache/." },
  { name = "--offline", doc = "Open no connection; fail with status 11 where one is needed." },
}

local function global(word)
  for _, option in ipairs(arguments.globals) do
    if option.name == word then
      return option, (word:gsub("^%-%-", ""):gsub("%-", "_"))
    end
  end
end

-- Global options into `result`, other words into an array; nil when there is more to the line than that.
local function split(argv)
  local result, words = {}, {}
  local i = 1
  while argv[i] do
    local option, key = global(argv[i])
    if option and option.argument then
      i = i + 1
      if not argv[i] then
        return nil
      end
      result[key] = argv[i]
    elseif option then
      result[key] = true
    elseif argv[i]:sub(1, 1) == "-" then
      return nil
    else
      words[#words + 1] = argv[i]
    end
    i = i + 1
  end
  return result, words
end

-- A command that says `words = {names…}` takes exactly these words besides its options.
local function quick(argv)
  local result, words = split(argv)
  local name = words and words[1]
  if not name or not name:find "^%a+$" or not modules.find("cli.commands." .. name) then
    return nil
  end
  local expected = require("datamaestro.cli.commands." .. name).words
  if not expected or #words ~= #expected + 1 then
    return nil
  end
  for i, key in ipairs(expected) do
    result[key] = words[i + 1]
  end
  return name, result
end

--- Parses the arguments.
-- @param argv table
-- @return string: the command's name | nil
-- @return table: the arguments, by option or argument name | nil
-- @return table|nil: on failure {message, code = "usage"}, or {help = text}
function arguments.parse(argv)
  local name, result = quick(argv)
  if name then
    return name, result
  end
  return require "datamaestro.cli.parser".parse(argv, arguments.globals)
end

return arguments
