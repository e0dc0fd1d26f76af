local ids = require "datamaestro.definition.ids"

describe("an id", function()
  it("splits CamelCase as the Python program does", function()
    local names = { ProcessedMNIST = "processed.mnist", MyData = "my.data", MNIST = "mnist",
      simple = "simple",
      TrainTexttripleFull = "train.texttriple.full", CIFAR10Train = "cifar10.train", KMNIST49 = "kmnist49",
      XMLHttpRequest = "xml.http.request", aB = "a.b", ["snake_case"] = "snake_case", A1B2 = "a1.b2" }
    for name, expected in pairs(names) do
      assert.equal(expected, ids.split_name(name))
    end
  end)

  it("begins with the file's path", function()
    assert.equal("com.lecun", ids.of_path "com/lecun.lua")
    assert.equal("com.lecun", ids.of_path "com/lecun/init.lua")
    assert.equal("edu.uci", ids.of_path "edu/UCI.lua")
  end)

  it("takes the option id as the Python program does", function()
    assert.equal("com.lecun.my.set", ids.make("com.lecun", "MySet", nil))
    assert.equal("com.lecun", ids.make("com.lecun", "MySet", ""))
    assert.equal("com.lecun.x", ids.make("com.lecun", "MySet", "x"))
    assert.equal("com.lecun.8.topics", ids.make("com.lecun", "MySet", ".8.topics"))
    assert.equal("org.other.set", ids.make("com.lecun", "MySet", "org.other.set"))
    assert.equal("com.lecun", ids.make("com.lecun", nil, nil))
  end)

  it("holds nothing that a path could not", function()
    for _, id in ipairs { "com.lecun.mnist", "a", "8.x", "a-b_c+d" } do
      assert.is_true(ids.is_valid(id), id)
    end
    for _, id in ipairs { "", ".", "a.", ".a", "a..b", "a/b", "a b", "a@b", "a\0b", "é" } do
      assert.is_false(ids.is_valid(id), id)
    end
  end)
end)

describe("a docstring", function()
  it("begins with the name: its first paragraph, joined", function()
    assert.same({ "The MNIST database", "" }, { ids.split_doc "The MNIST database" })
    assert.same({ "One name in two lines", "" }, { ids.split_doc "  One name\n   in two lines  \n" })
  end)

  it("goes on with the description, without its indentation", function()
    local name, description = ids.split_doc "\n    Name\n\n    First.\n      More.\n\n    Second.\n    "
    assert.equal("Name", name)
    assert.equal("First.\n  More.\n\nSecond.", description)
  end)

  it("may be empty, blank or of Windows' lines", function()
    assert.same({ "", "" }, { ids.split_doc "" })
    assert.same({ "", "" }, { ids.split_doc " \n\t\n" })
    assert.same({ "a", "b" }, { ids.split_doc "a\r\n\r\nb\r\n" })
  end)
end)
