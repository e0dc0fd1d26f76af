--- The content of objects that hold others: a tree of their fields.
local output = require "datamaestro.cli.output"
local show = require "datamaestro.cli.show"
local tree = require "datamaestro.cli.tree"

local function lines_of(object)
  local lines = {}
  for line in (tree.object(object, show.painter(false)) .. "\n"):gmatch "([^\n]*)\n" do
    lines[#lines + 1] = line
  end
  return lines
end

local function no_rows(label, object)
  local name = require "datamaestro.data.types".type_of(object).name
  return nil, ("%s: %s has no rows of its own (name one of its fields)"):format(label, name), "usage"
end

--- Makes the content of an object.
-- @param object object
-- @param label string
-- @return content
return function(object, label)
  return {
    kind = require "datamaestro.data.types".type_of(object).name, formats = { "tree" },
    write = function(_, slice)
      if slice then
        return no_rows(label, object)
      end
      output.write(table.concat(lines_of(object), "\n") .. "\n")
      return true
    end,
    preview = function(_, slice)
      if slice then
        return no_rows(label, object)
      end
      return lines_of(object)
    end,
  }
end
