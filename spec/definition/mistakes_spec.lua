-- Every mistake gives one line: FILE:LINE: what (what to do).
local script = require "spec.support.script"

local R, TAIL = script.resource("a.txt"), script.tail
local FILE = 'use "datamaestro.data".File'

local function chain(resource, tail)
  return ("X = %s .. %s"):format(resource, tail or TAIL)
end

local function dataset(inside, builder)
  return ("X =\n  %s ..\n  dataset { %s } .. %s"):format(
    R, inside, builder or "function(a) return { path = a } end")
end

local MISTAKES = {
  { "a syntax error", "X = (", "test.lua:1: unexpected symbol near <eof>" },
  { "a misspelt constructor", "\n\nX = filedownlaoder('a')",
    "test.lua:3: unknown name 'filedownlaoder' (did you mean 'filedownloader'?)" },
  { "a name that nothing resembles", "X = zzzzzz()", "test.lua:1: unknown name 'zzzzzz'" },
  { "a reach for the system", "os.execute 'rm -rf /'",
    "test.lua:1: unknown name 'os' (scripts cannot reach the system)" },
  { "a require",
    "require 'x'", 'test.lua:1: unknown name \'require\' (use "REPOSITORY.data" gives data types)' },
  { "a parameter without a resource", ("X = %s ..\n dataset { %s } ..\n function(aa) end"):format(R, FILE),
    "test.lua:3: parameter 'aa' has no resource (did you mean 'a'?)" },
  { "a parameter that resembles no resource", chain(R, ("dataset { %s } .. function(zzz) end"):format(FILE)),
    "test.lua:1: parameter 'zzz' has no resource (a expected)" },
  { "a parameter where there are no resources", ("X = dataset { %s } .. function(a) end"):format(FILE),
    "test.lua:1: parameter 'a' has no resource" },
  { "a function of any parameters", chain(R, ("dataset { %s } .. function(...) end"):format(FILE)),
    "test.lua:1: parameter '...' has no resource (name the resources instead)" },
  { "two resources of one name", ("X = %s ..\n %s ..\n %s"):format(R, R, TAIL),
    "test.lua:2: two resources are called 'a' (the other one is in line 1)" },
  { "a hash of a wrong length", chain(script.resource("a.txt", ("{ md5 = ('a'):rep(31) }"))),
    "test.lua:1: a.md5: 31 hex digits (32 expected)" },
  { "a hash that is none", chain(script.resource("a.txt", "{ md5 = ('g'):rep(32) }")),
    "test.lua:1: a.md5: '" .. ("g"):rep(32) .. "' (32 hex digits expected)" },
  { "an unknown option", chain(script.resource("a.txt", "{ md6 = 1 }")),
    "test.lua:1: a.md6: unknown field (did you mean 'md5'?)" },
  { "an option of a wrong type", chain(script.resource("a.txt", "{ size = '1' }")),
    "test.lua:1: a.size: string (integer expected)" },
  { "a negative size", chain(script.resource("a.txt", "{ size = -1 }")),
    "test.lua:1: a.size: -1 (0 or more expected)" },
  { "a fraction of a size", chain(script.resource("a.txt", "{ size = 1.5 }")),
    "test.lua:1: a.size: float (integer expected)" },
  { "an option without a name", chain(script.resource("a.txt", "{ 'gzip' }")),
    "test.lua:1: filedownloader: value 1 has no name (option = value expected)" },
  { "a mistake in a mirror",
    chain(script.resource("a.txt", "{ mirrors = { 'http://x/a', { 'http://y/a', siz = 1 } } }")),
    "test.lua:1: a.mirrors[2].siz: unknown field (did you mean 'size'?)" },
  { "a mirror that is no URL", chain(script.resource("a.txt", "{ mirrors = { 5 } }")),
    "test.lua:1: a.mirrors[1]: integer (url or table expected)" },
  { "a file name that leaves the folder", chain(script.resource("../a.txt")),
    "test.lua:1: filedownloader.filename: '../a.txt' (plain file name expected)" },
  { "a hidden file name", chain(script.resource(".state.json")),
    "test.lua:1: filedownloader.filename: '.state.json' (plain file name expected)" },
  { "a resource without a URL", chain "filedownloader('a.txt')",
    'test.lua:1: a: no source (a URL, or from = "RESOURCE", expected)' },
  { "a scheme that nobody serves", chain "filedownloader('a.txt', 'gopher://x/a')",
    "test.lua:1: a.url: scheme 'gopher' (http, https, ftp or file expected)" },
  { "a URL with a blank", chain "filedownloader('a.txt', 'http://x/a b')",
    "test.lua:1: a.url: 'http://x/a b' (URL such as https://host/file expected)" },
  { "too many arguments", chain "filedownloader('a.txt', 'http://x/a', 5)",
    "test.lua:1: filedownloader: argument 3: integer (table of options expected)" },
  { "a chain without dataset", ("X = %s .. function() end"):format(R),
    "test.lua:1: no 'dataset { … }' in the chain (it stands before the function; '..' joins the steps)" },
  { "commas between steps", ("X = %s, %s"):format(R, TAIL),
    "test.lua:1: no 'dataset { … }' in the chain (it stands before the function; '..' joins the steps)" },
  { "commas between steps that are returned", ("return %s, %s"):format(R, TAIL),
    "test.lua:1: the file returns 2 values (chain of steps, joined by '..', expected)" },
  { "a chain in a local", ("local a = 1\nlocal X =\n %s ..\n %s"):format(R, TAIL),
    "test.lua:2: no dataset ('local X' keeps it to the file; X = … makes it one)" },
  { "a URL in the place of the file's name", chain "filedownloader('https://x/a')",
    "test.lua:1: filedownloader.filename: 'https://x/a' (name of the file expected; what it comes from "
      .. "follows it)" },
  { "a link without a name", chain("links('l', { 'org.x' })", "dataset { use 'datamaestro.data'.File } .. "
    .. "function() end"), 'test.lua:1: l.links: value 1 has no name (NAME = "ID" expected)' },
  { "a file made from a folder", "X =\n zipdownloader('z', 'https://x/z.zip') ..\n filedownloader('a.txt', "
    .. "{ from = 'z' }) ..\n " .. TAIL, "test.lua:3: resource 'a': from 'z', a folder (file expected; "
    .. "filescopy takes files out of one)" },
  { "a chain without function", ("X = %s .. dataset { %s }"):format(R, FILE),
    "test.lua:1: no function at the end of the chain (.. function(names of resources) … end)" },
  { "two datasets in a chain", chain(R, ("dataset { %s } .. %s"):format(FILE, TAIL)),
    "test.lua:1: two datasets in one chain (one 'dataset { … }' expected)" },
  { "a library's function", chain(R, ("dataset { %s } .. tostring"):format(FILE)),
    "test.lua:1: a library's function at the end of the chain (your own expected)" },
  { "a dataset without a type", dataset "[[A file]]",
    "test.lua:3: dataset: no data type (dataset { Type, [[docstring]], … } expected)" },
  { "a dataset with two docstrings", dataset(FILE .. ", 'a', 'b'"),
    "test.lua:3: dataset: value 3: string (one data type or metadataset and one docstring expected)" },
  { "a licence that is none", dataset(FILE .. ", licence = 'CC-BY 4.0'"),
    "test.lua:3: dataset.licence: 'CC-BY 4.0': no SPDX licence (did you mean 'CC-BY-4.0'?)" },
  { "a licence's American name", dataset(FILE .. ", license = 'MIT'"),
    "test.lua:3: dataset.license: unknown field (did you mean 'licence'?)" },
  { "a licence that nothing resembles", dataset(FILE .. ", licence = 'free for all'"),
    "test.lua:3: dataset.licence: 'free for all': no SPDX licence (SPDX identifier such as 'CC-BY-4.0', or "
    .. "'LicenseRef-NAME' for terms of its own, expected)" },
  { "a citation that is no entry", dataset(FILE .. ", citation = 'Me, 2026'"),
    "test.lua:3: dataset.citation: 'Me, 2026' (one BibTeX entry, @TYPE{KEY, …}, expected)" },
  { "a size that is none", dataset(FILE .. ", size = 'large'"),
    "test.lua:3: dataset.size: string (bytes or \"1.2 GB\" expected)" },
  { "a version of two lines", dataset(FILE .. ", version = '1\\n2'"),
    "test.lua:3: dataset.version: no line of text (one expected)" },
  { "a date that is none", dataset(FILE .. ", timestamp = '2026-13-01'"),
    "test.lua:3: dataset.timestamp: '2026-13-01' (date such as 2026-01-31, or its beginning, expected)" },
  { "a dataset without its table", ("X = %s .. dataset 'x' .. function() end"):format(R),
    "test.lua:1: dataset: string (dataset { Type, [[docstring]], … } expected)" },
  { "an unknown option of dataset", dataset(FILE .. ", ulr = 'http://x/'"),
    "test.lua:3: dataset.ulr: unknown field (did you mean 'url'?)" },
  { "an unknown data type", dataset('use "datamaestro.data".Fiel'),
    "test.lua:3: datamaestro.data has no 'Fiel' (did you mean 'File'?)" },
  { "an id that is none", dataset(FILE .. ", id = 'a b'"),
    "test.lua:2: id 'com.test.a b' (letters, digits, '_' and '-' with dots between expected)" },
  { "an id that leaves the folder", dataset(FILE .. ", id = '../x'"),
    "test.lua:2: id 'com.test../x' (letters, digits, '_' and '-' with dots between expected)" },
  { "two datasets of one id", chain(R) .. "\n\nx = " .. R .. " .. " .. TAIL,
    "test.lua:3: id 'com.test.x' is also the one of line 1 (ids must differ)" },
  { "a name assigned twice", chain(R) .. "\nX = X",
    "test.lua:2: global 'X': assigned twice (one dataset a name expected)" },
  { "a global that is no chain", "\nX = 5",
    "test.lua:2: global 'X': integer (chain of steps expected; write 'local X' for helpers)" },
  { "a global function", "function helper() end",
    "test.lua:1: global 'helper': function (chain of steps expected; write 'local helper' for helpers)" },
  { "a library overwritten", "string = {}",
    "test.lua:1: global 'string': the name of a part of the language (use another)" },
  { "a library changed", "string.format = 1", "test.lua:1: 'string' cannot be changed (use a 'local')" },
  { "a function that a library has not", "return string.dump(function() end)",
    "test.lua:1: string has no 'dump'" },
  { "a method that strings have not", "return ('x'):dump()",
    "test.lua:1: attempt to call a nil value (method 'dump')" },
  { "tags that are none", chain("datatags('a', 5) .. " .. R),
    "test.lua:1: datatags: argument 2: integer (one or more strings expected)" },
  { "no tags", chain("datatags() .. " .. R),
    "test.lua:1: datatags: no argument (one or more strings expected)" },
  { "a docstring in the chain", chain(R .. " .. 'doc'"),
    "test.lua:1: left operand of '..': string (the docstring belongs inside dataset { … })" },
  { "a step that is none", "local filedownloadr\nX = filedownloadr .. " .. TAIL,
    "test.lua:2: left operand of '..': nil (is a name misspelt?)" },
  { "a step changed", "local r = " .. R .. "\nr.size = 5",
    "test.lua:2: a step cannot be changed (give its options to the constructor)" },
  { "data types from nowhere", "use 'nowhere.data'", "test.lua:1: unknown repository 'nowhere'" },
  { "data types of our inside", "use 'datamaestro.data.types'",
    "test.lua:1: use 'datamaestro.data.types': no such data types (\"datamaestro.data.tensor\" or "
      .. "\"REPOSITORY.data\" expected)" },
  { "data types misspelt", "use 'datamaestro.data.imgae'",
    "test.lua:1: use 'datamaestro.data.imgae': no such data types "
      .. "(did you mean \"datamaestro.data.image\"?)" },
  { "data types of a path", "use 'datamaestro.data/../cli'",
    "test.lua:1: use 'datamaestro.data/../cli': no such data types (\"datamaestro.data.tensor\" or "
      .. "\"REPOSITORY.data\" expected)" },
  { "a data type changed", "use('datamaestro.data').File.name = 'x'",
    "test.lua:1: a data type cannot be changed (declare another one with datatype { … })" },
  { "a method called while reading",
    "local f = use('datamaestro.data').File { path = '/etc/passwd' }\nf:open()",
    "test.lua:2: File:open(): a definition only describes data (methods are for those who open it)" },
  { "a result that is no chain", "return 5",
    "test.lua:1: the file returns integer (chain of steps expected)" },
  { "two results", "return 1, 2", "test.lua:1: the file returns 2 values (chain of steps, joined "
    .. "by '..', expected)" },
  { "compiled code", "\27Lua", "test.lua:1: compiled code (Lua source text expected)" },
  { "an error of several lines", "error 'one\\n\\ttwo'", "test.lua:1: one two" },
  { "an error with control characters", "error '\\27[31mred'", "test.lua:1: ?[31mred" },
  { "an error without a message", "\nerror {}",
    "test.lua:2: error with a value of type table (message expected)" },
  { "an endless loop #costly", "\nwhile true do end",
    "test.lua:2: more than 100000000 instructions (an endless loop?)" },
  { "a string.rep without bound", "return ('x'):rep(10 * 1024 ^ 3)", "test.lua:1: string.rep: over 16 MiB" },
  { "a string.rep of nothing for ever", "return (''):rep(1 << 60)", "test.lua:1: string.rep: over 16 MiB" },
  { "a string.rep of a wrong count", "return ('x'):rep('y')",
    "test.lua:1: string.rep: string (number of times expected)" },
  { "a string that doubles", "local s = 'x'\nwhile true do s = s .. s end",
    "test.lua:2: more than 256 MiB of memory" },
  { "brackets without end", ("("):rep(1000), "test.lua:1: C stack overflow" },
}

