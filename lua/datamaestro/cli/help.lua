--- `help(x)` of the REPL: what x is, in a few lines.
local objects = require "datamaestro.data.objects"
local tensors = require "datamaestro.api.tensor"
local text = require "datamaestro.text"
local tree = require "datamaestro.cli.tree"
local types = require "datamaestro.data.types"

local help = {}

help.overview = [[
Expressions print themselves: _ is the last result, _3 that of input 3.

  search "mnist tag:image"     the datasets that match all terms
  info "com.lecun.mnist"       what a dataset is, where from, what of it is here
  ds = prepare "ID"            fetch what is missing and open it
  find "ID"                    its definition
  loader(ds.train, { … })      for images, labels in … do: batches
  show(ds.train.images, { n = 50, labels = ds.train.labels })
                               images as pictures, here or in a file (png, html)
  plot(ds.train.labels)        how often values occur (png, svg)
  datamaestro                  the same as functions for scripts
  reload()                     read changed definitions anew
  help(x)                      what x is: an object, a type, a tensor, a function,
                               the name of a command, the id of a dataset

TAB completes names, fields, methods, ids and paths in strings; Ctrl-R searches
the history; Ctrl-C interrupts; Ctrl-D ends. A line that ends in `..` goes on.]]

--- What the methods of a tensor do: name → { arguments, sentence }.
help.tensor_methods = {
  dtype = { "()", "type of the elements" },
  shape = { "()", "the sizes, as several integers" },
  dim = { "()", "number of dimensions" },
  size = { "(k)", "size of one dimension" },
  numel = { "()", "number of elements" },
  is_contiguous = { "()", "whether the elements lie in a row" },
  select = { "(dim, i)", "view: the i-th part along a dimension" },
  narrow = { "(dim, start, length)", "view: some parts along a dimension" },
  transpose = { "([dim1, dim2])", "view: two dimensions exchanged" },
  reshape = { "(n, m, …)", "view: another shape of as many elements" },
  get = { "(i, j, …)", "one element" },
  sum = { "([dim])", "sum of all elements, or along a dimension" },
  mean = { "([dim])", "their mean" },
  min = { "([dim])", "the smallest" },
  max = { "([dim])", "the largest" },
  argmin = { "([dim])", "where the smallest is" },
  argmax = { "([dim])", "where the largest is" },
  add = { "(u)", "t + u; u is a tensor or a number" },
  sub = { "(u)", "t - u" },
  mul = { "(u)", "t * u" },
  div = { "(u)", "t / u, floats" },
  neg = { "()", "-t" },
  abs = { "()", "without signs" },
  minimum = { "(u)", "the lesser of each two" },
  maximum = { "(u)", "the greater of each two" },
  clamp = { "(low, high)", "values kept within limits" },
  eq = { "(u)", "1 where equal, else 0" },
  ne = { "(u)", "1 where different, else 0" },
  lt = { "(u)", "1 where t < u, else 0" },
  le = { "(u)", "1 where t <= u, else 0" },
  gt = { "(u)", "1 where t > u, else 0" },
  ge = { "(u)", "1 where t >= u, else 0" },
  nonzero = { "()", "indices of what is not 0" },
  gather = { "(indices)", "the parts that indices name" },
  bincount = { "([classes])", "how often 0, 1, … are there" },
  histogram = { "(bins[, low, high])", "counts in intervals, and their ends" },
  save = { "(path)", "writes a .npy file" },
  tolist = { "()", "nested Lua tables" },
  iterate = { "()", "for i, part in t:iterate() do … end" },
  bytes = { "([dtype])", "all elements as native numbers in one string" },
  copy = { "([dtype])", "a tensor over memory of its own" },
  contiguous = { "()", "itself, or a copy that lies in a row" },
  close = { "()", "lets the file go" },
}

local METHODS = {
  open = "opens the file for reading",
  data = "opens the content; of a tensor's file, without reading it",
}

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

