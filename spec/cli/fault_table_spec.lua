-- Every fault of the fault server, for a file with and without checksum, alone and with a mirror behind it.
-- What came of it stands in docs/faults.md; DATAMAESTRO_WRITE_DOCS=1 writes that page anew.
local cases = require "spec.support.fault_cases"
local fault_table = require "spec.support.fault_table"
local temp = require "spec.support.temp"

describe("prepare, when the server's fault is", function()
  local done

  setup(function()
    done = fault_table.run()
    if os.getenv "DATAMAESTRO_WRITE_DOCS" then
      temp.write(require "datamaestro.config".absolute(fault_table.PAGE), fault_table.page(done))
    end
  end)

  -- What must hold of a run whatever the engine does.
  local function assert_sound(case, name)
    local run = case.runs[name]
    local label = ("%s: status %d: %s"):format(name, run.status, run.err)
    local unnoticed = case.unnoticed and not run.way.checked
    assert.is_false(run.hung, label)
    assert.is_true(run.status <= 12, label) -- neither a signal nor a status that docs/cli.md does not have
    assert.is_nil(run.err:find "internal error", label)
    if not unnoticed then
      assert.are_not.equal("wrong", run.final, label)
    end
    assert.are.equal(run.status == 0, run.final ~= nil, label)
    assert.are.equal(run.status ~= 0, run.message ~= "", label)
    if run.way.mirror and not unnoticed then
      assert.are.same({ 0, "right" }, { run.status, run.final }, label)
    end
  end

  for at, case in ipairs(cases) do
    it(("%s: %s"):format(case.group, case.text), function()
      case = done[at]
      for name in pairs(case.runs) do
        assert_sound(case, name)
      end
      local checked, unchecked = case.runs.checked, case.runs.unchecked
      if case.recovers then
        assert.are.same({ 0, "right" }, { checked.status, checked.final }, checked.err)
        assert.are.equal(0, unchecked.status, unchecked.err)
      elseif case.status then
        assert.are.equal(case.status, checked.status, checked.err)
      end
    end)
  end

  it("as docs/faults.md says", function()
    assert.are.equal(temp.read(fault_table.PAGE), fault_table.page(done))
  end)
end)
