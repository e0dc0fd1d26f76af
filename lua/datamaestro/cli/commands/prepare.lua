--- `datamaestro prepare ID`
return {
  summary = "Fetch what is missing of a dataset and print where its files are, as JSON.",
  words = { "id" },
  configure = function(parser)
    parser:argument("id", "The dataset's id, as `search` shows it."):argname "ID"
    parser:option("--encoder", "normal, or xpm (for experimaestro: typed objects and paths).")
      :choices({ "normal", "xpm" }):default("normal"):argname "NAME"
    parser:flag("--no-downloads", "Fetch nothing: print where the files would be.")
  end,
  run = function(session, arguments)
    local prepare = require "datamaestro.engine.prepare"
    local dataset, message, code = session:find(arguments.id)
    local store, done, object
    if dataset then
      store, message, code = session:store()
    end
    if store and arguments.no_downloads then
      done = true
    elseif store then
      done, message, code = prepare.download(store, dataset, session:download_options())
    end
    if done then
      object, message, code = prepare.open(store, dataset)
    end
    if not object then
      return nil, message, code
    end
    local encoded = require "datamaestro.data.encode"(object, arguments.encoder)
    local ok, problem = pcall(session.print_json, session, encoded)
    if not ok and type(problem) == "string" then -- what JSON has not, such as NaN
      return nil, ("%s: %s"):format(dataset.id, problem), "definition"
    end
    return ok and true or error(problem, 0)
  end,
}
