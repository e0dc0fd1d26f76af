--- Resource kind `links`: names in the dataset's folder that lead to other datasets, or to parts of them.
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local open = require "datamaestro.engine.open"

local function names_problem(targets)
  if next(targets) == nil then
    return "no link (name = \"DATASET\" expected)"
  end
  for name in next, targets do
    if math.type(name) then
      return ("value %s has no name (NAME = \"ID\" expected)"):format(name)
    elseif type(name) ~= "string" or not name:find "^[%w_][%w_.-]*$" then
      return ("name '%s' (letters, digits, '_', '.' and '-' expected)"):format(tostring(name):sub(1, 60))
    end
  end
end

local function sorted_keys(map)
  local names = {}
  for name in next, map do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

-- The path that a part of a dataset is or has.
local function path_in(value, target)
  local path = value
  if type(value) == "table" then
    path = value.path
  end
  if type(path) ~= "string" then
    return nil, ("%s.%s: no path (a part with one expected)"):format(target.dataset.id, target.part),
      "definition"
  end
  return path
end

-- The folder of a dataset, or the path that a part of it is or has.
local function path_of(store, target)
  if target.part == "" then
    return store:folder(target.dataset)
  end
  local value, message, code = open.target(store, target)
  if value == nil then
    return nil, message, code
  end
  return path_in(value, target)
end

-- A link of that name to that path, atomically; what is no link stays.
local function make_link(path, name, folder, part)
  local place = folder .. "/" .. name
  local there = file.stat(place, true)
  if there and there.type ~= "link" then
    return nil, ("%s: a %s (link, or nothing, expected)"):format(place, there.type), "error"
  end
  local done, message, code = file.symlink(path, part)
  if done then
    done, message, code = file.move(part, place)
  end
  return done, message, code
end

return {
  doc = "Makes links in the dataset's folder to other datasets, which are brought in place before.",
  example = [[links("parts", { train = "org.example.train", test = "org.example.other.test" })]],
  positional = { "name", "links" },
  schema = {
    fields.name(),
    { name = "links", type = "table", required = true, check = names_problem,
      doc = "Name = id of a dataset (its folder), perhaps with a part that has a path "
        .. "(com.lecun.mnist.train.labels)." },
  },
  stands = "nothing",
  waits = true,

  name = function(resource)
    return resource.name
  end,

  place = function(resource)
    return resource.name
  end,

  -- What it keeps in the dataset's folder beside its place.
  places = function(resource)
    local names = {}
    for name in pairs(resource.links) do
      names[#names + 1] = name
    end
    return names
  end,

  references = function(resource)
    return resource.links
  end,

  reaches = path_in,

  stored = function()
    return {}
  end,

  needs = function(resource)
    return { stored = 0, files = #sorted_keys(resource.links) }
  end,

  check = function(resource, _, store, dataset)
    for name in pairs(resource.links) do
      local path = store:folder(dataset) .. "/" .. name
      if not file.stat(path) then
        return nil, path .. ": leads nowhere"
      end
    end
    return true
  end,

  make = function(resource, part, context, dataset)
    for _, name in ipairs(sorted_keys(resource.targets)) do
      local target = resource.targets[name]
      local done, message, code = context.await(target.dataset)
      local path
      if done then
        path, message, code = path_of(context.store, target)
      end
      if path then
        done, message, code = make_link(path, name, context.store:folder(dataset), part)
      end
      if not path or not done then
        return nil, ("%s: %s: %s: %s"):format(dataset.id, resource.name, name, message), code
      end
    end
    return true
  end,

  -- As in the Python program, the folder that holds the links.
  value = function(_, path)
    return path:match "^(.*)/"
  end,
}
