--- What tensors can do, in a few words: their methods are written in C, which keeps no doc comments.
local help_tensor = {}

--- What the methods of a tensor do: name → { arguments, sentence }.
help_tensor.methods = {
  dtype = { "()", "type of the elements" },
  shape = { "()", "the sizes, as several integers" },
  dim = { "()", "number of dimensions" },
  size = { "(k)", "size of one dimension" },
  numel = { "()", "number of elements" },
  is_contiguous = { "()", "whether the elements lie in a row" },
  select = { "(dim, i)", "view: the i-th part along a dimension" },
  narrow = { "(dim, start, length)", "view: some parts along a dimension" },
  transpose = { "([dim1, dim2])", "view: two dimensions exchanged" },
  reshape = { "(n, m, …)", "view: another shape of as many elements" },
  get = { "(i, j, …)", "one element" },
  sum = { "([dim])", "sum of all elements, or along a dimension" },
  mean = { "([dim])", "their mean" },
  var = { "([dim])", "their variance, by the number of elements" },
  std = { "([dim])", "their standard deviation" },
  min = { "([dim])", "the smallest" },
  max = { "([dim])", "the largest" },
  argmin = { "([dim])", "where the smallest is" },
  argmax = { "([dim])", "where the largest is" },
  add = { "(u)", "t + u; u is a tensor or a number" },
  sub = { "(u)", "t - u" },
  mul = { "(u)", "t * u" },
  div = { "(u)", "t / u, floats" },
  neg = { "()", "-t" },
  abs = { "()", "without signs" },
  minimum = { "(u)", "the lesser of each two" },
  maximum = { "(u)", "the greater of each two" },
  clamp = { "(low, high)", "values kept within limits" },
  eq = { "(u)", "1 where equal, else 0" },
  ne = { "(u)", "1 where different, else 0" },
  lt = { "(u)", "1 where t < u, else 0" },
  le = { "(u)", "1 where t <= u, else 0" },
  gt = { "(u)", "1 where t > u, else 0" },
  ge = { "(u)", "1 where t >= u, else 0" },
  nonzero = { "()", "indices of what is not 0" },
  gather = { "(indices)", "the parts that indices name" },
  bincount = { "([classes])", "how often 0, 1, … are there" },
  histogram = { "(bins[, low, high])", "counts in intervals, and their ends" },
  save = { "(path)", "writes a .npy file" },
  tolist = { "()", "nested Lua tables" },
  iterate = { "()", "for i, part in t:iterate() do … end" },
  bytes = { "([dtype])", "all elements as native numbers in one string" },
  copy = { "([dtype])", "a tensor over memory of its own" },
  contiguous = { "()", "itself, or a copy that lies in a row" },
  close = { "()", "lets the file go" },
}

--- The same of the functions of `datamaestro.tensor`.
help_tensor.functions = {
  idx = { "(path)", "opens an IDX file: nil, message, code where it is none" },
  npy = { "(path)", "opens an NPY file: nil, message, code where it is none" },
  from = { "(dtype, shape, values)", "makes a tensor of a flat or nested table, or of a string of bytes" },
  is_tensor = { "(x)", "whether x is a tensor" },
  order = { "(n[, seed[, epoch]])", "1 to n as a tensor, shuffled with a seed" },
  batch = { "(t, order, first, count[, dtype, scale, offset, previous])",
    "the parts that an order names, converted and scaled: what loaders are made of" },
}

return help_tensor
