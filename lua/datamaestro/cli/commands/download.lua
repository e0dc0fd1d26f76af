--- `datamaestro download ID`
return {
  summary = "Fetch what is missing of a dataset.",
  words = { "id" },
  configure = function(parser)
    parser:argument("id", "The dataset's id, as `search` shows it."):argname "ID"
  end,
  run = function(session, arguments)
    local dataset, message, code = session:find(arguments.id)
    if not dataset then
      return nil, message, code
    end
    local store
    store, message, code = session:store()
    if not store then
      return nil, message, code
    end
    local prepare = require "datamaestro.engine.prepare"
    local done
    done, message, code = prepare.download(store, dataset, session:download_options())
    if done and session.json then
      session:print_json { id = dataset.id, path = store:folder(dataset) }
    end
    return done, message, code
  end,
}
