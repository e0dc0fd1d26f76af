std = "lua54"
max_line_length = 110
cache = false
exclude_files = { "build*/**" }
files["spec/**/*_spec.lua"] = { std = "lua54+busted" }
files["spec/ci_handler.lua"] = { std = "lua54+busted" }
-- Definitions assign their datasets to globals and use the constructors of the sandbox, which `lint` knows.
files["datasets/**/*.lua"] = {
  std = "none",
  allow_defined_top = true,
  ignore = { "113", "131" }, -- a name that only the sandbox has; a dataset that nothing reads
}
-- Scripts for `datamaestro run` get the library as a global.
files["docs/examples/**/*.lua"] = { read_globals = { "datamaestro" } }
