--- What went wrong in a script, in words for its author: the calls that led there, and what may be misspelt.
local evaluate = require "datamaestro.cli.evaluate"

local script_error = {}

-- One line of a file; "" where there is none.
local function line_of(path, number)
  local handle <close> = io.open(path, "r")
  local current = 0
  for line in handle and handle:lines() or function() end do
    current = current + 1
    if current == number then
      return line
    end
  end
  return ""
end

-- The names that a function sees.
local function names_at(level, func)
  local names = {}
  for name, value in next, _G do
    names[name] = value
  end
  for i = 1, 255 do
    local name, value = debug.getupvalue(func, i)
    if not name then
      break
    end
    names[name] = value
  end
  for i = 1, 255 do
    local name, value = debug.getlocal(level + 1, i)
    if not name then
      break
    end
    names[name] = value
  end
  return names
end

-- What a nil was meant to be | nil. `level` is that of the function that used it, for our caller.
local function hint_at(level, message)
  local global = message:match "attempt to %a+ a nil value %(global '([%w_]+)'%)"
  if global and rawget(_G.datamaestro, global) ~= nil then
    return ("did you mean 'datamaestro.%s'?"):format(global)
  end
  local about = debug.getinfo(level + 1, "Slf")
  if message:find "attempt to %a+ a nil value" and about and about.source:sub(1, 1) == "@" then
    local names = names_at(level + 1, about.func)
    return require "datamaestro.cli.hint".of(line_of(about.source:sub(2), about.currentline), names)
  end
end

--- Makes the message handler for a script's run.
-- @param script function
-- @param session session: `debug` asks for Lua's own traceback; `failed` is the message of a failure that the
--   library returned last
-- @return function(problem) → table: message, code; or what else was raised
function script_error.handler(script, session)
  local traced = evaluate.handler(script, "", "")
  return function(problem)
    if type(problem) ~= "string" then
      return problem
    elseif session.debug then
      return { message = debug.traceback(problem, 2), code = "error" }
    end
    local lines, calls = { problem }, traced(problem).message:sub(#problem + 2)
    lines[2] = hint_at(2, problem)
    if problem:find "attempt to %a+ a nil value" and session.failed then
      lines[#lines + 1] = "it failed before: " .. session.failed
    end
    lines[#lines + 1] = calls ~= "" and calls or nil
    return { message = table.concat(lines, "\n"), code = "error" }
  end
end

return script_error
