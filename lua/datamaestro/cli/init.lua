--- The command line: argv in, exit status out.

--- Runs the command line.
-- @param argv table: argv[0] the program, argv[1…] its arguments
-- @return integer: the exit status
return function(argv)
  if argv[1] == "version" then
    print(require "datamaestro.api.host".version)
    return 0
  end
  local script = { [0] = argv[2], table.unpack(argv, 3) }
  arg = script -- luacheck: ignore
  assert(loadfile(argv[2]))(table.unpack(script))
  return 0
end
