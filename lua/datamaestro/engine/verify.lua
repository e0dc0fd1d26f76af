--- Are bytes what was declared?
local verify = {}

-- Best first: sha256 has its own CPU instructions, md5 and sha1 no longer prove anything against intent.
local DIGESTS = { "sha256", "sha512", "sha1", "md5" }

--- The digest to compute for a declaration: the strongest that it has.
-- @param declared table|nil: fields size, md5, sha1, sha256, sha512, each optional
-- @return string|nil: its name; nil when no digest is declared
function verify.digest(declared)
  for _, name in ipairs(DIGESTS) do
    if declared and declared[name] then
      return name
    end
  end
end

--- Holds found bytes against a declaration.
-- @param declared table|nil: fields size (bytes), md5, sha1, sha256, sha512 (hex), each optional
-- @param found table: size, and the digests that were computed, by name
-- @return true | false, what was found (what was expected)
function verify.matches(declared, found)
  if declared and declared.size and declared.size ~= found.size then
    return false, ("%d bytes (%d expected)"):format(found.size, declared.size)
  end
  local name = verify.digest(declared)
  if name and found[name] ~= declared[name]:lower() then
    return false, ("%s %s (%s expected)"):format(name, found[name], declared[name]:lower())
  end
  return true
end

--- Checks a file in place against a declaration, reading it only if a digest is declared.
-- @param path string
-- @param declared table|nil: as for verify.matches
-- @return true, table|nil: what was found, where it was read: size, sha256 and the digest that is declared |
--   nil, message, code ("checksum" when it differs)
function verify.file(path, declared)
  local name = verify.digest(declared)
  local found, message, code
  if name then
    found, message, code = require "datamaestro.api.digest".file(path, { name, "sha256" })
  else
    found, message, code = require "datamaestro.api.file".stat(path)
  end
  if not found then
    return nil, message, code
  end
  local same, difference = verify.matches(declared, found)
  if not same then
    return nil, ("%s: %s"):format(path, difference), "checksum"
  end
  return true, name and found or nil
end

return verify
