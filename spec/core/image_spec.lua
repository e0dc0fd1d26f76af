local image = require "datamaestro.api.image"
local images = require "spec.support.images"
local temp = require "spec.support.temp"
local tensors = require "spec.support.tensors"

local SEEDS = "spec/fuzz/image/"

local function decode(bytes, options)
  return image.decode(bytes, "file", options)
end

local function shown(tensor)
  return { tensor:dtype(), { tensor:shape() }, tensors.elements(tensor) }
end

describe("a PNG file", function()
  it("gives the samples of each kind", function()
    local cases = {
      { images.png(3, 2, 8, 0, { "\0\1\2", "\253\254\255" }), { 2, 3 }, { 0, 1, 2, 253, 254, 255 } },
      { images.png(2, 1, 8, 4, { "\10\20\30\40" }), { 1, 2, 2 }, { 10, 20, 30, 40 } },
      { images.png(2, 1, 8, 2, { "\1\2\3\4\5\6" }), { 1, 2, 3 }, { 1, 2, 3, 4, 5, 6 } },
      { images.png(1, 2, 8, 6, { "\1\2\3\4", "\5\6\7\8" }), { 2, 1, 4 }, { 1, 2, 3, 4, 5, 6, 7, 8 } },
    }
    for _, case in ipairs(cases) do
      assert.are.same({ "uint8", case[2], case[3] }, shown(assert(decode(case[1]))))
    end
  end)

  it("spreads 1, 2 and 4 bits over the 256 levels", function()
    assert.are.same({ 255, 0, 255, 0 }, tensors.elements(decode(images.png(4, 1, 1, 0, { "\xa0" }))))
    assert.are.same({ 0, 85, 170, 255 }, tensors.elements(decode(images.png(4, 1, 2, 0, { "\x1b" }))))
    assert.are.same({ 17, 255 }, tensors.elements(decode(images.png(2, 1, 4, 0, { "\x1f" }))))
  end)

  it("gives 16 bits as uint16", function()
    local deep = decode(images.png(2, 2, 16, 0, { "\0\1\1\0", "\xff\xff\x80\0" }))
    assert.are.same({ "uint16", { 2, 2 }, { 1, 256, 65535, 32768 } }, shown(deep))
    local colours = decode(images.png(1, 1, 16, 2, { "\0\1\0\2\0\3" }))
    assert.are.same({ "uint16", { 1, 1, 3 }, { 1, 2, 3 } }, shown(colours))
  end)

  it("gives the colours of a palette, and its opacities", function()
    local palette = images.chunk("PLTE", "\1\2\3\4\5\6")
    assert.are.same({ 4, 5, 6, 1, 2, 3 }, tensors.elements(decode(images.png(2, 1, 8, 3, { "\1\0" },
      palette))))
    palette = palette .. images.chunk("tRNS", "\7")
    assert.are.same({ "uint8", { 1, 2, 4 }, { 4, 5, 6, 255, 1, 2, 3, 7 } },
      shown(decode(images.png(2, 1, 8, 3, { "\1\0" }, palette))))
  end)

  it("is what it was after decoding and encoding", function()
    for _, shape in ipairs { { 5, 7 }, { 5, 7, 1 }, { 5, 7, 2 }, { 5, 7, 3 }, { 5, 7, 4 } } do
      local original = tensors.counting("uint8", table.unpack(shape))
      local again = assert(decode(image.png(original)))
      assert.are.equal(original:bytes(), again:bytes())
    end
  end)

  it("is written from a view as from a copy", function()
    local view = tensors.counting("uint8", 4, 6):transpose():narrow(1, 2, 3)
    assert.are.same(shown(view), shown(decode(image.png(view))))
  end)

  it("is not made of what is no image", function()
    local expected = "tensor of %s (uint8 h × w or h × w × c, c from 1 to 4, sides of 1 to 65535 expected)"
    tensors.assert_fails(expected:format "float32 2 × 2", "usage", image.png(tensors.counting("float32", 2,
      2)))
    tensors.assert_fails(expected:format "uint8 2 × 2 × 5", "usage", image.png(tensors.counting("uint8", 2, 2,
      5)))
    tensors.assert_fails(expected:format "uint8 0 × 2", "usage", image.png(tensors.counting("uint8", 0, 2)))
    tensors.assert_fails(expected:format "uint8 4", "usage", image.png(tensors.counting("uint8", 4)))
  end)
end)

describe("a JPEG file", function()
  -- Of Pillow 9.4, which has the same library beneath.
  local SUMS = {
    ["grey.jpg"] = { shape = { 9, 11 }, sum = 7859 },
    ["rgb.jpg"] = { shape = { 9, 11, 3 }, sum = 20122 },
    ["progressive.jpg"] = { shape = { 9, 11, 3 }, sum = 20122 },
  }

  it("gives the same samples as in other programs", function()
    for name, expected in pairs(SUMS) do
      local tensor = assert(image.load(SEEDS .. name))
      assert.are.same({ "uint8", expected.shape, expected.sum },
        { tensor:dtype(), { tensor:shape() }, tensor:sum() }, name)
    end
  end)

  it("of four inks becomes red, green and blue", function()
    local inks, light = image.load(SEEDS .. "cmyk.jpg"), image.load(SEEDS .. "rgb.jpg")
    assert.are.same({ light:shape() }, { inks:shape() })
    assert.is_true(math.abs(inks:mean() - light:mean()) < 8)
  end)
end)

