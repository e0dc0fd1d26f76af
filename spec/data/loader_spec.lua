local data = require "datamaestro.data"
local loader = require "datamaestro.data.loader"
local tensor = require "datamaestro.api.tensor"
local tensors = require "spec.support.tensors"
local types = require "datamaestro.data.types"

local assert_raises, counting = tensors.assert_raises, tensors.counting

local Pair = assert(types.new {
  name = "Pair", module = "spec", parent = data.Base,
  fields = { { "images", data.Base }, { "labels", data.Base }, { "note", "string", optional = true } },
})

local Values = assert(types.new {
  name = "Values", module = "spec", parent = data.Base, fields = { { "values", "any" } },
  methods = {
    data = function(self)
      return table.unpack(self.values, 1, self.values.n or #self.values)
    end,
  },
})

-- Ten images of 2 × 3 that begin with 0, 6, 12, …; their labels are 0 to 9.
local function pair()
  return Pair { images = Values { values = { counting("uint8", 10, 2, 3) } },
    labels = Values { values = { counting("uint8", 10) } }, note = "a pair" }
end

-- The labels of one epoch, batch by batch.
local function labels_of(batches)
  local found = {}
  for images, labels in batches do
    found[#found + 1] = labels:tolist()
    assert.are.same({ #labels, 2, 3 }, { images:shape() })
    for i, label in labels:iterate() do
      assert.are.equal(label * 6, images[i][1][1])
    end
  end
  return found
end

local function flat(lists)
  local all = {}
  for _, list in ipairs(lists) do
    table.move(list, 1, #list, #all + 1, all)
  end
  return all
end

describe("a loader", function()
  it("gives batches in order, the last of them smaller", function()
    local batches = loader.new(pair(), { batch = 4 })
    assert.are.same({ { 0, 1, 2, 3 }, { 4, 5, 6, 7 }, { 8, 9 } }, labels_of(batches))
    assert.are.same({ { 0, 1, 2, 3 }, { 4, 5, 6, 7 }, { 8, 9 } }, labels_of(batches))
    assert.are.equal(3, #batches)
  end)

  it("leaves the smaller batch out where asked to", function()
    local batches = loader.new(pair(), { batch = 4, drop_last = true })
    assert.are.same({ { 0, 1, 2, 3 }, { 4, 5, 6, 7 } }, labels_of(batches))
    assert.are.equal(2, #batches)
    assert.are.equal(5, #loader.new(pair(), { batch = 2, drop_last = true }))
    assert.are.equal(0, #loader.new(pair(), { batch = 11, drop_last = true }))
    assert.are.same({}, labels_of(loader.new(pair(), { batch = 11, drop_last = true })))
  end)

  it("scales each channel for itself, wherever the channels are", function()
    local mean, std = { 1, 2, 3 }, { 2, 4, 8 }
    for _, dtype in ipairs { "uint8", "int8", "uint16", "int16", "int32", "int64", "float32", "float64" } do
      for _, result in ipairs { "float32", "float64" } do
        local last = counting(dtype, 4, 2, 5, 3) -- n × h × w × c
        local second = last:transpose(2, 4)      -- n × c × w × h, as strides
        for _, t in ipairs { last, second, second:copy() } do
          local batches = loader.new(t, { batch = 3, shuffle = true, seed = 1, dtype = result,
            normalize = { scale = 2, mean = mean, std = std } })
          local order, done = tensor.order(4, 1, 1), 0
          for batch in batches do
            assert.are.equal(result, batch:dtype())
            for i, part in batch:iterate() do
              for channel = 1, 3 do
                local own = t[order[done + i]]:copy "float64"
                local dim = t == second and 1 or 3
                dim = t:size(2) == 3 and 1 or dim
                local expected = (own:select(dim, channel) * 2 - mean[channel]) / std[channel]
                assert.is_true(part:select(dim, channel):copy "float64" == expected)
              end
            end
            done = done + #batch
          end
        end
      end
    end
  end)

  it("takes tensors, arrays of these, and data that opens as some", function()
    local t, u = counting("int16", 3, 2), counting("float32", 3)
    local matrix = Values { values = { t, { "names" }, u, n = 3 } }
    for _, source in ipairs { t, { t, u }, { t, Values { values = { u } } }, matrix } do
      for first, second in loader.new(source, { batch = 3 }) do
        assert.is_true(first == t)
        assert.is_true(second == nil or second == u)
      end
    end
    for first in loader.new(t:narrow(1, 1, 0)) do
      error("a batch of " .. #first)
    end
  end)

  it("begins again where a loop was left", function()
    local batches = loader.new(pair(), { batch = 4 })
    assert.are.same({ 0, 1, 2, 3 }, select(2, batches()):tolist()) -- as a loop's first step
    assert.are.same({ 0, 1, 2, 3 }, labels_of(batches)[1])
  end)

  it("has an epoch for each loop, also within another", function()
    local batches = loader.new(pair(), { batch = 4, shuffle = true, seed = 3 })
    local first, second = flat(labels_of(loader.new(pair(), { shuffle = true, seed = 3 }))),
      flat(labels_of(loader.new(pair(), { shuffle = true, seed = 3, epoch = 2 })))
    local seen = {}
    for _, labels in batches do
      if #seen == 0 then
        assert.are.same(second, flat(labels_of(batches)))
      end
      seen[#seen + 1] = labels:tolist()
    end
    assert.are.same(first, flat(seen))
    assert.are.equal(3, batches.epoch)
    assert_raises("loader: no batch that it gave last (for images, labels in loader do … end expected)",
      function() batches(nil, 7) end)
  end)

  it("stacks a list of images", function()
    local list = {}
    for i = 1, 5 do
      list[i] = counting("uint8", 6, 7, 3) + i
    end
    local shapes, last = {}, nil
    for images in loader.new(list, { batch = 2 }) do
      shapes[#shapes + 1] = { images:shape() }
      last = images[1]
    end
    assert.are.same({ { 2, 6, 7, 3 }, { 2, 6, 7, 3 }, { 1, 6, 7, 3 } }, shapes)
    assert.is_true(last == list[5])
    local labels = counting("int64", 5)
    for images, numbers in loader.new({ list, labels },
      { batch = 5, shuffle = true, seed = 1, normalize = { mean = { 1, 2, 3 } } }) do
      for k, number in numbers:iterate() do
        assert.are.equal(number + 1 - 1, images[k][1][1][1])
        assert.are.equal(number + 1 + 5 - 3, images[k][1][2][3])
      end
    end
    local matrices = { counting("int16", 2, 3), counting("int16", 2, 3) }
    assert.are.same({ 2, 2, 3 }, { loader.new(matrices)():shape() })
    assert.are.equal(2, select("#", loader.new(matrices, { stack = false })()))
    assert.are.same({ 3, 4 }, { loader.new({ counting("int8", 4), counting("int8", 4), counting("int8", 4) },
      { stack = true })():shape() })
  end)

  it("makes images of different sizes alike, where that is asked for", function()
    local list = { counting("uint8", 6, 4, 3), counting("uint8", 8, 8, 3), counting("uint8", 5, 5, 1) }
    assert_raises("loader: image 2: uint8 8 × 8 × 3 (uint8 6 × 4 × 3 expected, as the first; "
      .. "size = { height, width, 3 } makes all alike)", loader.new, list)
    assert.are.same({ 3, 6, 4, 3 }, { loader.new(list, { size = { 6, 4, 3 } })():shape() })
    assert.is_true(loader.new(list, { size = { 6, 4, 3 } })()[1] == list[1])
    assert_raises("loader.size: no images to resize (a list or a folder of images expected)", loader.new,
      counting("uint8", 6, 4, 3), { size = { 2, 2 } })
    assert_raises("loader.size: { height, width } or { height, width, channels } expected, 1 channel or 3",
      loader.new, list, { size = { 2 } })
  end)

  it("shows itself, and cannot be changed", function()
    local batches = loader.new(pair(), { batch = 4, shuffle = true, seed = -7, epoch = 3 })
    assert.are.equal("loader of 3 batches of 4, shuffled with seed -7", tostring(batches))
    assert.are.equal("loader of 1 batches of 32", tostring(loader.new(pair())))
    assert.are.same({ -7, 3, 10 }, { batches.seed, batches.epoch, batches.size })
    assert.is_nil(batches.tensors)
    assert_raises("loader.seed: a loader cannot be changed (make another one)",
      function() batches.seed = 1 end)
  end)
end)

describe("a shuffled loader", function()
  local function by_python(count, seed, epoch)
    local handle <close> = assert(io.popen(("/usr/bin/python3 spec/support/order_by_python.py %d %d %d")
      :format(count, seed, epoch)))
    local order = {}
    for number in handle:read "a":gmatch "%d+" do
      order[#order + 1] = math.tointeger(number)
    end
    return order
  end

  it("has the order that its generator's description gives, on every machine", function()
    for _, seed in ipairs { 0, 42, -1, math.mininteger, math.maxinteger } do
      for epoch = 0, 2 do
        assert.are.same(by_python(1000, seed, epoch), tensor.order(1000, seed, epoch):tolist())
      end
    end
    assert.are.same({ 3, 6, 1, 10, 5, 8, 9, 7, 4, 2 }, tensor.order(10, 42, 0):tolist())
    assert.are.same({ 1, 2, 3, 4 }, tensor.order(4):tolist())
    assert.are.same({}, tensor.order(0, 1):tolist())
    assert.are.same({ 1 }, tensor.order(1, 1):tolist())
  end)

  it("gives each part once, in an order of seed and epoch", function()
    local first, second = loader.new(pair(), { batch = 3, shuffle = true, seed = 42 }),
      loader.new(pair(), { batch = 4, shuffle = true, seed = 42 })
    local epochs = {}
    for epoch = 1, 3 do
      epochs[epoch] = flat(labels_of(first))
      assert.are.same(epochs[epoch], flat(labels_of(second)))
      local sorted = table.move(epochs[epoch], 1, 10, 1, {})
      table.sort(sorted)
      assert.are.same({ 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 }, sorted)
      for i, number in ipairs(by_python(10, 42, epoch)) do
        assert.are.equal(number - 1, epochs[epoch][i])
      end
    end
    assert.are_not.same(epochs[1], epochs[2])
    assert.are.same(epochs[3], flat(labels_of(loader.new(pair(), { shuffle = true, seed = 42, epoch = 3 }))))
    assert.are_not.same(epochs[1], flat(labels_of(loader.new(pair(), { shuffle = true, seed = 43 }))))
  end)

  it("chooses a seed where none is given, and tells it", function()
    local batches = loader.new(pair(), { shuffle = true })
    assert.are.equal("integer", math.type(batches.seed))
    assert.are.same(flat(labels_of(batches)),
      flat(labels_of(loader.new(pair(), { shuffle = true, seed = batches.seed }))))
    assert.is_nil(loader.new(pair(), { seed = 3 }).seed)
  end)
end)

describe("a batch", function()
  local function float(value)
    return (string.unpack("f", string.pack("f", value)))
  end

  it("is normalised in float32, or in the type asked for; labels stay as they are", function()
    local normalize = { scale = 1 / 255, mean = 0.5, std = 0.25 }
    for images, labels in loader.new(pair(), { normalize = normalize }) do
      assert.are.equal("float32", images:dtype())
      assert.are.equal("uint8", labels:dtype())
      local factor, summand = float(1 / 255 / 0.25), float(-0.5 / 0.25)
      for i, value in ipairs(tensors.elements(images)) do
        assert.are.equal(float(float((i - 1) * factor) + summand), value)
      end
    end
    for images in loader.new(pair(), { normalize = { scale = 2, offset = 1, mean = 3, std = 4 },
      dtype = "float64" }) do
      assert.are.equal("float64", images:dtype())
      assert.are.equal(((59 * 2 + 1) - 3) / 4, images[10][2][3])
    end
  end)

  it("is scaled from every type, from views of any kind", function()
    for dtype in pairs(tensors.formats) do
      local t = counting(dtype, 4, 3, 5)
      for _, view in ipairs { t, t:transpose(1, 3), t:narrow(3, 2, 2), t:reshape(60) } do
        for _, to in ipairs { "float32", "float64" } do
          for batch in loader.new(view, { batch = 100, dtype = to,
            normalize = { scale = 0.5, offset = -3 } }) do
            local expected = tensors.elements(view)
            for i, value in ipairs(tensors.elements(batch)) do
              assert.are.equal(expected[i] * 0.5 - 3, value)
            end
          end
        end
      end
    end
    local large = tensor.from("int64", 1, { (1 << 53) + 2 })
    for batch in loader.new(large, { normalize = { offset = -(2.0 ^ 53) } }) do
      assert.are.equal(2.0, batch[1])
    end
  end)

  it("is converted without being scaled, exactly or not at all", function()
    for images in loader.new(pair(), { dtype = "int64" }) do
      assert.are.same({ "int64", 59 }, { images:dtype(), images[10][2][3] })
    end
    local done, failure = pcall(function()
      for _ in loader.new(counting("int16", 300), { dtype = "uint8", batch = 300 }) do
        error "no batch expected"
      end
    end)
    assert.is_false(done)
    assert.are.equal("value 256: out of range (uint8 expected)", tostring(failure))
    assert.are.equal("format", failure.code)
  end)

  it("is closed when the next one comes; its views are not", function()
    local kept, views = {}, {}
    for images, labels in loader.new(pair(), { batch = 4 }) do
      kept[#kept + 1] = labels
      views[#views + 1] = images[1]
    end
    assert.are.equal("tensor<closed>", tostring(kept[1]))
    assert_raises("bad argument #1 to 'index' (closed tensor (open tensor expected))",
      function() return kept[2][1] end)
    assert.are.same({ 8, 9 }, kept[3]:tolist())
    assert.are.same({ { { 0, 1, 2 }, { 3, 4, 5 } }, { { 24, 25, 26 }, { 27, 28, 29 } },
      { { 48, 49, 50 }, { 51, 52, 53 } } }, { views[1]:tolist(), views[2]:tolist(), views[3]:tolist() })
  end)

  it("stays open where that is asked for", function()
    local kept = {}
    for _, labels in loader.new(pair(), { batch = 4, fresh = true }) do
      kept[#kept + 1] = labels
    end
    assert.are.same({ 0, 1, 2, 3 }, kept[1]:tolist())
  end)

  it("takes no more memory in many epochs than in one #costly", function()
    local images = counting("int32", 2000, 184)
    local function resident()
      collectgarbage()
      for line in io.lines "/proc/self/status" do
        local size = line:match "^VmRSS:%s+(%d+) kB"
        if size then
          return math.tointeger(size)
        end
      end
    end
    local batches = loader.new(images, { batch = 512, shuffle = true, normalize = { scale = 0.5 } })
    local function epochs(count)
      for _ = 1, count do
        for batch in batches do
          assert.are.equal("float32", batch:dtype())
        end
      end
      return resident()
    end
    local maps <close> = assert(io.open "/proc/self/maps")
    local quarantine = maps:read("a"):find "libasan" and 256 << 10 or 0 -- keeps what was freed
    local before = epochs(3)
    assert.is_true(epochs(100) - before < 4096 + quarantine)
  end)

  it("can be made by hand, over memory of a tensor that is given up", function()
    local t = counting("uint8", 4, 2)
    local order = tensor.order(4)
    local first = assert(tensor.batch(t, order, 2, 2))
    assert.are.same({ { 2, 3 }, { 4, 5 } }, first:tolist())
    local second = assert(tensor.batch(t, order, 4, 1, "int16", nil, nil, first))
    assert.are.same({ { 6, 7 } }, second:tolist())
    assert.are.equal("tensor<closed>", tostring(first))
    assert.are.equal("float32", tensor.batch(t, order, 1, 4, "float32", 2.0):dtype())
    local folder = tensors.folder()
    assert(t:save(folder .. "/t.npy"))
    local mapped = assert(tensor.npy(folder .. "/t.npy"))
    assert.are.same({ { 0, 1 } }, tensor.batch(t, order, 1, 1, nil, nil, nil, mapped):tolist())
    assert.are.equal("tensor<closed>", tostring(mapped))
    assert.are.same({ 6, 7 }, tensor.npy(folder .. "/t.npy")[4]:tolist())
    tensors.remove(folder)
    assert_raises("bad argument #4 to 'batch' (indices beyond the order)", function()
      local batch = tensor.batch(t, order, 3, 3)
      return batch
    end)
  end)
end)

describe("wrong use of a loader", function()
  local function refused(message, source, options)
    assert_raises(message, function()
      local made = loader.new(source, options)
      return made
    end)
  end

  it("raises at the caller's line", function()
    local line = debug.getinfo(1, "l").currentline + 1
    local _, message = pcall(function() local made = loader.new(pair(), { batch = 0 }) return made end)
    assert.are.equal(("spec/data/loader_spec.lua:%d: loader.batch: 0 (1 or more expected)"):format(line),
      message)
  end)

  it("is named: options", function()
    refused("loader.bacth: unknown field (did you mean 'batch'?)", pair(), { bacth = 1 })
    refused("loader.seed: float (integer expected)", pair(), { shuffle = true, seed = 0.5 })
    refused("loader.shuffle: integer (boolean expected)", pair(), { shuffle = 1 })
    refused("loader: string (table expected)", pair(), "batch")
    refused("loader.normalize: boolean (table expected)", pair(), { normalize = true })
    refused("loader.normalize.std: 0 (another number expected)", pair(), { normalize = { std = 0 } })
    refused("loader.normalize.mean: inf (finite number expected)", pair(),
      { normalize = { mean = math.huge } })
    refused("loader.normalize.avg: unknown field (scale, offset, mean, std, channel expected)", pair(),
      { normalize = { avg = 1 } })
    refused("loader.normalize.mean: number 2: string (number expected)", pair(),
      { normalize = { mean = { 1, "x" } } })
    refused("loader.normalize.std: number 1: 0 (another number expected)", pair(),
      { normalize = { std = { 0 } } })
    refused("loader.normalize.std: 2 numbers (3 expected, as the others have)", pair(),
      { normalize = { mean = { 1, 2, 3 }, std = { 1, 2 } } })
    refused("loader.normalize: 4 numbers (as many as channels expected; the tensor is 10 × 2 × 3)", pair(),
      { normalize = { mean = { 1, 2, 3, 4 } } })
    refused("loader.normalize: 2 numbers (as many as channels expected; the tensor is 10 × 2 × 3)", pair(),
      { normalize = { mean = { 1, 2 }, channel = 3 } })
    refused("loader.dtype: 'uint8' (float32 or float64 expected with normalize)", pair(),
      { normalize = {}, dtype = "uint8" })
    refused("loader.dtype: 'uint32' (uint8, int8, uint16, int16, int32, int64, float32, float64 expected)",
      pair(), { dtype = "uint32" })
  end)

  it("is named: what is to be loaded", function()
    refused("loader: nil without tensors (data that opens as some expected)", nil)
    refused("loader: part 1: string (tensor, or data that opens as one, expected)", "images")
    refused("loader: part 2: integer (tensor, or data that opens as one, expected)",
      { counting("int8", 1), 1 })
    refused("loader: table without tensors (data that opens as some expected)", {})
    refused("loader: Generic without tensors (data that opens as some expected)", data.Generic {})
    local part = Pair { images = Values { values = {} }, labels = Values { values = {} } }
    refused("loader: Supervised without tensors (its field train or test expected?)",
      require "datamaestro.data.ml".Supervised { id = "org.example", train = part, test = part })
    refused("loader: tensors of 2 and of 3 parts (as many expected)",
      { counting("int8", 2), counting("int8", 3) })
  end)

  it("is not a file that cannot be opened: that raises a table of message and code", function()
    local IDX = require "datamaestro.data.tensor".IDX
    local done, failure = pcall(loader.new, Pair { images = IDX { path = "/none.idx" },
      labels = IDX { path = "/n" } })
    assert.is_false(done)
    assert.are.same({ "/none.idx: No such file or directory", "unknown" },
      { tostring(failure), failure.code })
  end)
end)

describe("the library", function()
  local Laboratory = require "spec.support.laboratory"

  it("has loaders and NumPy's files, the prompt `loader` too", function()
    local lab = Laboratory.new()
    local folder = tensors.folder()
    local result = lab:run({ "repl" }, { input = ([[
      t = datamaestro.tensor.from("uint8", 4, { 1, 2, 3, 4 })
      for b in loader(t, { batch = 3, normalize = { offset = 0.5 } }) do print(b) end
      datamaestro.save("F/t.npz", { t = t }), t:save "F/t.npy"
      all, one = datamaestro.load "F/t.npz", datamaestro.load("F/t.npz", "t")
      all.t == t, one == t, datamaestro.load "F/t.npy" == t
      datamaestro.loader(t, { batch = 0 })
    ]]):gsub("F/", folder .. "/") })
    lab:close()
    tensors.remove(folder)
    assert.are.equal("tensor<float32 3>\n[1.5 2.5 3.5]\ntensor<float32 1>\n[4.5]\n"
      .. "true\ttrue\ntrue\ttrue\ttrue\n", result.out)
    assert.are.equal("[6]:1: loader.batch: 0 (1 or more expected)\n", result.err)
  end)
end)
