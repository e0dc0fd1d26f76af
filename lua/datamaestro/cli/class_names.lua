--- Names for classes: a list of them begins with class 0, as in torchvision, where the labels do not tell
-- otherwise.
local tensors = require "datamaestro.api.tensor"

local class_names = {}

-- The least and the greatest label; nothing where there are none, or others than numbers.
local function range_of(labels)
  if tensors.is_tensor(labels) then
    if #labels > 0 then
      return labels:min(), labels:max()
    end
    return nil
  end
  local low, high
  for i = 1, #labels do
    local label = tonumber(labels[i])
    if not label then
      return nil
    end
    low, high = math.min(low or label, label), math.max(high or label, label)
  end
  return low, high
end

--- Makes the function that names labels.
-- @param classes table: a list of names, which begins with class 0, or, where no label is below 1 and one is
--   as great as the list is long, with class 1; or a table with names by label
-- @param labels tensor or list: all labels
-- @return function(label) → name, or the label itself where it has none
function class_names.of(classes, labels)
  local first = 1 -- class 0 is the list's first
  if rawget(classes, 0) ~= nil or #classes == 0 then
    first = 0
  else
    local low, high = range_of(labels)
    if low and low >= 1 and high == #classes then
      first = 0
    end
  end
  return function(label)
    local number = math.tointeger(tonumber(label))
    local name = classes[label]
    if number then
      name = classes[number + first]
    end
    return name == nil and label or name
  end
end

return class_names
