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

--- Finds the candidate that a misspelt name most probably means. Case does not count.
-- @param name string: what was written
-- @param candidates array of strings
-- @return string | nil: nil when none is near (a third of the letters wrong at most)
function guess.nearest(name, candidates)
  if type(name) ~= "string" or #name > LONGEST then
    return nil
  end
  local wanted = name:lower()
  local best, least = nil, math.max(1, #name // 3) + 1
  for _, candidate in ipairs(candidates) do
    if math.abs(#candidate - #name) < least then
      local distance = guess.distance(wanted, candidate:lower())
      if distance < least then
        best, least = candidate, distance
      end
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
