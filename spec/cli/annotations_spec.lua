-- init and annotations: what an editor is told of the language is what the program goes by.
local Laboratory = require "spec.support.laboratory"
local axis = require "datamaestro.definition.axis"
local dsl = require "datamaestro.definition.dsl"
local heading = require "datamaestro.definition.heading"
local help_tensor = require "datamaestro.cli.help_tensor"
local json = require "datamaestro.json"
local modules = require "datamaestro.modules"
local objects = require "datamaestro.data.objects"
local temp = require "spec.support.temp"
local tree = require "spec.support.tree"
local types = require "datamaestro.data.types"

describe("annotations", function()
  local lab, folder, texts

  -- The block of lines that begins with a class, up to an empty line.
  local function class(file, name)
    local block = (texts[file] .. "\n\n"):match("\n(%-%-%-@class " .. name:gsub("%p", "%%%0")
      .. "[:\n].-)\n\n")
    assert.is_truthy(block, "no class " .. name)
    return block .. "\n"
  end

  setup(function()
    lab = Laboratory.new()
    temp.write(lab.repository .. "/data.lua", [[
      local data = use "datamaestro.data"
      Sound = datatype { data.File, "A sound", fields = { { "rate", "integer", default = 8000,
        doc = "In Hz." },
        { "parts", "list", items = data.File, optional = true } } }
      SPEECH = datatags "speech" .. metadataset { Sound, url = "https://host/" }
    ]])
    folder = lab.folder .. "/annotations"
    local result = lab:run { "annotations", folder }
    assert.same({ 0, "" }, { result.status, result.err })
    texts = {}
    for path in result.out:gmatch "[^\n]+" do
      texts[path:match "[^/]*$"] = temp.read(path)
    end
  end)

  teardown(function()
    lab:close()
  end)

  it("are files of Lua that say that they are annotations", function()
    for name, text in pairs(texts) do
      assert.is_truthy(load(text, "=" .. name))
      assert.equal("---@meta", text:match "^[^\n]*")
    end
    assert.is_truthy(texts["language.lua"] and texts["library.lua"] and texts["lab.data.lua"])
  end)

  it("have every constructor, with every field of its schema", function()
    local language = texts["language.lua"]
    for name, constructor in pairs(dsl.constructors()) do
      local head = type(constructor) == "function" and "\nfunction " .. name .. "(" or "\n" .. name .. " = "
      assert.is_truthy(language:find(head, 1, true), name)
    end
    for _, name in ipairs(modules.within "engine.resources") do
      local kind = require("datamaestro.engine.resources." .. name)
      local block = class("language.lua", "datamaestro." .. name)
      local signature = language:match(".*\n\n(.-)\nfunction " .. name .. "%(")
      for _, field in ipairs(kind.schema) do
        local found = block:find("@field " .. field.name .. "[? ]") or signature:find("@param "
          .. field.name .. "[? ]")
        assert.is_truthy(found, name .. "." .. field.name)
      end
    end
    for name, fields in pairs { dataset = heading.schema, metadataset = heading.shared_schema,
      ["Axis.options"] = axis.schema } do
      for _, field in ipairs(fields) do
        local block = class("language.lua", "datamaestro." .. name)
        assert.is_truthy(block:find("@field " .. field.name .. "[? ]"), field.name)
      end
    end
    for _, field in ipairs(require "datamaestro.definition.datatype".schema) do
      assert.is_truthy(class("language.lua", "datamaestro.datatype"):find("@field " .. field.name
        .. "[? ]"), field.name)
    end
  end)

  it("have every data type, with its fields, its constructor and its methods", function()
    local count = 0
    for _, name in ipairs(modules.within "data") do
      require("datamaestro.data." .. name)
    end
    for T, record in pairs(objects.records) do
      local file = record.id:match "^datamaestro%.data" and record.id:match "^(.*)%.[^.]*$" .. ".lua"
      if file and texts[file] then
        count = count + 1
        local object, fields = class(file, record.id), class(file, record.id .. ".fields")
        for _, field in ipairs(types.fields(T)) do
          assert.is_truthy(object:find("@field " .. field.name .. "[? ]"), record.id .. "." .. field.name)
          assert.is_truthy(field.name == "id" or fields:find("@field " .. field.name .. "[? ]"), field.name)
        end
        assert.equal(not record.abstract, texts[file]:find("@overload fun(fields: " .. record.id
          .. ".fields)", 1, true)
          ~= nil, record.id)
        for name in pairs(record.methods) do
          local known = texts[file]:find("\nfunction " .. record.name .. ":" .. name .. "(", 1, true)
          known = known or record.parent and objects.records[record.parent].methods[name]
            == record.methods[name]
          assert.is_truthy(known, record.id .. ":" .. name)
        end
      end
    end
    assert.is_true(count >= 12, count)
  end)

  it("have the types of all repositories", function()
    local block = class("lab.data.lua", "datamaestro_lab.data.sound")
    assert.is_truthy(block:find("---@field rate integer In Hz.\n", 1, true))
    assert.is_truthy(block:find("---@field parts? datamaestro.data.file[]\n", 1, true))
    assert.is_truthy(texts["language.lua"]:find(
      '---@overload fun(module: "lab.data"): datamaestro.use.lab.data', 1, true))
    assert.is_truthy(class("lab.data.lua", "datamaestro.use.lab.data"):find(
      "---@field Sound datamaestro_lab.data.sound.type A sound\n"
        .. "---@field SPEECH datamaestro.Step A metadataset.\n", 1, true))
  end)

  it("have what steps take by their places, with its type", function()
    local language = texts["language.lua"]
    assert.is_truthy(language:find("---@param text string The terms.\n---@param options? datamaestro."
      .. "useragreement\n---@return datamaestro.Step\nfunction useragreement(text, options) end", 1, true))
    assert.is_truthy(class("language.lua", "datamaestro.dataset"):find(
      "---@field variants? datamaestro.AxesVariants ", 1, true))
  end)

  it("have what functions that make files are given", function()
    local language = texts["language.lua"]
    assert.is_truthy(language:find("---@param run fun(work: datamaestro.Work, ...: datamaestro.WorkFile|"
      .. "datamaestro.WorkFolder) ", 1, true))
    for name, class_of in pairs(require "datamaestro.engine.work".classes) do
      local methods = language:match("@class datamaestro%." .. name .. "\n(.-)\n%-%-%-@class")
      for _, method in ipairs(class_of.names) do
        local head = ("\nfunction %s:%s("):format(name, method)
        assert.is_truthy(methods:find(head, 1, true), head)
      end
    end
    assert.is_truthy(language:find("---@return fun(): string # iterator of strings\nfunction Work:lines("
      .. "name, options) end", 1, true))
  end)

  it("refer to no class that is not there", function()
    local all, defined = {}, {}
    for _, text in pairs(texts) do
      all[#all + 1] = text
      for name in text:gmatch "@class ([%w_.]+)" do
        defined[name] = true
      end
    end
    for line in table.concat(all, "\n"):gmatch "[^\n]+" do
      local kinds = line:match "^%-%-%-@field %S+ (%S+)" or line:match "^%-%-%-@overload (.*)$"
        or line:match "^%-%-%-@return (%S+)" or line:match "^%-%-%-@class [%w_.]+: (.*)$" or ""
      for name in kinds:gsub('"[^"]*"', ""):gmatch "datamaestro[%w_.]+" do
        assert.is_truthy(defined[name], line)
      end
    end
  end)

  it("describe methods by their doc comments", function()
    local text = texts["datamaestro.data.csv.lua"]
    assert.is_truthy(text:find([[
---The columns' names.
---@return string[]? # array of strings | nil: without names_row | nil, message, code
---@return string? message
---@return string? code
function Generic:columns() end]], 1, true))
    assert.is_truthy(text:find("---@return fun(): string[] #", 1, true))
    assert.is_truthy(text:find("---@param rows integer of a batch, the last one may have fewer\n", 1, true))
    for _, path in ipairs(tree.files("lua/datamaestro/data", ".lua")) do
      assert.is_nil(table.concat(tree.lines(path), "\n"):find("methods = {\n%s+%a+ = function"),
        path) -- no comment
    end
  end)

  it("have every method of a tensor, and the library", function()
    local library = texts["library.lua"]
    for name in pairs(help_tensor.methods) do
      assert.is_truthy(library:find("\nfunction Tensor:" .. name .. "(", 1, true), name)
    end
    assert.is_truthy(library:find(
      "---@param dtype? any\n---@return datamaestro.Tensor\nfunction Tensor:copy(dtype) end", 1,
      true))
    for name in pairs(help_tensor.functions) do
      assert.is_truthy(library:find("\nfunction datamaestro.tensor." .. name .. "(", 1, true), name)
    end
    assert.is_truthy(library:find(
      "---@return datamaestro.Tensor?\nfunction datamaestro.tensor.npy(path) end", 1, true))
    for _, name in ipairs { "find", "load", "loader", "plot", "prepare", "save", "search", "show" } do
      assert.is_truthy(library:find("\nfunction datamaestro." .. name .. "(", 1, true), name)
    end
    assert.is_truthy(library:find(
      '---@overload fun(id: "com.lecun.mnist"): datamaestro_image.data.imageclassification?',
      1, true))
  end)

  it("have the types of all modules, and no line that Lua cannot read", function()
    for _, one in ipairs { "csv.lua:datamaestro.data.csv.matrix",
      "image.lua:datamaestro.data.image.imagefile",
      "jsonl.lua:datamaestro.data.jsonl.jsonl", "ml.lua:datamaestro.data.ml.folderbased",
      "text.lua:datamaestro.data.text.text" } do
      local name, id = one:match "^(.-):(.*)$"
      assert.is_truthy(texts["datamaestro.data." .. name]:find("---@class " .. id .. ":", 1, true), id)
    end
    for name, text in pairs(texts) do
      assert.is_truthy(load(text, name, "t"))
    end
  end)

  it("fail where the folder cannot be made", function()
    local result = lab:run { "annotations", "/dev/null/x" }
    assert.equal("datamaestro: /dev/null: not a folder (folder expected)\n", result.err)
  end)
end)

describe("init", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  it("makes a repository that lints, and whose datasets are found", function()
    local folder = lab.folder .. "/my data"
    local result = lab:run { "init", folder }
    assert.equal(0, result.status)
    assert.equal(table.concat({ folder .. "/init.lua", folder .. "/org/example.lua", folder
      .. "/.luarc.json" }, "\n"),
      result.out:match "^[^\n]*\n[^\n]*\n[^\n]*")
    assert.equal(("datamaestro: next: edit %s/org/example.lua, then `datamaestro lint %s/org/example.lua`; "
      .. "DATAMAESTRO_PATH=%s makes its datasets known\n"):format(folder, folder, folder), result.err)
    assert.equal(folder .. "/org/example.lua: ok (org.example.weather)\n",
      lab:run { "lint", folder .. "/org/example.lua" }.out)
    local env = { DATAMAESTRO_PATH = folder }
    assert.equal("[my_data] org.example.weather (Generic)\n", lab:run({ "search", "repo:my_data" },
      { env = env }).out)
    assert.equal("", lab:run({ "lint" }, { env = env }).out:gsub("[^\n]*: ok[^\n]*\n",
      "")) -- .annotations are no datasets
  end)

  it("names no DATAMAESTRO_PATH where it is searched already", function()
    local folder = lab.folder .. "/repositories/mine"
    local result = lab:run { "init", folder }
    assert.equal(("datamaestro: next: edit %s/org/example.lua, then `datamaestro lint %s/org/example.lua`\n")
      :format(folder, folder), result.err)
  end)

  it("writes settings that lead lua-language-server to the annotations", function()
    local folder = lab.folder .. "/mine"
    assert.equal(0, lab:run { "init", folder }.status)
    local settings = assert(json.decode(temp.read(folder .. "/.luarc.json")))
    assert.same({ ".annotations" }, settings["workspace.library"])
    assert.equal("Lua 5.4", settings["runtime.version"])
    assert.equal("---@meta", temp.read(folder .. "/.annotations/language.lua"):match "^[^\n]*")
  end)

  it("knows the repository's own types when annotations are made anew", function()
    local folder = lab.folder .. "/mine"
    assert.equal(0, lab:run { "init", folder }.status)
    temp.write(folder .. "/data.lua", [[Own = datatype { use "datamaestro.data".File, "Mine" }]])
    assert.equal(0, lab:run { "annotations", folder .. "/.annotations" }.status)
    assert.is_truthy(temp.read(folder
      .. "/.annotations/mine.data.lua"):find("@class datamaestro_mine.data.own", 1, true))
  end)

  it("keeps what is there", function()
    local folder = lab.folder .. "/mine"
    temp.write(folder .. "/.luarc.json", "{}")
    assert.equal(0, lab:run { "init", folder }.status)
    assert.equal("{}", temp.read(folder .. "/.luarc.json"))
    local result = lab:run { "init", folder }
    assert.equal(2, result.status)
    assert.equal(("datamaestro: %s/init.lua: there already (a new folder expected; `datamaestro annotations "
      .. "%s/.annotations` makes annotations anew)\n"):format(folder, folder), result.err)
  end)

  it("prints JSON", function()
    local paths = json.decode(lab:run({ "--json", "init", lab.folder .. "/mine" }).out)
    assert.equal(lab.folder .. "/mine/init.lua", paths[1])
  end)
end)
