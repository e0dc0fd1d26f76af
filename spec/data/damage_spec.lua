-- What each type says of a file that is not what it should be: one message, which names the file.
local csv = require "datamaestro.data.csv"
local data = require "datamaestro.data"
local image = require "datamaestro.data.image"
local images = require "spec.support.images"
local jsonl = require "datamaestro.data.jsonl"
local ml = require "datamaestro.data.ml"
local numpy = require "datamaestro.data.numpy"
local program = require "spec.support.program"
local temp = require "spec.support.temp"
local tensor = require "datamaestro.data.tensor"
local tensors = require "datamaestro.api.tensor"
local text = require "datamaestro.data.text"

local function exhaust(...)
  local count = 0
  for _ in ... do
    count = count + 1
  end
  return count
end

local function data_of(T, fields)
  return function(path)
    fields.path = path
    return T(fields):data()
  end
end

local function rows_of_table(path)
  return exhaust(csv.Generic { path = path, names_row = 0 }:rows { "integer", "string" })
end

local function rows_of_member(path)
  return exhaust(csv.Generic { path = path .. "!/table.csv" }:rows())
end

-- How each is opened and read to its end, and the ending of its file's name.
local KINDS = {
  IDX = { data_of(tensor.IDX, {}), "idx" },
  npy = { numpy.load, "npy" },
  npz = { numpy.load, "npz" },
  Generic = { rows_of_table, "csv" },
  Matrix = { data_of(csv.Matrix, { names_row = 0 }), "csv" },
  batches = { function(path)
    return exhaust(csv.Matrix { path = path, names_row = 0 }:batches(2))
  end, "csv" },
  JSONL = { function(path)
    return exhaust(jsonl.JSONL { path = path }:rows())
  end, "jsonl" },
  Text = { function(path)
    return exhaust(text.Text { path = path }:lines())
  end, "txt" },
  PNG = { data_of(image.ImageFile, {}), "png" },
  JPEG = { data_of(image.ImageFile, {}), "jpg" },
  FolderBased = { function(path)
    return ml.FolderBased { path = path, classes = { "cat" } }:images()
  end, "classes" },
  File = { function(path)
    return data.File { path = path }:open()
  end, "bin" },
  Folder = { function(path)
    return data.Folder { path = path }:files()
  end, "zip" },
  gzip = { rows_of_table, "csv.gz" }, bzip2 = { rows_of_table, "csv.bz2" }, xz = { rows_of_table, "csv.xz" },
  zstd = { rows_of_table, "csv.zst" }, lz4 = { rows_of_table, "csv.lz4" },
  zip = { rows_of_member, "zip" }, tar = { rows_of_member, "tar" }, ["tar.gz"] = { rows_of_member, "tar.gz" },
  ["7z"] = { rows_of_member, "7z" },
}

local PAGE = "<!DOCTYPE html>\n<html><body>Not \"here\"</body></html>\n"
local UTF16 = "\xff\xfea\0,\0b\0\n\0001\0,\0002\0\n\0"

-- A good file of each ending, in a folder.
local function make_good_files(folder)
  local t = tensors.from("uint8", { 8, 8 }, ("\1\2\3\4\5\6\7\8"):rep(8))
  temp.write(folder .. "/table.csv", "a,b\n" .. ("1,2\n"):rep(2000))
  temp.write(folder .. "/good.csv", "a,b\n1,2\n3,4\n")
  temp.write(folder .. "/good.idx", "\0\0\8\2\0\0\0\2\0\0\0\3abcdef")
  temp.write(folder .. "/good.jsonl", '{"a":1}\n{"a":2}\n')
  temp.write(folder .. "/good.txt", "one\ntwo\n")
  assert(numpy.save(folder .. "/good.npy", t))
  assert(numpy.save(folder .. "/good.npz", { a = t }))
  assert(image.save(folder .. "/good.png", t))
  temp.write(folder .. "/good.jpg", temp.read "spec/fuzz/image/rgb.jpg")
  local made = program.shell(([[cd '%s' && gzip -nc table.csv >good.csv.gz &&
    bzip2 -c table.csv >good.csv.bz2 && xz -c table.csv >good.csv.xz &&
    zstd -qc table.csv >good.csv.zst && lz4 -qc table.csv >good.csv.lz4 &&
    zip -q good.zip table.csv && tar cf good.tar table.csv && tar czf good.tar.gz table.csv &&
    7z a good.7z table.csv]]):format(folder))
  assert(made.status == 0, made.err)
