local json = require "datamaestro.json"
local program = require "spec.support.program"
local settings = require "datamaestro.settings"
local temp = require "spec.support.temp"

describe("the settings", function()
  local folder, environment

  before_each(function()
    folder = temp.folder()
    environment = {}
  end)

  after_each(function()
    temp.remove(folder)
  end)

  local function write(document)
    local path = temp.write(folder .. "/settings.json",
      type(document) == "string" and document or json.encode(document))
    program.shell("chmod 600 " .. program.quote(path))
    return path
  end

  local function read(options)
    return settings.read(folder, options, function(name)
      return environment[name]
    end)
  end

  local function assert_refused(message, options)
    assert.are.same({ n = 3, nil, message, "usage" }, table.pack(read(options)))
  end

  it("have defaults where nobody says anything", function()
    assert.are.same({
      jobs = 8, jobs_per_host = 8, strict = false, tries = 5, connect_timeout = 30, stall_timeout = 60,
      mirrors = {}, tokens = {}, connections = {}, warnings = {}, datafolders = {},
      drop_folders = { folder .. "/drop" }, stores = {},
    }, read())
  end)

  it("come from the data directory's file, and leave the keys of others alone", function()
    write {
      datafolders = { images = "/srv/images" }, jobs = 16, jobs_per_host = 2, strict = true, tries = 1,
      timeouts = { connect = 1.5, stall = 10 }, mirrors = { "/srv/mirror" },
      hosts = { ["Data.Example.org"] = { token = "s3cret", connections = 2 }, ["b.example:8080"] = {} },
    }
    local found = assert(read())
    assert.are.same({ 16, 2, true, 1, 1.5, 10 }, { found.jobs, found.jobs_per_host, found.strict, found.tries,
      found.connect_timeout, found.stall_timeout })
    assert.are.same({ ["data.example.org"] = "s3cret" }, found.tokens)
    assert.are.same({ ["data.example.org"] = 2 }, found.connections)
    assert.are.equal("/srv/mirror", found.mirrors[1].text)
    assert.are.same({}, found.warnings)
  end)

  it("prefer the option to the variable, that to the file, that to the default", function()
    local function jobs(options)
      return assert(read(options)).jobs
    end
    assert.are.equal(8, jobs())
    write { jobs = 2 }
    assert.are.equal(2, jobs())
    environment.DATAMAESTRO_JOBS = ""
    assert.are.equal(2, jobs())
    environment.DATAMAESTRO_JOBS = "3"
    assert.are.equal(3, jobs())
    assert.are.equal(4, jobs { jobs = "4" })
    write { strict = true }
    environment.DATAMAESTRO_STRICT = "no"
    assert.is_false(read().strict)
    assert.is_true(read({ strict = true }).strict)
  end)

  it("are the user's where the data directory says nothing", function()
    for _, variables in ipairs { { XDG_CONFIG_HOME = folder .. "/c" }, { HOME = folder .. "/h" },
      { XDG_CONFIG_HOME = "relative", HOME = folder .. "/h" } } do
      environment = variables
      local user = variables.HOME and folder .. "/h/.config" or folder .. "/c"
      temp.write(user .. "/datamaestro/settings.json", '{"jobs": 5, "tries": 7, "mirrors": ["/user"]}')
      write { jobs = 2, mirrors = { "/data" } }
      environment.DATAMAESTRO_MIRRORS = "/one https://a.example=/two"
      local found, rules = assert(read { mirror = { "/option" } }), {}
      for i, rule in ipairs(found.mirrors) do
        rules[i] = rule.text
      end
      assert.are.same({ 2, 7 }, { found.jobs, found.tries })
      assert.are.same({ "/option", "/one", "https://a.example=/two", "/data", "/user" }, rules)
    end
  end)

  it("have the datafolders of both files, the data directory's first, and all drop folders", function()
    environment = { HOME = folder .. "/h", DATAMAESTRO_DROP = "/one::/two/" }
    temp.write(folder .. "/h/.config/datamaestro/settings.json",
      '{"datafolders": {"a": "/user/a", "b": "/user/b"}, "drop_folders": ["/user/drop"]}')
    write { datafolders = { a = "/data/a", c = "~/c" }, drop_folders = { "/data/drop", "~/drop" } }
    local found = assert(read())
    assert.are.same({ a = "/data/a", b = "/user/b", c = "~/c" }, found.datafolders)
    assert.are.same({ folder .. "/drop", "/one", "/two/", "/data/drop", os.getenv "HOME" .. "/drop",
      "/user/drop" }, found.drop_folders)
    write { datafolders = json.null, drop_folders = json.array {} }
    assert.are.same({ a = "/user/a", b = "/user/b" }, read().datafolders)
    environment.DATAMAESTRO_DROP = "/one:two"
    assert_refused "DATAMAESTRO_DROP: 'two' (absolute paths, with colons between expected)"
  end)

  it("have the stores of all places, those of the variable first", function()
    environment = { HOME = folder .. "/h", DATAMAESTRO_STORES = "/one::/two/" }
    temp.write(folder .. "/h/.config/datamaestro/settings.json", '{"stores": ["/user"]}')
    write { stores = { "/data", "~/data" } }
    assert.are.same({ "/one", "/two/", "/data", os.getenv "HOME" .. "/data", "/user" }, assert(read()).stores)
    environment.DATAMAESTRO_STORES = "here"
    assert_refused "DATAMAESTRO_STORES: 'here' (absolute paths, with colons between expected)"
  end)

  it("name the file and the key of what is wrong", function()
    local path = folder .. "/settings.json"
    local wrong = {
      [{ jobs = "x" }] = ': jobs: "x" (integer from 1 to 64 expected)',
      [{ datafolders = { x = 1 } }] = ": datafolders.x: 1 (path expected)",
      [{ datafolders = { "/x" } }] = ": datafolders: an array (object expected)",
      [{ drop_folders = "/x" }] = ': drop_folders: "/x" (array of paths expected)',
      [{ drop_folders = { "/x", "y" } }] = ': drop_folders[2]: "y" (absolute path expected)',
      [{ stores = { a = "/x" } }] = ": stores: an object or an empty array (array of paths expected)",
      [{ stores = { "x" } }] = ': stores[1]: "x" (absolute path expected)',
      [{ jobs = 0 }] = ": jobs: 0 (integer from 1 to 64 expected)",
      [{ jobs = 1.5 }] = ": jobs: 1.5 (integer from 1 to 64 expected)",
      [{ jobs_per_host = 65 }] = ": jobs_per_host: 65 (integer from 1 to 64 expected)",
      [{ strict = "yes" }] = ': strict: "yes" (true or false expected)',
      [{ tries = json.array {} }] = ": tries: an object or an empty array (integer from 1 to 100 expected)",
      [{ timeouts = 5 }] = ": timeouts: 5 (object expected)",
      [{ timeouts = { connect = -1 } }] = ": timeouts.connect: -1 (seconds, more than 0, expected)",
      [{ timeouts = { stal = 1 } }] = ": timeouts.stal: unknown key (did you mean 'stall'?)",
      [{ mirrors = "/srv" }] = ': mirrors: "/srv" (array of rules expected)',
      [{ mirrors = { "/srv", 3 } }] = ": mirrors[2]: 3 (rule expected)",
      [{ mirrors = { "srv" } }] =
        ": mirrors[1]: srv: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected",
      [{ hosts = { "a" } }] = ": hosts: an array (object expected)",
      [{ hosts = { ["a.example"] = "x" } }] = ': hosts.a.example: "x" (host name: object expected)',
      [{ hosts = { ["https://a.example"] = {} } }] =
        ": hosts.https://a.example: no host (host name: object expected)",
      [{ hosts = { ["a.example"] = { tokn = "x" } } }] =
        ": hosts.a.example.tokn: unknown key (did you mean 'token'?)",
      [{ hosts = { ["a.example"] = { connections = 0 } } }] =
        ": hosts.a.example.connections: 0 (integer from 1 to 64 expected)",
      ["[1]"] = ": an array (object of settings in JSON expected)",
      ["{"] = ": not JSON (object of settings in JSON expected)",
      [""] = ": not JSON (object of settings in JSON expected)",
    }
    for document, message in pairs(wrong) do
      write(document)
      assert_refused(path .. message)
    end
  end)

  it("do not show a token that is wrong, nor let one break a request", function()
    for _, token in ipairs { "secret\r\nX-Evil: 1", "sec ret", "", 3 } do
      write { hosts = { ["a.example"] = { token = token } } }
      assert_refused(folder .. "/settings.json: hosts.a.example.token: a value that is not shown "
        .. "(visible ASCII characters without spaces expected)")
    end
    environment.DATAMAESTRO_TOKEN_A_EXAMPLE = "secret\n"
    assert.are.same({ n = 3, nil, "DATAMAESTRO_TOKEN_A_EXAMPLE: a value that is not shown "
      .. "(visible ASCII characters without spaces expected)", "usage" },
      table.pack(settings.token({ tokens = {} }, "a.example", function(name)
        return environment[name]
      end)))
  end)

  it("name the option or the variable of what is wrong", function()
    assert_refused("--jobs: 'x' (integer from 1 to 64 expected)", { jobs = "x" })
    assert_refused("--jobs: '' (integer from 1 to 64 expected)", { jobs = "" })
    assert_refused("--jobs: '0x8' (integer from 1 to 64 expected)", { jobs = "0x8" })
    assert_refused("--mirror: x: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected",
      { mirror = { "/srv", "x" } })
    local wrong = {
      DATAMAESTRO_JOBS = { "65", "DATAMAESTRO_JOBS: '65' (integer from 1 to 64 expected)" },
      DATAMAESTRO_STRICT = { "perhaps", "DATAMAESTRO_STRICT: 'perhaps' (true or false expected)" },
      DATAMAESTRO_STALL_TIMEOUT = { "soon",
        "DATAMAESTRO_STALL_TIMEOUT: 'soon' (seconds, more than 0, expected)" },
      DATAMAESTRO_CONNECT_TIMEOUT = { "1e999",
        "DATAMAESTRO_CONNECT_TIMEOUT: '1e999' (seconds, more than 0, expected)" },
      DATAMAESTRO_MIRRORS = { "/srv x",
        "DATAMAESTRO_MIRRORS: x: PREFIX=REPLACEMENT, LOCATION or checksum:LOCATION expected" },
    }
    for name, case in pairs(wrong) do
      environment = { [name] = case[1] }
      assert_refused(case[2])
    end
  end)

  it("warn of a key that means nothing, and of tokens that others may read", function()
    local path = write { job = 3, mirror = "/srv", something = 1 }
    assert.are.same({ path .. ": job: has no meaning here (did you mean 'jobs'?)",
      path .. ": mirror: has no meaning here (did you mean 'mirrors'?)" }, read().warnings)
    write { hosts = { ["a.example"] = { token = "x" } } }
    assert.are.same({}, read().warnings)
    program.shell("chmod 640 " .. program.quote(path))
    assert.are.same({ path .. ": holds tokens, and others may read it (`chmod 600` makes it yours alone)" },
      read().warnings)
    write { jobs = 3 }
    program.shell("chmod 644 " .. program.quote(path))
    assert.are.same({}, read().warnings)
  end)

  it("say that a file cannot be read", function()
    assert(require "datamaestro.api.file".mkdirs(folder .. "/settings.json"))
    assert.are.same({ n = 3, nil, folder .. "/settings.json: Is a directory", "error" }, table.pack(read()))
  end)

  it("take null as nothing said", function()
    write [[{"jobs": null, "timeouts": null, "mirrors": null, "hosts": {"a.example": {"token": null}},
      "strict": null}]]
    local found = assert(read())
    assert.are.same({ 8, false, {}, {} }, { found.jobs, found.strict, found.mirrors, found.tokens })
  end)

  it("find a host's token, with its port or without, the variable's first", function()
    local found = { tokens = { ["a.example"] = "file", ["a.example:8080"] = "port" } }
    local function token(host)
      return (settings.token(found, host, function(name)
        return environment[name]
      end))
    end
    assert.are.same({ "file", "file", "port", "nothing" }, { token "A.example", token "a.example:443",
      token "a.example:8080", token "b.example" or "nothing" })
    environment.DATAMAESTRO_TOKEN_A_EXAMPLE = "variable"
    environment.DATAMAESTRO_TOKEN_MY__HOST_ORG = "dashed"
    assert.are.same({ "variable", "dashed", "dashed", "nothing" }, { token "a.example",
      token "my-host.org:81", token "my-host.org", token "my.host.org" or "nothing" })
  end)

  it("give no host the token of another one", function()
    environment.DATAMAESTRO_TOKEN_A_B_EXAMPLE = "hf_ab"
    local function token(host)
      return (settings.token({ tokens = {} }, host, function(name)
        return environment[name]
      end))
    end
    assert.are.equal("hf_ab", token "a.b.example")
    assert.is_nil(token "a-b.example")
    assert.is_nil(token "a_b.example")
  end)
end)
