--- What the specs of transfers need: nginx with the real Fashion-MNIST files, a server that fails, a folder
-- to fetch into, and one set of transfers.
local FaultServer = require "spec.support.fault_server"
local Nginx = require "spec.support.nginx"
local file = require "datamaestro.api.file"
local temp = require "spec.support.temp"
local transfer = require "datamaestro.api.transfer"

local Site = { __name = "site" }
Site.__index = Site

--- The folder of the real files, and their names.
Site.REAL = "/usr/share/datasets/fashion-mnist/"
Site.FILES = {
  "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
}

-- Fields of a request that are those of the set: the request gets one of its own.
local OPTIONS = {
  "connections", "host_connections", "connect_timeout", "stall_timeout", "user_agent", "ca_file",
}

--- Starts the servers.
-- @return site with fields folder (for what a spec needs beside), out (where fetched files
--   go), spool (the path of part file and journal, without their endings), nginx, faults, set (transfers)
function Site.open()
  local folder = temp.folder()
  local self = setmetatable({
    folder = folder,
    out = folder .. "/out",
    spool = folder .. "/spool/x",
    set = assert(transfer.open {}),
    nginx = Nginx.start { extra = "location /private { return 401; } location /gone { return 410; }" },
    faults = FaultServer.start(),
  }, Site)
  for _, name in ipairs(Site.FILES) do
    self.nginx:link(Site.REAL .. name)
  end
  return self
end

--- Makes the folders of fetched files and of what is under way anew, and empty.
function Site:clear()
  for _, folder in ipairs { self.out, self.folder .. "/spool" } do
    assert(file.remove_tree(folder))
    assert(file.mkdirs(folder))
  end
end

--- The names of the fetched files.
-- @return array of strings
function Site:names()
  return assert(file.list(self.out))
end

--- The names of what is left of downloads under way.
-- @return array of strings
function Site:left()
  return assert(file.list(self.folder .. "/spool"))
end

--- Starts a transfer to out/file by way of spool/x, where the request names no others.
-- @param request table: as of transfers:start
-- @param set transfers|nil: default: the site's
-- @return what transfers:start does
function Site:start(request, set)
  request.path = request.path or self.out .. "/file"
  request.spool = request.spool or self.spool
  return (set or self.set):start(request)
end

--- Waits until a transfer has stopped running.
-- @param one transfer
-- @param set transfers|nil: which it is of; default: the site's
-- @return what transfer:result does
function Site:finish(one, set)
  while one:state() == "running" do
    assert((set or self.set):wait(10))
  end
  return one:result()
end

-- A set with the options that a request names; nil where it names none. They leave the request.
local function own_set(request)
  local options
  for _, name in ipairs(OPTIONS) do
    if request[name] ~= nil then
      options = options or {}
      options[name], request[name] = request[name], nil
    end
  end
  return options and assert(transfer.open(options))
end

--- Fetches, and closes the transfer.
-- @param request table: as of Site:start, and fields of transfer.open
-- @return what transfer:result does, or transfers:start where that fails
function Site:fetch(request)
  local own <close> = own_set(request)
  local one <close>, message, code = self:start(request, own)
  if not one then
    return nil, message, code
  end
  return self:finish(one, own)
end

--- Ends the servers and removes all files.
function Site:close()
  self.set:close()
  self.nginx:stop()
  self.faults:stop()
  temp.remove(self.folder)
end

return Site
