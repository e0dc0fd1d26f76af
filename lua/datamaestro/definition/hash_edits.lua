--- Where sizes and hashes go in a script: the edits (datamaestro/edits.lua) that put what was measured of a
-- resource into its call. Where the script is not written plainly enough, nothing is guessed.

local lua_source = require "datamaestro.definition.lua_source"

local hash_edits = {}

local NAMES = { "size", "md5", "sha1", "sha512", "sha256" }
local IS_ONE = {}
for _, name in ipairs(NAMES) do
  IS_ONE[name] = true
end

-- --- Finding the call ------------------------------------------------------------------------------------

-- The first argument of the resource's call.
local function label_of(resource)
  local is_file = resource.kind == "filedownloader" or resource.kind == "concatdownload"
  return is_file and resource.filename or resource.name
end

local function literal(tokens, part)
  return part and part.first == part.last and lua_source.value(tokens[part.first]) or nil
end

-- The call of a resource, and its table of options where it has one | nil, why not.
local function find(tokens, resource)
  local found
  for _, call in ipairs(lua_source.calls(tokens, resource.kind, resource.line)) do
    if literal(tokens, call.parts[1]) == label_of(resource) then
      if found then
        return nil, "two such calls in the line"
      end
      found = call
    end
  end
  if not found then
    return nil, ("no plain call %s(\"%s\", …) in the line"):format(resource.kind, label_of(resource))
  end
  local url, count = literal(tokens, found.parts[2]), #found.parts
  if url ~= resource.url and found.is_repeated then
    return nil, "the call stands in a function or a loop, and its URL is computed"
  end
  local last = found.parts[count]
  local options = count > 1 and lua_source.table_of(tokens, last)
  if count > 3 or (count == 3 and not options) or (count == 2 and not options and url == nil
    and tokens[last.first].text == "{") then
    return nil, "its options are not written out as a table in the call"
  end
  return found, options or nil
end

-- --- Writing ---------------------------------------------------------------------------------------------

local function written(value)
  return type(value) == "number" and ("%d"):format(value) or ('"%s"'):format(value)
end

local function line_start(text, at)
  local start = at
  while start > 1 and text:sub(start - 1, start - 1) ~= "\n" do
    start = start - 1
  end
  return start
end

local function indent_at(text, at)
  return text:match("^[ \t]*", line_start(text, at))
end

