--- One input of the REPL: source → chunk, and what went wrong in words for its author.
local host = require "datamaestro.api.host"

local evaluate = {}

-- A function with a variable to close makes no tail calls, so the chunk stays in its tracebacks.
local EXPRESSION = "local _chunk <close> = nil return "
local FRAMES = 8 -- of a traceback
local LEVELS = 60 -- looked at; each costs its distance, and a stack overflow has 200,000

local SPLITS = 50 -- lines at the end of an input that may be an expression

-- A string ends with its line, unless that ends in a backslash or \z.
local function is_incomplete(message, source)
  if message:find ": unfinished string near <eof>$" then
    return source:find "\\%s*$" ~= nil or source:find "\\z%s*$" ~= nil
  end
  return message:sub(-5) == "<eof>"
end

-- What is wrong where the last word is a method that is not called, which a next line would hardly do.
local function method_problem(source, name)
  local object, method = source:match "([%a_][%w_.]*):([%a_][%w_]*)%s*$"
  if object then
    local _, lines = source:gsub("\n", "")
    return ("%s:%d: '%s' is a method here (call expected: %s:%s())"):format(name, lines + 1, method, object,
      method)
  end
end

-- Statements with an expression at their end, as pasted blocks have it: the last lines that are one. Where
-- all are statements, that is a call, which begins with a name: a bracket would go on with the line above.
local function load_block(source, name, first)
  local at, tries = #source:match "^(.-)%s*$", 0
  while tries < SPLITS do
    at = source:sub(1, at - 1):match "^.*()\n"
    if not at then
      return nil
    end
    local head, tail = source:sub(1, at), source:sub(at + 1)
    if tail:find(first) and load("return " .. tail, "=" .. name, "t") and load(head, "=" .. name, "t") then
      return load(head .. EXPRESSION .. tail, "=" .. name, "t")
    end
    tries = tries + 1
  end
end

-- Of the messages for source read as an expression and as statements, the one that means what was written.
local function better_message(source, as_expression, as_statement)
  local near = as_statement:match "near '(.*)'$"
  local first = source:match "^[%s;]*([%w_]+)" or source:match "^%s*(%p)"
  local starts_wrong = near and first and (near == first or near:sub(1, 1) == first)
  return starts_wrong and as_expression or as_statement
end

-- The string that is not finished, as Lua says it where a line follows; a replacement of gsub.
local function unfinished(source)
  local _, message = load(source .. "\n", "=", "t")
  return (message:match "near (.*)$":gsub("%%", "%%%%"))
end

--- Compiles source as an expression, whose values are the result, as statements, or as statements and an
-- expression on the last lines.
-- @param source string
-- @param name string: what messages call it
-- @return function | nil, message | nil, message, true when more lines could make it complete
function evaluate.compile(source, name)
  local chunk, as_expression = load(EXPRESSION .. source, "=" .. name, "t")
  if chunk then
    return chunk
  end
  local as_statement
  chunk, as_statement = load(source, "=" .. name, "t")
  chunk = load_block(source, name, chunk and "^%s*[%a_]" or "^%s*%S") or chunk
  if chunk then
    return chunk
  end
  local message = better_message(source, as_expression, as_statement)
  if not is_incomplete(as_expression, source) and not is_incomplete(as_statement, source) then
    return nil, (message:gsub("(: unfinished string near )<eof>$", "%1" .. unfinished(source)))
  end
  local problem = as_statement:find "function arguments expected near <eof>$" and method_problem(source, name)
  return nil, problem or message, not problem or nil
end

local function frame_line(about)
  local place = ("%s:%d"):format(about.short_src, about.currentline)
  if about.what == "main" then
    return "  in " .. place
  end
  return ("  in %s, %s"):format(about.name and "'" .. about.name .. "'" or "a function", place)
end

-- The calls between the error and the chunk, C functions and our own left out; none where the chunk itself
-- failed. A chunk that ends in a tail call has no frame: then what runs it ends the search.
local function traceback(chunk)
  local lines, count, level = {}, 0, 3
  local about = debug.getinfo(level, "Slnf")
  while about and level < LEVELS and about.func ~= chunk and about.func ~= host.guard
    and about.func ~= xpcall do
    if about.what ~= "C" and about.source:sub(1, 16) ~= "@lua/datamaestro" then
      count = count + 1
      lines[count] = count <= FRAMES and frame_line(about) or nil
    end
    level = level + 1
    about = debug.getinfo(level, count < FRAMES and "Slnf" or "Sf")
  end
  if count > FRAMES then
    lines[FRAMES + 1] = ("  … %s more calls"):format(level < LEVELS and count - FRAMES or "many")
  elseif count > 0 and about and about.func == chunk then
    lines[count + 1] = frame_line(about)
  end
  return lines
end

-- "[2]:3: …" → the third line of the input, where there are several.
local function author_line(message, name, source)
  local plain = name:gsub("%p", "%%%0")
  local number = tonumber(message:match("^" .. plain .. ":(%d+):"))
  if not number or not source:find "\n" then
    return nil
  end
  local current = 0
  for line in (source .. "\n"):gmatch "(.-)\n" do
    current = current + 1
    if current == number then
      return "    " .. line:match "^%s*(.-)%s*$"
    end
  end
end

--- Makes the message handler for a chunk's run.
-- @param chunk function
-- @param name string: as given to compile
-- @param source string
-- @return function(problem) → table: message (string: with the author's line and a traceback), code
function evaluate.handler(chunk, name, source)
  return function(problem)
    if type(problem) == "table" and problem.code and problem.message then
      return { message = tostring(problem.message), code = problem.code }
    end
    local message
    if type(problem) == "string" then
      message = problem
    else
      local ok, shown = pcall(tostring, problem)
      message = ("error object: %s"):format(ok and shown or type(problem))
    end
    local lines = { message }
    lines[2] = author_line(message, name, source)
    local calls = traceback(chunk)
    table.move(calls, 1, #calls, #lines + 1, lines)
    return { message = table.concat(lines, "\n"), code = "error" }
  end
end

return evaluate
