-- cat, head, describe: what of a dataset goes down a pipe.
local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local FASHION = "com.github.zalandoresearch.fashion.mnist"

local DEFINITIONS = [[
  local csv = use "datamaestro.data.csv"
  local data = use "datamaestro.data"
  local jsonl = use "datamaestro.data.jsonl"
  local ml = use "datamaestro.data.ml"
  local text = use "datamaestro.data.text"
  local function file(name)
    return filedownloader(name, "file://FOLDER/" .. name, { name = "file" })
  end
  Table = file "table.csv" .. dataset { csv.Generic, "T" } .. function(file)
    return { path = file, names_row = 0 } end
  Plain = file "plain.csv" .. dataset { csv.Generic, "T" } .. function(file) return { path = file } end
  Matrix = file "matrix.csv" .. dataset { csv.Matrix, "T" } .. function(file)
    return { path = file, names_row = 0, target = "t" } end
  Json = file "rows.jsonl" .. dataset { jsonl.JSONL, "T" } .. function(file) return { path = file } end
  Text = file "lines.txt" .. dataset { text.Text, "T" } .. function(file)
    return { path = file, encoding = "latin-1" } end
  Packed = file "rows.zip" .. dataset { data.Folder, "T" } .. function(file) return { path = file } end
  File = file "bytes.bin" .. dataset { data.File, "T" } .. function(file) return { path = file } end
  Own = file "plain.csv" .. dataset { use "lab.data".Own, "T" } .. function(file)
    return { text = file, gone = file .. ".not", count = 3, names = { "a\tb", "c" }, about = file and "\t" }
  end
  Bare = file "plain.csv" .. dataset { use "lab.data".Bare, "T" } .. function(file) return {} end
  Both = file "bytes2.bin" .. dataset { ml.Supervised, "T" } .. function(file)
    return { train = data.File { path = file }, test = ml.FolderBased { path = file, classes = { "a",
      "b" } } } end
]]

