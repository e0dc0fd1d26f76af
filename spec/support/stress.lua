--- Makes the collector as busy as it can be, in every spec of a run. A helper of busted: `make stress`, or
-- `busted --helper=spec/support/stress.lua -Xhelper MODE`.
--
-- Modes: `incremental` never pauses, and runs at every allocation; `generational` collects what is young over
-- and over, so that C code which does not tell it of a new reference is found; `full` collects everything
-- after each 200 instructions of Lua.
local busted = require "busted"

local function collect()
  collectgarbage()
end

local MODES = {
  incremental = function()
    collectgarbage("incremental", 1, 1000, 1)
  end,
  generational = function()
    collectgarbage("generational", 1, 10)
  end,
  full = function()
    debug.sethook(collect, "", 200)
  end,
}

local mode = arg[1] or "full"
local start = MODES[mode]
  or error(("%s: no such mode (incremental, generational or full expected)"):format(mode), 0)

-- For each spec anew: some set the collector themselves, and the next one would get what they leave.
busted.subscribe({ "test", "start" }, function()
  start()
  return nil, true
end)
