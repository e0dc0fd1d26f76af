--- Words and figures of the progress display, fitted into columns of a terminal.
local console = require "datamaestro.api.console"
local text = require "datamaestro.text"

local words = {}

local EMOJI_VARIANT = 0xFE0F -- makes the character before it a wide one
local widths, known = {}, 0
local KNOWN_MAXIMUM = 2000 -- characters; asking takes microseconds, and a line is drawn often

local function width_of(code)
  if code < 0x7F or code == EMOJI_VARIANT then
    return 1
  end
  if not widths[code] then
    if known == KNOWN_MAXIMUM then
      widths, known = {}, 0
    end
    widths[code], known = console.width(code), known + 1
  end
  return widths[code]
end

--- The columns that a text takes on a terminal.
-- @param value string: UTF-8 (as text.line gives it)
-- @return integer
function words.width(value)
  local columns = 0
  for _, code in utf8.codes(value, true) do
    columns = columns + width_of(code)
  end
  return columns
end

--- Shortens a text at its end; characters stay whole.
-- @param value string: UTF-8
-- @param columns integer: at most
-- @return string: ends in `…` where something was cut
function words.cut_end(value, columns)
  if words.width(value) <= columns then
    return value
  end
  local used, last = 0, 0
  for at, code in utf8.codes(value, true) do
    used = used + width_of(code)
    if used > columns - 1 then
      break
    end
    last = utf8.offset(value, 2, at) - 1
  end
  return columns > 0 and value:sub(1, last) .. "…" or ""
end

--- Shortens a text at its beginning: the end of a name tells more.
-- @param value string: UTF-8
-- @param columns integer: at most
-- @return string: begins with `…` where something was cut
function words.cut_start(value, columns)
  local excess = words.width(value) - columns
  if excess <= 0 then
    return value
  elseif columns < 1 then
    return ""
  end
  local removed, first = 0, #value + 1
  for at, code in utf8.codes(value, true) do
    -- What combines with a removed character goes with it.
    if removed >= excess + 1 and width_of(code) > 0 then
      first = at
      break
    end
    removed = removed + width_of(code)
  end
  return "…" .. value:sub(first)
end

--- Adds spaces up to a width.
-- @param value string: UTF-8
-- @param columns integer
-- @param to_right boolean|nil: put the text at the right
-- @return string
function words.pad(value, columns, to_right)
  local spaces = (" "):rep(columns - words.width(value))
  return to_right and spaces .. value or value .. spaces
end

--- How far: `9.3 of 26.4 MB`, the unit once where both have the same; without a total the size.
-- @param received integer: bytes
-- @param total integer|nil: bytes
-- @return string
function words.amount(received, total)
  local have = text.size(received)
  if not total then
    return have
  end
  local whole = text.size(total)
  local unit = whole:match " (%a+)$"
  return ("%s of %s"):format(have:match(" (%a+)$") == unit and have:match "^%S+" or have, whole)
end

--- The share in percent; 100 is only said of what is complete.
-- @param received integer: bytes
-- @param total integer|nil: bytes
-- @return string: "" without a total
function words.share(received, total)
  return total and total > 0 and ("%d %%"):format(received * 100 // total) or ""
end

--- A duration as people say it: `0.4 s`, `42 s`, `3 min 20 s`, `2 h 05 min`.
-- @param seconds number
-- @return string
function words.duration(seconds)
  if seconds < 9.95 then
    return ("%.1f s"):format(seconds)
  end
  local whole = math.floor(seconds + 0.5)
  if whole < 60 then
    return ("%d s"):format(whole)
  elseif whole < 3600 then
    return ("%d min %02d s"):format(whole // 60, whole % 60)
  end
  return ("%d h %02d min"):format(whole // 3600, whole % 3600 // 60)
end

local DAY = 24 * 3600 -- seconds; beyond it, hours are pretence

--- The time left, as exact as can be known: `42 s left`, `4 min left`, `2 h left`, `days left`.
-- @param seconds number|nil
-- @return string: "" for nil
function words.left(seconds)
  if not seconds then
    return ""
  elseif seconds >= DAY then
    return "days left"
  elseif seconds < 99.5 then
    return ("%d s left"):format(math.max(1, math.ceil(seconds)))
  elseif seconds < 99.5 * 60 then
    return ("%d min left"):format(math.ceil(seconds / 60))
  end
  return ("%d h left"):format(math.ceil(seconds / 3600))
end

--- A rate: `5.2 MB/s`.
-- @param bytes number|nil: bytes per second
-- @return string: "" for nil
function words.rate(bytes)
  return bytes and (text.size(math.floor(bytes + 0.5)):gsub("bytes", "B")) .. "/s" or ""
end

--- A count and its noun: `1 file`, `4 files`.
-- @param count integer
-- @param noun string
-- @return string
function words.count(count, noun)
  return ("%d %s%s"):format(count, noun, count == 1 and "" or "s")
end

return words
