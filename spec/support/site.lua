--- What the specs of fetching need: nginx with the real Fashion-MNIST files, a server that fails, and a
-- folder to fetch into.
local FaultServer = require "spec.support.fault_server"
local Nginx = require "spec.support.nginx"
local file = require "datamaestro.api.file"
local http = require "datamaestro.api.http"
local temp = require "spec.support.temp"

local Site = { __name = "site" }
Site.__index = Site

--- The folder of the real files, and their names.
Site.REAL = "/usr/share/datasets/fashion-mnist/"
Site.FILES = {
  "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", "t10k-images-idx3-ubyte.gz",
  "t10k-labels-idx1-ubyte.gz",
}

--- Starts the servers.
-- @return site with fields folder (for what a spec needs beside), out (where fetched files
--   go), nginx, faults
function Site.open()
  local folder = temp.folder()
  local self = setmetatable({
    folder = folder,
    out = folder .. "/out",
    nginx = Nginx.start { extra = "location /private { return 401; } location /gone { return 410; }" },
    faults = FaultServer.start(),
  }, Site)
  for _, name in ipairs(Site.FILES) do
    self.nginx:link(Site.REAL .. name)
  end
  return self
end

--- Makes the folder of fetched files anew, and empty.
function Site:clear()
  if file.stat(self.out) then
    temp.remove(self.out)
  end
  assert(file.mkdirs(self.out))
end

--- The names of the fetched files.
-- @return array of strings
function Site:names()
  return assert(file.list(self.out))
end

--- Fetches to out/file where the request names no other path.
-- @param request table: as of http.fetch
-- @return what http.fetch does
function Site:fetch(request)
  request.path = request.path or self.out .. "/file"
  return http.fetch(request)
end

--- Ends the servers and removes all files.
function Site:close()
  self.nginx:stop()
  self.faults:stop()
  temp.remove(self.folder)
end

return Site
