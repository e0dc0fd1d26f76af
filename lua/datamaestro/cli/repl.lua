--- The REPL: reads inputs, runs them, prints what they give. On a terminal with prompts, line editing and
-- history; from a pipe without, for the same language.
local complete = require "datamaestro.cli.complete"
local evaluate = require "datamaestro.cli.evaluate"
local families = require "datamaestro.cli.families"
local history = require "datamaestro.cli.history"
local host = require "datamaestro.api.host"
local show = require "datamaestro.cli.show"
local status = require "datamaestro.status"

local Repl = { __name = "repl" }
Repl.__index = Repl

local KEPT = 100 -- results; older ones are let go, with the memory and files that they hold

--- Makes a REPL.
-- @param session session
-- @param options table: terminal (boolean: standard input and output are one), colour, error_colour
--   (booleans: of standard output, of standard error)
-- @return repl
function Repl.new(session, options)
  local self = setmetatable({
    session = session,
    terminal = options.terminal,
    paint = show.painter(options.colour),
    paint_error = show.painter(options.error_colour),
    colour = options.colour,
    count = 0, -- inputs so far
    failure = nil, -- exit status of the first input that failed
    finished = false,
  }, Repl)
  session.prefix = "" -- errors and warnings alike: at the prompt, nobody else speaks
  self.functions = require "datamaestro.cli.words".of(self)
  return self
end

--- The name of the command that a global function stands for.
-- @param func function
-- @return string | nil
function Repl:command_of(func)
  for name, one in pairs(self.functions) do
    if one == func and require "datamaestro.modules".find("cli.commands." .. name) then
      return name
    end
  end
end

-- --- Reading -----------------------------------------------------------------------------------

local function read_plain(prompt)
  if prompt then
    io.stdout:write(prompt)
    io.stdout:flush()
  end
  local line, message, number = io.stdin:read "l"
  if not line and number then
    if prompt then
      io.stdout:write "\n"
    end
    return nil, message, "interrupted"
  end
  return line and line:gsub("\r$", "") or nil
end

-- Gives self.read(prompt) → line | nil at the end | nil, message, "interrupted".
local function open_input(self)
  local found, editor
  if self.terminal then
    found, editor = pcall(require, "datamaestro.api.readline")
  end
  if not found then
    self.read = function(prompt)
      return read_plain(self.terminal and prompt or nil)
    end
    return
  end
  local completer = complete.completer(_G, function(prefix)
    return self:ids(prefix)
  end)
  self.editor, self.history = editor, history.path()
  if self.history then
    history.load(editor, self.history)
  end
  self.read = function(prompt)
    io.stdout:flush()
    return editor.read(self.colour and ("\1\27[36m\2%s\1\27[0m\2"):format(prompt) or prompt, completer)
  end
end

--- The ids of all datasets, for completion; after a bracket what a selector can go on with.
-- @param prefix string: what is there already
-- @return array of strings
function Repl:ids(prefix)
  local family = prefix:match "^([^%[]+)%["
  if family then
    return families.continuations(self.session:registry():find(family), prefix)
  end
  local ids = {}
  for i, dataset in ipairs((self.session:registry():datasets())) do
    ids[i] = dataset.id
  end
  return ids
end

