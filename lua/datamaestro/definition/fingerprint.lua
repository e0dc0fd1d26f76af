--- What a function of a script comes down to, as a text, for comparing: where it stands does not show, what
-- it uses of its file does.

local file = require "datamaestro.api.file"
local sandbox = require "datamaestro.definition.sandbox"

local fingerprint = {}

-- Adds the function's lines without their indentation.
local function add_lines(out, info)
  local number = 0
  for line in (file.read(sandbox.script_of(info.source)) or ""):gmatch "([^\n]*)\n?" do
    number = number + 1
    if number >= info.linedefined and number <= info.lastlinedefined then
      line = number == info.linedefined and line:match "function.*" or line
      line = number == info.lastlinedefined and line:match "^.*end" or line
      out[#out + 1] = line:match "^%s*(.-)%s*$"
    end
  end
end

local add

local function add_table(out, value, seen)
  local keys = {}
  for key in next, value do
    keys[#keys + 1] = type(key) ~= "table" and type(key) ~= "function" and key or nil
  end
  table.sort(keys, function(a, b)
    return tostring(a) < tostring(b)
  end)
  for _, key in ipairs(keys) do
    out[#out + 1] = tostring(key) .. "="
    add(out, rawget(value, key), seen)
  end
end

-- Adds the function, and what it names of what surrounds it: local functions and values of the file.
local function add_function(out, f, seen)
  local info = debug.getinfo(f, "S")
  if not sandbox.script_of(info.source) then
    return -- one of ours
  end
  add_lines(out, info)
  local i, name, value = 1, debug.getupvalue(f, 1)
  while name do
    if name ~= "_ENV" then
      out[#out + 1] = name .. "="
      add(out, value, seen)
    end
    i = i + 1
    name, value = debug.getupvalue(f, i)
  end
end

function add(out, value, seen)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" then
    out[#out + 1] = tostring(value)
  elseif kind == "function" and not seen[value] then
    seen[value] = true
    add_function(out, value, seen)
  elseif kind == "table" and not seen[value] and not debug.getmetatable(value) then -- else one of ours
    seen[value] = true
    add_table(out, value, seen)
  end
end

--- Makes the text.
-- @param f function: of a script
-- @return string
function fingerprint.of(f)
  local out = {}
  add(out, f, {})
  return table.concat(out, "\n")
end

return fingerprint
