-- How much room datasets take.
local holdings = require "spec.support.holdings"
local json = require "datamaestro.json"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local EXAMPLE = "data/lab/org/example/"

describe("du", function()
  local lab

  before_each(function()
    lab = holdings.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function run(...)
    return lab:run { "du", ... }
  end

  local function shell(command)
    local result = program.shell("cd " .. program.quote(lab.data) .. " && " .. command)
    assert.equal(0, result.status, result.err)
    return result.out
  end

  local function rows(...)
    local result = lab:run { "--json", "du", ... }
    assert.equal(0, result.status, result.err)
    return json.decode(result.out)
  end

  -- The row of a dataset, or of what is no dataset's ("").
  local function row(found, id)
    for _, one in ipairs(found.rows) do
      if one.id == id or one.kind == id then
        return one
      end
    end
  end

  -- What `du` says of some paths in one run.
  local function disk(paths)
    local total = 0
    for line in shell("du -s -B1 " .. paths):gmatch "%d+" do
      total = total + tonumber(line)
    end
    return total
  end

  it("shows each dataset, the largest first, in lines of 80 columns", function()
    shell("head -c 1500000 /dev/zero >" .. EXAMPLE .. "tree/big")
    shell "mkdir cache; head -c 70000 /dev/zero >cache/x"
    local result = run()
    assert.same({ 0, "" }, { result.status, result.err })
    local lines = {}
    for line in result.out:gmatch "[^\n]+" do
      lines[#lines + 1] = line
      assert.is_true(#line <= 80, line)
    end
    assert.equal("   disk  unique  shared    size   files  dataset", lines[1])
    assert.equal("org.example.tree", lines[2]:match "%S+$")
    assert.matches("^ +1%.5M +1%.5M +0", lines[2])
    assert.equal("(cache)", lines[#lines - 1]:match "%S+$")
    assert.matches("^ +77%.8K", lines[#lines - 1])
    assert.equal("total", lines[#lines]:match "%S+$")
  end)

  it("adds up as du does", function()
    local found = rows()
    assert.equal(disk ".", found.total.disk)
    assert.equal(disk(EXAMPLE .. "tree"), row(found, "org.example.tree").disk)
    assert.equal(disk(EXAMPLE .. "data/inner"), row(found, "org.example.data.inner").disk)
    assert.equal(disk(EXAMPLE .. "data") - disk(EXAMPLE .. "data/inner"), row(found, "org.example.data").disk)
    assert.equal(3, row(found, "org.example.data").files)
    assert.equal(tonumber(shell "find . ! -type d | wc -l"), found.total.files)
    local sum = 0
    for _, one in ipairs(found.rows) do
      sum = sum + one.disk
    end
    assert.equal(found.total.disk, sum + tonumber(shell "expr $(stat -c %b .) + $(stat -c %b data)") * 512)
  end)

  it("counts a file with several names once for each dataset, and once in all", function()
    shell(("ln %spair/one.bin %spair/again.bin; ln %spair/one.bin %stree/theirs.bin"):format(EXAMPLE, EXAMPLE,
      EXAMPLE, EXAMPLE))
    local found = rows()
    local shared = tonumber(shell("stat -c %b " .. EXAMPLE .. "pair/one.bin")) * 512
    local pair, tree = row(found, "org.example.pair"), row(found, "org.example.tree")
    assert.same({ shared, shared }, { pair.shared, tree.shared })
    assert.equal(disk(EXAMPLE .. "pair"), pair.disk)
    assert.equal(pair.disk - shared, pair.unique)
    assert.equal(disk ".", found.total.disk)
    found = rows("org.example.pair", "org.example.tree")
    assert.equal(disk(EXAMPLE .. "pair " .. EXAMPLE .. "tree"), found.total.disk)
    assert.equal(pair.disk + tree.disk - shared, found.total.disk)
  end)

  it("shares nothing within a repository", function()
    shell(("ln %spair/one.bin %stree/theirs.bin; mkdir -p data/wiki/x; ln %spair/one.bin data/wiki/x/y")
      :format(EXAMPLE, EXAMPLE, EXAMPLE))
    local found = rows("--by", "repository")
    local shared = tonumber(shell("stat -c %b " .. EXAMPLE .. "pair/one.bin")) * 512
    assert.same({ "lab", "wiki" }, { found.rows[1].repository, found.rows[2].repository })
    assert.same({ shared, shared }, { found.rows[1].shared, found.rows[2].shared })
    assert.same({ disk "data/lab", disk "data/wiki" }, { found.rows[1].disk, found.rows[2].disk })
    assert.equal("   disk  unique  shared    size   files  repository", run("--by",
      "repository").out:match "^[^\n]*")
  end)

  it("knows what has no definition by its states, also in the folder of another", function()
    temp.write(lab.data .. "/data/lab/old/thing/.state.json", "{}")
    temp.write(lab.data .. "/" .. EXAMPLE .. "tree/sub/old/.state.json", "{}")
    temp.write(lab.data .. "/data/wiki/org/example/data/.state.json", "{}")
    local out = run().out
    for _, name in ipairs { "old.thing@lab", "org.example.tree.sub.old@lab", "org.example.data@wiki" } do
      assert.matches("  " .. name .. " %(no definition%)\n", out)
    end
    assert.matches("  org.example.data@lab\n", out)
    assert.matches("  %(of wiki, in no dataset%)\n", out)
  end)

  it("shows what was asked for, of a family all variants", function()
    local found = rows "org.example.family"
    assert.same({ "org.example.family[seed=2,size=large]", "org.example.family[size=small]" },
      { found.rows[1].id, found.rows[2].id })
    found = rows "org.example.family[size=small]"
    assert.same({ 1, "org.example.family[size=small]" }, { #found.rows, found.rows[1].id })
    assert.equal(found.rows[1].disk, found.total.disk)
    found = rows "com.lecun.mnist"
    assert.same({ "com.lecun.mnist", 0, 0, 0 }, { found.rows[1].id, found.rows[1].disk, found.total.disk,
      found.total.files })
    local result = run "org.example.dat"
    assert.same({ 3, "datamaestro: org.example.dat: unknown dataset (did you mean 'org.example.data'?)\n" },
      { result.status, result.err })
    result = run("--by", "repository", "org.example.data")
    assert.same({ 2, "datamaestro: du: --by repository with ids (one of them expected)\n" },
      { result.status, result.err })
  end)

  it("puts names that are too long for a line on one of their own", function()
    local long = ("x"):rep(60)
    temp.write(lab.data .. "/data/lab/" .. long .. "/.state.json", "{}")
    assert.matches(" +%d+\n  " .. long .. "@lab %(no definition%)\n", run().out)
  end)

  it("counts nothing where there is no data directory", function()
    shell "rm -r ../data*"
    local result = run()
    assert.same({ 0, "" }, { result.status, result.err })
    assert.same({ disk = 0, bytes = 0, files = 0 }, rows().total)
  end)

  it("says what it does not look at", function()
    shell "mv data ../elsewhere; ln -s ../elsewhere data"
    local result = run()
    assert.same({ 0, ("datamaestro: warning: %s/data: a link (not counted)\n"):format(lab.data) },
      { result.status, result.err })
  end)

  it("shows an example that works", function()
    assert.matches("\nExample: datamaestro du %-%-by repository", run("--help").out)
  end)
end)
