--- What the words of the language of definitions are, for `help`.
local help_function = require "datamaestro.cli.help_function"
local schema = require "datamaestro.schema"
local steps = require "datamaestro.definition.steps"
local type_names = require "datamaestro.definition.datatype".type_names

local help_step = {}

local function kind_of(field)
  local kind = schema.type_name(field)
  if field.required then
    return kind .. ", required"
  elseif type(field.default) == "string" or type(field.default) == "number" or field.default == true then
    return ("%s, default %s"):format(kind, field.default ~= "" and tostring(field.default) or "none")
  end
  return kind
end

-- The fields of what a list or table of options holds.
local function inner_of(field)
  return (field.items or {}).fields or field.fields
end

local function add_fields(lines, fields)
  local rows = {}
  for i, field in ipairs(fields) do
    rows[i] = { ("%s: %s"):format(field.name, kind_of(field)), field.doc or "" }
  end
  help_function.add_rows(lines, rows)
end

local function add_datatype(lines, about)
  for _, field in ipairs(about.schema) do
    if inner_of(field) then
      lines[#lines + 1] = ("\nEach of `%s`:"):format(field.name)
      add_fields(lines, inner_of(field))
    end
  end
  lines[#lines + 1] = ""
  local names = table.concat(type_names, ", ")
  lines[#lines + 1] = { prose = ("Types of fields: %s, or a data type."):format(names) }
end

--- Says what a word of the language is.
-- @param name string: "filedownloader", "Axis", …
-- @return array, as help_function.render takes it | nil: for what is none
function help_step.about(name)
  local about = steps.of(name)
  if not about then
    return nil
  end
  local lines = { { prose = ("%s, in definitions: %s"):format(name, about.doc) } }
  if about.example then
    lines[#lines + 1] = { code = "\n  " .. about.example:gsub("\n([^\n])", "\n  %1") .. "\n" }
  end
  add_fields(lines, about.schema or {})
  if name == "datatype" then
    add_datatype(lines, about)
  elseif name == "custom" then
    lines[#lines + 1] = ""
    local more = require "datamaestro.cli.help_work".overview()
    table.move(more, 1, #more, #lines + 1, lines)
  end
  return lines
end

return help_step
