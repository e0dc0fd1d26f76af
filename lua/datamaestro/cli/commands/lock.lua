--- `datamaestro lock ID…`, `datamaestro lock --diff FILE [ID…]`
local lock = require "datamaestro.engine.lock"

local function make(session, arguments)
  local store, datasets, message, code
  if #arguments.ids == 0 then
    return nil, "lock: no dataset (ids, or --diff FILE, expected)", "usage"
  end
  datasets, message, code = session:find_all(arguments.ids)
  if datasets then
    datasets, message, code = session:with_references(datasets)
  end
  if datasets then
    store, message, code = session:store()
  end
  local made
  if store then
    made, message, code = lock.make(store, datasets)
  end
  if not made then
    return nil, message, code
  end
  session:print((made:gsub("\n$", "")))
  return true
end

return {
  summary = "Print a lock: what datasets are made of, so that `prepare --frozen` gives exactly that.",
  transfers = true,
  configure = function(parser)
    parser:argument("ids", "The datasets' ids, as `search` shows them; what they refer to is locked too.")
      :argname("ID"):args "*"
    parser:option("--diff", "Say what has changed since a lock was made: definitions, data, sources.")
      :argname "FILE"
    parser:epilog [[
Examples:
  datamaestro lock com.lecun.mnist >datamaestro.lock
  datamaestro prepare --frozen datamaestro.lock
  datamaestro lock --diff datamaestro.lock

Exit status of --diff: 0 nothing has changed, 10 definitions have, 5 data have,
4 sources are gone; the first of these that holds.]]
  end,
  run = function(session, arguments)
    if arguments.diff then
      return require "datamaestro.cli.lock_diff".run(session, arguments)
    end
    return make(session, arguments)
  end,
}
