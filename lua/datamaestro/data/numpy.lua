--- Files of NumPy: one tensor in a .npy, several in a .npz.

local file = require "datamaestro.api.file"
local tensors = require "datamaestro.api.tensor"

local numpy = {}

-- The first bytes of a file | nil, message, code.
local function beginning(path)
  local found, message, code = file.stat(path)
  if not found then
    return nil, message, code
  end
  local handle <close> = io.open(path, "rb")
  return handle and handle:read(2) or ""
end

--- Opens the arrays of a file, which its content tells from one another: a tensor of a .npy, a table of
-- tensors by name of a .npz. Files are mapped and only headers read; deflated arrays are inflated into
-- memory.
-- @param path string
-- @param name string, optional: the one array of a .npz that is wanted
-- @return tensor or table of tensors | nil, message, code
function numpy.load(path, name)
  if type(path) ~= "string" then
    error(("load: %s (path expected)"):format(type(path)), 2)
  elseif name ~= nil and type(name) ~= "string" then
    error(("load: %s (name of an array expected)"):format(type(name)), 2)
  end
  local first, message, code = beginning(path)
  if not first then
    return nil, message, code
  elseif first == "PK" then
    return require "datamaestro.api.npz".read(path, name)
  elseif name then
    return nil, ("%s: no zip archive (NPZ file with an array '%s' expected)"):format(path, name), "format"
  end
  return tensors.npy(path)
end

-- The names of the tensors, sorted, and the tensors; wrong use raises two levels up.
local function sort_tensors(map)
  local names, values = {}, {}
  for name, value in next, map do
    if type(name) ~= "string" then
      error(("save: key %s (names of arrays expected)"):format(tostring(name)), 3)
    elseif not tensors.is_tensor(value) then
      error(("save: '%s' is a %s (tensor expected)"):format(name, type(value)), 3)
    end
    names[#names + 1] = name
  end
  table.sort(names)
  for i, name in ipairs(names) do
    values[i] = map[name]
  end
  return names, values
end

local OTHERS = { txt = "text", csv = "CSV", tsv = "TSV", json = "JSON", jsonl = "JSON lines", png = "PNG",
  jpg = "JPEG", jpeg = "JPEG", mat = "MATLAB", h5 = "HDF5", pkl = "pickle", pt = "PyTorch" }

-- What is wrong with a file's name: it must not promise another format | nil.
local function name_problem(path, ending)
  local own = path:lower():match "%.(%w+)$"
  local promised = OTHERS[own] or own == "npz" and ending == "npy" and "NPZ"
    or own == "npy" and ending == "npz" and "NPY"
  if promised then
    return ("'%s': %s by its name (.%s expected)"):format(path, promised, ending)
  end
end

--- Writes a tensor as a .npy file, or a table of tensors by name as a .npz file (stored, not deflated). A
-- file that is there is replaced when the new one is whole and on disk. A name of another format (`.csv`) is
-- refused.
-- @param path string
-- @param value tensor or table of tensors
-- @return true | nil, message, code
function numpy.save(path, value)
  if type(path) ~= "string" then
    error(("save: %s (path expected)"):format(type(path)), 2)
  elseif not tensors.is_tensor(value) and type(value) ~= "table" then
    error(("save: %s (tensor or table of tensors expected)"):format(type(value)), 2)
  end
  local problem = name_problem(path, tensors.is_tensor(value) and "npy" or "npz")
  if problem then
    return nil, problem, "usage"
  elseif tensors.is_tensor(value) then
    return value:save(path)
  end
  return require "datamaestro.api.npz".write(path, sort_tensors(value))
end

return numpy
