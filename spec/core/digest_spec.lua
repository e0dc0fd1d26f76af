local digest = require "datamaestro.api.digest"
local temp = require "spec.support.temp"

-- Published test vectors: RFC 1321 (md5), FIPS 180 (sha).
local VECTORS = {
  md5 = { [""] = "d41d8cd98f00b204e9800998ecf8427e", abc = "900150983cd24fb0d6963f7d28e17f72" },
  sha1 = {
    [""] = "da39a3ee5e6b4b0d3255bfef95601890afd80709",
    abc = "a9993e364706816aba3e25717850c26c9cd0d89d",
  },
  sha256 = {
    [""] = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  },
  sha512 = {
    abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
      .. "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f",
  },
}

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

describe("the digest module", function()
  local folder

  before_each(function()
    folder = temp.folder()
  end)

  after_each(function()
    temp.remove(folder)
  end)

  it("agrees with the published test vectors", function()
    for name, vectors in pairs(VECTORS) do
      for text, hex in pairs(vectors) do
        assert.are.equal(hex, digest.string(name, text))
      end
    end
  end)

  it("gives the same for a stream in pieces as for the whole, and can go on after hex", function()
    local stream <close> = digest.new "sha256"
    assert.are.equal(VECTORS.sha256[""], stream:hex())
    assert.are.equal(stream, stream:update "a")
    collectgarbage()
    stream:update "b"
    assert.are.equal(digest.string("sha256", "ab"), stream:hex())
    collectgarbage()
    stream:update "c"
    assert.are.equal(VECTORS.sha256.abc, stream:hex())
  end)

  it("digests a file with several names in one pass", function()
    local path = temp.write(folder .. "/file", ("x"):rep(600000) .. "\0end")
    local found = digest.file(path, { "md5", "sha1", "sha256", "sha512" })
    assert.are.equal(600004, found.size)
    for name in pairs(VECTORS) do
      assert.are.equal(digest.string(name, temp.read(path)), found[name])
    end
  end)

  it("gives only the size of a file when no name is asked for", function()
    assert.are.same({ size = 3 }, digest.file(temp.write(folder .. "/file", "abc"), {}))
  end)

  it("raises for an unknown name and lists the known ones", function()
    local expected = "digest 'crc32' (md5, sha1, sha256 or sha512 expected)"
    assert.are.equal(expected, failure_of(digest.new, "crc32"))
    assert.are.equal(expected, failure_of(digest.string, "crc32", ""))
    assert.are.equal(expected, failure_of(digest.file, "/nowhere", { "md5", "crc32" }))
    assert.are.equal("digest 'table' (md5, sha1, sha256 or sha512 expected)",
      failure_of(digest.file, "/nowhere", { {} }))
  end)

  it("says what is wrong with a path", function()
    local found, message, code = digest.file(folder .. "/missing", { "md5" })
    assert.is_nil(found)
    assert.are.equal(folder .. "/missing: No such file or directory", message)
    assert.are.equal("unknown", code)
    found, message, code = digest.file(folder, { "md5" })
    assert.is_nil(found)
    assert.are.equal(folder .. ": not a regular file (file expected)", message)
    assert.are.equal("format", code)
    assert.are.equal("format", select(3, digest.file("/dev/zero", { "md5" })))
  end)

  it("raises for a closed handle, which may be closed again", function()
    local stream = digest.new "md5"
    stream:close()
    stream:close()
    assert.are.equal("digest is closed", failure_of(stream.update, stream, "x"))
    assert.are.equal("digest is closed", failure_of(stream.hex, stream))
  end)

  it("frees handles that nothing holds", function()
    for _ = 1, 1000 do
      digest.new "sha512":update "x"
    end
    collectgarbage()
    collectgarbage()
  end)
end)
