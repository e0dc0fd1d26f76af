--- Annotations of the language of definitions: its steps and what they take, from the schemas.
local axis = require "datamaestro.definition.axis"
local datatype = require "datamaestro.definition.datatype"
local heading = require "datamaestro.definition.heading"
local luacats = require "datamaestro.cli.luacats"
local modules = require "datamaestro.modules"
local resources = require "datamaestro.engine.resources"

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

local WORDS = [[
---A value that is none, in the values and the default of an axis. Functions get nil for it.
---@class datamaestro.Null
---@type datamaestro.Null
null = nil

---An axis of a family of datasets.
---@class datamaestro.Axis

---The axes of a family of datasets.
---@class datamaestro.AxesVariants

---The axes of a family of datasets, by their names.
---@param axes table<string, datamaestro.Axis>
---@return datamaestro.AxesVariants
function AxesVariants(axes) end

---The resources of a dataset of a family that depend on its axes: the function gets their values.
---@param f fun(v: table<string, any>): datamaestro.Step?
---@return datamaestro.Step
function resources(f) end

---Tags of the dataset.
---@param ... string
---@return datamaestro.Step
function datatags(...) end

---Tasks that the dataset is for.
---@param ... string
---@return datamaestro.Step
function datatasks(...) end
]]

local TYPE = "---@field [1] datamaestro.Type Its parent."
local TYPE_OR_SHARED = "---@field [1] datamaestro.Type|datamaestro.Step The dataset's type, or a metadataset."
local DOCUMENTATION = "string The documentation: a title, an empty line, the rest."

local function add_table_constructor(lines, name, doc, schema)
  local shares = name ~= "datatype"
  luacats.class(lines, ("datamaestro.%s"):format(name), schema, { first = {
    shares and TYPE_OR_SHARED or TYPE,
    "---@field [2]? " .. (shares and "datamaestro.Type|" or "") .. DOCUMENTATION,
    shares and "---@field [3]? " .. DOCUMENTATION or nil,
  } })
  luacats.text(lines, doc)
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

-- A constructor with positional arguments and options: `kind` has doc, example, positional and schema.
local function add_constructor(lines, name, kind)
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

local function add_axis(lines)
  luacats.class(lines, "datamaestro.Axis.options", axis.schema, AXIS_OPTIONS)
  luacats.text(lines, "An axis: values and options, in two tables or in one; without values any is taken.")
  lines[#lines + 1] = "---@param values? (string|number|boolean|datamaestro.Null)[]|datamaestro.Axis.options"
  lines[#lines + 1] = "---@param options? datamaestro.Axis.options"
  lines[#lines + 1] = "---@return datamaestro.Axis"
  lines[#lines + 1] = "function Axis(values, options) end\n"
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
  add_table_constructor(lines, "dataset", "What the dataset is; exactly one in a chain.", heading.schema)
  add_table_constructor(lines, "metadataset", "What datasets have in common: dataset { META, … } takes it.",
    heading.shared_schema)
  for _, name in ipairs(modules.within "engine.resources") do
    add_constructor(lines, name, resources.kind { kind = name })
  end
  add_constructor(lines, "useragreement", heading.agreement_step)
  add_axis(lines)
  lines[#lines + 1] = WORDS
  add_table_constructor(lines, "datatype", "A data type of the repository, in its data.lua.", datatype.schema)
  add_use(lines, names)
end

return annotations_language
