--- The content of folders: the names of their files are the rows.
local json = require "datamaestro.json"
local value = require "datamaestro.cli.content.value"

local function describe(names)
  local facts = json.object()
  json.set(facts, "files", #names)
  return facts
end

--- Makes the content of a folder's object.
-- @param object object: of data.Folder or below
-- @param label string
-- @return content
return function(object, label)
  local function listed(name)
    return function(...)
      local names, message, code = object:files()
      if not names then
        return nil, message, code
      elseif name == "facts" then
        return describe(names)
      end
      return value(names, label)[name](...)
    end
  end
  return {
    kind = require "datamaestro.data.types".type_of(object).name, formats = { "text", "jsonl" },
    write = listed "write", preview = listed "preview", facts = listed "facts",
  }
end
