--- Temporary folders.
local program = require "spec.support.program"

local temp = {}

--- Makes an empty folder.
-- @return string: its path
function temp.folder()
  local handle = assert(io.popen "mktemp -d")
  local path = handle:read "l"
  handle:close()
  return path
end

--- Removes a folder and what is in it.
-- @param path string: made by temp.folder()
function temp.remove(path)
  assert(path:find "^/tmp/")
  os.execute("chmod -R u+rwX " .. program.quote(path) .. "; rm -rf " .. program.quote(path))
end

--- Writes a file, making its folder.
-- @param path string
-- @param content string
-- @return string: the path
function temp.write(path, content)
  assert(require "datamaestro.api.file".mkdirs(path:match "^(.*)/"))
  local handle = assert(io.open(path, "wb"))
  assert(handle:write(content))
  handle:close()
  return path
end

--- Reads a file.
-- @param path string
-- @return string
function temp.read(path)
  local handle = assert(io.open(path, "rb"))
  local content = handle:read "a"
  handle:close()
  return content
end

return temp
