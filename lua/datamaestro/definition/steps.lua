--- The words of the language of definitions, for those who explain them: what each is, how it is written, and
-- which options it takes.

local axis = require "datamaestro.definition.axis"
local datatype = require "datamaestro.definition.datatype"
local heading = require "datamaestro.definition.heading"
local modules = require "datamaestro.modules"
local resources = require "datamaestro.engine.resources"

local steps = {}

local OWN = {
  dataset = { doc = "What the dataset is; exactly one in a chain.", schema = heading.schema,
    example = "dataset { csv.Generic, url = \"https://host/\", [[Title\n\nDescription.]] }" },
  metadataset = { doc = "What datasets have in common: dataset { META, … } takes it.",
    schema = heading.shared_schema,
    example = "local META = datatags(\"speech\") .. metadataset { csv.Generic, url = \"https://host/\" }" },
  useragreement = heading.agreement_step,
  datatags = { doc = "Tags of the dataset.", example = [[datatags("images", "benchmark")]] },
  datatasks = { doc = "Tasks that the dataset is for.", example = [[datatasks("image classification")]] },
  resources = {
    doc = "The resources of a dataset of a family that depend on its axes: the function gets their values.",
    example = [[resources(function(v) return filedownloader("x.csv", "https://host/" .. v.size) end)]] },
  AxesVariants = { doc = "The axes of a family of datasets, by their names.",
    example = [[variants = AxesVariants { size = Axis({ "small", "large" }, { default = "small" }) }]] },
  Axis = { doc = "An axis: values and options, in two tables or in one; without values any is taken.",
    schema = axis.schema, example = [[Axis({ "small", "large" }, { default = "small" })]] },
  null = { doc = "A value that is none, in the values and the default of an axis. Functions get nil for it.",
    example = [[Axis { type = "number?", default = null }]] },
  use = {
    doc = "Gives data types by their names, and metadatasets: of the program, of a repository's data.lua.",
    example = "local csv = use \"datamaestro.data.csv\"\nlocal image = use \"image.data\"" },
  datatype = { doc = "A data type of the repository, in its data.lua.", schema = datatype.schema,
    example = [[Sound = datatype { data.File, "A sound", fields = { { "rate", "integer" } } }]] },
}

--- What a word is.
-- @param name string
-- @return table: `doc`; `example`, `positional` (array of names), `schema`, each where there is one | nil
function steps.of(name)
  if OWN[name] then
    return OWN[name]
  end
  for _, kind in ipairs(modules.within "engine.resources") do
    if kind == name then
      return resources.kind { kind = name }
    end
  end
end

return steps
