--- One run of the program: what was asked globally, what it works on, and where it prints.
local config = require "datamaestro.config"
local file = require "datamaestro.api.file"
local speech = require "datamaestro.cli.speech"
local text = require "datamaestro.text"

local FD_MAXIMUM = 1048576 -- more descriptors than a process may have

local Session = { __name = "session" }
Session.__index = Session

--- Starts a session.
-- @param arguments table: the global options (data, quiet, debug, json, keep_downloads, offline) and those of
--   transfers (jobs, mirror, strict, progress_fd)
-- @return session
function Session.new(arguments)
  return setmetatable({
    asked_data = arguments.data,
    quiet = arguments.quiet,
    debug = arguments.debug,
    json = arguments.json,
    keep_downloads = arguments.keep_downloads,
    offline = arguments.offline,
    prefix = "datamaestro: ", -- of what is said on standard error; the prompt has none
    agreed = {}, -- terms accepted in this session, by their keys
    transfers = {
      jobs = arguments.jobs, mirror = arguments.mirror, strict = arguments.strict,
      progress_fd = arguments.progress_fd,
    },
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

--- Prints lines for people on standard output, on a terminal wrapped between words.
-- @param lines string: safe for a terminal
-- @param hang integer|nil: as of text.fold
function Session:say(lines, hang)
  self:print(speech.folded(1, lines, hang))
end

--- Prints an error or a warning on standard error, safe for a terminal, there wrapped between words.
-- @param message string
-- @param paint function|nil: string → string: what is printed, with colours
function Session:complain(message, paint)
  self:progress():clear()
  local lines = speech.complaint(self.prefix, message)
  io.stderr:write(paint and paint(lines) or lines, "\n")
end

--- The progress display, which writes on standard error.
-- @return progress
function Session:progress()
  if not self.display then
    self.display = require "datamaestro.cli.progress".new {
      quiet = self.quiet, terminal = file.isatty(2), fd = self.progress_fd,
    }
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

--- The data directory alone, without those of others where datasets may be, too.
-- @return store | nil, message, code
function Session:own_store()
  return require "datamaestro.engine.store".open(self.asked_data)
end

-- Folders that DATAMAESTRO_PATH names and that are not there; told once.
local function warn_of_roots(self)
  for path in (not self.told_of_roots and os.getenv "DATAMAESTRO_PATH" or ""):gmatch "[^:]+" do
    if not file.stat(path) then
      self:complain(("warning: DATAMAESTRO_PATH: %s: no such folder (a repository, or a folder of them, "
        .. "expected)"):format(path))
    end
  end
  self.told_of_roots = true
end

--- The repositories and their datasets.
-- @return registry
function Session:registry()
  if not self.catalogue then
    self.catalogue = require "datamaestro.definition.registry".open()
    warn_of_roots(self)
  end
  return self.catalogue
end

--- Says which repositories cannot be read; where something was looked for in all of them, which scripts, too.
-- @param code string|nil: of what failed
function Session:warn_of_repositories(code)
  local _, problems = self:registry():repositories()
  if code == "unknown" then
    problems = select(2, self:registry():datasets())
  end
  for _, problem in ipairs(problems) do
    self:complain("warning: " .. problem.message)
  end
end

--- Finds a dataset or a family; where there is none, says which repositories could not be searched.
-- @param id string
-- @return dataset | nil, message, code
function Session:find(id)
  local dataset, message, code = self:registry():find(id)
  if not dataset then
    self:warn_of_repositories(code)
  end
  return dataset, message, code
end

--- Checks what can be checked of the options before anything is done.
-- @return true | nil, message, code
function Session:check()
  local asked = self.transfers.progress_fd
  if not asked then
    return true
  end
  local fd = asked:find "^%d+$" and math.tointeger(tonumber(asked))
  if not fd or fd > FD_MAXIMUM then
    return nil, ("--progress-fd: '%s' (number of an open descriptor expected)"):format(asked), "usage"
  end
  local writable, message, code = require "datamaestro.api.console".writable(fd, "--progress-fd")
  if not writable then
    return nil, message, code
  end
  self.progress_fd = fd
  return true
end

-- The settings of this session's data directory, read once; what is odd in them is said once.
local function settings_of(self, store)
  if not self.settings then
    local found, message, code = require "datamaestro.settings".read(store.root, self.transfers)
    if not found then
      return nil, message, code
    end
    for _, warning in ipairs(found.warnings) do
      self:complain("warning: " .. warning)
    end
    self.settings = found
  end
  return self.settings
end

-- Whether there is anything that could name stores.
local function has_settings(store)
  local user = config.user_folder()
  return (os.getenv "DATAMAESTRO_STORES" or "") ~= "" or file.stat(store.root .. "/settings.json") ~= nil
    or user ~= nil and file.stat(user .. "/settings.json") ~= nil
end

--- The data directory, and those of others that the settings name.
-- @return store | nil, message, code
function Session:store()
  local store, message, code = self:own_store()
  local settings
  if store and has_settings(store) then
    settings, message, code = settings_of(self, store)
    return settings and store:search(settings.stores), message, code
  end
  return store, message, code
end

-- What the engine wants to know of this session: the options of prepare.download_all | nil, message, code.
local function engine_options(self, store)
  local settings, message, code = settings_of(self, store)
  if not settings then
    return nil, message, code
  end
  local display = self:progress()
  return {
    offline = self.offline,
    keep_downloads = self.keep_downloads,
    settings = settings,
    lock_file = self.lock_file,
    observe = function(event)
      display:observe(event)
    end,
    warn = function(warning)
      self:complain("warning: " .. warning)
    end,
  }
end

--- Some datasets and all that they refer to.
-- @param datasets array of datasets
-- @return array of datasets, each once, before those that need it | nil, message, code
function Session:with_references(datasets)
  local kept, seen = {}, {}
  for _, dataset in ipairs(datasets) do
    local all, message, code = self:registry():resolve(dataset)
    if not all then
      return nil, message, code
    end
    for _, one in ipairs(all) do
      kept[#kept + 1] = not seen[one] and one or nil
      seen[one] = true
    end
  end
  return kept
end

-- Says what an interrupted run leaves; other problems pass through.
local function explain_interruption(problem, store)
  if type(problem) ~= "table" or problem.code ~= "interrupted" then
    return problem
  end
  local left = require "datamaestro.engine.cache".open(store.root):left()
  return { code = problem.code, message = left == 0 and problem.message
    or ("%s; %s of what was under way are kept, and the same command goes on from there"):format(
      problem.message, text.size(left)) }
end

-- Calls a function of the engine that fetches: func(store, list, options).
local function transfer(self, store, func, list, options)
  self:progress():expect { datasets = #list, patience = options.settings.stall_timeout }
  local results = table.pack(pcall(func, store, list, options))
  if results[1] then
    return table.unpack(results, 2, results.n)
  end
  error(explain_interruption(results[2], store), 0)
end

--- Makes sure that the user accepts the terms of some datasets: on a terminal by asking.
-- @param datasets array of datasets
-- @return true | nil, message, code: "agreement" where some are not accepted
function Session:agree(datasets)
  local has_terms = false
  for _, dataset in ipairs(datasets) do
    has_terms = has_terms or dataset.agreements ~= nil and #dataset.agreements > 0
  end
  if not has_terms then
    return true
  end
  local terms = require "datamaestro.cli.terms"
  local missing, message, code = terms.missing(self, datasets)
  if not missing then
    return nil, message, code
  elseif #missing > 0 and terms.can_ask() then
    return terms.ask(self, missing)
  elseif #missing > 0 then
    return terms.refusal(missing)
  end
  return true
end

--- Fetches what is missing of some datasets, and of those that they refer to. Their terms must be accepted,
-- also where nothing is missing.
-- @param store store
-- @param datasets array of datasets
-- @return true | nil, message, code
function Session:download(store, datasets)
  local options, message, code = engine_options(self, store)
  if not options then
    return nil, message, code
  end
  datasets, message, code = self:with_references(datasets)
  local agreed
  if datasets then
    agreed, message, code = self:agree(datasets)
  end
  if not agreed then
    return nil, message, code
  end
  return transfer(self, store, require "datamaestro.engine.prepare".download_all, datasets, options)
end

--- Fetches and measures files, whatever is declared of them.
-- @param store store
-- @param requests array of tables: as of measure.all
-- @return true | nil, message, code
function Session:measure(store, requests)
  local options, message, code = engine_options(self, store)
  if not options then
    return nil, message, code
  end
  return transfer(self, store, require "datamaestro.engine.measure".all, requests, options)
end

--- Looks ahead: what bringing some datasets in place would take, and what is in the way.
-- @param store store
-- @param datasets array of datasets
-- @return table: as of forecast.of | nil, message, code
function Session:forecast(store, datasets)
  local settings, message, code = settings_of(self, store)
  if settings then
    datasets, message, code = self:with_references(datasets)
  end
  if not settings or not datasets then
    return nil, message, code
  end
  return require "datamaestro.engine.forecast".of(store, datasets, { settings = settings,
    offline = self.offline, keep_downloads = self.keep_downloads, accepted = self.agreed })
end

--- Asks whether sources are still there.
-- @param store store
-- @param requests array of tables: as of presence.check
-- @param told function(request): called after each
-- @return true | nil, message, code
function Session:check_sources(store, requests, told)
  local settings, message, code = settings_of(self, store)
  if not settings then
    return nil, message, code
  end
  return require "datamaestro.engine.presence".check(store, requests, { settings = settings, told = told })
end

--- Fetches what is missing of a dataset and opens it: the one way into its data.
-- @param dataset dataset
-- @return object of the dataset's type | nil, message, code
function Session:open(dataset)
  local done
  local store, message, code = self:store()
  if store then
    done, message, code = self:download(store, { dataset })
  end
  if not done then
    return nil, message, code
  end
  return require "datamaestro.engine.open".dataset(store, dataset)
end

--- The datasets that a command is to bring in place: those of ids, or of a lock, whose word then counts.
-- @param arguments table: ids (array), frozen (path of a lock | nil)
-- @return array of datasets | nil, message, code
function Session:chosen(arguments)
  local ids = arguments.ids
  if not arguments.frozen then
    if #ids == 0 then
      return nil, "no dataset (ids expected); `datamaestro search` shows what there is", "usage"
    end
    return self:find_all(ids)
  end
  local lock_file, message, code = require "datamaestro.engine.lock".read(arguments.frozen)
  if not lock_file then
    return nil, message, code
  end
  self.lock_file = lock_file
  return self:find_all(#ids > 0 and ids or lock_file.keys)
end

--- Finds several datasets to be fetched or opened, of families those of selectors or defaults; the first that
-- there is not ends it.
-- @param ids array of strings
-- @return array of datasets, in the same order | nil, message, code
function Session:find_all(ids)
  local datasets = {}
  for i, id in ipairs(ids) do
    local dataset, message, code = self:registry():ready(id)
    if not dataset then
      self:warn_of_repositories(code)
      return nil, message, code
    end
    datasets[i] = dataset
  end
  return datasets
end

return Session
