local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local digest = require "datamaestro.api.digest"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local FILES = "/usr/share/datasets/fashion-mnist/"
local NAMES = { "train_images", "train_labels", "test_images", "test_labels" }
local SERVED = {
  train_images = "train-images-idx3-ubyte.gz", train_labels = "train-labels-idx1-ubyte.gz",
  test_images = "t10k-images-idx3-ubyte.gz", test_labels = "t10k-labels-idx1-ubyte.gz",
}

-- Fashion-MNIST from a loopback server, declared by the bytes that Debian's files have.
local function fashion(url)
  local lines = { 'local image, IDX = use "image.data", use "datamaestro.data.tensor".IDX', "Fashion =" }
  for _, name in ipairs(NAMES) do
    local found = digest.file(FILES .. SERVED[name], { "sha256" })
    lines[#lines + 1] = ('filedownloader("%s.idx", "%s/%s", { size = %d, sha256 = "%s" }) ..'):format(
      name, url, SERVED[name], found.size, found.sha256)
  end
  lines[#lines + 1] = [[
    dataset { image.ImageClassification, "Fashion-MNIST from loopback" } ..
    function(train_images, train_labels, test_images, test_labels)
      return {
        train = image.LabelledImages {
          images = image.IDXImage { path = train_images }, labels = IDX { path = train_labels } },
        test = image.LabelledImages {
          images = image.IDXImage { path = test_images }, labels = IDX { path = test_labels } },
      }
    end]]
  return table.concat(lines, "\n")
end

local ID = "org.example.fashion"

