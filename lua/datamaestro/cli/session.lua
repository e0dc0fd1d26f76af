--- One run of the program: what was asked globally, what it works on, and where it prints.
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"

local Session = { __name = "session" }
Session.__index = Session

--- Starts a session.
-- @param arguments table: the global options (data, quiet, debug, json, keep_downloads, offline)
-- @return session
function Session.new(arguments)
  return setmetatable({
    asked_data = arguments.data,
    quiet = arguments.quiet,
    debug = arguments.debug,
    json = arguments.json,
    keep_downloads = arguments.keep_downloads,
    offline = arguments.offline,
  }, Session)
end

local ENOSPC = 28 -- on Linux

local function fail_to_print(message, number)
  error({ message = "standard output: " .. message, code = number == ENOSPC and "space" or "error" }, 0)
end

--- Prints a line of data on standard output. A failed write raises: a half result is no result.
-- @param line string
function Session:print(line) -- luacheck: ignore self
  local written, message, number = io.stdout:write(line, "\n")
  if not written then
    fail_to_print(message, number)
  end
end

--- Prints a value as JSON on standard output.
-- @param value any: as for json.encode
function Session:print_json(value)
  self:print(require "datamaestro.json".encode(value, "  "))
end

--- Prints an error or a warning on standard error, safe for a terminal.
-- @param message string
function Session:complain(message)
  self:progress():clear()
  -- Each failure begins with the program's name; lines that are indented belong to the one before.
  local lines = text.printable(message):gsub("\n(%S)", "\ndatamaestro: %1")
  io.stderr:write("datamaestro: ", lines, "\n")
end

--- The progress display, which writes on standard error.
-- @return progress
function Session:progress()
  if not self.display then
    self.display = require "datamaestro.cli.progress".new(self.quiet, file.isatty(2))
  end
  return self.display
end

--- Makes sure that all output has left.
function Session:finish()
  self:progress():clear()
  local flushed, message, number = io.stdout:flush()
  if not flushed then
    fail_to_print(message, number)
  end
end

--- The data directory.
-- @return store | nil, message, code
function Session:store()
  return require "datamaestro.engine.store".open(self.asked_data)
end

--- The repositories and their datasets.
-- @return registry
function Session:registry()
  self.catalogue = self.catalogue or require "datamaestro.definition.registry".open()
  return self.catalogue
end

--- Says which repositories cannot be read.
function Session:warn_of_repositories()
  local _, problems = self:registry():repositories()
  for _, problem in ipairs(problems) do
    self:complain("warning: " .. problem.message)
  end
end

--- Finds a dataset; where there is none, says which repositories could not be searched.
-- @param id string
-- @return dataset | nil, message, code
function Session:find(id)
  local dataset, message, code = self:registry():find(id)
  if not dataset then
    self:warn_of_repositories()
  end
  return dataset, message, code
end

--- What prepare.download wants to know of this session.
-- @return table
function Session:download_options()
  local display = self:progress()
  return {
    offline = self.offline,
    keep_downloads = self.keep_downloads,
    progress = function(label, received, total)
      display:update(label, received, total)
    end,
    done = function(resource, path)
      display:done(resource, path)
    end,
    warn = function(message)
      self:complain("warning: " .. message)
    end,
    wait = function(path)
      display:note(("waiting for another process that holds %s"):format(path))
    end,
  }
end

return Session
