--- `datamaestro lint [FILE|FOLDER…]`
local families = require "datamaestro.cli.families"
local file = require "datamaestro.api.file"
local lint = require "datamaestro.cli.lint"
local text = require "datamaestro.text"

-- The scripts that a path stands for | nil, message, code.
local function scripts_of(path)
  local info = file.stat(path)
  if not info or info.type ~= "folder" then
    return { path }
  end
  local scripts = require "datamaestro.definition.repository".scripts(path)
  if #scripts == 0 then
    return nil, path .. ": no definition below it (files that end in .lua expected)", "unknown"
  end
  return scripts
end

local function lint_files(paths, registry)
  local results = {}
  for _, path in ipairs(paths) do
    local scripts, message, code = scripts_of(path)
    if not scripts then
      return nil, message, code
    end
    for _, script in ipairs(scripts) do
      results[#results + 1] = lint.check(lint.new_result(script), registry)
    end
  end
  return results
end

-- Every file of every repository, its own ones too; ids that two files define are problems as well.
local function lint_all(registry)
  local results, of_file = {}, {}
  local function result_of(path)
    if not of_file[path] then
      of_file[path] = lint.new_result(path)
      table.insert(results, of_file[path])
    end
    return of_file[path]
  end
  for _, repository in ipairs(registry:repositories()) do
    lint.check(result_of(repository.path .. "/init.lua"), registry)
    if file.stat(repository.path .. "/data.lua") then
      lint.check(result_of(repository.path .. "/data.lua"), registry)
    end
  end
  for _, path in ipairs(registry:files()) do
    result_of(path)
  end
  local datasets, problems = registry:datasets()
  for _, dataset in ipairs(datasets) do
    lint.add(result_of(dataset.file), { dataset }, registry)
  end
  for _, problem in ipairs(problems) do
    table.insert(result_of(problem.file).problems, problem.message)
  end
  return results
end

local function json_warnings(json, result)
  local rows = json.array {}
  for i, warning in ipairs(result.warnings) do
    rows[i] = families.ordered { { "rule", warning.rule }, { "line", warning.line },
      { "message", warning.message } }
  end
  return rows
end

local function print_json(session, results)
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, result in ipairs(results) do
    local row = json.object()
    json.set(row, "file", result.file)
    json.set(row, "ok", #result.problems == 0)
    json.set(row, "datasets", json.array(lint.ids(result)))
    json.set(row, "problems", json.array(result.problems))
    json.set(row, "warnings", json_warnings(json, result))
    rows[i] = row
  end
  session:print_json(rows)
end

local function print_text(session, results)
  for _, result in ipairs(results) do
    for _, message in ipairs(result.problems) do
      session:say(text.printable(message))
    end
    for _, warning in ipairs(result.warnings) do
      session:say(text.printable(("%s:%d: warning: %s"):format(warning.file, warning.line,
        warning.message)))
    end
    if #result.problems == 0 then
      session:say(text.printable(lint.praise(result)))
    end
  end
end

-- That of the first problem: a file that is not there is no wrong definition.
local function code_of(results, strict)
  for _, result in ipairs(results) do
    if #result.problems > 0 then
      return result.code or "definition"
    end
  end
  for _, result in ipairs(strict and results or {}) do
    if #result.warnings > 0 then
      return "definition"
    end
  end
end

return {
  summary = "Check definitions: the named files, those below folders, or all repositories.",
  configure = function(parser)
    parser:argument("files", "Files, or folders of them (default: all of all repositories)."):argname("FILE")
      :args "*"
    parser:flag("--strict", "Let warnings count: end with status 10 where there is one.")
    parser:epilog "Example: datamaestro lint --strict mine/org/example.lua"
  end,
  run = function(session, arguments)
    local registry = session:registry()
    local results, message, code
    if #arguments.files > 0 then
      results, message, code = lint_files(arguments.files, registry)
    else
      results = lint_all(registry)
    end
    if not results then
      return nil, message, code
    end
    lint.compare(results)
    code = code_of(results, arguments.strict)
    if session.json then
      print_json(session, results)
    else
      print_text(session, results)
    end
    return not code or require "datamaestro.status"[code]
  end,
}
