-- Everything that others call says what it does.
local tree = require "spec.support.tree"

-- The comment that ends right above line `number`, as one string; nil without one.
local function comment_above(lines, number, pattern)
  local found = {}
  while number > 1 and lines[number - 1]:find(pattern) do
    number = number - 1
    table.insert(found, 1, lines[number])
  end
  return #found > 0 and table.concat(found, "\n") or nil
end

local function undocumented_lua(path, wrong)
  local lines = tree.lines(path)
  for number, line in ipairs(lines) do
    local name, parameters = line:match "^function%s+([%w_]+[.:][%w_.:]+)%s*%((.-)%)"
    local comment = name and comment_above(lines, number, "^%-%-")
    if name and not (comment and comment:find "^%-%-%- %S") then
      wrong[#wrong + 1] = ("%s:%d: %s has no doc comment"):format(path, number, name)
    elseif name then
      for parameter in parameters:gmatch "[%w_.]+" do
        if not comment:find("@param " .. parameter:gsub("%.", "%%."), 1) then
          wrong[#wrong + 1] = ("%s:%d: %s does not say what %s is"):format(path, number, name, parameter)
        end
      end
    end
  end
end

-- Functions of a binding that Lua sees by name (metamethods have Lua's own contract).
local function undocumented_binding(path, wrong)
  local source = table.concat(tree.lines(path), "\n")
  for name, func in source:gmatch '{"([%w_]+)",%s*([%w_]+)}' do
    if not name:find "^__" then
      local at = source:find("\nstatic int " .. func .. "%(lua_State")
      if at and not source:sub(1, at - 1):find "%*/$" then
        wrong[#wrong + 1] = ("%s: %s has no doc comment"):format(path, name)
      end
    end
  end
end

local function undocumented_header(path, wrong)
  local lines = tree.lines(path)
  for number, line in ipairs(lines) do
    if line:find "^[%a][%w_ *]*dm_[%w_]+%(" and not line:find "^typedef" then
      if not comment_above(lines, number, "%*/%s*$") then
        wrong[#wrong + 1] = ("%s:%d: %s has no doc comment"):format(path, number, line)
      end
    end
  end
end

describe("the doc comments", function()
  it("cover every public Lua function and its parameters", function()
    local wrong = {}
    for _, path in ipairs(tree.files("lua", ".lua")) do
      undocumented_lua(path, wrong)
    end
    assert.are.same({}, wrong)
  end)

  it("begin every Lua module", function()
    for _, path in ipairs(tree.files("lua", ".lua")) do
      assert.is_truthy(tree.lines(path)[1]:find "^%-%-%- %S", path)
    end
  end)

  it("cover every function that a binding gives to Lua", function()
    local wrong = {}
    for _, path in ipairs(tree.files("src/api", ".c")) do
      undocumented_binding(path, wrong)
    end
    assert.are.same({}, wrong)
  end)

  it("cover every function of the core's headers", function()
    local wrong = {}
    for _, path in ipairs(tree.files("include", ".h")) do
      undocumented_header(path, wrong)
    end
    assert.are.same({}, wrong)
  end)
end)

-- What a block prints, by its comments: what stands behind `-->`, spaces for tabs.
local function printed_lines(block)
  local lines = {}
  for line in block:gmatch "%-%->([^\n]*)" do
    lines[#lines + 1] = line:match "^%s*(.-)%s*$":gsub("%s+", " ")
  end
  return lines
end

describe("the pages", function()
  it("read files of one's own as they say", function()
    local program, temp = require "spec.support.program", require "spec.support.temp"
    local page = table.concat(tree.lines "docs/tables.md", "\n")
    local block = page:match "\n## Files of your own\n.-\n```lua\n(.-)\n```"
    local folder = temp.folder()
    temp.write(folder .. "/people.csv", "name,age\nAda,36\nBob,\n")
    temp.write(folder .. "/reviews.jsonl", '{"stars":5,"text":"fine"}\n')
    temp.write(folder .. "/2024/ages.csv", "height,weight,age\n1,2,40\n1,2,41\n1,2,42\n")
    temp.write(folder .. "/2024/notes.txt", "caf\xe9\n")
    temp.write(folder .. "/example.lua", block)
    local result = program.shell(("cd %s && gzip people.csv && xz reviews.jsonl && zip -qr survey.zip 2024 "
      .. "&& rm -r 2024 && %s run example.lua"):format(program.quote(folder), program.path))
    temp.remove(folder)
    assert.equal("", result.err)
    local printed = {}
    for line in result.out:gmatch "[^\n]+" do
      printed[#printed + 1] = line:gsub("%s+", " ")
    end
    assert.same(printed_lines(block), printed)
  end)

  -- DATAMAESTRO_WRITE_DOCS=1 writes docs/steps.md anew.
  it("list every option of a step as its schema has it", function()
    local steps_page, temp = require "spec.support.steps_page", require "spec.support.temp"
    if os.getenv "DATAMAESTRO_WRITE_DOCS" then
      temp.write(require "datamaestro.config".absolute(steps_page.PATH), steps_page.text())
    end
    assert.equal(temp.read(steps_page.PATH), steps_page.text())
  end)

  it("name every exit status and every command", function()
    local page = table.concat(tree.lines "docs/cli.md", "\n")
    for code, status in pairs(require "datamaestro.status") do
      assert.is_truthy(page:find(("| %d | `%s` |"):format(status, code), 1, true), code)
    end
    for _, command in ipairs(require "datamaestro.modules".within "cli.commands") do
      assert.is_truthy(page:find("\n| `" .. command:gsub("%-", "%%-") .. "[ `]"), command)
    end
  end)

  it("name every method of a tensor", function()
    local page = table.concat(tree.lines "docs/tensors.md", "\n")
    local count, source = 0, ""
    for _, file in ipairs(tree.files("src/api", ".c")) do
      if file:find "/[lua_]*tensor_?%l*%.c$" then
        source = source .. table.concat(tree.lines(file), "\n")
      end
    end
    for name in source:gmatch '{"(%l[%l_]*)",%s*[%w_]+}' do
      assert.is_truthy(page:find("`[^`]*" .. name .. "[(`]"), name)
      count = count + 1
    end
    assert.is_true(count > 45)
  end)
end)
