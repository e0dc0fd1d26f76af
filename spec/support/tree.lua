--- The project's own sources, as specs read them.
local file = require "datamaestro.api.file"

local tree = {}

--- All files below a folder whose names end in `ending`.
-- @param folder string
-- @param ending string: ".lua", ".c", …
-- @param found table|nil: paths found so far
-- @return array of paths, sorted within each folder
function tree.files(folder, ending, found)
  found = found or {}
  for _, name in ipairs(assert(file.list(folder))) do
    local path = folder .. "/" .. name
    if file.stat(path).type == "folder" then
      tree.files(path, ending, found)
    elseif name:sub(-#ending) == ending then
      found[#found + 1] = path
    end
  end
  return found
end

--- The lines of a file.
-- @param path string
-- @return array of strings
function tree.lines(path)
  local lines = {}
  for line in io.lines(path) do
    lines[#lines + 1] = line
  end
  return lines
end

return tree
