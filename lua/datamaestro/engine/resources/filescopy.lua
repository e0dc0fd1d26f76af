--- Resource kind `filescopy`: chosen files out of another resource, so that it can be transient.
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local guess = require "datamaestro.guess"
local privacy = require "datamaestro.engine.work.privacy"
local reading = require "datamaestro.engine.reading"

-- A clean relative path, which stays in its folder.
local function path_problem(path)
  for part in (path .. "/"):gmatch "(.-)/" do
    if part == "" or part == "." or part == ".." or part:find "%c" then
      return ("'%s' (relative path without '.', '..' and '//' expected)"):format(path:sub(1, 60))
    end
  end
end

-- { copy = original } and { "name", … } in one table; every key and value is a path.
local function files_problem(files)
  if next(files) == nil then
    return "no file (names, or copy = original, expected)"
  end
  for copy, original in next, files do
    if type(original) ~= "string" or (type(copy) ~= "string" and math.type(copy) ~= "integer") then
      return ("%s (names, or copy = original, expected)"):format(type(original))
    end
    local problem = path_problem(original) or (type(copy) == "string" and path_problem(copy))
    if problem then
      return problem
    end
  end
end

-- The copies in order of their names: {copy, original}.
local function copies_of(resource)
  local copies = {}
  for copy, original in pairs(resource.files) do
    copies[#copies + 1] = { math.type(copy) == "integer" and original or copy, original }
  end
  table.sort(copies, function(a, b)
    return a[1] < b[1]
  end)
  return copies
end

-- A file in a folder, reached through no link that leads out of it.
local function original_of(root, relative)
  local path = root .. "/" .. relative
  local found = file.stat(path)
  local real, base = file.realpath(path), file.realpath(root)
  if not found or not real then
    local folder = path:match "^(.*)/"
    local hint = guess.hint(path:match "[^/]*$", file.list(folder) or {}, " (file expected)")
    return nil, ("%s: no such file%s"):format(path, hint), "unknown"
  elseif found.type ~= "file" then
    return nil, ("%s: a %s (file expected)"):format(path, found.type), "format"
  elseif real:sub(1, #base + 1) ~= base .. "/" then
    return nil, ("%s: leads out of its folder (file in it expected)"):format(path), "format"
  end
  return real
end

-- Data are not changed in place, so that another name for the same file does; but the user's own files, which
-- a link leads to, are copied, and none that is hidden.
local function copy_one(root, original, target, linked, scheduler)
  local path, message, code = original_of(root, original)
  if linked and ("/" .. original):find "/%." then
    local problem = "%s/%s: hidden (what a link leads to has no hidden files for definitions)"
    return nil, problem:format(root, original), "definition"
  end
  local done
  if path then
    done, message, code = file.mkdirs(target:match "^(.*)/")
  end
  if done then
    if linked then
      done, message, code = reading.copy(path, target, nil, scheduler)
    else
      done, message, code = file.link(path, target)
    end
  end
  return done and true, message, code
end

-- Brings the names of the copies to the disk.
local function sync_folders(resource, part)
  local folders = { [part] = true }
  for _, copy in ipairs(copies_of(resource)) do
    local folder = copy[1]:match "^(.*)/"
    while folder do
      folders[part .. "/" .. folder] = true
      folder = folder:match "^(.*)/"
    end
  end
  for folder in pairs(folders) do
    local done, message, code = file.sync(folder)
    if not done then
      return nil, message, code
    end
  end
  return true
end

return {
  doc = "Copies chosen files of another resource, a folder, into a folder of their own.",
  example = [[filescopy("files", "archive", { "queries.jsonl", ["train.tsv"] = "qrels/train.tsv" })]],
  positional = { "name", "source", "files" },
  schema = {
    fields.name(),
    { name = "source", type = "string", required = true, doc = "The resource to copy from." },
    { name = "files", type = "table", required = true, check = files_problem,
      doc = "What to copy: names in its folder, or copy = original; it fails where one is not there." },
    fields.transient(),
  },
  stands = "folder",

  name = function(resource)
    return resource.name
  end,

  place = function(resource)
    return resource.name
  end,

  requires = function(resource)
    return { resource.source }
  end,

  stored = function()
    return {}
  end,

  -- Other names for files that are there, where the file system has such.
  needs = function()
    return { stored = 0, files = 1 }
  end,

  -- Other files than those of before may be asked for.
  check = function(resource, path)
    for _, copy in ipairs(copies_of(resource)) do
      local found = file.stat(path .. "/" .. copy[1])
      if not found or found.type ~= "file" then
        return nil, ("%s/%s: missing"):format(path, copy[1])
      end
    end
    return true
  end,

  make = function(resource, part, context, dataset)
    local source = dataset:resource(resource.source)
    local root = context.store:path(dataset, source)
    local linked = privacy.is_linked(context.store, dataset, source)
    local public = privacy.is_public(context.store, dataset, source)
    local done, message, code
    for _, copy in ipairs(copies_of(resource)) do
      done, message, code = copy_one(root, copy[2], part .. "/" .. copy[1], linked, context.scheduler)
      if not done then
        break
      end
    end
    if done then
      done, message, code = sync_folders(resource, part)
    end
    if not done then
      return nil, ("%s: %s: %s"):format(dataset.id, resource.name, message), code
    end
    return true, { public = public }
  end,
}
