local audit = require "datamaestro.api.audit"
local digest = require "datamaestro.api.digest"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

-- All that an audit finds, by index.
local function results_of(handle)
  local found, done = {}, false
  while not done do
    done = handle:wait(10)
    for index, result, message, code in function()
      return handle:take()
    end do
      assert.is_nil(found[index])
      found[index] = result or { message = message, code = code }
    end
  end
  return found
end

describe("the audit module", function()
  local folder

  before_each(function()
    folder = temp.folder()
  end)

  after_each(function()
    temp.remove(folder)
  end)

  it("digests many files, each once, by any number of threads", function()
    local paths, expected, bytes = {}, {}, 0
    for i = 1, 300 do
      local content = ("%d,"):format(i):rep(i == 7 and 900000 or i)
      paths[i] = temp.write(("%s/%d"):format(folder, i), content)
      expected[i] = { size = #content, sha256 = digest.string("sha256", content) }
      bytes = bytes + #content
    end
    for _, threads in ipairs { 0, 1, 3, 1000 } do
      local handle <close> = audit.start(paths, threads)
      assert.are.same(expected, results_of(handle))
      assert.are.same({ 300, bytes }, { handle:progress() })
    end
  end)

  it("computes the digests that are asked for of each file", function()
    local path = temp.write(folder .. "/file", "abc")
    local handle <close> = audit.start { path, { path = path, digests = { "md5", "sha1" } },
      { path = path, digests = {} } }
    assert.are.same({
      { size = 3, sha256 = digest.string("sha256", "abc") },
      { size = 3, md5 = digest.string("md5", "abc"), sha1 = digest.string("sha1", "abc") },
      { size = 3 },
    }, results_of(handle))
  end)

  it("goes on after files that cannot be read, and says why", function()
    local path = temp.write(folder .. "/file", "abc")
    program.shell(("mkfifo '%s/fifo'"):format(folder))
    local handle <close> = audit.start { folder .. "/none", folder, folder .. "/fifo", path .. "/x", path }
    assert.are.same({
      { message = folder .. "/none: No such file or directory", code = "unknown" },
      { message = folder .. ": not a regular file (file expected)", code = "format" },
      { message = folder .. "/fifo: not a regular file (file expected)", code = "format" },
      { message = path .. "/x: Not a directory", code = "unknown" },
      { size = 3, sha256 = digest.string("sha256", "abc") },
    }, results_of(handle))
  end)

  it("has nothing to do for no files", function()
    local handle <close> = audit.start {}
    assert.is_true(handle:wait(10))
    assert.are.equal(0, select("#", handle:take()))
    assert.are.same({ 0, 0 }, { handle:progress() })
  end)

  it("ends at once when it is closed, finished or not, taken or not", function()
    local large = folder .. "/large"
    program.shell(("truncate -s 1T '%s'"):format(large))
    local small = temp.write(folder .. "/small", "abc")
    local handle = audit.start({ large, small, large, small }, 2)
    handle:wait(10)
    handle:close()
    handle:close()
    assert.has_error(function()
      handle:take()
    end, "calling 'take' on bad self (closed)")
    audit.start { large } -- luacheck: ignore
    collectgarbage()
    collectgarbage()
  end)

  it("raises for what is no file to read", function()
    local function problem(...)
      return select(2, pcall(audit.start, ...))
    end
    assert.are.equal("file 2: number (path expected)", problem { "/x", 7 })
    assert.are.equal("file 1: nil (path expected)", problem { { digests = {} } })
    assert.are.equal("file 1: field 'digests': nil (array of names expected)", problem { { path = "/x" } })
    assert.are.equal("digest 'crc' (md5, sha1, sha256 or sha512 expected)",
      problem { { path = "/x", digests = { "crc" } } })
    assert.matches("(0 or more expected)", problem({}, -1), 1, true)
  end)
end)
