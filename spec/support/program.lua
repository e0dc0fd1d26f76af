--- Runs programs, first of all our own, in fresh processes.
local program = {}

--- The program under test: $DATAMAESTRO, else build/datamaestro.
program.path = os.getenv "DATAMAESTRO" or "build/datamaestro"

--- Quotes a word for the shell.
-- @param word string
-- @return string
function program.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

local function read_and_remove(path)
  local handle = assert(io.open(path, "rb"))
  local content = handle:read "a"
  handle:close()
  os.remove(path)
  return content
end

--- Runs a shell command.
-- @param command string
-- @return table: status (integer; 128 + N for signal N), out, err (strings)
function program.shell(command)
  local out, err = os.tmpname(), os.tmpname()
  local _, how, code = os.execute(("{ %s\n} >%s 2>%s"):format(command, out, err))
  return {
    status = how == "signal" and 128 + code or code,
    out = read_and_remove(out),
    err = read_and_remove(err),
  }
end

--- The shell command that runs our program.
-- @param arguments array of strings
-- @param options table|nil: env (table: variable → value), prefix (string: a command that runs it, such as
--   valgrind)
-- @return string
function program.command(arguments, options)
  options = options or {}
  local words = { "env" }
  for name, value in pairs(options.env or {}) do
    words[#words + 1] = program.quote(name .. "=" .. value)
  end
  words[#words + 1] = options.prefix
  words[#words + 1] = program.quote(program.path)
  for _, argument in ipairs(arguments) do
    words[#words + 1] = program.quote(argument)
  end
  return table.concat(words, " ")
end

--- Runs our program.
-- @param arguments array of strings
-- @param options table|nil: as of program.command, and input (string: standard input)
-- @return table: status, out, err
function program.run(arguments, options)
  options = options or {}
  local command = program.command(arguments, options)
  if not options.input then
    return program.shell(command .. " </dev/null")
  end
  local input = os.tmpname()
  local handle = assert(io.open(input, "wb"))
  handle:write(options.input)
  handle:close()
  local result = program.shell(command .. " <" .. input)
  os.remove(input)
  return result
end

return program
