--- What functions are, for `help`: their doc comments, or where they stand.
local comments = require "datamaestro.comments"
local help_tensor = require "datamaestro.cli.help_tensor"
local tensors = require "datamaestro.api.tensor"
local text = require "datamaestro.text"

local help_function = {}

local HEAD = 30   -- columns of what stands beside its sentence; what is longer has it below
local PROSE = 78  -- columns of paragraphs at most
local LEAST = 20  -- columns beside what stands in front of a line

local function columns(value)
  return utf8.len(value) or #value
end

--- Adds rows of a name and what it is, side by side.
-- @param lines array: where they go; see help_function.render
-- @param rows array of { head (string), tail (string) }
function help_function.add_rows(lines, rows)
  lines[#lines + 1] = #rows > 0 and { rows = rows } or nil
end

local function lay_out(lines, rows, columns_of_line)
  local width = 0
  for _, row in ipairs(rows) do
    width = math.max(width, columns(row[1]) <= HEAD and columns(row[1]) or 0)
  end
  for _, row in ipairs(rows) do
    local beside = columns(row[1]) <= width
    local indent = ("\n" .. (" "):rep(width + 4))
    local tail = text.wrap(row[2], math.max(LEAST, columns_of_line - 4 - width)):gsub("\n", indent)
    local gap = beside and (" "):rep(width - columns(row[1]) + 2) or indent
    lines[#lines + 1] = text.fold("  " .. row[1], columns_of_line) .. (tail ~= "" and gap .. tail or "")
  end
end

-- Where a line that does not fit goes on: below what stands beside its first words, if it is laid out so.
local function hang_of(line, width)
  local head = line:match "^  +%S.-  +%f[%S]"
  return head and columns(head) + LEAST <= width and columns(head) or nil
end

--- Makes text of what help has to say.
-- @param lines array: of lines (strings, perhaps several in one), { prose = string }, which is filled into
--   lines, { code = string }, which stays as it is, and { rows = array } of help_function.add_rows
-- @param width integer: columns
-- @return string
function help_function.render(lines, width)
  local done = {}
  for _, one in ipairs(lines) do
    if type(one) == "string" then
      for line in (one .. "\n"):gmatch "(.-)\n" do
        done[#done + 1] = text.fold(line, width, hang_of(line, width))
      end
    elseif one.code then
      done[#done + 1] = one.code
    elseif one.prose then
      done[#done + 1] = text.wrap(one.prose, math.min(width, PROSE))
    else
      lay_out(done, one.rows, width)
    end
  end
  return table.concat(done, "\n")
end

--- The names of a function's parameters, in parentheses.
-- @param func function
-- @param skipped integer: how many to leave out at the beginning
-- @return string
function help_function.parameters(func, skipped)
  local about = debug.getinfo(func, "uS")
  if about.what == "C" then
    return "(…)" -- their parameters have no names
  end
  local names = {}
  for i = 1 + skipped, about.nparams do
    names[#names + 1] = debug.getlocal(func, i)
  end
  if about.isvararg then
    names[#names + 1] = "..."
  end
  return "(" .. table.concat(names, ", ") .. ")"
end

-- The doc comment of a function; "…: MODULE's NAME." at its end refers to that of another one.
local function comment_of(func)
  local comment = comments.of(func)
  local module, name = (comment and comment.text or ""):match ": (datamaestro%.[%w_.]+)'s ([%w_]+)%.$"
  return module and comments.of(require(module)[name]) or comment
end

-- The first sentence, for lists.
local function sentence(words)
  return words:match "^(.-)[.:] " or words:match "^(.-)[.:]?$"
end

--- What a method does, in a sentence.
-- @param method function
-- @return string: "" where nothing says it
function help_function.sentence(method)
  local comment = comment_of(method)
  return comment and sentence(comment.text) or ""
end

-- Lua's own libraries: "string.rep" | nil.
local function standard_name(func)
  for _, library in ipairs { "_G", "string", "table", "math", "io", "os", "utf8", "coroutine", "debug" } do
    for name, value in next, package.loaded[library] do
      if value == func and debug.getinfo(func, "S").what == "C" then
        return library == "_G" and name or library .. "." .. name
      end
    end
  end
end

--- What a method of tensors does.
-- @param name string
-- @return array of lines: "t:narrow(dim, start, length)", "  view: some parts along a dimension"
function help_function.tensor_method(name)
  local about = help_tensor.methods[name]
  return { ("t:%s%s"):format(name, about[1]), "  " .. about[2] }
end

local function of_tensors(func)
  local sample <close> = tensors.from("uint8", { 1 }, { 0 })
  for name in pairs(help_tensor.methods) do
    if sample[name] == func then
      return help_function.tensor_method(name)
    end
  end
  for name, about in pairs(help_tensor.functions) do
    if tensors[name] == func then
      return { ("datamaestro.tensor.%s%s"):format(name, about[1]), "  " .. about[2] }
    end
  end
end

local function of_comment(func, name, comment, skipped)
  local lines = { name .. help_function.parameters(func, skipped or 0), { prose = comment.text } }
  local rows = {}
  for i, param in ipairs(comment.params) do
    rows[i] = { param[1], param[2] }
  end
  if comment.returns then
    rows[#rows + 1] = { "returns", comment.returns }
  end
  if #rows > 0 then
    lines[#lines + 1] = ""
    help_function.add_rows(lines, rows)
  end
  return lines
end

--- Says what a method is whose first parameter is the object.
-- @param method function
-- @param name string: "work:fetch"
-- @return array of lines
function help_function.method(method, name)
  local comment = comment_of(method)
  return comment and of_comment(method, name, comment, 1)
    or { name .. help_function.parameters(method, 1) }
end

--- Says what a function is.
-- @param func function
-- @param name string|nil: under which it is known
-- @param documented function|nil: one whose doc comment says it as well
-- @return array, as help_function.render takes it
function help_function.about(func, name, documented)
  local standard = standard_name(func)
  if standard then
    return { ("%s: a function of Lua, https://www.lua.org/manual/5.4/manual.html#pdf-%s")
      :format(standard, standard) }
  end
  local about = debug.getinfo(func, "S")
  if about.what == "C" then
    return of_tensors(func) or { "a function of the program, built in" }
  end
  local comment = comment_of(func) or documented and comment_of(documented)
  if comment then
    return of_comment(documented or func, name or "function", comment)
  end
  return { ("function%s  %s:%d"):format(help_function.parameters(func, 0), about.short_src,
    about.linedefined) }
end

return help_function
