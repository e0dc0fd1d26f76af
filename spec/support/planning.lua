--- A laboratory in which `datamaestro plan` is run: nothing may be written by it, and no request come.
local FaultServer = require "spec.support.fault_server"
local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"
local program = require "spec.support.program"

local Planning = { __name = "planning" }
Planning.__index = Planning

--- The dataset of define_data.
Planning.ID = "org.example.data"

--- Opens one.
-- @return planning with fields lab, server
function Planning.open()
  return setmetatable({ lab = Laboratory.new(), server = FaultServer.start() }, Planning)
end

--- Writes definitions.
-- @param source string: with URL for the server's and HERE for the laboratory's folder; `File` is the type
function Planning:define(source)
  source = source:gsub("URL", self.server.url):gsub("HERE", self.lab.folder)
  self.lab:define('local File = use "datamaestro.data".File\n' .. source)
end

--- Defines org.example.data.
-- @param resources string: a chain
function Planning:define_data(resources)
  self:define(("Data = %s .. dataset { File, 'x' } .. function() return { path = '/x' } end"):format(
    resources))
end

-- Everything below the laboratory's folder, with all times but those of reading.
local function snapshot(self)
  return program.shell(("find %s -printf '%%p %%y %%s %%i %%T@ %%C@ %%l\\n' | sort"):format(
    program.quote(self.lab.folder))).out
end

--- Replaces what differs from run to run.
-- @param out string
-- @return string
function Planning:settled(out)
  return (out:gsub("[%d.]+ [KMGTP]B free", "SPACE free"):gsub("room for %d+", "room for MANY")
    :gsub("127%.0%.0%.1:%d+", "HOST"):gsub(self.lab.folder:gsub("%p", "%%%0"), "HERE"))
end

local function run(self, words)
  self.server:forget()
  local before = snapshot(self)
  local result = self.lab:run(words)
  assert(before == snapshot(self), "something was written")
  assert(#self.server:requests() == 0, "the server was asked")
  return result
end

--- Runs `plan`.
-- @param ... string: ids and options
-- @return integer status, string output, string errors
function Planning:plan(...)
  local result = run(self, { "plan", ... })
  return result.status, self:settled(result.out), self:settled(result.err)
end

--- Runs `plan --json`.
-- @param ... string: ids and options
-- @return table, integer status
function Planning:json(...)
  local result = run(self, { "--json", "plan", ... })
  return json.decode(result.out), result.status
end

--- Ends it.
function Planning:close()
  self.server:stop()
  self.lab:close()
end

return Planning
