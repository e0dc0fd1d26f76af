--- `datamaestro lint [FILE…]`
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"

-- The definition's function is tried with paths that lead nowhere: it has no files to open anyway.
local function dry_run(dataset)
  local paths = {}
  for _, resource in ipairs(dataset.resources) do
    paths[resource.name] = "/" .. dataset.id .. "/" .. resource.filename
  end
  local _, message = dataset:build(paths)
  return message
end

local function new_result(path)
  return { file = path, datasets = {}, problems = {} }
end

local function add(result, datasets)
  for _, dataset in ipairs(datasets) do
    table.insert(result.datasets, dataset)
    table.insert(result.problems, dry_run(dataset))
  end
end

-- Files named on the command line.
local function check(result)
  local datasets, message, code = require "datamaestro.definition.loader".check(result.file)
  table.insert(result.problems, message)
  result.code = code
  add(result, datasets or {})
  return result
end

local function lint_files(files)
  local results = {}
  for i, path in ipairs(files) do
    results[i] = check(new_result(path))
  end
  return results
end

-- Every file of every repository, its own ones too; ids that two files define are problems as well.
local function lint_all(registry)
  local results, of_file = {}, {}
  local function result_of(path)
    if not of_file[path] then
      of_file[path] = new_result(path)
      table.insert(results, of_file[path])
    end
    return of_file[path]
  end
  for _, repository in ipairs(registry:repositories()) do
    check(result_of(repository.path .. "/init.lua"))
    if file.stat(repository.path .. "/data.lua") then
      check(result_of(repository.path .. "/data.lua"))
    end
  end
  for _, path in ipairs(registry:files()) do
    result_of(path)
  end
  local datasets, problems = registry:datasets()
  for _, dataset in ipairs(datasets) do
    add(result_of(dataset.file), { dataset })
  end
  for _, problem in ipairs(problems) do
    table.insert(result_of(problem.file).problems, problem.message)
  end
  return results
end

local function ids(datasets)
  local names = {}
  for i, dataset in ipairs(datasets) do
    names[i] = dataset.id
  end
  return names
end

local function print_json(session, results)
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, result in ipairs(results) do
    local row = json.object()
    json.set(row, "file", result.file)
    json.set(row, "ok", #result.problems == 0)
    json.set(row, "datasets", json.array(ids(result.datasets)))
    json.set(row, "problems", json.array(result.problems))
    rows[i] = row
  end
  session:print_json(rows)
end

local function print_text(session, results)
  for _, result in ipairs(results) do
    for _, message in ipairs(result.problems) do
      session:print(text.printable(message))
    end
    if #result.problems == 0 then
      local names = ids(result.datasets)
      local owner = result.datasets[1] and result.datasets[1].repository
      local outside = owner and owner.pseudo and "; in no repository: no init.lua above" or ""
      local found = #names > 0 and (" (%s%s)"):format(table.concat(names, ", "), outside) or ""
      session:print(text.printable(("%s: ok%s"):format(result.file, found)))
    end
  end
end

return {
  summary = "Check definitions: the named files, or all repositories.",
  configure = function(parser)
    parser:argument("files", "The files (default: all of all repositories)."):argname("FILE"):args "*"
  end,
  run = function(session, arguments)
    local results = #arguments.files > 0 and lint_files(arguments.files) or lint_all(session:registry())
    local code -- of the first problem: a file that is not there is no wrong definition
    for _, result in ipairs(results) do
      code = code or #result.problems > 0 and (result.code or "definition") or nil
    end
    if session.json then
      print_json(session, results)
    else
      print_text(session, results)
    end
    return not code or require "datamaestro.status"[code]
  end,
}
