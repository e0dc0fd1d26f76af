--- Schemas and doc comments as annotations for lua-language-server (LuaCATS).
local luacats = {}

local PLAIN = { string = "string", integer = "integer", number = "number", boolean = "boolean",
  path = "string",
  url = "string", ["function"] = "function", any = "any", table = "table" }

-- What doc comments call things; the first pattern that fits counts.
local PHRASES = {
  { "^iterator of (.*)$", "fun(): %s" }, { "^array of (.*)$", "%s[]" }, { "^arrays of (.*)$", "%s[]" },
  { "^strings?$", "string" }, { "^integers?$", "integer" }, { "^numbers?$", "number" },
  { "^booleans?$", "boolean" },
  { "^tables?$", "table" }, { "^tensors?$", "datamaestro.Tensor" }, { "^file handle", "file*" },
  { "^File$", "datamaestro.data.file" }, { "^functions?", "function" }, { "^true$", "true" },
  { "^writer", "datamaestro.Writer" }, { "^file to read$", "datamaestro.WorkFile" },
  { "^object", "datamaestro.data.base" }, { "^datasets?$", "datamaestro.Dataset" },
}

--- The type that a phrase of a doc comment stands for.
-- @param phrase string: "array of strings", "tensor (float64)", "string | nil"
-- @return string: any where the phrase is none of those known
function luacats.phrase(phrase)
  local plain = phrase:gsub("%b()", ""):gsub("[:;,].*$", ""):gsub("%s+$", "")
  local first, rest = plain:match "^(.-)%s*|%s*(.*)$"
  if first then
    return luacats.phrase(first) .. (rest:find "^nil" and "?" or "|" .. luacats.phrase(rest))
  end
  for _, known in ipairs(PHRASES) do
    local inside = plain:match(known[1])
    if inside then
      return (known[2]:gsub("%%s", function()
        return luacats.phrase(inside)
      end))
    end
  end
  return "any"
end

local function one_line(text)
  return (tostring(text or ""):gsub("%s+", " "):gsub("^ ", ""):gsub(" $", ""))
end

--- A text as comment lines.
-- @param lines array: where they go
-- @param text string
function luacats.text(lines, text)
  for line in (text .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = "---" .. line
  end
end

local type_of

local function values_of(values)
  local names = {}
  for i, value in ipairs(values) do
    names[i] = ("%q"):format(value)
  end
  return table.concat(names, "|")
end

local function array_of(item)
  return item:find("|", 1, true) and "(" .. item .. ")[]" or item .. "[]"
end

-- The type of a field; tables with fields of their own become classes called `name`, put into `classes`.
function type_of(field, name, classes)
  local kind
  if type(field.type) == "table" then
    kind = field.type.id
  elseif field.values then
    kind = values_of(field.values)
  elseif field.type == "list" then
    kind = array_of(field.items and type_of(field.items, name, classes) or "any")
  elseif field.type == "table" and field.fields then
    classes[#classes + 1] = { name = name, fields = field.fields, positional = field.positional }
    kind = name
  else
    kind = field.annotation or PLAIN[field.type]
  end
  return field.either and kind .. "|" .. type_of(field.either, name, classes) or kind
end

--- The type of a field where no class of its own can stand, as of a parameter.
-- @param field table: of a schema
-- @return string
function luacats.type_of(field)
  return type_of(field, "table", {})
end

local function add_field(lines, label, field, name, classes, optional)
  local mark = optional and "?" or ""
  lines[#lines + 1] = (("---@field %s%s %s %s"):format(label, mark, type_of(field, name, classes),
    one_line(field.doc)):gsub(" $", ""))
end

-- "integer: of a batch" → "of a batch": the type is told apart.
local function without_type(text)
  return one_line(text and (text:match "^[^:]*:%s*(.*)$" or (luacats.phrase(text) == "any" and text or "")))
end

local function is_optional(field, positional)
  for _, name in ipairs(positional or {}) do
    if name == field.name then
      return true -- it may be given by its place
    end
  end
  return not field.required
end

--- A schema as a class.
-- @param lines array: where it goes
-- @param name string: of the class
-- @param fields table: a schema
-- @param options table | nil: `parent` (string), `positional` (array of the names of values given by their
--   places), `skip` (table of names left out), `set` (boolean: fields with defaults are there, as in an
--   object), `first` (array of lines that come before the fields)
function luacats.class(lines, name, fields, options)
  options = options or {}
  local classes = {}
  lines[#lines + 1] = ("---@class %s%s"):format(name, options.parent and ": " .. options.parent or "")
  table.move(options.first or {}, 1, #(options.first or {}), #lines + 1, lines)
  for i, position in ipairs(options.positional or {}) do
    for _, field in ipairs(fields) do
      if field.name == position then
        add_field(lines, ("[%d]"):format(i), field, name .. "." .. field.name, {}, true)
      end
    end
  end
  for _, field in ipairs(fields) do
    if not (options.skip and options.skip[field.name]) then
      local optional = is_optional(field, options.positional) and not (options.set and field.default ~= nil)
      add_field(lines, field.name, field, name .. "." .. field.name, classes, optional)
    end
  end
  lines[#lines + 1] = ""
  for _, class in ipairs(classes) do
    luacats.class(lines, class.name, class.fields, { positional = class.positional })
  end
end

-- "tensor (float64), names | nil, message, code" → types of what a success gives, and whether it may fail.
local function returns_of(text)
  local success, failure = text, false
  if text:find("nil, message", 1, true) then
    success, failure = text:gsub("%s*|%s*nil, message.*$", ""), true
  end
  local kinds = {}
  if success:find "^iterator" then
    return { luacats.phrase(success) }, false
  end
  for phrase in (success:gsub("%b()", ""):gsub("[:;].*$", "") .. ","):gmatch "%s*([^,]+)," do
    kinds[#kinds + 1] = luacats.phrase(phrase)
  end
  return kinds, failure
end

--- A function with its doc comment.
-- @param lines array: where it goes
-- @param name string: "Generic:rows"
-- @param func function
-- @param comment table | nil: of datamaestro.comments
-- @param skipped integer: parameters left out at the beginning (self)
function luacats.func(lines, name, func, comment, skipped)
  luacats.text(lines, comment and comment.text or "")
  local names, texts = {}, {}
  for _, param in ipairs(comment and comment.params or {}) do
    texts[param[1]] = param[2]
  end
  local about = debug.getinfo(func, "u")
  for i = 1 + skipped, about.nparams do
    names[#names + 1] = debug.getlocal(func, i)
  end
  names[#names + 1] = about.isvararg and "..." or nil
  for _, param in ipairs(names) do
    local kind = luacats.phrase(texts[param] or "")
    local optional = kind:sub(-1) == "?" and param ~= "..."
    lines[#lines + 1] = (("---@param %s%s %s %s"):format(param, optional and "?" or "",
      kind:gsub("%?$", ""), without_type(texts[param])):gsub(" $", ""))
  end
  local kinds, failure = returns_of(comment and comment.returns or "")
  for i, kind in ipairs(kinds) do
    local mark = (failure or i > 1) and kind ~= "any" and kind:sub(-1) ~= "?" and "?" or ""
    lines[#lines + 1] = (("---@return %s%s %s"):format(kind, mark,
      i == 1 and "# " .. one_line(comment.returns) or ""):gsub(" $", ""))
  end
  if failure and #kinds == 1 then
    lines[#lines + 1] = "---@return string? message"
    lines[#lines + 1] = "---@return string? code"
  end
  lines[#lines + 1] = ("function %s(%s) end"):format(name, table.concat(names, ", "))
  lines[#lines + 1] = ""
end

return luacats
