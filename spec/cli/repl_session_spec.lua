-- The session of docs/repl.md. DATAMAESTRO_WRITE_DOCS=1 writes it anew.
local repl_session = require "spec.support.repl_session"
local temp = require "spec.support.temp"

describe("a session at the prompt", function()
  it("goes as docs/repl.md says", function()
    local held = repl_session.run()
    local page = temp.read(repl_session.PAGE)
    local _, heading = assert(page:find(repl_session.HEADING, 1, true))
    if os.getenv "DATAMAESTRO_WRITE_DOCS" then
      page = page:sub(1, heading) .. "\n" .. held
      temp.write(require "datamaestro.config".absolute(repl_session.PAGE), page)
    end
    assert.are.equal(page:sub(heading + 2), held)
  end)
end)
