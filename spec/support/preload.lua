--- Libraries to be preloaded by programs that we run: file systems that do not keep locks, disks that fail.
local program = require "spec.support.program"

local preload = {}

--- Builds one.
-- @param name string: of its source, spec/support/<name>.c
-- @param folder string: where it goes; it exists
-- @return table: the environment variables for a program under it
function preload.build(name, folder)
  local library = ("%s/%s.so"):format(folder, name)
  local result = program.shell(("cc -shared -fPIC -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -o %s "
    .. "spec/support/%s.c -ldl"):format(program.quote(library), name))
  assert(result.status == 0, result.err)
  -- A program built with a sanitizer wants its library to be the first one.
  local options = os.getenv "ASAN_OPTIONS" or ""
  return { LD_PRELOAD = library, ASAN_OPTIONS = options .. ":verify_asan_link_order=0" }
end

return preload
