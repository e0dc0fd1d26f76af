local Laboratory = require "spec.support.laboratory"
local Terminal = require "spec.support.terminal"
local digest = require "datamaestro.api.digest"
local json = require "datamaestro.json"
local temp = require "spec.support.temp"

local TEXT = "Be good.\n\nThis is the second paragraph of these terms, long enough to be wrapped where "
  .. "a terminal ends."
local GOOD, FAIR = digest.string("sha256", TEXT), digest.string("sha256", "Be fair.")
local COMMAND = "datamaestro agree org.example.data --hash " .. GOOD

-- Datasets without files: what they are asked for is their terms.
local function definitions(text)
  return ([[
    local File = use "datamaestro.data".File
    local text = %q
    Data = useragreement(text, { id = "good" }) .. dataset { File, "x" } ..
      function() return { path = "/dev/null" } end
    Same = useragreement(text, { id = "good" }) .. dataset { File, "x" } ..
      function() return { path = "/dev/null" } end
    Both = useragreement(text, { id = "good" }) .. useragreement("Be fair.", { id = "fair" }) ..
      dataset { File, "x" } .. function() return { path = "/dev/null" } end
    Free = dataset { File, "x" } .. function() return { path = "/dev/null" } end]]):format(text)
end

local REFUSAL = ("datamaestro: org.example.data: terms 'good' are not accepted (`datamaestro agree "
  .. "org.example.data` shows them); to accept them:\n  %s\n"):format(COMMAND)

local lab

local function open_laboratory()
  lab = Laboratory.new()
  lab:define(definitions(TEXT))
end

local function user_file()
  return lab.folder .. "/.config/datamaestro/user.json"
end

