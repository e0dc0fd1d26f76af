--- One definition for each resource kind and each of its options: what is served, what the definition says,
-- and which files must stand in the dataset's folder in the end.
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local kinds = {}

-- What is served: made by the system's own tools.
local SERVED = [[
mkdir -p top/sub flat gz; printf 'one\n' >top/a.txt; printf 'two\n' >top/sub/b.txt
printf 'x,y\n1,2\n' >top/c.csv
printf 'f1\n' >flat/f1; printf 'f2\n' >flat/f2
printf 'p1\n' | gzip -n >gz/p1.gz; printf 'p2\n' >gz/p2.txt
tar cf top.tar top; tar czf top.tar.gz top
tar cJf flat.tar.xz -C flat f1 f2; tar cf gz.tar -C gz p1.gz p2.txt
python3 -m zipfile -c top.zip top/ ; python3 - <<'PY'
import zipfile
with zipfile.ZipFile("bare.zip", "w") as z:   # no entries for folders
    z.writestr("d/e/one.txt", "1\n"); z.writestr("d/two.txt", "2\n"); z.writestr("r.txt", "r\n")
PY
printf 'plain\n' >plain.txt; gzip -nk plain.txt; printf 'a=1\nb=2\n#c\n' >lines.txt
]]

--- Makes what is served.
-- @param root string: the server's document root
function kinds.serve(root)
  local result = program.shell("cd " .. program.quote(root) .. " && {\n" .. SERVED .. "}")
  assert(result.status == 0, result.err)
end

local ALL = { ["a.txt"] = "one\n", ["sub/b.txt"] = "two\n", ["c.csv"] = "x,y\n1,2\n" }

local function below(folder, files)
  local moved = {}
  for name, content in pairs(files) do
    moved[folder .. "/" .. name] = content
  end
  return moved
end

local function with(...)
  local all = {}
  for _, files in ipairs { ... } do
    for name, content in pairs(files) do
      all[name] = content
    end
  end
  return all
end

-- name; the resources, with URL for the server; the files. `beside` is a resource beside it.
local BESIDE = 'filedownloader("beside.txt", "URL/plain.txt") ..'
local WITH_BESIDE = { ["beside.txt"] = "plain\n" }

