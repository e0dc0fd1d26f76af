--- `datamaestro check [REPO|ID…]`
local check = require "datamaestro.cli.check"
local families = require "datamaestro.cli.families"
local file = require "datamaestro.api.file"
local text = require "datamaestro.text"

local QUIET = { there = true, elsewhere = true }

local function count(requests)
  local counts = {}
  for _, request in ipairs(requests) do
    local state = check.state(request)
    counts[state] = (counts[state] or 0) + 1
  end
  return counts
end

local function print_text(session, requests, all)
  for _, request in ipairs(requests) do
    local state = check.state(request)
    if all or not QUIET[state] then
      session:print(text.line(("%-11s %s"):format(state, check.message(request))))
      local more = #request.users > 1 and (" and %d more"):format(#request.users - 1) or ""
      session:print(text.line(("%-11s   of %s%s"):format("", request.users[1], more)))
    end
  end
end

local function print_json(session, requests)
  local json = require "datamaestro.json"
  local rows = json.array {}
  for i, request in ipairs(requests) do
    local before = request.before or {}
    rows[i] = families.ordered {
      { "url", request.key }, { "state", check.state(request) }, { "message", request.message },
      { "users", json.array(table.move(request.users, 1, #request.users, 1, {})) },
      { "declared", request.declared }, { "size", request.size }, { "etag", request.etag },
      { "last_modified", request.last_modified }, { "previous_state", before.state },
      { "previous_size", before.size }, { "there_on", before.there },
    }
  end
  session:print_json(rows)
end

local WORDS = { { "gone", "gone" }, { "unreachable", "unreachable" }, { "size", "of another size" },
  { "refused", "behind a login" }, { "changed", "changed" }, { "elsewhere", "on other machines" },
  { "there", "as they were" } }

local function summary(requests, counts, datasets)
  local parts = {}
  for _, word in ipairs(WORDS) do
    parts[#parts + 1] = counts[word[1]] and ("%d %s"):format(counts[word[1]], word[2])
  end
  return ("%d source%s of %d dataset%s: %s"):format(#requests, #requests == 1 and "" or "s", datasets,
    datasets == 1 and "" or "s", #parts > 0 and table.concat(parts, ", ") or "nothing to ask for")
end

-- On a terminal, how many have been asked.
local function teller(session, requests)
  local done = 0
  return function()
    done = done + 1
    if file.isatty(2) and not session.quiet then
      session:progress():observe { event = "note", file = "sources",
        text = ("%d of %d asked"):format(done, #requests) }
    end
  end
end

-- Asks, and compares with the last time; that this cannot be noted is said.
local function ask(session, requests)
  local store, message, code = session:store()
  local done
  if store then
    done, message, code = session:check_sources(store, requests, teller(session, requests))
  end
  if not done then
    return nil, message, code
  end
  local noted, problem = require "datamaestro.engine.checks".compare(requests,
    os.date "!%Y-%m-%dT%H:%M:%SZ")
  if not noted then
    session:complain(("warning: %s; what was found is not noted for the next check"):format(problem))
  end
  return true
end

return {
  summary = "Ask whether the sources of datasets are still there, and as they were.",
  transfers = true,
  configure = function(parser)
    parser:argument("words", "Repositories, or ids of datasets (default: all)."):argname("REPO|ID"):args "*"
    parser:flag("--all", "Print every source, not only those with problems.")
    parser:epilog "Example: datamaestro check com.lecun.mnist"
  end,
  run = function(session, arguments)
    local requests, datasets, code = check.gather(session, arguments.words)
    if not requests then
      return nil, datasets, code
    elseif session.offline then
      return nil, "check: asks the network (--offline was asked)", "offline"
    end
    local done, message
    done, message, code = ask(session, requests)
    if not done then
      return nil, message, code
    end
    local counts = count(requests)
    session:progress():clear()
    if session.json then
      print_json(session, requests)
    else
      print_text(session, requests, arguments.all)
    end
    if not session.json and not session.quiet then
      session:complain(summary(requests, counts, datasets))
    end
    local worst = check.code(counts)
    return not worst or require "datamaestro.status"[worst]
  end,
}