describe("prepare, over nginx, from an empty data directory", function()
  local lab, server

  before_each(function()
    lab = Laboratory.new()
    server = Nginx.start()
    for _, name in pairs(SERVED) do
      server:link(FILES .. name)
    end
    lab:define(fashion(server.url))
  end)

  after_each(function()
    server:stop()
    lab:close()
  end)

  local function folder()
    return lab.data .. "/data/lab/org/example/fashion"
  end

  it("stores the four files of Fashion-MNIST, each the content of its source", function()
    local result = lab:run { "prepare", ID }
    assert.are.equal(0, result.status, result.err)
    for _, name in ipairs(NAMES) do
      local expected = program.shell(("gzip -dc %s%s | sha256sum"):format(FILES, SERVED[name])).out:sub(1, 64)
      assert.are.equal(expected, digest.file(("%s/%s.idx"):format(folder(), name), { "sha256" }).sha256)
    end
    for _, line in ipairs { "train_images%.idx: 47%.0 MB", "train_labels%.idx: 60%.0 KB",
      "test_images%.idx: 7%.8 MB", "test_labels%.idx: 10%.0 KB" } do
      assert.matches("%f[%w]" .. line .. "\n", result.err) -- as they come
    end
    assert.matches("\n4 files, 30%.9 MB in [^\n]+\n$", result.err)
  end)

  it("records where each file came from, its bytes as served and as stored", function()
    lab:run { "--quiet", "prepare", ID }
    local expected = {}
    for _, name in ipairs(NAMES) do
      expected[name] = { state = "complete", source = server.url .. "/" .. SERVED[name],
        served = digest.file(FILES .. SERVED[name], { "sha256" }),
        stored = digest.file(("%s/%s.idx"):format(folder(), name), { "sha256" }) }
    end
    local recorded = temp.read(folder() .. "/.state.json")
    local document = json.decode(recorded)
    for _, entry in pairs(document.resources) do
      assert.matches("^%x+$", entry.recipe)
      entry.recipe = nil
    end
    assert.are.same({ version = 1, resources = expected }, document)
    assert.matches('^{\n  "version": 1,\n  "resources": {\n    "test_images": {\n      "state": "complete",',
      recorded)
  end)

  it("prints one JSON object: id first, fields in declared order, absolute paths, null for unset", function()
    local result = lab:run { "--quiet", "prepare", ID }
    local function part(name)
      return ([[
{
    "id": "org.example.fashion.%s@lab",
    "images": {
      "id": "org.example.fashion.%s.images@lab",
      "path": "%s/%s_images.idx"
    },
    "labels": {
      "id": "org.example.fashion.%s.labels@lab",
      "path": "%s/%s_labels.idx"
    }
  }]]):format(name, name, folder(), name, name, folder(), name)
    end
    assert.are.equal(([[
{
  "id": "org.example.fashion@lab",
  "train": %s,
  "validation": null,
  "test": %s
}
]]):format(part "train", part "test"), result.out)
    assert.are.equal("", result.err)
  end)

  it("does no work, writes nothing and opens no connection the second time", function()
    local first = lab:run { "prepare", ID }
    local requests = #server:requests()
    local list = ("cd '%s' && stat -c '%%n %%y %%i' . .[!.]* *"):format(folder())
    local before = program.shell(list).out
    local second = lab:run({ "prepare", ID }, { env = { LD_DEBUG = "files" } })
    assert.are.equal(0, second.status)
    assert.are.equal(first.out, second.out)
    assert.are.equal(4, requests)
    assert.are.equal(requests, #server:requests())
    assert.is_nil(second.err:find "libcurl")
    assert.is_nil(second.err:find "libcrypto")
    assert.are.equal(before, program.shell(list).out)
  end)

  it("writes experimaestro's form on request", function()
    local found = json.decode(lab:run({ "prepare", "--encoder", "xpm", ID }).out)
    local images = found.train.images
    assert.are.same({ ["$type"] = "path", ["$value"] = folder() .. "/train_images.idx" }, images.path)
    assert.are.equal("datamaestro_image.data.idximage", images["$type"])
    assert.are.equal("datamaestro.data.tensor.idx", found.train.labels["$type"])
    assert.are.equal("datamaestro_image.data.labelledimages", found.train["$type"])
    assert.are.equal("datamaestro_image.data.imageclassification", found["$type"])
  end)

  it("opens tensors that a script can use", function()
    local script = temp.write(lab.folder .. "/script.lua", ([[
      local ds = assert(datamaestro.prepare %q)
      local images, labels = assert(ds.train.images:data()), assert(ds.train.labels:data())
      print(images:dtype(), images:shape())
      print(images:sum(), labels:sum(), labels[1], labels[60000])]]):format(ID))
    local result = lab:run { "--quiet", "run", script }
    local numpy = program.shell(([[/usr/bin/python3 -c "
import gzip, numpy
images = numpy.frombuffer(gzip.open('%s').read(), numpy.uint8, offset=16)
labels = numpy.frombuffer(gzip.open('%s').read(), numpy.uint8, offset=8)
print(images.sum(), labels.sum(), labels[0], labels[-1], sep='\t')"]]):format(
      FILES .. SERVED.train_images, FILES .. SERVED.train_labels))
    assert.are.equal("uint8\t60000\t28\t28\n" .. numpy.out, result.out)
  end)

  it("lets one of two processes fetch while the other waits, and both succeed", function()
    local command = ("env DATAMAESTRO_PATH=%s DATAMAESTRO_DIR='%s' %s prepare %s"):format(
      lab.env.DATAMAESTRO_PATH, lab.data, program.path, ID)
    local result = program.shell(("%s >%s/a & %s >%s/b & wait $! && wait"):format(
      command, lab.folder, command, lab.folder))
    assert.are.equal(0, result.status, result.err)
    assert.are.equal(4, #server:requests())
    assert.are.equal(temp.read(lab.folder .. "/a"), temp.read(lab.folder .. "/b"))
    assert.matches('"org.example.fashion@lab"', temp.read(lab.folder .. "/a"))
  end)

  it("keeps downloads as served when asked, and prepares from them offline", function()
    assert.are.equal(0, lab:run({ "--keep-downloads", "prepare", ID }).status)
    local url = server.url .. "/" .. SERVED.test_labels
    local kept = lab.data .. "/cache/" .. digest.string("sha256", '"' .. url .. '"')
    assert.are.equal(url, temp.read(kept .. ".url"))
    assert.are.equal(temp.read(FILES .. SERVED.test_labels), temp.read(kept .. ".dl"))
    program.shell(("rm -r '%s'"):format(folder()))
    local result = lab:run { "--offline", "--quiet", "prepare", ID }
    assert.are.equal(0, result.status, result.err)
    assert.are.equal(4, #server:requests())
  end)

  it("does not take a kept download that nothing proves, unless there is no asking anew", function()
    temp.write(server.root .. "/news", "old")
    lab:define_file(server.url .. "/news")
    lab:run { "--quiet", "--keep-downloads", "download", "org.example.data" }
    temp.write(server.root .. "/news", "new")
    local function fetched(...)
      os.remove(lab:path "data.bin")
      lab:run { "--quiet", "download", "org.example.data", ... }
      return temp.read(lab:path "data.bin")
    end
    assert.are.equal("new", fetched())
    assert.are.equal("old", fetched "--offline")
  end)

  it("removes from the cache what nobody comes back to", function()
    lab:define_file(server.url .. "/" .. SERVED.test_labels)
    local dead = require "datamaestro.api.process".owner():gsub("%d+$", "1") -- began at another time
    local old = ("%s/cache/abc.%s.part"):format(lab.data, dead)
    local young = ("%s/cache/def.%s.part"):format(lab.data, dead)
    local useless = ("%s/cache/ghi.%s.part"):format(lab.data, dead)
    for _, path in ipairs { old, young, useless } do
      temp.write(path, "part")
    end
    temp.write((old:gsub("part$", "journal")), "journal")
    temp.write((young:gsub("part$", "journal")), "journal")
    program.shell(("touch -d '8 days ago' '%s'"):format(old))
    assert.are.equal(0, lab:run({ "--quiet", "prepare", "org.example.data" }).status)
    assert.is_nil(io.open(old))
    assert.is_nil(io.open(useless)) -- nobody can go on with a part without a journal
    assert.are.equal("part", temp.read(young)) -- who starts that download again goes on with it
  end)

  it("checks the content's digest also where the bytes as served are right", function()
    local served = digest.file(FILES .. SERVED.test_labels, { "sha256" }).sha256
    lab:define_file(server.url .. "/" .. SERVED.test_labels,
      ("{ sha256 = %q, content = { sha256 = %q } }"):format(served, ("0"):rep(64)))
    assert.are.equal(5, lab:run({ "--quiet", "prepare", "org.example.data" }).status)
  end)

  it("fetches only what is missing", function()
    lab:run { "prepare", ID }
    os.remove(folder() .. "/test_labels.idx")
    local result = lab:run { "prepare", ID }
    assert.are.equal(0, result.status)
    assert.matches("^test_labels%.idx: 10%.0 KB\n1 file, 5%.1 KB in [^\n]+\n$", result.err)
    assert.are.equal(5, #server:requests())
  end)

  it("fetches nothing under --no-downloads, and still says where the files would be", function()
    local result = lab:run { "prepare", "--no-downloads", ID }
    assert.are.equal(0, result.status)
    assert.are.equal(folder() .. "/train_images.idx", json.decode(result.out).train.images.path)
    assert.are.equal(0, #server:requests())
    assert.is_nil(io.open(lab.data))
  end)

  it("downloads without printing the JSON, or with a short one", function()
    local result = lab:run { "download", "--quiet", ID }
    assert.are.same({ 0, "", "" }, { result.status, result.out, result.err })
    result = lab:run { "--json", "download", ID }
    assert.are.same({ id = ID, path = folder() }, json.decode(result.out))
  end)
end)

describe("a data directory of the Python program", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
    -- Nobody listens on port 1: whatever would be fetched fails.
    lab:define(fashion "http://127.0.0.1:1")
  end)

  after_each(function()
    lab:close()
  end)

  local function unpack_files()
    local folder = lab.data .. "/data/lab/org/example/fashion"
    for _, name in ipairs(NAMES) do
      temp.write(folder .. "/" .. name .. ".idx", "")
      program.shell(("gzip -dc %s%s >'%s/%s.idx'"):format(FILES, SERVED[name], folder, name))
    end
    return folder
  end

  it("is used without any download, by its state file", function()
    local folder = unpack_files()
    local state = temp.write(folder .. "/.state.json", '{\n  "version": 1,\n  "resources": {'
      .. '"train_images": {"state": "complete"}, "train_labels": {"state": "complete"},'
      .. '"test_images": {"state": "complete"}, "test_labels": {"state": "complete"}}}')
    local before = temp.read(state)
    local result = lab:run { "prepare", ID }
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("", result.err)
    assert.are.equal(before, temp.read(state))
  end)

  it("is adopted where it has no state file, as very old ones have none", function()
    local folder = unpack_files()
    local result = lab:run { "prepare", ID }
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("complete", json.decode(temp.read(folder .. "/.state.json")).resources.test_labels.state)
  end)

  it("keeps entries of resources that this definition does not have", function()
    local folder = unpack_files()
    temp.write(folder .. "/.state.json", '{"version": 1, "resources": {"OLD": {"state": "partial"}}}')
    assert.are.equal(0, lab:run({ "prepare", ID }).status)
    assert.are.equal("partial", json.decode(temp.read(folder .. "/.state.json")).resources.OLD.state)
  end)
end)
