--- Tensors: arrays of numbers in any number of dimensions.

local data = require "datamaestro.data"
local types = require "datamaestro.data.types"

local tensor = {}

local MODULE = "datamaestro.data.tensor"

tensor.Tensor = assert(types.new {
  name = "Tensor", module = MODULE, parent = data.Base, abstract = true,
  doc = "An array of numbers: what implements it has a method `data` that opens it.",
})

tensor.IDX = assert(types.new {
  name = "IDX", module = MODULE, parent = data.File, implements = { tensor.Tensor },
  doc = [[A file in the IDX format, the one of the MNIST database.

It begins with two zero bytes, a byte for the kind of number (8 unsigned byte, 9 signed byte, 11 short,
12 int, 13 float, 14 double), a byte for the number of dimensions, and each dimension's size as four
bytes; the numbers follow, the last dimension changing fastest. All is big-endian.]],
  methods = {
    --- Opens the tensor; the file is mapped, nothing is copied.
    -- @return tensor | nil, message, code
    data = function(self)
      return require "datamaestro.api.tensor".idx(self.path)
    end,
  },
})

return tensor
