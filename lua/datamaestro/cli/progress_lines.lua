--- What is said of a run and of its files, in words: for both displays.
local Run = require "datamaestro.cli.progress_run"
local text = require "datamaestro.text"
local words = require "datamaestro.cli.progress_text"

local lines = {}

--- The name of a file: its label, without the dataset's id where there is but one dataset.
-- @param label string: "dataset id: resource name"
-- @param several boolean: the run has more than one dataset
-- @return string: safe to print
function lines.name(label, several)
  return text.line(not several and label:match "^[^ ]+: (.+)$" or label)
end

--- What is said of a file or folder that is done: what it is called on disk, and how large it is.
-- @param event table: the event
-- @param several boolean
-- @return string: safe to print | nil: where nothing is on disk
function lines.stored(event, several)
  local id = several and event.file:match "^([^ ]+): "
  local name = event.path and (id and id .. ": " or "") .. event.path:match "[^/]*$"
  if name and event.files then
    return text.line(("%s/: %d file%s, %s"):format(name, event.files, event.files == 1 and "" or "s",
      text.size(event.size)))
  end
  return name and text.line(event.size and ("%s: %s"):format(name, text.size(event.size)) or name)
end

-- Where bytes come from, in a word.
local function place_of(url)
  return url and (url:match "^%a[%w+.-]*://([^/?#]+)" or "this machine")
end

-- Messages begin with the URL that they speak of, which has no place in one line.
local function reason_of(file)
  return text.line((file.reason:gsub("^%a[%w+.-]*://%S+: ", "")))
end

local SAY = {
  connecting = function(file)
    local place = place_of(file.url)
    local where = place and "connecting to " .. place or "connecting"
    return text.line(file.resumed and file.resumed > 0 and where .. ", to resume" or where)
  end,

  storing = function()
    return "checking and storing"
  end,

  retry = function(file, now)
    local seconds = math.max(0, math.ceil(file.again - now))
    local when = seconds > 0 and ("in %d s"):format(seconds) or "now"
    return ("try %d of %d %s: %s"):format(file.attempt, file.of, when, reason_of(file))
  end,

  source = function(file)
    return text.line(("next source, %s: %s"):format(place_of(file.url), reason_of(file)))
  end,

  note = function(file)
    return text.line(file.note)
  end,

  wait = function(file)
    -- Who has a file's lock fetches it; who has a dataset's may do anything.
    local does = file.label:find "^%S+: " and "fetches it" or "is at it"
    return text.line(("%s %s"):format(file.holder or "another process", does))
  end,
}

--- What there is to say of a file beyond figures.
-- @param file file: of a run
-- @param now number: seconds
-- @param patience number|nil: seconds without a byte after which it is tried anew
-- @return string|nil: safe to print
function lines.remark(file, now, patience)
  if Run.stalls(file) then
    local since = ("no data for %d s"):format(math.floor(file.idle))
    return patience and ("%s; tried anew at %d s"):format(since, math.floor(patience)) or since
  end
  return SAY[file.state] and SAY[file.state](file, now)
end

--- The figures of a file or of a run, each as a text, "" where there is nothing to say.
-- @param received integer: bytes
-- @param total integer|nil: bytes
-- @param rate rate
-- @param now number: seconds
-- @return table: amount, share, rate, left; part (number from 0 to 1, or nil)
function lines.figures(received, total, rate, now)
  return {
    part = total and received / total,
    amount = words.amount(received, total),
    share = words.share(received, total),
    rate = words.rate(rate:value(now)),
    left = words.left(total and rate:left(now, total - received)),
  }
end

--- The figures of a run. While no file moves, there is no rate, and no saying how long that lasts.
-- @param run run
-- @param now number: seconds
-- @return table: as of lines.figures
function lines.run_figures(run, now)
  local received, total = run:amount()
  local figures = lines.figures(received, total, run.rate, now)
  if not run:moves() then
    figures.rate, figures.left = "", ""
  end
  return figures
end

--- How many files of a run are done: `2 of 4 files`, `2 of 4 files, 1 failed`.
-- @param run run
-- @return string
function lines.files(run)
  local said = ("%d of %s"):format(run.finished, words.count(run:count(), "file"))
  return run.failed > 0 and ("%s, %d failed"):format(said, run.failed) or said
end

local QUICK = 0.1 -- seconds; what is shorter has no rate worth a word

--- The last line of a run: `4 files, 30.9 MB in 2.1 s (14.7 MB/s)`.
-- @param run run
-- @param now number: seconds
-- @return string|nil: nil when nothing was done
function lines.summary(run, now)
  local took = now - run.started
  if run.finished + run.failed == 0 then
    return nil
  end
  -- What another process brought meanwhile was planned, and is not this run's.
  local complete = run.failed == 0 and (run.ok or run.finished >= run:count())
  local said = complete and words.count(run.finished, "file") or lines.files(run)
  local came = run.flowed > 0 and ", " .. text.size(run.flowed) or ""
  local time = took < QUICK and "under 0.1 s" or words.duration(took)
  local mean = run.flowed > 0 and took >= QUICK and (" (%s)"):format(words.rate(run.flowed / took)) or ""
  return ("%s%s in %s%s"):format(said, came, time, mean)
end

return lines
