--- Resource kind `tardownloader`: a folder of what a tar archive, packed or not, holds.
return require "datamaestro.engine.archive_kind".new("tar", {
  doc = "Downloads a tar archive (plain, gz, bz2, xz, zst, lz4) and unpacks it into a folder while it comes.",
  example = [[tardownloader("data", "https://host/data.tar.gz", { subpath = "data/train" })]],
}, { "%.tar%.gz", "%.tar" })
