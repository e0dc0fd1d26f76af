--- How pictures can be shown where standard output goes: by Kitty's protocol, as sixels, as half blocks in
-- colours, or as plain characters.
local file = require "datamaestro.api.file"
local terminal = require "datamaestro.api.terminal"

local picture_terminal = {}

local PATIENCE = 1000 -- milliseconds that an answer may take; all but the dumbest terminals answer at once

-- XTSMGRAPHICS (colours of sixels; their size), then DA1, which every terminal answers, so that its answer
-- ends the wait: https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
local QUESTION = "\27[?1;1;0S\27[?2;1;0S\27[c"

local function environment(name)
  local value = os.getenv(name)
  return value ~= "" and value or nil
end

-- A multiplexer stands between us and the terminal that these variables are of.
local function is_multiplexed()
  return environment "TMUX" ~= nil or environment "STY" ~= nil
    or (environment "TERM" or ""):find "^screen" ~= nil or (environment "TERM" or ""):find "^tmux" ~= nil
end

local KITTY = { ["xterm-kitty"] = true, ["xterm-ghostty"] = true, WezTerm = true, ghostty = true }

local function knows_kitty()
  return not is_multiplexed() and (environment "KITTY_WINDOW_ID" ~= nil
    or KITTY[environment "TERM" or ""] or KITTY[environment "TERM_PROGRAM" or ""]) or false
end

--- What a terminal's answer says of sixels.
-- @param answer string: to the question above
-- @return table | nil: colours (2 to 256), width and height (pixels at most; nil: not told); nil: no sixels
function picture_terminal.sixels(answer)
  local attributes = answer:match "\27%[%?([%d;]*)c$"
  if not attributes or not (";" .. attributes .. ";"):find(";4;", 2, true) then
    return nil
  end
  local colours = math.tointeger(tonumber(answer:match "\27%[%?1;0;(%d+)S"))
  local width, height = answer:match "\27%[%?2;0;(%d+);(%d+)S"
  return {
    colours = math.max(2, math.min(colours or 256, 256)),
    width = math.tointeger(tonumber(width)),
    height = math.tointeger(tonumber(height)),
  }
end

-- Asked once: what it can do does not change, and each question takes a moment.
local asked

local function ask_sixels()
  if asked == nil then
    local answer = terminal.ask(QUESTION, "c", PATIENCE)
    asked = answer and picture_terminal.sixels(answer) or false
  end
  return asked or nil
end

local function is_dumb()
  local term = environment "TERM"
  return not term or term == "dumb" or term:find "^vt[1-9]" ~= nil and not term:find "sixel"
end

local function is_utf8()
  local locale = environment "LC_ALL" or environment "LC_CTYPE" or environment "LANG" or ""
  return locale:lower():find "utf%-?8" ~= nil
end

--- Which colours text may have.
-- @return string: "true", "256" or "none"
function picture_terminal.colours()
  local promised = environment "COLORTERM"
  if environment "NO_COLOR" or is_dumb() then
    return "none"
  elseif promised == "truecolor" or promised == "24bit" or (environment "TERM" or ""):find "%-direct" then
    return "true"
  end
  return "256"
end

-- COLORFGBG is "front;ground", of the 16 colours; 7 and those from 9 on are light.
local function is_light()
  local ground = tonumber((environment "COLORFGBG" or ""):match ";(%d+)$")
  return ground ~= nil and (ground == 7 or ground > 8)
end

local function choose_kind(asked_kind)
  if asked_kind then
    return asked_kind
  elseif not file.isatty(1) or environment "NO_COLOR" or is_dumb() and not ask_sixels() then
    return "plain"
  elseif knows_kitty() then
    return "kitty"
  end
  return ask_sixels() and "sixel" or "blocks"
end

--- What standard output can show.
-- @param kind string|nil: "kitty", "sixel", "blocks" or "plain" to have that; nil: the best there is
-- @return table: kind; columns and rows (characters); cell_width, cell_height (pixels of one); colours
--   ("true", "256", "none") and unicode, light (booleans) for characters; sixel_colours, and width, height
--   (pixels) where sixels may be no larger
function picture_terminal.describe(kind)
  local size = terminal.size(1)
  local medium = { kind = choose_kind(kind), unicode = is_utf8(), light = is_light() }
  medium.columns = size.columns or math.tointeger(tonumber(environment "COLUMNS")) or 80
  medium.rows = size.rows or 24
  medium.cell_width = size.width and math.max(1, size.width // medium.columns) or 8
  medium.cell_height = size.height and math.max(1, size.height // medium.rows) or 16
  medium.colours = medium.kind == "plain" and "none" or picture_terminal.colours()
  if kind == "blocks" and medium.colours == "none" then
    medium.colours = "256"
  end
  local sixels = medium.kind == "sixel" and file.isatty(1) and ask_sixels() or {}
  medium.sixel_colours, medium.width, medium.height = sixels.colours or 256, sixels.width, sixels.height
  return medium
end

picture_terminal.kinds = { "kitty", "sixel", "blocks", "plain" }

return picture_terminal
