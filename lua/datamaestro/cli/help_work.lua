--- What the functions of `custom` are given, for `help`: methods by their doc comments.
local help_function = require "datamaestro.cli.help_function"
local work = require "datamaestro.engine.work"

local help_work = {}

local GIVEN = {
  { "work", work.classes.Work, "work, what the function of 'custom' is given first: the folder to make" },
  { "folder", work.classes.WorkFolder, "what it is given of a resource that is a folder" },
  { "file", work.classes.WorkFile, "what it is given of a resource that is a file" },
  { "writer", work.classes.Writer, "what work:write gives" },
}

--- All of them.
-- @return array of lines
function help_work.overview()
  local lines = {}
  for i, given in ipairs(GIVEN) do
    local rows = {}
    for _, name in ipairs(given[2].names) do
      local method = given[2].plain[name]
      rows[#rows + 1] = { (":%s%s"):format(name, help_function.parameters(method, 1)),
        help_function.sentence(method) }
    end
    lines[#lines + 1] = (i > 1 and "\n" or "") .. given[3] .. ":"
    help_function.add_rows(lines, rows)
  end
  return lines
end

--- What a word is.
-- @param name string: "work", "fetch", "work:fetch"
-- @return array of lines | nil: for what is none
function help_work.about(name)
  if name == "work" then
    return help_work.overview()
  end
  local object, method = name:match "^([%a_]+):([%a_]+)$"
  local lines = {}
  for _, given in ipairs(GIVEN) do
    local func = given[2].plain[method or name]
    if func and (not object or object == given[1]) then
      lines[#lines + 1] = #lines > 0 and "" or nil
      local more = help_function.method(func, given[1] .. ":" .. (method or name))
      table.move(more, 1, #more, #lines + 1, lines)
    end
  end
  return #lines > 0 and lines or nil
end

return help_work
