--- Resource kind `zipdownloader`: a folder of what a zip archive holds.
return require "datamaestro.engine.archive_kind".new("zip", {
  doc = "Downloads a zip archive and unpacks it into a folder.",
  example = [[zipdownloader("data", "https://host/data.zip", { files = { "*.csv" } })]],
}, { "%.zip" })
