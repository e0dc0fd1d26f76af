local lua_source = require "datamaestro.definition.lua_source"
local temp = require "spec.support.temp"
local tree = require "spec.support.tree"

-- The tokens alone, each in its line.
local function joined(tokens)
  local parts, line = {}, 1
  for _, token in ipairs(tokens) do
    parts[#parts + 1] = ("\n"):rep(token.line - line) .. " " .. token.text
    local _, breaks = token.text:gsub("\n", "")
    line = token.line + breaks
  end
  return table.concat(parts)
end

describe("the text of a script", function()
  it("is taken apart as Lua does it", function()
    local count = 0
    for _, folder in ipairs { "lua", "datasets", "spec" } do
      for _, path in ipairs(tree.files(folder, ".lua")) do
        local text = temp.read(path)
        local expected = string.dump(assert(load(text, "=x")), true)
        local tokens = lua_source.tokens(text)
        assert.equal(expected, string.dump(assert(load(joined(tokens), "=x"), path), true), path)
        for _, token in ipairs(tokens) do
          assert.equal(token.text, text:sub(token.first, token.last))
        end
        count = count + 1
      end
    end
    assert.is_true(count > 200)
  end)

  it("may have what is rare", function()
    local text = "\239\187\191#!/usr/bin/x\nreturn 0x1p-2, 3e+5, .5, 'a\\'b\\\nc', [==[\n]]]==], "
      .. "a.b<<1 --[[x]]//2"
    local texts = {}
    for i, token in ipairs(lua_source.tokens(text)) do
      texts[i] = token.text
    end
    assert.are.same({ "return", "0x1p-2", ",", "3e+5", ",", ".5", ",", "'a\\'b\\\nc'", ",",
      "[==[\n]]]==]", ",", "a", ".", "b", "<<", "1", "//", "2" }, texts)
  end)
end)
