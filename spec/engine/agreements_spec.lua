local agreements = require "datamaestro.engine.agreements"
local digest = require "datamaestro.api.digest"
local temp = require "spec.support.temp"
local Laboratory = require "spec.support.laboratory"
local json = require "datamaestro.json"

describe("the hash of terms", function()
  it("is the sha256 of their text", function()
    assert.are.equal(digest.string("sha256", "Be good."), agreements.hash "Be good.")
  end)

  it("can be said by its first digits, 12 of them at least", function()
    local hash = agreements.hash "Be good."
    assert.is_true(agreements.is_hash(hash, hash))
    assert.is_true(agreements.is_hash(hash:sub(1, 12), hash))
    assert.is_true(agreements.is_hash(hash:upper(), hash))
    assert.is_false(agreements.is_hash(hash:sub(1, 11), hash))
    assert.is_false(agreements.is_hash("", hash))
    assert.is_false(agreements.is_hash(hash .. "0", hash))
    assert.is_false(agreements.is_hash(("0"):rep(64), hash))
  end)
end)

describe("what the user has accepted", function()
  local lab
  local GOOD = digest.string("sha256", "Be good.")
  local FAIR = digest.string("sha256", "Be fair.")
  local DATE = "2026-01-02T03:04:05Z"

  before_each(function()
    lab = Laboratory.new()
    lab:define [[
      local File = use "datamaestro.data".File
      Data = useragreement("Be good.", { id = "terms of lab" }) .. dataset { File, "x" } ..
        function() return { path = "/x" } end
      Both = useragreement("Be good.", { id = "terms of lab" }) .. useragreement("Be fair.", { id = "b" }) ..
        dataset { File, "x" } .. function() return { path = "/x" } end]]
  end)

  after_each(function()
    lab:close()
  end)

  local function path()
    return lab.folder .. "/.config/datamaestro/user.json"
  end

  local function accepted(name)
    local result = lab:run { "--json", "info", "org.example." .. (name or "data") }
    local list = {}
    for i, one in ipairs(json.decode(result.out).agreements) do
      list[i] = one.accepted
    end
    return list, result.err
  end

  local function record(entries)
    temp.write(path(), json.encode { agreements = entries })
  end

  it("is nothing at first", function()
    assert.are.same({ false }, (accepted()))
    assert.is_nil(io.open(path()))
  end)

  it("counts where the hash of the text is recorded with a date", function()
    record { ["terms of lab sha256:" .. GOOD] = DATE }
    assert.are.same({ true }, (accepted()))
    assert.are.same({ true, false }, (accepted "both"))
  end)

  it("does not count for another text, another id, or without the text", function()
    for _, entries in ipairs {
      { ["terms of lab sha256:" .. FAIR] = DATE }, { ["terms of Lab sha256:" .. GOOD] = DATE },
      { ["terms of lab"] = "yes" }, { ["terms of lab sha256:" .. GOOD:sub(1, 12)] = DATE },
    } do
      record(entries)
      assert.are.same({ false }, (accepted()))
    end
  end)

  it("cannot be claimed by terms whose id looks like a record", function()
    record { ["terms of lab sha256:" .. GOOD] = "yes" } -- as the Python program would note such an id
    assert.are.same({ false }, (accepted()))
  end)

  it("adds to what is there, in its order, and keeps permissions and links", function()
    local target = temp.write(lab.folder .. "/dotfiles/user.json",
      '{"z": [1, {"b": 1.5, "a": null}], "agreements": {"x": "yes", "a": "yes"}, "c": []}')
    local folder = path():match "^(.*)/"
    os.execute(("chmod 600 %s; mkdir -p %s; ln -s %s %s"):format(target, folder, target, path()))
    local result = lab:run { "--quiet", "agree", "org.example.both", "--hash", FAIR }
    assert.are.same({ 0, "", "" }, { result.status, result.out, result.err })
    assert.matches('^{\n  "z": %[\n    1,\n    {\n      "b": 1%.5,\n      "a": null\n    }\n  %],\n'
      .. '  "agreements": {\n    "x": "yes",\n    "a": "yes",\n    "b": "yes",\n    "b sha256:' .. FAIR
      .. '": "%d%d%d%d%-%d%d%-%d%dT%d%d:%d%d:%d%dZ"\n  },\n  "c": %[%]\n}\n$', temp.read(target))
    local found = require "datamaestro.api.file".stat(target)
    assert.are.equal(384, found.mode) -- 0600
    assert.are.equal("link", require "datamaestro.api.file".stat(path(), true).type)
    assert.are.same({ "user.json" }, require "datamaestro.api.file".list(lab.folder .. "/dotfiles"))
  end)

  it("is of both of two processes that record at once", function()
    local command = lab:command { "agree", "org.example.both", "--hash", GOOD }
    local other = lab:command { "agree", "org.example.both", "--hash", FAIR }
    for _ = 1, 5 do
      os.remove(path())
      local result = require "spec.support.program".shell(("%s & %s; wait $!"):format(command, other))
      assert.are.equal(0, result.status, result.err)
      assert.are.same({ true, true }, (accepted "both"))
    end
  end)

  it("is not read from a file that is damaged, which stays as it is and is named", function()
    for content, problem in pairs {
      [""] = ":1:1: nothing (a JSON value expected)",
      ['{"agreements": {'] = ":1:17: the text ends here (']' or '}' expected)",
      ['{\n  "agreements": {}\n}}'] = ":3:2: text behind the value (end of line expected)",
      ["[]"] = ": not a JSON object (one expected)",
      ['{"agreements": []}'] = ": agreements: not an object (one of ids expected)",
      ['{"agreements": null}'] = ": agreements: not an object (one of ids expected)",
      ['{"agreements": {"a\\n\\u001b[31m": true}}'] =
        ': agreements: \'a\\n\\x1b[31m\': not a string ("yes" or a date expected)',
    } do
      temp.write(path(), content)
      local message = ("datamaestro: %s%s\n"):format(path(), problem)
      for _, words in ipairs { { "prepare", "org.example.data" }, { "agree", "org.example.data" },
        { "agree", "org.example.data", "--hash", GOOD }, { "agree", "--list" },
        { "agree", "--withdraw", "x" } } do
        local result = lab:run(words)
        assert.are.same({ 12, "", message }, { result.status, result.out, result.err })
      end
      local _, warning = accepted()
      assert.are.equal((message:gsub("datamaestro:", "%0 warning:")), warning)
      assert.are.equal(content, temp.read(path()))
    end
  end)

  it("is what the environment says, for one process", function()
    local function head(hashes, name)
      return lab:run({ "--quiet", "prepare", "org.example." .. (name or "data") },
        { env = { DATAMAESTRO_AGREE = hashes } })
    end
    assert.are.equal(0, head(GOOD).status)
    assert.are.equal(0, head(GOOD:sub(1, 12)).status)
    assert.are.equal(0, head((" %s,%s "):format(FAIR, GOOD:upper()), "both").status)
    assert.are.equal(6, head(GOOD, "both").status)
    assert.are.equal(6, head "".status)
    assert.is_nil(io.open(path()))
    for wrong, shown in pairs { [GOOD:sub(1, 11)] = GOOD:sub(1, 11), yes = "yes", [GOOD .. "0"] = GOOD .. "0",
      ["\27[31m000000000"] = "\\x1b[31m000000000" } do
      local result = head(wrong)
      assert.are.same({ 2, ("datamaestro: DATAMAESTRO_AGREE: '%s' (hashes of terms expected, 12 to 64 hex "
        .. "digits each)\n"):format(shown) }, { result.status, result.err })
    end
  end)

  it("needs no home and no file where the environment says all", function()
    temp.write(path(), "damaged")
    local env = { DATAMAESTRO_AGREE = GOOD }
    assert.are.equal(0, lab:run({ "prepare", "org.example.data" }, { env = env }).status)
    env.HOME = ""
    assert.are.equal(0, lab:run({ "prepare", "org.example.data" }, { env = env }).status)
  end)

  it("cannot be recorded without a home, or where the folder cannot be made", function()
    local words = { "agree", "org.example.data", "--hash", GOOD }
    local result = lab:run(words, { env = { HOME = "" } })
    assert.are.same({ 2, "datamaestro: HOME: not set (a home folder expected; or give --data DIR)\n" },
      { result.status, result.err })
    result = lab:run(words, { env = { XDG_CONFIG_HOME = "/dev/null" } })
    assert.are.same({ 1, "datamaestro: /dev/null: not a folder (folder expected)\n" },
      { result.status, result.err })
  end)
end)
