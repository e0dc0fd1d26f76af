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

--- The options of commands that may fetch, which say `transfers = true`; before or after their names, too.
arguments.transfers = {
  { name = "--jobs", argument = "N", doc = "Connections in all, from 1 to 64 (default 8)." },
  { name = "--mirror", argument = "RULE", repeatable = true,
    doc = "Try another place first: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION (repeatable)." },
  { name = "--strict", doc = "Refuse what neither a checksum nor an encrypted connection vouches for." },
  { name = "--progress-fd", argument = "N",
    doc = "Write the events of transfers to descriptor N, as JSON, one a line." },
}

local function option_of(word)
  for _, options in ipairs { arguments.globals, arguments.transfers } do
    for _, option in ipairs(options) do
      if option.name == word then
        return option, (word:gsub("^%-%-", ""):gsub("%-", "_")), options == arguments.transfers
      end
    end
  end
end

local function set(result, key, option, value)
  if option.repeatable then
    result[key] = result[key] or {}
    table.insert(result[key], value)
  else
    result[key] = value
  end
end

-- Options into `result`, other words into an array; nil when there is more to the line than that. The third
-- result: whether there are options of transfers.
local function split(argv)
  local result, words, transfers = {}, {}, false
  local i = 1
  while argv[i] do
    local option, key, of_transfers = option_of(argv[i])
    if option and option.argument then
      i = i + 1
      if not argv[i] then
        return nil
      end
    elseif not option and argv[i]:sub(1, 1) == "-" then
      return nil
    end
    if option then
      set(result, key, option, option.argument and argv[i] or true)
      transfers = transfers or of_transfers
    else
      words[#words + 1] = argv[i]
    end
    i = i + 1
  end
  return result, words, transfers
end

-- Words after the command's name, by the names that it gives them ("ids…": one or more); false when they are
-- fewer or more.
local function take_words(result, names, words)
  local last = names[#names]
  if last and last:find "…$" then
    if #words < 2 then
      return false
    end
    result[last:gsub("…$", "")] = table.move(words, 2, #words, 1, {})
    return true
  end
  for i, key in ipairs(names) do
    result[key] = words[i + 1]
  end
  return #words == #names + 1
end

-- A command that says `words = {names…}` takes exactly these words besides its options.
local function quick(argv)
  local result, words, transfers = split(argv)
  local name = words and words[1]
  if not name or not name:find "^%a+$" or not modules.find("cli.commands." .. name) then
    return nil
  end
  local command = require("datamaestro.cli.commands." .. name)
  if not command.words or (transfers and not command.transfers) then
    return nil
  end
  if not take_words(result, command.words, words) then
    return nil
  end
  return name, result
end

-- `run --debug FILE` as `--debug run FILE`: what follows FILE is the script's.
local function options_first(argv)
  local result, i = { [0] = argv[0] }, 2
  while argv[1] == "run" and option_of(argv[i]) do
    local option = option_of(argv[i])
    for _ = 1, option.argument and 2 or 1 do
      result[#result + 1] = argv[i]
      i = i + 1
    end
  end
  result[#result + 1] = argv[1]
  return table.move(argv, i, #argv, #result + 1, result)
end

--- Parses the arguments.
-- @param argv table
-- @return string: the command's name | nil
-- @return table: the arguments, by option or argument name | nil
-- @return table|nil: on failure {message, code = "usage"}, or {help = text}
function arguments.parse(argv)
  argv = options_first(argv)
  local name, result = quick(argv)
  if name then
    return name, result
  end
  return require "datamaestro.cli.parser".parse(argv, arguments.globals, arguments.transfers)
end

return arguments
