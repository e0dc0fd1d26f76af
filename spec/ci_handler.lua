--- busted's output plus the line that counts: "N passed, N failed[, N skipped]", last. A run of no spec
-- fails: a misspelt name would look as if all were well.
return function(options)
  local busted = require "busted"
  local base = require "busted.outputHandlers.plainTerminal"(options)
  busted.subscribe({ "exit" }, function()
    local skipped = base.pendingsCount
    io.write(("%d passed, %d failed%s\n"):format(base.successesCount, base.failuresCount + base.errorsCount,
      skipped > 0 and (", %d skipped"):format(skipped) or ""))
    if base.successesCount + base.failuresCount + base.errorsCount + skipped == 0 then
      io.stdout:flush()
      io.stderr:write "no spec has such a name\n"
      os.exit(1, true)
    end
    return nil, true
  end, { priority = 100 })
  return base
end
