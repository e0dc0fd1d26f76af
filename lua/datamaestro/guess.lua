--- "Did you mean": the nearest of some names.

local guess = {}

local LONGEST = 64 -- bytes; the effort grows with the square

--- Counts the edits between two strings: insertions, removals, replacements, swaps of neighbours.
-- @param a string
-- @param b string
-- @return integer
function guess.distance(a, b)
  local before, row, after = {}, {}, {}
  for j = 0, #b do
    row[j] = j
  end
  for i = 1, #a do
    after[0] = i
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      after[j] = math.min(row[j] + 1, after[j - 1] + 1, row[j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        after[j] = math.min(after[j], before[j - 2] + 1)
      end
    end
    before, row, after = row, after, before
  end
  return row[#b]
end

-- Ids that are in one place are near in that alone: how many bytes of parts with dots behind both begin with.
local function shared(a, b)
  local size = 0
  for dot in a:gmatch "()%." do
    size = a:sub(1, dot) == b:sub(1, dot) and dot or size
  end
  return size
end

-- The edits between two names | nil: they are not near.
local function edits(name, candidate)
  local skipped = shared(name, candidate)
  local a, b = name:sub(skipped + 1), candidate:sub(skipped + 1)
  local most = math.max(1, #a // 3)
  if math.abs(#a - #b) > most then
    return nil
  end
  local distance = guess.distance(a, b)
  return distance <= most and distance < math.max(#a, #b, 1) and distance or nil
end

--- Finds the candidate that a misspelt name most probably means. Case does not count.
-- @param name string: what was written
-- @param candidates array of strings
-- @return string | nil: nil when none is near (a third of the letters wrong at most, without the parts that
--   ids share)
function guess.nearest(name, candidates)
  if type(name) ~= "string" or #name > LONGEST then
    return nil
  end
  local best, least
  for _, candidate in ipairs(candidates) do
    local found = edits(name:lower(), candidate:lower())
    if found and (not least or found < least) then
      best, least = candidate, found
    end
  end
  return best
end

--- The sentence for a message: " (did you mean 'x'?)", or `otherwise`.
-- @param name string: what was written
-- @param candidates array of strings
-- @param otherwise string: when nothing is near (default: "")
-- @return string
function guess.hint(name, candidates, otherwise)
  local nearest = guess.nearest(name, candidates)
  return nearest and (" (did you mean '%s'?)"):format(nearest) or otherwise or ""
end

return guess