local function recorded()
  local keys = {}
  local handle = io.open(user_file())
  if handle then
    for key in pairs(json.decode(handle:read "a").agreements) do
      keys[#keys + 1] = key
    end
    handle:close()
  end
  table.sort(keys)
  return keys
end

describe("terms, away from a terminal,", function()
  before_each(open_laboratory)

  after_each(function()
    lab:close()
  end)

  local function assert_refused(expected, words, options)
    local result = lab:run(words, options)
    assert.are.same({ 6, "", expected }, { result.status, result.out, result.err })
  end

  it("keep everything from being fetched or opened, and the command that accepts them is shown", function()
    for _, words in ipairs { { "prepare" }, { "download" }, { "cat" }, { "head" }, { "describe" }, { "show" },
      { "plot" } } do
      words[2] = "org.example.data"
      assert_refused(REFUSAL, words)
    end
    assert.are.same({}, recorded())
  end)

  it("are asked for by scripts and by the REPL, too", function()
    local script = temp.write(lab.folder .. "/x.lua", [[
      local found, message, code = datamaestro.prepare "org.example.data"
      print(found, code, (message:gsub("\n.*", "")))]])
    assert.are.equal("nil\tagreement\torg.example.data: terms 'good' are not accepted (`datamaestro agree "
      .. "org.example.data` shows them); to accept them:\n", lab:run({ "run", script }).out)
    local result = lab:run({ "repl" }, { input = 'prepare "org.example.data"' })
    assert.are.same({ 6, (REFUSAL:gsub("datamaestro: ", "", 1)) }, { result.status, result.err })
  end)

  it("do not matter where nothing is fetched or opened", function()
    for _, words in ipairs { { "search", "example" }, { "info", "org.example.data" },
      { "prepare", "--no-downloads", "org.example.data" }, { "prepare", "org.example.free" } } do
      assert.are.same({ 0, "" }, { lab:run(words).status, lab:run(words).err })
    end
  end)

  it("are told once where several datasets share them", function()
    local line = "datamaestro: %s: terms '%s' are not accepted (`datamaestro agree %s` shows them); "
      .. "to accept them:\n  datamaestro agree %s --hash %s\n"
    local same, both, data = "org.example.same", "org.example.both", "org.example.data"
    assert_refused(line:format(("%s, %s, %s"):format(same, both, data), "good", same, same, GOOD)
      .. line:format(both, "fair", both, both, FAIR), { "prepare", same, both, data })
  end)

  it("are printed by `agree`, with their hash, and the command that accepts them once", function()
    local result = lab:run { "agree", "org.example.data" }
    assert.are.same({ 6, ([[
Terms of org.example.data (good):

  Be good.

  This is the second paragraph of these terms, long enough to be wrapped
  where a terminal ends.

sha256 %s
not accepted
]]):format(GOOD), (REFUSAL:gsub(" %(`.-%)", "")) }, { result.status, result.out, result.err })
    assert.are.same({}, recorded())
  end)

  it("are accepted by the hash, or by the command as it was printed", function()
    local result = lab:run { "agree", "org.example.data", "--hash", GOOD:sub(1, 12) }
    assert.are.same({ 0, "", ("accepted: good (sha256 %s)\n"):format(GOOD) },
      { result.status, result.out, result.err })
    assert.are.same({ "good", "good sha256:" .. GOOD }, recorded())
    assert.are.equal(0, lab:run({ "prepare", "org.example.data", "org.example.same" }).status)
    result = lab:run { "agree", "org.example.data" }
    assert.are.equal(0, result.status)
    assert.matches("\nsha256 " .. GOOD .. "\naccepted %d+%-%d%d%-%d%dT%d%d:%d%d:%d%dZ\n$", result.out)
  end)

  it("are several of one dataset", function()
    local result = lab:run { "agree", "org.example.both", "--hash", GOOD, "--hash", FAIR }
    assert.are.same({ 0, ("accepted: good (sha256 %s)\naccepted: fair (sha256 %s)\n"):format(GOOD, FAIR) },
      { result.status, result.err })
    assert.are.equal(0, lab:run({ "prepare", "org.example.both" }).status)
  end)

  it("are not accepted by another hash, also beside a right one", function()
    for given, shown in pairs { [FAIR] = FAIR, [GOOD:sub(1, 11)] = GOOD:sub(1, 11), yes = "yes",
      ["\27]0;x\7"] = "\\x1b]0;x\\x07" } do
      local result = lab:run { "agree", "org.example.data", "--hash", GOOD, "--hash", given }
      assert.are.same({ 2, ("datamaestro: --hash: '%s' is not that of the terms as they are now (%s of "
        .. "'good' expected, or 12 digits of it or more)\n"):format(shown, GOOD) },
        { result.status, result.err })
    end
    assert.are.same({}, recorded())
  end)

  it("are asked for again when their text changes, and this is said", function()
    lab:run { "agree", "org.example.data", "--hash", GOOD }
    lab:define(definitions "Be better.")
    local result = lab:run { "agree", "org.example.data" }
    assert.are.equal(6, result.status)
    assert.matches("^Terms of org%.example%.data %(good%):\nThey have changed since you accepted them "
      .. "on %d+%-%d%d%-%d%d%.\n\n  Be better%.\n", result.out)
    assert.matches("^datamaestro: org%.example%.data: terms 'good' have changed since you accepted them on "
      .. "%d+%-%d%d%-%d%d %(`datamaestro agree org%.example%.data` shows them%); to accept them:\n",
      lab:run({ "prepare", "org.example.data" }).err)
    lab:define(definitions(TEXT))
    assert.are.equal(0, lab:run({ "prepare", "org.example.data" }).status)
  end)

  it("are asked for once more where the Python program recorded that they are accepted", function()
    temp.write(user_file(), '{"agreements": {"good": "yes"}}')
    local result = lab:run { "agree", "org.example.data" }
    assert.are.equal(6, result.status)
    assert.matches("^Terms of org%.example%.data %(good%):\nYou have accepted terms of this name, but "
      .. "nobody noted their text: once more, please%.\n", result.out)
  end)

  it("of what a dataset refers to are its own, too", function()
    lab:define(definitions(TEXT) .. [[
      Family = useragreement("Be fair.", { id = "fair" }) .. dataset { File, "x",
        variants = AxesVariants { size = Axis { "small", "large" } } } ..
        function() return { path = "/dev/null" } end
      User = reference("other", "org.example.family[size=small]") .. dataset { File, "x" } ..
        function(other) return { path = other.path } end]])
    local result = lab:run { "prepare", "org.example.user" }
    assert.are.same({ 6, ("datamaestro: org.example.family[size=small]: terms 'fair' are not accepted "
      .. "(`datamaestro agree 'org.example.family[size=small]'` shows them); to accept them:\n"
      .. "  datamaestro agree 'org.example.family[size=small]' --hash %s\n"):format(FAIR) },
      { result.status, result.err })
    assert.matches("^Terms of org%.example%.family%[size=small%] %(fair%):\n",
      lab:run({ "agree", "org.example.user" }).out)
    assert.are.equal(0, lab:run({ "agree", "org.example.user", "--hash", FAIR }).status)
    assert.are.equal(0, lab:run({ "prepare", "org.example.user" }).status)
    assert.are.equal(0, lab:run({ "prepare", "org.example.family[size=large]" }).status)
  end)

  it("come as JSON", function()
    local result = lab:run { "--json", "agree", "org.example.both" }
    assert.are.equal(6, result.status)
    assert.are.same({ id = "good", datasets = { "org.example.both" }, hash = GOOD, accepted = false,
      date = json.null, text = TEXT, command = "datamaestro agree org.example.both --hash " .. GOOD },
      json.decode(result.out)[1])
    assert.are.equal("[]\n", lab:run({ "--json", "agree", "org.example.free" }).out)
    lab:run { "agree", "org.example.both", "--hash", GOOD }
    assert.is_true(json.decode(lab:run({ "--json", "agree", "org.example.both" }).out)[1].accepted)
  end)

  it("are none of a dataset that has none, and unknown of one that is not there", function()
    local result = lab:run { "agree", "org.example.free" }
    assert.are.same({ 0, "org.example.free: no terms to accept\n", "" },
      { result.status, result.out, result.err })
    result = lab:run { "agree", "org.example.dta" }
    assert.are.same(
      { 3, "datamaestro: org.example.dta: unknown dataset (did you mean 'org.example.data'?)\n" },
      { result.status, result.err })
    assert.are.same({ 2, "datamaestro: agree: no ID (one or more, or --list, expected)\n" },
      { lab:run({ "agree" }).status, lab:run({ "agree" }).err })
    assert.are.equal("datamaestro: --list: other arguments (none expected)\n",
      lab:run({ "agree", "--list", "x" }).err)
  end)

  it("are listed once accepted, and withdrawn by their id or a dataset's", function()
    temp.write(user_file(), '{"agreements": {"old\\u001b": "yes"}}')
    lab:run { "agree", "org.example.both", "--hash", GOOD, "--hash", FAIR }
    assert.matches("^fair  %S+Z  " .. FAIR .. "\ngood  %S+Z  " .. GOOD
      .. "\nold\\x1b  by the Python program, which does not record the text\n$",
      lab:run({ "agree", "--list" }).out)
    local rows = json.decode(lab:run({ "agree", "--list", "--json" }).out)
    assert.are.same({ "fair", FAIR, "old\27", json.null, json.null },
      { rows[1].id, rows[1].hash, rows[3].id, rows[3].hash, rows[3].date })
    assert.are.equal(0, lab:run({ "agree", "--withdraw", "old\27", "org.example.both" }).status)
    assert.are.equal("[]\n", lab:run({ "agree", "--list", "--json" }).out)
    assert.are.equal(6, lab:run({ "prepare", "org.example.data" }).status)
    lab:run { "agree", "org.example.both", "--hash", GOOD }
    local result = lab:run { "agree", "--withdraw", "god" }
    assert.are.same({ 3, "datamaestro: god: no such terms were accepted (did you mean 'good'?)\n" },
      { result.status, result.err })
  end)

  it("reach no terminal raw", function()
    lab:define(definitions "Be \27[31mgood\7\rnow \xe2\x80\xaeback \xff")
    local result = lab:run { "agree", "org.example.data" }
    assert.matches("\n  Be \\x1b%[31mgood\\x07 now \\u{202e}back \\xff\n", result.out)
  end)

  it("are shown by `info`, with whether they are accepted", function()
    lab:run { "agree", "org.example.both", "--hash", GOOD }
    assert.matches("\nTerms: good %(accepted %d+%-%d%d%-%d%d%)\nTerms: fair %(not accepted%)\n",
      lab:run({ "info", "org.example.both" }).out)
    local list = json.decode(lab:run({ "--json", "info", "org.example.both" }).out).agreements
    assert.are.same({ id = "fair", hash = FAIR, accepted = false, date = json.null }, list[2])
  end)
end)

describe("terms, on a terminal,", function()
  local terminal

  before_each(open_laboratory)

  after_each(function()
    terminal:close()
    lab:close()
  end)

  local function status_file()
    return lab.folder .. "/status"
  end

  local function start(words, env)
    terminal = Terminal.start(words, lab:with_env({ env = env or {} }).env,
      { columns = 60, status = status_file() })
  end

  local function assert_ended(status)
    assert.is_true(terminal:ended())
    assert.are.equal(status .. "\n", temp.read(status_file()))
  end

  it("are shown and asked about once, whatever number of datasets has them", function()
    start { "prepare", "org.example.data", "org.example.same" }
    terminal:wait [=[
Terms of org.example.data, org.example.same (good):

  Be good.

  This is the second paragraph of these terms, long enough
  to be wrapped where a terminal ends.

Do you accept these terms? [yes/no]]=]
    terminal:press("yes", "Enter")
    assert_ended(0)
    assert.are.same({ "good", "good sha256:" .. GOOD }, recorded())
  end)

  it("are not accepted by anything but yes", function()
    for _, keys in ipairs { { "no", "Enter" }, { "Enter" }, { "yess", "Enter" }, { "C-d" } } do
      start { "prepare", "org.example.data" }
      terminal:wait "[yes/no]"
      terminal:press(table.unpack(keys))
      assert_ended(6)
    end
    assert.are.same({}, recorded())
  end)

  it("are not accepted by Ctrl-C, which ends it all", function()
    start { "agree", "org.example.both" }
    terminal:wait "[yes/no]"
    terminal:press "C-c"
    assert_ended(130)
    assert.are.same({}, recorded())
  end)

  it("are asked about one after the other, and kept as far as they are accepted", function()
    start { "agree", "org.example.both" }
    terminal:wait "[yes/no]"
    terminal:press("yes", "Enter")
    terminal:wait "Be fair."
    terminal:press("no", "Enter")
    assert_ended(6)
    assert.are.same({ "good", "good sha256:" .. GOOD }, recorded())
  end)

  it("are asked about between the REPL's inputs", function()
    start({ "repl" }, { NO_COLOR = "1" })
    terminal:wait "[1]>"
    terminal:press('prepare "org.example.data"', "Enter")
    terminal:wait "[yes/no]"
    terminal:press "C-c"
    terminal:wait "[yes/no] ^C\ninterrupted\n[2]>"
    terminal:press('prepare "org.example.data"', "Enter")
    terminal:wait '[2]> prepare "org.example.data"\nTerms of'
    terminal:press("no", "Enter")
    terminal:wait "are not accepted"
    terminal:wait "[3]>"
    terminal:press('prepare "org.example.data"', "Enter")
    terminal:wait '[3]> prepare "org.example.data"\nTerms of'
    terminal:press("YES", "Enter")
    terminal:wait "[4]>"
    assert.are.same({ "good", "good sha256:" .. GOOD }, recorded())
  end)

  it("hold for the run where they cannot be recorded, with a warning", function()
    start({ "repl" }, { NO_COLOR = "1", XDG_CONFIG_HOME = "/dev/null" })
    terminal:wait "[1]>"
    terminal:press('prepare "org.example.data".path', "Enter")
    terminal:wait "[yes/no]"
    terminal:press("y", "Enter")
    terminal:wait "\nwarning: /dev/null: not a folder (folder expect"
    terminal:wait "[2]>"
    terminal:press('prepare "org.example.same".path', "Enter")
    terminal:wait '[2]> prepare "org.example.same".path\n"/dev/null"\n[3]>'
  end)
end)
