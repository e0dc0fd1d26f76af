-- Families of datasets: axes, selectors, and the datasets that they name.
local script = require "spec.support.script"

local HEAD = 'local File = use "datamaestro.data".File\n'
local AXES = [[
  size = Axis({ "small", "large" }, { default = "small", elide_default = true }),
  seed = Axis { type = "integer", default = 1 },
  mode = Axis { "fast", "slow", default = "fast", in_id = false },
]]

local function source(axes, steps, builder)
  return HEAD .. ([[X = %s ..
  dataset { File, "X", variants = AxesVariants { %s } } ..
  %s]]):format(steps or 'filedownloader("a.txt", "https://host/a")', axes or AXES,
    builder or "function(a) return { path = a } end")
end

local function family(...)
  return assert(script.load(source(...)))[1]
end

-- What a selector of one axis gives: its value in the id | the message.
local function value(axis, raw)
  local found, message, code = family("k = " .. axis):select("k=" .. raw)
  if found then
    return found.id:match "^com%.test%.x%[k=(.*)%]$" or found.id
  end
  assert.equal("usage", code)
  return (message:gsub("^com%.test%.x: ", ""))
end

describe("a family's dataset", function()
  it("has the canonical id and a folder of its own", function()
    local set = family()
    assert.is_true(set:is_family())
    local found = set:select "seed=07,size=large"
    assert.equal("com.test.x[seed=7,size=large]", found.id)
    assert.equal("com/test/x/seed=7,size=large", found.folder)
    assert.same({ size = "large", seed = 7, mode = "fast" }, found.values)
    assert.equal(set, found.family)
    assert.is_false(found:is_family())
    assert.equal("dataset com.test.x[seed=7,size=large]@spec", tostring(found))
  end)

  it("leaves out what is elided, and what is in no id", function()
    local set = family()
    assert.equal("com.test.x[seed=1]", set:select().id)
    assert.equal("com.test.x[seed=1]", set:select("size=small,mode=slow").id)
    set = family 'size = Axis({ "a", "b" }, { default = "a", elide_default = true })'
    assert.equal("com.test.x", set:select().id)
    assert.equal("com/test/x", set:select().folder)
    assert.equal("com/test/x/size=b", set:select("size=b").folder)
  end)

  it("is one and the same for the same values", function()
    local set = family()
    assert.equal(set:select(), set:select "[seed=1]" or set:select " seed = 1 ,, size=small ")
    assert.equal(set:select(), set:select " seed = 1 ,, size=small ")
    assert.not_equal(set:select(), set:select "mode=slow")
    assert.equal(set:select().folder, set:select("mode=slow").folder)
  end)

  it("gives the function the axes that it names", function()
    local set = family('size = Axis { "s", "l" }, on = Axis { true, false }, x = Axis { type = "number?", '
      .. "default = null }", nil, [[function(size, a, on, x)
        return { path = a .. "/" .. size .. "/" .. tostring(on) .. "/" .. tostring(x) } end]])
    assert.equal("/a/l/false/nil", set:select("size=l,on=no"):build({ a = "/a" }).path)
    assert.equal("/a/s/true/0.5", set:select("size=s,on=1,x=0.5"):build({ a = "/a" }).path)
  end)

  it("has nested ids with the selector before the field, and the repository last", function()
    local set = assert(script.load([[
      local ml, File = use "datamaestro.data.ml", use "datamaestro.data".File
      X = filedownloader("a.txt", "https://host/a") ..
        dataset { ml.Supervised, variants = AxesVariants { k = Axis { 1, 2 } } } ..
        function(a) return { train = File { path = a } } end]]))[1]
    local object = set:select("k=2"):build { a = "/a" }
    assert.equal("com.test.x[k=2]@spec", object.id)
    assert.equal("com.test.x[k=2].train@spec", object.train.id)
  end)

  it("has resources that depend on it, where their step stands", function()
    local set = family(AXES, [[filedownloader("first", "https://host/first") ..
      resources(function(v)
        if v.seed == 2 then return nil end
        return filedownloader("a.txt", "https://host/" .. v.size .. "-" .. v.seed) ..
          filedownloader("b.txt", "https://host/b")
      end) .. filedownloader("last", "https://host/last")]], "function(first) return { path = first } end")
    local names = {}
    for i, resource in ipairs(set:select("seed=3,size=large").resources) do
      names[i] = resource.name
    end
    assert.same({ "first", "a", "b", "last" }, names)
    assert.equal("https://host/large-3", set:select("seed=3,size=large"):resource("a").url)
    assert.equal("https://host/small-3", set:select("seed=3"):resource("a").url)
    assert.equal(2, #set:select("seed=2").resources)
    assert.is_nil(set:resource "a")
  end)

  it("gives samples: all where they are few, else the one of the defaults", function()
    local function ids(axes, limit)
      local found = {}
      for i, one in ipairs(assert(family(axes):samples(limit))) do
        found[i] = one.id:match "%[(.*)%]"
      end
      return found
    end
    local axes = "k = Axis { 1, 2 }, b = Axis { true, false, default = false }, c = Axis { default = 'x' }"
    assert.same({ "b=true,c=x,k=1", "b=true,c=x,k=2", "b=false,c=x,k=1", "b=false,c=x,k=2" }, ids(axes, 4))
    assert.same({ "b=false,c=x,k=1" }, ids(axes, 3))
    assert.same({}, ids("k = Axis { 1, 2 }, open = Axis {}", 64))
    assert.same({ "k=1", "k=null" }, ids("k = Axis { 1, default = null }", 64))
  end)
end)

describe("a family's folder", function()
  local function found(set, name)
    local list, complete = set:in_folder(name)
    local ids = {}
    for i, one in ipairs(list or {}) do
      ids[i] = one.id .. (one.values.mode and " " .. one.values.mode or "")
    end
    return list and ids, complete
  end

  it("names the datasets that stand in it", function()
    local set = family()
    assert.same({ "com.test.x[seed=7,size=large] fast", "com.test.x[seed=7,size=large] slow" },
      (found(set, "seed=7,size=large")))
    assert.same({ "com.test.x[seed=1] fast", "com.test.x[seed=1] slow" }, (found(set, "seed=1")))
    assert.is_true(select(2, found(set, "seed=1")))
    assert.equal(set:select "seed=1,mode=slow", set:in_folder "seed=1"[2])
  end)

  it("has exactly the name that the folder has", function()
    for _, name in ipairs { "", "size=large", "seed=1,size=small", "seed=01", "size=large,seed=1",
      "seed=1,mode=fast",
      "seed=x", "seed", "seed=1,", " seed=1", "seed=1,size=huge", "seed=%31" } do
      assert.is_nil(family():in_folder(name), name)
    end
  end)

  it("may be the family's own, and have odd characters", function()
    local set = family 'size = Axis({ "a", "b" }, { default = "a", elide_default = true })'
    assert.same({ "com.test.x" }, (found(set, "")))
    set = family 'k = Axis { type = "string" }'
    assert.same({ "com.test.x[k=a/b%c]" }, (found(set, "k=a%2Fb%25c")))
    assert.is_nil(set:in_folder "k=a%2fb")
  end)

  it("does not know all where axes in no id are open, or a variant cannot be made", function()
    assert.is_false(select(2, found(family 'k = Axis({ type = "integer", default = 1, in_id = false })', "")))
    local set = family("k = Axis { 1, 2 }", [[resources(function(v)
      if v.k == 2 then error "no two" end return filedownloader("a.txt", "https://host/a") end)]])
    assert.same({ "com.test.x[k=1]" }, (found(set, "k=1")))
    local list, complete = found(set, "k=2")
    assert.same({}, list)
    assert.is_false(complete)
  end)
end)

describe("a selector's value", function()
  it("is read as its axis' type says", function()
    local cases = {
      { 'Axis { type = "string" }', { ["a b"] = "a b", ["7"] = "7", ["a=b"] = "a=b", [""] = "",
        ["é"] = "é" } },
      { 'Axis { type = "integer" }', { ["7"] = "7", ["+7"] = "7", ["-0"] = "0", ["007"] = "7" } },
      { 'Axis { type = "boolean" }', { ["true"] = "true", YES = "true", ["1"] = "true", ["False"] = "false",
        no = "false", ["0"] = "false" } },
      { 'Axis { type = "number" }', { ["3"] = "3.0", ["3.14"] = "3.14", ["1e5"] = "100000.0", [".5"] = "0.5",
        ["1e16"] = "1e+16", ["123456789012345.6"] = "123456789012345.6", ["0.0001"] = "0.0001",
        ["0.00001"] = "1e-05", ["-0"] = "-0.0", ["1e22"] = "1e+22", ["5e-324"] = "5e-324",
        ["1.7976931348623157e308"] = "1.7976931348623157e+308", ["0.1"] = "0.1",
        ["9007199254740993"] = "9007199254740992.0", ["12345678.9"] = "12345678.9",
        ["1.5e-7"] = "1.5e-07" } },
      { 'Axis { type = "number?" }', { null = "null", None = "null", NULL = "null" } },
      { 'Axis {}', { null = "null", x = "x" } },
      { 'Axis { 1, 2, 3 }', { ["2"] = "2" } },
      { 'Axis { 0.5, 2.0 }', { ["2"] = "2.0", ["0.50"] = "0.5" } },
      { 'Axis { 1, "x", 2.5, true, null }', { ["1"] = "1", x = "x", ["2.5"] = "2.5", ["true"] = "true",
        none = "null" } },
      { 'Axis({ 1, 2 }, { type = "number" })', { ["1"] = "1.0" } },
      { 'Axis({ "a" }, { default = null })', { null = "null", a = "a" } },
      { 'Axis(nil, { type = "integer" })', { ["5"] = "5" } },
    }
    for _, case in ipairs(cases) do
      for raw, text in pairs(case[2]) do
        assert.equal(text, value(case[1], raw), case[1] .. " " .. raw)
      end
    end
  end)

  it("is refused with what is allowed, and a guess", function()
    local CONTROL = "k: a value with control characters (one line of UTF-8 expected)"
    local cases = {
      { 'Axis { "small", "large" }', "lrage", "k=lrage (small, large expected; did you mean 'large'?)" },
      { 'Axis { "small", "large" }', "null", "k=null (small, large expected)" },
      { 'Axis { 1, 2 }', "3", "k=3 (1, 2 expected)" },
      { 'Axis { 1, 2 }', "1.0", "k=1.0 (1, 2 expected)" },
      { 'Axis { type = "integer" }', "0x10", "k=0x10 (integer expected)" },
      { 'Axis { type = "integer" }', "99999999999999999999", "k=99999999999999999999 (integer expected)" },
      { 'Axis { type = "integer" }', "none", "k=none (integer expected)" },
      { 'Axis { type = "number" }', "inf", "k=inf (number expected)" },
      { 'Axis { type = "number" }', "1e999", "k=1e999 (number expected)" },
      { 'Axis { type = "number" }', "0x1p4", "k=0x1p4 (number expected)" },
      { 'Axis { type = "boolean" }', "maybe", "k=maybe (boolean expected)" },
      { 'Axis { type = "string" }', "a@b", "k: '@' in a value (no brackets, ',' or '@')" },
      { 'Axis { type = "string" }', "a[b", "k: '[' in a value (no brackets, ',' or '@')" },
      { 'Axis { type = "string" }', "a\nb", CONTROL },
      { 'Axis { type = "string" }', "\255", CONTROL },
      { 'Axis { type = "string" }', ("x"):rep(101), "k: a value of 101 bytes (100 at most)" },
    }
    for _, case in ipairs(cases) do
      assert.equal(case[3], value(case[1], case[2]))
    end
  end)

  it("is refused with the first twenty of many", function()
    local many = "Axis((function() local l = {} for i = 1, 30 do l[i] = i end return l end)())"
    assert.equal("k=0 (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20 and 10 more "
      .. "expected)", (value(many, "0"):gsub("; did you mean.-%)", ")")))
  end)

  it("may hold what a path may not: the folder has it encoded", function()
    local set = family "k = Axis {}"
    assert.equal("com.test.x[k=a/b]", set:select("k=a/b").id)
    assert.equal("com/test/x/k=a%2Fb", set:select("k=a/b").folder)
    assert.equal("com/test/x/k=..%2F..%2F%25%5C", set:select("k=../../%\\").folder)
  end)
end)

describe("a selector", function()
  local function problem(selector, axes)
    local found, message, code = family(axes):select(selector, "ID")
    assert.same({ nil, "usage" }, { found, code })
    return message
  end

  it("names axes that there are, each once, with values", function()
    assert.equal("ID: unknown axis 'sise' (mode, seed, size expected; did you mean 'size'?)",
      problem "sise=small")
    assert.equal("ID: 'small' is no axis=value (such as mode=fast,seed=1,size=small)", problem "small")
    assert.equal("ID: axis 'seed' is given twice (one value expected)", problem "seed=1,seed=1")
    assert.equal("ID: unknown axis '' (mode, seed, size expected)", problem "=1")
  end)

  it("names all that have no default", function()
    assert.equal("ID: no value for axis k: 1, 2 (such as b=STRING,c=x,k=1)",
      problem("b=5", "k = Axis { 1, 2 }, b = Axis { type = 'string' }, c = Axis { default = 'x' }"))
    assert.equal("ID: no value for axes b: string; c: any; k: 1, 2 (such as b=STRING,c=ANY,k=1)",
      problem(nil, "k = Axis { 1, 2 }, b = Axis { type = 'string' }, c = Axis {}"))
  end)

  it("has a length that a folder's name can have", function()
    local axes, selector = {}, {}
    for i = 1, 5 do
      axes[i], selector[i] = ("k%d = Axis {}"):format(i), ("k%d=%s"):format(i, ("x"):rep(60))
    end
    assert.equal("ID: a selector of 319 bytes (240 at most)",
      problem(table.concat(selector, ","), table.concat(axes, ", ")))
  end)

  it("of a dataset without variants is refused, an empty one is not", function()
    local plain = assert(script.load(("X = %s .. %s"):format(script.resource "a.txt", script.tail)))[1]
    assert.equal(plain, plain:select())
    assert.equal(plain, plain:select "")
    assert.same({ nil, "ID: the dataset has no variants (com.test.x expected)", "usage" },
      { plain:select("k=1", "ID") })
  end)
end)

describe("a family with a mistake", function()
  local function problem(axes, ...)
    return script.problem(source(axes, ...))
  end

  local function axis_problem(axis)
    return (problem("k = " .. axis):gsub("^test.lua:3: ", ""))
  end

  it("is refused for its axes", function()
    for axis, message in pairs {
      ["5"] = "AxesVariants.k: integer (Axis({ values… }, { default = …, … }) expected)",
      ["filedownloader()"] = "AxesVariants.k: step (Axis({ values… }, { default = …, … }) expected)",
      ["Axis({}, {})"] = "k: no values (a list of them, or none for an open axis, expected)",
      ["Axis(5)"] = "Axis: argument 1: integer (Axis({ values… }, { default = …, … }) expected)",
      ["Axis({ 1 }, {}, 5)"] = "Axis: argument 3: integer (Axis({ values… }, { default = …, … }) expected)",
      ["Axis({ 1 }, { 2 })"] = "Axis: options and values are mixed (Axis({ values… }, { default = …, … }) "
        .. "expected)",
      ["Axis { 1, defualt = 1 }"] = "k.defualt: unknown field (did you mean 'default'?)",
      ["Axis { 1, {} }"] = "k[2]: table (string, number, boolean or null expected)",
      ["Axis { 1, nil, 2 }"] = "k[2]: nil (string, number, boolean or null expected)",
      ["Axis { 1, 1 }"] = "k[2]: '1' is there already (values must differ)",
      ["Axis { 1, '1' }"] = "k[2]: '1' is there already (values must differ)",
      ["Axis { false, false }"] = "k[2]: 'false' is there already (values must differ)",
      ["Axis { 'None' }"] = "k[1]: 'None' reads as null",
      ["Axis { 'a,b' }"] = "k[1]: ',' in a value (no brackets, ',' or '@')",
      ["Axis { ' a' }"] = "k[1]: value ' a' (no blanks around it)",
      ["Axis { 0/0 }"] = "k[1]: nan (finite number expected)",
      ["Axis({ 1 }, { type = 'string' })"] = "k[1]: integer (string expected)",
      ["Axis { type = 'str' }"] = "k.type: 'str' (string, string?, integer, integer?, number, number?, "
        .. "boolean, boolean? expected)",
      ["Axis { 'a', 'b', default = 'c' }"] = "k.default: k=c (a, b expected)",
      ["Axis { type = 'integer', default = 'c' }"] = "k.default: string (integer expected)",
      ["Axis { 'a', elide_default = true }"] = "k.elide_default: no default to leave out (default = … "
        .. "expected)",
    } do
      assert.equal(message, (axis_problem(axis):gsub("%-nan", "nan")), axis)
    end
  end)

  it("is refused for what is no variants", function()
    local usage = "AxesVariants { NAME = Axis({ values… }, { … }), … }"
    assert.equal(("test.lua:3: AxesVariants: no axes (%s expected)"):format(usage), problem "")
    assert.equal(("test.lua:3: AxesVariants: value 1 has no name (%s expected)"):format(usage),
      problem "Axis { 1 }")
    assert.equal("test.lua:3: AxesVariants: axis 'a b' (name of a parameter expected)",
      problem "['a b'] = Axis { 1 }")
    assert.equal("test.lua:2: dataset.variants: table (AxesVariants expected)", script.problem(HEAD
      .. "X = dataset { File, variants = { k = Axis { 1 } } } .. function() end"))
    assert.equal("test.lua:2: 'Axis' in a chain (it belongs inside AxesVariants { … })",
      script.problem(HEAD .. "X = Axis { 1 } .. dataset { File } .. function() end"))
    assert.equal("test.lua:2: left operand of '..': table (a step such as filedownloader(…) expected)",
      script.problem(HEAD .. "X = null .. dataset { File } .. function() end"))
    assert.equal("test.lua:2: 'null' cannot be changed", script.problem(HEAD .. "null.x = 1"))
  end)

  it("is refused for its names", function()
    assert.equal("test.lua:2: 'a' is a resource and an axis (names must differ)", problem "a = Axis { 1 }")
    assert.equal("test.lua:4: parameter 'bb' has no resource (a, k expected)",
      problem("k = Axis { 1 }", nil, "function(bb) end"))
    assert.equal("test.lua:4: parameter 'bb' has no resource (a, k expected)",
      problem("k = Axis {}", nil, "function(bb) end"))
  end)

  it("is refused for what its function of resources gives, as far as one variant shows it", function()
    local function given(f, axes)
      return problem(axes or "k = Axis { 'v' }", ("\nresources(%s)"):format(f), "function() end")
    end
    local usage = "resources(function(v) return filedownloader(…) .. … end)"
    assert.equal(("test.lua:3: resources: integer (%s expected)"):format(usage), given "5")
    assert.equal(("test.lua:3: resources: nil (%s expected)"):format(usage), given "")
    assert.equal(("test.lua:3: resources: a library's function (%s expected)"):format(usage),
      given "tostring")
    assert.equal(("test.lua:3: resources: more than one argument (%s expected)"):format(usage),
      given "function() end, 5")
    assert.equal("test.lua:3: [k=v]: the function's result: string (chain of resources, or nothing, "
      .. "expected)",
      given "function(v) return v.k end")
    assert.equal("test.lua:3: [k=v]: the function's result: 2 values (chain of resources, or nothing, "
      .. "expected)",
      given "function(v) return 1, 2 end")
    assert.equal("test.lua:3: [k=v]: the function's result: 'datatags' in the chain (resources only)",
      given "function(v) return datatags 'x' end")
    assert.equal("test.lua:4: [k=v]: unknown axis 'kk' (k expected; did you mean 'k'?)",
      given "function(v)\nreturn filedownloader(v.kk, 'https://x/y') end")
    assert.equal("test.lua:4: [k=v]: the values of a variant cannot be changed (use a 'local')",
      given "function(v)\nv.k = 1 end")
    assert.equal("test.lua:4: [k=v]: a: no source (a URL, or from = \"RESOURCE\", expected)",
      given "function(v) return\nfiledownloader('a') end")
    assert.equal("test.lua:3: resources: the dataset has no variants (dataset { …, variants = AxesVariants "
      .. "{…} } expected)", script.problem(HEAD .. "X =\nresources(function() end) .. dataset { File } .. "
      .. "function() end"))
  end)

  it("tells what only another variant shows when that is asked for", function()
    local set = family("k = Axis { 1, 2 }",
      'resources(function(v) if v.k == 2 then\nerror "no such size" end end)', "function() end")
    assert.is_truthy(set:select "k=1")
    assert.same({ nil, "/nowhere/spec/com/test.lua:3: [k=2]: no such size", "definition" },
      { set:select "k=2" })
  end)

  it("says of which variant a mistake is, whoever makes it", function()
    local axes = "half = Axis { 'a', null, default = null }"
    local _, message = script.load(source(axes, "resources(function(v)\nreturn v.half .. '' end)",
      "function() end"))
    assert.matches("^/nowhere/spec/com/test.lua:3: %[half=null%]: attempt to concatenate a nil value",
      message)
    assert.matches("^test.lua:5: %[half=null%]: parameter 'b' has no resource %(half expected%)",
      problem(axes, "resources(function(v)\n if v.half then return nil end end)", "function(b) end"))
    local set = family(axes, nil, "function(a, half) return { path = half .. a } end")
    assert.matches("^/nowhere/spec/com/test.lua:4: %[half=null%]: attempt to concatenate a nil value",
      select(2, set:select():build { a = "/a" }))
    assert.equal("b/a", assert(family(axes, nil, "function(a) return { path = 'b' .. a } end"):select()
      :build { a = "/a" }).path)
  end)

  it("gives nil for a resource that another variant has", function()
    local set = family("half = Axis { 'a', null, default = null }, "
      .. "n = Axis { type = 'integer', default = 0 }",
      [[resources(function(v)
        if v.n == 1 then error "one" end
        return v.half and filedownloader("b", "https://x/b") or nil end)]],
      "function(half, b) return { path = tostring(half) .. tostring(b) } end")
    assert.equal("nilnil", set:select():build({}).path)
    assert.equal("nilnil", set:select("n=2"):build({}).path)
    assert.equal("a/b", set:select("half=a"):build({ b = "/b" }).path)
    assert.has_error(function()
      set:select("half=a"):build {}
    end, "com.test.x[half=a,n=0]: no path for resource 'b'")
  end)

  it("#costly is stopped by the limits, also in its function of resources", function()
    local set = family("k = Axis { 1, 2 }", "resources(function(v)\nwhile v.k == 2 do end end)",
      "function() end")
    local _, message, code = set:select "k=2"
    assert.equal("/nowhere/spec/com/test.lua:3: [k=2]: more than 100000000 instructions (an endless loop?)",
      message)
    assert.equal("definition", code)
  end)
end)
