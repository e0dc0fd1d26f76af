--- How much a spec of spec/stress does: little in `make test`, much in `make torture`.
local rounds = {}

local function number(name, default)
  local text = os.getenv("TORTURE_" .. name)
  return text and text ~= "" and assert(math.tointeger(tonumber(text)), name .. ": a whole number expected")
    or default
end

--- Rounds of each kind.
rounds.count = number("ROUNDS", 3)

--- Bytes of a file that is killed over and over.
rounds.size = number("SIZE", 24) << 20

--- What the server gives each connection: as nginx's limit_rate says it, or nil for all that it can. By
-- default so little that there is time for a kill.
rounds.rate = os.getenv "TORTURE_RATE" or "48m"
if rounds.rate == "" then
  rounds.rate = nil
end

--- Where the random numbers of this run begin.
rounds.seed = number("SEED", os.time())

--- Prints a line where somebody looks at it: in `make torture`.
-- @param text string: a format
-- @param ... its values
function rounds.say(text, ...)
  if os.getenv "TORTURE_ROUNDS" then
    io.write(text:format(...), "\n")
    io.flush()
  end
end

return rounds
