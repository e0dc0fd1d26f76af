--- The content of folders of images by class: a tree, and how many images each class has.
local json = require "datamaestro.json"
local object_content = require "datamaestro.cli.content.object"

local function describe(object)
  local labels, message, code = object:labels()
  if not labels then
    return nil, message, code
  end
  local counts, list = labels:bincount(#object.classes + 1), json.array {}
  for i, class in ipairs(object.classes) do
    list[i] = json.object()
    json.set(list[i], "value", class)
    json.set(list[i], "count", counts[i + 1])
  end
  local facts = json.object()
  json.set(facts, "count", #labels)
  json.set(facts, "classes", list)
  return facts
end

--- Makes the content of a folder of images.
-- @param object object: of ml.FolderBased or below
-- @param label string
-- @return content
return function(object, label)
  local made = object_content(object, label)
  made.facts = function()
    return describe(object)
  end
  return made
end
