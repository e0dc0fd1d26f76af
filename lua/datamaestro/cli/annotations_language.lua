--- Annotations of the language of definitions: its steps and what they take, from the schemas.
local comments = require "datamaestro.comments"
local luacats = require "datamaestro.cli.luacats"
local modules = require "datamaestro.modules"
local steps = require "datamaestro.definition.steps"
local work = require "datamaestro.engine.work"

local annotations_language = {}

local STEP = [[
---A step of a definition: `..` links steps, and the function stands last.
---@class datamaestro.Step
---@operator concat(datamaestro.Step): datamaestro.Step
---@operator concat(function): datamaestro.Step

---A data type: calling it makes an object.
---@class datamaestro.Type
---@field name string
---@field id string
---@field doc string
]]

local CLASSES = [[
---@class datamaestro.Null
---An axis of a family of datasets.
---@class datamaestro.Axis

---The axes of a family of datasets.
---@class datamaestro.AxesVariants

]]

-- What the schemas do not say of the words that take neither options nor a table: lines below their docs.
local HEADS = {
  null = "---@type datamaestro.Null\nnull = nil\n",
  AxesVariants = "---@param axes table<string, datamaestro.Axis>\n---@return datamaestro.AxesVariants\n"
    .. "function AxesVariants(axes) end\n",
  resources = "---@param f fun(v: table<string, any>): datamaestro.Step?\n---@return datamaestro.Step\n"
    .. "function resources(f) end\n",
  datatags = "---@param ... string\n---@return datamaestro.Step\nfunction datatags(...) end\n",
  datatasks = "---@param ... string\n---@return datamaestro.Step\nfunction datatasks(...) end\n",
  Axis = "---@param values? (string|number|boolean|datamaestro.Null)[]|datamaestro.Axis.options\n"
    .. "---@param options? datamaestro.Axis.options\n---@return datamaestro.Axis\n"
    .. "function Axis(values, options) end\n",
}

local TYPE = "---@field [1] datamaestro.Type Its parent."
local TYPE_OR_SHARED = "---@field [1] datamaestro.Type|datamaestro.Step The dataset's type, or a metadataset."
local DOCUMENTATION = "string The documentation: a title, an empty line, the rest."

local function add_table_constructor(lines, name)
  local about = steps.of(name)
  local shares = name ~= "datatype"
  luacats.class(lines, ("datamaestro.%s"):format(name), about.schema, { first = {
    shares and TYPE_OR_SHARED or TYPE,
    "---@field [2]? " .. (shares and "datamaestro.Type|" or "") .. DOCUMENTATION,
    shares and "---@field [3]? " .. DOCUMENTATION or nil,
  } })
  luacats.text(lines, about.doc)
  lines[#lines + 1] = ("---@param declaration datamaestro.%s"):format(name)
  lines[#lines + 1] = "---@return datamaestro.Step"
  lines[#lines + 1] = ("function %s(declaration) end\n"):format(name)
end

local function field_of(schema, name)
  for _, field in ipairs(schema) do
    if field.name == name then
      return field
    end
  end
end

-- A constructor with positional arguments and options.
local function add_constructor(lines, name)
  local kind = steps.of(name)
  local positional, parameters = {}, {}
  for i, key in ipairs(kind.positional or {}) do
    positional[key], parameters[i] = true, key
  end
  luacats.class(lines, ("datamaestro.%s"):format(name), kind.schema, { skip = positional })
  luacats.text(lines, kind.doc .. (kind.example and "\n```lua\n" .. kind.example .. "\n```" or ""))
  for _, key in ipairs(parameters) do
    local field = field_of(kind.schema, key)
    lines[#lines + 1] = (("---@param %s%s %s %s"):format(key, field.required and "" or "?",
      luacats.type_of(field), field.doc or ""):gsub("%s+", " "))
  end
  lines[#lines + 1] = ("---@param options? datamaestro.%s"):format(name)
  lines[#lines + 1] = "---@return datamaestro.Step"
  parameters[#parameters + 1] = "options"
  lines[#lines + 1] = ("function %s(%s) end\n"):format(name, table.concat(parameters, ", "))
end

local AXIS_OPTIONS = { first = {
  "---@field [integer] string|number|boolean|datamaestro.Null The values, where they stand here." } }

-- The words that HEADS has.
local function add_words(lines)
  luacats.class(lines, "datamaestro.Axis.options", steps.of("Axis").schema, AXIS_OPTIONS)
  for _, name in ipairs { "AxesVariants", "Axis", "null", "resources", "datatags", "datatasks" } do
    luacats.text(lines, steps.of(name).doc)
    lines[#lines + 1] = HEADS[name]
  end
end

-- What the functions of `custom` are given.
local function add_work(lines)
  for _, name in ipairs { "Work", "Writer", "WorkFile", "WorkFolder" } do
    local class = work.classes[name]
    lines[#lines + 1] = ("---@class datamaestro.%s\nlocal %s = {}\n"):format(name, name)
    for _, method in ipairs(class.names) do
      local func = class.plain[method]
      luacats.func(lines, ("%s:%s"):format(name, method), func, comments.of(func), 1)
    end
  end
end

local function add_use(lines, names)
  luacats.text(lines, "The data types of a module of the program, or of a repository (`\"image.data\"`).")
  for _, name in ipairs(names) do
    lines[#lines + 1] = ("---@overload fun(module: %q): datamaestro.use.%s"):format(name, name)
  end
  lines[#lines + 1] = "---@param module string"
  lines[#lines + 1] = "---@return table<string, datamaestro.Type>"
  lines[#lines + 1] = "function use(module) end\n"
end

--- Adds all steps.
-- @param lines array: where they go
-- @param names array of strings: what `use` takes
function annotations_language.add(lines, names)
  lines[#lines + 1] = STEP
  lines[#lines + 1] = CLASSES
  add_table_constructor(lines, "dataset")
  add_table_constructor(lines, "metadataset")
  for _, name in ipairs(modules.within "engine.resources") do
    add_constructor(lines, name)
  end
  add_constructor(lines, "useragreement")
  add_words(lines)
  add_work(lines)
  add_table_constructor(lines, "datatype")
  add_use(lines, names)
end

return annotations_language
