--- Resource kind `linkfolder`: a folder that the user has already, linked to.
local fields = require "datamaestro.engine.fields"
local file = require "datamaestro.api.file"
local glob = require "datamaestro.glob"
local proposals = require "datamaestro.engine.proposals"
local reading = require "datamaestro.engine.reading"

-- Whether all is there that must be. That the folder has gone is nothing to warn of: it is looked for again.
local function has_files(resource, path)
  if not file.stat(path) then
    return nil
  end
  for _, pattern in ipairs(resource.files or {}) do
    local names, message = glob.expand(path, pattern)
    if not names then
      return nil, message
    elseif #names == 0 then
      return nil, ("%s: no '%s' in it"):format(path, pattern)
    end
  end
  return true
end

-- The digest of the Python program's GlobChecker: the MD5 of the MD5s, in hex, of all files that are meant,
-- in the order of their names, those of .gz files of their content | nil, message.
local function sum_of(path, pattern, scheduler)
  local names, problem = glob.expand(path, pattern)
  if not names then
    return nil, problem
  elseif #names == 0 then
    return nil, ("%s: no '%s' in it"):format(path, pattern)
  end
  local sums = {}
  for _, name in ipairs(names) do
    local one = path .. "/" .. name
    local found = file.stat(one)
    if found and found.type == "file" then
      local digest, message = reading.digest(one, "md5", scheduler, name:find "%.gz$" and "gzip" or nil)
      if not digest then
        return nil, message
      end
      sums[#sums + 1] = digest.md5
    end
  end
  return require "datamaestro.api.digest".string("md5", table.concat(sums))
end

-- Reads what is to be checked: the sum where it is right, or not declared | nil, message.
local function read_sum(resource, path, scheduler)
  local check = resource.check
  local sum, message = sum_of(path, check.glob, scheduler)
  if sum and check.md5 and sum ~= check.md5 then
    return nil, ("%s: md5 of '%s' %s (%s expected)"):format(path, check.glob, sum, check.md5)
  end
  return sum, message
end

local function is_right(resource, path, context, label)
  local right, message = has_files(resource, path)
  if right and resource.check then
    right, message = read_sum(resource, path, context.scheduler)
  end
  if right and resource.check and not resource.check.md5 then
    context.warn(("%s: the md5 of '%s' is %s (none is declared)"):format(label, resource.check.glob, right))
  end
  return right, message
end

return {
  doc = "Links to a folder that the user has already, the first of some proposals that is right.",
  example = [[linkfolder("corpus", { { "corpora", "disks45" }, "/srv/disks45" }, { files = { "FB*" } })]],
  positional = { "name", "proposals" },
  schema = fields.join(proposals.fields(), {
    { name = "files", type = "list", items = { type = "string", check = glob.problem },
      doc = "What must be in it: names or globs (* ? [a-z], ** across folders), looked for at each use." },
    { name = "check", type = "table", fields = {
      { name = "glob", type = "string", required = true, check = glob.problem,
        doc = "The files that are read." },
      { name = "md5", type = "string", hex = 32,
        doc = "MD5 of their MD5s in hex, in the order of their names (.gz files decompressed)." },
    }, doc = "Files whose content is checked when the link is made: { glob = \"FB*\", md5 = … }." },
  }),
  problem = proposals.problem,
  stands = "folder",

  name = function(resource)
    return resource.name
  end,

  place = function(resource)
    return resource.name
  end,

  stored = function()
    return {}
  end,

  needs = function()
    return { stored = 0, files = 1 }
  end,

  find = function(resource, context, dataset)
    return proposals.find(resource, context, dataset, "folder", function(path)
      return has_files(resource, path)
    end)
  end,

  check = has_files,

  -- What nobody recorded, such as a link of the Python program's, may be large; but this is once.
  prove = function(resource, path)
    if not resource.check or not resource.check.md5 then
      return nil
    end
    local sum, message = read_sum(resource, path)
    return sum ~= nil, message
  end,

  make = function(resource, part, context, dataset)
    local label = ("%s: %s"):format(dataset.id, resource.name)
    return proposals.link(resource, part, context, dataset, "folder", function(path)
      return is_right(resource, path, context, label)
    end)
  end,
}
