-- Random graphs of resources: some transient, some failing now and then, some runs killed. After enough runs
-- all is complete, nothing that was there was fetched again, transient files are gone, and states say what is
-- there. GRAPHS and SEED choose how many and which; a failure prints the seed.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local preload = require "spec.support.preload"
local temp = require "spec.support.temp"

local GRAPHS = tonumber(os.getenv "GRAPHS") or 100
local SEED = tonumber(os.getenv "SEED") or os.time()
local RESOURCES = 50 -- at most
local RUNS = 40      -- at most; each brings a graph further, or is killed

-- A graph: array of {name, needs (names), transient, content}; a step without needs is fetched.
local function random_graph()
  local steps, needed = {}, {}
  for i = 1, math.random(3, RESOURCES) do
    local step = { name = "r" .. i, needs = {} }
    for _ = 1, math.random(0, math.min(3, i - 1)) do
      local other = steps[math.random(i - 1)]
      if not step.needs[other.name] then
        step.needs[other.name] = true
        table.insert(step.needs, other.name)
        needed[other.name] = true
      end
    end
    steps[i], steps[step.name] = step, step
    step.content = step.name .. "\n"
    for _, name in ipairs(step.needs) do
      step.content = step.content .. steps[name].content:match "^[^\n]*" .. "\n"
    end
  end
  for _, step in ipairs(steps) do
    step.transient = needed[step.name] and math.random() < 0.5
  end
  return steps
end

local function source_of(step, url)
  if #step.needs == 0 then
    return ("filedownloader(%q, %q, { transient = %s })"):format(step.name .. ".txt",
      ("%s/%s"):format(url, step.name), step.transient or "false")
  end
  local reads, needs = {}, {}
  for i, name in ipairs(step.needs) do
    needs[i] = ("%q"):format(name)
    reads[i] = ("for line in %s:lines(%s) do out:line(line) break end"):format(name,
      step.other[name] and '"out.txt"' or "")
  end
  return ([[custom(%q, function(work, %s)
      local out = work:write("out.txt")
      out:line(%q)
      %s
    end, { needs = { %s }, transient = %s })]]):format(step.name, table.concat(step.needs, ", "), step.name,
    table.concat(reads, "\n      "), table.concat(needs, ", "), step.transient or "false")
end

local function definition(steps, url)
  local chain = {}
  for i, step in ipairs(steps) do
    step.other = {}
    for _, name in ipairs(step.needs) do
      step.other[name] = #steps[name].needs > 0
    end
    chain[i] = source_of(step, url)
  end
  return 'local Base = use "datamaestro.data".Base\nData = ' .. table.concat(chain, " ..\n  ")
    .. ' ..\n  dataset { Base, "A graph" } .. function() return {} end'
end

describe("random graphs of resources", function()
  local server, folder, dying

  setup(function()
    folder = temp.folder()
    server = Nginx.start {}
    dying = preload.build("dying", folder)
  end)

  teardown(function()
    server:stop()
    temp.remove(folder)
  end)

  local function path_of(lab, step)
    return lab:path(#step.needs == 0 and step.name .. ".txt" or step.name)
  end

  -- Some of what is served is not there this time.
  local function hide_some(steps, share)
    for _, step in ipairs(steps) do
      if #step.needs == 0 then
        os.remove(("%s/%s"):format(server.root, step.name))
        if math.random() >= share then
          temp.write(("%s/%s"):format(server.root, step.name), step.content)
        end
      end
    end
  end

  local function assert_not_fetched_again(there, note)
    for _, request in ipairs(server:requests()) do
      assert.is_nil(there[request.path], note .. ": " .. request.path .. " was there")
    end
  end

  -- One run, perhaps killed; its exit status.
  local function run(lab, steps, round, note)
    hide_some(steps, round < RUNS // 2 and 0.3 or 0)
    local there = {}
    for _, step in ipairs(steps) do
      there["/" .. step.name] = #step.needs == 0 and file.stat(path_of(lab, step)) ~= nil or nil
    end
    server:forget()
    dying.DYING_AT = tostring(math.random() < 0.5 and round < RUNS // 2 and math.random(400) or 1000000)
    local result = lab:run({ "--quiet", "prepare", "org.example.data" }, { env = dying })
    assert_not_fetched_again(there, note)
    assert.is_true(result.status == 0 or result.status == 4 or result.status == 137, note .. result.err)
    return result.status
  end

  local function assert_complete(lab, steps, note)
    local states = json.decode(temp.read(lab:path ".state.json")).resources
    for _, step in ipairs(steps) do
      local path = path_of(lab, step)
      assert.equal(step.transient and "none" or "complete", (states[step.name] or { state = "none" }).state,
        note .. step.name)
      if step.transient then
        assert.is_nil(file.stat(path), note .. path)
      else
        assert.equal(step.content, temp.read(#step.needs == 0 and path or path .. "/out.txt"), note .. path)
      end
    end
    assert.is_nil(file.stat(lab:path ".downloads"), note)
    assert.same({}, file.list(lab.data .. "/cache") or {}, note)
  end

  it("end complete, however often they fail and are killed", function()
    for number = 1, GRAPHS do
      local note = ("SEED=%d, graph %d: "):format(SEED, number)
      math.randomseed(SEED, number)
      local steps, lab = random_graph(), Laboratory.new()
      lab.env.DATAMAESTRO_TRIES = "1"
      lab:define(definition(steps, server.url))
      local status
      for round = 1, RUNS do
        status = run(lab, steps, round, note)
        if status == 0 then
          break
        end
      end
      assert.equal(0, status, note)
      assert_complete(lab, steps, note)
      lab:close()
    end
  end)
end)
