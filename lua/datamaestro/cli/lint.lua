--- What is wrong with a file of definitions, and what is odd in it.
local advice = require "datamaestro.definition.advice"

local lint = {}

local VARIANTS = 64 -- of a family, tried one by one

-- The definition's function is tried with paths that lead nowhere: it has no files to open anyway.
local function dry_run(dataset, registry, store)
  local resolved, message = registry:resolve(dataset)
  if not resolved then
    return nil, message
  end
  return require "datamaestro.engine.open".dataset(store, dataset)
end

-- Adds warnings, those of many variants once.
local function add_warnings(result, warnings)
  for _, warning in ipairs(warnings) do
    local key = ("%s %s:%d"):format(warning.rule, warning.file, warning.line)
    if not result.seen[key] then
      result.seen[key] = true
      table.insert(result.warnings, warning)
    end
  end
end

-- A problem of a variant without which one it is.
local function unlabelled(message, sample)
  local first, last = message:find(sample.label or "\0", 1, true)
  return first and message:sub(1, first - 1) .. message:sub(last + 1) or message
end

-- Adds what there is to say of a dataset, or of some datasets of a family; problems that many have, once.
local function add_dataset(result, dataset, registry)
  local store = require "datamaestro.engine.store".open "/nowhere"
  local samples, problem = dataset:samples(VARIANTS)
  table.insert(result.problems, problem)
  local seen = {}
  for _, sample in ipairs(samples or {}) do
    local object, message = dry_run(sample, registry, store)
    table.insert(result.samples, sample)
    if object then
      add_warnings(result, advice.of_resources(sample, object, store))
    elseif not seen[unlabelled(message, sample)] then
      seen[unlabelled(message, sample)] = true
      table.insert(result.problems, message)
    end
  end
  -- What only some variants ask for may not have been tried where they are many.
  if dataset:is_family() and (dataset.parameters or dataset.variants:count() <= VARIANTS) then
    add_warnings(result, advice.of_axes(dataset, samples or {}))
  end
  add_warnings(result, advice.of_heading(dataset))
end

--- Makes an empty result.
-- @param path string
-- @return table: file (string), datasets (array of datasets), samples (likewise, without families), problems
--   (array of strings), warnings (array of { rule, file, line, message }), code (string|nil: of a file that
--   cannot be read)
function lint.new_result(path)
  return { file = path, datasets = {}, samples = {}, problems = {}, warnings = {}, seen = {} }
end

--- Adds datasets of the file, and what is wrong with them.
-- @param result table: of lint.new_result
-- @param datasets array of datasets
-- @param registry registry: where references lead
function lint.add(result, datasets, registry)
  for _, dataset in ipairs(datasets) do
    table.insert(result.datasets, dataset)
    add_dataset(result, dataset, registry)
  end
end

--- Reads the file and adds what is in it.
-- @param result table: of lint.new_result
-- @param registry registry: where references lead
-- @return table: result
function lint.check(result, registry)
  local datasets, message, code = require "datamaestro.definition.loader".check(result.file)
  table.insert(result.problems, message)
  result.code = code
  lint.add(result, datasets or {}, registry)
  return result
end

--- Adds what is odd between the datasets of several files, and puts all warnings in order.
-- @param results array of results
function lint.compare(results)
  local samples, by_file = {}, {}
  for _, result in ipairs(results) do
    by_file[result.file] = result
    table.move(result.samples, 1, #result.samples, #samples + 1, samples)
  end
  for _, warning in ipairs(require "datamaestro.definition.conflicts".between(samples)) do
    add_warnings(by_file[warning.file], { warning })
  end
  for _, result in ipairs(results) do
    table.sort(result.warnings, function(a, b)
      if a.line ~= b.line then
        return a.line < b.line
      end
      return a.message < b.message
    end)
  end
end

--- The ids of a result's datasets.
-- @param result table: of lint.new_result
-- @return array of strings
function lint.ids(result)
  local names = {}
  for i, dataset in ipairs(result.datasets) do
    names[i] = dataset.id
  end
  return names
end

--- Says that there is nothing wrong.
-- @param result table: without problems
-- @return string: a line
function lint.praise(result)
  local names = lint.ids(result)
  local owner = result.datasets[1] and result.datasets[1].repository
  local outside = owner and owner.pseudo and "; in no repository: no init.lua above" or ""
  return ("%s: ok%s"):format(result.file, #names > 0 and (" (%s%s)"):format(table.concat(names, ", "),
    outside)
    or "")
end

return lint
