--- What the resource kinds for archives have in common: a folder of what an archive holds.
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"

local archive_kind = {}

-- Whether a link stays in a folder, so many folders below it.
local function stays_inside(target, depth)
  if target:sub(1, 1) == "/" then
    return false
  end
  for part in target:gmatch "[^/]+" do
    depth = depth + (part == ".." and -1 or part == "." and 0 or 1)
    if depth < 0 then
      return false
    end
  end
  return true
end

-- Links were looked at in the archive's own folders: one of them may be left out.
local function check_links(root, prefix, depth)
  for _, name in ipairs(file.list(root .. prefix) or {}) do
    local path = prefix .. "/" .. name
    local found = file.stat(root .. path, true)
    local target = found and found.type == "link" and file.readlink(root .. path)
    if target and not stays_inside(target, depth) then
      local problem = "'%s': a link to '%s' (target inside the only folder, which is left out, expected)"
      return nil, problem:format(path:sub(2), target), "format"
    elseif found and found.type == "folder" then
      local done, message, code = check_links(root, path, depth + 1)
      if not done then
        return nil, message, code
      end
    end
  end
  return true
end

-- As the Python program has it: where all that an archive holds is in one folder, that folder is the result.
local function unwrap(part)
  local names, message, code = file.list(part)
  if not names then
    return nil, message, code
  end
  local only = #names == 1 and part .. "/" .. names[1]
  if not only or file.stat(only, true).type ~= "folder" then
    return true
  end
  local done
  done, message, code = check_links(only, "", 0)
  if done then
    done, message, code = file.move(only, part .. ".only")
  end
  if done then
    done, message, code = file.remove(part)
  end
  if done then
    done, message, code = file.move(part .. ".only", part)
  end
  return done, message, code
end

-- The last part of a URL's path.
local function base_of(url)
  return url:match "^[^?#]*":match "([^/]*)/*$":gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end)
end

-- Where the folder stands beside other resources: named after the archive, as in the Python program's
-- directories, but where that is no name for a folder.
local function place(resource, alone, endings)
  if resource.folder or alone then
    return resource.folder or ""
  end
  local base = resource.url and base_of(resource.url) or ""
  for _, ending in ipairs(endings) do
    local stem = base:match("^(.+)" .. ending .. "$")
    if stem then
      base = stem
      break
    end
  end
  return base:find "^[%w_][^/%c\\]*$" and #base <= 200 and base or resource.name
end

--- Makes the kind of an archive's format.
-- @param format string: "tar" or "zip"
-- @param texts table: doc, example
-- @param endings array of patterns: what the folder's name leaves out of the archive's
-- @return table: see resources/init.lua
function archive_kind.new(format, texts, endings)
  return {
    doc = texts.doc,
    example = texts.example,
    positional = { "name", "url" },
    schema = fields.join({ fields.name() }, fields.sources(), fields.selection(),
      { fields.folder(), fields.transient() }),
    problem = fields.source_problem,
    stands = "folder",
    requires = fields.requires,

    name = function(resource)
      return resource.name
    end,

    place = function(resource, alone)
      return place(resource, alone, endings)
    end,

    stored = function()
      return {}
    end,

    sources = function(resource)
      return { resource.url and fields.sources_of(resource) }
    end,

    needs = function(resource)
      return { served = resource.url and resource.size, spool = resource.size }
    end,

    make = function(resource, part, context, dataset)
      local made, record, code = require "datamaestro.engine.fetch".obtain({
        label = ("%s: %s"):format(dataset.id, resource.name),
        sources = fields.sources_of(resource, context, dataset),
        filename = resource.name,
        part = part,
        unpack = { format = format, subpath = resource.subpath, files = resource.files },
      }, context)
      local message = record
      if made then
        made, message, code = unwrap(part)
        if not made then
          file.remove_tree(part)
          message = ("%s: %s: %s"):format(dataset.id, resource.name, message)
        end
      end
      return made, made and record or message, code
    end,
  }
end

return archive_kind
