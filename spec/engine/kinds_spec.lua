-- Every resource kind, on files that a server serves: from empty, once more, after files were removed, and
-- after a crash at each place where one leaves another picture.
local Laboratory = require "spec.support.laboratory"
local Nginx = require "spec.support.nginx"
local file = require "datamaestro.api.file"
local json = require "datamaestro.json"
local kinds = require "spec.support.kinds"
local preload = require "spec.support.preload"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local CRASHES = 400 -- in one case; more would be an endless loop

describe("resource kind", function()
  local server, dying, folder

  setup(function()
    folder = temp.folder()
    server = Nginx.start {}
    kinds.serve(server.root)
    dying = preload.build("dying", folder)
  end)

  teardown(function()
    server:stop()
    temp.remove(folder)
  end)

  local function laboratory(case)
    local lab = Laboratory.new()
    lab:define(kinds.definition(case, server.url))
    lab.env.DATAMAESTRO_RETRY_DELAY = "0.01"
    return lab
  end

  local function states(lab)
    local found = {}
    for name, entry in pairs(json.decode(temp.read(lab:path ".state.json")).resources) do
      found[name] = entry.state
    end
    return found
  end

  -- All is as it should be: the files, their states, and nothing beside them.
  local function assert_complete(case, lab, result)
    assert.equal(0, result.status, result.err)
    assert.same(case[3], kinds.files(lab:path()))
    for name, state in pairs(states(lab)) do
      local transient = case[2]:find(('"%s[^\n]*transient = true'):format(name))
        or case[2]:find(('"%s%%.[^\n]*\n?[^\n]*transient = true'):format(name))
      assert.equal(transient and "none" or "complete", state, name)
    end
    assert.is_nil(file.stat(lab:path ".downloads"))
    assert.same({}, file.list(lab.data .. "/cache") or {})
  end

  for _, case in ipairs(kinds.CASES) do
    describe(case[1], function()
      it("is brought in place, once", function()
        local lab = laboratory(case)
        assert_complete(case, lab, lab:prepare())
        server:forget()
        local look = "cd " .. program.quote(lab.data) .. " && find . -printf '%p %T@ %i\n'"
        local before = program.shell(look).out
        local again = lab:prepare("--offline")
        assert.equal("", again.err)
        assert.equal(0, again.status)
        assert.same({}, server:requests())
        assert.equal(before, program.shell(look).out)
        lab:close()
      end)

      it("is made again where a file of it is gone", function()
        local lab = laboratory(case)
        assert.equal(0, lab:prepare().status)
        for path in pairs(case[3]) do
          assert(os.remove(lab:path(path)))
          assert_complete(case, lab, lab:prepare())
        end
        lab:close()
      end)

      it("is brought in place after any crash", function()
        for crash = 1, CRASHES do
          local lab = laboratory(case)
          dying.DYING_AT = tostring(crash)
          local first = lab:run({ "--quiet", "prepare", "org.example.data" }, { env = dying })
          if first.status == 0 then
            lab:close()
            assert.is_true(crash > 10) -- else nothing was counted
            return
          end
          assert.equal(137, first.status, first.err)
          assert_complete(case, lab, lab:prepare())
          lab:close()
        end
        error "it never came to its end"
      end)
    end)
  end
end)
