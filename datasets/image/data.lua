local data = use "datamaestro.data"
local ml = use "datamaestro.data.ml"
local tensor = use "datamaestro.data.tensor"

Images = datatype {
  data.Base,
  [[Images, however they are kept.]],
  abstract = true,
}

IDXImage = datatype {
  tensor.IDX,
  [[Images in an IDX file: the first dimension counts them, then come rows and columns.]],
  implements = { Images },
}

LabelledImages = datatype {
  data.Base,
  [[Images and the class that each of them shows.]],
  fields = {
    { "images", Images, doc = "The images." },
    { "labels", data.Base, doc = "The labels, one an image." },
  },
  tags = { "images" },
  tasks = { "image classification" },
}

ImageClassification = datatype {
  ml.Supervised,
  [[Images to learn a classification from.]],
  tags = { "images" },
  tasks = { "image classification" },
}
