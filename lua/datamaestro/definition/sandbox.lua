--- Where scripts run: what they can name, and how far they can go.
--
-- A script sees an allow-list and the constructors it is given. The libraries it sees cannot be changed;
-- string methods go to the same filtered library while it runs. Time and memory are limited.

local limits = require "datamaestro.api.sandbox"
local guess = require "datamaestro.guess"
local types = require "datamaestro.data.types"

local sandbox = {}

--- What a script may take: instructions (about a second), bytes, seconds of CPU time.
sandbox.limits = { instructions = 100000000, memory = 256 * 1024 * 1024, seconds = 10 }
local REPEAT_MAXIMUM = 16 * 1024 * 1024 -- bytes of a string.rep, and times
local MESSAGE_MAXIMUM = 1000 -- bytes
local SHOWN_MAXIMUM = 56 -- bytes: Lua cuts the names of chunks at 59

-- --- Names -------------------------------------------------------------------------------------

local FUNCTIONS = { "ipairs", "pairs", "next", "tostring", "tonumber", "type", "select", "error", "assert" }
local LIBRARIES = {
  string = { "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack", "packsize",
    "reverse", "sub", "unpack", "upper" },
  table = { "concat", "insert", "move", "pack", "remove", "sort", "unpack" },
  math = { "abs", "ceil", "cos", "exp", "floor", "fmod", "huge", "log", "max", "maxinteger", "min",
    "mininteger", "modf", "pi", "sin", "sqrt", "tan", "tointeger", "type", "ult" },
  utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
}

local ADVICE = {
  require = 'use "REPOSITORY.data" gives data types',
  print = "a definition prints nothing",
  pcall = "a definition does not catch errors",
  setmetatable = "data types are made with datatype { … } in data.lua",
}
for _, name in ipairs { "io", "os", "debug", "package", "load", "loadfile", "dofile", "collectgarbage",
  "rawset", "rawget", "getmetatable", "coroutine", "xpcall", "warn", "_G" } do
  ADVICE[name] = "scripts cannot reach the system"
end

local function bounded_rep(text, times, separator)
  if type(text) ~= "string" and type(text) ~= "number" then
    error(("string.rep: %s (string expected)"):format(type(text)), 2)
  end
  local count = math.tointeger(tonumber(times))
  local size = #tostring(text) + #tostring(separator or "")
  if not count then
    error(("string.rep: %s (number of times expected)"):format(type(times)), 2)
  elseif count > REPEAT_MAXIMUM // math.max(size, 1) then
    error(("string.rep: over %d MiB"):format(REPEAT_MAXIMUM >> 20), 2)
  end
  return string.rep(text, count, separator)
end

local function names_of(known)
  local names = {}
  for name in next, known do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

--- A view of a table that cannot be changed, in which unknown names raise at the author's line.
-- @param label string: what messages call it ("string", "image.data")
-- @param content table: name → value
-- @return table
function sandbox.read_only(label, content)
  return setmetatable({}, {
    __metatable = false,
    __index = function(_, name)
      local value = content[name]
      if value == nil then
        local hint = guess.hint(name, names_of(content))
        error(("%s has no '%s'%s"):format(label, tostring(name), hint), 2)
      end
      return value
    end,
    __newindex = function()
      error(("'%s' cannot be changed (use a 'local')"):format(label), 2)
    end,
    __pairs = function()
      local copy = {}
      for name, value in next, content do
        copy[name] = value
      end
      return next, copy
    end,
  })
end

local string_methods = {}
local allowed = {}

for _, name in ipairs(FUNCTIONS) do
  allowed[name] = _G[name]
end
for label, names in pairs(LIBRARIES) do
  local content = label == "string" and string_methods or {}
  for _, name in ipairs(names) do
    content[name] = _G[label][name]
  end
  allowed[label] = sandbox.read_only(label, content)
end
string_methods.rep = bounded_rep

local function unknown_name(name, names)
  if ADVICE[name] then
    return ("unknown name '%s' (%s)"):format(name, ADVICE[name])
  end
  return ("unknown name '%s'%s"):format(tostring(name), guess.hint(name, names))
end

