--- The arguments of all commands, by lua-argparse.
local argparse = require "argparse"
local modules = require "datamaestro.modules"

local parser = {}

local DESCRIPTION = [[
Finds, downloads, verifies and opens datasets.

  datamaestro search mnist              what there is
  datamaestro info com.lecun.mnist      what it is
  datamaestro prepare com.lecun.mnist   fetch it; print where its files are]]

local EPILOG = [[
Exit status: 0 done, 1 other error, 2 usage, 3 unknown dataset, 4 network,
5 checksum, 6 terms not accepted, 7 login needed, 8 disk full, 9 busy,
10 wrong definition, 11 offline, 12 damaged file, 130 interrupted.]]

-- Stores a value by our own hand. lua-argparse empties the places of a command's options when it meets the
-- command's name, and so would forget what stood before it: each option gets a place that nobody reads.
local function store_itself(added, option)
  local key = option.name:gsub("^%-%-", ""):gsub("%-", "_")
  added:target("given " .. key):action(function(result, _, value)
    if option.repeatable then
      result[key] = result[key] or {}
      table.insert(result[key], value)
    else
      result[key] = option.argument and value or true
    end
  end)
end

-- `hidden` options are taken, but the help does not show them.
local function add_options(target, options, hidden)
  for _, option in ipairs(options) do
    local added
    if option.argument then
      added = target:option(option.name, option.doc):argname(option.argument)
    else
      added = target:flag(option.name, option.doc)
    end
    if option.repeatable then
      added:count "*"
    end
    store_itself(added, option)
    added:hidden(hidden == true)
  end
end

-- lua-argparse turns whatever an action raises into a string, so the help text goes by `asked`.
local function add_help(target, asked)
  target:add_help(false)
  target:flag("-h --help", "Show this help."):action(function()
    asked.help = target:get_help()
    error "help"
  end)
end

-- `shown` gets what the usage calls the command's arguments.
local function add_command(root, name, transfers, asked, shown)
  local definition = require("datamaestro.cli.commands." .. name)
  local target = root:command(name, definition.summary):summary(definition.summary)
  add_help(target, asked)
  if definition.configure then
    definition.configure(target)
    for _, argument in ipairs(target._arguments) do
      shown[argument._name] = argument._argname
    end
  end
  if definition.transfers and name ~= "run" then -- what follows `run` is the script's
    add_options(target, transfers)
  end
end

local function takes_value(word, ...)
  for _, options in ipairs { ... } do
    for _, option in ipairs(options) do
      if option.name == word then
        return option.argument ~= nil
      end
    end
  end
end

-- The first word before which stand only options and their values.
local function command_of(argv, names, globals, transfers)
  local i = 1
  while argv[i] do
    if takes_value(argv[i], globals, transfers) then
      i = i + 1
    elseif argv[i]:sub(1, 1) ~= "-" then
      for _, name in ipairs(names) do
        if name == argv[i] then
          return name
        end
      end
      return nil
    end
    i = i + 1
  end
end

-- The commands that begin with a word, or what lua-argparse thinks is near.
local function guess_of(word, near, names)
  local list = {}
  for _, name in ipairs(names) do
    if name:sub(1, #word) == word then
      list[#list + 1] = ("'%s'"):format(name)
    end
  end
  near = #list > 0 and table.concat(list, " or ") or near
  return near and (" (did you mean %s?)"):format(near) or ""
end

-- What lua-argparse says, with arguments as the usage calls them.
local function worded(message, names, shown)
  local plain, near = message:match "^(.-)\nDid you mean (.-)%?$"
  local word = message:match "^unknown command '(.-)'"
  if word then
    message = ("unknown command '%s'%s"):format(word, guess_of(word, near, names))
  elseif plain then
    message = ("%s (did you mean %s?)"):format(plain, near)
  end
  return (message:gsub("argument '([%w_]+)'", function(name)
    return ("argument %s"):format(shown[name] or "'" .. name .. "'")
  end))
end

--- Parses the arguments. Only the named command's file is loaded; without one, all are.
-- @param argv table
-- @param globals array of the options of every command: {name, argument|nil, repeatable|nil, doc}
-- @param transfers array of the options of commands that may fetch, likewise
-- @return string: the command's name | nil
-- @return table: the arguments, by option or argument name | nil
-- @return table|nil: on failure {message, code = "usage"}, or {help = text}
function parser.parse(argv, globals, transfers)
  local root = argparse("datamaestro", DESCRIPTION, EPILOG):usage_max_width(79):help_max_width(79)
  root:command_target "command"
  root:require_command(false)
  add_options(root, globals)
  local asked = {}
  add_help(root, asked)
  local names = modules.within "cli.commands"
  local chosen = command_of(argv, names, globals, transfers)
  if not chosen or require("datamaestro.cli.commands." .. chosen).transfers then
    add_options(root, transfers, chosen ~= nil and chosen ~= "run")
  end
  local shown = {}
  for _, name in ipairs(chosen and { chosen } or names) do
    add_command(root, name, transfers, asked, shown)
  end
  local finished, ok, result = pcall(root.pparse, root, argv)
  if asked.help then
    return nil, nil, asked
  elseif not finished then
    error(ok, 0)
  elseif not ok then
    local message = "%s; `datamaestro %s--help` shows what there is"
    return nil, nil, { message = message:format(worded(result, names, shown), chosen and chosen .. " " or ""),
      code = "usage" }
  elseif not result.command then
    return nil, nil, { help = root:get_help() }
  end
  return result.command, result
end

return parser
