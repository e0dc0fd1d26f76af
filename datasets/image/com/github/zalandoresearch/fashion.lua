local image = use "image.data"
local IDX = use "datamaestro.data.tensor".IDX

-- Debian's package dataset-fashion-mnist holds the same content, packed anew: `content` decides.
MNIST =
  filedownloader("train_images.idx",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-images-idx3-ubyte.gz", {
    size = 26421880,
    md5 = "8d4fb7e6c68d591d4c3dfef9ec88bf0d",
    sha256 = "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    content = {
      size = 47040016,
      sha256 = "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    },
    mirrors = {
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/train-images-idx3-ubyte.gz",
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/train-images-idx3-ubyte.gz",
      { "file:///usr/share/datasets/fashion-mnist/train-images-idx3-ubyte.gz" },
    },
  }) ..
  filedownloader("train_labels.idx",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/train-labels-idx1-ubyte.gz", {
    size = 29515,
    md5 = "25c81989df183df01b3e8a0aad5dffbe",
    sha256 = "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    content = {
      size = 60008,
      sha256 = "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    },
    mirrors = {
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/train-labels-idx1-ubyte.gz",
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/train-labels-idx1-ubyte.gz",
      { "file:///usr/share/datasets/fashion-mnist/train-labels-idx1-ubyte.gz" },
    },
  }) ..
  filedownloader("test_images.idx",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-images-idx3-ubyte.gz", {
    size = 4422102,
    md5 = "bef4ecab320f06d8554ea6380940ec79",
    sha256 = "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    content = {
      size = 7840016,
      sha256 = "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    },
    mirrors = {
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/t10k-images-idx3-ubyte.gz",
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/t10k-images-idx3-ubyte.gz",
      { "file:///usr/share/datasets/fashion-mnist/t10k-images-idx3-ubyte.gz" },
    },
  }) ..
  filedownloader("test_labels.idx",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/t10k-labels-idx1-ubyte.gz", {
    size = 5148,
    md5 = "bb300cfdad3c16e7a12a480ee83cd310",
    sha256 = "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    content = {
      size = 10008,
      sha256 = "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    },
    mirrors = {
      "https://storage.googleapis.com/tensorflow/tf-keras-datasets/t10k-labels-idx1-ubyte.gz",
      "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/t10k-labels-idx1-ubyte.gz",
      { "file:///usr/share/datasets/fashion-mnist/t10k-labels-idx1-ubyte.gz" },
    },
  }) ..
  datatags("benchmark") ..
  dataset {
    image.ImageClassification,
    url = "https://github.com/zalandoresearch/fashion-mnist",
    licence = "MIT",
    citation = [[
      @misc{xiao2017fashion,
        author = {Xiao, Han and Rasul, Kashif and Vollgraf, Roland},
        title = {Fashion-{MNIST}: a Novel Image Dataset for Benchmarking Machine Learning Algorithms},
        year = {2017},
        eprint = {1708.07747},
        archiveprefix = {arXiv},
        primaryclass = {cs.LG},
      }]],
    [[The Fashion-MNIST database

    Photographs of articles sold by Zalando, in the form of the MNIST database and meant to take its place:
    a training set of 60,000 examples and a test set of 10,000. Each image has 28 rows of 28 pixels in 256
    greys. The labels: 0 T-shirt or top, 1 trouser, 2 pullover, 3 dress, 4 coat, 5 sandal, 6 shirt,
    7 sneaker, 8 bag, 9 ankle boot.]],
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
