local Planning = require "spec.support.planning"
local digest = require "datamaestro.api.digest"
local temp = require "spec.support.temp"

local ID = Planning.ID

local here

describe("plan", function()
  before_each(function()
    here = Planning.open()
  end)

  after_each(function()
    here:close()
  end)

  -- What is in the way: the definition, how plan ends, its status, its message; prepare ends with both, too.
  local OBSTACLES = {
    { "terms that are not accepted", 'useragreement("Be good.", { id = "good" }) .. '
      .. 'filedownloader("a.bin", "https://a.example/x")', "terms are not accepted", 6,
      "org.example.data: terms 'good' are not accepted (`datamaestro agree org.example.data` shows "
      .. "them); to accept them:\n  datamaestro agree org.example.data --hash "
      .. digest.string("sha256", "Be good.") },
    { "a disk that is too small",
      'filedownloader("a.bin", "https://a.example/x", { size = 9000000000000000 })',
      "there is not enough room", 8,
      "HERE/data directory: SPACE free (9.0 PB needed for 1 file; --data names another place)" },
    { "a datafolder that nobody has named", 'linkfolder("corpus", { { "corpora", "ap" }, "HERE/none" })',
      "something is missing", 3, "org.example.data: corpus: not found (one of these expected):\n"
      .. "  datafolder 'corpora': not set (`datamaestro datafolders set corpora PATH` says where it is)\n"
      .. "  HERE/none: no such folder" },
    { "a file that nobody has", 'linkfile("corpus", { "HERE/other", "HERE/none" }, { size = 3 })',
      "something is missing", 3, "org.example.data: corpus: not found (one of these expected):\n"
      .. "  HERE/other: 5 bytes (3 expected)\n  HERE/none: no such file" },
    { "something else in the place of a link", 'linkfolder("kept", { "HERE/repositories" })', "error", 1,
      "HERE/data directory/data/lab/org/example/data/kept: a file that is not what is declared "
      .. "(a link, or nothing, expected; it is not removed)" },
    { "a file to be fetched by hand", 'manual("form.zip", { url = "https://a.example/form", size = 10 })',
      "something is missing", 3, "org.example.data: form: to be fetched by hand (in a drop folder expected)\n"
      .. "  page:     https://a.example/form\n  file:     10 bytes\n"
      .. "  put it:   HERE/data directory/drop/form.zip" },
    { "a file that is not on this machine", 'filedownloader("a.bin", "file://HERE/none")',
      "something is missing", 3,
      "org.example.data: a: file://HERE/none: no such file (and no other source)" },
    { "what is still to be written", 'todo("corpus", "ask")', "a definition is wrong or not finished", 10,
      "org.example.data: corpus: to do: ask (HERE/repositories/lab/org/example.lua:2)" },
    { "the network that was not to be used", 'filedownloader("a.bin", "https://a.example/x")',
      "the network is needed", 11,
      "org.example.data: a: https://a.example/x is not on this machine (--offline was asked)", "--offline" },
    { "bytes that nothing vouches for", 'filedownloader("a.bin", "http://a.example/x")',
      "a definition is wrong or not finished", 10,
      "org.example.data: a: http://a.example/x: plain http and no checksum "
      .. "(https, or one in the definition, expected); --strict was asked", "--strict" },
    { "a variable that holds no token", 'filedownloader("a.bin", "https://a.example/x")', "usage", 2,
      "org.example.data: a: DATAMAESTRO_TOKEN_A_EXAMPLE: a value that is not shown (visible ASCII "
      .. "characters without spaces expected)", env = { DATAMAESTRO_TOKEN_A_EXAMPLE = "a b" } },
  }

  for _, case in ipairs(OBSTACLES) do
    local name, resources, ending, status, message, option = table.unpack(case, 1, 6)
    it("finds in the way " .. name .. ", as prepare does", function()
      here:define_data(resources)
      temp.write(here.lab.folder .. "/other", "other")
      temp.write(here.lab:path "kept", "x")
      for variable, value in pairs(case.env or {}) do
        here.lab.env[variable] = value
      end
      local found, out = here:plan(ID, option)
      assert.are.equal(status, found, out)
      local expected = ("\n\n%s\n\ncannot run: %s\n"):format(message, ending)
      assert.are.equal(expected, out:sub(-#expected))
      local prepared = here.lab:run { "--quiet", "prepare", ID, option }
      assert.are.equal(status, prepared.status)
      assert.is_truthy(here:settled(prepared.err):find(message, 1, true), prepared.err)
      local decoded, json_status = here:json(ID, option)
      assert.are.same({ status, status, false }, { json_status, decoded.status, decoded.could_run })
      assert.are.equal(1, #decoded.problems)
    end)
  end

  it("finds nothing in the way where it has been moved", function()
    here:define_data [[useragreement("Be good.", { id = "good" }) .. linkfolder("corpus", { { "corpora" } })
      .. manual("form.zip", { url = "https://a.example/form", size = 4 })
      .. linkfile("file", { "HERE/file" }, { size = 4 })]]
    temp.write(here.lab.folder .. "/file", "four")
    temp.write(here.lab.data .. "/drop/form.zip", "four")
    here.lab:run { "agree", ID, "--hash", digest.string("sha256", "Be good.") }
    here.lab:run { "datafolders", "set", "corpora", here.lab.folder }
    local status, out = here:plan("--offline", ID)
    assert.are.equal(0, status)
    assert.are.equal([[
org.example.data:
  corpus  made  HERE
  form    made  HERE/data directory/drop/form.zip
  file    made  HERE/file

Disk: 4 bytes at the peak, SPACE free
Files: 3, room for MANY

could run
]], out)
  end)

  it("names all that is in the way, and ends with the status of what comes first", function()
    here:define_data [[todo("what", "ask") .. filedownloader("a.bin", "https://a.example/x")
      .. manual("form.zip", { instructions = "Ask." })]]
    local status, out = here:plan("--offline", ID)
    assert.are.equal(3, status)
    assert.matches("\ncannot run: a definition is wrong or not finished; the network is needed; something is "
      .. "missing\n$", out)
    assert.matches("\n  what  made  cannot be had: below\n", out)
    assert.are.equal(3, #here:json("--offline", ID).problems)
  end)

  it("does not repeat itself endlessly where thousands of files are in the way", function()
    local lines = {}
    for i = 1, 30 do
      lines[i] = ('filedownloader("f%d.bin", "https://a.example/%d")'):format(i, i)
    end
    here:define_data(table.concat(lines, " .. "))
    local status, out = here:plan("--offline", ID)
    assert.are.equal(11, status)
    assert.matches("\n… 10 more %(%-%-json has all%)\n\ncannot run: the network is needed\n$", out)
  end)

  it("finds a data directory in which nothing can be made", function()
    here:define_data [[filedownloader("a.bin", "https://a.example/x")]]
    temp.write(here.lab.folder .. "/file", "x")
    local status, out = here:plan("--data", here.lab.folder .. "/file/in/it", ID)
    assert.are.equal(1, status)
    assert.matches("\nHERE/file: not a folder %(folder expected%)\n\ncannot run: error\n$", out)
    local prepared = here.lab:run { "--quiet", "--data", here.lab.folder .. "/file/in/it", "prepare", ID }
    assert.are.same({ 1, "datamaestro: HERE/file: not a folder (folder expected)\n" }, { prepared.status,
      here:settled(prepared.err) })
  end)

  it("looks at damaged states and terms without ado", function()
    here:define_data [[filedownloader("a.bin", "https://a.example/x") .. useragreement("x", { id = "x" })]]
    temp.write(here.lab:path ".state.json", "{")
    temp.write(here.lab.folder .. "/.config/datamaestro/user.json", "[]")
    local status, out, err = here:plan(ID)
    assert.are.equal(12, status)
    assert.are.equal("datamaestro: warning: HERE/data directory/data/lab/org/example/data/.state.json: "
      .. "damaged (a state file expected); every file is checked again\n", err)
    assert.matches("\nHERE/.config/datamaestro/user.json: not a JSON object %(one expected%)\n\n"
      .. "cannot run: format\n$", out)
  end)
end)
