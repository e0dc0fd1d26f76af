-- What a run says of itself in the end: the files that it made.
local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"
local temp = require "spec.support.temp"

local DEFINITIONS = [[
local data = use "datamaestro.data"
One = filedownloader("a.txt", "file://FOLDER/a.txt") .. dataset { data.File, "One" } ..
  function(a) return { path = a } end
Both = concatdownload("both.txt", { "file://FOLDER/a.txt", "file://FOLDER/b.txt" }) ..
  dataset { data.File, "Both" } .. function(both) return { path = both } end
Refers = reference("one", "org.example.one") .. filedownloader("b.txt", "file://FOLDER/b.txt") ..
  dataset { data.File, "Refers" } .. function(one, b) return { path = b } end
Leads = links("parts", { one = "org.example.one" }) .. dataset { data.Folder, "Leads" } ..
  function(parts) return { path = parts } end
]]

describe("the summary of a run", function()
  local lab

  before_each(function()
    lab = Laboratory.new()
    temp.write(lab.folder .. "/a.txt", "first\n")
    temp.write(lab.folder .. "/b.txt", "second\n")
    lab:define((DEFINITIONS:gsub("FOLDER", lab.folder)))
  end)

  after_each(function()
    lab:close()
  end)

  -- The last line of what is said on standard error; "" for nothing.
  local function summary(id)
    local result = lab:run { "prepare", id }
    assert.are.equal(0, result.status, result.err)
    return result.err:match "([^\n]*)\n$" or ""
  end

  it("counts what is joined of several as one file", function()
    assert.matches("^1 file, 13 bytes in ", summary "org.example.both")
  end)

  it("counts no reference and no link", function()
    assert.matches("^2 files, 13 bytes in ", summary "org.example.refers")
    assert.are.equal("", summary "org.example.leads")
    assert.are.equal("", summary "org.example.leads")
  end)

  it("goes with the events", function()
    local path = lab.folder .. "/events"
    local result = lab:run({ "--quiet", "prepare", "--progress-fd", "2", "org.example.both" })
    assert.are.equal(0, result.status, path)
    local planned, begun, over
    for line in result.err:gmatch "[^\n]+" do
      local event = json.decode(line)
      planned = event.event == "plan" and event.files or planned
      begun = (begun or 0) + (event.event == "start" and 1 or 0)
      over = (over or "") .. ((event.event == "piece" or event.event == "done") and event.file .. "; " or "")
    end
    assert.are.same({ 1, 2 }, { planned, begun })
    assert.matches("^org.example.both: both%[%d%]; org.example.both: both%[%d%]; org.example.both: both; $",
      over)
  end)
end)
