local Progress = require "datamaestro.cli.progress"
local Screen = require "spec.support.screen"
local console = require "datamaestro.api.console"
local words = require "datamaestro.cli.progress_text"

-- A display on a screen (or in a log) whose clock stands still until told.
local function open(columns, options)
  options = options or {}
  local stage = { now = 100, screen = Screen.new(columns) }
  stage.display = Progress.new {
    terminal = options.terminal ~= false, quiet = options.quiet, fd = options.fd, send = options.send,
    output = options.output or stage.screen,
    clock = function()
      return stage.now
    end,
    size = function()
      return stage.screen.columns, options.rows or 24
    end,
  }
  stage.display:expect { datasets = options.datasets or 1, patience = 60 }
  return stage
end

local function observe(stage, name, fields)
  fields = fields or {}
  fields.event = name
  stage.display:observe(fields)
end

local STEP = 0.125 -- seconds: exact in binary, so that figures are, too

-- Several files that advance evenly for some seconds: label → bytes a second.
local function run(stage, seconds, files)
  stage.received = stage.received or {}
  for _ = 1, seconds / STEP do
    stage.now = stage.now + STEP
    for _, file in ipairs(files) do
      local label, rate, total = table.unpack(file)
      stage.received[label] = (stage.received[label] or 0) + math.tointeger(rate * STEP)
      observe(stage, "progress", { file = label, received = stage.received[label], total = total, idle = 0,
        connections = 1 })
    end
  end
end

local IMAGES, LABELS = "org.example.fashion: train_images", "org.example.fashion: train_labels"
local TWO = { { IMAGES, 2000000, 26400000 }, { LABELS, 100000, 2000000 } }

local function start_two(stage)
  observe(stage, "plan", { files = 2, bytes = 28400000, unknown = 0 })
  for _, file in ipairs(TWO) do
    observe(stage, "start", { file = file[1], url = "https://example.org/x.gz", total = file[3] })
  end
end

local function done(stage, label, size)
  observe(stage, "finish", { file = label, received = stage.received[label] })
  observe(stage, "done", { file = label, path = "/data/" .. label:match "[^ ]+$" .. ".idx", size = size })
end

local function assert_screen(stage, ...)
  assert.are.equal(table.concat({ ... }, "\n"), stage.screen:text())
end

