local canvases = require "datamaestro.api.canvas"
local image = require "datamaestro.api.image"
local images = require "spec.support.images"
local tensors = require "spec.support.tensors"

-- A canvas with an image on it, and that image.
local function with_image(width, height, pixels)
  local canvas = assert(canvases.new(width, height))
  local tensor = require "datamaestro.api.tensor".from("uint8", { height, width, 4 }, pixels)
  assert(canvas:draw(tensor, 0, 0, width, height, 0, 255))
  return canvas, tensor
end

local function counted(width, height)
  local pixels = {}
  for i = 1, width * height do
    table.move({ i % 256, i // 256 * 40 % 256, (i * i * 40503 >> 7 ~ i * 977) % 256, 255 }, 1, 4, #pixels + 1,
      pixels)
  end
  return with_image(width, height, pixels)
end

local function greys(canvas)
  local found = {}
  for _, row in canvas:tensor():iterate() do
    for _, pixel in row:iterate() do
      found[#found + 1] = pixel[1]
    end
  end
  return found
end

local function drawn(tensor, width, height, low, high)
  local canvas = canvases.new(width, height)
  assert(canvas:draw(tensor, 0, 0, width, height, low or 0, high or 255))
  return greys(canvas)
end

describe("a canvas", function()
  it("begins transparent, and is a tensor that shows what is drawn later", function()
    local canvas = canvases.new(2, 1)
    local tensor = canvas:tensor()
    assert.are.equal(0, tensor:max())
    canvas:fill(1, 0, 1, 1, 0x010203ff)
    assert.are.same({ 0, 0, 0, 0, 1, 2, 3, 255 }, tensors.elements(tensor))
    canvas:close()
    assert.are.equal(261, tensor:sum())
    tensors.assert_raises("calling 'size' on bad self (closed canvas (open canvas expected))",
      tensors.method(canvas, "size"))
  end)

  it("takes no more pixels than it says", function()
    tensors.assert_fails("picture: 100000 × 100000 pixels (1 × 1 to 67108864 in all expected)", "usage",
      canvases.new(100000, 100000))
    tensors.assert_raises("bad argument #1 to 'datamaestro.api.canvas.new' (1 or more expected)",
      canvases.new, 0, 1)
  end)

  it("leaves out what lies outside", function()
    local canvas = canvases.new(2, 2)
    canvas:fill(-5, -5, 6, 6, 0x0000ffff)
    canvas:fill(1, 1, 2147483647, 2147483647, 0xff0000ff)
    assert.are.same({ 0, 0, 0, 255 }, greys(canvas))
    canvas:text(-4, -2, "#\0é~", 0xffffffff, 3)
    assert(canvas:draw(tensors.counting("uint8", 3, 3), -1, -1, 3, 3, 0, 255))
    assert.are.same({ 4, 5, 7, 8 }, greys(canvas))
  end)

  it("mixes colours by their opacity", function()
    local canvas = canvases.new(1, 1)
    canvas:fill(0, 0, 1, 1, 0x000000ff)
    canvas:fill(0, 0, 1, 1, 0xff804080)
    assert.are.same({ 128, 64, 32, 255 }, tensors.elements(canvas:tensor()))
    canvas = canvases.new(1, 1)
    canvas:fill(0, 0, 1, 1, 0xff000080)
    canvas:fill(0, 0, 1, 1, 0x0000ff80)
    assert.are.same({ 85, 0, 170, 192 }, tensors.elements(canvas:tensor()))
  end)

  it("draws smaller by averages, larger by repetition", function()
    local four = require "datamaestro.api.tensor".from("uint8", { 2, 2 }, { 0, 100, 40, 200 })
    assert.are.same({ 85 }, drawn(four, 1, 1))
    assert.are.same({ 20, 150 }, drawn(four, 2, 1))
    assert.are.same({ 0, 0, 100, 100, 0, 0, 100, 100, 40, 40, 200, 200, 40, 40, 200, 200 }, drawn(four, 4, 4))
    assert.are.same({ 0, 0, 100, 40, 40, 200 }, { table.unpack(drawn(four, 3, 2)) })
  end)

  it("draws numbers of all types between black and white, NaN as black", function()
    local tensor = require "datamaestro.api.tensor"
    assert.are.same({ 0, 128, 255, 0, 255, 0 },
      drawn(tensor.from("float32", { 1, 6 }, { -1, 0, 1, -5, math.huge, 0 / 0 }), 6, 1, -1, 1))
    assert.are.same({ 255, 128, 0 }, drawn(tensor.from("int16", { 1, 3 }, { -2, 0, 2 }), 3, 1, 2, -2))
    for _, kind in ipairs { "uint8", "int8", "uint16", "int32", "int64", "float64" } do
      assert.are.same({ 0, 51, 102, 153, 204, 255 }, drawn(tensors.counting(kind, 1, 6), 6, 1, 0, 5), kind)
    end
  end)

  it("draws what is transparent into the average by its weight only", function()
    local canvas = with_image(2, 1, { 200, 0, 0, 255, 0, 100, 0, 0 })
    local half = canvases.new(1, 1)
    assert(half:draw(canvas:tensor(), 0, 0, 1, 1, 0, 255))
    assert.are.same({ 200, 0, 0, 128 }, tensors.elements(half:tensor()))
  end)

  it("draws images only", function()
    local canvas = canvases.new(1, 1)
    local expected = "tensor of uint8 %s (h × w or h × w × c, c from 1 to 4, expected of an image)"
    for _, shape in ipairs { { 4 }, { 2, 2, 5 }, { 0, 2 }, { 1, 1, 1, 1 } } do
      tensors.assert_fails(expected:format(table.concat(shape, " × ")), "usage",
        canvas:draw(tensors.counting("uint8", table.unpack(shape)), 0, 0, 1, 1, 0, 255))
    end
    tensors.assert_raises("bad argument #8 to '?' (a finite number other than low expected)",
      canvas.draw, canvas, tensors.counting("uint8", 1, 1), 0, 0, 1, 1, 3, 3)
  end)

  it("writes letters", function()
    local canvas = canvases.new(5, 7)
    canvas:text(0, 0, "L", 0xffffffff, 1)
    assert.are.equal("#....#....#....#....#....#....#####", (table.concat(greys(canvas), ",") .. ",")
      :gsub("%d+,", { ["0,"] = ".", ["255,"] = "#" }))
  end)

  -- A text as rows of '#' and '.'.
  local function written(text)
    local width = 6 * (utf8.len(text) or #text)
    local canvas = canvases.new(width, 8)
    canvas:fill(0, 0, width, 8, 0x000000ff)
    canvas:text(0, 0, text, 0xffffffff, 1)
    local marks = (table.concat(greys(canvas), ",") .. ","):gsub("%d+,", { ["0,"] = ".", ["255,"] = "#" })
    return "\n" .. marks:gsub(("."):rep(width), "%0\n")
  end

  it("writes letters with marks, and what hangs below the line", function()
    assert.are.equal([[

...#...#.#.........#.#..
..#.................#...
.###..#####..###...####.
....#.#.....#.....#.....
.####.####..#......###..
#...#.#.....#...#.....#.
.####.#####..###..####..
.............#..........
]], written "áËçŠ")
  end)

  it("draws what no letter is there for as a question mark", function()
    assert.are.equal(written "?", written "中")
    assert.are.equal(written "??", written "\xff\xc3")
    assert.are.equal(written "a-", written "a–")
  end)
end)

describe("half blocks", function()
  it("have the picture's pixels, two in a character", function()
    local canvas, tensor = counted(9, 5)
    local rows = images.blocks(canvas:blocks("true", true))
    assert.are.equal(6, #rows)
    for y = 1, 5 do
      for x = 1, 9 do
        assert.are.equal(tensor[y][x][1] << 16 | tensor[y][x][2] << 8 | tensor[y][x][3], rows[y][x])
      end
    end
    for x = 1, 9 do
      assert.is_false(rows[6][x])
    end
  end)

  it("let the ground show where the picture is transparent, and leave no colour behind", function()
    local canvas = canvases.new(3, 2)
    assert.are.equal("   \n", (canvas:blocks("true", true)))
    canvas:fill(1, 0, 1, 1, 0x0a0b0cff)
    canvas:fill(2, 1, 1, 1, 0x0a0b0cff)
    assert.are.equal(" \27[38;2;10;11;12m▀▄\27[0m\n", (canvas:blocks("true", true)))
  end)

  it("have the nearest of 256 colours", function()
    local canvas = canvases.new(5, 2)
    for i, colour in ipairs { 0x000000ff, 0xff0000ff, 0x5f87afff, 0x090909ff, 0xffffffff } do
      canvas:fill(i - 1, 0, 1, 2, colour)
    end
    assert.are.equal("\27[48;5;16m \27[48;5;196m \27[48;5;67m \27[48;5;232m \27[48;5;231m \27[0m\n",
      (canvas:blocks("256", true)))
  end)

  it("are averages where the terminal has no such characters, and letters without colours", function()
    local canvas = canvases.new(3, 2)
    canvas:fill(0, 0, 3, 2, 0x000000ff)
    canvas:fill(1, 0, 1, 1, 0xffffffff)
    canvas:fill(2, 0, 1, 2, 0xffffffff)
    assert.are.equal("\27[48;2;0;0;0m \27[48;2;127;127;127m \27[48;2;255;255;255m \27[0m\n",
      (canvas:blocks("true", false)))
    assert.are.equal(" =@\n", (canvas:blocks("none", true)))
    assert.are.equal("@+ \n", (canvas:blocks("none", true, true)))
  end)
end)

describe("sixels", function()
  local function percent(value)
    return (value * 100 + 127) // 255
  end

  it("have the picture's pixels where its colours are few", function()
    local canvas, tensor = counted(17, 13)
    local sixels = images.sixels(canvas:sixel(256))
    assert.are.same({ 17, 13 }, { sixels.width, sixels.height })
    for y = 1, 13 do
      for x = 1, 17 do
        local pixel = tensor[y][x]
        assert.are.same({ percent(pixel[1]), percent(pixel[2]), percent(pixel[3]) },
          sixels.colours[sixels.get(x, y)])
      end
    end
  end)

  it("keep to a number of colours, and near the picture", function()
    local canvas, tensor = counted(60, 30)
    for _, limit in ipairs { 2, 16, 256 } do
      local sixels = images.sixels(canvas:sixel(limit))
      local count, sum = 0, 0
      for _ in pairs(sixels.colours) do
        count = count + 1
      end
      for y = 1, 30 do
        for x = 1, 60 do
          sum = sum + sixels.colours[sixels.get(x, y)][1] * 2.55
        end
      end
      assert.is_true(count <= limit)
      local mean = 0
      for y = 1, 30 do
        for x = 1, 60 do
          mean = mean + tensor[y][x][1]
        end
      end
      assert.is_true(math.abs(sum - mean) / 1800 < 8, limit)
    end
  end)

  it("leave transparent pixels alone", function()
    local canvas = canvases.new(7, 8)
    assert.are.equal('\27P0;1;0q"1;1;7;8--\27\\', (canvas:sixel(16)))
    canvas:fill(0, 7, 7, 1, 0xff0000ff)
    assert.are.equal('\27P0;1;0q"1;1;7;8#0;2;100;0;0-#0!7A$-\27\\', (canvas:sixel(16)))
  end)
end)

describe("Kitty's commands", function()
  it("carry the PNG in pieces, and ask for no answer", function()
    local canvas, tensor = counted(120, 90)
    local png = image.png(canvas:tensor())
    assert.is_true(#png > 4096)
    local keys, bytes = images.kitty(canvases.kitty(png))
    assert.are.equal("a=T,f=100,q=2,m=1", keys)
    assert.are.equal(png, bytes)
    assert.are.equal(tensor:bytes(), image.decode(bytes, "kitty"):bytes())
  end)

  it("are one where the PNG is small", function()
    assert.are.equal("\27_Ga=T,f=100,q=2,m=0;YWI=\27\\", (canvases.kitty "ab"))
  end)
end)

describe("base64", function()
  it("is as RFC 4648 has it", function()
    for plain, coded in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==",
      fooba = "Zm9vYmE=", foobar = "Zm9vYmFy", ["\255\254\253"] = "//79" } do
      assert.are.equal(coded, (canvases.base64(plain)))
    end
  end)
end)

describe("bins", function()
  it("count values between two bounds, the upper one with the last bin", function()
    assert.are.same({ 2, 2, 3 }, canvases.bins(tensors.counting("int32", 9), 0, 6, 3))
    local tensor = require "datamaestro.api.tensor"
    assert.are.same({ 0, 2 }, canvases.bins(tensor.from("float64", 5, { 0 / 0, math.huge, 0.5, 1, -1 }), 0, 1,
      2))
  end)

  it("want a range and a number", function()
    local t = tensors.counting("int8", 3)
    tensors.assert_raises(
      "bad argument #3 to 'datamaestro.api.canvas.bins' (a finite number above low expected)",
      canvases.bins, t, 1, 1, 2)
    tensors.assert_raises("bad argument #4 to 'datamaestro.api.canvas.bins' (1 to 65536 expected)",
      canvases.bins, t, 0, 1, 0)
  end)
end)
