--- `datamaestro prepare ID…`

-- Prints one object, or an array of several. What JSON has not, such as NaN, is the definition's fault.
local function print_all(session, datasets, encoded)
  local json = require "datamaestro.json"
  local ok, problem = pcall(session.print_json, session, #encoded == 1 and encoded[1] or json.array(encoded))
  if ok then
    return true
  elseif type(problem) ~= "string" then
    error(problem, 0)
  end
  for i, dataset in ipairs(datasets) do
    if not pcall(json.encode, encoded[i]) then
      return nil, ("%s: %s"):format(dataset.id, problem), "definition"
    end
  end
end

return {
  summary = "Fetch what is missing of datasets and print where their files are, as JSON.",
  words = { "ids…" },
  transfers = true,
  configure = function(parser)
    parser:argument("ids", "The datasets' ids, as `search` shows them."):argname("ID"):args "*"
    parser:option("--frozen", "Exactly what a lock says; without ids, all of it."):argname "FILE"
    parser:option("--encoder", "normal, or xpm (for experimaestro: typed objects and paths).")
      :choices({ "normal", "xpm" }):default("normal"):argname "NAME"
    parser:flag("--no-downloads", "Fetch nothing: print where the files would be.")
  end,
  run = function(session, arguments)
    local datasets, message, code = session:chosen(arguments)
    local store, done
    if datasets then
      store, message, code = session:store()
    end
    if store and arguments.no_downloads then
      done = true
    elseif store then
      done, message, code = session:download(store, datasets)
    end
    if not done then
      return nil, message, code
    end
    local encoded = {}
    for i, dataset in ipairs(datasets) do
      local object
      object, message, code = require "datamaestro.engine.open".dataset(store, dataset)
      if not object then
        return nil, message, code
      end
      encoded[i] = require "datamaestro.data.encode"(object, arguments.encoder)
    end
    return print_all(session, datasets, encoded)
  end,
}
