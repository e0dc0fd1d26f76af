-- Kind manual: files that are fetched by hand.
local Laboratory = require "spec.support.laboratory"
local digest = require "datamaestro.api.digest"
local file = require "datamaestro.api.file"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

describe("manual", function()
  local lab
  local SUM = digest.string("sha256", "right")

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    lab:close()
  end)

  local function define(options)
    lab:define(([[
      local File = use "datamaestro.data".File
      Data = manual("data.zip", %s) .. dataset { File, "x" } .. function(data) return { path = data } end]])
      :format(options))
  end

  local function drop(name, content, folder)
    return temp.write(("%s/%s"):format(folder or lab.data .. "/drop", name), content)
  end

  local function assert_failure(message, options)
    local result = lab:run({ "--quiet", "prepare", "org.example.data" }, options)
    assert.are.same({ 3, "datamaestro: " .. message:gsub("DROP", lab.data .. "/drop") .. "\n" },
      { result.status, result.err })
    assert.are.equal("none", lab:state())
    assert.are.same({ ".state.json", ".state.lock" }, lab:names())
  end

  local function assert_taken(warning)
    local result = lab:prepare()
    assert.are.same({ 0, warning or "" }, { result.status, result.err })
    assert.are.equal("right", temp.read(lab:path "data.zip"))
    assert.are.equal("complete", lab:state())
    assert.are.same({ ".state.json", ".state.lock", "data.zip" }, lab:names())
  end

  it("says what to fetch, from where, what it should be and where to put it", function()
    define(([[{ url = "https://user:secret@host/form", size = 123456, sha256 = %q,
      instructions = "Fill in the form.\n\nThe answer comes by mail, which may take a day or two; it has " ..
        "a link to a page with the file." }]])
      :format(SUM))
    assert_failure(([[
org.example.data: data: to be fetched by hand (in a drop folder expected)
    Fill in the form.

    The answer comes by mail, which may take a day or two; it has a link to a
    page with the file.
  page:     https://host/form
  file:     123.5 KB (123456 bytes), sha256 %s
  put it:   DROP/data.zip]]):format(SUM))
    define '{ instructions = "Ask." }'
    assert_failure [[
org.example.data: data: to be fetched by hand (in a drop folder expected)
    Ask.
  file:     of any size (none is declared, nor a checksum)
  put it:   DROP/data.zip]]
  end)

  it("is not fooled by instructions with escape sequences or lines that look like ours", function()
    define [[{ instructions = "\27[2J\n\ndatamaestro: all is well" }]]
    assert_failure [[
org.example.data: data: to be fetched by hand (in a drop folder expected)
    \x1b[2J

    datamaestro: all is well
  file:     of any size (none is declared, nor a checksum)
  put it:   DROP/data.zip]]
  end)

  it("takes the file of the right name and digest, and leaves it where it is", function()
    define(('{ url = "https://host/", sha256 = %q }'):format(SUM))
    local path = drop("data.zip", "right")
    assert_taken()
    assert.are.equal("right", temp.read(path))
    os.remove(path)
    assert_taken()
    assert.are_not.equal(nil, file.stat(lab:path "data.zip"))
  end)

  it("takes a file of another name where size and digest are right, out of any drop folder", function()
    define(('{ url = "https://host/", size = 5, sha256 = %q }'):format(SUM))
    local downloads = lab.folder .. "/Downloads"
    drop("data(1).zip.part", "righ", downloads)
    drop("a", "wrong", downloads)
    drop("b", "right", downloads)
    temp.write(lab.data .. "/settings.json", '{"drop_folders": ["~/Downloads"]}')
    assert_taken()
  end)

  it("looks into the folders of the environment, and names all folders", function()
    define(('{ url = "https://host/", size = 5, sha256 = %q }'):format(SUM))
    local env = { DATAMAESTRO_DROP = lab.folder .. "/one:" .. lab.folder .. "/two" }
    assert_failure(([[
org.example.data: data: to be fetched by hand (in a drop folder expected)
  page:     https://host/
  file:     5 bytes, sha256 %s
  put it:   DROP/data.zip
  or in:    %s/one
  or in:    %s/two]]):format(SUM, lab.folder, lab.folder), { env = env })
    drop("x", "right", lab.folder .. "/two")
    assert.are.equal(0, lab:run({ "prepare", "org.example.data" }, { env = env }).status)
  end)

  it("tells near misses: the right name or size with wrong bytes", function()
    define(('{ url = "https://host/", size = 5, sha256 = %q }'):format(SUM))
    drop("data.zip", "too long")
    drop("other\27", "wrong")
    drop("unrelated", "something else")
    assert_failure(([[
org.example.data: data: to be fetched by hand (in a drop folder expected)
  page:     https://host/
  file:     5 bytes, sha256 %s
  put it:   DROP/data.zip
  not it:   DROP/data.zip: 8 bytes (5 expected)
  not it:   DROP/other\x1b: sha256 %s (%s expected)]]):format(SUM, digest.string("sha256", "wrong"), SUM))
  end)

  it("takes a file by its name only where no digest is declared, with a warning", function()
    define '{ url = "https://host/", size = 5 }'
    drop("other", "right")
    assert.are.equal(3, lab:prepare().status)
    local path = drop("data.zip", "right")
    assert_taken(("datamaestro: warning: org.example.data: data: %s is taken by its name (the definition has "
      .. "no checksum)\n"):format(path))
  end)

  it("adopts the file where it is put into the dataset's folder itself", function()
    define(('{ url = "https://host/", sha256 = %q }'):format(SUM))
    temp.write(lab:path "data.zip", "right")
    assert_taken()
  end)

  it("waits for no FIFO, and enters no folder, of its name", function()
    define(('{ url = "https://host/", sha256 = %q }'):format(SUM))
    program.shell(("mkdir -p '%s/drop' && mkfifo '%s/drop/data.zip'"):format(lab.data, lab.data))
    assert.are.equal(3, lab:prepare().status)
    program.shell(("rm '%s/drop/data.zip' && mkdir '%s/drop/data.zip'"):format(lab.data, lab.data))
    assert.are.equal(3, lab:prepare().status)
  end)

  it("can be a source of other resources, and goes when it is transient", function()
    drop("data.gz", "")
    program.shell(("printf right | gzip >'%s/drop/data.gz'"):format(lab.data))
    lab:define [[
      local File = use "datamaestro.data".File
      Data = manual("data.gz", { url = "https://host/", name = "packed", transient = true }) ..
        filedownloader("data.zip", { from = "packed", transforms = "gzip" }) ..
        dataset { File, "x" } .. function(data) return { path = data } end]]
    local result = lab:prepare()
    assert.are.equal(0, result.status, result.err)
    assert.are.equal("right", temp.read(lab:path "data.zip"))
    assert.is_nil(file.stat(lab:path "data.gz"))
    assert.are_not.equal(nil, file.stat(lab.data .. "/drop/data.gz"))
  end)

  it("is in place after any crash, and nothing beside it", function()
    local dying = require "spec.support.preload".build("dying", lab.folder)
    define(('{ url = "https://host/", sha256 = %q }'):format(SUM))
    for crash = 1, 100 do
      local path = drop("data.zip", "right")
      dying.DYING_AT = tostring(crash)
      local first = lab:run({ "--quiet", "prepare", "org.example.data" }, { env = dying })
      if first.status == 0 then
        assert.is_true(crash > 10) -- else nothing was counted
        return
      end
      assert.are.equal(137, first.status, first.err)
      program.shell(("rm -f '%s'.*"):format(lab:path ".state.json")) -- where it died while it wrote the state
      assert_taken()
      assert.are.equal("right", temp.read(path))
      program.shell(("rm -r '%s'"):format(lab.data))
    end
    error "it never came to its end"
  end)

  it("is fetched by two processes at once, once", function()
    define(('{ url = "https://host/", sha256 = %q }'):format(SUM))
    drop("data.zip", "right")
    local command = lab:command { "--quiet", "prepare", "org.example.data" }
    local result = program.shell(("%s & %s; wait $!"):format(command, command))
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert_taken()
  end)

  it("must say something of how to get it, and never fetches its page", function()
    define "{}"
    local result = lab:prepare()
    assert.are.same({ 10, ("datamaestro: %s/org/example.lua:2: data: neither instructions nor a URL (one of "
      .. "them expected)\n"):format(lab.repository) }, { result.status, result.err })
  end)
end)
