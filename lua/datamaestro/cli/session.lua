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

--- Prints a line of data on standard output. A failed write raises: a half result is no result.
-- @param line string
function Session:print(line) -- luacheck: ignore self
  local written, message = io.stdout:write(line, "\n")
  if not written then
    error({ message = "standard output: " .. message, code = "error" }, 0)
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
  io.stderr:write("datamaestro: ", text.printable(message), "\n")
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
  if not io.stdout:flush() then
    error({ message = "standard output: not written (disk full or reader gone?)", code = "error" }, 0)
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

--- What prepare.download wants to know of this session.
-- @param quiet boolean|nil: no progress even where the session shows it
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