--- The cases: name, resources (a chain, with URL in the place of the server's), files (path → content), other
-- definitions of the same file (or nil).
kinds.CASES = {
  { "filedownloader", 'filedownloader("plain.txt", "URL/plain.txt")', { ["plain.txt"] = "plain\n" } },
  { "filedownloader that decompresses", 'filedownloader("plain.txt", "URL/plain.txt.gz")',
    { ["plain.txt"] = "plain\n" } },
  { "filedownloader with transforms", [[filedownloader("l.txt", "URL/lines.txt", { transforms = {
      { filter = "^[a-z]" }, { replace = "=(.*)", with = ": $1" } } })]], { ["l.txt"] = "a: 1\nb: 2\n" } },
  { "filedownloader from a resource", [[filedownloader("p.gz", "URL/plain.txt.gz",
      { transforms = "none", transient = true }) ..
      filedownloader("out.txt", { from = "p", transforms = "gzip" })]], { ["out.txt"] = "plain\n" } },
  { "tardownloader alone", 'tardownloader("data", "URL/top.tar.gz")', ALL },
  { "tardownloader beside another", BESIDE .. ' tardownloader("data", "URL/top.tar")',
    with(WITH_BESIDE, below("top", ALL)) },
  { "tardownloader of a tar without a top folder", BESIDE .. ' tardownloader("data", "URL/flat.tar.xz")',
    with(WITH_BESIDE, below("flat.tar.xz", { f1 = "f1\n", f2 = "f2\n" })) },
  { "tardownloader with subpath", 'tardownloader("data", "URL/top.tar.gz", { subpath = "top/sub" })',
    { ["b.txt"] = "two\n" } },
  { "tardownloader with names", BESIDE .. [[ tardownloader("data", "URL/top.tar",
      { files = { "top/a.txt", "top/sub/b.txt" } })]],
    with(WITH_BESIDE, below("top", { ["a.txt"] = "one\n", ["sub/b.txt"] = "two\n" })) },
  { "tardownloader with globs", 'tardownloader("data", "URL/top.tar", { files = { "**/*.txt" } })',
    { ["a.txt"] = "one\n", ["sub/b.txt"] = "two\n" } },
  { "zipdownloader alone", 'zipdownloader("data", "URL/top.zip")', ALL },
  { "zipdownloader without entries for folders", BESIDE .. 'zipdownloader("data", "URL/bare.zip")',
    with(WITH_BESIDE,
      below("bare", { ["d/e/one.txt"] = "1\n", ["d/two.txt"] = "2\n", ["r.txt"] = "r\n" })) },
  { "zipdownloader with names in folders", [[zipdownloader("data", "URL/bare.zip",
      { files = { "d/e/one.txt", "r.txt" } })]], { ["d/e/one.txt"] = "1\n", ["r.txt"] = "r\n" } },
  { "zipdownloader with subpath", 'zipdownloader("data", "URL/bare.zip", { subpath = "d" })',
    { ["e/one.txt"] = "1\n", ["two.txt"] = "2\n" } },
  { "filescopy from a transient archive", [[
      tardownloader("archive", "URL/top.tar.gz", { transient = true }) ..
      filescopy("files", "archive", { "a.txt", ["deep/bee.txt"] = "sub/b.txt" })]],
    below("files", { ["a.txt"] = "one\n", ["deep/bee.txt"] = "two\n" }) },
  { "filescopy from an archive that stays", [[zipdownloader("archive", "URL/top.zip") ..
      filescopy("files", "archive", { "c.csv" })]],
    with(below("top", ALL), { ["files/c.csv"] = "x,y\n1,2\n" }) },
  { "concatdownload of an archive", 'concatdownload("all.txt", "URL/gz.tar")', { ["all.txt"] = "p1\np2\n" } },
  { "concatdownload of chosen members",
    'concatdownload("all.txt", "URL/top.zip", { files = { "**/*.txt" } })',
    { ["all.txt"] = "one\ntwo\n" } },
  { "concatdownload of several files", [[concatdownload("all.txt",
      { "URL/plain.txt.gz", { "URL/lines.txt", size = 11 }, "URL/plain.txt" })]],
    { ["all.txt"] = "plain\na=1\nb=2\n#c\nplain\n" } },
  { "custom alone", [[custom("made", function(work)
      work:fetch("URL/plain.txt.gz", "in.gz", { transforms = "none" })
      local out = work:write "deep/out.txt"
      for line in work:lines "in.gz" do
        out:line(line:upper())
      end
      out:close()
      work:copy("deep/out.txt", "copy.txt")
      work:remove "in.gz"
    end)]], { ["deep/out.txt"] = "PLAIN\n", ["copy.txt"] = "PLAIN\n" } },
  { "custom of transient resources", [[tardownloader("archive", "URL/top.tar.gz", { transient = true }) ..
      filedownloader("lines.txt", "URL/lines.txt") ..
      custom("merged", function(work, archive, lines)
        work:fetch("URL/top.zip", "x.zip")
        work:rename(work:extract("x.zip", "x", { files = { "**/*.csv" } }), "tables")
        work:remove "x.zip"
        local all = work:write "all.txt"
        for _, name in ipairs(archive:list()) do
          for line in archive:lines(name) do all:line(name, ": ", line) end
        end
        for line in lines:lines() do all:line(line) end
      end)]], { ["lines.txt"] = "a=1\nb=2\n#c\n", ["merged/tables/top/c.csv"] = "x,y\n1,2\n",
      ["merged/all.txt"] = "a.txt: one\nc.csv: x,y\nc.csv: 1,2\nsub/b.txt: two\na=1\nb=2\n#c\n" } },
  { "a chain of transient steps", [[filedownloader("t.tar", "URL/top.tar", { transient = true }) ..
      tardownloader("tree", { from = "t", transient = true }) ..
      filescopy("one", "tree", { "a.txt" }) ..
      filescopy("two", "tree", { "sub/b.txt" })]],
    { ["one/a.txt"] = "one\n", ["two/sub/b.txt"] = "two\n" } },
  { "custom with a transient archive", [[
      zipdownloader("archive", "URL/top.zip", { transient = true }) ..
      custom("made", function(work, archive)
        work:extract(work:fetch("URL/flat.tar.xz", "flat"), "flat.d")
        local out = work:write "all.txt"
        for line in archive:lines "a.txt" do out:line(line) end
        for line in work:lines "flat.d/f1" do out:line(line) end
        out:close()
        work:remove "flat"
      end)]], { ["made/all.txt"] = "one\nf1\n", ["made/flat.d/f1"] = "f1\n", ["made/flat.d/f2"] = "f2\n" } },
  { "reference", 'reference("other", Other) .. filedownloader("plain.txt", "URL/plain.txt")',
    { ["plain.txt"] = "plain\n" },
    'Other = tardownloader("top", "URL/top.tar") .. dataset { Base, "Other" } .. function() return {} end' },
  { "links", 'links("both", { first = Other, second = "org.example.third" })',
    with(below("first", ALL), { ["second/plain.txt"] = "plain\n" }),
    [[Other = tardownloader("top", "URL/top.tar") .. dataset { Base, "Other" } .. function() return {} end
      Third = filedownloader("plain.txt", "URL/plain.txt") .. dataset { Base, "Third" } ..
        function() return {} end]] },
}

--- The definition of a case: org.example.data.
-- @param case table: of kinds.CASES
-- @param url string: the server's
-- @return string
function kinds.definition(case, url)
  local source = ([[local Base = use "datamaestro.data".Base
    %s
    Data = %s ..
      dataset { Base, "A case" } .. function() return {} end]]):format(case[4] or "", case[2])
  return (source:gsub("URL", url))
end

--- All files below a folder, without what the store keeps there.
-- @param folder string
-- @return table: path → content
function kinds.files(folder)
  local found = {}
  local result = program.shell("cd " .. program.quote(folder)
    .. [[ && find -L . -type f ! -name '.state.*' ! -path '*/.contents/*' -printf '%P\n']])
  for path in result.out:gmatch "[^\n]+" do
    found[path] = temp.read(folder .. "/" .. path)
  end
  return found
end

return kinds