describe("the progress display, on a terminal,", function()
  it("shows a line for each file and one for all", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 5, TWO)
    assert_screen(stage,
      "train_images  [===>       ]      10.0 of 26.4 MB  37 %    2.0 MB/s   9 s left",
      "train_labels  [=>         ]   487.5 KB of 2.0 MB  24 %  100.0 KB/s  16 s left",
      "0 of 2 files  [===>       ]      10.5 of 28.4 MB  36 %    2.1 MB/s   9 s left")
  end)

  it("lets go of what matters least where columns are few", function()
    local stage = open(60)
    start_two(stage)
    run(stage, 5, TWO)
    assert_screen(stage,
      "train_images      10.0 of 26.4 MB    2.0 MB/s   9 s left",
      "train_labels   487.5 KB of 2.0 MB  100.0 KB/s  16 s left",
      "0 of 2 files      10.5 of 28.4 MB    2.1 MB/s   9 s left")
    stage = open(40)
    start_two(stage)
    run(stage, 5, TWO)
    assert_screen(stage,
      "train_images      10.0 of 26.4 MB",
      "train_labels   487.5 KB of 2.0 MB",
      "0 of 2 files      10.5 of 28.4 MB")
  end)

  it("fits into every width, with wide and combining characters in its names", function()
    for columns = 20, 200 do
      local stage = open(columns, { datasets = 2 })
      local label = "org.example.日本語: fichie\u{301}r_👍"
      observe(stage, "start", { file = label, total = 5000000 })
      run(stage, 2, { { label, 1000000, 5000000 } })
      local line = stage.screen:text() -- which has raised where a line was too long
      assert.is_true(words.width(line) < columns, line)
      assert.matches("👍", line)
    end
  end)

  it("is drawn over a frame that a narrower terminal has wrapped", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 5, TWO)
    local wrapped = Screen.new(50)
    wrapped:write "$ datamaestro prepare org.example.fashion\n"
    wrapped:write(stage.screen:text(), "\r")
    wrapped.row = wrapped.row - 1 -- the cursor stays with its character, the first of the last line
    stage.screen = wrapped
    stage.display.view.output = wrapped
    run(stage, STEP, TWO)
    assert_screen(stage, "$ datamaestro prepare org.example.fashion",
      "train_images      10.2 of 26.4 MB   9 s left",
      "train_labels   500.0 KB of 2.0 MB  16 s left",
      "0 of 2 files      10.8 of 28.4 MB   9 s left")
  end)

  it("needs no total", function()
    local stage = open(80)
    observe(stage, "plan", { files = 1, unknown = 1 })
    observe(stage, "start", { file = IMAGES })
    run(stage, 2, { { IMAGES, 1000000 } })
    assert_screen(stage, "train_images    2.0 MB  1.0 MB/s")
  end)

  it("says nothing of a rate before it knows one, and draws nothing of what is over at once", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 0.25, TWO)
    assert_screen(stage, "")
    run(stage, 0.5, TWO)
    assert_screen(stage,
      "train_images  [>                           ]       1.5 of 26.4 MB  5 %",
      "train_labels  [                            ]    62.5 KB of 2.0 MB  3 %",
      "0 of 2 files  [>                           ]       1.6 of 28.4 MB  5 %")
  end)

  it("shows that it connects, where to, and that it resumes", function()
    local stage = open(80)
    observe(stage, "start", { file = IMAGES, url = "https://example.org/x", total = 26400000 })
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert_screen(stage, "train_images  0 bytes of 26.4 MB  connecting to example.org")
    observe(stage, "start", { file = IMAGES, url = "https://example.org/x", total = 26400000,
      resumed = 5000000 })
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert_screen(stage, "train_images      5.0 of 26.4 MB  connecting to example.org, to resume")
    observe(stage, "progress", { file = IMAGES, received = 5000000, total = 26400000, idle = 4.9,
      connections = 1 })
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert_screen(stage, "train_images      5.0 of 26.4 MB  no data for 4 s; tried anew at 60 s")
  end)

  it("says since when a file stalls, then what is tried", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 5, { TWO[1] })
    stage.now = stage.now + 1
    observe(stage, "progress", { file = IMAGES, received = 10000000, total = 26400000, idle = 12,
      connections = 1 })
    observe(stage, "wait", { file = LABELS, holder = "process 4711 on node17", received = 5000,
      total = 2000000 })
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert_screen(stage,
      "train_images      10.0 of 26.4 MB  no data for 12 s; tried anew at 60 s",
      "train_labels     5.0 KB of 2.0 MB  process 4711 on node17 fetches it",
      "0 of 2 files  [===>         ]      10.0 of 28.4 MB  35 %")
    observe(stage, "retry", { file = IMAGES, url = "https://example.org/x", delay = 4, attempt = 2, of = 5,
      reason = "https://example.org/x.gz: Connection reset by peer" })
    stage.now = stage.now + 1.5
    observe(stage, "tick")
    assert.matches("^train_images      10%.0 of 26%.4 MB  try 2 of 5 in 3 s: Connection reset by peer\n",
      stage.screen:text())
    observe(stage, "source", { file = IMAGES, url = "https://mirror.example/x",
      reason = "https://example.org/x.gz: HTTP 404 Not Found" })
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert.matches("^train_images  next source, mirror%.example: HTTP 404 Not Found\n",
      stage.screen:text())
  end)

  it("says that all bytes are here while they are checked", function()
    local stage = open(80)
    observe(stage, "start", { file = IMAGES, total = 4000000 })
    run(stage, 2, { { IMAGES, 2000000, 4000000 } })
    observe(stage, "finish", { file = IMAGES, received = 4000000 })
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert_screen(stage, "train_images  4.0 of 4.0 MB  checking and storing")
  end)

  it("counts the files that have no line", function()
    for rows, lines in pairs { [24] = 8, [6] = 5, [2] = 2 } do
      local stage = open(80, { rows = rows })
      local files = {}
      for i = 1, 20 do
        files[i] = { ("org.example.many: f%02d"):format(i), 1000, 10000 }
      end
      run(stage, 2, files)
      local _, count = (stage.screen:text() .. "\n"):gsub("\n", "")
      assert.are.equal(lines, count)
      assert.matches(("and %d more files\n0 of 20 files "):format(20 - (lines - 2)), stage.screen:text())
    end
  end)

  it("leaves a line for each file and a summary, and nothing else", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 10, TWO)
    done(stage, LABELS, 60000)
    run(stage, 3.25, { { IMAGES, 2000000, 26400000 } })
    done(stage, IMAGES, 47000000)
    observe(stage, "end", { ok = true })
    assert_screen(stage, "train_labels.idx: 60.0 KB", "train_images.idx: 47.0 MB",
      "2 files, 27.5 MB in 13 s (2.1 MB/s)")
    assert.are.equal(4, stage.screen.row)
  end)

  it("says in the summary what failed", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 10, TWO)
    done(stage, LABELS, 60000)
    observe(stage, "failed", { file = IMAGES, message = "x", code = "network" })
    observe(stage, "end", { ok = false })
    assert_screen(stage, "train_labels.idx: 60.0 KB", "1 of 2 files, 1 failed, 21.0 MB in 10 s (2.1 MB/s)")
  end)

  it("names no file of thousands when it is done", function()
    local stage = open(80)
    observe(stage, "plan", { files = 2000, bytes = 20000000, unknown = 0 })
    stage.received = {}
    for i = 1, 2000 do
      local label = "org.example.many: f" .. i
      stage.now = stage.now + 1 / 256
      observe(stage, "start", { file = label, total = 10000 })
      stage.received[label] = 10000
      done(stage, label, 10000)
    end
    assert.matches("^19%d%d of 2000 files ", stage.screen:text())
    observe(stage, "end", { ok = true })
    assert_screen(stage, "2000 files, 20.0 MB in 7.8 s (2.6 MB/s)")
    assert.is_true(stage.screen.writes < 90, "written " .. stage.screen.writes .. " times")
  end)

  it("draws only what changed, and at most ten times a second", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 5, TWO)
    local before = stage.screen.writes
    for _ = 1, 50 do
      stage.now = stage.now + 1 / 512
      stage.received[IMAGES] = stage.received[IMAGES] + 100000
      observe(stage, "progress", { file = IMAGES, received = stage.received[IMAGES], total = 26400000 })
    end
    assert.are.equal(before, stage.screen.writes)
    observe(stage, "retry", { file = LABELS, reason = "x", delay = 0, attempt = 2, of = 5 })
    observe(stage, "retry", { file = IMAGES, reason = "x", delay = 0, attempt = 2, of = 5 })
    stage.now = stage.now + 1
    observe(stage, "tick")
    before = stage.screen.writes
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert.are.equal(before, stage.screen.writes)
  end)

  it("makes way for other output, and comes back", function()
    local stage = open(80)
    start_two(stage)
    run(stage, 5, TWO)
    stage.display:note "datamaestro: warning"
    assert_screen(stage, "datamaestro: warning")
    run(stage, STEP, TWO)
    assert.matches("^datamaestro: warning\ntrain_images  ", stage.screen:text())
    stage.display:clear()
    assert_screen(stage, "datamaestro: warning")
    assert.are.same({ 2, 1 }, { stage.screen.row, stage.screen.column })
  end)

  it("shows nothing of a stranger's control characters", function()
    local stage = open(80)
    local label = "org.example.x: \27[2Jevil\r\n\u{202e}\xff"
    observe(stage, "start", { file = label, url = "https://\27]0;x\7/", total = 100 })
    stage.now = stage.now + 1
    observe(stage, "tick") -- the screen raises on any that comes through
    observe(stage, "retry", { file = label, reason = "\27[31mred\b", delay = 1, attempt = 2, of = 5 })
    stage.now = stage.now + 1
    observe(stage, "tick")
    assert.matches("\\x1b%[2Jevil", stage.screen:text())
    observe(stage, "done", { file = label, path = "/x/\27c", size = 1 })
    assert.matches("^\\x1bc: 1 bytes", stage.screen:text())
  end)

  it("never says that time left is negative or absurd", function()
    local stage = open(120)
    local label = "org.example.x: file"
    observe(stage, "start", { file = label, total = 1000 })
    run(stage, 3, { { label, 8000, 1000 } }) -- more than was announced
    assert.is_nil(stage.screen:text():find "%-")
    stage = open(120)
    observe(stage, "start", { file = label, total = 10 ^ 15 // 1 })
    run(stage, 3, { { label, 8, 10 ^ 15 // 1 } })
    assert.matches("days left$", stage.screen:text())
  end)

  it("does not jump with the rate", function()
    local stage = open(120)
    local label = "org.example.x: file"
    observe(stage, "start", { file = label, total = 10 ^ 9 // 1 })
    run(stage, 20, { { label, 1000000, 10 ^ 9 // 1 } })
    run(stage, 0.5, { { label, 16000000, 10 ^ 9 // 1 } })
    local rate = tonumber(stage.screen:text():match "([%d.]+) MB/s")
    assert.is_true(rate > 1 and rate < 3.5, "rate " .. rate)
  end)

  it("counts what came twice as received, and forgets it for the file", function()
    local stage = open(80)
    observe(stage, "plan", { files = 1, bytes = 4000000, unknown = 0 })
    observe(stage, "start", { file = IMAGES, total = 4000000 })
    run(stage, 2, { { IMAGES, 1000000, 4000000 } })
    observe(stage, "start", { file = IMAGES, total = 4000000 })
    stage.received[IMAGES] = 0
    run(stage, 4, { { IMAGES, 1000000, 4000000 } })
    assert.matches("^train_images  4%.0 of 4%.0 MB  100 %%", (stage.screen:text():gsub("%[=+%]%s+", "")))
    done(stage, IMAGES, 1)
    observe(stage, "end", { ok = true })
    assert.matches("\n1 file, 6%.0 MB in 6%.0 s", stage.screen:text())
  end)
end)

describe("the progress display, without a terminal,", function()
  local function open_log(options)
    options = options or {}
    options.terminal = false
    local lines = {}
    options.output = {
      write = function(_, ...)
        lines[#lines + 1] = table.concat { ... }
      end,
    }
    local stage = open(80, options)
    stage.lines = lines
    return stage
  end

  it("prints a line every few seconds, one for each file, and a summary", function()
    local stage = open_log()
    start_two(stage)
    run(stage, 11, TWO)
    done(stage, LABELS, 60000)
    run(stage, 2, { TWO[1] })
    done(stage, IMAGES, 47000000)
    observe(stage, "end", { ok = true })
    assert.are.equal([[
0 of 2 files: 10.5 of 28.4 MB (36 %), 2.1 MB/s, 9 s left
0 of 2 files: 21.0 of 28.4 MB (73 %), 2.1 MB/s, 4 s left
train_labels.idx: 60.0 KB
train_images.idx: 47.0 MB
2 files, 27.1 MB in 13 s (2.1 MB/s)
]], table.concat(stage.lines))
  end)

  it("prints fewer lines as a run gets longer", function()
    local stage = open_log()
    for second = 1, 3600 do
      stage.now = stage.now + 1
      observe(stage, "progress", { file = IMAGES, received = second * 800, total = 10 ^ 9 // 1, idle = 0 })
    end
    assert.is_true(#stage.lines > 60 and #stage.lines < 110, #stage.lines .. " lines")
    assert.are.equal("train_images: 2.9 MB of 1.0 GB (0 %), 800 B/s, days left\n", stage.lines[#stage.lines])
  end)

  it("says why nothing moves, once", function()
    local stage = open_log()
    observe(stage, "plan", { files = 2, bytes = 28400000, unknown = 0 })
    for _ = 1, 40 do
      observe(stage, "wait", { file = IMAGES, holder = "process 4711 on node17", received = 5000,
        total = 26400000 })
      stage.now = stage.now + STEP
    end
    observe(stage, "retry", { file = LABELS, reason = "Timeout", delay = 4, attempt = 2, of = 5 })
    assert.are.equal("train_images: process 4711 on node17 fetches it\n"
      .. "train_labels: try 2 of 5 in 4 s: Timeout\n0 of 2 files: 5.0 KB of 28.4 MB (0 %)\n",
      table.concat(stage.lines))
  end)

  it("says of a dataset's lock that somebody is at it", function()
    local stage = open_log()
    observe(stage, "wait", { file = "org.example.fashion", holder = "process 4711 on node17" })
    assert.are.equal("org.example.fashion: process 4711 on node17 is at it\n", stage.lines[1])
  end)

  it("counts files, not what they are joined of, nor what refers to others", function()
    local stage, label = open_log(), "org.example.fashion: both"
    observe(stage, "plan", { files = 2, bytes = 0, unknown = 2 })
    for i = 1, 2 do
      observe(stage, "start", { file = ("%s[%d]"):format(label, i), total = 1000000 })
    end
    run(stage, 6, { { label .. "[1]", 100000, 1000000 }, { label .. "[2]", 50000, 1000000 } })
    assert.are.same({ "0 of 2 files: 743.8 KB, 149.1 KB/s\n" }, stage.lines)
    observe(stage, "piece", { file = label .. "[1]" })
    observe(stage, "done", { file = label, path = "/x/both.txt", size = 1000 }) -- and the other piece with it
    observe(stage, "done", { file = "org.example.fashion: parts", aside = true })
    stage.now = stage.now + 5
    observe(stage, "tick")
    observe(stage, "done", { file = IMAGES, path = "/x/images", size = 1000 })
    observe(stage, "end", { ok = true })
    assert.are.same({ "both.txt: 1.0 KB\n", "images: 1.0 KB\n",
      "2 files, 900.0 KB in 11 s (81.8 KB/s)\n" },
      table.move(stage.lines, 2, 9, 1, {}))
  end)

  it("counts a file whose piece failed", function()
    local stage, label = open_log(), "org.example.fashion: both"
    observe(stage, "plan", { files = 1, unknown = 1 })
    observe(stage, "start", { file = label .. "[1]" })
    observe(stage, "start", { file = label .. "[2]" })
    observe(stage, "failed", { file = label, message = "x", code = "network" })
    observe(stage, "end", { ok = false })
    assert.are.same({ "0 of 1 file, 1 failed in under 0.1 s\n" }, stage.lines)
  end)

  it("says of a run that is complete what it brought, whoever brought the rest", function()
    local stage = open_log()
    observe(stage, "plan", { files = 2, unknown = 2 })
    observe(stage, "done", { file = IMAGES, path = "/x/images", size = 1000 })
    observe(stage, "end", { ok = true })
    assert.are.equal("1 file in under 0.1 s\n", stage.lines[2])
  end)

  it("prints each word of a definition's function, and few where it does not end", function()
    local stage, label = open_log(), "org.example.fashion: made"
    local function note(text)
      observe(stage, "note", { file = label, text = text })
    end
    for i = 1, 3 do
      note("step " .. i)
    end
    assert.are.equal("org.example.fashion: made: step 1\norg.example.fashion: made: step 2\n"
      .. "org.example.fashion: made: step 3\n", table.concat(stage.lines))
    for i = 4, 1010 do
      note("step " .. i)
    end
    stage.now = stage.now + 1
    note "later"
    note "too soon"
    observe(stage, "done", { file = label, path = "/x/made", size = 10, files = 2 })
    assert.are.same({ label .. ": step 1000\n", label .. ": … 10 more\n", label .. ": later\n",
      label .. ": … 1 more\n", "made/: 2 files, 10 bytes\n" }, table.move(stage.lines, 1000, 1004, 1, {}))
  end)

  it("names the dataset where there are several", function()
    local stage = open_log { datasets = 2 }
    observe(stage, "done", { file = IMAGES, path = "/x/train_images.idx", size = 4096 })
    assert.are.equal("org.example.fashion: train_images.idx: 4.1 KB\n", stage.lines[1])
  end)

  it("prints nothing when it is to be quiet", function()
    local stage = open_log { quiet = true }
    start_two(stage)
    run(stage, 11, TWO)
    done(stage, LABELS, 60000)
    observe(stage, "end", { ok = true })
    stage.display:note "a remark"
    assert.are.same({}, stage.lines)
  end)
end)

describe("the events as JSON", function()
  local function open_events(room)
    local stage = { sent = "", room = room or math.huge }
    local made = open(80, {
      quiet = true, fd = 9,
      send = function(fd, bytes, patience)
        assert.are.equal(9, fd)
        stage.patience = patience
        if stage.gone then
          return nil, "progress: Broken pipe", "error"
        end
        local count = math.tointeger(math.min(stage.room, #bytes))
        stage.room = stage.room - count
        stage.sent = stage.sent .. bytes:sub(1, count)
        return count
      end,
    })
    return setmetatable(stage, { __index = made, __newindex = made })
  end

  it("are a line each, in the order of their fields, with the time since the run began", function()
    local stage = open_events()
    observe(stage, "plan", { files = 1, bytes = 26400000, unknown = 0 })
    stage.now = stage.now + 0.1254
    observe(stage, "start", { file = "a: \27", url = "https://example.org/x", total = 26400000 })
    observe(stage, "tick")
    observe(stage, "end", { ok = false })
    observe(stage, "plan", { files = 0, unknown = 0 })
    assert.are.equal([[
{"event": "plan", "time": 0.0, "files": 1, "bytes": 26400000, "unknown": 0}
{"event": "start", "time": 0.125, "file": "a: \u001b", "url": "https://example.org/x", "total": 26400000}
{"event": "end", "time": 0.125, "ok": false}
{"event": "plan", "time": 0.0, "files": 0, "unknown": 0}
]], stage.sent)
  end)

  it("leave out progress for a reader that is slow, and nothing else", function()
    local stage = open_events(60)
    observe(stage, "plan", { files = 1, unknown = 1 })
    observe(stage, "start", { file = "a: b", url = "https://example.org/x" })
    for i = 1, 100 do
      observe(stage, "progress", { file = "a: b", received = i })
    end
    assert.are.equal(0, stage.patience)
    stage.room = math.huge
    observe(stage, "progress", { file = "a: b", received = 101 })
    observe(stage, "end", { ok = true })
    assert.are.equal([[
{"event": "plan", "time": 0.0, "files": 1, "unknown": 1}
{"event": "start", "time": 0.0, "file": "a: b", "url": "https://example.org/x"}
{"event": "progress", "time": 0.0, "file": "a: b", "received": 101}
{"event": "end", "time": 0.0, "ok": true}
]], stage.sent)
    assert.are.equal(2000, stage.patience)
  end)

  it("end without harm when their reader leaves, or sleeps for ever", function()
    local stage = open_events()
    stage.gone = true
    observe(stage, "plan", { files = 1, unknown = 1 })
    stage.gone = false
    observe(stage, "end", { ok = true })
    assert.are.equal("", stage.sent)
    stage = open_events(0)
    for i = 1, 20000 do
      observe(stage, "done", { file = "a: b" .. i, path = "/x", size = i })
    end
    assert.are.equal("reader too slow", stage.display.events.closed)
    assert.are.equal(0, stage.display.events.waiting)
  end)
end)

describe("the words of the progress display", function()
  it("measure what a terminal shows", function()
    assert.are.same({ 0, 3, 6, 1, 4, 2 }, { words.width "", words.width "abc", words.width "日本語",
      words.width "e\u{301}", words.width "👍👍", words.width "❤\u{fe0f}" })
    assert.are.same({ 0, 1, 2 }, { console.width(0x301), console.width(0x41), console.width(0x65e5) })
  end)

  it("cut whole characters", function()
    assert.are.same({ "日…", "日…", "…", "", "abc" }, { words.cut_end("日本語", 4), words.cut_end("日本語", 3),
      words.cut_end("日本語", 1), words.cut_end("日本語", 0), words.cut_end("abc", 3) })
    assert.are.same({ "…語", "…語", "…", "", "abc" }, { words.cut_start("日本語", 4),
      words.cut_start("日本語", 3), words.cut_start("日本語", 1), words.cut_start("日本語", 0),
      words.cut_start("abc", 3) })
    assert.are.equal("…bc", words.cut_start("aae\u{301}bc", 3))
    assert.are.equal("ae\u{301}…", words.cut_end("ae\u{301}bcd", 3))
  end)

  it("say times and amounts as people do", function()
    assert.are.same({ "1 s left", "42 s left", "4 min left", "99 min left", "2 h left", "24 h left",
      "days left", "" }, { words.left(0), words.left(41.2), words.left(200), words.left(5930),
      words.left(7000), words.left(86399), words.left(86400), words.left(nil) })
    assert.are.same({ "0.0 s", "9.9 s", "10 s", "3 min 20 s", "2 h 05 min" }, { words.duration(0),
      words.duration(9.94), words.duration(9.96), words.duration(200), words.duration(7500) })
    assert.are.same({ "9.3 of 26.4 MB", "517 bytes of 26.4 MB", "17 of 517 bytes", "26.4 MB" }, {
      words.amount(9300000, 26400000), words.amount(517, 26400000), words.amount(17, 517),
      words.amount(26400000) })
    assert.are.same({ "99 %", "100 %", "" },
      { words.share(999, 1000), words.share(1000, 1000), words.share(5) })
  end)
end)