describe("the shell", function()
  local lab

  setup(function()
    lab = Laboratory.new()
    local function write(name, content)
      temp.write(lab.folder .. "/files/" .. name, content)
    end
    write("table.csv", 'id,name,"a, b"\n1,"x ""y""",1.5\n2,naïve,\n3,z,-2\n')
    write("plain.csv", "1,a\n2,b\n")
    write("matrix.csv", "x,t\n1,0\n2.5,1\n4,0\n")
    write("rows.jsonl", '{"b":1,"a":"x,y"}\n{"b":2.5,"a":null}\n{"b":true}\n')
    write("lines.txt", "n\xe9e\r\n\r\nend\r\n")
    write("bytes.bin", "\0\1\2abc")
    write("bytes2.bin", "")
    assert.equal(0,
      program.shell(("cd %s/files && zip -q rows.zip rows.jsonl table.csv"):format(lab.folder)).status)
    temp.write(lab.repository .. "/data.lua", [[
      local data = use "datamaestro.data"
      Own = datatype { data.Base, fields = { { "text", "path" }, { "gone", "path" }, { "count", "integer" },
        { "names", "list" }, { "about", "string" }, { "unset", "string", optional = true } } }
      Bare = datatype { data.Base }]])
    lab:define((DEFINITIONS:gsub("FOLDER", lab.folder .. "/files")))
  end)

  teardown(function()
    lab:close()
  end)

  local function run(...)
    return lab:run { "--quiet", ... }
  end

  local function output(...)
    local result = run(...)
    assert.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  local function failure(...)
    local result = run(...)
    return result.err:gsub("^datamaestro: ", ""):gsub("\n$", ""), result.status, result.out
  end

  -- Runs a shell command with $DM as our program; its output.
  local function pipe(command)
    local words = { "DM='env DATAMAESTRO_PATH=" .. lab.env.DATAMAESTRO_PATH }
    words[#words + 1] = ("HOME=%s %s --quiet --data %s/shared'"):format(lab.folder, program.path, lab.folder)
    local result = program.shell(table.concat(words, " ") .. "; " .. command)
    return result.out, result.err, result.status
  end

  describe("cat", function()
    it("takes the paths of files too", function()
    local function output_of(...)
      local result = run(...)
      assert.same({ 0, "" }, { result.status, result.err })
      return result.out
    end
    local files = lab.folder .. "/files/"
    assert.equal(output_of("head", "org.example.table"), output_of("head", files .. "table.csv"))
    assert.equal("1,a\n2,b\n", output_of("cat", files .. "plain.csv"))
    assert.equal('{"b":2.5,"a":null}\n', output_of("cat", files .. "rows.jsonl[2]"))
    assert.equal("rows.jsonl\ntable.csv\n", output_of("cat", files .. "rows.zip"))
    assert.equal(output_of("head", files .. "table.csv"), output_of("head", files .. "rows.zip!/table.csv"))
    assert.matches("  lines     3\n", output_of("describe", temp.write(files .. "utf8.txt", "a\nb\nc\n")))
    assert.same({ 3, "datamaestro: /nowhere/x.csv: No such file or directory\n" },
      { run("head", "/nowhere/x.csv").status, run("head", "/nowhere/x.csv").err })
  end)

  it("writes a table as CSV, or as JSON lines", function()
      assert.equal('id,name,"a, b"\n1,"x ""y""",1.5\n2,naïve,\n3,z,-2\n', output("cat", "org.example.table"))
      assert.equal('{"id":1,"name":"x \\"y\\"","a, b":1.5}\n{"id":2,"name":"naïve","a, b":""}\n'
        .. '{"id":3,"name":"z","a, b":-2}\n', output("cat", "org.example.table", "--format", "jsonl"))
      assert.equal('{"id":"1","name":"x \\"y\\"","a, b":"1.5"}\n',
        output("cat", "org.example.table[1]", "-f", "jsonl", "--strings"))
      assert.equal('[1,"a"]\n[2,"b"]\n', output("cat", "org.example.plain", "-f", "jsonl"))
      assert.equal("1,a\n2,b\n", output("cat", "org.example.plain", "-f", "raw"))
    end)

    it("takes slices as Lua counts: from 1, with the last one", function()
      for slice, rows in pairs { ["[1]"] = "1,a\n", ["[2]"] = "2,b\n", ["[1:2]"] = "1,a\n2,b\n",
        ["[2:]"] = "2,b\n",
        ["[:1]"] = "1,a\n", ["[:]"] = "1,a\n2,b\n" } do
        assert.equal(rows, output("cat", "org.example.plain" .. slice))
      end
      assert.equal("\2ab", output("cat", "org.example.file[3:5]"))
      assert.equal("\nend\n", output("cat", "org.example.text[2:]"))
      assert.equal('{"b":2.5,"a":null}\n', output("cat", "org.example.json[2]"))
    end)

    it("refuses slices that are none, or reach beyond the end", function()
      for _, slice in ipairs { "[0]", "[2:1]", "[-1]", "[a]", "[]", "[1:2:3]" } do
        assert.same({
          ("org.example.plain%s: no rows ([5], [1:100], [101:] or [:100] expected, counted from 1)")
          :format(slice), 2, "" }, { failure("cat", "org.example.plain" .. slice) })
      end
      assert.same({ "org.example.plain: 2 rows (no row 3)", 2, "2,b\n" }, { failure("cat",
        "org.example.plain[2:3]") })
      assert.same({ "org.example.plain: 2 rows (no row 9)", 2, "" }, { failure("cat",
        "org.example.plain[9:]") })
      assert.same({ "org.example.file: 6 bytes (no byte 7)", 2, "" }, { failure("cat",
        "org.example.file[7]") })
      local said = FASHION .. ".test.labels: 10000 rows (no row 10001)"
      local last = output("cat", FASHION .. ".test.labels[9999:]")
      assert.same({ said, 2, last }, { failure("cat", FASHION .. ".test.labels[9999:10001]") })
      assert.same({ said, 2, "" }, { failure("cat", FASHION .. ".test.labels[10001]") })
      assert.same({ said, 2, "" }, { failure("cat", FASHION .. ".test.labels[9999:10001]", "-f", "npy") })
    end)

    it("writes tensors in every format", function()
      assert.equal("9\n0\n0\n3\n0\n", output("cat", FASHION .. ".train.labels[1:5]"))
      local images = output("cat", FASHION .. ".train.images[2]", "-f", "csv")
      assert.equal(783, select(2, images:gsub(",", "")))
      assert.equal(images, (output("cat", FASHION .. ".train.images[2]"):gsub("[%[%]]", "")))
      local raw = output("cat", FASHION .. ".train.images[2]", "-f", "raw")
      assert.equal(images, table.concat({ raw:byte(1, -1) }, ",") .. "\n")
    end)

    it("writes .npy that NumPy opens", function()
      local python = [[/usr/bin/python3 -c 'import io, sys, numpy
a = numpy.load(io.BytesIO(sys.stdin.buffer.read()), allow_pickle=False)
print(a.dtype, a.shape, a.sum())']]
      for selector, expected in pairs {
        [FASHION .. ".train.labels"] = "uint8 (60000,) 270000\n",
        [FASHION .. ".test.images[1:10]"] = "uint8 (10, 28, 28) 445876\n",
        [FASHION .. ".train.labels[1]"] = "uint8 () 9\n",
        ["org.example.matrix"] = "float64 (3, 2) 8.5\n",
        ["org.example.matrix[2:3]"] = "float64 (2, 2) 7.5\n",
        ["org.example.matrix[2]"] = "float64 (2,) 3.5\n",
      } do
        local out, err = pipe(("$DM cat '%s' -f npy | %s"):format(selector, python))
        assert.same({ expected, "" }, { out, err })
      end
    end)

    it("writes what a matrix holds as numbers", function()
      assert.equal('{"x":2.5,"t":1}\n', output("cat", "org.example.matrix[2]", "-f", "jsonl"))
      assert.equal("x,t\n2.5,1\n", output("cat", "org.example.matrix[2]"))
    end)

    it("writes JSON lines as they are, and as CSV where they have the same fields", function()
      assert.equal('{"b":1,"a":"x,y"}\n', output("cat", "org.example.json[1]"))
      assert.equal('b,a\n1,"x,y"\n2.5,\ntrue,\n', output("cat", "org.example.json", "-f", "csv"))
      local message, status, out = failure("cat", "org.example.json[3:]", "-f", "csv")
      assert.same({ "", 0, "b\ntrue\n" }, { message, status, out })
    end)

    it("writes text in UTF-8, or as it is", function()
      assert.equal("née\n\nend\n", output("cat", "org.example.text"))
      assert.equal("n\xe9e\r\n\r\nend\r\n", output("cat", "org.example.text", "-f", "raw"))
      assert.equal('"née"\n""\n"end"\n', output("cat", "org.example.text", "-f", "jsonl"))
      assert.equal("\0\1\2abc", output("cat", "org.example.file"))
    end)

    it("writes the names of a folder's files, a tree of what holds others, and plain fields", function()
      assert.equal("rows.jsonl\ntable.csv\n", output("cat", "org.example.packed"))
      assert.equal("table.csv\n", output("cat", "org.example.packed[2]"))
      assert.matches("^Supervised  org%.example%.both@lab\n├─ train: File  0 bytes\n"
        .. "└─ test: FolderBased  ",
        output("cat", "org.example.both"))
      assert.equal("a\nb\n", output("cat", "org.example.both.test.classes"))
      assert.equal("b\n", output("cat", "org.example.both.test.classes.1"))
      assert.equal("0\n", output("cat", "org.example.table.names_row"))
      assert.equal('","\n', output("cat", "org.example.table.delimiter", "-f", "jsonl"))
    end)

    it("names parts as the JSON of prepare does", function()
      assert.equal("9\n", output("cat", FASHION .. ".train.labels@image[1]"))
    end)

    it("says what there is where it finds nothing", function()
      for selector, expected in pairs {
        [FASHION .. ".train.lables"] = FASHION .. ".train: no field 'lables' (did you mean 'labels'?)",
        [FASHION .. ".x"] = FASHION .. ": no field 'x' (train, validation, test expected)",
        [FASHION .. ".validation"] = FASHION .. ".validation: not set (this dataset has none)",
        [FASHION .. ".train.labels.path.x"] = FASHION
          .. ".train.labels.path: no field 'x' (it is a plain value)",
        ["com.lecun.mnits.train"] =
          "com.lecun.mnits.train: unknown dataset (did you mean 'com.lecun.mnist'?)",
        ["org.example.both.test.classes.2"] = "org.example.both.test.classes: no item '2' (0 to 1 expected)",
      } do
        assert.same({ expected, 3, "" }, { failure("cat", selector) })
      end
    end)

    it("says which formats there are", function()
      for words, expected in pairs {
        [{ FASHION, "-f", "jsonl" }] = FASHION
          .. ": ImageClassification has no format 'jsonl' (tree expected)",
        [{ "org.example.plain", "-f", "npy" }] =
          "org.example.plain: Generic has no format 'npy' (csv, jsonl, raw expected)",
        [{ "org.example.plain[1]", "-f", "raw" }] =
          "org.example.plain: raw is the whole file as it is (jsonl or csv has rows)",
        [{ FASHION .. "[1]" }] = FASHION
          .. ": ImageClassification has no rows of its own (name one of its fields)",
      } do
        assert.same({ expected, 2, "" }, { failure("cat", table.unpack(words)) })
      end
    end)

    it("ends quietly when its reader does", function()
      local out, err = pipe(("$DM cat %s.train.images | head -c 20; echo; "
        .. "$DM cat %s.train.images -f raw | true")
        :format(FASHION, FASHION))
      assert.same({ "[[0,0,0,0,0,0,0,0,0,\n", "" }, { out, err })
      out = pipe(("{ $DM cat %s.train.images; echo $? >&2; } 2>%s/status | head -c 1; "
        .. "cat %s/status"):format(FASHION,
        lab.folder, lab.folder))
      assert.equal("[141\n", out)
    end)

    it("reports a full disk", function()
      local _, err, status = pipe(("$DM cat %s.train.labels >/dev/full"):format(FASHION))
      assert.same({ "datamaestro: standard output: No space left on device\n", 8 }, { err, status })
    end)

    it("takes little memory, whatever the size", function()
      local path = lab.folder .. "/files/plain.csv"
      local before = temp.read(path)
      temp.write(path, ("12345,some text,0.5\n"):rep(1000000))
      local out = pipe("$DM prepare org.example.plain >/dev/null; "
        .. "$DM cat org.example.plain -f jsonl >/dev/null & pid=$!; wait $pid; "
        .. [[/usr/bin/python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss < 40000)' $DM describe org.example.plain]])
      temp.write(path, before)
      assert.equal(require "spec.support.script".sanitized() and out or "True\n", out)
    end)
  end)

  describe("head", function()
    it("shows the first rows, aligned", function()
      assert.equal('id  name   a, b\n 1  x "y"   1.5\n 2  naïve\n 3  z        -2\n', output("head",
        "org.example.table"))
      assert.equal(" 2  naïve\n", output("head", "org.example.table[2:]", "-n", "1"):match "\n(.*)$")
      assert.equal("née\n\nend\n", output("head", "org.example.text"))
      assert.equal('{"b":1,"a":"x,y"}\n', output("head", "org.example.json", "--rows", "1"))
      assert.equal("tensor<uint8 10>\n[9 0 0 3 0 2 7 2 5 5]\n", output("head", FASHION .. ".train.labels"))
      assert.equal("00000001  00 01 02 61 62 63                                ...abc\n",
        output("head", "org.example.file"))
      assert.equal("rows.jsonl\n", output("head", "org.example.packed", "-n", "1"))
    end)

    it("has the formats of cat", function()
      assert.equal('{"id":1,"name":"x \\"y\\"","a, b":1.5}\n',
        output("head", "org.example.table", "-n", "1", "-f", "jsonl"))
      assert.equal("9\n0\n", output("head", FASHION .. ".train.labels", "-n", "2", "-f", "jsonl"))
      assert.equal("1,a\n2,b\n", output("head", "org.example.plain", "-n", "100", "-f", "csv"))
    end)

    it("fits into 80 columns", function()
      local wide = {}
      for i = 1, 40 do
        wide[i] = ("column %d"):format(i)
      end
      temp.write(lab.folder .. "/files/wide.csv", table.concat(wide, ",") .. "\n" .. ("日本語,"):rep(39)
        .. "x\n")
      local before = temp.read(lab.repository .. "/org/example.lua")
      lab:define((before:gsub("plain%.csv", "wide.csv")))
      local out = output("head", "org.example.plain")
      lab:define(before)
      lab:run { "--quiet", "prepare", "org.example.plain" } -- what is in its place is not what was last
      for line in out:gmatch "[^\n]+" do
        assert.is_true(require "datamaestro.cli.progress_text".width(line) <= 80, line)
      end
      assert.matches("^column 1  column 2  .*  … %+3%d\n", out)
    end)

    it("cuts values only where the line is full", function()
      local grid = require "datamaestro.cli.grid"
      local long = ("word "):rep(12) .. "end"
      assert.same({ "id  text", " 1  " .. long }, grid.lines({ { "1", long } }, { "id", "text" }, 80))
      assert.same({ "text" .. (" "):rep(59) .. "  id", long .. "   1" },
        grid.lines({ { long, "1" } }, { "text", "id" }, 80))
      local two = grid.lines({ { long, long } }, { "a", "b" }, 80)
      assert.equal("word word word word word word word wor…  word word word word word word word wor…", two[2])
      assert.equal("a" .. (" "):rep(39) .. " b", two[1])
      assert.matches("^x  word .*…$", grid.lines({ { "x", long } }, { "a", "b" }, 50)[2])
    end)

    it("refuses what is no number of rows", function()
      assert.same({ "--rows: 'x' (number of rows expected); `datamaestro head --help` shows what there is", 2,
        "" },
        { failure("head", "org.example.plain", "-n", "x") })
    end)
  end)

  describe("describe", function()
    it("shows the fields of types that it knows nothing else of", function()
      local path = lab.data .. "/data/lab/org/example/own/plain.csv"
      assert.equal(([[
org.example.own  Own
  text   path     8 bytes  %s
  gone   path     missing  %s.not
  count  integer           3
  names  list              ["a\tb", "c"]
  about  string            \t
]]):format(path, path), output("describe", "org.example.own"))
      local found = json.decode(output("describe", "--json", "org.example.own"))
      assert.same({ id = "org.example.own", kind = "Own", fields = {
        { name = "text", type = "path", path = path, stands = "file", size = 8 },
        { name = "gone", type = "path", path = path .. ".not", stands = "nothing" },
        { name = "count", type = "integer", value = 3 },
        { name = "names", type = "list", value = { "a\tb", "c" } },
        { name = "about", type = "string", value = "\t" } } }, found)
    end)

    it("says that there is nothing to describe", function()
      assert.equal("org.example.bare  Bare: nothing to describe (no field of it is set)\n",
        output("describe", "org.example.bare"))
    end)

    it("says what a tensor holds", function()
      assert.equal(FASHION .. [[.test.labels  IDX
  shape     10000
  type      uint8
  count     10000
  missing   0
  min       0
  max       9
  mean      4.5
  distinct  10
  classes   10
    0  1000  10.0 %
    1  1000  10.0 %
    2  1000  10.0 %
    3  1000  10.0 %
    4  1000  10.0 %
    5  1000  10.0 %
    6  1000  10.0 %
    7  1000  10.0 %
    8  1000  10.0 %
    9  1000  10.0 %
]], output("describe", FASHION .. ".test.labels"))
    end)

    it("says what the columns of a table hold", function()
      assert.equal([[
org.example.table  Generic
  rows      3
  columns   3
  column  type     min  max   mean  missing  distinct
  id      integer    1    3      2        0         3
  name    text                            0         3
  a, b    number    -2  1.5  -0.25        1         2
]], output("describe", "org.example.table"))
      assert.equal([[
org.example.json  JSONL
  rows      3
  columns   2
  column  type   min  max  mean  missing  distinct
  b       mixed    1  2.5  1.75        0         3
  a       text                         2         1
]], output("describe", "org.example.json"))
    end)

    it("says what text, files and folders hold", function()
      assert.equal("org.example.text  Text\n  encoding  latin-1\n  lines     3\n  empty     1\n"
        .. "  longest   3\n",
        output("describe", "org.example.text"))
      assert.equal("org.example.file  File\n  bytes     6\n  zeros     1\n", output("describe",
        "org.example.file"))
      assert.equal("org.example.packed  Folder\n  files     2\n", output("describe", "org.example.packed"))
    end)

    it("prints JSON: an object of a part, an array of several", function()
      local labels = json.decode(output("--json", "describe", FASHION .. ".train.labels"))
      assert.same({ FASHION .. ".train.labels", { 60000 }, "uint8", 10 },
        { labels.id, labels.shape, labels.type, #labels.classes })
      local parts = json.decode(output("--json", "describe", FASHION))
      local ids = {}
      for i, part in ipairs(parts) do
        ids[i] = part.id:sub(#FASHION + 2)
      end
      assert.same({ "train.images", "train.labels", "test.images", "test.labels" }, ids)
      assert.same({ 0, 255 }, { parts[1].min, parts[1].max })
      local columns = json.decode(output("--json", "describe", "org.example.plain")).columns
      assert.same({ json.null, "integer", 1.5, 2 }, { columns[1].name, columns[1].type, columns[1].mean,
        columns[1].distinct })
    end)

    it("refuses a slice", function()
      assert.same({ "org.example.plain[1]: a slice (describe takes a part as a whole)", 2, "" },
        { failure("describe", "org.example.plain[1]") })
    end)

    it("tells bad files by line and column", function()
      temp.write(lab:path():gsub("/data$", "/plain") .. "/plain.csv", 'abcd\n"bc') -- as long as it was
      local message, status = failure("describe", "org.example.plain")
      assert.matches("plain%.csv:2:1: quote that is not closed", message)
      assert.equal(12, status)
    end)
  end)
end)
