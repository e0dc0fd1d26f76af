--- `datamaestro create-dataset REPO ID|URL`
local draft = require "datamaestro.definition.draft"
local file = require "datamaestro.api.file"
local ids = require "datamaestro.definition.ids"
local loader = require "datamaestro.definition.loader"
local repository = require "datamaestro.definition.repository"
local text = require "datamaestro.text"

-- --- What is wanted --------------------------------------------------------------------------------------

-- The repository of an id, or of a folder.
local function find_repository(session, name)
  local found, message, code = session:registry():repository(name)
  if found then
    return found
  elseif file.stat(name .. "/init.lua") then
    return repository.open(file.realpath(name))
  elseif file.stat(name) then
    return nil, name .. ": no repository (a folder with init.lua expected; `datamaestro init` makes one)",
      "unknown"
  end
  return nil, message, code
end

-- What a URL or an id stands for: { id, resource, page }.
local function read_wanted(word)
  if not word:find "^%a[%w+.-]*:" then
    if not ids.is_valid(word) or not word:find(".", 1, true) then
      return nil, ("'%s' (id such as org.example.weather, or URL, expected)"):format(word), "usage"
    end
    return { id = word:lower(), resource = { kind = "todo", name = "data", type = { nil, "Base" } } }
  end
  local found, message, code = draft.read_url(word)
  if not found then
    return nil, message, code
  end
  local id = draft.id_of_url(found)
  if not ids.is_valid(id) or not id:find(".", 1, true) then
    return nil, ("%s: gives no id (`datamaestro create-dataset REPO ID` takes one)"):format(text.url(word)),
      "usage"
  end
  return { id = id, resource = draft.resource(word, found),
    page = found.is_page and word or ("%s://%s/"):format(found.scheme, found.authority) }
end

-- --- Where it goes ---------------------------------------------------------------------------------------

-- The file of the repository that an id's path leads to: one that is there, the longest path first, else a
-- new one above the id's last part. Its path, and what of the id is left.
local function place_of(root, id)
  local base = id:match "^(.*)%.[^.]*$"
  while base do
    local stem = root .. "/" .. base:gsub("%.", "/")
    for _, path in ipairs { stem .. ".lua", stem .. "/init.lua" } do
      if file.stat(path) then
        return path, id:sub(#base + 2)
      end
    end
    base = base:match "^(.*)%.[^.]*$"
  end
  base = id:match "^(.*)%.[^.]*$"
  return root .. "/" .. base:gsub("%.", "/") .. ".lua", id:sub(#base + 2)
end

local function check_new(session, owner, id)
  local other = session:registry():find(id .. "@" .. owner.id)
  if other then
    return nil, ("%s: there already, in %s:%d (a new id expected)"):format(id, other.file, other.line),
      "usage"
  end
  return true
end

-- The dataset of an id among those that a text defines | nil, message, code.
local function check_text(session, path, content, owner, id)
  local datasets, message, code = loader.load_text(path, content, owner, session:registry().find_repository)
  if not datasets then
    return nil, message, code
  end
  for _, dataset in ipairs(datasets) do
    if dataset.id == id then
      return dataset
    end
  end
  return nil, ("%s: would not have '%s' (a file whose path is of lower case expected)"):format(path, id),
    "error"
end

-- --- Writing ---------------------------------------------------------------------------------------------

-- A new file, under a name that nobody has had meanwhile.
local function write_new(path, content)
  local part = ("%s.%d.new"):format(path, file.pid())
  local done, message, code = file.mkdirs(path:match "^(.*)/")
  if done then
    done, message, code = file.replace(part, content)
  end
  if done then
    done, message, code = file.link(part, path)
  end
  file.remove(part)
  return done, message, code
end

local function write(path, before, content)
  if not before then
    return write_new(path, content)
  end
  local now, message, code = file.read(path)
  if now and now ~= before then
    return nil, path .. ": changed meanwhile (once more, please)", "busy"
  elseif not now then
    return nil, message, code
  end
  return file.replace(file.realpath(path), content)
end

local function measure(session, wanted)
  local resource = wanted.resource
  local store, message, code = session:store()
  if not store then
    return nil, message, code
  elseif not resource.url then
    return nil, "--fetch: nothing to fetch (the URL of a file expected)", "usage"
  end
  local request = { label = wanted.id .. ": " .. resource.name, url = resource.url,
    transforms = resource.transforms }
  local done
  done, message, code = session:measure(store, { request })
  if not done or request.problem then
    return nil, request.problem or message, request.code or code
  end
  return request
end

-- Composes the file's new text and checks it | nil, message, code.
local function compose(session, owner, wanted)
  local path, rest = place_of(file.realpath(owner.path), wanted.id)
  local before
  if file.stat(path) then
    local message, code
    before, message, code = repository.read(path)
    local known = before and loader.load_text(path, before, owner, session:registry().find_repository)
    if not known then
      return nil, message or select(2, loader.load_text(path, before, owner)), code or "definition"
    end
  end
  local added = draft.write { rest = rest, resource = wanted.resource, measured = wanted.measured,
    page = wanted.page, text = before }
  local content = before and before:gsub("%s*$", "\n\n") .. added or added
  local dataset, message, code = check_text(session, path, content, owner, wanted.id)
  if not dataset then
    return nil, before and ("%s: cannot be added to: %s"):format(path, message) or message, code
  end
  return { path = path, before = before, content = content, line = dataset.line }
end

local function print_result(session, wanted, made)
  if session.json then
    local measured = wanted.measured or { served = {} }
    return session:print_json(require "datamaestro.cli.families".ordered {
      { "id", wanted.id }, { "file", made.path }, { "line", made.line }, { "kind", wanted.resource.kind },
      { "size", measured.served.size }, { "sha256", measured.served.sha256 },
    })
  end
  session:print(text.line(("%s:%d: %s"):format(made.path, made.line, wanted.id)))
  if not session.quiet then
    session:complain(("next: edit it, then `datamaestro lint %s`"):format(made.path))
  end
end

return {
  summary = "Write a first definition of a dataset into a repository.",
  transfers = true,
  configure = function(parser)
    parser:argument("repository", "A repository's id, or its folder."):argname "REPO"
    parser:argument("dataset", "An id such as org.example.weather; or the URL of a file, an archive or a "
      .. "page, which gives id, kind and type."):argname "ID|URL"
    parser:flag("--fetch", "Fetch the file, and put its size and hashes into the definition.")
    parser:epilog "Example: datamaestro create-dataset mine https://example.org/weather.csv.gz"
  end,
  run = function(session, arguments)
    local owner, message, code = find_repository(session, arguments.repository)
    local wanted, made, done
    if owner then
      wanted, message, code = read_wanted(arguments.dataset)
    end
    if wanted then
      done, message, code = check_new(session, owner, wanted.id)
    end
    if done then
      made, message, code = compose(session, owner, wanted) -- before anything is fetched
    end
    if made and arguments.fetch then
      wanted.measured, message, code = measure(session, wanted)
      made = wanted.measured and compose(session, owner, wanted)
    end
    if made then
      done, message, code = write(made.path, made.before, made.content)
    end
    if not made or not done then
      return nil, message, code
    end
    print_result(session, wanted, made)
    return true
  end,
}
