--- `AxesVariants { size = Axis({ "small", "large" }, { default = "small" }), … }`: how it is read.

local schema = require "datamaestro.schema"
local axis = require "datamaestro.definition.axis"
local links = require "datamaestro.definition.links"
local variants = require "datamaestro.definition.variants"

local axes = {}

local USAGE = "AxesVariants { NAME = Axis({ values… }, { … }), … }"
local AXIS_USAGE = "Axis({ values… }, { default = …, … })"

--- What `variants = …` of a dataset takes, as the type of a schema's field.
axes.type = {
  name = "AxesVariants", id = "datamaestro.AxesVariants",
  accepts = function(value)
    return links.single(value, "AxesVariants") ~= nil
  end,
}

-- A table's array part, nil where it has none, and its options.
local function split(given)
  local domain, options = nil, {}
  for key, value in next, given do
    if math.type(key) == "integer" then
      domain = domain or {}
      domain[key] = value
    else
      options[key] = value
    end
  end
  return domain, options
end

-- The list of values | nil, and the options; or false, message. Both may stand in one table.
local function axis_arguments(link)
  local args = table.move(link.args, 1, link.args.n, 1, { n = link.args.n })
  args[1] = args[1] ~= axis.null and args[1] or nil
  for i = 1, args.n do
    if i > 2 or (args[i] ~= nil and type(args[i]) ~= "table") then
      return false, ("Axis: argument %d: %s (%s expected)"):format(i, schema.kind(args[i]), AXIS_USAGE)
    end
  end
  local domain, options = split(args[1] or {})
  if args.n < 2 then
    return domain, options
  end
  local more, named = split(args[2] or {})
  if more or next(options) ~= nil then
    return false, ("Axis: options and values are mixed (%s expected)"):format(AXIS_USAGE)
  end
  return domain or (args[1] and {}), named
end

local function read_axis(name, value)
  local link = links.single(value, "Axis")
  if not link then
    return nil, nil, ("AxesVariants.%s: %s (%s expected)"):format(name, schema.kind(value), AXIS_USAGE)
  end
  local domain, options = axis_arguments(link)
  local found, problem
  if domain == false then
    problem = options
  else
    found, problem = axis.declare(name, domain, options)
  end
  if found then
    found.line = link.line
  end
  return found, problem and links.place(link, problem)
end

local function name_problem(name)
  if type(name) ~= "string" then
    return ("AxesVariants: value %s has no name (%s expected)"):format(tostring(name), USAGE)
  elseif not name:find "^[%a_][%w_]*$" or #name > 64 then
    return ("AxesVariants: axis '%s' (name of a parameter expected)"):format(name:sub(1, 60))
  end
end

-- The keys in order, so that of several mistakes always the same one is told.
local function sorted_keys(given)
  local keys = {}
  for key in next, given do
    keys[#keys + 1] = key
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return keys
end

--- Reads an `AxesVariants` step.
-- @param value step: as axes.type accepts it
-- @return variants | nil, message "PATH:LINE: what (what to do)"
function axes.read(value)
  local link = links.single(value, "AxesVariants")
  local given, problem = links.only_table(link, USAGE)
  local found, placed = {}, nil
  for _, name in ipairs(given and sorted_keys(given) or {}) do
    problem = name_problem(name)
    if not problem then
      found[#found + 1], placed, problem = read_axis(name, given[name])
    end
    if placed or problem then
      return nil, placed or links.place(link, problem)
    end
  end
  if not problem and #found == 0 then
    problem = ("AxesVariants: no axes (%s expected)"):format(USAGE)
  end
  if problem then
    return nil, links.place(link, problem)
  end
  return variants.new(found)
end

return axes