describe("a definition with a mistake", function()
  for _, mistake in ipairs(MISTAKES) do
    it("is refused for " .. mistake[1], function()
      assert.equal(mistake[3], script.problem(mistake[2]))
    end)
  end

  it("is told with the path as opened, however long it is", function()
    local loader = require "datamaestro.definition.loader"
    local repository = require "datamaestro.definition.repository"
    local path = "/nowhere/" .. ("long/"):rep(40) .. "x.lua"
    local _, message = loader.load_text(path, "\nX = nme", repository.pseudo "/nowhere")
    assert.equal(path .. ":2: unknown name 'nme'", message)
    _, message = loader.load_text(path, "\n\nX = )", repository.pseudo "/nowhere")
    assert.equal(path .. ":3: unexpected symbol near ')'", message)
  end)

  it("leaves strings, the collector and the libraries as they were", function()
    script.problem("string.rep = 1")
    script.problem("local s = 'x' while true do s = s .. s end")
    assert.equal(string.rep, ("").rep)
    assert.equal(string, debug.getmetatable("").__index)
    assert.is_true(collectgarbage "isrunning")
    assert.is_truthy(script.load(chain(R)))
  end)
end)

describe("a definition", function()
  it("may do all that the language is for", function()
    local tail = TAIL:gsub("%(a%)", "(x)"):gsub("= a", "= x")
    local datasets = assert(script.load([[
      local words = {}
      for word in ("b a c"):gmatch "%a" do words[#words + 1] = word:upper() end
      table.sort(words)
      local text = ("%s"):format(table.concat(words, utf8.char(44)))
      assert(text == "A,B,C" and select("#", 1, 2) == 2 and math.max(1, 2) == 2 and next({}) == nil)
      for _, name in ipairs { "One", "Two" } do
        _ENV[name] = filedownloader("x.txt", "http://host/" .. name) .. ]] .. tail .. [[

      end]]))
    assert.equal("com.test.one", datasets[1].id)
    assert.equal("com.test.two", datasets[2].id)
    assert.equal("http://host/Two", datasets[2].resources[1].url)
  end)

  it("may have a nil in the options' place", function()
    for _, rest in ipairs { "nil", "{ size = 1 }, nil", "nil, nil" } do
      local set = assert(script.load(chain(("filedownloader('a.txt', 'https://x/a', %s)"):format(rest))))[1]
      assert.equal(rest:find "size" and 1, set.resources[1].size or nil)
    end
  end)

  it("may take no part of its resources", function()
    local datasets = assert(script.load(("X = %s .. dataset { %s } .. function() end"):format(R, FILE)))
    assert.same({}, datasets[1].parameters)
    assert.equal("a", datasets[1].resources[1].name)
  end)

  it("is read with a mark of byte order and Windows' lines", function()
    assert.equal("com.test.x", assert(script.load("\239\187\191" .. chain(R) .. "\r\n"))[1].id)
  end)
end)
