local extraction = require "spec.support.extraction"
local file = require "datamaestro.api.file"
local temp = require "spec.support.temp"

local shell, extract, refusal = extraction.shell, extraction.extract, extraction.refusal
local discard, make_tree = extraction.discard, extraction.make_tree

describe("damaged archives", function()
  local folder, hostile

  setup(function()
    folder, hostile = extraction.open()
    shell [[
      mkdir s; seq 100 >s/a; : >s/b; tar --format=pax -cf s.tar s; tar c s | gzip >s.tar.gz
      tar c s | bzip2 >s.tar.bz2; tar c s | xz >s.tar.xz; tar c s | zstd -q --check >s.tar.zst
      tar c s | lz4 -c >s.tar.lz4; zip -qr s.zip s; 7z a s.7z s]]
  end)

  teardown(extraction.close)
  after_each(discard)

  it("finds every truncation", function()
    local complete = tonumber(shell "stat -c %s s.tar") // 512
    while temp.read(folder .. "/s.tar"):sub(complete * 512 - 511, complete * 512):find "[^\0]" == nil do
      complete = complete - 1
    end
    for kind, step in pairs { tar = 61, ["tar.gz"] = 1, ["tar.bz2"] = 1, ["tar.xz"] = 3, ["tar.zst"] = 1,
      ["tar.lz4"] = 1, zip = 3, ["7z"] = 1 } do
      local data = temp.read(folder .. "/s." .. kind)
      local last = kind == "tar" and complete * 512 + 511 or #data - 1
      for length = 0, last, step do
        local message = refusal(temp.write(folder .. "/cut", data:sub(1, length)))
        assert.matches("^x: ", message)
      end
      for length = last - 1030, last do -- the end of a tar archive is what is easily missed
        if length > 0 then
          refusal(temp.write(folder .. "/cut", data:sub(1, length)))
        end
      end
      if kind == "tar" then
        assert(extract(temp.write(folder .. "/cut", data:sub(1, last + 1))))
        discard()
      end
    end
  end)

  it("says how an archive ends early", function()
    local data = temp.read(folder .. "/s.tar")
    local function cut(length)
      return refusal(temp.write(folder .. "/cut", data:sub(1, length)))
    end
    assert.are.equal("x: empty (archive expected)", cut(0))
    assert.are.equal("x: tar archive ends early, or is damaged (more expected)", cut(300))
    data = temp.read(hostile .. "/no_folders.tar") -- three members of two blocks each
    assert.are.equal("x: tar archive ends early (blocks of zeros expected at its end)", cut(1024))
    assert.are.equal("x: member 'a/b/e': ends early (more expected)", cut(1024 + 514))
    assert.are.equal("x: tar archive ends early (more expected)", cut(1024 + 100))
    assert.are.equal("x: tar archive ends early (blocks of zeros expected at its end)", cut(3 * 1024))
    assert(extract(temp.write(folder .. "/cut", data:sub(1, 3 * 1024 + 512))))
    discard()
    data = temp.read(folder .. "/s.tar.gz")
    assert.are.equal(("x: gzip data ends early (after %d bytes; more expected)"):format(#data - 1),
      cut(#data - 1))
    data = temp.read(folder .. "/s.zip")
    assert.are.equal("x: zip archive ends early, or is damaged (more expected)", cut(#data - 1))
  end)

  it("lets no flipped byte change a file unseen", function()
    local content = temp.read(folder .. "/s/a")
    local function try(kind, data, i)
      local damaged = data:sub(1, i - 1) .. string.char(data:byte(i) ~ 4) .. data:sub(i + 1)
      local report = extract(temp.write(folder .. "/damaged", damaged))
      if not report then
        return 1
      end
      local path = folder .. "/box/out/s/a"
      if kind ~= "zip" or file.stat(path) then -- names in a zip archive's list have no checksum
        assert.are.equal(content, temp.read(path), kind .. " " .. i)
      end
      discard()
      return 0
    end
    for kind, step in pairs { ["tar.gz"] = 2, ["tar.xz"] = 4, ["tar.zst"] = 2, zip = 2, ["7z"] = 1 } do
      local data, refused, tried = temp.read(folder .. "/s." .. kind), 0, 0
      for i = 1, #data, step do
        refused = refused + try(kind, data, i)
        tried = tried + 1
      end
      assert.is_true(refused > tried // 3, ("%s: %d of %d"):format(kind, refused, tried))
    end
  end)

  it("checks what comes after the end of the tar archive", function()
    make_tree()
    shell "tar c -C base tree | gzip >x; head -c -5 x >cut; printf garbage >>x; printf 12345 >>cut"
    assert.matches("^x: damaged gzip data: content with CRC", refusal(folder .. "/cut"))
    assert(extract(folder .. "/x"))
    discard()
  end)

  it("says what is no archive", function()
    local function of(content)
      return refusal(temp.write(folder .. "/none", content))
    end
    assert.are.equal("x: starts with 3c 68 74 6d (tar, zip or 7z archive expected)", of "<html>login</html>")
    assert.are.equal("x: starts with 52 61 72 21 (tar, zip or 7z archive expected)",
      of("Rar!\26\7\1\0" .. ("x"):rep(2000)))
    assert.are.equal("x: empty (archive expected)", of "")
    shell "printf text | gzip >none.gz"
    assert.are.equal("x: compressed, but no archive (tar archive expected)", refusal(folder .. "/none.gz"))
  end)
end)
