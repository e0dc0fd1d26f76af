local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("the command line", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function run(...)
    return lab:run { ... }
  end

  -- A message that names a command says whose help it is about.
  local function assert_usage(message, ...)
    local result = run(...)
    local command = (...):find "^%-" and select(2, ...) or (...)
    local about = message:find "^unknown command" and "" or command .. " "
    local expected = ("datamaestro: %s; `datamaestro %s--help` shows what there is\n"):format(message, about)
    assert.are.equal(expected, result.err)
    assert.are.same({ 2, "" }, { result.status, result.out })
  end

  it("shows what there is when asked, or when given nothing", function()
    for _, words in ipairs { {}, { "--help" }, { "-h" } } do
      local result = lab:run(words)
      assert.are.equal(0, result.status)
      for _, command in ipairs { "download", "info", "lint", "prepare", "repositories", "run", "search" } do
        assert.matches("\n   " .. command .. " +%u", result.out)
      end
    end
  end)

  it("has help for every command, with its arguments", function()
    for _, command in ipairs(require "datamaestro.modules".within "cli.commands") do
      local result = run(command, "--help")
      assert.are.equal(0, result.status)
      assert.matches("^Usage: datamaestro " .. command:gsub("%-", "%%-"), result.out)
    end
  end)

  it("fits its help into 80 columns", function()
    for line in run("--help").out:gmatch "[^\n]+" do
      assert.is_true(utf8.len(line) <= 80, line)
    end
  end)

  it("refuses what it does not know, with a guess", function()
    assert_usage("unknown command 'prepar' (did you mean 'prepare'?)", "prepar", "x")
    assert_usage("unknown option '--offlin' (did you mean '--offline'?)", "--offlin", "search")
    assert_usage("unknown command 'prep' (did you mean 'prepare'?)", "prep", "x")
    assert_usage("unknown command 'zzz'", "zzz")
    assert_usage("missing argument ID", "cite")
    assert_usage("missing argument ID", "info")
    assert_usage("missing argument FOLDER", "init")
    assert_usage("too many arguments", "info", "a", "b")
    assert_usage("option '--data' requires an argument", "prepare", "a", "--data")
    assert_usage("argument for option '--encoder' must be one of 'normal', 'xpm'",
      "prepare", "--encoder", "x", "a")
  end)

  it("takes global options before and after the command", function()
    local before = run("--json", "info", "com.lecun.mnist").out
    assert.are.equal(before, run("info", "com.lecun.mnist", "--json").out)
  end)

  it("names a dataset that comes close to an unknown one", function()
    for _, command in ipairs { "prepare", "info", "download" } do
      local result = run(command, "com.lecun.mnits")
      assert.are.equal("datamaestro: com.lecun.mnits: unknown dataset (did you mean 'com.lecun.mnist'?)\n",
        result.err)
      assert.are.same({ 3, "" }, { result.status, result.out })
    end
  end)

  describe("search", function()
    it("prints repository, id and type, one line a dataset", function()
      local result = run("search", "tag:images")
      assert.are.equal([[
[image] com.github.facebookresearch.qmnist (ImageClassification)
[image] com.github.zalandoresearch.fashion.mnist (ImageClassification)
[image] com.lecun.mnist (ImageClassification)
[image] gov.nist.biometrics.emnist[split=byclass] (ImageClassification)
[image] jp.ac.rois.codh.kmnist (ImageClassification)
]], result.out)
      assert.are.same({ 0, "" }, { result.status, result.err })
    end)

    it("wants all terms to match", function()
      assert.are.equal("[image] com.lecun.mnist (ImageClassification)\n",
        run("search", "tag:image", "^com\\.l", "repo:image", "task:class", "type:supervised").out)
      assert.are.equal("", run("search", "tag:image", "repo:ml").out)
    end)

    it("prints JSON", function()
      local rows = json.decode(run("--json", "search", "iris").out)
      assert.are.equal(1, #rows)
      assert.are.equal("edu.uci.iris", rows[1].id)
      assert.are.equal("ml", rows[1].repository)
      assert.are.equal("[]\n", run("--json", "search", "no such thing").out)
    end)

    it("refuses a term that is no regular expression", function()
      local result = run("search", "tag:(")
      assert.are.equal(2, result.status)
      assert.matches("^datamaestro: %(: ", result.err)
    end)

    it("goes on where a definition is wrong, and says which", function()
      lab:define "Data = 3 +"
      local result = run("search", "lecun")
      assert.are.equal("[image] com.lecun.mnist (ImageClassification)\n", result.out)
      assert.are.equal(("datamaestro: warning: %s/org/example.lua:1: unexpected symbol near <eof>\n"):format(
        lab.repository), result.err)
      assert.are.equal(0, result.status)
    end)
  end)

  it("says which scripts could not be read where it finds no dataset", function()
    lab:define "X = ("
    local problem = ("datamaestro: warning: %s/org/example.lua:1: unexpected symbol near <eof>\n"):format(
      lab.repository)
    for _, words in ipairs { { "prepare" }, { "info" }, { "cat" } } do
      assert.are.equal(problem .. "datamaestro: net.other.data: unknown dataset\n",
        run(words[1], "net.other.data").err)
    end
  end)

  it("warns of folders of DATAMAESTRO_PATH that are not there", function()
    local env = { DATAMAESTRO_PATH = lab.folder .. "/repositories:/nowhere/at all" }
    local result = lab:run({ "info", "com.lecun.mnist" }, { env = env })
    assert.are.same({ 0, "datamaestro: warning: DATAMAESTRO_PATH: /nowhere/at all: no such folder (a "
      .. "repository, or a folder of them, expected)\n" }, { result.status, result.err })
  end)

  describe("info", function()
    it("says what a dataset is, where it comes from and what of it is here", function()
      lab:define [[
        local File = use "datamaestro.data".File
        Data = filedownloader("data.bin", "https://example.org/data.gz", { size = 1234567 }) ..
          filedownloader("more.bin", "https://example.org/more") ..
          datatags("b", "a") .. datatasks("guessing") ..
          dataset { File, url = "https://example.org/",
            "The name\n\nFirst paragraph of what it is.\n\nSecond." } ..
          function(data, more) return { path = data } end]]
      temp.write(lab:path "data.bin", "twelve bytes")
      temp.write(lab:path ".state.json", '{"version": 1, "resources": {"data": {"state": "complete"}}}')
      local result = run("info", "org.example.data")
      assert.are.equal([[
The name
https://example.org/
Id: org.example.data (repository lab)
Types: datamaestro.data.file, datamaestro.data.base
Tags: a, b
Tasks: guessing
Parameters: data, more
Resources:
  data           1.2 MB  (complete, 12 bytes on disk)
                 https://example.org/data.gz
  more           size not declared  (not here)
                 https://example.org/more

First paragraph of what it is.

Second.
]], result.out)
      assert.are.same({ 0, "" }, { result.status, result.err })
    end)

    it("says where else resources are, and what people have to do", function()
      lab:define [=[
        Data = filedownloader("a", "https://h/a", {
            mirrors = { "https://m/a", { "https://n/a", size = 3 } } }) ..
          linkfolder("corpus", { { "trec", "disks45" }, { "trec" }, "/srv/trec" }) ..
          todo("later", "ask the authors for the address") ..
          manual("c.zip", { url = "https://x/form", instructions = [[Fill in the form; a link comes by mail.
            Then wait for it and follow it.]] }) ..
          dataset { use "datamaestro.data".File, "The name", variants = AxesVariants {
            k = Axis { "a", description = ("word "):rep(20) } } } ..
          function(a) return { path = a } end]=]
      local result = run("info", "org.example.data[k=a]")
      assert.are.equal([[
Parameters: a
Resources:
  a              size not declared  (not here)
                 https://h/a
                 2 mirrors: https://m/a, https://n/a
  corpus         not here
                 linkfolder
                 found at: disks45 in datafolder 'trec', or datafolder 'trec', or /srv/trec
  later          not complete
                 todo
                 to do: ask the authors for the address
  c              size not declared  (not here)
                 https://x/form
                 by hand: Fill in the form; a link comes by mail. Then wait for it and follow it.
]], result.out:match "Parameters:.*")
      local found = json.decode(run("info", "org.example.data[k=a]", "--json").out)
      local a, corpus, later, c = table.unpack(found.resources)
      assert.are.same({ "https://m/a", "https://n/a" }, a.mirrors)
      assert.are.same({ { datafolder = "trec", path = "disks45" }, { datafolder = "trec", path = json.null },
        "/srv/trec" }, corpus.proposals)
      assert.are.equal("ask the authors for the address", later.to_do)
      assert.matches("^Fill in the form", c.instructions)
      assert.are.same({ "a" }, found.parameters)
      assert.matches("\n  k              string: a %(required%)\n                 word word[^\n]*\n",
        run("info", "org.example.data").out)
    end)

    it("prints JSON", function()
      local found = json.decode(run("info", "com.lecun.mnist", "--json").out)
      assert.are.equal("The MNIST database", found.name)
      assert.are.same({ "benchmark", "images" }, found.tags)
      assert.are.equal(9912422, found.resources[1].size)
      assert.are.equal("none", found.resources[1].state)
      assert.are.equal(json.null, found.resources[1].stored)
    end)

    it("keeps control characters of a definition from the terminal", function()
      lab:define [[
        Data = filedownloader("data.bin", "https://example.org/data") ..
          dataset { use "datamaestro.data".File, "Red \27[31m name\n\nBell \7." } ..
          function(data) return { path = data } end]]
      local out = run("info", "org.example.data").out
      assert.is_nil(out:find "[\27\7]")
      assert.matches("Red \\x1b%[31m name", out)
    end)
  end)

  describe("repositories", function()
    it("lists them with what they hold", function()
      assert.matches("image: %u[^\n]+\nlab: Specs\nml: %u[^\n]+\n", run("repositories").out)
    end)

    it("prints JSON", function()
      local rows = json.decode(run("--json", "repositories").out)
      assert.are.same({ "image", "lab", "ml" }, { rows[1].id, rows[2].id, rows[3].id })
      assert.are.equal(lab.repository, rows[2].path)
    end)
  end)

  describe("lint", function()
    it("finds nothing wrong in what comes with the program", function()
      local result = run "lint"
      assert.are.same({ 0, "" }, { result.status, result.err })
      for line in result.out:gmatch "[^\n]+" do
        assert.matches(": ok", line)
      end
      assert.matches("com/lecun%.lua: ok %(com%.lecun%.mnist%)\n", result.out)
      assert.matches("image/data%.lua: ok\n", result.out)
    end)

    it("finds what only the function shows", function()
      lab:define_file "https://example.org/x"
      local path = lab.repository .. "/org/example.lua"
      assert.matches("\n[^\n]*/org/example%.lua: ok %(org%.example%.data%)\n$", run("lint", path).out)
      lab:define [[
Data = filedownloader("data.bin", "https://example.org/data") ..
  dataset { use "datamaestro.data".File, "Name", licence = "MIT" } ..
  function(data) return { path = 3 } end]]
      local result = run("lint", path)
      assert.are.equal(path .. ":3: File.path: integer (path expected)\n", result.out)
      assert.are.equal(10, result.status)
    end)

    it("prints JSON, and ends with status 10 when something is wrong", function()
      lab:define "Data = datset {}"
      local path = lab.repository .. "/org/example.lua"
      local result = run("--json", "lint", path, lab.repository .. "/init.lua")
      assert.are.equal(10, result.status)
      local rows = json.decode(result.out)
      assert.are.same({ false, true }, { rows[1].ok, rows[2].ok })
      assert.are.same({ path .. ":1: unknown name 'datset' (did you mean 'dataset'?)" }, rows[1].problems)
    end)

    it("finds one id in two files", function()
      lab:define_file "https://example.org/x"
      temp.write(lab.repository .. "/org.lua", [[
Other = filedownloader("data.bin", "https://example.org/data") ..
  dataset { use "datamaestro.data".File, "Name", id = "org.example.data" } ..
  function(data) return { path = data } end]])
      local result = run "lint"
      assert.are.equal(10, result.status)
      assert.matches("id 'org%.example%.data'", result.out)
    end)
  end)

  it("gives scripts the library", function()
    local script = temp.write(lab.folder .. "/x.lua", [[
      print(datamaestro.version)
      print(datamaestro.find("com.lecun.mnist").name)
      print(#assert(datamaestro.search("tag:images", "repo:image")))
      print(datamaestro.find "com.lecun.mnits")
      print(datamaestro.prepare "com.lecun.mnits")]])
    local result = run("run", script)
    local unknown = "nil\tcom.lecun.mnits: unknown dataset (did you mean 'com.lecun.mnist'?)\tunknown\n"
    assert.are.equal(run("version").out .. "The MNIST database\n5\n" .. unknown:rep(2), result.out)
  end)

  it("says what a script may have meant, and the calls that led to its error", function()
    local path = temp.write(lab.folder .. "/x.lua", "")
    local function told(source)
      temp.write(path, source)
      return (lab:run({ "run", path }).err:gsub(path, "x.lua"):gsub("datamaestro: ", ""))
    end
    assert.are.equal("x.lua:1: attempt to call a nil value (global 'show')\n"
      .. "did you mean 'datamaestro.show'?\n", told "show(3)")
    assert.are.equal("x.lua:2: attempt to call a nil value (method 'dta')\n"
      .. "d has no 'dta' (did you mean 'data'?)\n  in 'f', x.lua:2\n  in x.lua:3\n",
      told 'local d = datamaestro.csv.Matrix { path = "x" }\nlocal function f() return d:dta() + 1 end\n f()')
    assert.are.equal("x.lua:2: attempt to index a nil value (local 'ds')\nit failed before: "
      .. "com.lecun.mnits: unknown dataset (did you mean 'com.lecun.mnist'?)\n",
      told 'local ds = datamaestro.prepare "com.lecun.mnits"\nprint(ds.train)')
    assert.are.equal("x.lua:2: attempt to index a nil value (local 'x')\n",
      told 'local ds = datamaestro.find "com.lecun.mnist"\nlocal x print(x.y)')
  end)

  it("takes its own options between run and the script", function()
    local path = temp.write(lab.folder .. "/x.lua", "print(...) error 'x'")
    local result = lab:run { "run", "--quiet", "--debug", path, "--debug", "a" }
    assert.are.equal("--debug\ta\n", result.out)
    assert.matches("stack traceback", result.err)
    assert.is_nil(lab:run({ "run", path, "--debug" }).err:find "xpcall")
  end)

  it("ends with the status of what a script asserts", function()
    local function ended(source)
      local result = lab:run { "run", temp.write(lab.folder .. "/x.lua", source) }
      return { result.status, result.err }
    end
    local unknown = "datamaestro: com.lecun.mnits: unknown dataset (did you mean 'com.lecun.mnist'?)\n"
    assert.are.same({ 3, unknown }, ended 'assert(datamaestro.prepare "com.lecun.mnits")')
    assert.are.same({ 3, unknown }, ended [[
      local done, failure = pcall(assert, datamaestro.find "com.lecun.mnits")
      error(tostring(failure) == failure.message and failure.code == "unknown" and failure)]])
    assert.are.same({ 12, "datamaestro: /dev/null: not a regular file (file expected)\n" },
      ended 'assert(require "datamaestro.data.image".load "/dev/null")')
    local here = ("datamaestro: %s/x.lua:1: "):format(lab.folder)
    assert.are.same({ 1, here .. "broken\n" }, ended 'assert(nil, "broken")')
    assert.are.same({ 1, here .. "broken\n" }, ended 'assert(false, "broken", "glass")')
    assert.are.same({ 1, here .. "assertion failed!\n" }, ended 'assert(1, "all", "ok") assert(nil)')
    assert.are.same({ 0, "" }, ended 'assert(select("#", assert(1, nil, 3)) == 3)')
    assert.are.same({ 1, "datamaestro: x\n" }, ended 'assert(nil, { message = "x", code = "error" })')
  end)

  it("reads its own repositories before those that come with it", function()
    temp.write(lab.folder .. "/.local/share/datamaestro/repositories/mine/init.lua", "return {}")
    temp.write(lab.folder .. "/.local/share/datamaestro/repositories/mine/org/example.lua", [[
      Mine = filedownloader("data.bin", "https://example.org/data") ..
        dataset { use "datamaestro.data".File, "Mine" } .. function(data) return { path = data } end]])
    assert.are.equal("[mine] org.example.mine (File)\n", run("search", "org.example").out)
  end)
end)

describe("an installed program", function()
  it("finds its Lua files and datasets, wherever it is moved", function()
    local folder = temp.folder()
    local build = program.quote((program.path:gsub("/datamaestro$", "")))
    local command = "make -s install BUILD=%s DESTDIR=%s PREFIX=/usr && mv %s/usr %s/moved"
    local made = program.shell(command:format(build, folder, folder, folder))
    assert.are.equal(0, made.status, made.err)
    local result = program.shell(("cd / && %s/moved/bin/datamaestro search lecun"):format(folder))
    assert.are.equal("[image] com.lecun.mnist (ImageClassification)\n", result.out)
    temp.remove(folder)
  end)
end)
