--- Archives made and extracted in a folder of a spec's own, watched for what escapes.
local archive = require "datamaestro.api.archive"
local file = require "datamaestro.api.file"
local luassert = require "luassert"
local program = require "spec.support.program"
local temp = require "spec.support.temp"

local extraction = {}

local folder

--- What a listing of a tree shows: type, mode, path, target of a link.
extraction.LISTING = "%y %m %P %l"

--- Makes the folder.
-- @return string: its path, string: the folder in it with what spec/support/hostile_archives.py makes
function extraction.open()
  folder = temp.folder()
  local hostile = folder .. "/hostile"
  assert(file.mkdirs(hostile))
  assert(file.mkdirs(folder .. "/box"))
  extraction.shell("/usr/bin/python3 $OLDPWD/spec/support/hostile_archives.py hostile")
  return folder, hostile
end

--- Removes it.
function extraction.close()
  temp.remove(folder)
end

--- Runs a shell command in the folder, which must succeed; $OLDPWD is where the spec runs.
-- @param command string
-- @return string: what it wrote
function extraction.shell(command)
  local result = program.shell(("cd %s; set -e; %s"):format(folder, command))
  luassert.are.equal(0, result.status, result.err)
  return result.out
end

--- Extracts to box/out. After a failure, the box must be as empty as it was.
-- @param path string
-- @param options table|nil: more arguments of archive.extract
-- @return as archive.extract
function extraction.extract(path, options)
  local request = { path = path, folder = folder .. "/box/out", subject = "x" }
  for name, value in pairs(options or {}) do
    request[name] = value
  end
  local report, message, code = archive.extract(request)
  if not report then
    luassert.are.same({}, file.list(folder .. "/box"), "something is left")
    luassert.is_nil(file.stat("/tmp/escaped", true))
  end
  return report, message, code
end

--- Extracts what must be refused for its format.
-- @param path string
-- @param options table|nil
-- @return string: the message
function extraction.refusal(path, options)
  local report, message, code = extraction.extract(path, options)
  luassert.is_nil(report)
  luassert.are.equal("format", code)
  return message
end

--- Lists what is in a folder below the folder: one line each, sorted.
-- @param path string
-- @param format string: as of find -printf
-- @return string
function extraction.list(path, format)
  return extraction.shell(("cd %s; find . -mindepth 1 -printf '%s\n' | LC_ALL=C sort"):format(path, format))
end

--- Removes what was extracted.
function extraction.discard()
  extraction.shell "rm -rf box/out"
end

--- Extracts, lists and discards.
-- @param path string
-- @param options table|nil
-- @param format string|nil: default "%y %P"
-- @return string: the listing, table: the report
function extraction.extracted(path, options, format)
  local report, message = extraction.extract(path, options)
  luassert.is_nil(message)
  local found = extraction.list("box/out", format or "%y %P")
  extraction.discard()
  return found, report
end

--- Makes a tree of all that may be there, base/tree.
-- @return string: the listing of base
function extraction.make_tree()
  extraction.shell [[
    [ -e base ] && exit
    umask 022
    mkdir -p base/tree/sub/deeper base/tree/empty 'base/tree/mit Leerzeichen'; cd base
    seq 5000 >tree/sub/numbers; : >tree/sub/nothing; head -c 70000 /dev/zero >tree/zeros
    printf '#!/bin/sh\n' >tree/sub/deeper/run; chmod 755 tree/sub/deeper/run
    echo grüße >'tree/mit Leerzeichen/größe.txt'; ln -s sub/numbers tree/link; ln -s ../zeros tree/sub/up]]
  return extraction.list("base", extraction.LISTING)
end

return extraction
