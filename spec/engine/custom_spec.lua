-- Resource kind `custom`: what its functions can do, what they cannot, and how they end.
local FaultServer = require "spec.support.fault_server"
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("a custom function", function()
  local lab, server, faults

  setup(function()
    server = Nginx.start {}
    faults = FaultServer.start()
    local result = program.shell("cd " .. server.root .. [[ && printf 'a\nb\n' | gzip -n >ab.gz
      printf 'a\r\nb' >ab.txt; printf 'caf\351\n' >latin.txt
      mkdir -p t/d; echo 1 >t/d/one; ln -s d/one t/link; ln -s .. t/d/up; tar cf t.tar t; rm -r t
      mkdir s; ln -s /etc s/etc; tar cf etc.tar s; rm -r s; echo 1,2 >x.csv; zip -q x.zip x.csv]])
    assert.equal(0, result.status, result.err)
  end)

  teardown(function()
    server:stop()
    faults:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
    lab.env.DATAMAESTRO_RETRY_DELAY = "0.01"
  end)

  after_each(function()
    lab:close()
  end)

  local function with_servers(text)
    return (text:gsub("URL/", server.url .. "/"):gsub("FAULTS/", faults.url .. "/"))
  end

  -- Line 1 is the first one of the function's body.
  local function define(body, options)
    options = options or {}
    lab:define(([[local F, kept = use "datamaestro.data".Folder, nil Data = %s custom("made", function(work%s)
%s end%s) .. dataset { F, "Made" } .. function(made) %s return { path = made } end]]):format(
      options.before or "", options.takes and ", " .. options.takes or "",
      with_servers(body), options.with or "", options.after or ""))
  end

  local function without_doubts(text)
    return (text:gsub("datamaestro: warning: [^\n]*: plain http and no checksum [^\n]*\n", ""))
  end

  local function make(body, options)
    define(body, options)
    local result = lab:prepare()
    assert.equal(0, result.status, result.err)
  end

  -- Runs a body that must fail, in the line and with the message; nothing is left of it.
  local function assert_failure(body, status, line, message, options)
    define(body, options)
    local result = lab:prepare()
    message = with_servers(message)
    assert.equal(("datamaestro: %s/org/example.lua:%d: %s\n"):format(lab.repository, line + 1, message),
      without_doubts(result.err))
    assert.equal(status, result.status)
    assert.is_nil(file.stat(lab:path "made"))
    assert.is_nil(file.stat(lab:path ".downloads"))
    assert.are_not.equal("complete", lab:state "made")
  end

  describe("with work", function()
    it("fetches, reads compressed lines and writes a table", function()
      make [[
        local out = work:write "table.tsv"
        for line in work:lines(work:fetch("URL/ab.gz", "raw.gz", { transforms = "none" })) do
          out:line(line, "\t", #line)
        end]]
      assert.equal("a\t1\nb\t1\n", temp.read(lab:path "table.tsv"))
      assert.is_not_nil(file.stat(lab:path "raw.gz"))
      assert.equal("complete", lab:state "made")
    end)

    it("fetches what it has found out where to fetch", function()
      make [[
        for line in work:lines(work:fetch("URL/ab.gz", "list")) do
          work:fetch("URL/" .. line .. "b.gz", line)
          break
        end]]
      assert.equal("a\nb\n", temp.read(lab:path "a"))
    end)

    it("fetches as a filedownloader does: mirrors, sizes, transforms", function()
      make [[
        work:fetch({ "FAULTS/status/404%20Not%20Found", "URL/ab.gz" }, "x",
          { content = { size = 2 }, transforms = { "gzip", { filter = "b" } } })]]
      assert.equal("b\n", temp.read(lab:path "x"))
    end)

    it("unpacks, lists, sizes, copies, renames and removes", function()
      make [[
        work:extract(work:fetch("URL/t.tar", "t.tar"), "tree")
        work:copy("tree/t/d/one", "copies/1")
        work:rename("tree/t/d/one", "one")
        local names = work:list()
        work:remove "tree"
        work:write "names":write(table.concat(names, " "), " ", #work:list "copies", " ", work:size "t.tar")]]
      assert.equal("copies/1 one t.tar 1 10240", temp.read(lab:path "names"))
      assert.equal("1\n", temp.read(lab:path "one"))
      assert.is_nil(file.stat(lab:path "tree"))
    end)

    it("reads lines of any encoding and ending", function()
      make [[
        local out = work:write "out"
        work:fetch("URL/ab.txt", "ab.txt")
        work:fetch("URL/latin.txt", "latin.txt")
        for line in work:lines "ab.txt" do out:write("<", line, ">") end
        for line in work:lines("latin.txt", { encoding = "latin-1" }) do out:write(line) end]]
      assert.equal("<a><b>café", temp.read(lab:path "out"))
    end)

    it("says what it is at", function()
      define [[work:log "half\27[31m way" work:write "x"]]
      local result = lab:run { "prepare", "org.example.data" }
      assert.matches("made: half\\x1b%[31m way\n", result.err)
      result = lab:run({ "--quiet", "prepare", "--progress-fd", "2", "org.example.data" })
      assert.equal(0, result.status)
    end)

    it("fills the dataset's folder alone, a folder of its own beside others", function()
      make([[work:write "x":line "1"]],
        { before = ('filedownloader("other.txt", "%s/ab.txt") ..'):format(server.url) })
      assert.equal("1\n", temp.read(lab:path "made/x"))
    end)
  end)

  describe("with resources that it needs", function()
    it("reads files and folders", function()
      make([[
        local out = work:write "out"
        for _, name in ipairs(tree:list()) do out:line(name, " ", tree:size(name)) end
        for line in tree:lines "d/one" do out:line(line) end
        for line in packed:lines() do out:line(line) end
        out:line(packed:size())
        work:copy(packed, "copy.gz")
        work:copy(tree:file "d/one", "one")
        work:extract(zip, "csv")]], {
        takes = "tree, packed, zip",
        before = (([[tardownloader("tree", "URL/t.tar") ..
          filedownloader("packed.gz", "URL/ab.gz", { transforms = "none", transient = true }) ..
          filedownloader("zip", "URL/x.zip") ..]]):gsub("URL", server.url):gsub("\n", " ")),
      })
      assert.equal("d/one 2\n1\na\nb\n24\n", temp.read(lab:path "made/out"))
      assert.equal(24, file.stat(lab:path "made/copy.gz").size)
      assert.equal("1\n", temp.read(lab:path "made/one"))
      assert.equal("1,2\n", temp.read(lab:path "made/csv/x.csv"))
      assert.is_nil(file.stat(lab:path "packed.gz"))
    end)

    it("takes them by the names of its parameters, or in the order of 'needs'", function()
      make([[work:write "x":line(second:size(), " ", first:size())]], {
        takes = "first, second", with = ', { needs = { "zip", "packed" } }',
        before = (([[filedownloader("packed", "URL/ab.txt") .. filedownloader("zip", "URL/t.tar") ..]])
          :gsub("URL", server.url)),
      })
      assert.equal("4 10240\n", temp.read(lab:path "made/x"))
    end)

    it("may have none that there is not", function()
      local before = ('filedownloader("packed", "%s/ab.txt") ..'):format(server.url)
      local function problem(options)
        options.before = before
        define("", options)
        local result = lab:run { "lint", lab.repository .. "/org/example.lua" }
        assert.equal(10, result.status)
        return (result.out .. result.err):match "example.lua:(.-)\n"
      end
      assert.equal("1: resource 'made' needs 'pakced', which there is not (did you mean 'packed'?)",
        problem { takes = "pakced" })
      assert.equal("1: made: its function takes 1 resources after 'work' (2 in 'needs')",
        problem { takes = "packed", with = ', { needs = { "packed", "made" } }' })
      assert.equal("1: resources need each other: made -> made", problem { takes = "made" })
      assert.equal("1: made: parameter '...' of its function has no resource (name the resources instead)",
        problem { takes = "..." })
      lab:define [[Data = custom("made", string.upper) .. dataset { use "datamaestro.data".Folder, "x" } ..
        function(made) return { path = made } end]]
      local result = lab:run { "lint", lab.repository .. "/org/example.lua" }
      assert.matches("1: made: a library's function %(your own expected%)", result.out .. result.err)
    end)

    it("changes none of them", function()
      local before = ('tardownloader("tree", "%s/t.tar") ..'):format(server.url)
      assert_failure("tree:write 'x'", 10, 1, "folder has no 'write' (file, lines, list, size expected)",
        { takes = "tree", before = before })
      assert_failure("tree.x = 1", 10, 1, "'folder' cannot be changed", { takes = "tree", before = before })
      assert_failure("for _ in tree:lines '../made' do end", 10, 1,
        "tree: '../made': a path with '..' (none expected)", { takes = "tree", before = before })
      assert_failure("for _ in tree:lines 'link' do end", 12, 1, "tree: 'link': a link (file expected)",
        { takes = "tree", before = before })
    end)
  end)

  describe("that is hostile", function()
    -- body, status, line, message
    local CASES = {
      { "\nwork:write '../x'", 10, 2, "work: '../x': a path with '..' (none expected)" },
      { "work:write '/tmp/x'", 10, 1, "work: '/tmp/x': an absolute path (relative one expected)" },
      { "work:write '.state.json'", 10, 1, "work: '.state.json': begins with a dot (another name expected)" },
      { "work:write 'a\\0b'", 10, 1, "work:write: a name with a zero byte (plain text expected)" },
      { "for _ in work:lines '/etc/passwd' do end", 10, 1,
        "work: '/etc/passwd': an absolute path (relative one expected)" },
      { "work:copy('/etc/passwd', 'x')", 10, 1,
        "work: '/etc/passwd': an absolute path (relative one expected)" },
      { "work:fetch('file:///etc/passwd', 'x')", 10, 1, "work:fetch: 'file:///etc/passwd' (a filedownloader "
        .. "that the function needs, for files of this machine)" },
      { "work:fetch('URL/x', 'x', { mirrors = { 'FILE:///etc/passwd' } })", 10, 1, "work:fetch.mirrors[1]: "
        .. "scheme 'FILE' (http, https, ftp or file expected)" },
      { "work:extract(work:fetch('URL/etc.tar', 'e'), 'x')", 12, 1, "e: member 's/etc': a link to '/etc' "
        .. "(target that is surely inside the folder expected)" },
      { "work:extract(work:fetch('URL/t.tar', 'e'), 'x')\nwork:write 'x/t/d/up/y'", 12, 2,
        "work: 'x/t/d/up': a link (folder expected)" },
      { "work:extract(work:fetch('URL/t.tar', 'e'), 'x')\nwork:rename('x/t/d/up', 'y')\nwork:write 'y/z'",
        12, 3, "work: 'y': a link (folder expected)" },
      { "while true do end", 10, 1, "more than 100000000 instructions (an endless loop?)" },
      { "local s = 'x'\nwhile true do s = s .. s end", 10, 2, "more than 256 MiB of memory" },
      { "local t = {}\nwhile true do t[#t + 1] = ('x'):rep(1000000) .. #work:list() end", 10, 2,
        "more than 256 MiB of memory" },
      { "local function f() return 1 + f() end\nf()", 10, 1, "stack overflow" },
      { "error({})", 10, 1, "error with a value of type table (message expected)" },
      { "error({ code = 'interrupted', message = 'x' })", 10, 1,
        "error with a value of type table (message expected)" },
      { "error('a\\nb\\27[31m')", 10, 1, "a b?[31m" },
      { "coroutine.yield('remove', '/etc')", 10, 1,
        "unknown name 'coroutine' (scripts cannot reach the system)" },
      { "pcall(work.remove, work, 'x')", 10, 1, "unknown name 'pcall' (a definition does not catch errors)" },
      { "work.write 'x'", 10, 1, "work:write: called with '.' (work:write(…) expected)" },
      { "work.write({}, 'x')", 10, 1, "work:write: called with '.' (work:write(…) expected)" },
      { "work:wriet 'x'", 10, 1, "work has no 'wriet' (did you mean 'write'?)" },
      { "work.lines = nil", 10, 1, "'work' cannot be changed" },
      { "for k in pairs(work) do error(k) end", 10, 1, "its function made no file" },
      { "('x'):gsub('x', function() work:remove 'x' end)", 10, 1, "work:remove: in a function that a library "
        .. "calls, such as string.gsub (a loop expected)" },
      { "for i = 1, 257 do work:write('f' .. i) end", 10, 1,
        "work:write: 'f257' is one file too many (256 are written at once; close some of them)" },
      { "work:remove ''", 10, 1, "work: '': an empty name (name expected)" },
      { "work:remove '..'", 10, 1, "work: '..': a path with '..' (none expected)" },
      { "work:write 'x'\nfor _ = 1, 17 do work:lines 'x' end", 10, 2,
        "lines: 'x' is one file too many (16 are read at once; the end of a loop closes its file)" },
      { "work:write 'x':line(nil)", 10, 1, "writer: nil (string or number expected)" },
      { "local w = work:write 'x'\nw:close()\nw:line 'y'", 10, 3, "writer: it is closed" },
      { "work:write 'x'\nwork:write 'x'", 10, 2, "work: 'x': is there already (a new name expected)" },
      { "for _ in work:lines('x', { encodign = 'x' }) do end", 3, 1, "work: 'x': No such file or directory" },
      { "work:write 'x'\nfor _ in work:lines('x', { encodign = 'x' }) do end", 10, 2,
        "lines.encodign: unknown field (did you mean 'encoding'?)" },
      { "work:extract('x', 'y', { files = {} })", 10, 1,
        "work:extract: field 'files': 0 names (1 to 10000 expected)" },
      { "work:extract(5, 'y')", 10, 1,
        "work:extract: number (name of a file, or a file of a resource, expected)" },
      { "work:fetch('URL/x', 'x', { url = 'y' })", 10, 1, "work:fetch: 'url' or 'from' among the options "
        .. "(work:fetch(url, name, options) expected)" },
      { "work:fetch({}, 'x')", 10, 1, "work:fetch: no URL (work:fetch(url, name, options) expected)" },
      { "work:fetch('nonsense', 'x')", 10, 1,
        "work:fetch.url: 'nonsense' (URL such as https://host/file expected)" },
    }

    it("is told what a name or an argument was meant to be", function()
      local given = { takes = "x, z", before = 'filedownloader("x.csv", "URL/x.csv") .. '
        .. 'zipdownloader("z", "URL/x.zip", { folder = "z" }) ..' }
      given.before = with_servers(given.before)
      for body, expected in pairs {
        ["work:write 'table.tsv'\nwork:lines 'table.tvs'"] = { 3, "work: 'table.tvs': No such file or "
          .. "directory (did you mean 'table.tsv'?)" },
        ["\nwork:copy('x.csv', 'y')"] = { 3,
          "work: 'x.csv': No such file or directory (the resource is the parameter 'x')" },
        ["\nwork:size 'x.csv'"] = { 3,
          "work: 'x.csv': No such file or directory (the resource is the parameter 'x')" },
        ["\nwork:rename('nowhere', 'y')"] = { 3, "work: 'nowhere': No such file or directory" },
        ["\nz:file 'xcsv'"] = { 3, "z: 'xcsv': No such file or directory (did you mean 'x.csv'?)" },
        ["\nz:lines()"] = { 10, "folder:lines: nil (name of a file in it expected)" },
        ["\nz:size()"] = { 10, "folder:size: nil (name of a file in it expected)" },
        ["\nx:lines 'x.csv'"] = { 10,
          "file:lines: 'x.csv' (options, or nothing, expected: it is the file itself)" },
      } do
        assert_failure(body, expected[1], 2, expected[2], given)
        temp.remove(lab.data)
      end
    end)

    for _, case in ipairs(CASES) do
      it("is refused: " .. case[1]:gsub("\n", "; "), function()
        local message = case[4]
        if message:find "^its function" then -- no line of it is at fault
          assert_failure(case[1], case[2], 0, "org.example.data: made: " .. message)
        else
          assert_failure(case[1], case[2], case[3], message)
        end
      end)
    end

    it("cannot move a link of an archive so that it leads out", function()
      local body = "work:extract(work:fetch('URL/t.tar', 'e'), 'x') work:rename('x/t/d/up', 'y') work:list()"
      assert_failure(body, 12, 0, "org.example.data: made: work: 'y': a link that leads out of the folder, "
        .. "now that it was renamed (one that is surely inside expected)")
    end)

    it("cannot keep work, or anything else, for the dataset's function", function()
      define("kept = work work:write 'x'", { after = "kept:remove 'x'" })
      local result = lab:prepare()
      assert.equal(("datamaestro: %s/org/example.lua:2: attempt to index a nil value (upvalue 'kept')\n")
        :format(lab.repository), result.err)
      assert.equal(10, result.status)
      assert.is_not_nil(file.stat(lab:path "x"))
    end)

    it("shares nothing that it can name with another function, of a variant either", function()
      lab:define [[local Folder, kept, list, count = use "datamaestro.data".Folder, nil, {}, 0
        count = count + 1
        Data = resources(function(v)
            list[v.n] = "resources"
            return custom("a", function(work)
              kept, list[v.n] = work, "a"
              work:write "x":write(v.n)
            end) .. custom("b", function(work, a)
              for line in a:lines "x" do
                work:write "y":write(line, tostring(kept), list[v.n], list[1] or 0, count)
              end
            end)
          end) ..
          dataset { Folder, "Two", variants = AxesVariants {
            n = Axis({ 1, 2 }, { default = 2, in_id = false }) } } ..
          function(b) return { path = b .. tostring(kept) } end]]
      local result = lab:prepare()
      assert.equal("", result.err)
      assert.equal("2nilresources01", temp.read(lab:path "b/y"))
      assert.matches("/bnil\"", result.out)
    end)

    it("cannot keep more memory than one may by keeping it for the next", function()
      local steps = {}
      for i = 1, 4 do
        steps[i] = ([[custom("c%d", function(work %s)
            for i = 1, 10 do kept[#kept + 1] = ("x"):rep(16000000 - i) end
            work:write "x":write(#kept)
          end) .. ]]):format(i, i > 1 and ", c" .. i - 1 or "")
      end
      lab:define('local Folder, kept = use "datamaestro.data".Folder, {} Data = ' .. table.concat(steps)
        .. 'dataset { Folder, "x" } .. function(c1) return { path = c1 } end')
      local bound = require "spec.support.script".sanitized() and "" or "ulimit -v 900000; "
      local command = lab:command { "--quiet", "prepare", "org.example.data" }
      local result = program.shell(bound .. "exec " .. command)
      assert.equal("", result.err)
      assert.equal("10", temp.read(lab:path "c4/x"))
    end)

    it("fetches nothing where it reads what is of this machine, or made of it", function()
      temp.write(lab.folder .. "/secret", "secret")
      local secret = ('filedownloader("secret", "file://%s/secret") ..'):format(lab.folder)
      local message = "work:fetch: not in a function that needs '%s', which is of this machine or of another "
        .. "dataset (two custom steps, one that fetches and one that reads, expected)"
      local body = "for line in secret:lines() do work:fetch('FAULTS/' .. line, 'x') end"
      assert_failure(body, 10, 1, message:format "secret", { takes = "secret", before = secret })
      local hidden = secret .. 'custom("hidden", function(work, secret) work:copy(secret, "s") end) ..'
      assert_failure("for line in hidden:lines 's' do work:fetch('FAULTS/' .. line, 'x') end", 10, 1,
        message:format "hidden", { takes = "hidden", before = hidden })
      for _, request in ipairs(faults:requests()) do
        assert.is_nil(request.path:find("secret", 1, true))
      end
    end)
  end)

  describe("beside one that reads what is the user's own", function()
    before_each(function()
      temp.write(lab.folder .. "/own/data/secret", "secret")
      temp.write(lab.folder .. "/own/data/.hidden/key", "key")
    end)

    local function sent()
      for _, request in ipairs(faults:requests()) do
        if request.path:find("secret", 1, true) then
          return request.path
        end
      end
    end

    it("knows nothing of it: each function has the file's locals to itself", function()
      faults:forget()
      lab:define(([[
        local Folder, key, path = use "datamaestro.data".Folder, nil, nil
        Data = linkfolder("own", { "LAB/own/data" }) ..
          custom("r", function(work, own)
            for line in own:lines "secret" do key = line end
            work:write "x"
          end) ..
          custom("s", function(work)
            work:write("a"):close()
            for i = 1, 500 do if not key then work:copy("a", "b" .. i) end end
            work:fetch("FAULTS/good?size=9&key=" .. (key or path or "none"), "x")
          end) ..
          custom("t", function(work, r)
            work:write(key or "none")
          end) ..
        dataset { Folder, "Two functions" } .. function(s, own) path = own return { path = s } end
        Other = reference("data", Data) ..
          custom("u", function(work)
            work:fetch("FAULTS/good?size=9&key=" .. (key or path or "none"), "x")
          end) ..
        dataset { Folder, "A third" } .. function(u) return { path = u } end]]):gsub("LAB", lab.folder)
        :gsub("FAULTS", faults.url))
      local result = lab:run { "--quiet", "prepare", "org.example.data", "org.example.other" }
      assert.equal(0, result.status, result.err)
      assert.is_not_nil(file.stat(lab:path "t/none"))
      assert.is_nil(sent())
      local requests = faults:requests()
      assert.is_true(#requests >= 2)
      for _, request in ipairs(requests) do
        assert.equal("/good?size=9&key=none", request.path)
      end
    end)

    it("is all that reads: the dataset's function and those of resources only get paths", function()
      local function problem(body, steps)
        lab:define(([[
          local Table = use "datamaestro.data.csv".Generic
          Data = %s linkfolder("own", { "LAB/own/data" }) ..
            dataset { Table, "x", variants = AxesVariants { n = Axis({ 1 }, { default = 1 }) } } ..
            function(own) %s
            return { path = own .. "/secret" } end]]):format(steps or "", body):gsub("LAB", lab.folder))
        local result = lab:prepare()
        assert.equal(10, result.status)
        return result.err:match "example.lua:%d+: (.-)\n"
      end
      local unknown = "[n=1]: unknown name 'io' (scripts cannot reach the system)"
      assert.equal(unknown, problem 'io.open(own .. "/secret")')
      assert.equal("[n=1]: Generic:rows(): a definition only describes data (methods are for those who open "
        .. "it)",
        problem 'Table { path = own .. "/secret" }:rows()')
      assert.equal(unknown, problem("", 'resources(function(v) io.open("LAB/own/data/secret") end) ..'))
    end)

    -- Runs a function that reads x and tells what it has read, as the second of two variants, or of two
    -- definitions, of which the first one has put x there.
    local function assert_untold(why, first, options)
      local source = ([[
        local Folder = use "datamaestro.data".Folder
        Data = resources(function(v)
            if v.own then return FIRST end
            return filedownloader("x", "FAULTS/none") .. custom("c", function(work, x)
              for line in x:lines() do work:fetch("FAULTS/" .. line, "y") end
            end)
          end) ..
          dataset { Folder, "Variants", variants = AxesVariants {
            own = Axis { type = "boolean", default = true, OPTIONS } } } ..
          function() return { path = "/" } end]]):gsub("FIRST", first):gsub("LAB", lab.folder)
        :gsub("FAULTS", faults.url):gsub("OPTIONS", options)
      lab:define(source)
      local result = lab:prepare()
      assert.equal(0, result.status, result.err)
      result = lab:run { "--quiet", "prepare", "org.example.data[own=false]" }
      assert.equal(10, result.status)
      assert.matches(("work:fetch: not in a function that needs 'x', which %s (two custom steps"):format(why),
        result.err, 1, true)
      assert.is_nil(sent())
    end

    it("fetches nothing where another variant may have put it there", function()
      local why = "may be another variant's, for an axis is in no id"
      assert_untold(why, 'linkfile("x", { "LAB/own/data/secret" })', "in_id = false")
      temp.remove(lab.data)
      assert_untold(why, 'filedownloader("x", "file://LAB/own/data/secret")', "in_id = false")
    end)

    it("fetches nothing where it is not known to have been fetched", function()
      local function define_reader(first)
        lab:define((([[
          local Folder = use "datamaestro.data".Folder
          Data = FIRST .. custom("c", function(work, x)
              for line in x:lines() do work:fetch("FAULTS/good?size=9&key=" .. line, "y") break end
            end) ..
            dataset { Folder, "x" } .. function(c) return { path = c } end]]):gsub("FIRST", first)
          :gsub("LAB", lab.folder):gsub("URL", server.url):gsub("FAULTS", faults.url)))
      end
      local function problem()
        local result = lab:prepare()
        assert.equal(10, result.status)
        return result.err:match "work:fetch: not in a function that needs 'x', which (.-) %("
      end
      local unknown = "was not made by this program, as far as is known"
      local served = 'filedownloader("x", "URL/ab.txt", { transforms = "none" })'
      assert(file.mkdirs(lab:path()))
      temp.write(lab:path "x", "secret")
      define_reader(served)
      assert.equal(unknown, problem())
      assert.equal(unknown, problem()) -- recorded now
      os.remove(lab:path "x")
      assert(file.symlink(lab.folder .. "/own/data/secret", lab:path "x"))
      assert.equal("is reached by a link, and so somebody else's", problem())
      os.remove(lab:path "x")
      os.remove(lab:path ".state.json")
      assert.equal(0, lab:prepare().status) -- it is fetched
      assert.is_nil(sent())
    end)

    it("fetches what it has found in what was fetched and unpacked before, in another run too", function()
      local steps = (([[tardownloader("t", "URL/t.tar", { transient = true }) ..
          filescopy("f", "t", { "d/one" }) ..
          custom("g", function(work, f)
            work:fetch("URL/ab.txt", "ab")
            work:copy(f:file "d/one", "one")
          end) ..
          custom("h", function(work, f, g) %s end) ..
          dataset { use "datamaestro.data".Folder, "x" } .. function(h) return { path = h } end]])
        :gsub("URL", server.url))
      lab:define("Data = " .. steps:format "work:write('x'):write(f:size 'd/one', g:size 'ab')")
      assert.equal(0, lab:prepare().status)
      assert.equal("24", temp.read(lab:path "h/x"))
      os.execute(("rm -r '%s'"):format(lab:path "h"))
      lab:define("Data = " .. steps:format(('work:fetch("%s/x.csv", "x")'):format(server.url)))
      local result = lab:prepare()
      assert.equal(0, result.status, result.err)
      assert.equal("1,2\n", temp.read(lab:path "h/x"))
    end)

    it("sees nothing hidden of what a link leads to", function()
      local source = ([[
        local Folder = use "datamaestro.data".Folder
        Data = linkfolder("own", { "LAB/own/data" }) .. %s ..
          dataset { Folder, "Hidden" } .. function(own) return { path = own } end]]):gsub("LAB", lab.folder)
      lab:define(source:format [[custom("r", function(work, own)
        local out = work:write "names"
        for _, name in ipairs(own:list()) do out:line(name) end
        for line in own:lines ".hidden/key" do out:line(line) end end)]])
      local result = lab:prepare()
      assert.equal(10, result.status)
      assert.matches("own: '.hidden/key' is hidden", result.err, 1, true)
      lab:define(source:format [[custom("r", function(work, own)
        local out = work:write "names"
        for _, name in ipairs(own:list()) do out:line(name) end end)]])
      assert.equal(0, lab:prepare().status)
      assert.equal("secret\n", temp.read(lab:path "r/names"))
      lab:define(source:format [[filescopy("f", "own", { key = ".hidden/key" })]])
      result = lab:prepare()
      assert.equal(10, result.status)
      local problem = "hidden (what a link leads to has no hidden files for definitions)"
      assert.matches(problem, result.err, 1, true)
    end)
  end)

  describe("that fails", function()
    it("ends with the code and message of what failed, at its line", function()
      assert_failure("\nwork:fetch('FAULTS/status/404%20Not%20Found', 'x')", 4, 2, "org.example.data: made: "
        .. "FAULTS/status/404%20Not%20Found: HTTP 404 Not Found (moved or gone: --mirror names other places)")
      assert_failure("work:fetch('URL/ab.txt', 'x', { size = 7 })", 5, 1,
        "org.example.data: made: URL/ab.txt: 4 bytes (7 expected)")
      assert_failure("work:extract(work:fetch('URL/ab.txt', 'x'), 'y')", 12, 1,
        "x: starts with 61 0d 0a 62 (tar, zip or 7z archive expected)")
      assert_failure("work:fetch('URL/latin.txt', 'x')\nfor line in work:lines 'x' do end", 12, 2,
        "x:1:4: byte 0xe9 (utf-8 expected)")
      assert_failure("for _ in work:lines(work:fetch('URL/ab.txt', 'x.gz')) do end", 12, 1,
        "x.gz: starts with 61 0d 0a 62 (gzip data expected)")
    end)

    it("obeys --offline and --strict", function()
      define "work:fetch('URL/ab.txt', 'x')"
      local result = lab:prepare "--offline"
      assert.equal(11, result.status)
      assert.matches("example.lua:2: org.example.data: made: .*ab.txt is not on this machine "
        .. "%(%-%-offline was asked%)", result.err)
      result = lab:prepare "--strict"
      assert.equal(10, result.status)
      assert.matches("%-%-strict was asked", result.err)
    end)

    it("takes kept downloads offline", function()
      define "work:fetch('URL/ab.gz', 'x') work:fetch('URL/x.csv', 'y')"
      assert.equal(0, lab:prepare "--keep-downloads".status)
      program.shell("rm -r " .. program.quote(lab:path()))
      local result = lab:prepare "--offline"
      assert.equal(0, result.status, result.err)
      assert.equal("a\nb\n", temp.read(lab:path "x"))
    end)

    it("goes on, when it is run again, with what was fetched", function()
      faults:forget()
      define "work:fetch('FAULTS/resume/honoured?size=4000000&after=3600000', 'x')"
      lab.env.DATAMAESTRO_TRIES = "1"
      assert.equal(4, lab:prepare().status)
      local result = lab:prepare()
      assert.equal(0, result.status, result.err)
      local requests = faults:requests()
      assert.equal(2, #requests)
      assert.equal("bytes=3600000-", requests[2].range)
      assert.equal(4000000, file.stat(lab:path "x").size)
    end)

    it("leaves other resources alone", function()
      define("error 'no'", { before = ('filedownloader("other.txt", "%s/ab.txt") ..'):format(server.url) })
      assert.equal(10, lab:prepare().status)
      assert.equal("complete", lab:state "other")
      assert.equal("none", lab:state "made")
    end)
  end)

  describe("that takes its time", function()
    -- The server sends SIGINT to the process whose number is in the URL, and then nothing more.
    local function interrupt()
      return program.shell(([[
        export DATAMAESTRO_PATH=%s DATAMAESTRO_DIR='%s'
        exec sh -c 'sed -i s/PID/$$/ %s/org/example.lua; exec %s --quiet prepare org.example.data']]):format(
        lab.env.DATAMAESTRO_PATH, lab.data, lab.repository, program.path))
    end

    local function assert_interrupted(result)
      assert.equal("datamaestro: interrupted\n", without_doubts(result.err))
      assert.equal(130, result.status)
      assert.is_nil(file.stat(lab:path ".downloads"))
      assert.is_nil(file.stat(lab:path "made"))
    end

    it("ends at Ctrl-C while it fetches", function()
      define "work:write 'x' work:fetch('FAULTS/interrupt/PID', 'y')"
      assert_interrupted(interrupt())
    end)

    -- That the server is asked at all shows that others go on.
    it("ends at Ctrl-C while it is at work, and lets others go on before", function()
      local before = ('filedownloader("other", "%s/interrupt/PID") ..'):format(faults.url)
      define("work:write 'x' while true do work:size 'x' end", { before = before })
      assert_interrupted(interrupt())
    end)

    it("may run for as long as it gets somewhere", function()
      make [[
        local out = work:write "x"
        for i = 1, 300 do
          for _ = 1, 1000000 do end
          out:write "y"
        end]]
      assert.equal(300, file.stat(lab:path "x").size)
    end)
  end)
end)
