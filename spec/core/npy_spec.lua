local numpy = require "datamaestro.data.numpy"
local tensor = require "datamaestro.api.tensor"
local tensors = require "spec.support.tensors"

local assert_fails, assert_raises, write = tensors.assert_fails, tensors.assert_raises, tensors.write

local KINDS = { uint8 = "u1", int8 = "i1", uint16 = "u2", int16 = "i2", int32 = "i4", int64 = "i8",
  float32 = "f4", float64 = "f8" }

local folder

local function python(mode)
  local command = "/usr/bin/python3 spec/support/npy_by_numpy.py %s '%s'"
  local handle <close> = assert(io.popen(command:format(mode, folder)))
  return handle:read "a"
end

local function hex(t)
  return (t:bytes():gsub(".", function(byte)
    return ("%02x"):format(byte:byte())
  end))
end

-- A file of version 1.0 with this text as its header.
local function with_header(text, data)
  return write(folder .. "/made.npy", "\x93NUMPY\1\0" .. string.pack("<s2", text) .. (data or ""))
end

local function header(descr, shape, order)
  return ("{'descr': '%s', 'fortran_order': %s, 'shape': %s, }"):format(descr, order or "False", shape)
end

local function read_file(path)
  local handle <close> = assert(io.open(path, "rb"))
  return handle:read "a"
end

setup(function()
  folder = tensors.folder()
  python "write"
end)

teardown(function()
  tensors.remove(folder)
end)

