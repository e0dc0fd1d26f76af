--- The axes of a family of datasets together: selectors `[size=small,seed=1]`, read and written.

local axis = require "datamaestro.definition.axis"

local variants = {}

local Variants = { __name = "variants" }
Variants.__index = Variants

local FOLDER_MAXIMUM = 240 -- bytes: a file system takes 255

--- Makes the variants of some axes.
-- @param axes array of axes, no two of one name
-- @return variants: { axes = array sorted by name, by_name = table, used = set of the names of axes that the
--   author's functions of resources have asked for }
function variants.new(axes)
  local self = setmetatable({ axes = table.move(axes, 1, #axes, 1, {}), by_name = {}, used = {} }, Variants)
  table.sort(self.axes, function(a, b)
    return a.name < b.name
  end)
  for _, one in ipairs(self.axes) do
    self.by_name[one.name] = one
  end
  return self
end

--- The names of the axes.
-- @return array of strings, sorted
function Variants:names()
  local names = {}
  for i, one in ipairs(self.axes) do
    names[i] = one.name
  end
  return names
end

-- --- Selectors ---------------------------------------------------------------------------------

local function trimmed(text)
  return text:match "^%s*(.-)%s*$"
end

-- Takes one `axis=value` into `given`; a problem or nil.
local function take(self, fragment, given)
  local name, raw = fragment:match "^([^=]*)=(.*)$"
  if not name then
    return ("'%s' is no axis=value (such as %s)"):format(fragment, self:example())
  end
  name = trimmed(name)
  local one = self.by_name[name]
  if not one then
    return ("unknown axis '%s' (%s)"):format(name, axis.expected(self:names(), name))
  elseif given[name] ~= nil then
    return ("axis '%s' is given twice (one value expected)"):format(name)
  end
  local problem
  given[name], problem = axis.coerce(one, trimmed(raw))
  return problem
end

--- Reads a selector, without its brackets.
-- @param selector string: "size=small,seed=1"; "" for all defaults
-- @return table: name → value, of the axes that it names | nil, message
function Variants:parse(selector)
  local given = {}
  for fragment in selector:gmatch "[^,]+" do
    fragment = trimmed(fragment)
    local problem = fragment ~= "" and take(self, fragment, given)
    if problem then
      return nil, problem
    end
  end
  return given
end

local function missing(self, names)
  local parts = {}
  for i, name in ipairs(names) do
    local one = self.by_name[name]
    parts[i] = ("%s: %s"):format(name, one.domain and table.concat(axis.texts(one), ", ", 1,
      math.min(#one.domain, 20)) or one.type or "any")
  end
  return ("no value for ax%ss %s (such as %s)"):format(#names == 1 and "i" or "e",
    table.concat(parts, "; "), self:example())
end

--- Adds the defaults.
-- @param given table: as of parse
-- @return table: name → value, of all axes | nil, message that lists those without
function Variants:resolve(given)
  local values, absent = {}, {}
  for _, one in ipairs(self.axes) do
    local value = given[one.name]
    if value == nil then
      value = one.default
    end
    if value == nil then
      absent[#absent + 1] = one.name
    end
    values[one.name] = value
  end
  if #absent > 0 then
    return nil, missing(self, absent)
  end
  return values
end

-- "axis=value" of the axes for which `shows(axis, value)` holds, sorted.
local function pairs_of(self, values, shows)
  local parts = {}
  for _, one in ipairs(self.axes) do
    local value = values[one.name]
    if not shows or shows(one, value) then
      parts[#parts + 1] = one.name .. "=" .. axis.text(value)
    end
  end
  return parts
end

local function is_in_id(one, value)
  return one.in_id and not (one.elide_default and value == one.default)
end

--- The canonical selector, as the ids of the Python program have it.
-- @param values table: as of resolve
-- @return string: "[seed=1,size=small]", or "" where ids show no axis
function Variants:format(values)
  local parts = pairs_of(self, values, is_in_id)
  return #parts > 0 and "[" .. table.concat(parts, ",") .. "]" or ""
end

--- What tells one choice of values from all others, axes that are in no id included.
-- @param values table: as of resolve
-- @return string
function Variants:key(values)
  return table.concat(pairs_of(self, values), ",")
end

--- What messages call a variant.
-- @param values table: as of resolve
-- @return string: "[seed=1,size=small]", all axes
function Variants:label(values)
  return "[" .. self:key(values) .. "]"
end

--- Says which variant a message is about.
-- @param message string: "PATH:LINE: what"
-- @param label string | nil: as of label; nil for none
-- @return string: "PATH:LINE: [seed=1,size=small]: what"
function variants.mark(message, label)
  local place, rest = message:match "^(.-:%d+: )(.*)$"
  return label and place and ("%s%s: %s"):format(place, label, rest) or message
end

--- The folder of a variant, below the family's.
-- @param values table: as of resolve
-- @return string: "seed=1,size=small", with '%', '/' and '\' as %25, %2F and %5C; "" where ids show no axis
function Variants:folder(values)
  local text = table.concat(pairs_of(self, values, is_in_id), ",")
  return (text:gsub("[%%/\\]", function(character)
    return ("%%%02X"):format(character:byte())
  end))
end

-- Undoes the percent-encoding of folder().
local function unfolded(name)
  return (name:gsub("%%(%x%x)", function(hex)
    return string.char(tonumber(hex, 16))
  end))
end

--- The values that the name of a variant's folder stands for.
-- @param name string: "seed=1,size=small"; "" for what stands in the family's own folder
-- @return table: name → value, of the axes that are in ids | nil: no variant has a folder of that name
function Variants:of_folder(name)
  local given = self:parse(unfolded(name))
  local values = {}
  for _, one in ipairs(given and self.axes or {}) do
    local value = given[one.name]
    if value == nil and one.in_id and one.elide_default then
      value = one.default
    end
    if (value ~= nil) ~= one.in_id then
      return nil
    end
    values[one.name] = value
  end
  return given and self:folder(values) == name and values or nil
end

--- What is wrong with a choice of values as a whole.
-- @param values table: as of resolve
-- @return string | nil
function Variants:problem(values)
  local size = #self:folder(values)
  if size > FOLDER_MAXIMUM then
    return ("a selector of %d bytes (%d at most)"):format(size, FOLDER_MAXIMUM)
  end
end

--- A selector that shows all axes, to copy.
-- @return string: "seed=1,size=small"; an axis without default and values has its type there: "lang=STRING"
function Variants:example()
  local parts = {}
  for i, one in ipairs(self.axes) do
    parts[i] = one.name .. "=" .. axis.example(one)
  end
  return table.concat(parts, ",")
end

--- Whether several of them stand in one folder.
-- @return boolean
function Variants:share_folders()
  for _, one in ipairs(self.axes) do
    if not one.in_id then
      return true
    end
  end
  return false
end

--- Whether a selector names some of the variants; `example` does, also where it shows types.
-- @param selector string: without its brackets
-- @return boolean
function Variants:accepts(selector)
  return self:parse(selector) ~= nil or selector == self:example()
end

-- --- All of them -------------------------------------------------------------------------------

-- The values to try: all of a list, or the default.
local function choices(one, all)
  if not one.domain or not all and one.default ~= nil then
    return one.default ~= nil and { one.default } or {}
  elseif not all then
    return { one.domain[1] }
  end
  local values = table.move(one.domain, 1, #one.domain, 1, {})
  if one.default == axis.null and one.by_text.null == nil then
    values[#values + 1] = axis.null
  end
  return values
end

--- How many combinations there are, open axes counted with their defaults only.
-- @return number: 0 where an open axis has no default
function Variants:count()
  local count = 1.0
  for _, one in ipairs(self.axes) do
    count = count * #choices(one, true)
  end
  return count
end

-- Each of some choices with each value of one more axis.
local function extend(found, one, list)
  local extended = {}
  for _, before in ipairs(found) do
    for _, value in ipairs(list) do
      local values = { [one.name] = value }
      for name, other in next, before do
        values[name] = other
      end
      extended[#extended + 1] = values
    end
  end
  return extended
end

--- Combinations of values: all of them, or where these are too many that of the defaults and first values.
-- @param limit integer: how many are not too many
-- @return array of tables as of resolve; empty where an open axis has no default
function Variants:combinations(limit)
  local found, all = { {} }, self:count() <= limit
  for _, one in ipairs(self.axes) do
    found = extend(found, one, choices(one, all))
  end
  return found
end

--- All choices of values that share a folder: those that differ in axes that are in no id.
-- @param values table: as of of_folder
-- @param limit integer: how many are not too many
-- @return array of tables as of resolve
-- @return boolean: whether these are all that there can be
function Variants:sharing(values, limit)
  local found, complete = { values }, true
  for _, one in ipairs(self.axes) do
    if not one.in_id then
      local list = choices(one, true)
      complete = complete and one.domain ~= nil and #found * #list <= limit
      found = complete and extend(found, one, list) or {}
    end
  end
  return found, complete
end

--- Other variants: all, where these are few, and those that differ in one axis.
-- @param values table: as of resolve
-- @param limit integer: how many are few
-- @return array of tables as of resolve
function Variants:around(values, limit)
  local found = self:combinations(limit)
  for _, one in ipairs(self.axes) do
    for _, value in ipairs(choices(one, true)) do
      local other = {}
      for name, same in next, values do
        other[name] = same
      end
      other[one.name] = value
      found[#found + 1] = other
    end
  end
  return found
end

--- Whether a value of an axis that lists them matches.
-- @param pattern regex
-- @return boolean
function Variants:matches(pattern)
  for _, one in ipairs(self.axes) do
    for _, text in ipairs(axis.texts(one)) do
      if pattern:match(text) then
        return true
      end
    end
  end
  return false
end

-- --- Values as functions get them --------------------------------------------------------------

--- Values with nil for null.
-- @param values table: as of resolve
-- @return table
function variants.plain(values)
  local plain = {}
  for name, value in next, values do
    if value ~= axis.null then
      plain[name] = value
    end
  end
  return plain
end

--- What `resources(function(v) … end)` gets: values that cannot be changed; an unknown axis is an error at
-- the author's line.
-- @param values table: as of resolve
-- @return table
function Variants:view(values)
  local plain, names, by_name = variants.plain(values), self:names(), self.by_name
  return setmetatable({}, {
    __metatable = false,
    __index = function(_, name)
      if not by_name[name] then
        error(("unknown axis '%s' (%s)"):format(tostring(name), axis.expected(names, name)), 2)
      end
      self.used[name] = true
      return plain[name]
    end,
    __newindex = function()
      error("the values of a variant cannot be changed (use a 'local')", 2)
    end,
    __pairs = function()
      for _, name in ipairs(names) do
        self.used[name] = true
      end
      return next, variants.plain(values)
    end,
  })
end

return variants
