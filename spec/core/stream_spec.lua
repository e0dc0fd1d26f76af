local csv = require "datamaestro.data.csv"
local data = require "datamaestro.data"
local jsonl = require "datamaestro.data.jsonl"
local program = require "spec.support.program"
local source = require "datamaestro.data.source"
local temp = require "spec.support.temp"
local text = require "datamaestro.data.text"

local ROWS = 20000 -- some 300 KB: more than any block

local folder, table_text

local function shell(command)
  local result = program.shell(("cd %s && %s"):format(program.quote(folder), command))
  assert.equal(0, result.status, result.err)
end

local function count_rows(path)
  local count, last = 0, nil
  for row in csv.Generic { path = folder .. "/" .. path, names_row = 0 }:rows() do
    count, last = count + 1, row
  end
  return count, table.concat(last, "|")
end

local function failure_of(path)
  local done, failure = pcall(count_rows, path)
  assert.is_false(done)
  return failure.message, failure.code
end

setup(function()
  folder = temp.folder()
  local lines = { "id,name" }
  for i = 1, ROWS do
    lines[#lines + 1] = ("%d,name %d"):format(i, i % 97)
  end
  table_text = table.concat(lines, "\n") .. "\n"
  temp.write(folder .. "/x.csv", table_text)
  temp.write(folder .. "/d/x.csv", table_text)
  temp.write(folder .. "/d/sub/r.jsonl", '{"a":1}\n{"a":2}\n')
  temp.write(folder .. "/d/sub/ä.txt", "one\ntwo\n")
  shell("gzip -k x.csv; bzip2 -k x.csv; xz -k -9 x.csv; zstd -q x.csv; lz4 -q x.csv x.csv.lz4; "
    .. "gzip -c d/sub/r.jsonl "
    .. ">d/sub/r.jsonl.gz")
  shell "cd d && zip -q -r ../a.zip . && tar cf ../a.tar . && tar czf ../a.tgz . && 7z a ../a.7z . >/dev/null"
end)

teardown(function()
  temp.remove(folder)
end)

describe("a compressed table", function()
  it("has the same rows", function()
    for _, ending in ipairs { "", ".gz", ".bz2", ".xz", ".zst", ".lz4" } do
      assert.same({ ROWS, ("%d|name %d"):format(ROWS, ROWS % 97) }, { count_rows("x.csv" .. ending) })
    end
  end)

  it("has names, numbers and surveys as others have", function()
    shell "printf 'a,b\\n1,2\\n3,4\\n' | gzip >m.csv.gz"
    local matrix = csv.Matrix { path = folder .. "/m.csv.gz", names_row = 0, target = "b" }
    local values, names, targets = assert(matrix:data())
    assert.same({ { { 1.0 }, { 3.0 } }, { "a", "b" }, { 2.0, 4.0 } }, { values:tolist(), names,
      targets:tolist() })
    assert.same({ "a", "b" }, matrix:columns())
    local rows, columns = assert(matrix:survey())
    assert.same({ 2, 3 }, { rows, columns[1].max })
    for batch, target in matrix:batches(1) do
      assert.same({ 1, 1 }, { #batch, #target })
    end
  end)

  it("that is damaged, cut or empty is told", function()
    shell "head -c 20000 x.csv.gz >cut.csv.gz; : >empty.csv.xz"
    local message, code = failure_of "cut.csv.gz"
    assert.equal("format", code)
    assert.matches("cut%.csv%.gz: ", message)
    assert.equal("format", select(2, failure_of "empty.csv.xz"))
    assert.equal("unknown", select(2, failure_of "missing.csv.gz"))
  end)

  it("is what its content says, not its name", function()
    shell "cp x.csv plain.csv.gz; cp x.csv.zst zstd.csv.gz; cp x.csv.bz2 packed.csv"
    temp.write(folder .. "/s.csv.xz", "a\n1\n")
    shell "zip -q names.zip plain.csv.gz zstd.csv.gz packed.csv s.csv.xz"
    for _, name in ipairs { "plain.csv.gz", "zstd.csv.gz", "packed.csv" } do
      assert.equal(ROWS, (count_rows(name)))
      assert.equal(ROWS, (count_rows("names.zip!/" .. name)))
    end
    assert.same({ 1, "1" }, { count_rows "s.csv.xz" })
    assert.same({ 1, "1" }, { count_rows "names.zip!/s.csv.xz" })
  end)

  it("of any kind is decompressed where its name says so too", function()
    shell "printf 'BZ plain' >plain.bin.bz2; printf packed | gzip >packed.bin"
    local plain <close> = assert(source.open(folder .. "/plain.bin.bz2"))
    assert.equal("BZ plain", plain:read "a")
    local packed <close> = assert(source.open(folder .. "/packed.bin"))
    assert.equal("\x1f\x8b", packed:read(2))
  end)
end)

describe("a file of an archive", function()
  it("is read in place", function()
    for _, archive in ipairs { "a.zip", "a.tar", "a.tgz", "a.7z" } do
      assert.equal(ROWS, (count_rows(archive .. "!/x.csv")))
    end
  end)

  it("may be compressed itself, and of any type", function()
    local rows = {}
    for row in jsonl.JSONL { path = folder .. "/a.zip!/sub/r.jsonl.gz" }:rows() do
      rows[#rows + 1] = row.a
    end
    assert.same({ 1, 2 }, rows)
    local lines = {}
    for line in text.Text { path = folder .. "/a.tgz!/sub/ä.txt" }:lines() do
      lines[#lines + 1] = line
    end
    assert.same({ "one", "two" }, lines)
  end)

  it("that is not there is told, as an archive is", function()
    local message, code = failure_of "a.zip!/nope.csv"
    assert.same({ "unknown", folder .. "/a.zip: no file 'nope.csv' in it" }, { code, message })
    message, code = failure_of "b.zip!/x.csv"
    assert.same({ "unknown", folder .. "/b.zip!/x.csv: No such file or directory" }, { code, message })
    shell "head -c 3000 a.zip >cut.zip"
    assert.equal("format", select(2, failure_of "cut.zip!/x.csv"))
    assert.equal("format", select(2, failure_of "x.csv!/x.csv"))
  end)

  it("gives way to a file of that very name", function()
    temp.write(folder .. "/odd!/x.csv", "id\n7\n")
    assert.same({ 1, "7" }, { count_rows "odd!/x.csv" })
  end)

  it("with a name that leads out is refused", function()
    shell "mkdir -p e/f && echo x >e/x && (cd e/f && tar cPf ../../evil.tar ../x)"
    local names, message, code = data.Folder { path = folder .. "/evil.tar" }:files()
    assert.is_nil(names)
    assert.equal("format", code)
    assert.matches("evil%.tar: member '%.%./x': ", message)
  end)
end)

describe("a folder", function()
  local expected = { "sub/r.jsonl", "sub/r.jsonl.gz", "sub/ä.txt", "x.csv" }

  it("lists its files, on disk and in archives alike", function()
    for _, name in ipairs { "d", "a.zip", "a.tar", "a.tgz", "a.7z" } do
      assert.same(expected, assert(data.Folder { path = folder .. "/" .. name }:files()))
    end
    assert.same({ "r.jsonl", "r.jsonl.gz", "ä.txt" }, assert(data.Folder { path = folder
      .. "/a.zip!/sub" }:files()))
  end)

  it("gives its files", function()
    for _, name in ipairs { "d", "a.zip", "a.7z" } do
      local file = data.Folder { path = folder .. "/" .. name }:file "sub/r.jsonl"
      local handle <close> = assert(file:open())
      assert.equal('{"a":1}\n{"a":2}\n', handle:read "a")
    end
    assert.equal(folder .. "/a.zip!/sub/x", data.Folder { path = folder .. "/a.zip!/sub" }:file("x").path)
  end)

  it("of a dataset lists what is the dataset's, also behind its links", function()
    shell [[
      mkdir -p s/one/.contents s/one/.downloads/x s/one/sub/other s/one/sub/.contents s/two/deep
      touch s/one/.state.json s/one/.state.lock s/one/.state.json.12.3 s/one/.contents/a s/one/.downloads/x/a
      touch s/one/.mine s/one/a.txt s/one/sub/b.txt s/one/sub/.contents/c s/one/sub/other/.state.lock
      touch s/one/sub/other/d.txt s/two/.state.json s/two/e.txt s/two/deep/f.txt s/bare.txt
      ln -s ../two s/one/linked; ln -s ../bare.txt s/one/bare; ln -s ../../two s/one/sub/deeper
      ln -s nowhere s/one/dangling; ln -s ../one s/two/back; ln -s .. s/two/up]]
    assert.same({ ".mine", "a.txt", "bare", "linked/deep/f.txt", "linked/e.txt", "linked/up/bare.txt",
      "sub/.contents/c", "sub/b.txt" }, assert(data.Folder { path = folder .. "/s/one" }:files()))
    -- Of a folder that is nobody's, all is listed, and nothing followed.
    shell "mkdir -p n/.contents/x && touch n/.contents/a n/.state.x n/b && ln -s . n/loop"
    assert.same({ ".contents/a", ".state.x", "b" }, assert(data.Folder { path = folder .. "/n" }:files()))
  end)

  it("that is not there is told", function()
    assert.same({ n = 3, nil, folder .. "/no: No such file or directory", "unknown" },
      table.pack(data.Folder { path = folder .. "/no" }:files()))
  end)
end)

describe("a stream", function()
  it("reads as a file of Lua does", function()
    local plain <close> = assert(data.File { path = folder .. "/x.csv" }:open())
    local stream <close> = assert(data.File { path = folder .. "/x.csv.gz" }:open())
    for _, what in ipairs { "l", 3, 0, "L", "*l", 100000, "a", "a", "l", 5, 0 } do
      assert.equal(plain:read(what), stream:read(what))
    end
    assert.has_error(function()
      stream:read "n"
    end, "bad argument #1 to 'read' (a number, 'a', 'l' or 'L' expected)")
  end)

  it("gives lines, and is of no use when it is closed", function()
    local stream = assert(source.open(folder .. "/a.zip!/sub/r.jsonl"))
    local found = {}
    for line in stream:lines() do
      found[#found + 1] = line
    end
    assert.same({ '{"a":1}', '{"a":2}' }, found)
    stream:close()
    stream:close()
    assert.equal("stream (closed)", tostring(stream))
    assert.has_error(function()
      stream:read "a"
    end, "calling 'read' on bad self (closed stream (open stream expected))")
  end)

  it("that is closed under a reader fails there", function()
    local stream = assert(source.open(folder .. "/x.csv.gz"))
    local reader <close> = assert(require "datamaestro.api.csv".open("x", { source = stream }))
    stream:close()
    local message
    repeat
      local row
      row, message = reader:row()
    until not row
    assert.equal("stream closed while it was read", message)
  end)

  it("is kept by its reader", function()
    local reader <close> = assert(csv.Generic { path = folder .. "/x.csv.gz" }:reader())
    for _ = 1, 5 do
      collectgarbage()
      assert.equal(2, #reader:row())
    end
  end)

  it("is none for plain files", function()
    assert.same({}, source.options(folder .. "/x.csv"))
  end)
end)
