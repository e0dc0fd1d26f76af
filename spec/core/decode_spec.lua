local archive = require "datamaestro.api.archive"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local script = require "spec.support.script"
local temp = require "spec.support.temp"

-- The command that makes each format; what follows the data is ignored in some, and damage in others.
local FORMATS = {
  { name = "gzip", command = "gzip -nc", ignores = true },
  { name = "bzip2", command = "bzip2 -c", ignores = true },
  { name = "xz", command = "xz -c" },
  { name = "zstd", command = "zstd -qc --check" },
  { name = "lz4", command = "lz4 -c" },
}

local function failure_of(func, ...)
  local ok, message = pcall(func, ...)
  assert.is_false(ok)
  return message
end

local function long_text()
  local lines = {}
  for i = 1, 20000 do
    lines[i] = ("%d: %s"):format(i, ("ab"):rep(i % 37))
  end
  return table.concat(lines, "\n")
end

describe("the decoders", function()
  local folder

  setup(function()
    folder = temp.folder()
  end)

  teardown(function()
    temp.remove(folder)
  end)

  local function pack(command, content)
    local path = temp.write(folder .. "/content", content)
    local result = program.shell(("%s <%s"):format(command, path))
    assert.are.equal(0, result.status, result.err)
    return result.out
  end

  -- Decodes `data`; the content and the report, or nil and the message.
  local function decode(data, options)
    local request = { path = temp.write(folder .. "/x", data), out = folder .. "/out", subject = "x" }
    for name, value in pairs(options or {}) do
      request[name] = value
    end
    local report, message, code = archive.decode(request)
    if not report then
      assert.is_nil(file.stat(request.out), "a part is left")
      return nil, message, code
    end
    local content = temp.read(request.out)
    os.remove(request.out)
    assert.are.equal(#content, report.size)
    return content, report
  end

  local function refusal(data, options)
    local content, message, code = decode(data, options)
    assert.is_nil(content)
    assert.are.equal("format", code)
    return message
  end

  for _, format in ipairs(FORMATS) do
    describe("for " .. format.name, function()
      local text, data

      local function refuse(bytes, options)
        options = options or {}
        options.format = format.name
        return refusal(bytes, options)
      end

      local function early(length)
        return ("x: %s data ends early (after %d bytes; more expected)"):format(format.name, length)
      end

      setup(function()
        text = long_text()
        data = pack(format.command, "the quick brown fox jumps over the lazy dog")
      end)

      it("decode what the command packs", function()
        for _, content in ipairs { "", "a", text, ("\0"):rep(3000000) } do
          local packed = pack(format.command, content)
          assert.are.equal(format.name, archive.recognise(packed))
          local decoded, report = decode(packed)
          assert.are.equal(content, decoded)
          assert.are.same({ size = #content, format = format.name }, report)
        end
      end)

      it("join streams", function()
        local one, two = pack(format.command, text), pack(format.command, "two")
        assert.are.equal(text .. "two", (decode(one .. two)))
        assert.are.equal("twotwo", (decode(two .. pack(format.command, "") .. two)))
      end)

      it("find every truncation", function()
        for length = 1, #data - 1 do
          assert.are.equal(early(length), refuse(data:sub(1, length)))
        end
      end)

      it("find the truncations of a long stream", function()
        local packed = pack(format.command, text)
        for _, length in ipairs { 100, #packed // 3, #packed // 2, #packed - 9, #packed - 5, #packed - 1 } do
          assert.are.equal(early(length), refuse(packed:sub(1, length)))
        end
      end)

      it("find the truncations of a second stream", function()
        for length = format.ignores and 4 or 1, #data - 1 do
          assert.are.equal(early(#data + length), refuse(data .. data:sub(1, length)))
        end
      end)

      it("let no flipped bit change the content unseen", function()
        local packed = pack(format.command, "the quick brown fox jumps over the lazy dog")
        local seen = 0
        for i = 1, #packed do
          for bit = 0, 7 do
            local flipped = string.char(packed:byte(i) ~ 1 << bit)
            local damaged = packed:sub(1, i - 1) .. flipped .. packed:sub(i + 1)
            local content, message, code = decode(damaged, { format = format.name })
            if content then
              assert.are.equal("the quick brown fox jumps over the lazy dog", content, "byte " .. i)
            else
              assert.are.equal("format", code)
              assert.matches("^x: ", message)
              seen = seen + 1
            end
          end
        end
        assert.is_true(seen > #packed * 5, "most are seen")
      end)

      it("say that it is damaged", function()
        local packed = pack(format.command, text)
        local middle = #packed // 2
        local damaged = packed:sub(1, middle) .. ("\85"):rep(64) .. packed:sub(middle + 65)
        assert.matches("^x: damaged " .. format.name .. " data", refuse(damaged))
      end)

      it("say what else it is", function()
        assert.are.equal(("x: starts with 3c 68 74 6d (%s data expected)"):format(format.name),
          refuse "<html><body>No such file</body></html>")
        assert.are.equal(("x: starts with 71 (%s data expected)"):format(format.name), refuse "q")
        assert.are.equal(("x: empty (%s data expected)"):format(format.name), refuse "")
      end)

      it("pass over zero padding", function()
        for _, count in ipairs { 4, 512, 300000 } do
          local content, report = decode(data .. ("\0"):rep(count))
          assert.are.equal("the quick brown fox jumps over the lazy dog", content)
          assert.is_nil(report.garbage)
        end
      end)

      it("treat other bytes after the data as the command does", function()
        for _, garbage in ipairs { "garbage", "g", ("g"):rep(300000) } do
          if format.ignores then
            local content, report = decode(data .. garbage)
            assert.are.equal("the quick brown fox jumps over the lazy dog", content)
            assert.are.equal(#garbage, report.garbage)
          else
            assert.matches("^x: damaged %w+ data: other bytes after the end %(near byte %d+%)$",
              refuse(data .. garbage))
          end
        end
      end)

      it("stop at the limit, and not a byte before", function()
        local packed = pack(format.command, text)
        assert.are.equal(text, (decode(packed, { limit = #text })))
        assert.are.equal(("x: %d bytes of content or more (%d at most expected)"):format(#text, #text - 1),
          refuse(packed, { limit = #text - 1 }))
        assert.are.equal("x: 1 bytes of content or more (0 at most expected)", refuse(packed, { limit = 0 }))
        assert.are.equal("", (decode(pack(format.command, ""), { limit = 0 })))
      end)

      it("decode what is packed twice once", function()
        assert.are.equal(data, (decode(pack(format.command, data))))
      end)
    end)
  end

  it("take a few bytes that make many for a bomb", function()
    for _, format in ipairs { "gzip -c", "bzip2 -c", "xz -0c", "zstd -qc" } do
      local bomb = program.shell("head -c 100000000 /dev/zero | " .. format).out
      assert.matches("^x: [67]%d%.%d MB of content or more from %d+%.?%d* %a+ of data "
        .. "%(1000 times as much at most expected%)$", refusal(bomb))
    end
  end)

  it("let a bomb be decoded by who knows it", function()
    local bomb = program.shell("head -c 100000000 /dev/zero | bzip2 -c").out
    local path = temp.write(folder .. "/bomb", bomb)
    local request = { path = path, out = folder .. "/out", ratio = 0, limit = 100000000 }
    local report = assert(archive.decode(request))
    assert.are.same({ size = 100000000, format = "bzip2" }, report)
    os.remove(folder .. "/out")
  end)

  it("take no more memory than allowed", function()
    local text = long_text()
    assert.are.equal("x: xz data that take more memory to decode (21.0 MB at most expected)",
      refusal(pack("xz -9c", text)))
    assert.are.equal("x: zstd data that take more memory to decode (21.0 MB at most expected)",
      refusal(pack("zstd -qc --long=27 --zstd=wlog=27", text)))
    assert.are.equal("x: xz data that take more memory to decode (1.0 MB at most expected)",
      refusal(pack("xz -6c", text), { memory = 1000000 }))
    assert.are.equal(text, (decode(pack("xz -7c", text))))
    assert.are.equal(text, (decode(pack("zstd -qc --zstd=wlog=24", text))))
    assert.are.equal(text, (decode(pack("xz -9c", text), { memory = 70 * 1024 * 1024 })))
  end)

  it("decode data of every level", function()
    local text = long_text()
    for _, command in ipairs {
      "gzip -1c", "gzip -9c", "bzip2 -1c", "bzip2 -9c", "xz -0c", "xz -7ec", "xz -c -C none",
      "xz -c -C crc32",
      "xz -c -C sha256", "xz -c --block-size=10000", "zstd -qc -1", "zstd -qc -19", "zstd -qc --no-check",
      "lz4 -1c", "lz4 -9c", "lz4 -B4 -BD -c", "lz4 -B7 -BX -c", "lz4 --no-frame-crc -c",
      "lz4 --content-size -c",
    } do
      assert.are.equal(text, (decode(pack(command, text))), command)
    end
  end)

  it("pass over skippable frames, as pzstd writes them", function()
    local frame = "\x50\x2a\x4d\x18" .. ("<s4"):pack "skip me"
    for _, command in ipairs { "zstd -qc", "lz4 -c" } do
      local packed = pack(command, "content")
      assert.are.equal("content", (decode(frame .. packed .. frame)))
      assert.are.equal("content", (decode("\x5f" .. frame:sub(2) .. frame .. packed)))
    end
    assert.are.equal("", (decode(frame, { format = "zstd" })))
    assert.is_nil(archive.recognise(frame))
    assert.is_nil(archive.recognise("\x50\x2a\x4d\x18\xff\xff\xff\xff"))
  end)

  it("refuse what is not compressed when no format is told", function()
    assert.are.equal("x: not compressed (gzip, bzip2, xz, zstd or lz4 data expected)", refusal "plain")
    assert.are.equal("x: not compressed (gzip, bzip2, xz, zstd or lz4 data expected)", refusal "")
    for _, head in ipairs { "", "\31", "\31\139", "BZh0", "BZ", "\xfd7zX", "\x28\xb5\x2f" } do
      assert.is_nil(archive.recognise(head))
    end
  end)

  it("leave a file alone that is there", function()
    local path = temp.write(folder .. "/there", "mine")
    local request = { path = temp.write(folder .. "/x.gz", pack("gzip -c", "theirs")), out = path }
    assert.are.same({ nil, path .. ": File exists", "error" }, { archive.decode(request) })
    assert.are.equal("mine", temp.read(path))
  end)

  it("fail for a source that cannot be read", function()
    assert.are.same({ nil, folder .. "/none: No such file or directory", "unknown" },
      { archive.decode { path = folder .. "/none", out = folder .. "/out" } })
    assert.are.same({ nil, folder .. ": not a regular file (file expected)", "format" },
      { archive.decode { path = folder, out = folder .. "/out" } })
  end)

  it("raise for wrong arguments", function()
    local request = { path = "x", out = "y" }
    local function with(name, value)
      return setmetatable({ [name] = value }, { __index = request })
    end
    assert.are.equal("field 'out': nil (string expected)", failure_of(archive.decode, { path = "x" }))
    assert.are.equal("field 'format': 'brotli' (gzip, bzip2, xz, zstd or lz4 expected)",
      failure_of(archive.decode, with("format", "brotli")))
    assert.are.equal("field 'limit': -1 (0 or more expected)", failure_of(archive.decode, with("limit", -1)))
    assert.are.equal("field 'ratio': string (integer expected)",
      failure_of(archive.decode, with("ratio", "1")))
  end)

  it("stay under 32 MB, whatever the size #costly", function()
    if script.sanitized() then
      return pending "sanitizers take memory of their own"
    end
    for _, command in ipairs { "gzip -1c", "bzip2 -1c", "xz -0c", "zstd -qc --zstd=wlog=24", "lz4 -c" } do
      local path = folder .. "/big"
      assert.are.equal(0, program.shell(
        ("yes 'a line of text' | head -c 50000000 | %s >%s"):format(command, path)).status)
      local code = temp.write(folder .. "/decode.lua", ([[
        local archive = require "datamaestro.api.archive"
        assert(archive.decode { path = %q, out = %q, ratio = 0 }.size == 50000000)
        for line in io.lines "/proc/self/status" do
          local peak = line:match "^VmHWM:%%s*(%%d+) kB"
          if peak then print(peak) end
        end]]):format(path, folder .. "/out"))
      local result = program.run { "run", code }
      os.remove(folder .. "/out")
      assert.are.equal("", result.err)
      assert.is_true(tonumber(result.out) < 32000, command .. ": " .. result.out)
    end
  end)
end)