-- Lines of fields, each with its indentation and comma.
local function field_lines(fields, indent)
  local lines = {}
  for _, field in ipairs(fields) do
    if field.fields then
      lines[#lines + 1] = ("%s%s = {"):format(indent, field.name)
      table.move(field_lines(field.fields, indent .. "  "), 1, #field.fields, #lines + 1, lines)
      lines[#lines + 1] = indent .. "},"
    else
      lines[#lines + 1] = ("%s%s = %s,"):format(indent, field.name, written(field.value))
    end
  end
  return lines
end

-- A table of fields as the last argument.
local function add_table(job, part, fields)
  local indent = indent_at(job.text, job.tokens[job.call.index].first)
  local body = table.concat(field_lines(fields, indent .. "  "), job.newline)
  local at = job.tokens[part.last].last + 1
  table.insert(job.edits, { first = at, last = at - 1,
    text = (", {%s%s%s%s}"):format(job.newline, body, job.newline, indent) })
end

-- The entry behind which new fields go: the last that is a size or a hash, else the last one.
local function anchor_of(found)
  local anchor
  for _, entry in ipairs(found.entries) do
    anchor = IS_ONE[entry.name or 0] and entry or anchor
  end
  return anchor or found.entries[#found.entries]
end

-- Where new lines go behind an entry: at the end of its line where nothing but a comment follows.
local function place_behind(job, entry)
  local tokens, stop = job.tokens, entry.separator or entry.last
  local following = tokens[stop + 1]
  local line_end = (job.text:find("\n", tokens[stop].last, true) or #job.text + 1) - 1
  local rest = job.text:sub(tokens[stop].last + 1, line_end)
  local is_rest = rest:find "^%s*$" or (rest:find "^%s*%-%-" and not rest:find "^%s*%-%-%[=*%[")
  if following.first > line_end and is_rest then
    return line_end - (rest:sub(-1) == "\r" and 1 or 0) + 1, true
  end
  return tokens[stop].last + 1, false
end

-- New fields in a table that has entries.
local function add_behind(job, found, fields)
  local entry = anchor_of(found)
  local tokens = job.tokens
  local first = tokens[found.entries[1].first]
  local indent = first.line > tokens[found.open].line and indent_at(job.text, first.first)
    or indent_at(job.text, tokens[found.open].first) .. "  "
  local body = job.newline .. table.concat(field_lines(fields, indent), job.newline)
  local at, alone = place_behind(job, entry)
  if not entry.separator then
    local after = tokens[entry.last].last + 1
    table.insert(job.edits, { first = after, last = after - 1, text = "," })
    body = alone and body or body:sub(1, -2) -- a brace follows
  end
  table.insert(job.edits, { first = at, last = at - 1, text = body })
end

-- New fields in an empty table.
local function fill(job, found, fields)
  local open, close = job.tokens[found.open], job.tokens[found.close]
  local indent = indent_at(job.text, open.first)
  local body = table.concat(field_lines(fields, indent .. "  "), job.newline)
  table.insert(job.edits, { first = open.last + 1, last = open.last,
    text = job.newline .. body .. (job.text:sub(open.last + 1, close.first - 1):find "\n" and ""
      or job.newline .. indent) })
end

local set_fields

-- Sets a field that is there; what is wrong, or nil.
local function set(job, entry, field)
  if field.fields then
    local inner = lua_source.table_of(job.tokens, entry)
    return not inner and ("'%s' is not written out as a table"):format(field.name)
      or set_fields(job, inner, field.fields)
  end
  local token = job.tokens[entry.first]
  local value = entry.first == entry.last and lua_source.value(token)
  if value == nil or value == false then
    return ("'%s' is computed"):format(field.name)
  elseif value ~= field.value and tostring(value):lower() ~= tostring(field.value) then
    table.insert(job.edits, { first = token.first, last = token.last, text = written(field.value) })
  end
end

function set_fields(job, found, fields)
  local missing = {}
  for _, field in ipairs(fields) do
    local entry = found.by_name[field.name]
    local problem = entry and set(job, entry, field)
    if problem then
      return problem
    elseif not entry then
      missing[#missing + 1] = field
    end
  end
  if #missing > 0 and #found.entries > 0 then
    add_behind(job, found, missing)
  elseif #missing > 0 then
    fill(job, found, missing)
  end
end

--- The fields that a declaration should have: size, sha256, and other digests that it has now.
-- @param declared table|nil: as it is now
-- @param measured table: size, sha256, …
-- @return array of { name, value }
function hash_edits.fields(declared, measured)
  local fields = {}
  for _, name in ipairs(NAMES) do
    if name == "size" or name == "sha256" or (declared and rawget(declared, name)) then
      fields[#fields + 1] = { name = name, value = measured[name] }
    end
  end
  return fields
end

--- Finds the edits that give a resource's call its sizes and hashes.
-- @param text string: the script
-- @param resource resource: as the script declares it now
-- @param fields array of { name, value } and { name, fields }: what its options should have
-- @return array of edits, empty where all is right | nil, why it cannot be told
function hash_edits.of(text, resource, fields)
  local tokens = lua_source.tokens(text)
  local call, options = find(tokens, resource)
  if not call then
    return nil, options
  end
  local job = { text = text, tokens = tokens, call = call, edits = {},
    newline = text:find("\r\n", 1, true) and "\r\n" or "\n" }
  local problem
  if options then
    problem = set_fields(job, options, fields)
  else
    add_table(job, call.parts[#call.parts], fields)
  end
  if problem then
    return nil, problem
  end
  return job.edits
end

return hash_edits
