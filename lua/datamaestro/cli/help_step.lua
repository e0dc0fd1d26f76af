--- What the words of the language of definitions are, for `help`.
local help_function = require "datamaestro.cli.help_function"
local schema = require "datamaestro.schema"
local steps = require "datamaestro.definition.steps"

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
  local rows = {}
  for i, field in ipairs(about.schema or {}) do
    rows[i] = { ("%s: %s"):format(field.name, kind_of(field)), field.doc or "" }
  end
  help_function.add_rows(lines, rows)
  return lines
end

return help_step
