--- The library as scripts see it (global `datamaestro` of `datamaestro run`).
local Library = { __name = "datamaestro" }
Library.__index = Library

local library = {}

--- Makes the library for a session.
-- @param session session: its data directory, its progress display
-- @return table: functions find, search, prepare, loader, load, save, show, plot, open; fields version,
--   tensor, csv, jsonl, text
function library.new(session)
  local bound = {
    version = require "datamaestro.api.host".version,
    tensor = require "datamaestro.api.tensor", -- from, idx, npy, …
    csv = require "datamaestro.data.csv", -- rows, matrix, … of files of one's own
    jsonl = require "datamaestro.data.jsonl",
    text = require "datamaestro.data.text",
  }

  -- What failed is told again where a script goes on with the nil.
  local function noted(value, message, ...)
    session.failed = value == nil and message or nil
    return value, message, ...
  end

  local function check_id(id, name)
    if type(id) ~= "string" then
      error(("%s: %s (id of a dataset expected)"):format(name, type(id)), 3)
    end
  end

  --- Finds a dataset by id; without a selector of one with variants the family.
  -- @param id string
  -- @return dataset | nil, message, code
  function bound.find(id)
    check_id(id, "find")
    return noted(session:registry():find(id))
  end

  --- Lists the datasets that match all terms (as `datamaestro search`).
  -- @param ... string: terms
  -- @return array of datasets | nil, message, code
  function bound.search(...)
    for i = 1, select("#", ...) do
      local term = select(i, ...)
      if type(term) ~= "string" then
        error(("search: term %d: %s (string expected)"):format(i, type(term)), 2)
      end
    end
    local matches, message, code = require "datamaestro.definition.search".compile { ... }
    if not matches then
      return nil, message, code
    end
    local found = {}
    for _, dataset in ipairs((session:registry():datasets())) do
      if matches(dataset) then
        found[#found + 1] = dataset
      end
    end
    return found
  end

  --- Fetches what is missing of a dataset and opens it.
  -- @param id string: "com.lecun.mnist", of one with variants "org.x[size=small]" (default: all defaults)
  -- @return object: of the dataset's type | nil, message, code
  function bound.prepare(id)
    check_id(id, "prepare")
    local dataset, message, code = session:registry():ready(id)
    if not dataset then
      return noted(nil, message, code)
    end
    return noted(session:open(dataset))
  end

  --- Makes a loader of batches: datamaestro.data.loader's new.
  -- @param source data or tensors
  -- @param options table, optional
  -- @return loader
  function bound.loader(source, options)
    return require "datamaestro.data.loader".new(source, options)
  end

  --- Opens a file of NumPy's: datamaestro.data.numpy's load.
  -- @param path string
  -- @param name string, optional
  -- @return tensor or table of tensors | nil, message, code
  function bound.load(path, name)
    return noted(require "datamaestro.data.numpy".load(path, name))
  end

  --- Writes a file of NumPy's: datamaestro.data.numpy's save.
  -- @param path string
  -- @param value tensor or table of tensors
  -- @return true | nil, message, code
  function bound.save(path, value)
    return require "datamaestro.data.numpy".save(path, value)
  end

  --- Opens a file of one's own for reading, whatever is in it: a compressed one decompressed, one of an
  -- archive in place.
  -- @param path string: "x.bin", "x.bin.gz" (.bz2 .xz .zst .lz4), "x.zip!/name" (tar, zip, 7z)
  -- @return file handle: with read, lines and close | nil, message, code
  function bound.open(path)
    if type(path) ~= "string" then
      error(("open: %s (path expected)"):format(type(path)), 2)
    end
    return noted(require "datamaestro.data.source".open(path))
  end

  -- Wrong arguments raise at the line of the script that gave them.
  local function check_usage(done, message, code)
    if not done and code == "usage" then
      error(message, 3)
    end
  end

  --- Shows images in the terminal, or writes them as a PNG or HTML file.
  -- @param value tensor (h × w, h × w × c, n × h × w, n × h × w × c, n × c × h × w), object with
  --   images, path of a PNG or JPEG file, or list of such
  -- @param options table|nil: n (how many, 50), first (1), labels (tensor, list or object: one an image),
  --   classes (names of labels), columns, range ({black, white}), as ("kitty", "sixel", "blocks" or "plain"),
  --   png, html (a file to write instead), title (of the page)
  -- @return true | nil, message, code
  function bound.show(value, options)
    session:progress():clear()
    local write = require "datamaestro.cli.output".write
    local done, message, code = require "datamaestro.cli.picture".show(value, options, write)
    check_usage(done, message, code)
    return done, message, code
  end

  --- Plots how often numbers or words occur, in the terminal or as a PNG or SVG file.
  -- @param value tensor, object with labels or with a table, list of numbers or words
  -- @param options table|nil: bins (how many bars, about 20), column (of a table: name or number), classes
  --   (names of whole numbers), title, png, svg (a file to write instead)
  -- @return true | nil, message, code
  function bound.plot(value, options)
    session:progress():clear()
    local write = require "datamaestro.cli.output".write
    local done, message, code = require "datamaestro.cli.plot".plot(value, options, write)
    check_usage(done, message, code)
    return done, message, code
  end

  return setmetatable(bound, Library)
end

return library
