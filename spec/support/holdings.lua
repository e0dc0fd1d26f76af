--- A data directory with datasets of every shape, as `prepare` leaves them, and a repository for them.
local Laboratory = require "spec.support.laboratory"
local program = require "spec.support.program"

local holdings = {}

local DEFINITIONS = [[
local File, Base = use "datamaestro.data".File, use "datamaestro.data".Base
Data = filedownloader("data.bin", "URL/data.bin") .. dataset { File, "One file" } ..
  function(data) return { path = data } end
Inner = filedownloader("inner.bin", "URL/data.bin") ..
  dataset { File, "In the folder of another", id = "org.example.data.inner" } ..
  function(inner) return { path = inner } end
Tree = tardownloader("tree", "URL/tree.tar") .. dataset { Base, "All in its folder" }
  .. function() return {} end
Pair = filedownloader("one.bin", "URL/data.bin") .. tardownloader("tree", "URL/tree.tar") ..
  dataset { Base, "A file and a folder" } .. function() return {} end
Family = resources(function(v) return filedownloader(v.size .. ".bin", "URL/data.bin") end) ..
  dataset { Base, "A family", variants = AxesVariants {
    size = Axis { "small", "large" }, seed = Axis({ type = "integer", default = 1, elide_default = true }),
    jobs = Axis({ 1, 2 }, { default = 1, in_id = false }) } } .. function() return {} end
Led = links("led", { there = "org.example.data" }) .. dataset { Base, "Links" } .. function() return {} end
]]

local IDS = { "data", "data.inner", "tree", "pair", "family[size=small]", "family[size=large,seed=2]", "led" }

--- Makes them, in a laboratory whose repository is `lab`.
-- @return laboratory
function holdings.new()
  local lab = Laboratory.new()
  local sources = lab.folder .. "/sources"
  local made = program.shell(("mkdir -p %s/top/sub && cd %s && printf '%%9000s' x >data.bin && "
    .. "echo 1 >top/a && echo 22 >top/sub/b && tar cf tree.tar top"):format(sources, sources))
  assert(made.status == 0, made.err)
  lab:define((DEFINITIONS:gsub("URL", "file://" .. sources)))
  local arguments = { "--quiet", "download" }
  for i, id in ipairs(IDS) do
    arguments[i + 2] = "org.example." .. id
  end
  local result = lab:run(arguments)
  assert(result.status == 0, result.err)
  return lab
end

--- All that is in the data directory.
-- @param lab laboratory
-- @return array of paths, sorted, relative to the laboratory's folder
function holdings.list(lab)
  local found = {}
  for path in program.shell(("cd %s && find . -printf '%%P\\0' | LC_ALL=C sort -z"):format(
    program.quote(lab.folder))).out:gmatch "[^\0]+" do
    found[#found + 1] = path
  end
  return found
end

return holdings
