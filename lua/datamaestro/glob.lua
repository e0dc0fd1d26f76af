--- Names by patterns, as the shell has them: `*`, `?`, `[a-z]`, `[!a-z]` within a name, `**` for folders in
-- between, any number of them. Names that begin with a dot are names like others. Matching takes time in
-- proportion to the lengths of pattern and name, whatever they are: patterns come from strangers.
local file = require "datamaestro.api.file"
local limits = require "datamaestro.api.sandbox"

local glob = {}

local LONGEST = 1024 -- bytes of a pattern

--- What is wrong with a pattern for paths in a folder.
-- @param pattern string
-- @return string | nil: "found (expected)"
function glob.problem(pattern)
  if #pattern > LONGEST or pattern:find "%c" then
    return ("'%s' (one short line expected)"):format(pattern:sub(1, 60))
  end
  for part in (pattern .. "/"):gmatch "(.-)/" do
    if part == "" or part == "." or part == ".." then
      return ("'%s' (relative path, perhaps with * ? [a-z] **, without '.', '..' and '//', expected)"):format(
        pattern:sub(1, 60))
    end
  end
  if pattern == "**" or pattern:find "/%*%*$" then
    return ("'%s' (ends with folders; a name, such as **/*, expected behind them)"):format(pattern:sub(1, 60))
  end
end

local function characters(text)
  local list = {}
  for character in text:gmatch(utf8.len(text) and utf8.charpattern or ".") do
    list[#list + 1] = character
  end
  return list
end

-- A `[…]` that begins at a character: what it takes, and where it ends; nil where it is not closed.
local function read_set(pattern, at)
  local set = { negated = pattern[at + 1] == "!", ranges = {} }
  local i = at + (set.negated and 2 or 1)
  local first = i
  while pattern[i] and (pattern[i] ~= "]" or i == first) do
    if pattern[i + 1] == "-" and pattern[i + 2] and pattern[i + 2] ~= "]" then
      table.insert(set.ranges, { pattern[i], pattern[i + 2] })
      i = i + 3
    else
      table.insert(set.ranges, { pattern[i], pattern[i] })
      i = i + 1
    end
  end
  if pattern[i] then
    return set, i
  end
end

-- The parts of a pattern: "*", "?", a set or { literal = character }.
local function compile(text)
  local pattern, parts, i = characters(text), {}, 1
  while pattern[i] do
    local character = pattern[i]
    local set, last
    if character == "[" then
      set, last = read_set(pattern, i)
    end
    parts[#parts + 1] = set or (character == "*" or character == "?") and character or { literal = character }
    i = (last or i) + 1
  end
  return parts
end

-- Bytes of UTF-8 are in the order of the characters.
local function takes(part, character)
  if part == "?" then
    return true
  elseif part.literal then
    return part.literal == character
  end
  for _, range in ipairs(part.ranges) do
    if character >= range[1] and character <= range[2] then
      return not part.negated
    end
  end
  return part.negated
end

-- Only the last `*` is ever tried again: what an earlier one could take, a later one can as well.
local function matches(parts, name)
  local i, j, star, from = 1, 1, nil, nil
  while name[j] do
    if parts[i] == "*" then
      star, from = i, j
      i = i + 1
    elseif parts[i] and takes(parts[i], name[j]) then
      i, j = i + 1, j + 1
    elseif star then
      from = from + 1
      i, j = star + 1, from
    else
      return false
    end
  end
  while parts[i] == "*" do
    i = i + 1
  end
  return parts[i] == nil
end

--- Whether a name, without slashes, is meant by a pattern.
-- @param pattern string
-- @param name string
-- @return boolean
function glob.matches(pattern, name)
  return matches(compile(pattern), characters(name))
end

-- --- In a folder --------------------------------------------------------------------------------

local ENTRIES = 100000        -- names in folders, looked at for one pattern, at most
local INSTRUCTIONS = 1 << 30  -- some seconds
local SECONDS = 600           -- of CPU time: instructions are over long before

-- The names in a folder, read once.
local function names_in(walk, relative)
  local names = walk.names[relative]
  if not names then
    names = file.list(walk.root .. "/" .. relative) or {}
    walk.count = walk.count + #names
    if walk.count > ENTRIES then
      error(("over %d files and folders to look at (a narrower pattern expected)"):format(ENTRIES), 0)
    end
    walk.names[relative] = names
  end
  return names
end

local expand

-- The folder itself and all below it, through no link.
local function expand_below(walk, relative, at)
  expand(walk, relative, at + 1)
  for _, name in ipairs(names_in(walk, relative)) do
    local found = file.stat(walk.root .. "/" .. relative .. name, true)
    if found and found.type == "folder" then
      expand(walk, relative .. name .. "/", at)
    end
  end
end

local function expand_part(walk, relative, at)
  local part, is_last = walk.parts[at], at == #walk.parts
  for _, name in ipairs(part.plain and { part.plain } or names_in(walk, relative)) do
    local path = relative .. name
    if part.plain or matches(part, characters(name)) then
      local found = file.stat(walk.root .. "/" .. path)
      if found and is_last then
        walk.found[path] = true
      elseif found and found.type == "folder" then
        expand(walk, path .. "/", at + 1)
      end
    end
  end
end

-- Adds what of a folder (its path with a slash at the end, or "") the parts from `at` on mean. There are as
-- many ways to a folder as there are ways to share its path among several `**`: one of them is enough.
function expand(walk, relative, at)
  local done = walk.done[at] or {}
  walk.done[at] = done
  if not done[relative] then
    done[relative] = true
    local step = walk.parts[at].below and expand_below or expand_part
    step(walk, relative, at)
  end
end

local function walk_of(root, pattern)
  local walk = { root = root, parts = {}, found = {}, names = {}, done = {}, count = 0 }
  for text in pattern:gmatch "[^/]+" do
    local part = compile(text)
    part.below = text == "**"
    part.plain = not text:find "[*?%[]" and text or nil
    walk.parts[#walk.parts + 1] = part
  end
  return walk
end

-- As paths are sorted, name by name: "a/b" comes before "a-b".
local function sorted(found)
  local keys = {}
  for path in pairs(found) do
    keys[#keys + 1] = (path:gsub("/", "\0"))
  end
  table.sort(keys)
  for i, key in ipairs(keys) do
    keys[i] = (key:gsub("\0", "/"))
  end
  return keys
end

--- What of a folder a pattern means, folders too. It takes bounded time, and Ctrl-C ends it.
-- @param root string: the folder
-- @param pattern string: without a problem
-- @return array of paths relative to it, sorted by their names, folder by folder | nil, message, code: where
--   there is too much to look at
function glob.expand(root, pattern)
  local bounds = { instructions = INSTRUCTIONS, seconds = SECONDS, source = pattern }
  local done, list = limits.run(bounds, function()
    local walk = walk_of(root, pattern)
    expand(walk, "", 1)
    return sorted(walk.found)
  end)
  if not done then
    return nil, ("%s: '%s': %s"):format(root, pattern:sub(1, 60), list), "error"
  end
  return list
end

return glob
