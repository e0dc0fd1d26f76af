--- `datamaestro lint [FILE…]`
local text = require "datamaestro.text"

-- Files named on the command line, each with the datasets or the problem it has.
local function lint_files(files)
  local loader = require "datamaestro.definition.loader"
  local results = {}
  for i, path in ipairs(files) do
    local datasets, message = loader.load(path)
    results[i] = { file = path, datasets = datasets, message = message }
  end
  return results
end

-- Every file of every repository; ids that two files define are problems as well.
local function lint_all(registry)
  local results, of_file = {}, {}
  for i, path in ipairs(registry:files()) do
    results[i] = { file = path, datasets = {} }
    of_file[path] = results[i]
  end
  local datasets, problems = registry:datasets()
  for _, dataset in ipairs(datasets) do
    local result = of_file[dataset.file]
    result.datasets[#result.datasets + 1] = dataset
  end
  for _, problem in ipairs(problems) do
    local result = of_file[problem.file] or { file = problem.file, datasets = {} }
    if not of_file[problem.file] then
      results[#results + 1] = result
    end
    result.message = result.message and result.message .. "\n" .. problem.message or problem.message
  end
  return results
end

local function ids(datasets)
  local names = {}
  for i, dataset in ipairs(datasets or {}) do
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
    json.set(row, "ok", result.message == nil)
    json.set(row, "datasets", json.array(ids(result.datasets)))
    json.set(row, "message", result.message)
    rows[i] = row
  end
  session:print_json(rows)
end

return {
  summary = "Check definitions: the named files, or all repositories.",
  configure = function(parser)
    parser:argument("files", "The files (default: all of all repositories)."):argname("FILE"):args "*"
  end,
  run = function(session, arguments)
    local results = #arguments.files > 0 and lint_files(arguments.files) or lint_all(session:registry())
    local wrong = 0
    for _, result in ipairs(results) do
      wrong = wrong + (result.message and 1 or 0)
      if not session.json then
        session:print(text.printable(result.message
          or ("%s: ok (%s)"):format(result.file, table.concat(ids(result.datasets), ", "))))
      end
    end
    if session.json then
      print_json(session, results)
    end
    return wrong == 0 and true or require "datamaestro.status".definition
  end,
}
