local csv = use "datamaestro.data.csv"
local ml = use "ml.data"

local ARCHIVES = {
  ["20m"] = { size = 198702078, sha256 = "96f243c338a8665f6bcc89c53edf6ee39162a846940de6b7c8c48aeada765ff3" },
  ["25m"] = { size = 261978986, sha256 = "8b21cfb7eb1706b4ec0aac894368d90acf26ebdfb6aced3ebd4ad5bd1eb9c6aa" },
}

MovieLens =
  resources(function(v)
    local archive = ARCHIVES[v.version]
    local url = ("https://files.grouplens.org/datasets/movielens/ml-%s.zip"):format(v.version)
    return zipdownloader("archive", url, { size = archive.size, sha256 = archive.sha256 })
  end) ..
  dataset {
    ml.Ratings, id = "movielens", url = "https://grouplens.org/datasets/movielens/", doi = "10.1145/2827872",
    licence = "LicenseRef-GroupLens",
    variants = AxesVariants {
      version = Axis({ "20m", "25m" }, { default = "25m", description = "Millions of ratings" }),
    },
    [[MovieLens

    Ratings of films by the users of MovieLens, from half a star to five.]],
  } ..
  function(archive)
    local function table_of(name)
      return csv.Generic { path = archive .. "/" .. name .. ".csv", names_row = 0 }
    end
    return {
      ratings = table_of "ratings", items = table_of "movies",
      tags = table_of "tags", links = table_of "links",
    }
  end
