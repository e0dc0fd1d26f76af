--- What is wrong with a file of definitions.
local lint = {}

local VARIANTS = 64 -- of a family, tried one by one

-- The definition's function is tried with paths that lead nowhere: it has no files to open anyway.
local function dry_run(dataset, registry)
  local resolved, message = registry:resolve(dataset)
  if resolved then
    local store = require "datamaestro.engine.store".open "/nowhere"
    resolved, message = require "datamaestro.engine.open".dataset(store, dataset)
  end
  return not resolved and message or nil
end

-- Adds what is wrong with a dataset, or with some datasets of a family; what many have, once.
local function add_problems(problems, dataset, registry)
  local samples, message = dataset:samples(VARIANTS)
  table.insert(problems, message)
  local seen = {}
  for _, sample in ipairs(samples or {}) do
    message = dry_run(sample, registry)
    if message and not seen[message] then
      seen[message] = true
      table.insert(problems, message)
    end
  end
end

--- Makes an empty result.
-- @param path string
-- @return table: file (string), datasets (array of datasets), problems (array of strings), code (string|nil:
--   of a file that cannot be read)
function lint.new_result(path)
  return { file = path, datasets = {}, problems = {} }
end

--- Adds datasets of the file, and what is wrong with them.
-- @param result table: of lint.new_result
-- @param datasets array of datasets
-- @param registry registry: where references lead
function lint.add(result, datasets, registry)
  for _, dataset in ipairs(datasets) do
    table.insert(result.datasets, dataset)
    add_problems(result.problems, dataset, registry)
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