-- Reads lines until they are complete, or can no longer be.
-- Gives source, chunk; source, nil, message for what does not parse; nil, nil, nil, "interrupted"; nothing at
-- the end.
local function read_input(self)
  local name = ("[%d]"):format(self.count + 1)
  local source
  local prompt = name .. "> "
  while true do
    local line, _, code = self.read(source and (" "):rep(#name - 3) .. "...> " or prompt)
    if code then
      return nil, nil, nil, code
    elseif not line and not source then
      return nil
    end
    source = source and line and source .. "\n" .. line or source or line
    local chunk, message, more = evaluate.compile(source, name)
    if chunk or not more or not line then
      return source, chunk, message
    end
  end
end

local function remember(self, source)
  if self.editor and source ~= self.newest and source:find "%S" then
    self.newest = source
    local kept, message = history.add(self.editor, self.history, source)
    if not kept then
      self.history = nil -- once is enough to say so
      self:complain("no history is kept: " .. message)
    end
  end
end

-- --- Running ------------------------------------------------------------------------------------

--- Prints what went wrong on standard error.
-- @param message string
function Repl:complain(message)
  io.stdout:flush()
  self.session:complain(message, function(lines)
    return self.paint_error("error", lines)
  end)
end

local function fail(self, message, code)
  self:complain(message)
  self.failure = self.failure or status[code] or status.error
end

-- A terminal's Ctrl-C ends the call only; a pipe's ends the program, as everywhere.
local function guarded(self, func, handler)
  if self.terminal then
    return host.guard(func, handler)
  end
  return xpcall(func, handler)
end

local function keep(self, value)
  if value ~= nil then
    _G._ = value
    _G["_" .. self.count] = value
  end
  if self.count > KEPT then
    _G["_" .. self.count - KEPT] = nil
  end
end

-- Of a value and nils behind it, the nils tell nothing; of nothing but nils, their number does.
local function shown(self, values)
  local parts, several, last = {}, false, values.n
  while values[1] ~= nil and values[last] == nil do
    last = last - 1
  end
  for i = 1, last do
    parts[i] = show.value(values[i], self.paint)
    several = several or parts[i]:find("\n", 1, true) ~= nil
  end
  return table.concat(parts, several and "\n" or "\t")
end

-- `nil, message, code`, as the world's failures come back.
local function is_failure(values)
  return values.n == 3 and values[1] == nil and type(values[2]) == "string" and status[values[3]] ~= nil
end

-- Runs a chunk. Its values are kept and printed.
-- With `source`, what of it may be misspelt is said beside a nil and below an error, and beside a method how
-- to call it.
local function run(self, chunk, handler, source)
  local values
  local ok, result = guarded(self, function()
    values = table.pack(chunk())
    if values.n > 0 and not is_failure(values) and (values[1] == nil or values[1] ~= self.printed) then
      return shown(self, values)
    end
  end, handler)
  self.printed = nil
  self.session:progress():clear()
  if not ok then
    local problem = type(result) == "table" and result or { message = tostring(result), code = "error" }
    if problem.code == "interrupted" and not self.terminal then
      error(problem, 0)
    end
    local said = source and problem.code == "error" and require "datamaestro.cli.hint".of(source, _G)
    fail(self, said and problem.message .. "\n" .. said or problem.message, problem.code)
  elseif is_failure(values) then
    fail(self, values[2], values[3])
  elseif result then
    local said = source and values.n == 1 and (values[1] == nil or type(values[1]) == "function")
      and require "datamaestro.cli.hint"[values[1] == nil and "of" or "of_method"](source, _G)
    self.session:print(said and result .. "  " .. self.paint("dim", "-- " .. said) or result)
  end
  if values then
    keep(self, values[1])
  end
  io.stdout:flush()
end

local BARE = { help = true, search = true, exit = true, quit = true }

-- A bare `help`, `search`, `exit` or `quit` means the call.
local function means_call(self, source)
  local word = source:match "^%s*(%a+)%s*$"
  return BARE[word] and _G[word] == self.functions[word] and word
end

local function handle(self, source, chunk, message)
  if source:find "^%s*$" then
    return
  end
  self.count, self.source = self.count + 1, source
  remember(self, source)
  local name = ("[%d]"):format(self.count)
  local word = means_call(self, source)
  if word then
    chunk = self.functions[word]
  end
  if chunk then
    run(self, chunk, evaluate.handler(chunk, name, source), source)
  else
    keep(self, nil)
    local said = require "datamaestro.cli.cure".of(source)
    fail(self, said and message .. "\n" .. said or message, "error")
  end
end

--- Runs a file of the user's before the first input; one that is not there is fine.
-- @param path string
function Repl:start(path)
  if not require "datamaestro.api.file".stat(path) then
    return
  end
  local chunk, message = loadfile(path, "t")
  if not chunk then
    return fail(self, message, "error")
  end
  run(self, function()
    chunk()
  end, evaluate.handler(chunk, path, ""))
end

--- Reads and runs until the input ends or `exit` is called.
-- @return integer: exit status: on a terminal 0, else that of the first input that failed
function Repl:run()
  open_input(self)
  guarded(self, function() end, tostring) -- from here on, a terminal's Ctrl-C does not end the program
  while not self.finished do
    local source, chunk, message, code = read_input(self)
    if source then
      handle(self, source, chunk, message)
    elseif not code then
      self.finished = true
      if self.terminal then
        self.session:print ""
      end
    elseif not self.terminal then
      return status.interrupted
    end
  end
  return self.terminal and 0 or self.failure or 0
end

return Repl
