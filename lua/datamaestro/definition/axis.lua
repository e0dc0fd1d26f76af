--- One axis of a family of datasets: which values it may have, and how they are written in ids.

local guess = require "datamaestro.guess"
local schema = require "datamaestro.schema"
local text = require "datamaestro.text"

local axis = {}

--- What a script calls `null`: a value that is there, where Lua's nil would leave no trace. Functions of
-- definitions get nil for it.
axis.null = setmetatable({}, {
  __name = "null", __metatable = false,
  __tostring = function()
    return "null"
  end,
  __newindex = function()
    error("'null' cannot be changed", 2)
  end,
})

local LISTED = 20 -- values in a message
local VALUE_MAXIMUM = 100 -- bytes of a value's text
local TYPES = { "string", "integer", "number", "boolean" }
local WORDS = { ["true"] = true, yes = true, ["1"] = true, ["false"] = false, no = false, ["0"] = false }

local function type_names()
  local names = {}
  for i, name in ipairs(TYPES) do
    names[2 * i - 1], names[2 * i] = name, name .. "?"
  end
  return names
end

--- The options of `Axis({ values… }, { … })`, as a schema.
axis.schema = {
  { name = "type", type = "string", values = type_names(),
    doc = "What the values are; with \"?\" null is one too (default: what all values of the list are)." },
  { name = "default", type = "any",
    doc = "The value where a selector has none (default: a selector must have one)." },
  { name = "description", type = "string", default = "", doc = "What the axis is, for people." },
  { name = "elide_default", type = "boolean", default = false,
    doc = "Whether ids leave the axis out at its default value, so that ids from before it was there stay." },
  { name = "in_id", type = "boolean", default = true,
    doc = "Whether the axis is part of ids; false for what does not change the data." },
}

-- --- Values as text ----------------------------------------------------------------------------

--- A value as ids have it.
-- @param value string | number | boolean | null
-- @return string
function axis.text(value)
  if value == axis.null then
    return "null"
  elseif math.type(value) == "float" then
    return text.float(value)
  end
  return tostring(value)
end

local function is_null_word(raw)
  local lower = raw:lower()
  return lower == "null" or lower == "none"
end

