--- The command line: argv in, exit status out. The only layer that prints.
-- A command is a file commands/<name>.lua that returns
--   { summary = string,
--     configure = function(parser): declares its arguments (lua-argparse),
--     words = array of names | nil: its arguments, when all are single words; "ids…" takes one or more,
--     transfers = boolean | nil: it may fetch, and takes the options that this wants (cli/arguments.lua),
--     run = function(session, arguments) → true | status | nil, message, code }
local file = require "datamaestro.api.file"
local Session = require "datamaestro.cli.session"
local status = require "datamaestro.status"

-- What newcomers type.
local SAME = { ["--version"] = "version", help = "--help" }

local function command(name)
  return require("datamaestro.cli.commands." .. name)
end

-- A failure that was not foreseen is a defect of ours, whose place we want to know.
local function describe(debugging)
  return function(problem)
    if type(problem) == "table" and (problem.code or problem.help) then
      return problem
    end
    local message = tostring(problem)
    if debugging then
      message = debug.traceback(message, 2)
    end
    return { defect = true, message = message, code = "error" }
  end
end

local function report(session, problem)
  if problem.help then
    session:print(problem.help)
    return 0
  end
  local message = problem.message
  if problem.defect then
    message = "internal error: " .. message .. (session.debug and "" or " (--debug shows where)")
  end
  session:complain(message)
  return status[problem.code] or status.error
end

local function execute(session, name, arguments)
  local result, message, code = session:check()
  if result then
    result, message, code = command(name).run(session, arguments)
  end
  if result == nil then
    return report(session, { message = message, code = code })
  end
  return result == true and 0 or result
end

-- Runs a command; what it printed has left, or the failure to print it is reported.
local function perform(session, name, arguments)
  local ok, result = xpcall(function()
    local code = execute(session, name, arguments)
    session:finish()
    return code
  end, describe(session.debug))
  return ok and result or report(session, result)
end

local function parse_and_perform(argv, debugging)
  local name, arguments, problem = require "datamaestro.cli.arguments".parse(argv)
  local session = Session.new(arguments or { debug = debugging })
  if not name then
    local status_of_problem = report(session, problem)
    session:finish()
    return status_of_problem
  end
  return perform(session, name, arguments)
end

--- Runs the command line.
-- @param argv table: argv[0] the program, argv[1…] its arguments
-- @return integer: the exit status
return function(argv)
  local debugging = false
  for _, argument in ipairs(argv) do
    debugging = debugging or argument == "--debug"
  end
  argv[1] = SAME[argv[1]] or argv[1]
  if argv[1] == nil and file.isatty(0) and file.isatty(1) then
    argv[1] = "repl"
  end
  local ok, result = xpcall(parse_and_perform, describe(debugging), argv, debugging)
  return ok and result or report(Session.new { debug = debugging }, result)
end
