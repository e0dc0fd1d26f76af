--- `help(x)` of the REPL: what x is, in a few lines.
local help_function = require "datamaestro.cli.help_function"
local help_step = require "datamaestro.cli.help_step"
local help_types = require "datamaestro.cli.help_types"
local help_tensor = require "datamaestro.cli.help_tensor"
local objects = require "datamaestro.data.objects"
local speech = require "datamaestro.cli.speech"
local tensors = require "datamaestro.api.tensor"
local text = require "datamaestro.text"
local tree = require "datamaestro.cli.tree"
local types = require "datamaestro.data.types"

local help = {}

local about_value

local OVERVIEW = {
  { "search \"mnist tag:image\"", "the datasets that match all terms" },
  { "info \"com.lecun.mnist\"", "what a dataset is, where from, what of it is here" },
  { "ds = prepare \"ID\"", "fetch what is missing and open it" },
  { "find \"ID\"", "its definition" },
  { "loader(ds.train, { … })", "for images, labels in … do: batches" },
  { "show(ds.train.images, { n = 50, labels = ds.train.labels })",
    "images as pictures, here or in a file (png, html)" },
  { "plot(ds.train.labels)", "how often values occur (png, svg)" },
  { "head(x), describe(x)", "first rows, and figures, of data, tensors, or a file: head \"people.csv\"" },
  { "datamaestro", "the same as functions for scripts" },
  { "edit \"ID\", edit \"FILE.lua\"", "a definition, in your editor; then it is checked" },
  { "reload()", "read changed definitions anew" },
  { "help(x)", "what x is: an object, a type, a tensor, a function, the name of a command, of a step of "
    .. "definitions, or the id of a dataset" },
}

local RESULTS = "Expressions print themselves: _ is the last result, _3 that of input 3."
local KEYS = "TAB completes names, fields, methods, ids and paths in strings; Ctrl-R searches the history; "
  .. "Ctrl-C interrupts; Ctrl-D ends. A line that ends in `..` goes on."

local WIDTH = 100 -- columns at most: longer lines are hard to read

local function columns()
  return math.min(speech.columns(1), WIDTH)
end

