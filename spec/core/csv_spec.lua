local csv = require "datamaestro.api.csv"
local temp = require "spec.support.temp"

local folder, path

local function write(text)
  return temp.write(path, text)
end

-- All rows of a text, each as "field|field".
local function read(text, options)
  local rows = {}
  for row in csv.rows(write(text), options) do
    rows[#rows + 1] = table.concat(row, "|")
  end
  return rows
end

-- The message of the first bad row, without the path, and what was read before it.
local function problem(text, options)
  local reader <close> = assert(csv.open(write(text), options))
  local rows = {}
  while true do
    local row, message, code = reader:row()
    if not row then
      assert.equal("format", code)
      assert.equal(path, message:sub(1, #path))
      return message:sub(#path + 1), rows
    end
    rows[#rows + 1] = table.concat(row, "|")
  end
end

local function raised(f, ...)
  local done, message = pcall(f, ...)
  assert.is_false(done)
  return message
end

setup(function()
  folder = temp.folder()
  path = folder .. "/table.csv"
end)

teardown(function()
  temp.remove(folder)
end)

describe("a table", function()
  it("gives its rows as arrays of strings", function()
    assert.same({ "a|b|c", "1|2|3" }, read "a,b,c\n1,2,3\n")
    assert.same({ "a| b |", "||c" }, read "a, b ,\n,,c\n")
    assert.same({ "a" }, read "a\n")
  end)

  it("of nothing has no rows", function()
    for _, text in ipairs { "", "\n", "\r\n\r\n", "\xef\xbb\xbf", "\n\n\n" } do
      assert.same({}, read(text))
    end
  end)

  it("may end without a line end", function()
    assert.same({ "a|b", "c|d" }, read "a,b\nc,d")
    assert.same({ "a|b", "c|" }, read "a,b\nc,")
    assert.same({ "a|b" }, read 'a,"b"')
    assert.same({ "a|b" }, read "a,b\r")
  end)

  it("may end lines with CRLF, and keeps other carriage returns", function()
    assert.same({ "a|b", "c|d" }, read 'a,b\r\nc,"d"\r\n')
    assert.same({ "a\rb|c" }, read "a\rb,c\n")
    assert.same({ "a\r" }, read "a\r\r\n")
  end)

  it("may begin with a UTF-8 byte order mark", function()
    assert.same({ "naïve|b" }, read "\xef\xbb\xbfnaïve,b\n")
    assert.same({ "a,b" }, read '\xef\xbb\xbf"a,b"\n')
  end)

  it("may hold delimiters, line ends and quotes in quotes", function()
    assert.same({ 'a,b|c\nd|e"f"|', '"|""' }, read '"a,b","c\nd","e""f""",""\n"""",""""""\n')
    assert.same({ "a\r\n\r\nb|c" }, read '"a\r\n\r\nb",c\r\n')
  end)

  it("keeps quotes that do not begin a field, and bytes of any value", function()
    assert.same({ '5" disk|a""b| "x"' }, read '5" disk,a""b, "x"\n')
    assert.same({ "a\0b|\xff\xfe" }, read "a\0b,\xff\xfe\n")
  end)

  it("leaves empty lines out, but no empty field in quotes", function()
    assert.same({ "a", "", "b" }, read '\na\n\n\r\n""\nb\n\n')
  end)

  it("may have any byte between its fields", function()
    assert.same({ "a,b|c" }, read("a,b\tc\n", { delimiter = "\t" }))
    assert.same({ "a|b" }, read("a\xffb\n", { delimiter = "\xff" }))
  end)

  it("may begin with lines of another kind, and then with names", function()
    local text = '# one "\n# two\nname,size\nx,1\n'
    assert.same({ "x|1" }, read(text, { skip = 2, names_row = 0 }))
    assert.same({ "name|size", "x|1" }, read(text, { skip = 2 }))
    assert.same({}, read(text, { skip = 100 }))
    local reader <close> = assert(csv.open(path, { skip = 2, names_row = 0 }))
    assert.same({ "name", "size" }, reader:names())
    assert.same({ "x", "1" }, reader:row())
    assert.is_nil(reader:row())
    assert.same({ "name", "size" }, reader:names())
  end)

  it("has no names unless told where", function()
    local reader <close> = assert(csv.open(write "a,b\n"))
    assert.is_nil(reader:names())
  end)

  it("reads the same wherever a block or the buffer ends", function()
    local row = '1,"a ""b"" c",,"x\ny",end'
    for shift = 0, 70 do
      local first = ("z"):rep(shift)
      assert.same({ first, '1|a "b" c||x\ny|end', "last" }, read((first == "" and '""' or first)
        .. "\r\n" .. row .. "\r\nlast"))
    end
    local line = '"' .. ("abc,\n"):rep(13) .. '""",' .. ("x"):rep(37) .. "\n"
    local expected = ("abc,\n"):rep(13) .. '"|' .. ("x"):rep(37)
    local count = 0
    for fields in csv.rows(write(line:rep(10000))) do
      count = count + 1
      assert.equal(expected, table.concat(fields, "|"))
    end
    assert.equal(10000, count)
  end)

  it("may have rows far longer than the buffer, and of many fields", function()
    local long = ("0123456789"):rep(200000)
    assert.same({ "a|" .. long, "b|c" }, read('a,"' .. long .. '"\nb,c\n'))
    local reader <close> = assert(csv.open(write((","):rep(300000) .. "\nx\n")))
    assert.equal(300001, #reader:row())
    assert.same({ "x" }, reader:row())
  end)
end)

describe("a bad row", function()
  it("is named with line and column", function()
    local message, rows = problem 'a,b\n"c","d"x\n'
    assert.equal(":2:8: text after a closing quote (delimiter or end of line expected)", message)
    assert.same({ "a|b" }, rows)
    assert.equal(":3:2: text after a closing quote (delimiter or end of line expected)",
      (problem '1\n"2\n"\rx\n'))
    assert.equal(":1:3: quote that is not closed (closing quote expected)", (problem 'a,"b\nc\n'))
    assert.equal(":4:1: quote that is not closed (closing quote expected)", (problem 'a\n\nb\n"'))
  end)

  it("fails again when it is asked for again", function()
    local reader <close> = assert(csv.open(write 'a\n"b"c\nd\n'))
    assert.same({ "a" }, reader:row())
    local _, first = reader:row()
    local row, second = reader:row()
    assert.is_nil(row)
    assert.equal(first, second)
  end)

  it("of another number of fields is named, and those behind it can be read", function()
    local reader <close> = assert(csv.open(write "a,b\n\nc\n1,2,3\nd,e\n", { columns = 2 }))
    assert.same({ "a", "b" }, reader:row())
    assert.same({ n = 3, nil, path .. ":3:1: 1 field (2 expected)", "format" }, table.pack(reader:row()))
    assert.same({ n = 3, nil, path .. ":4:1: 3 fields (2 expected)", "format" }, table.pack(reader:row()))
    assert.same({ "d", "e" }, reader:row())
    assert.is_nil(reader:row())
  end)

  it("of a quote that is never closed ends in bounded memory", function()
    local handle <close> = assert(io.open(path, "wb"))
    handle:write 'a\n"'
    for _ = 1, 65 do
      handle:write((("x"):rep(1 << 20)))
    end
    handle:close()
    local reader <close> = assert(csv.open(path))
    assert.same({ "a" }, reader:row())
    local _, message, code = reader:row()
    assert.equal(path .. ":2:1: row of over 64 MiB (is a quote not closed?)", message)
    assert.equal("format", code)
  end)

  it("raises in a loop, as a table of message and code", function()
    write 'a\n"b"c\n'
    local count = 0
    local failure = raised(function()
      for _ in csv.rows(path) do
        count = count + 1
      end
    end)
    assert.equal(1, count)
    assert.equal("format", failure.code)
    assert.equal(path .. ":2:4: text after a closing quote (delimiter or end of line expected)",
      failure.message)
    assert.equal(failure.message, tostring(failure))
  end)
end)

describe("opening a table", function()
  it("fails where there is no file", function()
    local missing = folder .. "/missing.csv"
    for _, open in ipairs { csv.open, csv.matrix } do
      assert.same({ n = 3, nil, missing .. ": No such file or directory", "unknown" },
        table.pack(open(missing)))
      assert.same({ n = 3, nil, folder .. ": not a regular file (file expected)", "format" },
        table.pack(open(folder)))
    end
    assert.equal("unknown", raised(csv.rows, missing).code)
  end)

  it("fails where the row of names or of sizes is not there", function()
    for _, text in ipairs { "", "a,b", "a,b\n\n" } do
      assert.equal(path .. ": no row 1 (row of names expected there)",
        select(2, csv.open(write(text), { names_row = 1 })))
    end
    assert.equal(path .. ": no row 0 (row of names expected there)",
      select(2, csv.open(write "\na,b\n", { names_row = 0 })))
    assert.equal(path .. ": no row 5 (row of sizes expected there)",
      select(2, csv.matrix(write "1,2\n", { size_row = 5 })))
  end)

  it("refuses wrong options at the caller's line", function()
    local message = "^spec/core/csv_spec.lua:%d+: field '"
    write "a\n"
    for text, options in pairs {
      ["delimiter': one byte, not a quote or a line end, expected"] = { delimiter = ";;" },
      ["skip': %-1 %(0 or more expected%)"] = { skip = -1 },
      ["names_row': string %(integer expected%)"] = { names_row = "0" },
      ["columns': number %(integer expected%)"] = { columns = 1.5 },
      ["names_rwo': unknown option"] = { names_rwo = 0 },
      ["target': unknown option"] = { target = "x" },
      ["number': unknown option"] = { "x" },
    } do
      assert.matches(message .. text .. "$", raised(function()
        return assert(csv.open(path, options))
      end))
    end
    for _, delimiter in ipairs { "", '"', "\n", "\r", "\0" } do
      assert.matches("delimiter': one byte", raised(csv.open, path, { delimiter = delimiter }))
    end
    assert.matches("bad argument #1", raised(csv.open))
    assert.matches("bad argument #2", raised(csv.open, path, ","))
  end)
end)

describe("a reader", function()
  it("can be closed twice, and is then of no use", function()
    local reader = assert(csv.open(write "a\nb\n", { names_row = 0 }))
    reader:close()
    reader:close()
    for _, name in ipairs { "row", "rows", "names" } do
      assert.matches("closed reader %(open reader expected%)", raised(reader[name], reader))
    end
  end)

  it("is closed when its loop is left", function()
    write(("a\n"):rep(10))
    local before = #require "datamaestro.api.file".list "/proc/self/fd"
    for _ = 1, 50 do
      for row in csv.rows(path) do
        if row[1] == "a" then
          break
        end
      end
    end
    assert.equal(before, #require "datamaestro.api.file".list "/proc/self/fd")
  end)

  it("may be closed or read on by a finalizer", function()
    local wide = ("x"):rep(40, ","):gsub("x", function() return "field" end)
    write((wide .. "\n"):rep(200))
    for _, method in ipairs { "close", "row" } do
      local reader = assert(csv.open(path))
      local calls = 0
      for _ = 1, 200 do
        setmetatable({}, { __gc = function()
          calls = calls + 1
          reader[method](reader)
        end })
        if not pcall(reader.row, reader) then
          break
        end
        collectgarbage "step"
      end
      collectgarbage()
      reader:close()
    end
  end)

  it("survives a collection between all steps", function()
    write 'a,"b ""x"""\n1,2\n3,4\n'
    for _ = 1, 20 do
      local reader = assert(csv.open(path, { names_row = 0 }))
      collectgarbage()
      local rows = reader:rows()
      collectgarbage()
      assert.same({ "1", "2" }, rows(reader))
      collectgarbage()
      assert.same({ "a", 'b "x"' }, reader:names())
      assert.same({ "3", "4" }, reader:row())
      reader = nil -- luacheck: ignore
      collectgarbage()
      local values, names, targets = csv.matrix(path, { names_row = 0, target = "a" })
      collectgarbage()
      assert.same({ 1.0, 3.0 }, targets:tolist())
      assert.same({ { 2.0 }, { 4.0 } }, values:tolist())
      assert.same({ "a", 'b "x"' }, names)
    end
  end)
end)

describe("a reader that a finalizer uses", function()
  it("raises rather than give bytes that have moved", function()
    local long = ("x"):rep(1 << 20)
    local reader = assert(csv.open(write(("a,"):rep(2000) .. "b\n\"" .. long)))
    local count = 0
    local function leave_finalizer()
      setmetatable({}, { __gc = function()
        count = count + 1
        reader:row() -- grows the buffer, and fails: the quote is not closed
      end })
    end
    collectgarbage()
    collectgarbage("incremental", 1, 1000, 0)
    leave_finalizer()
    local ok, row = pcall(reader.row, reader)
    collectgarbage("incremental", 200, 100, 13)
    if ok and row then -- the finalizer ran before or after, not in between
      assert.equal("a", row[1])
      assert.equal("b", row[#row])
    else
      assert.equal("reader used by a finalizer while it was in use", row)
    end
    collectgarbage()
    assert.equal(1, count)
    reader:close()
  end)
end)
