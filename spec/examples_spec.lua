-- The definitions that the pages show, each prepared as it stands: a server here has what example.org would.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local program = require "spec.support.program"
local temp = require "spec.support.temp"
local tree = require "spec.support.tree"

local SERVED = [[
printf 'time,temperature\n00:00,3\n01:00,4\n' >weather.csv; gzip -nk weather.csv
printf '# heard\n20 F\n30 F\n' >notes.txt
mkdir -p stations/2025 more; printf '1,2\n' >stations/2025/a.csv; printf '3,4\n' >stations/2025/b.csv
echo x >stations/2025/x.txt; tar czf stations.tar.gz stations
printf '1,2\n' >a.csv; printf '3,4\n' >b.csv; cp b.csv more; gzip -nk a.csv
zip -q stations.zip a.csv more/b.csv
printf '5,6\n' >sample-small.csv; cp sample-small.csv sample-large.csv
]]

-- What the examples make: dataset → files in its folder, with their content.
local FILES = {
  ["weather"] = { ["weather.csv"] = "time,temperature\n00:00,3\n01:00,4\n" },
  ["checked"] = { ["weather.csv"] = "time,temperature\n00:00,3\n01:00,4\n" },
  ["notes"] = { ["notes.txt"] = "20 °F\n30 °F\n" },
  ["stations"] = { ["a.csv"] = "1,2\n", ["b.csv"] = "3,4\n" },
  ["all.stations"] = { ["all.csv"] = "1,2\n3,4\n" },
  ["two.files"] = { ["both.csv"] = "1,2\n3,4\n" },
  ["one.station"] = { ["files/a.csv"] = "1,2\n", ["files/second.csv"] = "3,4\n" },
  ["merged"] = { ["merged/all.tsv"] = "a.csv\t1,2\nmore/b.csv\t3,4\n" },
  ["train"] = { ["a.csv"] = "1,2\n" },
  ["test"] = { ["b.csv"] = "3,4\n" },
  ["both"] = {},
  ["side"] = { ["first/a.csv"] = "1,2\n", ["second/b.csv"] = "3,4\n" },
  ["sampled[size=large]"] = { ["sample.csv"] = "5,6\n" },
  ["north"] = { ["a.csv"] = "1,2\n" },
}

-- The Lua blocks of a page that hold whole definitions.
local function definitions(path)
  local found = {}
  for block in table.concat(tree.lines(path), "\n"):gmatch "\n```lua\n(.-)\n```" do
    if block:find "dataset {" then
      found[#found + 1] = block
    end
  end
  return found
end

describe("the definitions that the pages show", function()
  local server, lab

  setup(function()
    server = Nginx.start {}
    local result = program.shell("cd " .. program.quote(server.root) .. " && {\n" .. SERVED .. "}")
    assert.equal(0, result.status, result.err)
  end)

  teardown(function()
    server:stop()
  end)

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function run(...)
    local rule = "https://example.org/=" .. server.url .. "/"
    return lab:run({ ... }, { env = { DATAMAESTRO_TRIES = "1", DATAMAESTRO_MIRRORS = rule } })
  end

  -- The ids that a file declares, as lint names them; those of a family with a selector.
  local function ids_of(block)
    lab:define(block)
    local result = run("lint", lab.repository .. "/org/example.lua")
    assert.equal(0, result.status, result.err .. result.out)
    local ids = {}
    for id in result.out:match ": ok %((.-)%)\n":gmatch "org%.example%.([%w.]+)" do
      ids[#ids + 1] = FILES[id] and id or id .. "[size=large]"
    end
    return ids
  end

  local function assert_prepared(id)
    local arguments = { "--quiet", "prepare", "org.example." .. id }
    local result = run(table.unpack(arguments))
    if result.status == 6 then -- terms: the error says how to accept them
      local command = result.err:match "\n  datamaestro (agree [^\n]+)"
      local words = {}
      for word in command:gmatch "%S+" do
        words[#words + 1] = word
      end
      local accepted = run(table.unpack(words))
      assert.equal(0, accepted.status, result.err .. accepted.err)
      result = run(table.unpack(arguments))
    end
    assert.equal(0, result.status, id .. ": " .. result.err)
    local folder = lab.data .. "/data/lab/org/example/" .. id:gsub("%[.*", ""):gsub("%.", "/")
    folder = folder .. (id:find "%[" and "/" .. id:match "%[(.*)%]" or "")
    for name, content in pairs(FILES[id]) do
      assert.equal(content, temp.read(folder .. "/" .. name), id .. ": " .. name)
    end
  end

  for _, path in ipairs { "README.md", "docs/writing-a-dataset.md" } do
    for i, block in ipairs(definitions(path)) do
      it(("of %s work: block %d"):format(path, i), function()
        local ids = ids_of(block)
        assert.is_true(#ids > 0)
        for _, id in ipairs(ids) do
          assert.is_table(FILES[id], id)
          assert_prepared(id)
        end
      end)
    end
  end
end)
