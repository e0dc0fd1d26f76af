local digest = require "datamaestro.api.digest"
local inflate = require "datamaestro.api.inflate"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local REAL = "/usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz"

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

local function crc32(text)
  local crc = 0xffffffff
  for i = 1, #text do
    crc = crc ~ text:byte(i)
    for _ = 1, 8 do
      crc = crc >> 1 ~ (crc & 1) * 0xedb88320
    end
  end
  return crc ~ 0xffffffff
end

-- Writes a member by hand, as one stored block; `header` may bring its flags and fields.
local function member(content, header)
  header = header or "\31\139\8\0\0\0\0\0\0\255"
  local block = ("<BI2I2"):pack(1, #content, ~#content & 0xffff) .. content
  return header .. block .. ("<I4I4"):pack(crc32(content), #content)
end

-- The header with all optional fields: extra, name, comment, checksum.
local function full_header(damage)
  local header = "\31\139\8\30\0\0\0\0\0\255" .. ("<s2zz"):pack("extra", "name", "comment")
  return header .. ("<I2"):pack(crc32(header) & 0xffff ~ (damage or 0))
end

-- A text that compresses with every kind of block, long enough for many output buffers.
local function long_text()
  local lines = {}
  for i = 1, 20000 do
    lines[i] = ("%d: %s"):format(i, ("ab"):rep(i % 37))
  end
  return table.concat(lines, "\n")
end

describe("the inflate module", function()
  local folder

  setup(function()
    folder = temp.folder()
  end)

  teardown(function()
    temp.remove(folder)
  end)

  local function gzip(content, flags)
    local path = temp.write(folder .. "/content", content)
    return program.shell(("gzip -c %s <%s"):format(flags or "-6n", path)).out
  end

  it("offers zlib always, and the best back end first", function()
    local names = inflate.backends()
    assert.are.equal("zlib", names[#names])
    assert.is_true(#names == 1 or names[1] == "isal")
  end)

  it("raises for an unknown back end, and for a limit that is none", function()
    local known = table.concat(inflate.backends(), " or ")
    assert.are.equal(("field 'backend': 'brotli' (%s expected)"):format(known),
      failure_of(inflate.new, { backend = "brotli" }))
    assert.are.equal("field 'limit': -1 (0 or more expected)", failure_of(inflate.new, { limit = -1 }))
    assert.are.equal("field 'limit': string (integer expected)", failure_of(inflate.new, { limit = "1" }))
  end)

  for _, backend in ipairs(inflate.backends()) do
    describe("with " .. backend, function()
      local function decode(data, options)
        options = options or {}
        options.backend = backend
        options.path = "x.gz"
        return inflate.string(data, options)
      end

      local function refusal(data, options)
        local content, message, code = decode(data, options)
        assert.is_nil(content)
        assert.are.equal("format", code)
        return message
      end

      -- The same through a handle, in pieces of `size` bytes.
      local function decode_pieces(data, size)
        local handle <close> = assert(inflate.new { backend = backend, path = "x.gz" })
        local contents = {}
        for i = 1, #data, size do
          local content, message = handle:write(data:sub(i, i + size - 1))
          if not content then
            return nil, message
          end
          contents[#contents + 1] = content
        end
        local done, garbage = handle:finish()
        if not done then
          return nil, garbage
        end
        return table.concat(contents), garbage
      end

      it("decodes the real Fashion-MNIST labels", function()
        local content = assert(decode(temp.read(REAL)))
        assert.are.equal(10008, #content)
        assert.are.equal("\0\0\8\1\0\0\39\16", content:sub(1, 8))
        assert.are.equal(program.shell("zcat " .. REAL .. " | sha256sum").out:match "%x+",
          digest.string("sha256", content))
      end)

      it("decodes stored, fixed and dynamic blocks of all levels", function()
        local text = long_text()
        for _, flags in ipairs { "-1n", "-6n", "-9n" } do
          assert.are.equal(text, (decode(gzip(text, flags))))
        end
        assert.are.equal("hello", (decode(member "hello")))
        assert.are.equal("a", (decode(gzip "a")))
        assert.are.equal("", (decode(gzip "")))
      end)

      it("gives the same in pieces of any size", function()
        local text = long_text():sub(1, 50000)
        local data = gzip(text) .. member("tail", full_header())
        for _, size in ipairs { 1, 2, 3, 7, 8, 9, 100, 4096, #data } do
          local content, garbage = decode_pieces(data, size)
          assert.are.equal(text .. "tail", content, "pieces of " .. size)
          assert.are.equal(0, garbage)
        end
      end)

      it("joins members, as gzip does", function()
        assert.are.equal("onetwo", (decode(gzip "one" .. gzip "two")))
        assert.are.equal("", (decode(member "" .. member "" .. gzip "")))
      end)

      it("reads every optional field of a header", function()
        assert.are.equal("x", (decode(member("x", full_header()))))
        assert.are.equal("x", (decode(member("x", "\31\139\8\4\0\0\0\0\0\255\0\0"))))
        assert.are.equal("x", (decode(member("x", "\31\139\8\8\0\0\0\0\0\255" .. ("n"):rep(100000) .. "\0"))))
      end)

      it("refuses a header whose checksum is wrong", function()
        assert.matches("^x%.gz: gzip header with checksum %x%x%x%x %(%x%x%x%x expected%)$",
          refusal(member("x", full_header(1))))
      end)

      it("refuses other methods and unknown flags", function()
        assert.are.equal("x.gz: gzip data of method 7 (8, deflate, expected)",
          refusal(member("x", "\31\139\7\0\0\0\0\0\0\255")))
        assert.are.equal("x.gz: gzip header with flags 20 (none of e0 expected)",
          refusal(member("x", "\31\139\8\32\0\0\0\0\0\255")))
      end)

      it("shows the first bytes of what is not gzip data", function()
        assert.are.equal("x.gz: starts with 50 4b 03 04 (gzip data expected)", refusal "PK\3\4 and so on")
        assert.are.equal("x.gz: starts with 1f 8c 08 00 (gzip data expected)",
          refusal "\31\140\8\0\0\0\0\0\0\0")
        assert.are.equal("x.gz: starts with 50 (gzip data expected)", refusal "P")
        assert.are.equal("x.gz: empty (gzip data expected)", refusal "")
      end)

      it("ignores zero padding, and counts other trailing bytes", function()
        local data = gzip "content"
        for padding, count in pairs {
          ["\0"] = 0, [("\0"):rep(1000)] = 0, x = 1, ["\31"] = 1, ["\31x"] = 2, ["\0\0xyz"] = 3,
          ["\0\31\139\8"] = 3, garbage = 7,
        } do
          local content, garbage = decode(data .. padding)
          assert.are.equal("content", content)
          assert.are.equal(count, garbage, ("%q"):format(padding))
          content, garbage = decode_pieces(data .. padding, 1)
          assert.are.equal("content", content)
          assert.are.equal(count, garbage, ("%q"):format(padding))
        end
      end)

      it("finds every truncation", function()
        local data = gzip "content, content" .. member("tail", full_header())
        local first = #gzip "content, content"
        for length = 1, #data - 1 do
          local content, message = decode(data:sub(1, length))
          if length == first or length == first + 1 then -- a whole member, and half a magic number
            assert.are.equal("content, content", content)
          else
            assert.is_nil(content)
            local expected = "x.gz: gzip data ends early (after %d bytes; more expected)"
            assert.are.equal(expected:format(length), message)
          end
        end
      end)

      it("finds every flipped byte of a member, but for those without meaning", function()
        local data = gzip "the quick brown fox jumps over the lazy dog"
        local harmless = { [4] = true } -- the flag that says "probably text"
        for i = 5, 10 do -- time, level, system
          harmless[i] = true
        end
        for i = 1, #data do
          local damaged = data:sub(1, i - 1) .. string.char(data:byte(i) ~ 1) .. data:sub(i + 1)
          assert.are.equal(harmless[i] or false, decode(damaged) ~= nil, "byte " .. i)
        end
      end)

      it("says which check failed", function()
        local data = member "content"
        local crc = data:sub(1, -9) .. "\0\0\0\0" .. data:sub(-4)
        assert.are.equal(("x.gz: damaged gzip data: content with CRC %08x (00000000 expected)"):format(
          crc32 "content"), refusal(crc))
        assert.are.equal("x.gz: damaged gzip data: 7 bytes of content (8 expected)",
          refusal(data:sub(1, -5) .. "\8\0\0\0"))
        assert.are.equal("x.gz: damaged gzip data (deflate stream expected)",
          refusal("\31\139\8\0\0\0\0\0\0\255\7" .. ("\0"):rep(20)))
      end)

      it("stops at the limit, and not a byte before", function()
        local data = gzip(("\0"):rep(1000000))
        assert.are.equal("x.gz: 1001 bytes of content or more (1000 at most expected)",
          refusal(data, { limit = 1000 }))
        assert.are.equal("x.gz: 1000000 bytes of content or more (999999 at most expected)",
          refusal(data, { limit = 999999 }))
        assert.are.equal(1000000, #assert(decode(data, { limit = 1000000 })))
        assert.are.equal("", (decode(gzip "", { limit = 0 })))
        assert.are.equal("x.gz: 1 bytes of content or more (0 at most expected)",
          refusal(gzip "a", { limit = 0 }))
      end)

      it("fails the same way again after a failure", function()
        local handle <close> = assert(inflate.new { backend = backend, path = "x.gz" })
        local expected = "x.gz: starts with 6e 6f 20 67 (gzip data expected)"
        for _ = 1, 2 do
          local content, message = handle:write "no gzip data at all"
          assert.is_nil(content)
          assert.are.equal(expected, message)
        end
        assert.are.same({ nil, expected, "format" }, { handle:finish() })
      end)

      it("lives with the collector at every step", function()
        local data = gzip(long_text():sub(1, 3000))
        local handle = assert(inflate.new { backend = backend })
        local contents = {}
        for i = 1, #data, 50 do
          contents[#contents + 1] = handle:write(data:sub(i, i + 49))
          collectgarbage()
        end
        assert.is_true(handle:finish())
        assert.are.equal(long_text():sub(1, 3000), table.concat(contents))
        handle = nil -- luacheck: ignore
        collectgarbage()
        collectgarbage()
      end)

      it("raises for a closed handle, which may be closed again", function()
        local handle = assert(inflate.new { backend = backend })
        handle:close()
        handle:close()
        assert.are.equal("inflate handle is closed", failure_of(handle.write, handle, "x"))
        assert.are.equal("inflate handle is closed", failure_of(handle.finish, handle))
      end)
    end)
  end
end)
