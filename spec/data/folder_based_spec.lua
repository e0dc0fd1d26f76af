local Laboratory = require "spec.support.laboratory"
local images = require "spec.support.images"
local loader = require "datamaestro.data.loader"
local ml = require "datamaestro.data.ml"
local temp = require "spec.support.temp"
local tensors = require "spec.support.tensors"

local function grey(value)
  return images.png(1, 1, 8, 0, { string.char(value) })
end

describe("a folder of images by class", function()
  local folder

  before_each(function()
    folder = temp.folder()
    temp.write(folder .. "/cat/b.png", grey(2))
    temp.write(folder .. "/cat/a.PNG", grey(1))
    temp.write(folder .. "/cat/kittens/c.png", grey(3))
    temp.write(folder .. "/cat/notes.txt", "no image")
    temp.write(folder .. "/cat/.hidden.png", "no image")
    temp.write(folder .. "/dog/d.jpeg", temp.read "spec/fuzz/image/grey.jpg")
    temp.write(folder .. "/other/e.png", grey(5))
  end)

  after_each(function()
    temp.remove(folder)
  end)

  local function open(classes)
    return ml.FolderBased { path = folder, classes = classes or { "cat", "dog" } }
  end

  it("lists the images class by class, by name, also those further down", function()
    local list = assert(open():images())
    local names = {}
    for i = 1, #list do
      names[i] = list:path(i):sub(#folder + 2)
    end
    assert.are.same({ "cat/a.PNG", "cat/b.png", "cat/kittens/c.png", "dog/d.jpeg" }, names)
    assert.are.same({ 1, 1, 1, 2 }, assert(open():labels()):tolist())
    assert.are.same({ 1, 2, 2, 2 }, assert(open { "dog", "cat" }:labels()):tolist())
  end)

  it("opens an image when it is asked for, and not before", function()
    local list = assert(open():images())
    temp.write(folder .. "/cat/b.png", "damaged")
    assert.are.equal(1, list[1]:get(1, 1))
    assert.are.equal(3, list[3]:get(1, 1))
    assert.is_nil(list[5])
    tensors.assert_raises("image 6 (1 to 4 expected)", function() return list[6] end)
    tensors.assert_raises("image 0 (1 to 4 expected)", function() return list[0] end)
    local message = folder .. "/cat/b.png: begins with 64 61 6d 61 (PNG or JPEG expected)"
    tensors.assert_fails(message, "format", list:open(2))
    local ok, problem = pcall(function()
      return list[2]
    end)
    assert.are.same({ false, { message = message, code = "format" } }, { ok, problem })
    tensors.assert_raises("image 5 (1 to 4 expected)", list.path, list, 5)
    assert.are.equal("4 images, opened when asked for: images[i], images:path(i)", tostring(list))
  end)

  it("says which class has no folder or no images", function()
    tensors.assert_fails(folder .. "/cow: No such file or directory (folder of class 'cow' expected)",
      "unknown",
      open { "cat", "cow" }:images())
    os.execute("mkdir " .. folder .. "/empty")
    tensors.assert_fails(folder .. "/empty: no image (PNG or JPEG files expected)", "format",
      open { "empty" }:labels())
    tensors.assert_fails(folder .. ": class '../x' (name of a folder expected)", "definition",
      open { "../x" }:images())
  end)

  it("is loaded image by image, with the labels", function()
    local seen = {}
    for batch, labels in loader.new(open { "cat" }, { batch = 2 }) do
      assert.are.same({ #labels, 1, 1 }, { batch:shape() })
      for i = 1, #labels do
        seen[#seen + 1] = { batch:get(i, 1, 1), labels[i] }
      end
    end
    assert.are.same({ { 1, 1 }, { 2, 1 }, { 3, 1 } }, seen)
    local pets = open()
    local height, width = assert(pets:images())[4]:shape()
    local batches = loader.new({ pets:images(), pets:labels() }, { batch = 4 })
    local done, problem = pcall(batches)
    assert.are.same({ false, ("%s/dog/d.jpeg: uint8 %d × %d (uint8 1 × 1 expected, as the first; "
      .. "size = { height, width, 3 } makes all alike)"):format(folder, height, width), "format" },
      { done, tostring(problem), problem.code })
    for batch, labels in loader.new(pets, { size = { 4, 5, 3 }, normalize = { scale = 1 / 255 } }) do
      assert.are.same({ "float32", 4, 4, 5, 3 }, { batch:dtype(), batch:shape() })
      assert.are.same({ 1, 1, 1, 2 }, labels:tolist())
    end
  end)

  it("survives links that go in circles", function()
    os.execute(("ln -s . %s/cat/again"):format(folder))
    local list = assert(open():images())
    assert.is_true(#list >= 4)
  end)

  it("is a dataset that lints, is shown and is plotted", function()
    local lab = Laboratory.new()
    lab:define(([[
      local ml = use "datamaestro.data.ml"
      Data = filedownloader("list.txt", "file://%s/cat/notes.txt") ..
        dataset { ml.FolderBased, "Cats and dogs" } ..
        function(list)
          return { path = list:gsub("/[^/]*$", "/images"), classes = { "cat", "dog" } }
        end]]):format(folder):gsub("{ path = list:gsub%((.-)%), classes",
          "{ path = (list:gsub(%1)), classes"))
    assert.matches(": ok %(org%.example%.data%)\n$", lab:run({ "lint", lab.repository
      .. "/org/example.lua" }).out)
    assert.are.equal(0, lab:run({ "--quiet", "download", "org.example.data" }).status)
    os.execute(("cp -r %s '%s'"):format(folder, lab:path "images"))
    local env = { LC_ALL = "C.UTF-8", COLUMNS = "20" }
    assert.are.equal("cat █████████████ 3\ndog ████▎ 1\n", (lab:run({ "plot", "org.example.data" },
      { env = env }).out
      :gsub("^org.example.data\n", "")))
    assert.are.equal("org.example.data  FolderBased\n  count     4\n  classes   2\n"
      .. "    cat  3  75.0 %\n    dog  1  25.0 %\n", lab:run({ "describe", "org.example.data" }).out)
    local tree = lab:run { "cat", "org.example.data" }
    assert.are.same(tree, lab:run { "cat", "-f", "tree", "org.example.data" })
    assert.matches("^FolderBased ", tree.out)
    local shown = lab:run({ "show", "org.example.data" }, { env = env })
    assert.are.same({ 0, "" }, { shown.status, shown.err })
    assert.matches("\ncat cat cat dog\n$", shown.out)
    lab:close()
  end)
end)
