--- Tables that keep the order in which their fields came: the rows of JSONL files.
local record = {}

local function add(names, known, row)
  local more = {}
  for key in next, row do
    if not known[key] then
      more[#more + 1] = key
    end
  end
  table.sort(more, function(a, b)
    return tostring(a) < tostring(b)
  end)
  return table.move(more, 1, #more, #names + 1, table.move(names, 1, #names, 1, {}))
end

-- Fields that were removed are left out, those that were added come last.
local function ordered_pairs(names, known)
  return function(row)
    local all, i = add(names, known, row), 0
    return function()
      while true do
        i = i + 1
        local key = all[i]
        if key == nil then
          return nil
        end
        local value = rawget(row, key)
        if value ~= nil then
          return key, value
        end
      end
    end
  end
end

--- Makes the metatable of rows with these fields; `pairs` gives them in this order.
-- @param names array of strings
-- @return table
function record.metatable(names)
  local known = {}
  for _, name in ipairs(names) do
    known[name] = true
  end
  return { __name = "record", __pairs = ordered_pairs(names, known), __metatable = false }
end

--- Whether a value is such a row.
-- @param value any
-- @return boolean
function record.is(value)
  local metatable = type(value) == "table" and debug.getmetatable(value)
  return type(metatable) == "table" and rawget(metatable, "__name") == "record"
end

return record
