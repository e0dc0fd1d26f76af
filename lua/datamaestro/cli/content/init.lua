--- What there is to see of a value that `pick` found. A content is a table:
--   kind     what it is, for messages ("IDX", "JSONL", "text", …)
--   formats  array of names: what `write` takes, the default first
--   write    function(format, slice, options) → true | nil, message, code: on standard output
--   preview  function(count, slice, width) → array of lines | nil, message, code: the first rows,
--            for people
--   facts    function() → ordered json.object | nil, message, code: what describes it
-- Slices are those of pick.parse; `lenient` ones may reach beyond the end.
local data = require "datamaestro.data"
local csv = require "datamaestro.data.csv"
local jsonl = require "datamaestro.data.jsonl"
local ml = require "datamaestro.data.ml"
local tensor = require "datamaestro.data.tensor"
local text = require "datamaestro.data.text"
local types = require "datamaestro.data.types"

local content = {}

-- The first that fits counts.
local KINDS = {
  { tensor.Tensor, "tensor" }, { csv.Generic, "table" }, { jsonl.JSONL, "json" }, { text.Text, "text" },
  { data.File, "file" }, { data.Folder, "folder" }, { ml.FolderBased, "images" },
}

--- The content of what was picked.
-- @param picked table: of pick.open
-- @return content
function content.of(picked)
  local T = types.type_of(picked.value)
  if require "datamaestro.api.tensor".is_tensor(picked.value) then
    return require "datamaestro.cli.content.tensor"(picked.value, picked.label)
  end
  for _, kind in ipairs(T and KINDS or {}) do
    if types.is(picked.value, kind[1]) then
      return require("datamaestro.cli.content." .. kind[2])(picked.value, picked.label)
    end
  end
  return require("datamaestro.cli.content." .. (T and "object" or "value"))(picked.value, picked.label)
end

--- The format that was asked for, or the content's first | nil, message, code.
-- @param picked table
-- @param found content
-- @param asked string | nil
-- @return string | nil, message, code
function content.format(picked, found, asked)
  for _, name in ipairs(found.formats) do
    if asked == nil or asked == name then
      return name
    end
  end
  if #found.formats == 0 then
    return nil, ("%s: %s has no rows of its own (name one of its fields)"):format(picked.label, found.kind),
      "usage"
  end
  return nil, ("%s: %s has no format '%s' (%s expected)"):format(picked.label, found.kind, asked,
    table.concat(found.formats, ", ")), "usage"
end

return content