describe("an NPY file by NumPy", function()
  it("opens with the same type, shape and values: all types, byte orders, layouts and versions", function()
    local count = 0
    for _, expected in ipairs(assert(loadfile(folder .. "/expected.lua"))()) do
      local t = assert(tensor.npy(("%s/%s.npy"):format(folder, expected.name)))
      assert.are.equal(expected.dtype, t:dtype(), expected.name)
      assert.are.same(expected.shape, { t:shape() }, expected.name)
      assert.are.equal(expected.hex, hex(t), expected.name)
      t:close()
      count = count + 1
    end
    assert.are.equal(9 * 7 * 12, count)
  end)

  it("is mapped, not read: it may be larger than memory", function()
    local path = with_header(header("<i8", "(1000000, 100000)"))
    local size = #read_file(path)
    assert(os.execute(("truncate -s %d '%s'"):format(size + 8 * 10 ^ 11 // 1 | 0, path)))
    local before = tensors.resident_files()
    local t <close> = assert(tensor.npy(path))
    assert.are.same({ 0, 0 }, { t[1000000][100000], t[500000]:sum() })
    assert.is_true(tensors.resident_files() - before < 20000)
  end)

  it("in Fortran order is a view, whose columns lie dense", function()
    with_header(header("|u1", "(2, 3)", "True"), "\1\2\3\4\5\6")
    local t = assert(tensor.npy(folder .. "/made.npy"))
    assert.are.same({ { 1, 3, 5 }, { 2, 4, 6 } }, t:tolist())
    assert.is_false(t:is_contiguous())
    assert.is_true(t:transpose():is_contiguous())
  end)

  it("may be written by hand: other quotes, order of keys, spaces, long numbers, bool", function()
    for _, text in ipairs {
      [[{"shape":(2L,2),"fortran_order":False,"descr":"|b1"}]],
      [[ { 'descr' : '|u1' , 'shape' : ( 2 , 2 , ) , 'fortran_order' : False , } ]] .. "\n",
    } do
      assert.are.same({ { 1, 0 }, { 0, 1 } }, assert(tensor.npy(with_header(text, "\1\0\0\1"))):tolist())
    end
  end)
end)

describe("an NPY file that is not one", function()
  local function fails(message, path)
    assert_fails(path .. ": " .. message, "format", tensor.npy(path))
  end

  it("fails: empty, another format, another version", function()
    local path = folder .. "/bad.npy"
    fails("0 bytes (an NPY file of 10 or more expected)", write(path, ""))
    fails("9 bytes (an NPY file of 10 or more expected)", write(path, "\x93NUMPY\1\0\0"))
    fails("no NPY file (\\x93NUMPY expected at its beginning)", write(path, "not an array"))
    fails("NPY version 4.0 (1.0, 2.0 or 3.0 expected)", write(path, "\x93NUMPY\4\0\0\0\0\0\0\0"))
    fails("NPY version 1.1 (1.0, 2.0 or 3.0 expected)", write(path, "\x93NUMPY\1\1\0\0\0\0\0\0"))
    fails("11 bytes (a header of 12 expected)", write(path, "\x93NUMPY\2\0\0\0\0"))
    fails("12 bytes (a header of 4294967307 expected)", write(path, "\x93NUMPY\3\0\xff\xff\xff\xff"))
    assert_fails(folder .. "/none.npy: No such file or directory", "unknown",
      tensor.npy(folder .. "/none.npy"))
    assert_fails(folder .. ": not a regular file (file expected)", "format", tensor.npy(folder))
  end)

  it("fails at every length but its own", function()
    local whole = read_file(folder .. "/i2_2_3_60C1.npy")
    local path = folder .. "/cut.npy"
    for length = 0, #whole + 1 do
      local t, message, code = tensor.npy(write(path, (whole .. "x"):sub(1, length)))
      assert.are.equal(length == #whole, t ~= nil)
      assert.is_true(t ~= nil or code == "format")
      assert.is_true(t ~= nil or message:find(path .. ": " .. length .. " bytes (", 1, true) == 1)
    end
  end)

  it("fails where the sizes are more than there is, or than there can be", function()
    local data = ("\0"):rep(8)
    fails("75 bytes (83 expected for float64 2)", with_header(header("<f8", "(2,)"), data))
    fails("76 bytes (75 expected for float64 1)", with_header(header("<f8", "(1,)"), data .. "x"))
    for _, shape in ipairs { "(4294967296, 4294967296)", "(9223372036854775807,)", "(1152921504606846976,)",
      "(18446744073709551617,)", "(99999999999999999999999999999999,)", "(0, 4611686018427387904)" } do
      local path = with_header(header("<f8", shape), data)
      local t, message, code = tensor.npy(path)
      assert.is_nil(t)
      assert.are.equal("format", code)
      assert.are.equal(path, message:match "^(.*): %d+ bytes %(more than any file holds expected for ")
    end
  end)

  it("fails where the header is no dictionary of the three", function()
    local good = header("|u1", "(1,)")
    for text, rest in pairs {
      [""] = "", ["[]"] = "[]", ["{"] = "", [good .. "x"] = "x",
      ["{'descr': '|u1', 'shape': (1,), }"] = "",
      ["{'descr': '|u1', 'descr': '|u1', 'fortran_order': False, 'shape': (1,), }"]
        = " '|u1', 'fortran_order': False, 'shape':",
      ["{'descr': '|u1', 'more': 1, 'fortran_order': False, 'shape': (1,), }"]
        = " 1, 'fortran_order': False, 'shape': (1,",
      [header("|u1", "(1)")] = "), }", [header("|u1", "(1 2)")] = "2), }",
      [header("|u1", "(-1,)")] = "-1,), }", [header("|u1", "(1.5,)")] = ".5,), }",
      [header("|u1", "(,)")] = ",), }", [header("|u1", "[1]")] = "[1], }",
      [header("|u1", "(1,)", "None")] = "None, 'shape': (1,), }",
      [header("|u1", "(1,)", "__import__('os').abort()")] =
        "__import__('os').abort(), 'shape': (1,),",
      [header("a'b", "(1,)")] = "b', 'fortran_order': False, 'shape': (1,",
      [header(("x"):rep(40), "(1,)")] = ("x"):rep(40),
    } do
      fails("header goes wrong at '" .. rest .. "' (a dictionary of descr, fortran_order and shape expected)",
        with_header(text, "\0"))
    end
  end)

  it("fails for types that tensors do not have, and never reads a pickle", function()
    local types = "(b1, u1, i1, u2, i2, i4, i8, f4 or f8 expected)"
    fails("Python objects (numbers expected: a pickle can run any code and is not read)",
      folder .. "/objects.npy")
    fails("type '<c8' " .. types, folder .. "/complex.npy")
    fails("type '<f2' " .. types, folder .. "/half.npy")
    fails("type '<U2' " .. types, folder .. "/text.npy")
    fails("type '<u4' " .. types, with_header(header("<u4", "(1,)"), "\0\0\0\0"))
    fails("type '\\x1b[31m' " .. types, with_header(header("\27[31m", "(1,)"), "\0\0"))
    fails("type '' " .. types, with_header(header("", "(1,)"), "\0\0"))
    fails("records of several fields (numbers expected)", folder .. "/record.npy")
    fails("9 dimensions (8 at most expected)", folder .. "/many.npy")
  end)
end)

describe("an NPY or NPZ file of ours", function()
  it("opens in NumPy with the same type, shape and values: all types, views, byte orders", function()
    local lines, count, all = {}, 0, {}
    local function expect(path, name, t)
      count = count + 1
      lines[count] = table.concat({ path, name, t:dtype(), table.concat({ t:shape() }, ","), hex(t) }, "\t")
    end
    for dtype in pairs(tensors.formats) do
      local t = tensors.counting(dtype, 4, 3, 5)
      local swapped = assert(tensor.npy(("%s/%s_3_5_62C1.npy"):format(folder,
        KINDS[dtype])))
      for i, view in ipairs { t, t:transpose(1, 3), t:narrow(2, 2, 2), t:select(3, 1), t:narrow(1, 1, 0),
        swapped, t:reshape(60), t:reshape(1, 2, 1, 2, 3, 5, 1, 1) } do
        local name = ("%s_%d"):format(dtype, i)
        assert.is_true(view:save(("%s/%s.npy"):format(folder, name)))
        expect(name .. ".npy", "-", view)
        all[name] = view
        assert.is_true(view == tensor.npy(("%s/%s.npy"):format(folder, name)))
      end
    end
    all["é/ü"], all[""] = tensors.counting("int8", 2), tensors.counting("int8", 3)
    assert.is_true(numpy.save(folder .. "/all.npz", all))
    for name, t in pairs(all) do
      expect("all.npz", name, t)
      assert.is_true(t == numpy.load(folder .. "/all.npz", name))
    end
    write(folder .. "/written.txt", table.concat(lines, "\n") .. "\n")
    assert.are.equal(count .. "\n", python "check")
  end)

  it("is the same for the same arrays", function()
    local t = tensors.counting("int16", 3, 3)
    assert(numpy.save(folder .. "/one.npz", { a = t, b = t, c = t }))
    assert(numpy.save(folder .. "/two.npz", { c = t, b = t, a = t:copy() }))
    assert.are.equal(read_file(folder .. "/one.npz"), read_file(folder .. "/two.npz"))
  end)

  it("is not written under the name of another format", function()
    local t = tensors.counting("uint8", 3)
    for path, message in pairs { ["x.txt"] = "text by its name (.npy expected)",
      ["x.CSV"] = "CSV by its name (.npy expected)", ["x.npz"] = "NPZ by its name (.npy expected)" } do
      assert_fails(("'%s': %s"):format(path, message), "usage", numpy.save(path, t))
    end
    assert_fails("'x.npy': NPY by its name (.npz expected)", "usage", numpy.save("x.npy", { t = t }))
  end)

  it("goes through a pipe as into a file", function()
    local t = tensors.counting("int16", 3, 4)
    for name, value in pairs { ["x.npy"] = t, ["x.npz"] = { a = t, b = t } } do
      local path, pipe = folder .. "/" .. name, folder .. "/piped-" .. name
      assert(numpy.save(path, value))
      assert(os.execute("mkfifo " .. pipe))
      local handle <close> = assert(io.popen("cat " .. pipe))
      assert(numpy.save(pipe, value))
      assert.are.equal(read_file(path), handle:read "a")
    end
  end)

  it("may hold more arrays than plain zip counts #costly", function()
    local many, t = {}, tensor.from("uint8", 1, "\7")
    for i = 1, 70000 do
      many["a" .. i] = t
    end
    assert(numpy.save(folder .. "/many.npz", many))
    assert.are.equal(7, numpy.load(folder .. "/many.npz", "a69999")[1])
    write(folder .. "/written.txt", "many.npz\ta70000\tuint8\t1\t07\n")
    assert.are.equal("1\n", python "check")
  end)

  it("takes the place of another whole or not at all", function()
    local path = folder .. "/kept.npy"
    local t = tensors.counting("uint8", 3)
    assert(t:save(path))
    local opened = assert(tensor.npy(path))
    assert(tensors.counting("uint8", 5):save(path))
    assert.are.same({ 0, 1, 2 }, opened:tolist())
    assert.are.equal(5, #tensor.npy(path))
    assert_fails(folder .. "/none/x.npy: No such file or directory", "unknown",
      t:save(folder .. "/none/x.npy"))
    assert_fails(folder .. "/none/x.npz: No such file or directory", "unknown",
      numpy.save(folder .. "/none/x.npz", { t = t }))
    assert_fails(folder .. ": Is a directory", "error", numpy.save(folder, { t = t }))
    local handle <close> = assert(io.popen(("ls -d '%s'.* '%s'/*.npy.* 2>/dev/null"):format(folder, folder)))
    assert.are.equal("", handle:read "a")
  end)

  it("is refused for other values at the caller's line", function()
    assert_raises("save: number (tensor or table of tensors expected)", function() numpy.save("x", 1) end)
    assert_raises("save: nil (path expected)", function() numpy.save() end)
    assert_raises("save: 'a' is a number (tensor expected)", function() numpy.save("x", { a = 1 }) end)
    assert_raises("save: key 1 (names of arrays expected)", function()
      numpy.save("x", { tensors.counting("int8", 1) })
    end)
    assert_raises("load: table (path expected)", function() numpy.load {} end)
    assert_raises("load: number (name of an array expected)", function() numpy.load("x", 1) end)
    local long = { [("n"):rep(65001)] = tensors.counting("int8", 1) }
    assert_fails(folder .. "/long.npz: name of 65001 bytes (65000 at most expected)", "usage",
      numpy.save(folder .. "/long.npz", long))
    assert.is_nil(io.open(folder .. "/long.npz"))
  end)
end)

describe("an NPZ file by NumPy", function()
  it("opens, stored or deflated, all of it or one array", function()
    for _, file in ipairs { "stored", "deflated" } do
      local all = assert(numpy.load(("%s/%s.npz"):format(folder, file)))
      local names = {}
      for name, t in pairs(all) do
        assert.are.equal(name:match "^%w+", t:dtype())
        assert.is_true(t == numpy.load(("%s/%s.npz"):format(folder, file), name))
        names[#names + 1] = name
      end
      assert.are.equal(9, #names)
      assert.are.same({ { -32768, 26, 63 }, { 0, 37, 32767 } }, all["int16.i2"]:tolist())
    end
  end)

  it("may be large, empty, commented, of zip64, and hold other files", function()
    local large = assert(numpy.load(folder .. "/large.npz"))
    assert.are.same({ 499999500000, 999999, 0 }, { large.a:sum(), large.a[1000000], large.b:sum() })
    assert.are.same({}, numpy.load(folder .. "/empty.npz"))
    local mixed = assert(numpy.load(folder .. "/mixed.npz"))
    assert.are.same({ 0, 1, 2 }, mixed.a:tolist())
    assert.are.same({ 0, 1, 2 }, mixed.b:tolist())
    assert.is_nil(mixed["notes.txt"])
  end)

  it("keeps its tensors when all else of it is gone", function()
    local t = assert(numpy.load(folder .. "/stored.npz", "int16.i2"))
    collectgarbage()
    assert.are.equal(26, t[1][2])
  end)

  it("is told from an NPY file by its content", function()
    assert(os.execute(("cp '%s/stored.npz' '%s/stored.npy'"):format(folder, folder)))
    assert.are.equal("table", type(numpy.load(folder .. "/stored.npy")))
    local path = folder .. "/u1_1_2_60C1.npy"
    assert.are.same({ 0, 26, 255 }, numpy.load(path):tolist())
    assert_fails(path .. ": no zip archive (NPZ file with an array 'a' expected)", "format",
      numpy.load(path, "a"))
    assert_fails(folder .. "/none: No such file or directory", "unknown", numpy.load(folder .. "/none"))
    assert_fails(write(folder .. "/nothing", "") .. ": 0 bytes (an NPY file of 10 or more expected)",
      "format", numpy.load(folder .. "/nothing"))
  end)
end)

describe("an NPZ file that is not one", function()
  local npz = require "datamaestro.api.npz"

  local function fails(message, path, name)
    assert_fails(path .. ": " .. message, "format", npz.read(path, name))
  end

  it("fails: empty, another format, without arrays, with objects, by other methods", function()
    local expected = " (NPZ file, a zip archive, expected)"
    fails("empty file" .. expected, write(folder .. "/bad.npz", ""))
    fails("no end of a zip archive" .. expected, write(folder .. "/bad.npz", "PK" .. ("x"):rep(100000)))
    fails("zip archive without a .npy file" .. expected, folder .. "/other.npz")
    fails("array 'a': Python objects (numbers expected: a pickle can run any code and is not read)",
      folder .. "/objects.npz")
    fails("array 'a': packed by method 12 (stored or deflated expected)", folder .. "/bzip2.npz")
    assert_fails(folder .. "/mixed.npz: no array 'c\\x1b' (one of 2 others expected)", "unknown",
      npz.read(folder .. "/mixed.npz", "c\27"))
  end)

  it("fails at every length but its own", function()
    for _, file in ipairs { "stored", "deflated", "mixed" } do
      local whole = read_file(("%s/%s.npz"):format(folder, file))
      local path = folder .. "/cut.npz"
      for length = 0, #whole - 1 do
        local all, message, code = npz.read(write(path, whole:sub(1, length)))
        assert.is_nil(all)
        assert.are.equal("format", code)
        assert.are.equal(1, (message:find(path .. ": ", 1, true)))
      end
    end
  end)

  it("fails wherever a byte of deflated data or its directory is changed, or gives the same", function()
    local whole = read_file(folder .. "/deflated.npz")
    local expected = numpy.load(folder .. "/deflated.npz")
    local path = folder .. "/changed.npz"
    local failed = 0
    for at = 1, #whole, 3 do
      local changed = whole:sub(1, at - 1) .. string.char(whole:byte(at) ~ 0x55) .. whole:sub(at + 1)
      local all, message, code = npz.read(write(path, changed))
      if all then
        for name, t in pairs(all) do
          assert.is_true(expected[name] == nil or expected[name] == t)
        end
      else
        failed = failed + 1
        assert.are.equal("format", code)
        assert.are.equal(1, (message:find(path .. ": ", 1, true)))
      end
    end
    assert.is_true(failed > #whole / 3 / 4)
  end)

  it("fails for two arrays of one name, encryption, and a size that deflate cannot reach", function()
    local whole = read_file(folder .. "/mixed.npz")
    local path = folder .. "/odd.npz"
    fails("two arrays 'a' (one a name expected)", write(path, (whole:gsub("b%.npy", "a.npy"))))
    local stored = read_file(folder .. "/deflated.npz")
    local entry = stored:find("PK\1\2", 1, true)
    local function patch(offset, bytes)
      return write(path, stored:sub(1, entry - 1 + offset) .. bytes .. stored:sub(entry + offset + #bytes))
    end
    local name = stored:match("([%w.]+)%.npy", entry)
    fails(("array '%s': encrypted (plain data expected)"):format(name), patch(8, "\1\0"), name)
    fails(("array '%s': 2147483647 bytes deflated to %d (more expected)"):format(name,
      (string.unpack("<I4", stored, entry + 20))), patch(24, "\xff\xff\xff\x7f"), name)
    fails(("array '%s': wrong checksum (whole deflated data expected)"):format(name),
      patch(16, "\0\0\0\0"), name)
    fails(("array '%s': no local header where the directory says"):format(name),
      patch(42, "\xf0\xff\xff\x7f"), name)
    fails("damaged directory (NPZ file, a zip archive, expected)", patch(24, "\xff\xff\xff\xff"))
  end)
end)
