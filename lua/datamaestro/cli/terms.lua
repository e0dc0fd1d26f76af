--- Terms of use on a terminal: shown, asked about once, recorded.
local agreements = require "datamaestro.engine.agreements"
local file = require "datamaestro.api.file"
local speech = require "datamaestro.cli.speech"
local text = require "datamaestro.text"

local terms = {}

local WIDTH = 77   -- columns at the most, where the terminal has as many
local MARGIN = "  " -- so that no line of theirs looks like one of ours

-- A word as the shell reads it.
local function quote(word)
  return word:find "^[%w_.@/:=,+-]+$" and word or "'" .. word:gsub("'", "'\\''") .. "'"
end

--- The command that accepts some terms.
-- @param one agreement, as of agreements.of
-- @return string
function terms.command(one)
  return ("datamaestro agree %s --hash %s"):format(quote(one.datasets[1]), one.hash)
end

--- The text of some terms for a terminal: wrapped, indented, nothing raw.
-- @param one agreement
-- @return string: lines
function terms.text(one)
  local width = math.max(20, math.min(speech.columns(2), WIDTH)) - #MARGIN
  local body = text.printable(text.wrap(one.text, width))
  return (MARGIN .. body:gsub("\n", "\n" .. MARGIN):gsub("[ ]+\n", "\n"))
end

local function names(datasets)
  local shown = table.concat(datasets, ", ", 1, math.min(#datasets, 3))
  return #datasets > 3 and ("%s and %d more"):format(shown, #datasets - 3) or shown
end

--- What there is to say before the text: whose terms they are, and why they are asked about again.
-- @param one agreement
-- @return string: lines
function terms.heading(one)
  local lines = { text.line(("Terms of %s (%s):"):format(names(one.datasets), one.id)) }
  if one.accepted then
    return lines[1]
  elseif one.other_date then
    lines[2] = ("They have changed since you accepted them on %s."):format(one.other_date:sub(1, 10))
  elseif one.is_bare then
    lines[2] = "You have accepted terms of this name, but nobody noted their text: once more, please."
  end
  return table.concat(lines, "\n")
end

--- Says that terms are not accepted, and how they can be.
-- @param list array of agreements
-- @param shown boolean|nil: whether their texts were shown just now
-- @return nil, message, "agreement"
function terms.refusal(list, shown)
  local lines = {}
  for i, one in ipairs(list) do
    local state = one.other_date and "have changed since you accepted them on " .. one.other_date:sub(1, 10)
      or "are not accepted"
    local where = shown and "" or (" (`datamaestro agree %s` shows them)"):format(quote(one.datasets[1]))
    lines[i] = ("%s: terms '%s' %s%s; to accept them:\n  %s"):format(names(one.datasets), text.line(one.id),
      state, where, terms.command(one))
  end
  return nil, table.concat(lines, "\n"), "agreement"
end

--- Whether somebody can be asked.
-- @return boolean
function terms.can_ask()
  return file.isatty(0) and file.isatty(2)
end

local YES = { yes = true, y = true }

-- Shows terms and asks once; anything but yes is no.
local function ask(session, one)
  session:progress():clear()
  io.stdout:flush()
  io.stderr:write(speech.folded(2, terms.heading(one)), "\n\n", terms.text(one),
    "\n\nDo you accept these terms? [yes/no] ")
  local answer
  local _ <close> = setmetatable({}, { __close = function()
    io.stderr:write(answer and "" or "\n") -- also where Ctrl-C ends it all
  end })
  answer = io.stdin:read "l"
  return answer ~= nil and YES[answer:lower():match "^%s*(.-)%s*$"] == true
end

--- Asks about some terms; what is accepted is recorded at once.
-- @param session session
-- @param list array of agreements that are not accepted
-- @return true | nil, message, "agreement" at the first that is not accepted
function terms.ask(session, list)
  for _, one in ipairs(list) do
    if not ask(session, one) then
      return terms.refusal { one }
    end
    local recorded, message = agreements.record { one }
    if not recorded then
      session:complain(("warning: %s; that you accept these terms is not recorded, and will be asked again")
        :format(message))
    end
    session.agreed[one.key] = true
  end
  return true
end

--- The terms of some datasets that are not accepted yet.
-- @param session session: what was accepted in it, recorded or not, counts
-- @param datasets array of datasets
-- @return array of agreements | nil, message, code
function terms.missing(session, datasets)
  local list, message, code = agreements.of(datasets)
  if not list then
    return nil, message, code
  end
  local missing = {}
  for _, one in ipairs(list) do
    if not one.accepted and not session.agreed[one.key] then
      missing[#missing + 1] = one
    end
  end
  return missing
end

return terms
