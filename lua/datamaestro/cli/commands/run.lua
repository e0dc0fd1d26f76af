--- `datamaestro run FILE [ARG…]`
return {
  summary = "Run a Lua script with everything loaded (global `datamaestro`).",
  transfers = true,
  configure = function(parser)
    -- What follows FILE belongs to the script, options too.
    parser:handle_options(false)
    parser:argument("file", "The script; - reads standard input."):argname "FILE"
    parser:argument("arguments", "The script's arguments (`...` and `arg`)."):argname("ARG"):args "*"
  end,
  run = function(session, arguments)
    local path = arguments.file
    if path == "-h" or path == "--help" then
      error({ help = "Usage: datamaestro run FILE [ARG...]\n\n"
        .. "Runs a Lua script with everything loaded (global `datamaestro`); - reads standard input." }, 0)
    end
    if path ~= "-" then
      local found, message, code = require "datamaestro.api.file".stat(path)
      if not found then
        return nil, message, code
      end
    end
    local script, message = loadfile(path ~= "-" and path or nil)
    if not script then
      return nil, message, "error"
    end
    _G.datamaestro = require "datamaestro".new(session)
    _G.assert = require "datamaestro.failure".assert
    _G.arg = { [0] = path, table.unpack(arguments.arguments) }
    local ok, problem = xpcall(script, require "datamaestro.cli.script_error".handler(script, session),
      table.unpack(arguments.arguments))
    if ok then
      return true
    elseif type(problem) == "table" and type(rawget(problem, "message")) == "string" then
      return nil, problem.message, problem.code
    end
    return nil, ("%s: the script raised a %s (message expected)"):format(path, type(problem)), "error"
  end,
}