local function sorted_names(map)
  local names = {}
  for name in next, map do
    if type(name) == "string" then
      names[#names + 1] = name
    end
  end
  table.sort(names)
  return names
end

local function about_tensors(head)
  local lines = { head }
  local rows = { { "t[i]", "the i-th part, or number" } }
  for _, name in ipairs(sorted_names(help_tensor.methods)) do
    local about = help_tensor.methods[name]
    rows[#rows + 1] = { "t:" .. name .. about[1], about[2] }
  end
  help_function.add_rows(lines, rows)
  return lines
end

local function about_tensor(tensor)
  return about_tensors(("tensor of %s, %s"):format(tensor:dtype(), table.concat({ tensor:shape() }, " × ")))
end

local function field_kind(field)
  local kind = type(field.type) == "table" and field.type.name or tostring(field.type)
  if field.default ~= nil then
    return ("%s (default %s)"):format(kind, tostring(field.default))
  end
  return field.required and kind or kind .. " (optional)"
end

-- Adds methods, each with the first sentence of its doc comment.
local function add_methods(rows, methods)
  for _, name in ipairs(sorted_names(methods)) do
    local method = rawget(methods, name)
    if type(method) == "function" and name:sub(1, 2) ~= "__" then
      rows[#rows + 1] = { ":" .. name .. help_function.parameters(method, 1), help_function.sentence(method) }
    end
  end
end

local function about_type(T)
  local ancestors, rows = {}, {}
  for i, ancestor in ipairs(types.ancestors(T)) do
    ancestors[i] = ancestor.name
  end
  local lines = { ("type %s: %s"):format(T.id, table.concat(ancestors, " < ")) }
  lines[#lines + 1] = T.doc ~= "" and { prose = T.doc } or nil
  for i, field in ipairs(types.fields(T)) do
    rows[i] = { ("%s: %s"):format(field.name, field_kind(field)), field.doc or "" }
  end
  add_methods(rows, objects.records[T].methods)
  help_function.add_rows(lines, rows)
  return lines
end

local function about_object(object)
  local lines = about_type(types.type_of(object))
  table.insert(lines, 1, tree.object(object, function(_, value)
    return value
  end))
  table.insert(lines, 2, "")
  return lines
end

local function about_definition(dataset)
  local lines = { tree.definition(dataset, function(_, value)
    return value
  end) }
  if dataset.description and dataset.description ~= "" then
    lines[#lines + 1] = ""
    lines[#lines + 1] = { prose = dataset.description }
  end
  local example = require "datamaestro.cli.families".example(dataset)
  lines[#lines + 1] = ("\nprepare %q opens %s"):format(example or dataset.id, example and "one" or "it")
  return lines
end

-- What has methods rather than fields: readers, loaders, files.
local function about_handle(value, methods)
  local lines, rows = { text.line(tostring(value)) }, {}
  add_methods(rows, methods)
  help_function.add_rows(lines, rows)
  return lines
end

local function about_field(value)
  if types.is_type(value) then
    return "type: " .. (value.doc:match "^(.-)[.:]?%f[\n\0]" or "")
  end
  local about = type(value) == "function" and help_function.sentence(value)
    or type(value) == "table" and table.concat(sorted_names(value), ", ") or ""
  return about ~= "" and about or type(value)
end

local function about_fields(value)
  local names, rows = sorted_names(value), {}
  local items = rawlen(value)
  local lines = { items == 0 and #names > 0 and "a table with these fields:"
    or ("a table of %d items%s"):format(items, #names > 0 and " and these fields:" or "") }
  for i = 1, math.min(#names, 60) do
    rows[i] = { names[i], about_field(rawget(value, names[i])) }
  end
  help_function.add_rows(lines, rows)
  return lines
end

local function about_other(value)
  local metatable = debug.getmetatable(value)
  if type(metatable) == "table" and rawget(metatable, "__name") == "loader" then
    return { tostring(value), "  for images, labels in l do … end  an epoch: batch after batch",
      "  #l                                 batches of an epoch",
      "  l.size, l.seed, l.epoch            parts in all; what shuffles; the next epoch",
      "\nhelp(loader) says the options" }
  end
  local index = type(metatable) == "table" and rawget(metatable, "__index")
  if type(value) == "table" and (not metatable or #sorted_names(value) > 0) then
    return about_fields(value)
  elseif type(index) == "table" and rawget(metatable, "__name") then
    return about_handle(value, index)
  end
  return { text.line(("%s: %s"):format(type(value), tostring(value))) }
end

-- A function under the name of the prompt, and the library's function of that name.
local function about_word(name, repl)
  return help_function.about(repl.functions[name], name, repl.library[name])
end

-- A command, and the function of the same name.
local function about_command(name, repl)
  local _, _, found = require "datamaestro.cli.arguments".parse { name, "--help" }
  local lines = { found.help }
  if repl.functions[name] then
    local about = about_word(name, repl)
    lines[2] = "\nHere:\n"
    table.move(about, 1, #about, 3, lines)
  end
  return lines
end

-- What "string.rep" names; looking it up calls nothing of the user's.
local function global_named(name)
  local value = name:find "^[%a_][%w_.]*$" and _G
  for part in name:gmatch "[^.]+" do
    value = type(value) == "table" and rawget(value, part) or nil
  end
  return value
end

-- A word of definitions: a step, `work` and its methods, a data type or those that `use` gives.
local function about_language(name, registry)
  local lines = help_step.about(name)
  if name == "use" then
    local more = help_types.modules(registry)
    table.move(more, 1, #more, #lines + 1, lines)
  end
  local T = not lines and help_types.named(name, registry)
  return lines or T and about_type(T) or help_types.module(name, registry)
    or require "datamaestro.cli.help_work".about(name)
end

-- A string names a command, a value, a data type or a dataset.
local function about_name(name, repl)
  if name:find "^[%a-]+$" and require "datamaestro.modules".find("cli.commands." .. name) then
    return about_command(name, repl)
  end
  local value = global_named(name)
  if type(value) == "function" then
    return repl.functions[name] and about_word(name, repl) or help_function.about(value, name)
  elseif value ~= nil and type(value) ~= "string" then
    return about_value(value, repl)
  end
  local method = name:match "^[%a_][%w_]*:([%a_][%w_]*)$" or name
  if name == "tensor" then
    return about_tensors "tensor: an array of numbers, of one type and shape (datamaestro.tensor makes some)"
  elseif help_tensor.methods[method] then
    return help_function.tensor_method(method)
  end
  local registry = repl.session:registry()
  local lines = about_language(name, registry)
  if lines then
    return lines
  end
  local dataset, message, code = registry:find(name)
  if dataset then
    return about_definition(dataset)
  elseif code ~= "unknown" then
    return { message }
  end
  return { ("%s: a string of %d bytes, no command, step, type or dataset"):format(name:sub(1, 60), #name) }
end

-- Functions of the prompt and of the library are known by name.
local function about_function(func, repl)
  for name, one in pairs(repl.functions) do
    if one == func then
      local lines = about_word(name, repl)
      lines[#lines + 1] = repl:command_of(func) and ("\nhelp %q says what the command does"):format(name)
        or nil
      return lines
    end
  end
  for name, one in pairs(repl.library) do
    if one == func then
      return help_function.about(func, "datamaestro." .. name)
    end
  end
  return help_function.about(func)
end

function about_value(value, repl)
  if tensors.is_tensor(value) then
    return about_tensor(value)
  elseif types.is_type(value) then
    return about_type(value)
  elseif types.type_of(value) then
    return about_object(value)
  elseif tree.is_definition(value) then
    return about_definition(value)
  elseif type(value) == "function" then
    return about_function(value, repl)
  end
  return about_other(value)
end

-- A word of definitions is nothing at the prompt: `help(filedownloader)` is help(nil).
local function about_nothing(repl)
  local name = repl.source and repl.source:match "^%s*help%s*%(%s*([%a_][%w_]*)%s*%)"
  local lines = name and help_step.about(name)
  if not lines then
    return about_other(nil)
  end
  table.insert(lines, 1, ("%s has no value here, but is a word of definitions:"):format(name))
  return lines
end

--- Says what a value is; a string, what it names.
-- @param value any
-- @param repl repl: whose commands and datasets are meant
-- @return string: wrapped for the terminal
function help.about(value, repl)
  local lines
  if value == nil then
    lines = about_nothing(repl)
  else
    lines = type(value) == "string" and about_name(value, repl) or about_value(value, repl)
  end
  return text.printable(help_function.render(lines, columns()))
end

--- Says what there is.
-- @return string: wrapped for the terminal
function help.overview()
  local lines = { { prose = RESULTS }, "", { rows = OVERVIEW }, "", { prose = KEYS } }
  return help_function.render(lines, columns())
end

return help
