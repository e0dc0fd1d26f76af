-- What people read fits their terminal; what programs read, and logs, keeps its lines.
local Laboratory = require "spec.support.laboratory"
local FaultServer = require "spec.support.fault_server"
local Terminal = require "spec.support.terminal"

local COLUMNS = 60

local DEFINITION = [[
local data = use "datamaestro.data"
FirstOfThem = filedownloader("a.bin", "http://127.0.0.1:9/a") .. dataset { data.File, "One" } ..
  function(a) return { path = a } end
SecondOfThem = filedownloader("a.bin", "http://127.0.0.1:9/a") .. dataset { data.File, "One" } ..
  function(a) return { path = a } end
Family = filedownloader("a.bin", "http://127.0.0.1:9/a") ..
  dataset { data.File, "Many", variants = AxesVariants {
    size = Axis({ "small", "middle", "large" }, { default = "small",
      description = "How much of it there is, in words that take more than a line" }) } } ..
  function(a) return { path = a } end
]]

describe("text for people", function()
  local lab, terminal

  before_each(function()
    lab = Laboratory.new()
    lab.env.NO_COLOR, lab.env.DATAMAESTRO_RETRY_DELAY = "1", "0.01"
    lab:define(DEFINITION)
  end)

  after_each(function()
    if terminal then
      terminal:close()
    end
    terminal = nil
    lab:close()
  end)

  -- The lines that a command prints on a terminal.
  local function shown(...)
    if terminal then
      terminal:close()
    end
    terminal = Terminal.start({ ... }, lab.env, { columns = COLUMNS, stays = true })
    terminal:wait "END"
    local lines = terminal:lines()
    lines[#lines] = nil
    return lines
  end

  -- A path, a URL or a hash may be longer than a line, and is alone on it then; so is a command to copy.
  local function assert_fits(lines)
    for _, line in ipairs(lines) do
      local whole = not line:find "%S%s+%S" or line:find "^Example: datamaestro " ~= nil
      assert.is_true(utf8.len(line) < COLUMNS or whole, table.concat(lines, "\n"))
    end
  end

  local function contains(lines, wanted)
    assert.is_true(table.concat(lines, "\n"):find(wanted, 1, true) ~= nil, table.concat(lines, "\n"))
  end

  it("is wrapped where a command fails", function()
    local lines = shown("prepare", "org.example.frist.of.them")
    assert.are.equal("datamaestro: org.example.frist.of.them: unknown dataset", lines[1])
    assert_fits(lines)
    contains(lines, "datamaestro: org.example.frist.of.them: unknown dataset\n  (did you mean")
    for i = 2, #lines do
      assert.matches("^  %S", lines[i])
    end
    local result = lab:run { "prepare", "org.example.frist.of.them" }
    assert.matches("^datamaestro: [^\n]+\n$", result.err)
  end)

  it("is wrapped in info, with what is said of an axis below its beginning", function()
    local lines = shown("info", "org.example.family")
    assert_fits(lines)
    local indent = (" "):rep(17)
    contains(lines, indent .. "How much of it there is, in words that\n" .. indent .. "take more than a line")
  end)

  it("is wrapped in lint", function()
    local lines = shown("lint", lab.repository .. "/org/example.lua")
    assert_fits(lines)
    contains(lines, ": ok\n  (org.example.first.of.them, org.example.second.of.them,\n  org.example.family)")
  end)

  it("is wrapped where Ctrl-C ends a run, beside what the terminal shows of it", function()
    local server = FaultServer.start()
    finally(function()
      server:stop()
    end)
    lab:define_file(server.url .. "/stall?after=12000000&size=20000000")
    terminal = Terminal.start({ "prepare", "org.example.data" }, lab.env, { columns = COLUMNS, stays = true })
    terminal:wait "12.0 of 20.0 MB"
    terminal:press "C-c"
    terminal:wait "from there"
    assert_fits(terminal:lines())
    assert.matches("datamaestro: interrupted; [%d.]+ MB of what was under way%s+are kept, and the same"
      .. "%s+command goes on%s+from there", terminal:screen())
  end)

  it("keeps the commands that it gives on one line", function()
    lab:define [[
      local data = use "datamaestro.data"
      Data = filedownloader("a.bin", "http://127.0.0.1:9/a") .. useragreement("Be good.", { id = "good" }) ..
        dataset { data.File, "One" } .. function(a) return { path = a } end]]
    terminal = Terminal.start({ "prepare", "org.example.data" }, lab.env, { columns = COLUMNS, stays = true })
    terminal:wait "[yes/no]"
    terminal:press("no", "Enter")
    terminal:wait "END"
    contains(terminal:lines(), "  datamaestro agree org.example.data --hash "
      .. require "datamaestro.api.digest".string("sha256", "Be good."))
  end)

  it("is wrapped at the prompt, where errors and warnings begin alike", function()
    terminal = Terminal.start({ "repl" }, lab.env, { columns = COLUMNS })
    terminal:wait "[1]>"
    terminal:press("help()", "Enter")
    terminal:wait "[2]>"
    terminal:press('help "filedownloader"', "Enter")
    terminal:wait "[3]>"
    terminal:press('help(find "org.example.family")', "Enter")
    terminal:wait "[4]>"
    terminal:press('prepare "org.example.first.of.them"', "Enter")
    terminal:wait "[5]>"
    local lines = terminal:lines()
    local code = {}
    for i, line in ipairs(lines) do -- an example stays as it is
      code[i] = line:find "^  filedownloader%(" and i or nil
    end
    lines[next(code)] = ""
    assert_fits(lines)
    contains(lines, "\nwarning: org.example.first.of.them: a:\n  http://127.0.0.1:9/a: plain")
    contains(lines, "\norg.example.first.of.them: a: http://127.0.0.1:9/a: ")
  end)
end)