describe("a file that is no whole image", function()
  local folder

  setup(function()
    folder = temp.folder()
  end)

  teardown(function()
    temp.remove(folder)
  end)

  it("is told from one by its first bytes", function()
    tensors.assert_fails("file: empty (PNG or JPEG expected)", "format", decode "")
    tensors.assert_fails("file: begins with 47 49 46 38 (PNG or JPEG expected)", "format", decode "GIF89a")
    tensors.assert_fails("file: begins with 1f (PNG or JPEG expected)", "format", decode "\x1f")
  end)

  it("fails wherever a PNG is cut", function()
    local whole = temp.read(SEEDS .. "rgb.png")
    for length = 0, #whole - 1 do
      local result, message, code = decode(whole:sub(1, length))
      assert.is_nil(result, length)
      assert.are.equal("format", code)
      assert.matches("^file: [^\n]*expected%)$", message)
    end
  end)

  it("fails wherever a JPEG is cut but for the end mark", function()
    for _, name in ipairs { "rgb.jpg", "grey.jpg", "progressive.jpg", "cmyk.jpg" } do
      local whole = temp.read(SEEDS .. name)
      for length = 0, #whole - 2 do
        local result, message, code = decode(whole:sub(1, length))
        assert.is_nil(result, name .. length)
        assert.are.equal("format", code)
        assert.matches("^file: [^\n]*expected%)$", message)
      end
    end
  end)

  it("is named with what is wrong", function()
    local whole = images.png(1, 1, 8, 0, { "\0" })
    tensors.assert_fails("file: damaged PNG: IDAT: CRC error (whole image expected)", "format",
      decode(whole:sub(1, -14) .. string.char(whole:byte(-13) ~ 1) .. whole:sub(-12)))
    tensors.assert_fails("file: damaged PNG: the file ends too early (whole image expected)", "format",
      decode(whole:sub(1, -13)))
    local jpeg = temp.read(SEEDS .. "rgb.jpg")
    tensors.assert_fails("file: damaged JPEG: Premature end of JPEG file (whole image expected)", "format",
      decode(jpeg:sub(1, -20)))
  end)

  it("of a wrong kind, missing or unreadable fails with its path", function()
    tensors.assert_fails(folder .. ": not a regular file (file expected)", "format", image.load(folder))
    tensors.assert_fails(folder .. "/none: No such file or directory", "unknown", image.load(folder
      .. "/none"))
    os.execute("mkfifo " .. folder .. "/fifo")
    tensors.assert_fails(folder .. "/fifo: not a regular file (file expected)", "format",
      image.load(folder .. "/fifo"))
    local large = folder .. "/large.png"
    os.execute("truncate -s 1G " .. large)
    tensors.assert_fails(large .. ": 1073741824 bytes (an image of 536870912 at most expected)", "format",
      image.load(large))
  end)
end)

describe("an image larger than there is room for", function()
  it("is refused by its header, before memory is taken", function()
    local empty = images.chunk("IDAT", "")
    tensors.assert_fails("file: 100000 × 1 pixels (sides of 65535 at most expected)", "format",
      decode(images.header(100000, 1, 8, 0) .. empty))
    tensors.assert_fails("file: 65535 × 65535 pixels (134217728 in all at most expected; the option "
      .. "`pixels` allows more)", "format", decode(images.header(65535, 65535, 8, 0) .. empty))
    local promise = images.header(10000, 10000, 8, 6) .. empty
    tensors.assert_fails(("file: PNG of 10000 × 10000 pixels in %d bytes (more bytes expected: cut short?)")
      :format(#promise), "format", decode(promise))
  end)

  it("of no pixels is none", function()
    local result, message = decode(images.header(0, 5, 8, 0))
    assert.is_nil(result)
    assert.are.equal("file: damaged PNG: Invalid IHDR data (whole image expected)", message)
  end)

  it("may have as many pixels as the option says", function()
    local png = images.png(3, 2, 8, 0, { "\0\1\2", "\3\4\5" })
    assert.is_truthy(decode(png, { pixels = 6 }))
    tensors.assert_fails("file: 3 × 2 pixels (5 in all at most expected; the option `pixels` allows more)",
      "format",
      decode(png, { pixels = 5 }))
    tensors.assert_raises("field 'pixels': 0 (1 or more expected)", decode, png, { pixels = 0 })
  end)

  it("of thousands of scans is refused", function()
    local jpeg = temp.read(SEEDS .. "progressive.jpg")
    local first = jpeg:find("\xff\xda", 1, true)
    local second = jpeg:find("\xff\xda", first + 2, true)
    local scan = jpeg:sub(first, second - 1)
    local length = string.unpack(">I2", scan, 3)
    scan = scan:sub(1, length + 1) .. "\0"
      .. scan:sub(length + 3) -- all bits at once: a repetition is allowed then
    local bomb = jpeg:sub(1, first - 1) .. scan:rep(600) .. "\xff\xd9"
    local result, message, code = decode(bomb)
    assert.are.same({ nil, "file: JPEG of over 500 scans (fewer expected)", "format" }, { result, message,
      code })
  end)
end)

it("the module of images loads when it is used only", function()
  local program = require "spec.support.program"
  local command = "LD_DEBUG=files %s version 2>&1 | grep -c libpng"
  local out = program.shell(command:format(program.quote(program.path))).out
  assert.are.equal("0\n", out)
end)
