local data = use "datamaestro.data"
local csv = use "datamaestro.data.csv"

Ratings = datatype {
  data.Base,
  [[Ratings of items by users, and what is known of the items.]],
  fields = {
    { "ratings", csv.Generic, doc = "Who rated what, how, and when." },
    { "items", csv.Generic, doc = "The items: title and genres." },
    { "tags", csv.Generic, doc = "Words that users gave to items." },
    { "links", csv.Generic, doc = "The items in other catalogues." },
  },
  tags = { "ratings" },
  tasks = { "recommendation" },
}
