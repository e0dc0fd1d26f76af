--- Locks of files that always succeed, for programs that we run: what file systems do that do not keep them.
local program = require "spec.support.program"

local lying_locks = {}

--- Builds what is to be preloaded.
-- @param folder string: where it goes; it exists
-- @return table: the environment variables for a program under such locks
function lying_locks.build(folder)
  local library = folder .. "/lying_flock.so"
  local result = program.shell(("cc -shared -fPIC -O1 -D_GNU_SOURCE -Wall -Wextra -Werror -o %s "
    .. "spec/support/lying_flock.c"):format(program.quote(library)))
  assert(result.status == 0, result.err)
  -- A program built with a sanitizer wants its library to be the first one.
  local options = os.getenv "ASAN_OPTIONS" or ""
  return { LD_PRELOAD = library, ASAN_OPTIONS = options .. ":verify_asan_link_order=0" }
end

return lying_locks