-- What would make an id ambiguous, or unreadable.
local function text_problem(raw)
  if raw:find "[%[%],@]" then
    return ("'%s' in a value (no brackets, ',' or '@')"):format(raw:match "[%[%],@]")
  elseif raw:find "%c" or not utf8.len(raw) then
    return "a value with control characters (one line of UTF-8 expected)"
  elseif raw:find "^%s" or raw:find "%s$" then
    return ("value '%s' (no blanks around it)"):format(raw)
  elseif #raw > VALUE_MAXIMUM then
    return ("a value of %d bytes (%d at most)"):format(#raw, VALUE_MAXIMUM)
  end
end

-- --- Declaration -------------------------------------------------------------------------------

local KIND_OF = { string = "string", integer = "integer", float = "number", boolean = "boolean" }

local function kind_of(value)
  return KIND_OF[math.type(value) or type(value)]
end

-- A value of the domain, or the default, as the axis' type has it | nil, problem.
local function declared_value(self, value, label)
  if value == axis.null then
    return value
  end
  local kind = kind_of(value)
  if not kind then
    return nil, ("%s: %s (string, number, boolean or null expected)"):format(label, schema.kind(value))
  elseif self.type == "number" and kind == "integer" then
    value, kind = value + 0.0, "number"
  elseif self.type == "integer" and kind == "number" and math.tointeger(value) then
    value, kind = math.tointeger(value), "integer"
  end
  if self.type and kind ~= self.type then
    return nil, ("%s: %s (%s expected)"):format(label, kind, self.type)
  elseif kind == "number" and (value ~= value or value == math.huge or value == -math.huge) then
    return nil, ("%s: %s (finite number expected)"):format(label, value)
  end
  local written = axis.text(value)
  local problem = text_problem(written) or (is_null_word(written) and ("'%s' reads as null"):format(written))
  if problem then
    return nil, ("%s: %s"):format(label, problem)
  end
  return value
end

-- The one type that all values have, null aside.
local function inferred(domain)
  local found
  for _, value in ipairs(domain or {}) do
    local kind = value ~= axis.null and kind_of(value)
    if kind and found and kind ~= found then
      return nil
    end
    found = kind or found
  end
  return found
end

local function size_of(list)
  local size = 0
  for _ in next, list do
    size = size + 1
  end
  return size
end

local function read_domain(self, given)
  local domain, seen = {}, {}
  for i = 1, size_of(given) do
    local label = ("%s[%d]"):format(self.name, i)
    local checked, problem = declared_value(self, given[i], label)
    if checked == nil then
      return nil, problem
    end
    local written = axis.text(checked)
    if seen[written] ~= nil then
      return nil, ("%s: '%s' is there already (values must differ)"):format(label, written)
    end
    seen[written], domain[i] = checked, checked
    self.optional = self.optional or checked == axis.null
  end
  if #domain == 0 then
    return nil, ("%s: no values (a list of them, or none for an open axis, expected)"):format(self.name)
  end
  self.domain, self.by_text = domain, seen
  return true
end

local function read_default(self, given)
  local value, problem = declared_value(self, given, self.name .. ".default")
  if value == nil then
    return nil, problem
  elseif value == axis.null then
    self.optional = true
  elseif self.domain and self.by_text[axis.text(value)] == nil then
    return nil, ("%s.default: %s"):format(self.name, axis.refusal(self, axis.text(value)))
  end
  self.default = value
  return true
end

--- Declares an axis.
-- @param name string: such as "size"
-- @param domain array of values | nil: nil for an open axis
-- @param options table: as of axis.schema
-- @return axis: { name, type (nil: any), optional (null is a value), domain, default, description,
--   elide_default, in_id } | nil, message
function axis.declare(name, domain, options)
  local self, problem = schema.check(axis.schema, options, name)
  if not self then
    return nil, problem
  end
  local given = self.default
  local plain, mark = (self.type or inferred(domain) or ""):match "^(%a*)(%??)$"
  self.name, self.default = name, nil
  self.type, self.optional = plain ~= "" and plain or nil, mark == "?"
  self.optional = self.optional or (not domain and not self.type)
  local done = true
  if domain then
    done, problem = read_domain(self, domain)
  end
  if done and given ~= nil then
    done, problem = read_default(self, given)
  end
  if not done then
    return nil, problem
  elseif self.elide_default and self.default == nil then
    return nil, ("%s.elide_default: no default to leave out (default = … expected)"):format(name)
  end
  return self
end

-- --- Values of selectors -----------------------------------------------------------------------

--- The texts of an axis' values.
-- @param self axis
-- @return array of strings: empty for an open axis
function axis.texts(self)
  local texts = {}
  for i, value in ipairs(self.domain or {}) do
    texts[i] = axis.text(value)
  end
  return texts
end

--- "a, b, c" or "a, b, … (80 more)", and a guess.
-- @param names array of strings: what is allowed
-- @param given string | nil: what was given instead
-- @return string: "a, b expected; did you mean 'a'?"
function axis.expected(names, given)
  local shown = table.concat(names, ", ", 1, math.min(#names, LISTED))
  local more = #names > LISTED and (" and %d more"):format(#names - LISTED) or ""
  local near = given and #given > 1 and guess.nearest(given, names)
  return ("%s%s expected%s"):format(shown, more, near and ("; did you mean '%s'?"):format(near) or "")
end

--- What is wrong with a value that the axis has not.
-- @param self axis
-- @param raw string: as it was given
-- @return string: "size=huge (small, large expected)"
function axis.refusal(self, raw)
  local expected = self.domain and axis.expected(axis.texts(self), raw)
    or ("%s expected"):format(self.type or "value")
  return ("%s=%s (%s)"):format(self.name, raw, expected)
end

local COERCE = {
  string = function(raw)
    return raw
  end,
  boolean = function(raw)
    return WORDS[raw:lower()]
  end,
  integer = function(raw)
    return raw:find "^[+-]?%d+$" and math.tointeger(tonumber((raw:gsub("^%+", "")))) or nil
  end,
  number = function(raw)
    local value = raw:find "^[+-]?[%d.]+[eE]?[+-]?%d*$" and tonumber((raw:gsub("^%+", "")))
    value = value and (value == 0 and raw:find "^-" and -0.0 or value + 0.0)
    return value and value == value and math.abs(value) ~= math.huge and value or nil
  end,
}

local function coerced_null(self, raw)
  if self.optional then
    return axis.null
  end
  return nil, axis.refusal(self, raw)
end

--- The value that a selector's text stands for.
-- @param self axis
-- @param raw string
-- @return value | nil, message
function axis.coerce(self, raw)
  local problem = text_problem(raw)
  if problem then
    return nil, ("%s: %s"):format(self.name, problem)
  elseif is_null_word(raw) then
    return coerced_null(self, raw)
  end
  local value
  if self.domain and not self.type then
    value = self.by_text[raw]
  else
    value = COERCE[self.type or "string"](raw)
  end
  if value == nil or (self.domain and self.by_text[axis.text(value)] == nil) then
    return nil, axis.refusal(self, raw)
  end
  return value
end

--- What the values are, for people.
-- @param self axis
-- @return string: "integer", "string?" (null is one too), "any"
function axis.type_name(self)
  return (self.type or "any") .. (self.type and self.optional and "?" or "")
end

--- What may be chosen, in a line.
-- @param self axis
-- @return string: "string: small, large (default small, which ids leave out)"
function axis.describe(self)
  local texts, notes = axis.texts(self), {}
  notes[1] = self.default ~= nil and "default " .. axis.text(self.default) or "required"
  if not self.in_id then
    notes[#notes + 1] = "in no id"
  elseif self.elide_default then
    notes[#notes + 1] = "which ids leave out"
  end
  local shown = table.concat(texts, ", ", 1, math.min(#texts, LISTED))
  return ("%s%s%s (%s)"):format(axis.type_name(self), #texts > 0 and ": " .. shown or "",
    #texts > LISTED and (" and %d more"):format(#texts - LISTED) or "", table.concat(notes, ", "))
end

--- A value of the axis as text, to show how a selector is written.
-- @param self axis
-- @return string: the default, else the first one, else the type in capitals
function axis.example(self)
  local value = self.default
  if value == nil and self.domain then
    value = self.domain[1]
  end
  return value ~= nil and axis.text(value) or (self.type or "any"):upper()
end

return axis
