--- What the methods of `work` have in common: arguments of strangers, failures, requests.
--
-- A job is what one run of a function works on: {session, workspace, dataset, resource, context, label, part,
-- needs, private (what of these is not public: {name, why}, or nil), readers, writers (open ones, with their
-- `count`), code (of what was raised)}.
local guess = require "datamaestro.guess"
local schema = require "datamaestro.schema"

local checks = {}

--- Raises an author's mistake, without a place: the sandbox puts the nearest line of the script there.
-- @param format string: as of string.format
-- @param ... its arguments
function checks.refuse(format, ...)
  error(format:format(...), 0)
end

--- What a failure is, for those who run a definition: what was wrong of the function to ask for is its fault.
-- @param code string
-- @return string
function checks.code(code)
  return code == "usage" and "definition" or code
end

--- Passes a value on, or raises what has failed. Scripts cannot catch that, so it ends the resource.
-- @param job table
-- @param value any: nil where it failed
-- @param message string
-- @param code string
-- @return the value
function checks.expect(job, value, message, code)
  if value == nil then
    job.code = checks.code(code)
    error(message, 0)
  end
  return value
end

local NAMES = 10000 -- among which a guess is worth its time

-- What a name that is not there was meant to be.
local function hint(job, folder, name)
  for i, needed in ipairs(folder == job.workspace and job.needs or {}) do
    if job.dataset:resource(needed).filename == name then
      return (" (the resource is the parameter '%s')"):format(job.resource.run.parameters[i + 1])
    end
  end
  local names = folder:list "" or {}
  return #names <= NAMES and guess.hint(name, names) or ""
end

--- Passes on what was found under a name, or raises what has failed, with a guess.
-- @param job table
-- @param folder workspace: where it was looked for
-- @param name string
-- @param value any: nil where it failed
-- @param message string
-- @param code string
-- @return the value
function checks.found(job, folder, name, value, message, code)
  if value == nil and code == "unknown" then
    message = message .. hint(job, folder, name)
  end
  return checks.expect(job, value, message, code)
end

--- Waits for what the engine does (engine/work/errands.lua).
-- @param what string: the name of the method, and of the errand
-- @param ... what the errand takes
-- @return what the errand gives
function checks.request(what, ...)
  if not coroutine.isyieldable() then
    checks.refuse("work:%s: in a function that a library calls, such as string.gsub (a loop expected)", what)
  end
  return coroutine.yield(what, ...)
end

--- Checks the name of a file or folder; whether it leads out is checked where it is opened.
-- @param value any
-- @param what string: what messages begin with
-- @param expected string|nil: what it names (default: "string")
-- @return string
function checks.name(value, what, expected)
  if type(value) ~= "string" then
    checks.refuse("%s: %s (%s expected)", what, schema.kind(value), expected or "string")
  elseif value:find("\0", 1, true) then
    checks.refuse("%s: a name with a zero byte (plain text expected)", what)
  end
  return value
end

--- Checks a table of options.
-- @param known array of fields: a schema
-- @param options any: nil for none
-- @param what string: what messages begin with
-- @return table: a checked copy with defaults
function checks.options(known, options, what)
  local checked, problem = schema.check(known, options == nil and {} or options, what)
  return checked or checks.refuse("%s", problem)
end

return checks
