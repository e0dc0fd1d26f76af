-- The datasets that come with the program.
local registry = require "datamaestro.definition.registry"
local types = require "datamaestro.data.types"

local roots = { require "datamaestro.api.host".datasets }

describe("the shipped datasets", function()
  local families, problems = registry.open { roots = roots }:datasets()
  local datasets = {}
  for _, family in ipairs(families) do
    local variants = assert(family:samples(10))
    table.move(variants, 1, #variants, #datasets + 1, datasets)
  end

  it("load without a problem", function()
    assert.same({}, problems)
    local ids = {}
    for i, dataset in ipairs(families) do
      ids[i] = dataset.id .. "@" .. dataset.repository.id
    end
    assert.same({ "com.github.facebookresearch.qmnist@image",
      "com.github.zalandoresearch.fashion.mnist@image",
      "com.lecun.mnist@image", "gov.nist.biometrics.emnist@image", "jp.ac.rois.codh.kmnist@image",
      "edu.uci.iris@ml", "org.grouplens.movielens@ml" }, ids)
  end)

  for _, dataset in ipairs(datasets) do
    it(("say what %s is, where it is, and how to tell that it is whole"):format(dataset.id), function()
      assert.is_truthy(dataset.name ~= "" and dataset.description ~= "" and dataset.url)
      for _, resource in ipairs(dataset.resources) do
        assert.is_truthy(resource.sha256 or resource.md5, resource.name)
      end
    end)

    it(("build %s, with ids for all that is in it"):format(dataset.id), function()
      local paths = {}
      for _, resource in ipairs(dataset.resources) do
        paths[resource.name] = "/data/" .. resource.filename
      end
      local object = assert(dataset:build(paths))
      assert.is_true(types.is(object, dataset.type))
      assert.equal(dataset.id .. "@" .. dataset.repository.id, object.id)
      local function walk(one)
        assert.equal("string", type(one.id))
        for _, value in pairs(one) do
          if types.type_of(value) then
            walk(value)
          end
        end
      end
      walk(object)
    end)
  end

  it("of MNIST's form declare the sizes that the IDX format gives", function()
    local sizes = { train_images = 16 + 60000 * 28 * 28, train_labels = 8 + 60000,
      test_images = 16 + 10000 * 28 * 28, test_labels = 8 + 10000 }
    for _, dataset in ipairs(datasets) do
      for _, resource in ipairs(dataset.resources) do
        if resource.content then
          assert.equal(sizes[resource.name], resource.content.size)
        end
      end
    end
  end)

  it("hold Fashion-MNIST as Debian packs it, wherever that is installed", function()
    local file = require "datamaestro.api.file"
    local fashion = registry.open { roots = roots }:find "com.github.zalandoresearch.fashion.mnist"
    for _, resource in ipairs(fashion.resources) do
      local debian = resource.mirrors[#resource.mirrors]
      assert.matches("^file:///usr/share/datasets/fashion%-mnist/", debian.url)
      assert.equal("gzip", debian.transforms)
      local path = debian.url:gsub("^file://", "")
      if file.stat(path) then
        local pipe = io.popen(("gzip -dc '%s' | sha256sum"):format(path))
        local sum = pipe:read "a":match "^%x+"
        pipe:close()
        assert.equal(resource.content.sha256, sum)
      end
    end
  end)
end)
