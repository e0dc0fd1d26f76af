local image = use "image.data"
local IDX = use "datamaestro.data.tensor".IDX

MNIST =
  filedownloader("train_images.idx",
    "https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz", {
    size = 9912422,
    md5 = "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    sha256 = "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    content = { size = 47040016 },
    mirrors = {
      "https://storage.googleapis.com/cvdf-datasets/mnist/train-images-idx3-ubyte.gz",
      "http://yann.lecun.com/exdb/mnist/train-images-idx3-ubyte.gz",
    },
  }) ..
  filedownloader("train_labels.idx",
    "https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz", {
    size = 28881,
    md5 = "d53e105ee54ea40749a09fcbcd1e9432",
    sha256 = "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    content = { size = 60008 },
    mirrors = {
      "https://storage.googleapis.com/cvdf-datasets/mnist/train-labels-idx1-ubyte.gz",
      "http://yann.lecun.com/exdb/mnist/train-labels-idx1-ubyte.gz",
    },
  }) ..
  filedownloader("test_images.idx",
    "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz", {
    size = 1648877,
    md5 = "9fb629c4189551a2d022fa330f9573f3",
    sha256 = "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    content = { size = 7840016 },
    mirrors = {
      "https://storage.googleapis.com/cvdf-datasets/mnist/t10k-images-idx3-ubyte.gz",
      "http://yann.lecun.com/exdb/mnist/t10k-images-idx3-ubyte.gz",
    },
  }) ..
  filedownloader("test_labels.idx",
    "https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz", {
    size = 4542,
    md5 = "ec29112dd5afa0611ce80d1b7f02629c",
    sha256 = "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    content = { size = 10008 },
    mirrors = {
      "https://storage.googleapis.com/cvdf-datasets/mnist/t10k-labels-idx1-ubyte.gz",
      "http://yann.lecun.com/exdb/mnist/t10k-labels-idx1-ubyte.gz",
    },
  }) ..
  datatags("benchmark") ..
  dataset {
    image.ImageClassification,
    url = "http://yann.lecun.com/exdb/mnist/",
    doi = "10.1109/5.726791",
    licence = "NOASSERTION", -- its page names none
    citation = [[
      @article{lecun1998gradient,
        author = {LeCun, Yann and Bottou, L{\'e}on and Bengio, Yoshua and Haffner, Patrick},
        title = {Gradient-based learning applied to document recognition},
        journal = {Proceedings of the IEEE},
        volume = {86},
        number = {11},
        pages = {2278--2324},
        year = {1998},
        doi = {10.1109/5.726791},
      }]],
    [[The MNIST database

    Handwritten digits: a training set of 60,000 examples and a test set of 10,000, a subset of a larger
    collection of NIST. Each image has 28 rows of 28 pixels in 256 greys, the digit scaled and centred in
    it; each label is the digit, from 0 to 9.]],
  } ..
  function(train_images, train_labels, test_images, test_labels)
    return {
      train = image.LabelledImages {
        images = image.IDXImage { path = train_images },
        labels = IDX { path = train_labels },
      },
      test = image.LabelledImages {
        images = image.IDXImage { path = test_images },
        labels = IDX { path = test_labels },
      },
    }
  end
