--- What of a resource's declaration shapes its content, as a short text: it shows when a definition has
-- changed since the content was made. Where bytes come from does not count as long as a digest says which
-- bytes they are.
local resources = require "datamaestro.engine.resources"
local verify = require "datamaestro.engine.verify"

local recipe = {}

-- What names a resource, says where its bytes are, or proves them.
local NO_PART = {
  name = true, filename = true, folder = true, mirrors = true, transient = true, proposals = true,
  instructions = true, check = true, content = true, size = true, md5 = true, sha1 = true, sha256 = true,
  sha512 = true,
}

local function write(out, value)
  local kind = type(value)
  if kind == "table" and type(value.fingerprint) == "function" then
    out[#out + 1] = value:fingerprint()
  elseif kind == "table" then
    local keys = {}
    for key in pairs(value) do
      keys[#keys + 1] = key
    end
    table.sort(keys, function(a, b)
      return tostring(a) < tostring(b)
    end)
    for _, key in ipairs(keys) do
      out[#out + 1] = ("{%s="):format(tostring(key))
      write(out, value[key])
      out[#out + 1] = "}"
    end
  elseif kind ~= "userdata" and kind ~= "function" then
    out[#out + 1] = ("%s:%s"):format(kind, tostring(value))
  end
end

-- FNV-1a of 64 bits: no proof, but it tells one text from another without OpenSSL, which is slow to load.
local function hash(text)
  local sum = 0xcbf29ce484222325
  for i = 1, #text do
    sum = (sum ~ text:byte(i)) * 0x100000001b3
  end
  return ("%016x"):format(sum)
end

--- The recipe of a resource.
-- @param resource resource
-- @return string: 16 hex digits
function recipe.of(resource)
  local proved = verify.digest(resource) or verify.digest(resource.content)
  local out = { resource.kind }
  for _, field in ipairs(resources.kind(resource).schema) do
    local value = resource[field.name]
    if value ~= nil and not NO_PART[field.name] and not (proved and field.name == "url") then
      out[#out + 1] = field.name .. "="
      write(out, value)
    end
  end
  return hash(table.concat(out, "\0"))
end

return recipe