end

-- What stands in a file instead, from its good content.
local DAMAGES = {
  empty = function()
    return ""
  end,
  cut = function(good, ending)
    local texts = { csv = 'a,b\n1,2\n3,"4', jsonl = '{"a":1}\n{"a', txt = "one\ncaf\xc3" }
    return texts[ending] or good:sub(1, #good // 2)
  end,
  ["a page"] = function()
    return PAGE
  end,
  ["a picture"] = function()
    return images.png(1, 1, 8, 0, { "\0" })
  end,
  ["Latin-1"] = function()
    return "caf\xe9,1\n2,3\n"
  end,
  ["UTF-16"] = function()
    return UTF16
  end,
  huge = function(good, ending)
    local header = "{'descr': '<f8', 'fortran_order': False, 'shape': (4611686018427387904, 4), }\n"
    local contents = {
      idx = "\0\0\8\2" .. ("\x7f\xff\xff\xff"):rep(2), npy = "\x93NUMPY\1\0" .. string.pack("<s2", header),
      png = images.header(100000, 100000, 8, 0) .. images.chunk("IDAT", "x") .. images.chunk("IEND", ""),
        csv = ("x"):rep(65 << 20), jsonl = ("1"):rep(65 << 20),
      txt = ("x"):rep(65 << 20),
      jpg = good:gsub("(\xff\xc0...)....", "%1\xff\xdc\xff\xdc"),
    }
    return contents[ending]
  end,
}

-- The same words with the first bytes of what is there.
local function by_beginning(words, size)
  local function beginning(bytes)
    return words:format((bytes:sub(1, size):gsub(".", function(byte)
      return (" %02x"):format(byte:byte())
    end)))
  end
  return {
    ["a page"] = beginning(PAGE), ["a picture"] = beginning(images.SIGNATURE),
    ["Latin-1"] = beginning "caf\xe9", ["UTF-16"] = beginning(UTF16),
  }
end

local function with(said, more)
  for damage, words in pairs(more) do
    said[damage] = words
  end
  return said
end

local TEXT = { ["Latin-1"] = ":1:4: byte 0xe9 (utf-8 expected)",
  ["UTF-16"] = ":1:1: byte 0xff (utf-8 expected)",
  ["a picture"] = ":1:1: byte 0x89 (utf-8 expected)" }
local TABLE = with({ empty = ": no row 0 (row of names expected there)",
  cut = ":3:3: quote that is not closed (closing quote expected)",
  huge = ":1:1: row of over 64 MiB (is a quote not closed?)" }, TEXT)
local NUMBERS = with({ ["a page"] = ":2:1: '<html><body>Not \"here\"</body></html>' in column 1 "
  .. "'<!DOCTYPE html>' (number expected)" }, TABLE)
local NPY = ": no NPY file (\\x93NUMPY expected at its beginning)"
local NUMPY = { empty = ": 0 bytes (an NPY file of 10 or more expected)", ["a page"] = NPY,
  ["a picture"] = NPY,
  ["Latin-1"] = NPY, ["UTF-16"] = NPY }
local IMAGE = with(by_beginning(": begins with%s (PNG or JPEG expected)", 4),
  { empty = ": empty (PNG or JPEG expected)", ["a picture"] = false })
local ARCHIVE = with({ empty = ": empty (archive expected)" },
  by_beginning(": starts with%s (tar, zip or 7z archive expected)", 4))

-- What is not compressed is read as it is, whatever its name.
local function packed(name)
  return with({ empty = (": empty (%s data expected)"):format(name),
    cut = (": %s data ends early (after N bytes; more expected)"):format(name),
    ["a page"] = ": types names 2 columns, the file has 1" }, TEXT)
end

-- Kind → damage → the message behind the path; false where it is good all the same.
local SAID = {
  IDX = with({ empty = ": 0 bytes (an IDX header of 8 or more expected)",
    cut = ": 9 bytes (an IDX header of 12 expected for 2 dimensions)",
    huge = ": 12 bytes (4611686014132420621 expected for uint8 2147483647 × 2147483647)" },
    by_beginning(": begins with%s (00 00 expected in an IDX file)", 2)),
  npy = with({ cut = ": 96 bytes (a header of 128 expected)",
    huge = ": 88 bytes (more than any file holds expected for float64 4611686018427387904 × 4)" }, NUMPY),
  npz = with({ cut = ": no end of a zip archive (NPZ file, a zip archive, expected)" }, NUMPY),
  Generic = with({ ["a page"] = ": types names 2 columns, the file has 1" }, TABLE),
  Matrix = NUMBERS,
  batches = NUMBERS,
  JSONL = with({ empty = false, cut = ":2:2: string that is not closed (closing quote expected)",
    ["a page"] = ":1:1: no JSON value (string, number, object, array, true, false or null expected)",
    huge = ":1:1: line of over 64 MiB" }, TEXT),
  Text = with({ empty = false, ["a page"] = false, huge = ":1:1: line of over 64 MiB",
    cut = ":2:4: character cut at the end, byte 0xc3 (utf-8 expected)" }, TEXT),
  PNG = with({ cut = ": damaged PNG: the file ends too early (whole image expected)",
    huge = ": 100000 × 100000 pixels (sides of 65535 at most expected)" }, IMAGE),
  JPEG = with({ cut = ": damaged JPEG: Premature end of JPEG file (whole image expected)",
    huge = ": 65500 × 65500 pixels (134217728 in all at most expected; the option `pixels` allows more)" },
    IMAGE),
  Folder = with({ cut = ": zip archive ends early, or is damaged (more expected)" }, ARCHIVE),
  zip = with({ cut = ": zip archive ends early, or is damaged (more expected)" }, ARCHIVE),
  tar = with({ cut = ": tar archive ends early (more expected)" }, ARCHIVE),
  ["tar.gz"] = with({ cut = ": gzip data ends early (after N bytes; more expected)" }, ARCHIVE),
  ["7z"] = with({ cut = ": damaged 7z archive (Damaged 7-Zip archive)" }, ARCHIVE),
  gzip = packed "gzip", bzip2 = packed "bzip2", xz = packed "xz", zstd = packed "zstd", lz4 = packed "lz4",
}

describe("opened data", function()
  local folder

  setup(function()
    folder = temp.folder()
    make_good_files(folder)
  end)

  teardown(function()
    temp.remove(folder)
  end)

  -- What comes of a file: the value | nil, message, code, whether it was raised or returned.
  local function open(kind, path)
    local results = table.pack(pcall(KINDS[kind][1], path))
    local failure = results[2]
    if results[1] then
      return table.unpack(results, 2, results.n)
    end
    assert.are.equal("table", type(failure), tostring(failure))
    return nil, failure.message, failure.code
  end

  local function assert_refused(kind, path, said, code)
    local value, message, found = open(kind, path)
    assert.is_nil(value)
    assert.are.same({ path .. said, code }, { message:gsub("after %d+ bytes", "after N bytes"), found })
  end

  local function path_of(name, kind)
    return ("%s/%s.%s"):format(folder, name, KINDS[kind][2])
  end

  for kind, said in pairs(SAID) do
    it(("%s that is good opens"):format(kind), function()
      assert.is_truthy(open(kind, path_of("good", kind)))
    end)

    for damage, words in pairs(said) do
      it(("%s that is %s"):format(kind, damage), function()
        local path = path_of(damage, kind)
        temp.write(path, DAMAGES[damage](temp.read(path_of("good", kind)), KINDS[kind][2]))
        if words then
          assert_refused(kind, path, words, "format")
        else
          assert.is_truthy(open(kind, path))
        end
        os.remove(path)
      end)
    end
  end

  for kind, about in pairs(KINDS) do
    local of_archive = about[1] == rows_of_member and "!/table.csv" or ""

    it(("%s that is not there"):format(kind), function()
      local inside = kind == "FolderBased" and "/cat" or of_archive
      local more = kind == "FolderBased" and " (folder of class 'cat' expected)" or ""
      assert_refused(kind, path_of("missing", kind), inside .. ": No such file or directory" .. more,
        "unknown")
    end)

    if of_archive == "" and kind ~= "Folder" and kind ~= "FolderBased" then
      it(("%s that is a folder"):format(kind), function()
        assert_refused(kind, folder, ": not a regular file (file expected)", "format")
      end)
    end
  end

  it("FolderBased without a class's images", function()
    temp.write(folder .. "/few.classes/cat/notes.txt", "")
    assert_refused("FolderBased", folder .. "/few.classes",
      "/cat: no image (PNG or JPEG files expected)", "format")
  end)
end)
