--- `datamaestro verify [ID…|--all]`
local in_place = require "datamaestro.cli.in_place"
local json = require "datamaestro.json"
local text = require "datamaestro.text"

local function count(number, noun)
  return ("%d %s%s"):format(number, noun, number == 1 and "" or "s")
end

-- What is to be looked at | nil, message, code.
local function chosen(session, store, arguments)
  if arguments.all and #arguments.ids > 0 then
    return nil, "verify: ids and --all (one of them expected)", "usage"
  elseif arguments.all then
    local datasets, problems = in_place.datasets(session:registry(), store)
    for _, problem in ipairs(problems) do
      session:complain("warning: " .. problem.message)
    end
    return datasets
  elseif #arguments.ids == 0 then
    return nil, "verify: no dataset (ids, or --all, expected)", "usage"
  end
  local datasets, message, code = session:find_all(arguments.ids)
  if not datasets then
    return nil, message, code
  end
  return session:with_references(datasets)
end

local function inspect(session, store, datasets, options)
  local display = session:progress()
  display:expect { datasets = 1 }
  options.observe = function(event)
    display:observe(event)
  end
  local results, read = require "datamaestro.engine.inspection".of(store, datasets, options)
  display:clear()
  return results, read
end

-- --- What is said -------------------------------------------------------------------------------------

local function line_of(problem)
  local expected = problem.expected and (" (%s expected)"):format(problem.expected) or ""
  return ("%s: %s%s"):format(problem.path, problem.found, expected)
end

local function print_problems(session, result)
  for _, problem in ipairs(result.problems) do
    session:print(text.line(line_of(problem)))
  end
  for _, path in ipairs(result.unrecorded) do
    session:print(text.line(path .. ": not recorded (no resource has it)"))
  end
  local id = result.dataset.id
  if result.status == "not prepared" then
    session:print(("%s: not prepared (`datamaestro prepare %s` fetches it)"):format(id, id))
  elseif #result.absent > 0 then
    session:print(text.line(("%s: not complete, without %s (`datamaestro prepare %s` fetches it)"):format(id,
      table.concat(result.absent, ", "), id)))
  end
end

local function totals_of(results)
  local sum = { datasets = #results, files = 0, bytes = 0, problems = 0, missing = 0 }
  for _, result in ipairs(results) do
    sum.files, sum.bytes = sum.files + result.files, sum.bytes + result.bytes
    sum.problems = sum.problems + #result.problems
    sum.missing = sum.missing + (#result.absent > 0 and 1 or 0)
  end
  return sum
end

local function print_sum(session, results, read, repaired)
  local sum = totals_of(results)
  local said = { count(sum.datasets, "dataset"), count(sum.files, "file"), text.size(sum.bytes) }
  if read > 0 then
    said[#said + 1] = text.size(read) .. " read"
  end
  local verdict = sum.problems == 0 and "no damage" or count(sum.problems, "problem")
  if repaired then
    verdict = sum.problems == 0 and "repaired" or verdict .. " left"
  elseif sum.missing > 0 then
    verdict = ("%s, %d not complete"):format(verdict, sum.missing)
  end
  session:print(("%s: %s"):format(table.concat(said, ", "), verdict))
end

local function encoded(result, repaired)
  local object, problems = json.object(), json.array {}
  for i, problem in ipairs(result.problems) do
    local one = json.object()
    json.set(one, "path", problem.path)
    json.set(one, "found", problem.found)
    json.set(one, "expected", problem.expected)
    problems[i] = one
  end
  json.set(object, "id", result.dataset.id)
  json.set(object, "repository", result.dataset.repository.id)
  json.set(object, "status", result.status)
  json.set(object, "repaired", repaired)
  json.set(object, "files", result.files)
  json.set(object, "bytes", result.bytes)
  json.set(object, "problems", problems)
  json.set(object, "absent", json.array(result.absent))
  json.set(object, "unrecorded", json.array(result.unrecorded))
  return object
end

-- As found, with what became of it.
local function print_json(session, results, after)
  local list = json.array {}
  for i, result in ipairs(results) do
    local repaired = result.status == "damaged" and after and after[result.dataset] == "right"
    list[i] = encoded(result, repaired or false)
  end
  session:print_json(list)
end

-- --- Repair -------------------------------------------------------------------------------------------

local function damaged(results)
  local list = {}
  for _, result in ipairs(results) do
    list[#list + 1] = result.status == "damaged" and result or nil
  end
  return list
end

-- Makes what is damaged right; results of the same datasets now, what failed: {message, code} | nil.
local function repair(session, store, results, datasets)
  local broken, todo = damaged(results), {}
  local failure
  for _, result in ipairs(broken) do
    local begun, message, code = require "datamaestro.engine.repair".begin(store, result)
    if begun then
      todo[#todo + 1] = result.dataset
    else
      failure = { message = message, code = code }
      session:complain(message)
    end
  end
  if #todo > 0 then
    local done, message, code = session:download(store, todo)
    if not done then
      failure = { message = message, code = code }
      session:complain(message)
    end
  end
  return inspect(session, store, datasets, {}), failure
end

-- --- The command --------------------------------------------------------------------------------------

local function status_of(results)
  local found = 0
  for _, result in ipairs(results) do
    if result.status == "damaged" then
      return "checksum"
    elseif result.status ~= "right" then
      found = "unknown"
    end
  end
  return found ~= 0 and found or nil
end

local function report(session, results, read)
  if not session.json then
    for _, result in ipairs(results) do
      print_problems(session, result)
    end
    print_sum(session, results, read)
  end
end

-- What one has oneself is looked at, though others may have it whole; all else, where it is used.
local function prefer_own(store, own, datasets)
  for _, dataset in ipairs(datasets) do
    if in_place.is_there(own, dataset) then
      store:settle(dataset)
    end
  end
end

local function run(session, arguments)
  local store, datasets
  local own, message, code = session:own_store()
  if own then
    store, message, code = session:store()
  end
  if store then
    datasets, message, code = chosen(session, own, arguments)
  end
  if datasets then
    prefer_own(store, own, datasets)
  end
  if not datasets then
    return nil, message, code
  end
  local results, read = inspect(session, store, datasets, { deep = arguments.deep, prove = arguments.repair })
  report(session, results, read)
  local last, failure, after = results, nil, nil
  if arguments.repair and #damaged(results) > 0 then
    last, failure = repair(session, store, results, datasets)
    after = {}
    for _, result in ipairs(last) do
      after[result.dataset] = result.status
    end
    if not session.json then
      print_sum(session, last, 0, true)
    end
  end
  if session.json then
    print_json(session, results, after)
  end
  local status = require "datamaestro.status"
  local verdict = failure and failure.code or status_of(last)
  return verdict and status[verdict] or true
end

return {
  summary = "Check that what was prepared is still there, and what it was.",
  transfers = true,
  configure = function(parser)
    parser:argument("ids", "The datasets' ids, as `search` shows them; what they refer to is checked too.")
      :argname("ID"):args "*"
    parser:flag("--all", "All datasets of the data directory that have a definition.")
    parser:flag("--deep", "Read all files too, and compare their checksums; without, names and sizes only.")
    parser:flag("--repair", "Fetch what is damaged, and only that.")
    parser:epilog [[
Examples:
  datamaestro verify --deep com.lecun.mnist
  datamaestro verify --all --deep --repair

Exit status: 0 no damage, 3 not prepared, 5 damage.]]
  end,
  run = run,
}
