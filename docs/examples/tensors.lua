-- Prints one line for each tensor of a dataset: its field, its type and its shape.
--   datamaestro run docs/examples/tensors.lua com.github.zalandoresearch.fashion.mnist
local dataset = assert(datamaestro.prepare((...)))

for _, part in ipairs { "train", "test" } do
  for _, field in ipairs { "images", "labels" } do
    local tensor = assert(dataset[part][field]:data())
    print(("%s.%s\t%s\t%s"):format(part, field, tensor:dtype(), table.concat({ tensor:shape() }, " × ")))
  end
end
