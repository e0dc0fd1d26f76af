local json = require "datamaestro.json"
local jsonl = require "datamaestro.data.jsonl"
local lines = require "datamaestro.api.lines"
local temp = require "spec.support.temp"
local text = require "datamaestro.data.text"

local folder, path

local function write(content)
  return temp.write(path, content)
end

-- All lines, and the message that ended them.
local function read(content, encoding)
  local reader <close> = assert(lines.open(write(content), { encoding = encoding }))
  local found = {}
  while true do
    local line, message, code = reader:line()
    if not line then
      assert.equal(message and "format", code)
      return found, message and message:sub(#path + 1)
    end
    found[#found + 1] = line
  end
end

setup(function()
  folder = temp.folder()
  path = folder .. "/file"
end)

teardown(function()
  temp.remove(folder)
end)

describe("lines", function()
  it("end with LF or CRLF, the last one also with the file", function()
    assert.same({ "a", "", "b\rc", "d" }, read "a\r\n\nb\rc\nd")
    assert.same({ "a" }, read "a\n")
    assert.same({ "" }, read "\n")
    assert.same({}, read "")
    assert.same({ "a\0b" }, read "a\0b")
  end)

  it("may be longer than what is read at once", function()
    local long = ("0123456789"):rep(50000)
    assert.same({ long, "x", long }, read(long .. "\nx\r\n" .. long))
  end)

  it("are checked UTF-8, without the mark at the beginning", function()
    assert.same({ "naïve", "日本" }, read "\xef\xbb\xbfnaïve\n日本\n")
    assert.same({}, read "\xef\xbb\xbf")
    local found, problem = read "é\nab\xff"
    assert.same({ "é" }, found)
    assert.equal(":2:3: byte 0xff (utf-8 expected)", problem)
    assert.equal(":1:2: character cut at the end, byte 0xe6", select(2, read "a\xe6\x97"):match "^(.-) %(")
    assert.equal(":1:1: byte 0xed (utf-8 expected)", select(2, read "\xed\xa0\x80")) -- a surrogate
  end)

  it("fail again when they are asked for again", function()
    local reader <close> = assert(lines.open(write "\xff"))
    local _, first = reader:line()
    assert.equal(first, select(2, reader:line()))
  end)

  it("may be in other encodings", function()
    assert.same({ "née", "\194\128" }, read("n\xe9e\n\x80", "latin-1"))
    assert.same({ "a", "é😀" }, read("\xff\xfea\0\n\0\xe9\0\x3d\xd8\0\xde", "utf-16"))
    assert.same({ "a", "é" }, read("\xfe\xff\0a\0\n\0\xe9", "utf-16"))
    assert.same({ "a", "é" }, read("a\0\n\0\xe9\0", "utf-16")) -- without a mark: little-endian
    assert.same({ "a" }, read("\0\0\xfe\xff\0\0\0a", "utf-32"))
    assert.same({ "€" }, read("\x80", "windows-1252"))
    local long = ("é"):rep(100000)
    assert.same({ long }, read(("\xe9\0"):rep(100000), "utf-16le"))
  end)

  it("of a wrong encoding are told by place", function()
    assert.equal(":1:2: byte 0x00 (utf-16le expected)", select(2, read("a\0\0\xdcb\0", "utf-16le")))
    assert.equal(":1:3: character cut at the end, byte 0x62 (utf-16le expected)",
      select(2, read("a\0b\0b", "utf-16le")))
  end)

  it("have encodings that iconv knows", function()
    for _, name in ipairs { "klingon", "", "utf-8//IGNORE", ("x"):rep(100) } do
      local reader, message, code = lines.open(write "a", { encoding = name })
      assert.is_nil(reader)
      assert.equal("usage", code)
      assert.equal(("%s: unknown encoding '%s' (utf-8, latin-1, utf-16 … expected)"):format(path,
        name:sub(1, 31)),
        message)
    end
  end)

  it("raise in a loop", function()
    local object = text.Text { path = write "a\n\xff" }
    local count = 0
    local done, failure = pcall(function()
      for _ in object:lines() do
        count = count + 1
      end
    end)
    assert.same({ false, 1, "format" }, { done, count, failure.code })
    assert.equal(path .. ":2:1: byte 0xff (utf-8 expected)", tostring(failure))
  end)

  it("are no lines of folders and of what is not there", function()
    assert.same({ n = 3, nil, folder .. ": not a regular file (file expected)", "format" },
      table.pack(lines.open(folder)))
    assert.same({ n = 3, nil, folder .. "/no: No such file or directory", "unknown" },
      table.pack(lines.open(folder .. "/no")))
  end)

  it("as text come in blocks", function()
    local reader <close> = assert(lines.open(write 'a"b\n\nc,d\n'))
    assert.equal(1, reader:skip(1))
    assert.same({ n = 2, '""\n"c,d"\n', 2 }, table.pack(reader:text("jsonl", 5)))
    assert.same({ n = 2, "", 0 }, table.pack(reader:text("csv", 5)))
    reader:close()
    assert.has_error(function()
      reader:line()
    end, "calling 'line' on bad self (closed reader (open reader expected))")
  end)
end)

-- The values of a text as JSON again, and the message that came in between.
local function rows(content)
  local reader <close> = assert(jsonl.open(write(content)))
  local found, problem = {}, nil
  while true do
    local row, message = reader:row()
    if row == nil and not message then
      return found, problem
    end
    problem = message and message:sub(#path + 1) or problem
    found[#found + 1] = row ~= nil and json.encode(row) or nil
  end
end

describe("a line of JSON", function()
  it("gives objects in the order of the file", function()
    assert.same({ '{"b": 1, "a": {"z": 1, "y": 2}, "c": [1, 2.5, "x"]}', '{"a": 1, "b": 2}' },
      rows '{"b":1,"a":{"z":1,"y":2},"c":[1,2.5,"x"]}\n{"a":1,"b":2}')
    local names = {}
    for row in jsonl.JSONL { path = write '{"b":1,"a":null}' }:rows() do
      row.new, row.b = true, nil
      for name in pairs(row) do
        names[#names + 1] = name
      end
      assert.equal(json.null, row.a)
    end
    assert.same({ "a", "new" }, names)
  end)

  it("keeps what Lua would mix up", function()
    assert.same({ "[]", "{}", "null", "false", '""', "0", "-0.0", "1.0" },
      rows "[]\n{}\nnull\nfalse\n\"\"\n0\n-0.0\n1.0\n")
    assert.same({ "9223372036854775807", "9.223372036854776e+18" },
      rows "9223372036854775807\n9223372036854775808\n")
    assert.same({ '{"a": 2, "b": 1}' }, rows '{"a":1,"b":1,"a":2}') -- the last value, at the first place
  end)

  it("knows all escapes", function()
    assert.same({ json.encode '"\\/\b\f\n\r\té😀\0' }, rows [["\"\\\/\b\f\n\r\t\u00e9\uD83D\ude00\u0000"]])
    assert.same({ '"\u{fffd}x"', '"\u{fffd}A"' }, rows '"\\ud800x"\n"\\udc00\\u0041"')
  end)

  it("is told by line and column where it is none", function()
    for content, problem in pairs {
      ["[1,]"] = ":1:4: no JSON value (string, number, object, array, true, false or null expected)",
      ['\n\n{"a"}'] = ":3:5: no ':' behind a key",
      ['{"a":1 "b"}'] = ":1:8: no ',' or '}' behind a value",
      ["[1 2]"] = ":1:4: no ',' or ']' behind a value",
      ['{"a":1,}'] = ":1:8: no key (string in double quotes expected)",
      ["{a:1}"] = ":1:2: no key (string in double quotes expected)",
      ['["abc'] = ":1:2: string that is not closed (closing quote expected)",
      ["[1"] = ":1:3: the text ends here (']' or '}' expected)",
      ["01"] = ":1:1: no JSON number (such as -12.5e3 expected)",
      ["NaN"] = ":1:1: no JSON value (string, number, object, array, true, false or null expected)",
      ['"\t"'] = ":1:2: control character in a string (an escape such as \\n expected)",
      ['"\\x"'] = ":1:2: unknown escape (\\n, \\u0041 … expected)",
      ['"\\u12"'] = ":1:2: unknown escape (\\n, \\u0041 … expected)",
      ["{} {}"] = ":1:4: text behind the value (end of line expected)",
      [("["):rep(201)] = ":1:201: more than 200 arrays and objects in one another",
      ['"\xff"'] = ":1:2: byte 0xff (utf-8 expected)",
    } do
      if content:find "\xff" then
        local reader <close> = assert(jsonl.open(write(content)))
        assert.equal(path .. problem, select(2, reader:row()))
      else
        local found, message = rows(content)
        assert.same({ {}, problem }, { found, message })
      end
    end
  end)

  it("that is wrong leaves those behind it to be read", function()
    local found, problem = rows '1\n]\n2\n'
    assert.same({ "1", "2" }, found)
    assert.equal(":2:1: no JSON value (string, number, object, array, true, false or null expected)", problem)
  end)

  it("as text is checked, and stays as it was", function()
    local reader <close> = assert(jsonl.open(write '{"a":  1}\r\n\n1e0\n]\n2\n'))
    local text_of, message, code, before = reader:text(10)
    assert.same({ nil, "format", '{"a":  1}\n1e0\n' }, { text_of, code, before })
    assert.matches(":4:1: no JSON value", message)
    assert.same({ n = 2, "2\n", 1 }, table.pack(reader:text(10)))
  end)

  it("survives a collection between all steps, and many orders of keys", function()
    local content = {}
    for i = 1, 3000 do
      content[i] = ('{"k%d":%d,"x":[]}'):format(i, i)
    end
    local count = 0
    for row in jsonl.JSONL { path = write(table.concat(content, "\n")) }:rows() do
      count = count + 1
      assert.equal(count, row["k" .. count])
      if count % 500 == 0 then
        collectgarbage()
      end
    end
    assert.equal(3000, count)
  end)
end)
