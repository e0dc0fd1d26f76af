--- docs/steps.md: every step of a definition with its options, from the schemas that check them.
local axis = require "datamaestro.definition.axis"
local heading = require "datamaestro.definition.heading"
local modules = require "datamaestro.modules"
local schema = require "datamaestro.schema"

local steps_page = {}

--- Where the page stands.
steps_page.PATH = "docs/steps.md"

local HEAD = [[
# Steps

Every step of a definition with its options, made from the schemas that check them.
[writing-a-dataset.md](writing-a-dataset.md) teaches them by examples.

What stands in parentheses in the heading can be given by its place; the rest, and that too, by name in a
table at the end.
]]

local function default_of(field)
  local default = field.default
  if field.required then
    return "required"
  elseif default == nil or type(default) == "function" then
    return ""
  end
  return "`" .. tostring(default) .. "`"
end

local function cell(text)
  return (text:gsub("|", "\\|"):gsub("%s*\n%s*", " "))
end

local function add_table(lines, fields)
  lines[#lines + 1] = "| option | type | default | meaning |\n|---|---|---|---|"
  for _, field in ipairs(fields) do
    lines[#lines + 1] = ("| `%s` | %s | %s | %s |"):format(field.name, cell(schema.type_name(field)),
      default_of(field), cell(field.doc or ""))
  end
  lines[#lines + 1] = ""
end

local function add_step(lines, name, step)
  lines[#lines + 1] = ("## `%s(%s)`\n"):format(name, table.concat(step.positional or {}, ", "))
  lines[#lines + 1] = step.doc .. "\n"
  lines[#lines + 1] = "```lua\n" .. step.example .. "\n```\n"
  add_table(lines, step.schema)
end

--- The page.
-- @return string
function steps_page.text()
  local lines = { HEAD }
  for _, kind in ipairs(modules.within "engine.resources") do
    add_step(lines, kind, require("datamaestro.engine.resources." .. kind))
  end
  add_step(lines, "useragreement", heading.agreement_step)
  lines[#lines + 1] = "## `dataset { TYPE, [[docstring]], … }`, `metadataset { TYPE, … }`\n"
  lines[#lines + 1] = "A metadataset takes all of these but `id`, `size` and `variants`.\n"
  add_table(lines, heading.schema)
  lines[#lines + 1] = "## `Axis(domain, …)`\n"
  lines[#lines + 1] = "One axis of `variants = AxesVariants { NAME = Axis(…), … }`.\n"
  add_table(lines, axis.schema)
  return (table.concat(lines, "\n"):gsub("\n+$", "\n"))
end

return steps_page
