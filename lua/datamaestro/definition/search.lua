--- Searches: terms → a predicate on datasets.
--
-- A term is a regular expression, without regard to case, for the id, the name or a value that an axis lists;
-- or after `tag:`, `task:`, `repo:` (`repository:`) for a tag, a task, the repository's id; after `type:` a
-- data type's id or name, which also finds the types that inherit from it. All terms must hold. What is shown
-- of a family, `ID[axis=value,…]`, is a term that finds it, and so is one `axis=value`.

local regex = require "datamaestro.api.regex"
local guess = require "datamaestro.guess"
local types = require "datamaestro.data.types"

local search = {}

local function any(words, pattern)
  for _, word in ipairs(words) do
    if pattern:match(word) then
      return true
    end
  end
  return false
end

local function by_words(field)
  return function(pattern)
    return function(dataset)
      return any(dataset[field], pattern)
    end
  end
end

local function by_repository(pattern)
  return function(dataset)
    return pattern:match(dataset.repository.id)
  end
end

local function by_text(pattern)
  return function(dataset)
    return pattern:match(dataset.id) or pattern:match(dataset.name)
      or dataset.variants ~= nil and dataset.variants:matches(pattern)
  end
end

local function by_type(pattern)
  return function(dataset)
    for _, T in ipairs(types.ancestors(dataset.type)) do
      if pattern:match(T.id) or pattern:match(T.name) then
        return true
      end
    end
    return false
  end
end

local PREFIXES = { tag = by_words "tags", task = by_words "tasks", repo = by_repository,
  repository = by_repository, type = by_type }

-- `ID[axis=value,…]`, `axis=value` → the id ("" for any) and the selector | nil.
local function split_selector(term)
  local id, selector = term:match "^([^%[%]]*)%[([^%[%]]*=[^%[%]]*)%]$"
  if id then
    return id:gsub("@.*$", ""), selector
  elseif term:find "^[%a_][%w_]*=" then
    return "", term
  end
end

-- The families that a selector names; without brackets, also what matches the term | nil, message, code.
local function by_selector(term, id, selector)
  local pattern, message, code = regex.compile(id)
  if not pattern then
    return nil, message, code
  end
  local whole = term == selector and regex.compile(term) or nil
  return function(dataset)
    local is_meant = dataset.id == id:lower() or pattern:match(dataset.id) or pattern:match(dataset.name)
    return is_meant and dataset:is_family() and dataset.variants:accepts(selector)
      or whole ~= nil and by_text(whole)(dataset)
  end
end

local function parse_term(term)
  local id, selector = split_selector(term)
  if id then
    return by_selector(term, id, selector)
  end
  local prefix, value = term:match("^(%l+):(.*)$")
  local make = PREFIXES[prefix]
  if prefix and not make then
    return nil, ("%s: unknown prefix '%s:'%s"):format(term, prefix,
      guess.hint(prefix, { "tag", "task", "repo", "type" }, " (tag: task: repo: or type: expected)")), "usage"
  end
  local pattern, message, code = regex.compile(make and value or term)
  if not pattern then
    return nil, message, code
  end
  return (make or by_text)(pattern)
end

--- Makes the predicate of some terms.
-- @param terms array of strings (none: all datasets)
-- @return function(dataset) → boolean | nil, message, "usage" for what is no regular expression
function search.compile(terms)
  local conditions = {}
  for i, term in ipairs(terms) do
    local condition, message, code = parse_term(term)
    if not condition then
      return nil, message, code
    end
    conditions[i] = condition
  end
  return function(dataset)
    for _, condition in ipairs(conditions) do
      if not condition(dataset) then
        return false
      end
    end
    return true
  end
end

return search
