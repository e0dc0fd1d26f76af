-- References between datasets: resolved when one is asked for.
local registry = require "datamaestro.definition.registry"
local script = require "spec.support.script"

local HEAD = 'local File = use "datamaestro.data".File\n'
local TAIL = " .. dataset { File } .. function() end\n"

describe("a reference", function()
  local folder
  after_each(function()
    script.remove(folder)
  end)

  -- A registry of files by their paths.
  local function open(files)
    local all = { ["r/init.lua"] = "return {}", ["s/init.lua"] = "return {}" }
    for path, text in pairs(files) do
      all[path] = HEAD .. text
    end
    folder = script.folder(all)
    return registry.open { roots = { folder } }
  end

  local function ids(list, message)
    assert(list, message)
    local found = {}
    for i, one in ipairs(list) do
      found[i] = one.id
    end
    return found
  end

  -- What dataset `id` needs, and the targets of its first resource: key → "ID PART".
  local function resolve(r, id)
    local dataset = assert(r:find(id)):select()
    local all = ids(r:resolve(dataset))
    local targets = {}
    for key, target in pairs(dataset.resources[1].targets) do
      targets[key] = target.dataset.id .. " " .. target.part
    end
    return all, targets
  end

  local function problem(r, id)
    local dataset, message, code = r:ready(id)
    assert.same({ nil, "definition" }, { dataset, code })
    return (message:sub(#folder + 1))
  end

  it("finds a dataset, with a part, in another file or repository", function()
    local r = open {
      ["r/com/x.lua"] = 'X = links("l", { a = "org.y.z.train.labels", b = "com.x.other@r", c = "org.y.z@s" })'
        .. TAIL .. "Other = " .. 'reference("r", "org.y.z.test")' .. TAIL,
      ["s/org/y.lua"] = "Z = dataset { File } .. function() end",
    }
    local all, targets = resolve(r, "com.x.x")
    assert.same({ "org.y.z", "com.x.other", "com.x.x" }, all)
    assert.same({ a = "org.y.z train.labels", b = "com.x.other ", c = "org.y.z " }, targets)
    assert.same({ "org.y.z", "com.x.other" }, (resolve(r, "com.x.other")))
  end)

  it("loads no other file before it is resolved", function()
    local r = open {
      ["r/com/x.lua"] = 'X = reference("r", "org.y.z")' .. TAIL,
      ["r/org/y.lua"] = "Z = dataset { File } .. function() end",
    }
    local function count()
      local found = 0
      for _ in pairs(r.loaded) do
        found = found + 1
      end
      return found
    end
    local dataset = assert(r:find "com.x.x")
    assert.equal(1, count())
    assert.is_nil(dataset.resources[1].targets)
    assert(r:resolve(dataset))
    assert.equal(2, count())
  end)

  it("finds the dataset of the same file first, then that of the same repository", function()
    local r = open {
      ["r/com/x.lua"] = 'Same = dataset { File, "r, by id", id = "net.other" } .. function() end\n'
        .. "Near = dataset { File, 'r' } .. function() end",
      ["s/com/x.lua"] = 'X = links("l", { a = "net.other", b = "com.x.near", c = "com.x.near@r", d = '
        .. '"com.x.self" '
        .. "})" .. TAIL .. 'Other = dataset { File, "s", id = "net.other" } .. function() end',
      ["s/com/x/near.lua"] = "return dataset { File, 's' } .. function() end",
      ["s/com/x/self.lua"] = "return dataset { File, 's' } .. function() end",
    }
    local dataset = assert(r:find "com.x.x")
    assert(r:resolve(dataset))
    local targets = dataset.resources[1].targets
    assert.same({ "s", "s", "r", "s" }, { targets.a.dataset.name, targets.b.dataset.name,
      targets.c.dataset.name, targets.d.dataset.name })
  end)

  it("takes a chain that a global of the file has, also a later one", function()
    local r = open {
      ["r/com/x.lua"] = "local later = dataset { File } .. function() end\n"
        .. 'X = reference("r", later)' .. TAIL .. "Later = later",
    }
    assert.same({ "com.x.later", "com.x.x" }, (resolve(r, "com.x.x")))
  end)

  it("takes a selector, and of a family without one the default", function()
    local family = "Fam = dataset { File, variants = AxesVariants { k = Axis { 1, 2, default = 1 } } } "
      .. ".. function() end\n"
    local r = open {
      ["r/com/x.lua"] = family
        .. 'X = links("l", { a = "com.x.fam[k=2].part", b = "org.y.fam[k=2]@r", c = Fam, d = "org.y.fam.p" })'
        .. TAIL,
      ["r/org/y.lua"] = family,
    }
    local all, targets = resolve(r, "com.x.x")
    assert.same({ a = "com.x.fam[k=2] part", b = "org.y.fam[k=2] ", c = "com.x.fam[k=1] ",
      d = "org.y.fam[k=1] p" }, targets)
    assert.same({ "com.x.fam[k=2]", "org.y.fam[k=2]", "com.x.fam[k=1]", "org.y.fam[k=1]", "com.x.x" }, all)
  end)

  it("may depend on the variant", function()
    local r = open {
      ["r/com/x.lua"] = [[
        A = dataset { File } .. function() end
        B = dataset { File } .. function() end
        X = resources(function(v) return reference("r", "com.x." .. v.k) end) ..
          dataset { File, variants = AxesVariants { k = Axis { "a", "b" } } } .. function() end]],
    }
    assert.same({ "com.x.b", "com.x.x[k=b]" }, ids(r:resolve(assert(r:find "com.x.x[k=b]"))))
    assert.same({ "com.x.a", "com.x.x[k=a]" }, ids(r:resolve(assert(r:find "com.x.x[k=a]"))))
  end)

  it("that leads nowhere is told at the author's line, with a guess", function()
    local r = open {
      ["r/com/x.lua"] = 'A =\n reference("r", "com.x.lte")' .. TAIL .. 'B = reference("r", "org.y.zed")'
        .. TAIL
        .. 'C = reference("r", 5)' .. TAIL .. "D = reference('r', dataset { File } .. function() end)" .. TAIL
        .. "E = reference('r', 'com.x.let@zzz')" .. TAIL .. "F = reference('r', 'com.x.let[k=1]')" .. TAIL
        .. "G = reference('r', 'com.x.let[k=1')" .. TAIL .. "Let = dataset { File } .. function() end",
      ["r/org/y.lua"] = "Zet = dataset { File } .. function() end",
    }
    local place = "/r/com/x.lua:%d: r.dataset: %s"
    local function told(line, message)
      return place:format(line, message)
    end
    assert.equal(told(3, "com.x.lte: unknown dataset (did you mean 'com.x.let'?)"), problem(r, "com.x.a"))
    assert.equal(told(4, "org.y.zed: unknown dataset (did you mean 'org.y.zet'?)"), problem(r, "com.x.b"))
    assert.equal(told(5, "integer (id of a dataset expected)"), problem(r, "com.x.c"))
    assert.equal(told(6, "a chain that no global of this file has (NAME = … makes it a dataset)"),
      problem(r, "com.x.d"))
    assert.equal(told(7, "zzz: unknown repository"), problem(r, "com.x.e"))
    assert.equal(told(8, "com.x.let[k=1]: the dataset has no variants (com.x.let expected)"),
      problem(r, "com.x.f"))
    assert.equal(told(9, "com.x.let[k=1: '[' without ']' (ID[axis=value,…] expected)"), problem(r, "com.x.g"))
  end)

  it("to a part that is not there is told at the author's line and before it is fetched", function()
    local r = open {
      ["r/com/x.lua"] = [[
        local ml = use "datamaestro.data.ml"
        Both = filedownloader("a", "https://h/a") .. dataset { ml.Supervised } .. function(a)
          return { train = File { path = a }, test = File { path = a } } end
        A =
          reference("t", "com.x.both.trian")]] .. TAIL .. [[
        B = reference("t", "com.x.both.train.zzz")]] .. TAIL .. [[
        C = reference("t", "com.x.both.train.path.zzz")]] .. TAIL .. [[
        D = links("l", { ok = "com.x.both.train", half = "com.x.both.trian" })]] .. TAIL .. [[
        Parts = dataset { ml.FolderBased } .. function() return { classes = { "x", "y" }, path = "/" } end
        E = reference("t", "com.x.parts.classes.2")]] .. TAIL .. [[
        F = links("l", { n = "com.x.parts.classes" })]] .. TAIL .. [[
        G = reference("t", "com.x.parts.classes.1")]] .. TAIL,
    }
    assert.equal("/r/com/x.lua:6: t.dataset: com.x.both: no part 'trian' (did you mean 'train'?)",
      problem(r, "com.x.a"))
    assert.equal("/r/com/x.lua:7: t.dataset: com.x.both.train: no part 'zzz' (path expected)",
      problem(r, "com.x.b"))
    assert.equal("/r/com/x.lua:8: t.dataset: com.x.both.train.path: no part 'zzz'", problem(r, "com.x.c"))
    assert.equal("/r/com/x.lua:9: l.half: com.x.both: no part 'trian' (did you mean 'train'?)",
      problem(r, "com.x.d"))
    assert.equal("/r/com/x.lua:11: t.dataset: com.x.parts.classes: no part '2' (0, 1 expected)",
      problem(r, "com.x.e"))
    assert.equal("/r/com/x.lua:12: l.n: com.x.parts.classes: no path (a part with one expected)",
      problem(r, "com.x.f"))
    assert(r:ready "com.x.g")
  end)

  it("to a file that is broken says what is wrong with that", function()
    local r = open { ["r/com/x.lua"] = 'X = reference("r", "org.y.z")' .. TAIL, ["r/org/y.lua"] = "Z = (" }
    assert.equal("/r/org/y.lua:2: unexpected symbol near <eof>", problem(r, "com.x.x"))
  end)

  it("does not go on for ever through an axis that takes any value", function()
    local r = open { ["r/org/cyc.lua"] = [[
      I = resources(function(v) return reference("p", "org.cyc.i[n=" .. v.n + 1 .. "]") end) ..
        dataset { File, variants = AxesVariants { n = Axis { type = "integer", default = 0 } } } ..
        function(p) end
      J = resources(function(v)
          local chain
          for i = 1, 101 do
            local one = v.n < 10100 and reference("p" .. i, "org.cyc.j[n=" .. v.n * 101 + i .. "]") or nil
            chain = chain and one and chain .. one or one
          end
          return chain
        end) ..
        dataset { File, variants = AxesVariants { n = Axis { type = "integer", default = 0 } } } ..
        function() end]] }
    assert.equal("/r/org/cyc.lua:2: p: over 64 datasets, each of which refers to the next (fewer expected)",
      problem(r, "org.cyc.i"))
    assert.matches("/r/org/cyc.lua:8: p%d+: over 10000 datasets are referred to %(fewer expected%)",
      problem(r, "org.cyc.j"))
  end)

  it("in a circle is told with the way", function()
    local r = open {
      ["r/com/x.lua"] = 'A = reference("r", "com.x.b")' .. TAIL .. 'B = reference("r", "org.y.c.part")'
        .. TAIL
        .. 'Self =\n reference("r", "com.x.self.part")' .. TAIL,
      ["r/org/y.lua"] = 'C = reference("c", "com.x.b")' .. TAIL,
    }
    assert.equal("/r/org/y.lua:2: c: the references lead in a circle: com.x.b -> org.y.c -> com.x.b",
      problem(r, "com.x.a"))
    assert.equal("/r/com/x.lua:5: r: the references lead in a circle: com.x.self -> com.x.self",
      problem(r, "com.x.self"))
  end)

  it("goes on to so many datasets only", function()
    local r = open { ["r/org/x.lua"] = [[
I = resources(function(v) return reference("p", "org.x.i[n=" .. v.n + 1 .. "]") end) ..
  dataset { File, variants = AxesVariants { n = Axis { type = "integer", default = 0 } } } ..
  function(p) return { path = p.path } end]] }
    local list, message, code = r:resolve(assert(r:find("org.x.i")):select())
    assert.is_nil(list)
    local expected = "/r/org/x.lua:2: p: over 64 datasets, each of which refers to the next (fewer expected)"
    assert.matches(expected, message, 1, true)
    assert.equal("definition", code)
  end)
end)
