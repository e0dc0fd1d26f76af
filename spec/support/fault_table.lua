--- Runs `prepare` on every case of fault_cases.lua, in four ways, and makes the page docs/faults.md of it.
local FaultServer = require "spec.support.fault_server"
local Laboratory = require "spec.support.laboratory"
local authority = require "spec.support.authority"
local cases = require "spec.support.fault_cases"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local fault_table = {}

--- The page.
fault_table.PAGE = "docs/faults.md"

-- The ways in which each case is run.
local WAYS = {
  { name = "checked", checked = true },
  { name = "unchecked" },
  { name = "checked, mirror", checked = true, mirror = true },
  { name = "unchecked, mirror", mirror = true },
}

-- Patience short enough for a spec: what is silent for so long is given up, and tried again at once.
local ENV = {
  DATAMAESTRO_STALL_TIMEOUT = "1", DATAMAESTRO_CONNECT_TIMEOUT = "5", DATAMAESTRO_RETRY_DELAY = "0.01",
  http_proxy = "", https_proxy = "", all_proxy = "", no_proxy = "*",
}
local HANG = 30 -- seconds after which a run counts as one that never ends

local function open_servers(folder)
  local pair = authority.make(folder)
  assert(file.mkdirs(folder .. "/other"))
  return {
    plain = FaultServer.start(), secure = FaultServer.start { authority = pair },
    mirror = FaultServer.start(), ca_file = pair.ca_file,
    other_ca_file = authority.make(folder .. "/other").ca_file,
  }
end

-- The URL of a case, with a mark by which the log tells whose request it was.
local function url_of(servers, case, mark)
  local path = case.path:gsub("PORT", servers.plain.port)
  local query = ("size=%d&run=%s"):format(case.size, mark)
  return (case.tls and servers.secure or servers.plain).url .. path .. (path:find "?" and "&" or "?") .. query
end

