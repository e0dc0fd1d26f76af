local graph = require "datamaestro.engine.graph"

describe("what is the user's own", function()
  local function resource(kind, name, fields)
    fields = fields or {}
    fields.kind, fields.name = kind, name
    return fields
  end

  it("is known of whoever reads it, through others too", function()
    local list = {
      resource("linkfolder", "mine"), resource("filedownloader", "fetched", { url = "https://host/x" }),
      resource("filescopy", "copy", { source = "mine" }), resource("filescopy", "again", { source = "copy" }),
      resource("filescopy", "other", { source = "fetched" }), resource("manual", "handed"),
      resource("linkfile", "one"), resource("filedownloader", "unpacked", { from = "handed" }),
    }
    local private = {}
    for _, one in ipairs(list) do
      local found = graph.private(list, one)
      private[one.name] = found and found.name
    end
    assert.are.same({ mine = "mine", copy = "mine", again = "mine", handed = "handed", one = "one",
      unpacked = "handed" }, private)
  end)
end)
