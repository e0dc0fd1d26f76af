--- What all steps of a chain have in common: the author's line, arguments and options.

local schema = require "datamaestro.schema"
local step = require "datamaestro.api.step"
local types = require "datamaestro.data.types"
local sandbox = require "datamaestro.definition.sandbox"

local links = {}

--- Puts the author's place in front of a problem of a link.
-- @param link table: of step.links
-- @param message string
-- @return string: "PATH:LINE: what (what to do)"
function links.place(link, message)
  return sandbox.place(sandbox.path_of(link.source or "?"), link.line or 0, message)
end

local function field_of(fields, name)
  for _, field in ipairs(fields) do
    if field.name == name then
      return field
    end
  end
end

-- Whether a table is what a positional argument expects, rather than the options that follow.
local function fits(fields, name, value)
  local field = name and field_of(fields, name)
  if not field then
    return false
  end
  local is_list = field.type == "list" or (field.either or {}).type == "list"
  return field.type == "table" or is_list and rawget(value, 1) ~= nil
end

-- How many of the arguments stand before the table of options; the options. A nil at the end is nothing:
-- `condition and { … } or nil`.
local function split(link, positional, fields)
  local args = link.args
  local count = args.n
  while count > 0 and args[count] == nil do
    count = count - 1
  end
  local last = args[count]
  if type(last) ~= "table" or types.type_of(last) or fits(fields, positional[count], last) then
    return count, {}
  end
  return count - 1, last
end

--- A constructor's arguments as one table: positional ones, then a table of options.
-- @param link table: of step.links
-- @param positional array of strings: the names of the positional ones
-- @param fields table: the schema that they have to meet
-- @return table: name → value | nil, message
function links.options(link, positional, fields)
  local options = {}
  local given, last = split(link, positional, fields)
  for key, value in next, last do
    if math.type(key) == "integer" then
      return nil, ("%s: value %d has no name (option = value expected)"):format(link.kind, key)
    end
    options[key] = value
  end
  for i = 1, given do
    local name = positional[i]
    if not name then
      return nil, ("%s: argument %d: %s (table of options expected)"):format(link.kind, i,
        schema.kind(link.args[i]))
    elseif link.args[i] ~= nil then
      options[name] = link.args[i]
    end
  end
  return options
end

--- The arguments of a step that takes words.
-- @param link table: of step.links
-- @return array of strings | nil, message
function links.words(link)
  local words = {}
  for i = 1, link.args.n do
    local word = link.args[i]
    if type(word) ~= "string" or not word:find("%S") or word:find("%c") then
      return nil, ("%s: argument %d: %s (one or more strings expected)"):format(link.kind, i,
        type(word) == "string" and "not one line of text" or schema.kind(word))
    end
    words[i] = word
  end
  if #words == 0 then
    return nil, ("%s: no argument (one or more strings expected)"):format(link.kind)
  end
  return words
end

--- The one table that a step such as `dataset { … }` takes.
-- @param link table: of step.links
-- @param usage string: how it is written, for messages
-- @return table | nil, message
function links.only_table(link, usage)
  local given = link.args[1]
  if types.is_type(given) or type(given) ~= "table" or types.type_of(given) then
    return nil, ("%s: %s (%s expected)"):format(link.kind,
      types.is_type(given) and "data type" or schema.kind(given), usage)
  elseif link.args.n > 1 then
    return nil, ("%s: %d arguments (one table expected)"):format(link.kind, link.args.n)
  end
  return given
end

--- The single step that a value is.
-- @param value any
-- @param kind string: of the constructor
-- @return table: as of step.links | nil where it is something else
function links.single(value, kind)
  local found = step.is(value) and step.links(value) or {}
  local link = found[1]
  return #found == 1 and type(link) == "table" and link.kind == kind and link or nil
end

return links
