--- Changes of a text: applied, and shown as a unified diff.
--
-- An edit is { first, last, text }: the bytes from `first` to `last` become `text`; with `last` = `first` - 1
-- it is put in before `first`. Edits do not overlap.
local edits = {}

local CONTEXT = 3 -- lines around a change

local function sorted(list)
  local copy = table.move(list, 1, #list, 1, {})
  for i, edit in ipairs(copy) do
    edit.order = i
  end
  table.sort(copy, function(a, b)
    if a.first ~= b.first then
      return a.first < b.first
    end
    return a.order < b.order
  end)
  return copy
end

--- Applies edits.
-- @param text string
-- @param list array of edits
-- @return string
function edits.apply(text, list)
  local parts, at = {}, 1
  for _, edit in ipairs(sorted(list)) do
    parts[#parts + 1] = text:sub(at, edit.first - 1) .. edit.text
    at = edit.last + 1
  end
  return table.concat(parts) .. text:sub(at)
end

-- The lines of a text with their ends, and where each begins.
local function lines_of(text)
  local lines, starts = {}, {}
  for start, line in text:gmatch "()([^\n]*\n?)" do
    if line ~= "" then
      lines[#lines + 1], starts[#starts + 1] = line, start
    end
  end
  return lines, starts
end

-- The line that a byte is in.
local function line_at(starts, byte)
  local low, high = 1, #starts
  while low < high do
    local middle = (low + high + 1) // 2
    if starts[middle] <= byte then
      low = middle
    else
      high = middle - 1
    end
  end
  return low
end

-- A byte of the last line that an edit concerns: where it takes a line's end away, the next one.
local function after_of(text, edit)
  local last = math.max(edit.first, edit.last)
  if edit.last >= edit.first and text:sub(last, last) == "\n" and edit.text:sub(-1) ~= "\n" then
    last = last + 1
  end
  return math.min(last, #text)
end

-- What changes: { first, last (lines), edits }, those that touch joined.
local function changes_of(text, list, starts)
  local changes = {}
  for _, edit in ipairs(sorted(list)) do
    local first = line_at(starts, math.min(edit.first, #text))
    local last = line_at(starts, after_of(text, edit))
    local before = changes[#changes]
    if before and first <= before.last then
      before.last = math.max(before.last, last)
      table.insert(before.edits, edit)
    else
      changes[#changes + 1] = { first = first, last = last, edits = { edit } }
    end
  end
  return changes
end

-- Leaves out the lines at both ends that stay as they are.
local function trim(old, new)
  local head = 0
  while head < #old and head < #new and old[head + 1] == new[head + 1] do
    head = head + 1
  end
  local tail = 0
  while tail < #old - head and tail < #new - head and old[#old - tail] == new[#new - tail] do
    tail = tail + 1
  end
  return head, tail
end

-- The old and the new lines of a change, as far as they differ.
local function resolve(text, lines, starts, change)
  local from = starts[change.first]
  local to = starts[change.last] + #lines[change.last] - 1
  local moved = {}
  for i, edit in ipairs(change.edits) do
    moved[i] = { first = edit.first - from + 1, last = edit.last - from + 1, text = edit.text }
  end
  local old = table.move(lines, change.first, change.last, 1, {})
  local new = lines_of(edits.apply(text:sub(from, to), moved))
  local head, tail = trim(old, new)
  return { first = change.first + head, old = table.move(old, head + 1, #old - tail, 1, {}),
    new = table.move(new, head + 1, #new - tail, 1, {}) }
end

-- Changes near each other make one hunk.
local function hunks_of(text, list, lines, starts)
  local hunks = {}
  for _, change in ipairs(changes_of(text, list, starts)) do
    local block = resolve(text, lines, starts, change)
    local hunk = hunks[#hunks]
    if #block.old + #block.new > 0 then
      if not hunk or block.first - hunk.stop > 2 * CONTEXT then
        hunk = { first = math.max(1, block.first - CONTEXT) }
        hunks[#hunks + 1] = hunk
      end
      table.insert(hunk, block)
      hunk.stop = block.first + #block.old
    end
  end
  return hunks
end

local function add(out, mark, line)
  out[#out + 1] = mark .. line
  if line:sub(-1) ~= "\n" then
    out[#out + 1] = "\n\\ No newline at end of file\n"
  end
end

-- The lines of a hunk; how many there are of the old, and of the new.
local function hunk_lines(hunk, lines)
  local out, at, removed, added = {}, hunk.first, 0, 0
  local stop = math.min(#lines, hunk.stop + CONTEXT - 1)
  for _, block in ipairs(hunk) do
    while at < block.first do
      add(out, " ", lines[at])
      at = at + 1
    end
    for _, line in ipairs(block.old) do
      add(out, "-", line)
    end
    for _, line in ipairs(block.new) do
      add(out, "+", line)
    end
    at = at + #block.old
    removed, added = removed + #block.old, added + #block.new
  end
  for i = at, stop do
    add(out, " ", lines[i])
  end
  local count = stop - hunk.first + 1
  return table.concat(out), count, count - removed + added
end

--- Shows edits as a unified diff.
-- @param path string: as the diff names it
-- @param text string
-- @param list array of edits
-- @return string: "" without edits
function edits.diff(path, text, list)
  if #list == 0 then
    return ""
  end
  local lines, starts = lines_of(text)
  local out, moved = { ("--- %s\n+++ %s\n"):format(path, path) }, 0
  for _, hunk in ipairs(hunks_of(text, list, lines, starts)) do
    local body, old, new = hunk_lines(hunk, lines)
    out[#out + 1] = ("@@ -%d,%d +%d,%d @@\n"):format(hunk.first, old, hunk.first + moved, new)
    out[#out + 1] = body
    moved = moved + new - old
  end
  return table.concat(out)
end

return edits
