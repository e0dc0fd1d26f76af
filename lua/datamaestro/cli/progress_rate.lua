--- A rate that does not jump: the mean of the last seconds, older bytes counting less and less.
local Rate = { __name = "rate" }
Rate.__index = Rate

local STEP = 0.2 -- seconds that a sample gathers: shorter ones measure the buffers on the way
local SILENCE = 1.0 -- seconds after which no news means no bytes
local WARM = 1.0 -- seconds before there is a rate to speak of

--- Makes a meter.
-- @param now number: seconds
-- @param memory number: seconds after which bytes count for about a third
-- @return rate
function Rate.new(now, memory)
  return setmetatable({ memory = memory, started = now, last = now, pending = 0, sum = 0, weight = 0 }, Rate)
end

--- Counts bytes.
-- @param now number: seconds
-- @param bytes integer: since the last call
function Rate:add(now, bytes)
  self.pending = self.pending + bytes
  local passed = now - self.last
  if passed >= STEP then
    -- Dividing by the sum of the weights keeps the first seconds, with little to remember, unbiased.
    local kept = math.exp(-passed / self.memory)
    self.sum = self.sum * kept + self.pending / passed * (1 - kept)
    self.weight = self.weight * kept + 1 - kept
    self.pending, self.last = 0, now
  end
end

--- The rate now.
-- @param now number: seconds
-- @return number|nil: bytes per second; nil while it is too early to say
function Rate:value(now)
  if now - self.last >= SILENCE then
    self:add(now, 0)
  end
  return now - self.started >= WARM and self.weight > 0 and self.sum / self.weight or nil
end

--- The time that some bytes will take.
-- @param now number: seconds
-- @param bytes integer
-- @return number|nil: seconds; nil while nothing can be said
function Rate:left(now, bytes)
  local value = self:value(now)
  return value and value >= 1 and bytes >= 0 and bytes / value or nil
end

return Rate
