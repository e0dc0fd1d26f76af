--- One run of the engine: what its tasks share, and what it says of itself.
local Cache = require "datamaestro.engine.cache"
local Hosts = require "datamaestro.engine.hosts"
local Scheduler = require "datamaestro.engine.scheduler"
local Shares = require "datamaestro.engine.shares"
local contents = require "datamaestro.engine.contents"
local file = require "datamaestro.api.file"
local needs = require "datamaestro.engine.needs"
local process = require "datamaestro.api.process"
local resources = require "datamaestro.engine.resources"

local Run = { __name = "run" }
Run.__index = Run

local LOOK = 0.2     -- seconds between two looks at a lock
local LOOKS_TOLD = 5 -- looks between two words of what is seen

-- The set of transfers is made by the first who needs it: files of this machine need no libcurl.
local function transfers_of(run, settings)
  return function()
    if not run.transfers then
      run.transfers = assert(require "datamaestro.api.transfer".open {
        connections = settings.jobs, host_connections = math.min(settings.jobs, settings.jobs_per_host),
        connect_timeout = settings.connect_timeout, stall_timeout = settings.stall_timeout,
        ca_file = os.getenv "CURL_CA_BUNDLE" or os.getenv "SSL_CERT_FILE",
      })
    end
    return run.transfers
  end
end

-- Without transfers there is only time to wait for.
local function wait(run)
  return function(seconds)
    if run.transfers then
      return run.transfers:wait(seconds)
    end
    process.sleep(seconds)
    return {}
  end
end

local function tick(run)
  return function()
    local observe = run.context.observe
    for transfer, job in pairs(run.context.active) do
      local received, total, idle, connections, receiving = transfer:progress()
      if receiving or transfer:state() == "running" then
        observe { event = "progress", file = job.spec.label, received = received,
          total = total or job.total, idle = receiving and idle or 0, connections = connections }
      end
    end
    observe { event = "tick" }
  end
end

--- Starts a run, to be closed.
-- @param store store
-- @param options table: as of prepare.download_all
-- @return run
function Run.new(store, options)
  collectgarbage() -- what definitions left behind; from here on memory is for bytes
  local cache = Cache.open(store.root)
  local run = setmetatable({ store = store, totals = {}, tasks = {}, failed_datasets = {},
    lock_file = options.lock_file }, Run)
  run.scheduler = Scheduler.new(wait(run), tick(run))
  run.context = {
    scheduler = run.scheduler, transfers = transfers_of(run, options.settings), active = {}, busy = {},
    store = store, cache = cache, has_cache = file.stat(cache.folder) ~= nil, shares = Shares.new(cache),
    hosts = Hosts.open(cache.folder .. "/hosts"),
    settings = options.settings, offline = options.offline, keep = options.keep_downloads,
    observe = options.observe, warn = options.warn,
    await = function(dataset)
      return run:await(dataset)
    end,
  }
  return run
end

--- In a task: waits until another dataset of the run is in place.
-- @param dataset dataset
-- @return true | nil, message, code
function Run:await(dataset)
  if self.tasks[dataset] then
    self.scheduler:join { self.tasks[dataset] }
  end
  local failure = self.failed_datasets[dataset]
  if failure then
    return nil, dataset.id .. ": not complete", failure.code
  end
  return true
end

-- --- Before the first byte --------------------------------------------------------------------------

-- Counts what is to be made, and holds it against what is free.
local function check_space(self, datasets, plans)
  local sum, totals = needs.of(plans, self.context)
  for i, dataset in ipairs(datasets) do
    self.totals[dataset] = totals[i] or nil
  end
  local root = self.store.root
  local made, message, code = file.mkdirs(root)
  local free, inodes
  if made then
    free, inodes, code = needs.room(root)
    message = inodes
  end
  if not free then
    return nil, message, code
  end
  local problem = needs.problem(root, sum, free, inodes)
  if problem then
    return nil, problem, "space"
  end
  return sum
end

--- Says what is to be done, and checks that there is room for it.
-- @param datasets array of datasets
-- @param plans array of their plans, as of plan.of
-- @return true | nil, message, code
function Run:begin(datasets, plans)
  local sum, message, code = check_space(self, datasets, plans)
  if not sum then
    return nil, message, code
  end
  self.context.observe { event = "plan", files = sum.files, bytes = sum.bytes, unknown = sum.unknown }
  self.context.cache:sweep()
  return true
end

-- --- Locks ------------------------------------------------------------------------------------------

--- In a task: locks a dataset, and shows whom it waits for.
-- @param dataset dataset
-- @return lock, to be closed | nil, message, code
function Run:lock(dataset)
  local made, message, code = file.mkdirs(self.store:folder(dataset))
  if not made then
    return nil, message, code
  end
  local path, cache, looks = self.store:lock_path(dataset), self.context.cache, 0
  while true do
    local lock
    lock, message, code = file.lock(path, false)
    if lock then
      lock:note(Cache.signature(cache.owner))
      if looks > 0 then
        self.context.observe { event = "go", file = dataset.id }
      end
      return lock
    elseif code ~= "busy" then
      return nil, message, code
    end
    if looks % LOOKS_TOLD == 0 then
      local holder, received = cache:watch(path)
      self.context.observe { event = "wait", file = dataset.id, holder = holder, received = received,
        total = self.totals[dataset] }
    end
    looks = looks + 1
    self.scheduler:sleep(LOOK)
  end
end

-- --- What is said -----------------------------------------------------------------------------------

local function label(dataset, resource)
  return ("%s: %s"):format(dataset.id, resource.name)
end

-- References and links are no files.
local function is_aside(resource)
  return resources.kind(resource).stands == "nothing" or nil
end

--- Says that a resource is complete.
-- @param dataset dataset
-- @param resource resource
-- @param path string
function Run:done(dataset, resource, path)
  local found = file.stat(path)
  local files, bytes
  if found and found.type == "folder" then
    files, bytes = contents.measure(self.store:folder(dataset), resource.name)
  end
  self.context.observe { event = "done", file = label(dataset, resource), path = found and path,
    aside = is_aside(resource), files = files,
    size = bytes or found and found.type == "file" and found.size or nil }
end

--- Says that a file could not be made.
-- @param dataset dataset
-- @param resource resource
-- @param message string
-- @param code string
function Run:failed(dataset, resource, message, code)
  self.context.observe { event = "failed", file = label(dataset, resource), aside = is_aside(resource),
    message = message, code = code }
end

--- Ends all that is under way; what can be resumed is kept.
function Run:close()
  self.scheduler:close()
  if self.transfers then
    self.transfers:close()
  end
end

Run.__close = Run.close

return Run