-- Makes a laboratory for one run, and the script that runs it.
local function arrange(folder, servers, run)
  local case = run.case
  local lab = Laboratory.new(("%s/%s"):format(folder, run.mark))
  local options = {}
  if run.way.checked then
    options[1] = ("size = %d, sha256 = %q"):format(case.size, run.sha256)
  end
  if run.way.mirror then
    -- At another address, since what one host says of its load must not count against the other.
    local url = ("http://127.0.0.2:%d/good?size=%d&run=%s"):format(servers.mirror.port, case.size, run.mark)
    options[#options + 1] = ("mirrors = { %q }"):format(url)
  end
  run.url = url_of(servers, case, run.mark)
  run.lab = lab
  lab:define_file(run.url, "{" .. table.concat(options, ", ") .. "}")
  for name, value in pairs(ENV) do
    lab.env[name] = value
  end
  for _, name in ipairs { "XDG_CACHE_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME" } do
    lab.env[name] = lab.folder -- runs share nothing
  end
  lab.env.CURL_CA_BUNDLE = case.stranger and servers.other_ca_file or servers.ca_file
  local command = lab:command({ "--quiet", "prepare", "org.example.data" },
    { prefix = ("timeout -s KILL %d"):format(HANG) })
  temp.write(lab.folder .. "/run.sh", ("cd '%s'; exec >out 2>err </dev/null\n%s\necho $? >status\n"):format(
    lab.folder, command))
end

-- What stands in the dataset's folder: "right", "wrong" or nil at the final path, and whether a part is kept.
local function look(run)
  local lab = run.lab
  local content = io.open(lab:path "data.bin", "rb")
  if content then
    run.final = digest.string("sha256", content:read "a") == run.sha256 and "right" or "wrong"
    content:close()
  end
  run.part = #(file.list(lab:path ".downloads") or {}) > 0
end

-- The message without what differs from run to run.
local function normalise(text, servers, run)
  for _, line in ipairs { "datamaestro: ", "org.example.data: ", "data: " } do
    if text:sub(1, #line) == line then
      text = text:sub(#line + 1)
    end
  end
  local function drop(literal, by)
    text = text:gsub(literal:gsub("%p", "%%%0"), by)
  end
  drop(run.url .. ": ", "")
  drop(run.lab.folder, "FOLDER")
  for _, server in ipairs { servers.plain, servers.secure, servers.mirror } do
    drop(":" .. server.port, ":PORT")
  end
  return (text:gsub("[?&]size=%d+&run=%w+", ""):gsub("\n+$", ""))
end

-- The errors among the lines of standard error; warnings left out.
local function errors(text)
  local kept = {}
  for line in text:gmatch "[^\n]+" do
    if not line:find "^datamaestro: warning: " then
      kept[#kept + 1] = line
    end
  end
  return table.concat(kept, "\n")
end

local function collect(servers, run)
  local folder = run.lab.folder
  run.status = math.tointeger(tonumber(temp.read(folder .. "/status")))
  run.err = temp.read(folder .. "/err")
  run.message = normalise(errors(run.err), servers, run)
  run.hung = run.status == 137
  look(run)
end

-- How many requests each run made, by server.
local function count(server, runs, field)
  for _, request in ipairs(server:requests()) do
    local run = runs[request.path:match "run=(%w+)"]
    run[field] = (run[field] or 0) + 1
  end
end

local digests = {}

local function sha256_of(size)
  digests[size] = digests[size] or digest.string("sha256", FaultServer.bytes("0", size))
  return digests[size]
end

local function make_runs()
  local runs = {}
  for at, case in ipairs(cases) do
    case.runs = {}
    for _, way in ipairs(WAYS) do
      local mark = ("r%d%s"):format(at, way.name:gsub("%W", ""))
      local run = { case = case, way = way, mark = mark }
      run.sha256 = sha256_of(case.size)
      case.runs[way.name], runs[mark] = run, run
      runs[#runs + 1] = run
    end
  end
  return runs
end

--- Runs all cases in all ways, several at once.
-- @return array of the cases, with field runs: a table "checked", "unchecked", "checked, mirror", "unchecked,
--   mirror" → {status (integer), message (the errors, without what differs from run to run), err (all of
--   standard error), hung (boolean), final ("right"|"wrong"|nil: what is at the final path), part (boolean:
--   whether something is kept to go on from), requests, mirrored (integer|nil: how many the servers got)}
function fault_table.run()
  local folder = temp.folder()
  local servers <const> = open_servers(folder)
  local runs = make_runs()
  for _, run in ipairs(runs) do
    arrange(folder, servers, run)
  end
  program.shell(("ls %s/*/run.sh | xargs -P 6 -n 1 sh"):format(folder))
  for _, run in ipairs(runs) do
    collect(servers, run)
  end
  count(servers.plain, runs, "requests")
  count(servers.secure, runs, "requests")
  count(servers.mirror, runs, "mirrored")
  servers.plain:stop()
  servers.secure:stop()
  servers.mirror:stop()
  temp.remove(folder)
  return cases
end

-- `N request(s)`.
local function plural(number, word)
  return ("%d %s%s"):format(number, word, number == 1 and "" or "s")
end

-- A message in one line, its digests shortened.
local function line_of(message)
  message = message:gsub("\n%s*", " / "):gsub("|", "\\|")
  return (message:gsub("%f[%x]%x+%f[%X]", function(hex)
    return #hex >= 32 and hex:sub(1, 8) .. "…" or nil
  end))
end

-- What came of a run, in one cell of a table.
local function cell(run)
  local words = {}
  if run.hung then
    words[1] = "**never ends**"
  elseif run.status == 0 then
    words[1] = run.final == "right" and "done" or "**taken as it is**"
  else
    words[1] = ("**%d** `%s`"):format(run.status, line_of(run.message))
  end
  local requests = plural(run.requests or 0, "request")
  if run.mirrored then
    requests = ("%d + %s"):format(run.requests or 0, plural(run.mirrored, "request"))
  end
  words[#words + 1] = requests
  if run.part then
    words[#words + 1] = "a part is kept"
  end
  return table.concat(words, "; ")
end

local HEAD = [[
# What happens when a server fails

Made from a run of `spec/cli/fault_table_spec.lua` by `DATAMAESTRO_WRITE_DOCS=1 make specs
SPEC=spec/cli/fault_table_spec.lua`; the spec fails where this page does not say what it saw.

Each row is something that a server does, and what `prepare` of a dataset of one file then comes to: with its
size and SHA-256 declared, with nothing declared, and each with a mirror behind the failing source that has
the file. *Done* means that the right bytes are at the final path and the status is 0; **N** is another exit
status ([cli.md](cli.md)), with its message; *taken as it is*, that nobody could tell the bytes from the right
ones. After what is not *done* or *taken* nothing stands at the final path. Requests are those to the source,
`+` those to the mirror. What a server does *once* or *twice* is followed by good answers. In these runs a
server is given up after 1 s without a byte.
]]

-- The cells of a case.
local function row(case)
  local runs = case.runs
  local declared, bare = cell(runs.checked), cell(runs.unchecked)
  local mirrored, bare_mirrored = cell(runs["checked, mirror"]), cell(runs["unchecked, mirror"])
  if mirrored ~= bare_mirrored then
    mirrored = ("%s (nothing declared: %s)"):format(mirrored, bare_mirrored)
  end
  return { case.text, declared, bare == declared and "the same" or bare, mirrored }
end

--- The page that says what came of all cases.
-- @param done array: of fault_table.run()
-- @return string
function fault_table.page(done)
  local lines, group = { HEAD }, nil
  for _, case in ipairs(done) do
    if case.group ~= group then
      group = case.group
      lines[#lines + 1] = ("%s## %s\n"):format(#lines > 1 and "\n" or "", group)
      lines[#lines + 1] = "| the server | size and SHA-256 declared | nothing declared | with a mirror |"
      lines[#lines + 1] = "|---|---|---|---|"
    end
    lines[#lines + 1] = "| " .. table.concat(row(case), " | ") .. " |"
  end
  return table.concat(lines, "\n") .. "\n"
end

return fault_table
