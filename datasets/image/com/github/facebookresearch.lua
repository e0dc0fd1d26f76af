local image = use "image.data"
local IDX = use "datamaestro.data.tensor".IDX

QMNIST =
  filedownloader("train_images.idx",
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/qmnist-train-images-idx3-ubyte.gz", {
    md5 = "ed72d4157d28c017586c42bc6afe6370",
  }) ..
  filedownloader("train_labels.idx",
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/qmnist-train-labels-idx2-int.gz", {
    md5 = "0058f8dd561b90ffdd0f734c6a30e5e4",
  }) ..
  filedownloader("test_images.idx",
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/qmnist-test-images-idx3-ubyte.gz", {
    md5 = "1394631089c404de565df7b7aeaf9412",
  }) ..
  filedownloader("test_labels.idx",
    "https://raw.githubusercontent.com/facebookresearch/qmnist/master/qmnist-test-labels-idx2-int.gz", {
    md5 = "5b5b05890a5e13444e108efe57b788aa",
  }) ..
  datatags("benchmark") ..
  dataset {
    image.ImageClassification,
    url = "https://github.com/facebookresearch/qmnist",
    licence = "NOASSERTION", -- the one of the repository speaks of software
    citation = [[
      @incollection{qmnist-2019,
        author = {Yadav, Chhavi and Bottou, L{\'e}on},
        title = {Cold Case: The Lost {MNIST} Digits},
        booktitle = {Advances in Neural Information Processing Systems 32},
        year = {2019},
      }]],
    [[The QMNIST database

    The MNIST database made again from NIST's originals, with all 60,000 images of the test set. Images
    have 28 rows of 28 pixels in 256 greys. The labels are a table of 32-bit integers with a row an image;
    its first column is the digit, the others tell writer and origin.]],
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
