--- Resource kind `manual`: a file that the user has to fetch by hand, and puts into a drop folder.
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local reading = require "datamaestro.engine.reading"
local text = require "datamaestro.text"
local verify = require "datamaestro.engine.verify"

-- A file of another name may be it where its size says so.
local function may_be(resource, name, found)
  if name == resource.filename then
    return true
  end
  return verify.digest(resource) ~= nil and resource.size == found.size
end

-- The files that may be it, those of its name first: {path, size, is_named}.
local function candidates(resource, folders)
  local named, others = {}, {}
  for _, folder in ipairs(folders) do
    for _, name in ipairs(file.list(folder) or {}) do
      local path = folder .. "/" .. name
      local found = file.stat(path)
      if found and found.type == "file" and may_be(resource, name, found) then
        local is_named = name == resource.filename
        table.insert(is_named and named or others, { path = path, size = found.size, is_named = is_named })
      end
    end
  end
  return table.move(others, 1, #others, #named + 1, named)
end

-- Copies a file if it is what is declared; what it is instead, for the message | nil, message, code for a
-- failure of ours.
local function take(resource, candidate, part, scheduler)
  local right, difference = verify.matches({ size = resource.size }, { size = candidate.size })
  local found, message, code
  if right then
    found, message, code = reading.copy(candidate.path, part, verify.digest(resource), scheduler)
    if not found and code == "space" then
      return nil, message, code
    elseif not found then
      return false, message
    end
    right, difference = verify.matches(resource, found)
  end
  if not right then
    file.remove(part)
    return false, ("%s: %s"):format(candidate.path, difference)
  end
  return true
end

local function indented(value)
  return (text.printable(text.wrap(value, 74)):gsub("\n(%S)", "\n    %1"))
end

local function bytes(size)
  return size < 1000 and text.size(size) or ("%s (%d bytes)"):format(text.size(size), size)
end

local function expected(resource)
  local name = verify.digest(resource)
  local parts = { resource.size and bytes(resource.size) or nil }
  parts[#parts + 1] = name and ("%s %s"):format(name, resource[name]) or nil
  return #parts > 0 and table.concat(parts, ", ") or "of any size (none is declared, nor a checksum)"
end

-- What to do, as one message whose further lines are indented.
local function instructions(resource, folders, misses, label)
  local lines = { label .. ": to be fetched by hand (in a drop folder expected)" }
  local function add(name, value)
    lines[#lines + 1] = ("  %-9s %s"):format(name, value)
  end
  if resource.instructions then
    lines[#lines + 1] = "    " .. indented(resource.instructions)
  end
  if resource.url then
    add("page:", text.line(text.url(resource.url)))
  end
  add("file:", expected(resource))
  add("put it:", text.line(folders[1] .. "/" .. resource.filename))
  for i = 2, #folders do
    add("or in:", text.line(folders[i]))
  end
  for _, miss in ipairs(misses) do
    add("not it:", text.line(miss))
  end
  return table.concat(lines, "\n")
end

return {
  doc = "A file that must be fetched by hand; it is taken from a drop folder.",
  example = [[manual("corpus.zip", { url = "https://host/form", instructions = "Fill in the form." })]],
  positional = { "filename" },
  schema = fields.join({
    fields.filename(),
    { name = "instructions", type = "string", doc = "What to do to get the file." },
    { name = "url", type = "url", doc = "The page to visit; it is shown, never fetched." },
    fields.other_name(),
    fields.transient(),
  }, fields.hashes()),
  stands = "file",

  problem = function(resource)
    if not resource.url and not resource.instructions then
      return "neither instructions nor a URL (one of them expected)"
    end
  end,

  name = fields.name_of_file,

  place = function(resource)
    return resource.filename
  end,

  stored = function(resource)
    return resource
  end,

  needs = function(resource)
    return { stored = resource.size }
  end,

  find = function(resource, context, dataset)
    local folders, misses = context.settings.drop_folders, {}
    for _, candidate in ipairs(candidates(resource, folders)) do
      local right, difference = verify.matches({ size = resource.size }, candidate)
      if right then
        return candidate.path
      end
      misses[#misses + 1] = ("%s: %s"):format(candidate.path, difference)
    end
    local label = ("%s: %s"):format(dataset.id, resource.name)
    return nil, instructions(resource, folders, misses, label), "unknown"
  end,

  make = function(resource, part, context, dataset)
    local label = ("%s: %s"):format(dataset.id, resource.name)
    local folders, misses = context.settings.drop_folders, {}
    for _, candidate in ipairs(candidates(resource, folders)) do
      local taken, message, code = take(resource, candidate, part, context.scheduler)
      if taken then
        if not verify.digest(resource) then
          context.warn(("%s: %s is taken by its name (the definition has no checksum)"):format(label,
            candidate.path))
        end
        return true
      elseif taken == nil then
        return nil, message, code
      end
      misses[#misses + 1] = message
    end
    return nil, instructions(resource, folders, misses, label), "unknown"
  end,
}
