--- The arguments of all commands, by lua-argparse.
local argparse = require "argparse"
local file = require "datamaestro.api.file"

local parser = {}

local DESCRIPTION = [[
Finds, downloads, verifies and opens datasets.

  datamaestro search mnist                 what is there
  datamaestro info com.lecun.mnist         what it is
  datamaestro prepare com.lecun.mnist      fetch it, and print where its files are (JSON)]]

local EPILOG = [[
Exit status: 0 done, 2 usage, 3 unknown dataset, 4 network, 5 checksum, 7 login needed, 8 disk full,
9 busy, 10 wrong definition, 11 offline, 12 damaged file, 130 interrupted, 1 anything else.]]

-- Options of every command, which may stand before it or after it.
local function add_global_options(root)
  root:option("--data", "The data directory (default: $DATAMAESTRO_DIR, else ~/datamaestro)."):argname "DIR"
  root:flag("--quiet", "Print no progress, only results and errors.")
  root:flag("--debug", "Show where in the program an error arose.")
  root:flag("--json", "Print results as JSON.")
  root:flag("--keep-downloads", "Keep files as they were served, in the data directory's cache/.")
  root:flag("--offline", "Open no connection; fail with status 11 where one is needed.")
end

-- lua-argparse turns whatever an action raises into a string, so the help text goes by `asked`.
local function add_help(target, asked)
  target:add_help(false)
  target:flag("-h --help", "Show this help."):action(function()
    asked.help = target:get_help()
    error "help"
  end)
end

-- The folder of the commands is where this module's own file is.
local function command_names()
  local here = debug.getinfo(1, "S").source:match "^@(.*)/parser%.lua$"
  local names = {}
  for _, name in ipairs(assert(file.list(here .. "/commands"))) do
    names[#names + 1] = name:match "^(.+)%.lua$"
  end
  return names
end

local function add_command(root, name, asked)
  local definition = require("datamaestro.cli.commands." .. name)
  local target = root:command(name, definition.summary):summary(definition.summary)
  add_help(target, asked)
  if definition.configure then
    definition.configure(target)
  end
end

-- Everything before the command's name is global; only --data takes a value.
local function command_of(argv, names)
  local i = 1
  while argv[i] do
    if argv[i] == "--data" then
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

--- Parses the arguments. Only the named command's file is loaded; without one, all are.
-- @param argv table
-- @return string: the command's name | nil
-- @return table: the arguments, by option or argument name | nil
-- @return table|nil: on failure {message, code = "usage"}, or {help = text}
function parser.parse(argv)
  local root = argparse("datamaestro", DESCRIPTION, EPILOG):usage_max_width(100):help_max_width(100)
  root:command_target "command"
  root:require_command(false)
  add_global_options(root)
  local asked = {}
  add_help(root, asked)
  local names = command_names()
  local chosen = command_of(argv, names)
  for _, name in ipairs(chosen and { chosen } or names) do
    add_command(root, name, asked)
  end
  local finished, ok, result = pcall(root.pparse, root, argv)
  if asked.help then
    return nil, nil, asked
  elseif not finished then
    error(ok, 0)
  elseif not ok then
    local message = result:gsub("\nDid you mean (.-)%?$", " (did you mean %1?)")
    return nil, nil, { message = message .. "; `datamaestro --help` shows what there is", code = "usage" }
  elseif not result.command then
    return nil, nil, { help = root:get_help() }
  end
  return result.command, result
end

return parser
