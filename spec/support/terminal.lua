--- Our program in a terminal of tmux's, with real keys.
local config = require "datamaestro.config"
local program = require "spec.support.program"

local Terminal = { __name = "terminal" }
Terminal.__index = Terminal

local started = 0 -- each has a server of its own: one that ends takes none that begins along

local TRIES = 300 -- of a capture, each with a pause of 50 ms

local function tmux(self, words)
  local command = "tmux -L " .. self.name .. " -f /dev/null"
  for _, word in ipairs(words) do
    command = command .. " " .. program.quote(word)
  end
  return program.shell(command)
end

--- Starts the program.
-- @param arguments array of strings
-- @param env table: variable → value
-- @param options table|nil: columns (90), rows (40), folder (string: where it runs; default: here), status
--   (string: a file that gets its exit status), stays (boolean: the screen stays when the program has ended,
--   with the line END)
-- @return terminal
function Terminal.start(arguments, env, options)
  options = options or {}
  started = started + 1
  local socket = ("spec%d-%d"):format(require "datamaestro.api.file".pid(), started)
  local self = setmetatable({ name = socket }, Terminal)
  local words = { (options.status or options.stays) and "env" or "exec env", "LC_ALL=C.UTF-8" }
  for name, value in pairs(env) do
    words[#words + 1] = program.quote(name .. "=" .. value)
  end
  words[#words + 1] = program.quote(config.absolute(program.path))
  for _, argument in ipairs(arguments) do
    words[#words + 1] = program.quote(argument)
  end
  if options.status then
    words[#words + 1] = "; echo $? >" .. program.quote(options.status)
  end
  if options.stays then
    words[#words + 1] = "; echo END; exec cat"
  end
  local result = tmux(self, { "new-session", "-d", "-x", options.columns or 90, "-y", options.rows or 40,
    "-c", options.folder or ".", table.concat(words, " ") })
  assert(result.status == 0, result.err)
  return self
end

--- Presses keys.
-- @param ... string: text, or tmux's names of keys (Enter, Tab, C-c)
function Terminal:press(...)
  tmux(self, { "send-keys", ... })
end

--- What the screen shows.
-- @return string
function Terminal:screen()
  return (tmux(self, { "capture-pane", "-p" }).out:gsub("\n+$", "\n"))
end

--- The same, with the escape sequences of its colours.
-- @return string
function Terminal:painted()
  return tmux(self, { "capture-pane", "-p", "-e" }).out
end

--- All that was shown, also what the screen has no room for any more, in lines as they were written.
-- @return array of strings
function Terminal:lines()
  local lines = {}
  for line in tmux(self, { "capture-pane", "-p", "-J", "-S", "-" }).out:gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line:match "^(.-)%s*$"
  end
  while lines[#lines] == "" do
    lines[#lines] = nil
  end
  return lines
end

--- Waits until the screen shows some text; raises with the screen when it does not come.
-- @param wanted string
function Terminal:wait(wanted)
  local screen
  for _ = 1, TRIES do
    screen = self:screen()
    if screen:find(wanted, 1, true) then
      return
    end
    os.execute "sleep 0.05"
  end
  error(("'%s' did not appear on:\n%s"):format(wanted, screen), 2)
end

--- Waits until the program has ended.
-- @return boolean
function Terminal:ended()
  for _ = 1, TRIES do
    if tmux(self, { "has-session" }).status ~= 0 then
      return true
    end
    os.execute "sleep 0.05"
  end
  return false
end

--- Ends it all.
function Terminal:close()
  tmux(self, { "kill-server" })
end

return Terminal
