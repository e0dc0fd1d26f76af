local Laboratory = require "spec.support.laboratory"
local image = require "datamaestro.api.image"
local images = require "spec.support.images"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local FASHION = "com.github.zalandoresearch.fashion.mnist"
local UTF8 = { LC_ALL = "C.UTF-8", TERM = "xterm-256color", COLORTERM = "", NO_COLOR = "", TMUX = "",
  STY = "" }

describe("show", function()
  local lab

  setup(function()
    lab = Laboratory.new()
    assert.are.equal(0, lab:run({ "--quiet", "download", FASHION }).status)
  end)

  teardown(function()
    lab:close()
  end)

  local function show(arguments, env)
    local words = { "show" }
    return lab:run(table.move(arguments, 1, #arguments, 2, words), { env = env or UTF8 })
  end

  local function shown(arguments, env)
    local result = show(arguments, env)
    assert.are.same({ 0, "" }, { result.status, result.err })
    return result.out
  end

  local function failure(...)
    local result = show { ... }
    assert.are.equal("", result.out)
    return { result.status, result.err }
  end

  it("prints letters where there is no terminal, with the labels below", function()
    assert.are.equal([[
                  =+##*#*+=       .=**+-
       **=:.:.   #%%=++*=%%=      .-----
      -%%%%#%=  .*#%+++++#*+      .-----
     .#%%%%%%:     #%%%%%+        :-----
:**#%%#*#%%%%=     #%%%%#+        :-----
-#####%%%%###+     #%%%%#*        :-----.
  .::::.....       ######*        .:--::
      9              0              0
]], (shown { FASHION .. ".train.images", "--n", "3" }:gsub(" +\n", "\n")))
  end)

  it("refuses rows that are not there", function()
    assert.are.same({ 2, ("datamaestro: %s.test.images[9999:10001]: 10000 images (no image 10001)\n"):format(
      FASHION) }, failure(FASHION .. ".test.images[9999:10001]"))
    assert.are.same({ 2, ("datamaestro: %s.test.images[10001:]: 10000 images (no image 10001)\n"):format(
      FASHION) }, failure(FASHION .. ".test.images[10001:]"))
  end)

  it("takes rows, a first one, and leaves labels out", function()
    local third = shown { FASHION .. ".train.images[3]", "--no-labels" }
    assert.are.equal(third, shown { FASHION .. ".train.images", "--first", "3", "--n", "1", "--no-labels" })
    assert.are_not.equal(third, shown { FASHION .. ".train.images[4:4]", "--no-labels" })
    assert.matches("\n +0\n$", shown { FASHION .. ".train.images[3]" })
    assert.matches("\n +0\n$", shown { FASHION .. ".train[3]" })
  end)

  it("shows half blocks with the picture's own pixels when asked to, where one has room", function()
    local env = setmetatable({ COLORTERM = "truecolor", COLUMNS = "80" }, { __index = UTF8 })
    for name, value in pairs(UTF8) do
      env[name] = env[name] or value
    end
    local rows = images.blocks(shown({ FASHION .. ".train.images[1]", "--as", "blocks", "--no-labels" }, env))
    assert.are.same({ 28, 28 }, { #rows, #rows[1] })
    local reference = shown({ FASHION .. ".train.images[1]", "--png", "-", "--no-labels" }, env)
    local picture = assert(image.decode(reference, "png"))
    for y = 1, 28 do
      for x = 1, 28 do
        local pixel = picture[12 + 3 * y - 1][12 + 3 * x - 1]
        assert.are.equal(pixel[1] << 16 | pixel[2] << 8 | pixel[3], rows[y][x])
      end
    end
  end)

  it("fits 80 columns", function()
    for line in shown { FASHION .. ".train.images" }:gmatch "[^\n]+" do
      assert.is_true(utf8.len(line) <= 80)
    end
    local env = { COLUMNS = "20", LC_ALL = "C.UTF-8" }
    for line in shown({ FASHION .. ".train.images", "--columns", "7", "--n", "7" }, env):gmatch "[^\n]+" do
      assert.is_true(utf8.len(line) <= 20)
    end
  end)

  it("writes sixels and Kitty's commands when asked to", function()
    local sixels = images.sixels((shown { FASHION .. ".train.images", "--as", "sixel", "--n", "2" }
      :gsub("\n$", "")))
    assert.are.same({ 84 * 2 + 6, 84 + 20 }, { sixels.width, sixels.height })
    local kitty = shown { FASHION .. ".train.images", "--as", "kitty", "--n", "2" }:gsub("\n$", "")
    local keys, bytes = images.kitty(kitty)
    assert.matches("^a=T,f=100,q=2,", keys)
    assert.are.same({ 84 + 20, 84 * 2 + 6, 4 }, { assert(image.decode(bytes, "kitty")):shape() })
  end)

  it("writes a PNG file", function()
    local path = lab.folder .. "/sheet.png"
    assert.are.equal("", shown { FASHION .. ".train.images", "--png", path })
    local sheet = assert(image.load(path))
    assert.are.same({ 5 * (84 + 20 + 6) - 6 + 24, 10 * (84 + 6) - 6 + 24, 4 }, { sheet:shape() })
    assert.are.equal(temp.read(path), shown { FASHION .. ".train.images", "--png", "-" })
  end)

  it("writes a page that holds each image, with its label", function()
    local page = shown { FASHION .. ".train.images", "--html", "-", "--n", "4" }
    assert.is_truthy(page:find("<h1>" .. FASHION .. ".train.images</h1>", 1, true))
    local labels = {}
    for png, label in page:gmatch 'src="data:image/png;base64,([%w+/=]+)"><figcaption>(.-)</figcaption>' do
      local _, bytes = images.kitty("\27_Gm=0;" .. png .. "\27\\")
      assert.are.same({ 28, 28, 4 }, { assert(image.decode(bytes, "png")):shape() })
      labels[#labels + 1] = label
    end
    assert.are.same({ "9", "0", "0", "3" }, labels)
    assert.is_nil(page:find("http", 1, true))
  end)

  it("writes both where both are asked for", function()
    local png, html = os.tmpname(), os.tmpname()
    assert.are.equal("", shown { FASHION .. ".train.images", "--n", "4", "--png", png, "--html", html })
    for path, beginning in pairs { [png] = "^\137PNG", [html] = "^<!" } do
      local handle = assert(io.open(path, "rb"))
      assert.matches(beginning, handle:read(8))
      handle:close()
      os.remove(path)
    end
  end)

  it("prints as JSON what it would show", function()
    local json = require "datamaestro.json"
    assert.are.same({ id = FASHION .. ".train.images", count = 60000, first = 2, last = 4, type = "uint8",
      shape = { 28, 28 }, labels = { "0", "0", "3" } },
      assert(json.decode(shown { FASHION .. ".train.images[2:4]", "--json" })))
    local path = lab.folder .. "/json.png"
    local found = json.decode(shown { FASHION .. ".test.images", "--no-labels", "--json", "--png", path })
    assert.are.equal(json.null, found.labels)
    assert.is_truthy(image.decode(temp.read(path), "png"))
  end)

  it("refuses names of files that promise another format", function()
    local said = "datamaestro: " .. FASHION .. ".train: show.%s: '%s': a %s file by its name (.%s expected)\n"
    assert.are.same({ 2, said:format("png", "x.jpg", "jpeg", "png") },
      failure(FASHION .. ".train", "--png", "x.jpg"))
    assert.are.same({ 2, said:format("html", "x.png", "png", "html") },
      failure(FASHION .. ".train", "--html", "x.png"))
  end)

  it("says what cannot be shown", function()
    assert.are.same({ 2, "datamaestro: " .. FASHION
      .. ": ImageClassification without images (images expected: its "
      .. "field train or test?)\n" }, failure(FASHION))
    assert.are.same({ 2, "datamaestro: " .. FASHION
      .. ".train.labels: tensor of uint8 60000 (an image or several "
      .. "expected; `plot` shows numbers)\n" }, failure(FASHION .. ".train.labels"))
    assert.are.same({ 3, "datamaestro: " .. FASHION
      .. ".train: no field 'image' (did you mean 'images'?)\n" },
      failure(FASHION .. ".train.image"))
    assert.are.same({ 2, "datamaestro: " .. FASHION .. ".train.images: show.n: 0 (1 or more expected)\n" },
      failure(FASHION .. ".train.images", "--n", "0"))
    assert.are.same({ 2, "datamaestro: " .. FASHION
      .. ".train.images[60001]: 60000 images (no image 60001)\n" },
      failure(FASHION .. ".train.images[60001]"))
    local missing = failure(FASHION .. ".train.images", "--png", "/no/folder/x.png")
    assert.are.equal(3, missing[1])
    assert.matches(": /no/folder/x%.png: No such file or directory\n$", missing[2])
    assert.are.same({ 2,
      "datamaestro: argument for option '--as' must be one of 'kitty', 'sixel', 'blocks', 'plain'; "
      .. "`datamaestro show --help` shows what there is\n" }, failure(FASHION, "--as", "gif"))
  end)

  it("ends without a word when its reader has gone", function()
    local env = ("env DATAMAESTRO_DIR=%s"):format(program.quote(lab.data))
    local result = program.shell(("%s %s show %s.train.images --n 5000 | head -n 1"):format(env,
      program.quote(program.path), FASHION))
    assert.are.same({ 0, "" }, { result.status, result.err })
  end)

  it("says where standard output is full", function()
    local env = ("env DATAMAESTRO_DIR=%s"):format(program.quote(lab.data))
    local result = program.shell(("%s %s show %s.train.images >/dev/full"):format(env,
      program.quote(program.path), FASHION))
    assert.are.same({ 8, "datamaestro: standard output: No space left on device\n" }, { result.status,
      result.err })
  end)

  local function script(source)
    return lab:run({ "run", temp.write(lab.folder .. "/script.lua", source) }, { env = UTF8 })
  end

  it("is a function for scripts and at the prompt", function()
    local source = ("local ds = datamaestro.prepare %q\nassert(datamaestro.show(ds.train.images, "
      .. "{ n = 3, labels = ds.train.labels }))"):format(FASHION)
    local expected = shown { FASHION .. ".train.images", "--n", "3" }
    local result = script(source)
    assert.are.same({ 0, expected, "" }, { result.status, result.out, result.err })
    result = lab:run({ "repl" }, { env = UTF8, input = ("ds = prepare %q\nshow(ds.train, { n = 3 })\n")
      :format(FASHION) })
    assert.are.same({ 0, expected, "" }, { result.status, result.out, result.err })
  end)

  it("takes tensors of all shapes that images have, lists, paths and names of classes", function()
    local result = script [[
      local from = require "datamaestro.api.tensor".from
      local grey = from("uint8", { 2, 3 }, { 0, 255, 0, 255, 0, 255 })
      local function print_images(...) assert(datamaestro.show(...)) print "--" end
      print_images(grey)
      print_images(from("uint8", { 6, 2, 1 }, { 0, 1, 0, 1, 2, 2, 2, 2, 1, 0, 1, 0 }), { range = { 2, 0 } })
      print_images({ grey, from("float32", { 2, 3 }, { 0, 0.5, 1, 0, 0.5, 1 }) },
        { labels = { 1, 0 }, classes = { [0] = "cat", "dog" } })
      print_images(from("uint8", { 1, 3, 2, 5 }, ("\0"):rep(20) .. ("\255"):rep(10)))
    ]]
    assert.are.same({ 0, "" }, { result.status, result.err })
    assert.are.equal("===\n--\n@+\n+@\n--\n===  +@\ndog cat\n--\n.....\n--\n",
      (result.out:gsub("[ ]+\n", "\n"):gsub("\n\n+", "\n")))
  end)

  it("raises at the line of the script that asks for what is not there", function()
    for source, expected in pairs {
      ["datamaestro.show({}, { lables = 1 })"] = "show.lables: unknown field (did you mean 'labels'?)",
      ["datamaestro.show(7)"] = "integer (images expected: a tensor, an object, a path or a list)",
      ["datamaestro.show({ true })"] = "boolean (images expected: a tensor, an object, a path or a list)",
      ["datamaestro.show({})"] = "0 images (1 or more expected for the first one asked for)",
      ["datamaestro.show(ONE, { labels = {} })"] =
        "labels: 0 (1 expected, one an image)",
      ["datamaestro.show(ONE, {range = {1, 1}})"] =
        "show.range: two finite numbers that differ expected, black and white",
    } do
      local one = "require 'datamaestro.api.tensor'.from('uint8', { 1, 1 }, { 1 })"
      local result = script("\n" .. source:gsub("ONE", one))
      assert.are.same({ 1, "datamaestro: " .. lab.folder .. "/script.lua:2: " .. expected .. "\n" },
        { result.status, result.err })
    end
  end)

  it("gives failures of files back", function()
    local result = script 'print(datamaestro.show "/none.png")'
    assert.are.equal("nil\t/none.png: No such file or directory\tunknown\n", result.out)
  end)
end)

describe("what a terminal shows", function()
  local terminals = require "datamaestro.cli.picture_terminal"

  it("is read from its answer", function()
    assert.is_nil(terminals.sixels "\27[?1;2c")
    assert.is_nil(terminals.sixels "\27[?64;14;44c")
    assert.are.same({ colours = 256 }, terminals.sixels "\27[?62;4;6c")
    assert.is_nil(terminals.sixels "\27[?4c") -- the first number is the kind of terminal
    assert.are.same({ colours = 16, width = 800, height = 600 },
      terminals.sixels "\27[?1;0;16S\27[?2;0;800;600S\27[?63;1;2;4c")
    assert.are.same({ colours = 256 }, terminals.sixels "\27[?1;0;1024S\27[?2;3;0S\27[?63;1;2;4c")
    assert.is_nil(terminals.sixels "x")
  end)
end)

describe("show in a terminal", function()
  local Terminal = require "spec.support.terminal"
  local lab, screen

  before_each(function()
    lab = Laboratory.new()
  end)

  after_each(function()
    screen:close()
    lab:close()
  end)

  it("asks it, shows half blocks where it knows no more, and leaves the line as it was", function()
    screen = Terminal.start({ "repl" }, { HOME = lab.folder, DATAMAESTRO_DIR = lab.data,
      TERM = "screen-256color" })
    screen:wait "[1]>"
    screen:press("t = require 'datamaestro.api.tensor'.from('uint8', {2, 3}, {0, 255, 0, 255, 0, 255})",
      "Enter")
    screen:wait "[2]>"
    screen:press("show(t, { labels = { 'x' } })", "Enter")
    screen:wait "[3]>"
    assert.matches("\n▀▀▀\n x\n%[3%]>", screen:screen())
    screen:press("1 + 1", "Enter")
    screen:wait "\n2\n[4]>"
  end)
end)
