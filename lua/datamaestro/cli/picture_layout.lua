--- Where images stand on a contact sheet.
local layout = {}

-- Sizes that an image may be shown in, from large to small: whole multiples, then whole parts, so that pixels
-- stay even.
local function scales(longest, target, least)
  local list = {}
  for factor = math.max(1, target // longest), 2, -1 do
    list[#list + 1] = factor
  end
  list[#list + 1] = 1
  local part = 2
  while longest // part >= least do
    list[#list + 1] = 1 / part
    part = part + 1
  end
  return list
end

local function tile_of(wanted, scale)
  return math.max(1, math.floor(wanted.width * scale)), math.max(1, math.floor(wanted.height * scale))
end

local function place(wanted, space, scale)
  local width, height = tile_of(wanted, scale)
  local slot = math.max(width, space.label_width or 0)
  local columns = wanted.columns
  if not columns and space.width then
    columns = (space.width + space.gap) // (slot + space.gap)
  end
  columns = math.max(1, math.min(wanted.count, columns or math.floor((2 * wanted.count) ^ 0.5 + 0.5)))
  local rows = (wanted.count + columns - 1) // columns
  return {
    columns = columns, rows = rows, tile_width = width, tile_height = height, slot = slot,
    width = columns * (slot + space.gap) - space.gap,
    height = rows * (height + space.label + space.gap) - space.gap,
  }
end

local function fits(plan, space)
  return (not space.width or plan.width <= space.width) and (not space.height or plan.height <= space.height)
end

-- An image that is too large for the space even in the smallest of its sizes: as large as the space has it.
local function squeeze(wanted, space, plan)
  local columns = plan.columns
  local width = math.max(1, (space.width + space.gap) // columns - space.gap)
  local narrow = setmetatable({ label_width = 0 }, { __index = space })
  local same = setmetatable({ columns = columns }, { __index = wanted })
  return place(same, narrow, math.min(1, width / wanted.width))
end

--- Plans a sheet: the largest images with which all fit, or the smallest that are worth looking at.
-- @param wanted table: count; width, height (pixels of an image); columns (nil: as many as fit)
-- @param space table: width, height (pixels there are; nil: any); gap (pixels between images); label,
--   label_width (pixels below each, and those across that a label is worth); target (longest side to which
--   small images are enlarged), least (that large ones may shrink to)
-- @return table: columns, rows; tile_width, tile_height (pixels of an image); slot (pixels across of an image
--   with its label); width, height (of all)
function layout.plan(wanted, space)
  local plan, smallest
  for _, scale in ipairs(scales(math.max(wanted.width, wanted.height), space.target, space.least)) do
    plan = place(wanted, space, scale)
    if fits(plan, space) then
      return plan
    elseif not space.width or plan.width <= space.width then
      smallest = plan
    end
  end
  return smallest or squeeze(wanted, space, plan)
end

--- The place of an image in its tile: as large as the tile has it, in its own proportions, on the ground,
-- next to its label.
-- @param width integer: pixels of the image
-- @param height integer
-- @param plan table: of layout.plan
-- @return integers: x, y, width, height in the slot
function layout.fit(width, height, plan)
  local scale = math.min(plan.tile_width / width, plan.tile_height / height)
  local w = math.max(1, math.floor(width * scale + 0.5))
  local h = math.max(1, math.floor(height * scale + 0.5))
  return (plan.slot - w) // 2, plan.tile_height - h, w, h
end

return layout
