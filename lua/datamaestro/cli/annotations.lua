--- What lua-language-server wants to know of the language of definitions and of the data: files of
-- annotations, made from the schemas, the types and the doc comments that the program itself goes by.
local comments = require "datamaestro.comments"
local annotations_language = require "datamaestro.cli.annotations_language"
local help_tensor = require "datamaestro.cli.help_tensor"
local luacats = require "datamaestro.cli.luacats"
local objects = require "datamaestro.data.objects"
local type_modules = require "datamaestro.definition.type_modules"
local types = require "datamaestro.data.types"

local annotations = {}

local HEAD = "---@meta\n-- Made by `datamaestro annotations`; changes are lost when it is run again.\n"

local function sorted(map)
  local names = {}
  for name in next, map do
    names[#names + 1] = name
  end
  table.sort(names)
  return names
end

local function new_file()
  return { HEAD }
end

-- --- Data types --------------------------------------------------------------------------------

local function constructor_fields(T)
  local fields = {}
  for _, field in ipairs(types.fields(T)) do
    if field.name ~= "id" then
      fields[#fields + 1] = field
    end
  end
  return fields
end

-- The methods that a type has and its parent has not, or has otherwise.
local function own_methods(T)
  local record = objects.records[T]
  local inherited = T.parent and objects.records[T.parent].methods or {}
  local own = {}
  for name, method in next, record.methods do
    own[name] = inherited[name] ~= method and method or nil
  end
  return own
end

-- The parent, then the roles: what a class stands for.
local function parents_of(T)
  local ids = {}
  for _, ancestor in ipairs(types.ancestors(T)) do
    if ancestor ~= T then
      ids[#ids + 1] = ancestor.id
    end
  end
  return #ids > 0 and table.concat(ids, ", ") or nil
end

local function add_type(lines, T)
  luacats.text(lines, T.doc)
  luacats.class(lines, T.id, types.fields(T), { parent = parents_of(T), set = true })
  local own = own_methods(T)
  if next(own) then
    lines[#lines] = ("local %s = {}"):format(T.name) -- right below its class
    lines[#lines + 1] = ""
    for _, name in ipairs(sorted(own)) do
      luacats.func(lines, ("%s:%s"):format(T.name, name), own[name], comments.of(own[name]), 1)
    end
  end
  luacats.class(lines, T.id .. ".fields", constructor_fields(T))
  luacats.text(lines, T.doc)
  lines[#lines + 1] = ("---@class %s.type: datamaestro.Type"):format(T.id)
  if not objects.records[T].abstract then
    lines[#lines + 1] = ("---@overload fun(fields: %s.fields): %s"):format(T.id, T.id)
  end
  lines[#lines + 1] = ""
end

local function add_module(lines, name, content, shared)
  for _, key in ipairs(sorted(content)) do
    lines[#lines + 1] = "do"
    add_type(lines, content[key])
    lines[#lines + 1] = "end\n"
  end
  lines[#lines + 1] = ("---The data types of `use %q`."):format(name)
  lines[#lines + 1] = ("---@class datamaestro.use.%s"):format(name)
  for _, key in ipairs(sorted(content)) do
    lines[#lines + 1] = ("---@field %s %s.type %s"):format(key, content[key].id,
      (content[key].doc:match "^[^\n]*"))
  end
  for _, key in ipairs(sorted(shared)) do
    lines[#lines + 1] = ("---@field %s datamaestro.Step A metadataset."):format(key)
  end
  lines[#lines + 1] = ""
end

-- --- The library -------------------------------------------------------------------------------

-- What methods of tensors give, where it is not another tensor.
local GIVES = {
  dtype = "string", shape = "integer ...", dim = "integer", size = "integer", numel = "integer",
  is_contiguous = "boolean", get = "number", sum = "number", mean = "number", min = "number", max = "number",
  tolist = "table", iterate = "fun(): integer, datamaestro.Tensor|number", bytes = "string", close = false,
}

-- A function that is written in C, by what help says of it.
local function c_function(lines, head, about, gives)
  local parameters = {}
  luacats.text(lines, about[2]:sub(1, 1):upper() .. about[2]:sub(2) .. ".")
  for bracket, parameter in about[1]:gsub("[()]", ""):gsub("…", "..."):gmatch "(%[?),?%s*([%w_.]+)" do
    local optional = bracket ~= "" or about[1]:find("%[[^%]]*%f[%w]" .. parameter:gsub("%.", "%%.")
      .. "%f[%W]")
    parameters[#parameters + 1] = parameter
    lines[#lines + 1] = ("---@param %s%s any"):format(parameter, optional and parameter ~= "..." and "?"
      or "")
  end
  if gives then
    lines[#lines + 1] = "---@return " .. gives
  end
  lines[#lines + 1] = ("function %s(%s) end\n"):format(head, table.concat(parameters, ", "))
end

local function add_tensor(lines)
  lines[#lines + 1] = "---A tensor: numbers in any number of dimensions, counted from 1."
  lines[#lines + 1] = "---@class datamaestro.Tensor"
  lines[#lines + 1] = "---@field [integer] datamaestro.Tensor|number"
  lines[#lines + 1] = "local Tensor = {}\n"
  for _, name in ipairs(sorted(help_tensor.methods)) do
    local gives = GIVES[name] == nil and "datamaestro.Tensor" or GIVES[name]
    c_function(lines, "Tensor:" .. name, help_tensor.methods[name], gives)
  end
end

local function add_tensor_library(lines)
  lines[#lines + 1] = "---Tensors of files and of values."
  lines[#lines + 1] = "datamaestro.tensor = {}\n"
  for _, name in ipairs(sorted(help_tensor.functions)) do
    local gives = name == "is_tensor" and "boolean" or "datamaestro.Tensor?"
    c_function(lines, "datamaestro.tensor." .. name, help_tensor.functions[name], gives)
  end
end

local DATASET = [[
---A dataset's definition.
---@class datamaestro.Dataset
---@field id string
---@field name string
---@field description string
---@field url string?
---@field tags string[]
---@field tasks string[]
---@field resources table[]
]]

local function library(session)
  local lines = new_file()
  add_tensor(lines)
  lines[#lines + 1] = DATASET
  lines[#lines + 1] = "---What `datamaestro run` gives a script."
  lines[#lines + 1] = "datamaestro = {}\n"
  local functions = require "datamaestro".new(session)
  for _, name in ipairs(sorted(functions)) do
    if type(functions[name]) == "function" then
      local before = #lines
      luacats.func(lines, "datamaestro." .. name, functions[name], comments.of(functions[name]), 0)
      for _, dataset in ipairs(name == "prepare" and session:registry():datasets() or {}) do
        table.insert(lines, before + 1, ("---@overload fun(id: %q): %s?, string?, string?")
          :format(dataset.id, dataset.type.id))
      end
    elseif name == "tensor" then
      add_tensor_library(lines)
    else
      lines[#lines + 1] = ("---@type %s\ndatamaestro.%s = nil\n"):format(type(functions[name]), name)
    end
  end
  return lines
end

-- --- All ---------------------------------------------------------------------------------------

-- The types of repositories, and their metadatasets: name of the module → types, and → chains. What cannot
-- be read is told by `lint`.
local function repository_modules(session, extra)
  local found, shared = {}, {}
  local registry = session:registry()
  local repositories = registry:repositories()
  repositories[#repositories + 1] = extra
  for _, one in ipairs(repositories) do
    local content = one:types(registry.find_repository)
    local chains = content and one:metadatasets(registry.find_repository)
    if content and (next(content) or next(chains)) then
      found[one.id .. ".data"], shared[one.id .. ".data"] = content, chains
    end
  end
  return found, shared
end

--- Makes the files.
-- @param session session
-- @param extra repository | nil: one more than those that are found in the usual places
-- @return array of { name = "language.lua", text = string }
function annotations.files(session, extra)
  local all = type_modules.all()
  local others, shared = repository_modules(session, extra)
  for name, content in pairs(others) do
    all[name] = content
  end
  local names, language = sorted(all), new_file()
  annotations_language.add(language, names)
  local files = {
    { name = "language.lua", text = table.concat(language, "\n") },
    { name = "library.lua", text = table.concat(library(session), "\n") },
  }
  for _, name in ipairs(names) do
    local lines = new_file()
    add_module(lines, name, all[name], shared[name] or {})
    files[#files + 1] = { name = name .. ".lua", text = table.concat(lines, "\n") }
  end
  return files
end

--- Makes the files in a folder, which is made too.
-- @param session session
-- @param folder string
-- @param extra repository | nil
-- @return array of paths | nil, message, code
function annotations.write(session, folder, extra)
  local file = require "datamaestro.api.file"
  local made, message, code = file.mkdirs(folder)
  if not made then
    return nil, message, code
  end
  local paths = {}
  for i, one in ipairs(annotations.files(session, extra)) do
    paths[i] = folder .. "/" .. one.name
    made, message, code = file.replace(paths[i], one.text)
    if not made then
      return nil, message, code
    end
  end
  return paths
end

return annotations
