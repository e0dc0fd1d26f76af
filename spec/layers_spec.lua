-- CLI → DEFINITION → ENGINE → DATA → support → API → CORE: a file uses its own layer or one to its right.
local tree = require "spec.support.tree"

local RANKS = { cli = 1, definition = 2, engine = 3, data = 4, support = 5, api = 6 }

-- Libraries of others, each behind one module of ours.
local LIBRARIES = { cjson = "lua/datamaestro/json.lua", argparse = "lua/datamaestro/cli/parser.lua" }

local function layer_of(module)
  if module == "datamaestro" then
    return "cli" -- the library for scripts: what the command line offers, as functions
  end
  return module:match "^datamaestro%.(%a+)" and RANKS[module:match "^datamaestro%.(%a+)"]
    and module:match "^datamaestro%.(%a+)" or "support"
end

local function module_of(path)
  return (path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

local function requires(path)
  local found = {}
  for number, line in ipairs(tree.lines(path)) do
    for module in line:gsub("%-%-.*", ""):gmatch "require%s*%(?%s*[\"']([%w_.]+)" do
      found[#found + 1] = { module = module, place = ("%s:%d"):format(path, number) }
    end
  end
  return found
end

describe("the layers", function()
  it("are respected by every require", function()
    local wrong = {}
    for _, path in ipairs(tree.files("lua", ".lua")) do
      local own = layer_of(module_of(path))
      for _, use in ipairs(requires(path)) do
        if use.module:find "^datamaestro" then
          local used = layer_of(use.module:gsub("%.$", ""))
          if RANKS[used] < RANKS[own] then
            wrong[#wrong + 1] = ("%s: %s requires %s, of layer %s"):format(use.place, own, use.module, used)
          end
        elseif LIBRARIES[use.module] ~= path then
          wrong[#wrong + 1] = ("%s: requires %s"):format(use.place, use.module)
        end
      end
    end
    assert.are.same({}, wrong)
  end)

  it("are respected by every include", function()
    local wrong = {}
    for _, path in ipairs(tree.files("src", ".c")) do
      for number, line in ipairs(tree.lines(path)) do
        local header = line:match '^#include [<"]([^>"]+)'
        local core = path:find "^src/core/" and header
        if core and (header:find "^lua" or header:find "^lauxlib" or header:find "^host") then
          wrong[#wrong + 1] = ("%s:%d: the core includes %s"):format(path, number, header)
        elseif path:find "^src/api/" and header and header:find "^host" then
          wrong[#wrong + 1] = ("%s:%d: a binding includes %s"):format(path, number, header)
        end
      end
    end
    assert.are.same({}, wrong)
  end)

  it("keep lua.h out of the core's headers", function()
    for _, path in ipairs(tree.files("include", ".h")) do
      for _, line in ipairs(tree.lines(path)) do
        assert.is_nil(line:match '#include [<"]lua', path)
      end
    end
  end)

  it("print in the CLI only", function()
    local wrong = {}
    for _, path in ipairs(tree.files("lua", ".lua")) do
      if layer_of(module_of(path)) ~= "cli" then
        for number, line in ipairs(tree.lines(path)) do
          if line:find "^%s*print%s*%(" or line:find "io%.write" or line:find "io%.std" then
            wrong[#wrong + 1] = ("%s:%d: %s"):format(path, number, line)
          end
        end
      end
    end
    assert.are.same({}, wrong)
  end)
end)