--- Makes the environment of one script.
-- @param constructors table: name → what else the script can name
-- @param capture function(name, value) → what reading the name gives from then on, or nil, message:
--   takes the script's assignments to globals
-- @return table: the environment
function sandbox.environment(constructors, capture)
  local assigned = {}
  local function lookup(_, name)
    local value = assigned[name]
    if value == nil then
      value = constructors[name]
    end
    if value == nil then
      value = allowed[name]
    end
    if value == nil then
      local names = names_of(allowed)
      table.move(names_of(constructors), 1, #names_of(constructors), #names + 1, names)
      table.move(names_of(assigned), 1, #names_of(assigned), #names + 1, names)
      error(unknown_name(name, names), 2)
    end
    return value
  end
  local function assign(_, name, value)
    local kept, problem
    if type(name) ~= "string" or not name:find("^%a[%w_]*$") then
      problem = ("global '%s': not a name that a dataset can have"):format(tostring(name))
    elseif constructors[name] ~= nil or allowed[name] ~= nil then
      problem = ("global '%s': the name of a part of the language (use another)"):format(name)
    else
      kept, problem = capture(name, value)
    end
    if problem then
      error(problem, 2)
    end
    assigned[name] = kept
  end
  return setmetatable({}, { __index = lookup, __newindex = assign, __metatable = false })
end

-- --- Messages ----------------------------------------------------------------------------------

local paths = {} -- the name of a chunk, as errors show it → the path as opened
local shown = {} -- path → that name

--- The name of a script's chunk for `load`, short enough for Lua to show it whole.
-- @param path string: as opened
-- @return string
function sandbox.chunk_name(path)
  if not shown[path] then
    local name, count = path, 1
    if #path > SHOWN_MAXIMUM or path:find("%c") then
      name = "…" .. path:gsub("%c", "?"):sub(-SHOWN_MAXIMUM + 8)
    end
    local unique = name
    while paths[unique] do
      count = count + 1
      unique = ("%s~%d"):format(name, count)
    end
    paths[unique], shown[path] = path, unique
  end
  return "=" .. shown[path]
end

--- The path of a script, as opened, from what a step or an error calls it.
-- @param source string
-- @return string
function sandbox.path_of(source)
  return paths[source] or source
end

--- The path of a script, as opened, from what a function says of its origin.
-- @param source string: as debug.getinfo has it
-- @return string | nil where it is of no script
function sandbox.script_of(source)
  return paths[source:match "^=(.*)$" or ""]
end

local function one_line(message)
  local text = message:gsub("%s*\n%s*", " "):gsub("%c", "?")
  if #text > MESSAGE_MAXIMUM then
    text = text:sub(1, utf8.offset(text, 0, MESSAGE_MAXIMUM) - 1) .. "…"
  end
  return text
end

--- Puts the place in front of a message.
-- @param path string
-- @param line integer
-- @param message string
-- @return string: one line "PATH:LINE: message"
function sandbox.place(path, line, message)
  return one_line(("%s:%d: %s"):format(path, line, message))
end

--- Puts its place in front of a message of Lua's, which begins with the chunk's name and the line, if the
-- error was raised at one.
-- @param message string
-- @param place string|nil: "SOURCE:LINE" of the nearest line of a script
-- @param path string: what to name without a place, with `line`
-- @param line integer
-- @return string: one line "PATH:LINE: message"
function sandbox.placed(message, place, path, line)
  for _, text in ipairs { message, place and place .. ": " .. message or "" } do
    local source, at, rest = text:match("^(.-):(%d+): (.*)$")
    if source and (paths[source] or shown[source]) then
      return sandbox.place(sandbox.path_of(source), tonumber(at), rest)
    end
  end
  return sandbox.place(path, line, message)
end

-- --- Running -----------------------------------------------------------------------------------

local function finish(guard)
  debug.getmetatable("").__index = guard.index
  types.seal(-1)
end

local GUARD = { __close = finish }

--- Changes what all code sees to what scripts may see: string methods are the filtered ones, objects give
-- fields only.
-- @return guard, to be closed
function sandbox.guard()
  local metatable = debug.getmetatable("")
  local guard = setmetatable({ index = metatable.__index }, GUARD)
  metatable.__index = string_methods
  types.seal(1)
  return guard
end

--- Runs a function of a script under the limits.
-- @param path string: the script's, as opened
-- @param line integer: what to name when an error has no place of its own
-- @param f function
-- @param ... its arguments
-- @return true, results… | false, message "PATH:LINE: what (what to do)"
function sandbox.run(path, line, f, ...)
  local guard <close> = sandbox.guard() -- luacheck: ignore
  local LIMITS = sandbox.limits
  local options = { instructions = LIMITS.instructions, memory = LIMITS.memory, seconds = LIMITS.seconds,
    source = path }
  local results = table.pack(limits.run(options, f, ...))
  if results[1] then
    return table.unpack(results, 1, results.n)
  end
  return false, sandbox.placed(results[2], results[4], path, line)
end

-- The mistake that is made most: Lua then takes what follows for a new statement.
local function syntax_hint(message)
  if message:find "unexpected symbol near '%.%.'$" or message:find "<name> expected near '%('$"
    or message:find "syntax error near " then
    return " (is a '..' missing at the end of the line before?)"
  end
  return ""
end

--- Reads a script and runs it: text only, never compiled code.
-- @param path string: as opened
-- @param text string: its content
-- @param environment table
-- @return true, results… | false, message
function sandbox.run_text(path, text, environment)
  if text:sub(1, 1) == "\27" then
    return false, sandbox.place(path, 1, "compiled code (Lua source text expected)")
  end
  local name = sandbox.chunk_name(path)
  return sandbox.run(path, 1, function()
    local chunk, message = load(text:gsub("^\239\187\191", ""), name, "t", environment)
    if not chunk then
      error(message .. syntax_hint(message), 0)
    end
    return chunk()
  end)
end

return sandbox
