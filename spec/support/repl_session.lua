--- A session at the prompt, on a terminal with real keys, as docs/repl.md tells it.
local Laboratory = require "spec.support.laboratory"
local Terminal = require "spec.support.terminal"
local temp = require "spec.support.temp"

local repl_session = {}

--- The page, and where in it the session begins; it goes on to the end.
repl_session.PAGE = "docs/repl.md"
repl_session.HEADING = "## A session\n"

local Recorder = {}
Recorder.__index = Recorder

-- Adds a paragraph.
function Recorder:tell(words)
  self.parts[#self.parts + 1] = words .. "\n"
end

-- Presses keys within an input, and waits for what they show.
function Recorder:type(shown, ...)
  self.terminal:press(...)
  self.terminal:wait(shown)
end

-- Waits for the prompt of the next input.
function Recorder:await()
  self.input = self.input + 1
  self.terminal:wait(("\n[%d]>"):format(self.input))
end

-- Writes the rest of an input and ends it.
function Recorder:enter(text)
  self.terminal:press("-l", text or "")
  self.terminal:press "Enter"
  self:await()
end

-- What differs from run to run.
local function normalise(self, text)
  local folder = self.lab.folder:gsub("%p", "%%%0")
  text = text:gsub(folder, "/home/me"):gsub("\n(%d+ files?[^\n]* in )[^\n]+", function(sum)
    return "\n" .. sum .. "0.1 s"
  end)
  return (text:gsub("(%w+_%w+%.idx: [^\n]+\n)", ""))
end

local function add_block(self, lines)
  self.parts[#self.parts + 1] = "```\n" .. normalise(self, table.concat(lines, "\n")) .. "\n```\n"
end

-- Adds what was shown since the last time, but for the prompt that waits.
function Recorder:record()
  local lines = self.terminal:lines()
  add_block(self, table.move(lines, self.seen + 1, #lines - 1, 1, {}))
  self.seen = #lines - 1
end

-- Adds what an editor that fills the screen shows, without the lines that stand for nothing.
function Recorder:record_screen()
  local lines = {}
  for line in self.terminal:screen():gmatch "([^\n]*)\n" do
    lines[#lines + 1] = not line:find "^~%s*$" and line:match "^(.-)%s*$" or nil
  end
  add_block(self, lines)
end

-- --- What is done ------------------------------------------------------------------------------

local BEGINNING = [[
Held on a terminal of 80 columns by `spec/cli/repl_session_spec.lua`, key by key; the spec fails where it
goes otherwise than this page says.
`DATAMAESTRO_WRITE_DOCS=1 make specs SPEC=spec/cli/repl_session_spec.lua` writes it anew.

A dataset is found, fetched and opened; its files come from Debian's package dataset-fashion-mnist where
that is installed. TAB completed its id.]]

local MNIST = "com.github.zalandoresearch.fashion.mnist"

local function find(self)
  self:tell(BEGINNING)
  self:enter 'search "fashion tag:image"'
  self:type("research.qmnist\n", 'ds = prepare "com.gi', "Tab", "Tab")
  self:type('prepare "' .. MNIST .. '"', "z", "Tab", '"')
  self:enter()
  self:enter "ds"
  self:record()
end

local function look(self)
  self:tell "TAB goes through fields and methods. A tensor prints as NumPy's arrays do."
  self:type("id     test   train", "images, labels = ds.", "Tab")
  self:type("id      images  labels", "tr", "Tab", ".", "Tab")
  self:type("data  open", "im", "Tab", ":", "Tab")
  self:enter "data(), ds.train.labels:data()"
  self:enter "images:shape()"
  self:enter "labels:narrow(1, 1, 10)"
  self:enter "images[1]:narrow(1, 7, 6):narrow(2, 9, 14)"
  self:record()
  self:tell "A contact sheet: in characters here; with colours it has half blocks, or better."
  self:enter "show(images, { n = 15, labels = labels })"
  self:record()
end

local function work(self)
  self:tell "The average image of each class:"
  self:enter "averages = {}"
  self:type("\n ...>", "for class = 0, 9 do", "Enter")
  self:type("mean(1)\n ...>", "  averages[class + 1] = images:gather(labels:eq(class):nonzero()):mean(1)",
    "Enter")
  self:enter "end"
  self:enter "show(averages, { columns = 5 })"
  self:record()
  self:tell "Ctrl-C ends what takes too long, and nothing else:"
  self:type("\nfor ever\n", "print 'for ever' while true do averages[1] = images:mean(1) end", "Enter")
  self.terminal:press "C-c"
  self:await()
  self:record()
  self:tell "A file for NumPy, and NumPy's word that it is one:"
  self:enter 'averages[2]:save "trouser.npy"'
  self:enter "numpy = [[import numpy; a = numpy.load('trouser.npy'); print(a.dtype, a.shape)]]"
  self:enter "os.execute(('/usr/bin/python3 -c %q'):format(numpy))"
  self:record()
end

-- With a mistake in it.
local DEFINITION = [[
local csv = use "datamaestro.data.csv"

Fruit =
  filedownlaoder("fruit.csv", "file://%s/fruit.csv") ..
  dataset { csv.Generic, "Fruit, and what one weighs" } ..
  function(fruit)
    return { path = fruit, names_row = 0 }
  end]]

-- In vi.
local function leave_editor(self)
  self:type("\n:wq", "Escape", ":wq")
  self:record_screen()
  self.terminal:press "Enter"
  self:await()
end

local function define(self)
  self:tell "A dataset of one's own. `edit` opens the editor, vi here:"
  self:type("repositories/lab/", 'edit "rep', "Tab", "l", "Tab", "org/example.lua", '"')
  self.terminal:press "Enter"
  self.terminal:wait "\n~"
  self.terminal:press "i"
  for line, ending in (DEFINITION:format(self.lab.folder) .. "\0"):gmatch "([^\n%z]*)([\n%z])" do
    self.terminal:press("-l", line)
    self.terminal:press(ending == "\n" and "Enter" or "Escape")
  end
  leave_editor(self)
end

local function mend(self)
  self:tell "and checks the definition. A name is misspelt, so once more:"
  self:record()
  self.terminal:press("edit()", "Enter")
  self.terminal:wait "\n~"
  self:type("filedownloader", ":%s/laoder/loader/", "Enter")
  leave_editor(self)
  self:enter 'fruit = prepare "org.example.fruit"'
  self:enter "fruit"
  self:enter "for row in fruit:rows { 'string', 'number' } do print(row[1], row[2] / 1000) end"
  self:record()
end

local function reload(self)
  self:tell "What another program changes is read anew after `reload()`:"
  self:enter "os.execute 'sed -i s/Fruit,/Citrus,/ repositories/lab/org/example.lua'"
  self:enter "reload()"
  self:enter 'find "org.example.fruit".name'
  self:record()
end

local function prepare(lab)
  lab.env.NO_COLOR = "1"
  lab.env.XDG_STATE_HOME = lab.folder .. "/state"
  lab.env.VISUAL = "vi -u NONE -N -n" -- without anybody's settings
  lab.env.DATAMAESTRO_DIR = lab.folder .. "/datamaestro"
  temp.write(lab.folder .. "/fruit.csv", "name,grams\nlemon,85\norange,150\npomelo,1200\n")
end

--- Holds the session, on a terminal of 80 columns.
-- @return string: what the page says of it, below its heading
function repl_session.run()
  local lab = Laboratory.new()
  prepare(lab)
  local terminal = Terminal.start({}, lab.env, { columns = 80, folder = lab.folder })
  local self = setmetatable({ lab = lab, terminal = terminal, parts = {}, input = 0, seen = 0 }, Recorder)
  local held, problem = pcall(function()
    self:await()
    for _, part in ipairs { find, look, work, define, mend, reload } do
      part(self)
    end
    terminal:press "C-d"
    assert(terminal:ended(), "the session does not end")
  end)
  terminal:close()
  lab:close()
  assert(held, problem)
  return table.concat(self.parts, "\n")
end

return repl_session
