std = "lua54"
max_line_length = 110
cache = false
exclude_files = { "build*/**" }
files["spec/**/*_spec.lua"] = { std = "lua54+busted" }
files["spec/ci_handler.lua"] = { std = "lua54+busted" }
-- Definitions assign their datasets to globals and use the constructors of the sandbox.
files["datasets/**/*.lua"] = {
  std = { read_globals = {
    "use", "dataset", "datatype", "datatags", "datatasks", "filedownloader",
    "string", "table", "math", "utf8", "ipairs", "pairs", "next", "tostring", "tonumber", "type",
    "select", "error", "assert",
  } },
  allow_defined_top = true,
  ignore = { "131" }, -- a dataset is a global that nothing reads
}
-- Scripts for `datamaestro run` get the library as a global.
files["docs/examples/**/*.lua"] = { read_globals = { "datamaestro" } }
