-- A download that is killed at random moments, over and over, until it is complete.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local rounds = require "spec.support.rounds"
local temp = require "spec.support.temp"

-- What is lost with a process: the next note of progress begins 8 MiB after the one before, and while the
-- disk is at it, twice that may come in.
local SYNC_STEP = 16 << 20

-- And what the server has handed to the kernel but the process has not written, for each connection: what
-- both buffers of the kernel hold (twice the size of the sender's that is asked for, half of the receiver's),
-- and what is on its way within the process. Where the server is slow, nothing waits to be received.
local SEND_BUFFER = 256 << 10
local IN_PROCESS = 4 << 20
local RECEIVED = rounds.rate and 0
  or tonumber(temp.read "/proc/sys/net/ipv4/tcp_rmem":match "(%d+)%s*$") // 2
local IN_FLIGHT = 2 * SEND_BUFFER + RECEIVED + IN_PROCESS

local ATTEMPTS = 100 -- in a round; a download that goes on where it was needs about three

describe("a download that is killed", function()
  local server, sha256, duration

  local function new_laboratory()
    local lab = Laboratory.new()
    lab:define_file(server.url .. "/file", ("{ size = %d, sha256 = %q }"):format(rounds.size, sha256))
    return lab
  end

  local function prepare(lab, prefix)
    return lab:run({ "--quiet", "prepare", "org.example.data" }, { prefix = prefix })
  end

  local function measure_duration()
    local lab = new_laboratory()
    local command = lab:command { "--quiet", "prepare", "org.example.data" }
    local script = "a=$(date +%s%N); " .. command .. " >/dev/null && echo $(($(date +%s%N) - a))"
    local result = program.shell(script)
    lab:close()
    return assert(tonumber(result.out), result.err) / 1e9
  end

  setup(function()
    server = Nginx.start { send_buffer = SEND_BUFFER, limit_rate = rounds.rate }
    local path = server.root .. "/file"
    program.shell(("openssl enc -aes-128-ctr -nosalt -pbkdf2 -pass pass:%d </dev/zero 2>/dev/null "
      .. "| head -c %d >%s"):format(rounds.seed, rounds.size, path))
    sha256 = program.shell("sha256sum " .. path).out:match "%x+"
    math.randomseed(rounds.seed)
    duration = measure_duration()
  end)

  teardown(function()
    server:stop()
  end)

  -- Starts it, and kills it at a moment that lies anywhere within the time of a whole download (but for the
  -- first time also a little after), until it has come to an end.
  local function run_round(lab)
    for kills = 0, ATTEMPTS - 1 do
      local delay = math.random() * duration * (kills == 0 and 0.9 or 1.2) + 0.001
      local result = prepare(lab, ("timeout -s KILL %.4f"):format(delay))
      if result.status ~= 137 then
        return kills, result
      end
      if file.stat(lab:path "data.bin") then -- killed between the rename and the end of the process
        assert.are.equal(sha256, digest.file(lab:path "data.bin", { "sha256" }).sha256,
          "a file that is not complete has its final name")
      end
    end
    error(("no end after %d kills within %.2f s each"):format(ATTEMPTS, duration * 1.2))
  end

  local function sum(requests)
    local sent = 0
    for _, request in ipairs(requests) do
      sent = sent + request.sent
    end
    return sent
  end

  -- One file, to its end: how often the process was killed, and how many bytes the server sent.
  local function check_round(round)
    server:forget()
    local lab = new_laboratory()
    local kills, result = run_round(lab)
    local label = ("seed %d, round %d, %d kills: %s"):format(rounds.seed, round, kills, result.err)
    local found = program.shell(("sha256sum '%s'"):format(lab:path "data.bin")).out:match "%x+"
    assert.are.same({ 0, sha256, "complete" }, { result.status, found, lab:state() }, label)
    assert.are.same({}, file.list(lab:path ".downloads") or {}, label)
    lab:close()
    local requests = server:requests()
    local sent = sum(requests)
    local bound = 1.05 * rounds.size + kills * SYNC_STEP + (#requests - 1) * IN_FLIGHT
    rounds.say("%4d: %3d kills, %3d requests, %8.1f MiB sent, %.3f of the file (at most %.1f MiB expected)",
      round, kills, #requests, sent / 2 ^ 20, sent / rounds.size, bound / 2 ^ 20)
    assert.is_true(sent <= bound, ("%s: %d bytes sent (at most %.0f expected)"):format(label, sent, bound))
    return kills, sent
  end

  it("goes on where it was, and has the right bytes in the end", function()
    local speed = rounds.rate and rounds.rate .. "B/s a connection" or "no limit of rate"
    rounds.say("\nkill_rounds: %d of %d MiB, %s, seed %d; a whole download takes %.2f s",
      rounds.count, rounds.size >> 20, speed, rounds.seed, duration)
    local total = { kills = 0, sent = 0 }
    for round = 1, rounds.count do
      local kills, sent = check_round(round)
      total.kills, total.sent = total.kills + kills, total.sent + sent
    end
    rounds.say("in all: %d kills, %.3f of the size sent per file, %.1f MiB sent anew per kill", total.kills,
      total.sent / rounds.size / rounds.count,
      (total.sent - rounds.count * rounds.size) / math.max(1, total.kills) / 2 ^ 20)
  end)
end)
