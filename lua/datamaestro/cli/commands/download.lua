--- `datamaestro download ID…`
return {
  summary = "Fetch what is missing of datasets.",
  words = { "ids…" },
  transfers = true,
  configure = function(parser)
    parser:argument("ids", "The datasets' ids, as `search` shows them."):argname("ID"):args "*"
    parser:option("--frozen", "Exactly what a lock says; without ids, all of it."):argname "FILE"
  end,
  run = function(session, arguments)
    local datasets, message, code = session:chosen(arguments)
    local store, done
    if datasets then
      store, message, code = session:store()
    end
    if store then
      done, message, code = session:download(store, datasets)
    end
    if done and session.json then
      local rows = {}
      for i, dataset in ipairs(datasets) do
        rows[i] = { id = dataset.id, path = store:folder(dataset) }
      end
      session:print_json(#rows == 1 and rows[1] or rows)
    end
    return done, message, code
  end,
}