local function parameters_of(func, skipped)
  local about = debug.getinfo(func, "u")
  local names = {}
  for i = 1 + skipped, about.nparams do
    names[#names + 1] = debug.getlocal(func, i)
  end
  if about.isvararg then
    names[#names + 1] = "..."
  end
  return "(" .. table.concat(names, ", ") .. ")"
end

local function row(lines, head, tail)
  local padding = (" "):rep(28 - utf8.len(head))
  lines[#lines + 1] = (("  %s%s %s"):format(head, padding, tail or ""):gsub("%s+$", ""))
end

local function about_tensor(tensor)
  local lines = { ("tensor of %s, %s"):format(tensor:dtype(), table.concat({ tensor:shape() }, " × ")) }
  row(lines, "t[i]", "the i-th part, or number")
  for _, name in ipairs(sorted_names(help.tensor_methods)) do
    local about = help.tensor_methods[name]
    row(lines, "t:" .. name .. about[1], about[2])
  end
  return lines
end

local function field_kind(field)
  local kind = type(field.type) == "table" and field.type.name or tostring(field.type)
  if field.default ~= nil then
    return ("%s (default %s)"):format(kind, tostring(field.default))
  end
  return field.required and kind or kind .. " (optional)"
end

local function about_type(T)
  local ancestors = {}
  for i, ancestor in ipairs(types.ancestors(T)) do
    ancestors[i] = ancestor.name
  end
  local lines = { ("type %s: %s"):format(T.id, table.concat(ancestors, " < ")) }
  lines[#lines + 1] = T.doc ~= "" and text.wrap(T.doc) or nil
  for _, field in ipairs(types.fields(T)) do
    row(lines, ("%s: %s"):format(field.name, field_kind(field)), field.doc)
  end
  local methods = objects.records[T].methods
  for _, name in ipairs(sorted_names(methods)) do
    row(lines, ":" .. name .. parameters_of(methods[name], 1), METHODS[name])
  end
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
    lines[#lines + 1] = "\n" .. text.wrap(dataset.description)
  end
  lines[#lines + 1] = ("\nprepare %q opens it"):format(dataset.id)
  return lines
end

-- The name of a function of Lua's own libraries | nil.
local function standard_name(func)
  for _, library in ipairs { "_G", "string", "table", "math", "io", "os", "utf8", "coroutine", "debug" } do
    for name, value in next, package.loaded[library] do
      if value == func and debug.getinfo(func, "S").what == "C" then
        return library == "_G" and name or library .. "." .. name
      end
    end
  end
end

local function about_function(func)
  local standard = standard_name(func)
  if standard then
    return { ("%s: a function of Lua, https://www.lua.org/manual/5.4/manual.html#pdf-%s")
      :format(standard, standard) }
  end
  local about = debug.getinfo(func, "S")
  if about.what == "C" then
    return { "a function of the program, built in" }
  end
  return { ("function%s  %s:%d"):format(parameters_of(func, 0), about.short_src, about.linedefined) }
end

local function about_table(value)
  local names = sorted_names(value)
  if #names == 0 then
    return { ("a table of %d items"):format(#value) }
  end
  local lines = { ("a table of %d items and these fields:"):format(rawlen(value)) }
  for i = 1, math.min(#names, 60) do
    row(lines, names[i], type(rawget(value, names[i])))
  end
  return lines
end

local function about_command(name)
  local _, _, found = require "datamaestro.cli.arguments".parse { name, "--help" }
  return { found.help, "",
    ("Here: %s \"…\" as a function, with the same words in one string."):format(name) }
end

-- A string is the name of a command or the id of a dataset.
local function about_name(name, repl)
  if require "datamaestro.modules".find("cli.commands." .. name) and name:find "^%a+$" then
    local lines = about_command(name)
    lines[3] = repl.functions[name] and lines[3] or nil
    return lines
  end
  local dataset, message, code = repl.session:registry():find(name)
  if dataset then
    return about_definition(dataset)
  elseif code ~= "unknown" then
    return { message }
  end
  return { ("%s: a string of %d bytes, no command and no dataset"):format(name:sub(1, 60), #name) }
end

--- Says what a value is.
-- @param value any
-- @param repl repl: whose commands and datasets are meant
-- @return string
function help.about(value, repl)
  local lines
  if tensors.is_tensor(value) then
    lines = about_tensor(value)
  elseif types.is_type(value) then
    lines = about_type(value)
  elseif types.type_of(value) then
    lines = about_object(value)
  elseif tree.is_definition(value) then
    lines = about_definition(value)
  elseif type(value) == "function" then
    local command = repl:command_of(value)
    lines = command and about_command(command) or about_function(value)
  elseif type(value) == "string" then
    lines = about_name(value, repl)
  elseif type(value) == "table" then
    lines = about_table(value)
  else
    lines = { ("%s: %s"):format(type(value), tostring(value)) }
  end
  return text.printable(table.concat(lines, "\n"))
end

return help
