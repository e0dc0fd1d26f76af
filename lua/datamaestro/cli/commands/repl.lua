--- `datamaestro repl`
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local host = require "datamaestro.api.host"

local function is_set(variable)
  local value = os.getenv(variable)
  return value ~= nil and value ~= ""
end

return {
  summary = "Explore in Lua: an expression prints itself; help() says more.",
  words = {},
  transfers = true,
  run = function(session)
    local Repl = require "datamaestro.cli.repl"
    local coloured = not is_set "NO_COLOR" and os.getenv "TERM" ~= "dumb"
    local repl = Repl.new(session, {
      terminal = file.isatty(0) and file.isatty(1),
      colour = coloured and file.isatty(1),
      error_colour = coloured and file.isatty(2),
    })
    for name, func in pairs(repl.functions) do
      _G[name] = func
    end
    _G.datamaestro = repl.library
    _G.assert = require "datamaestro.failure".assert
    if repl.terminal and not session.quiet then
      session:say(("datamaestro %s, %s; help() says what there is, Ctrl-D ends")
        :format(host.version, _VERSION))
    end
    local folder = config.user_folder()
    if folder then
      repl:start(folder .. "/init.lua")
    end
    return repl:run()
  end,
}
