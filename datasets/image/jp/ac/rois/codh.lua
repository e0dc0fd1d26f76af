local image = use "image.data"
local IDX = use "datamaestro.data.tensor".IDX

KMNIST =
  filedownloader("train_images.idx",
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/train-images-idx3-ubyte.gz", {
    size = 18165135,
    md5 = "bdb82020997e1d708af4cf47b453dcf7",
    sha256 = "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
    content = { size = 47040016 },
  }) ..
  filedownloader("train_labels.idx",
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/train-labels-idx1-ubyte.gz", {
    size = 29497,
    md5 = "e144d726b3acfaa3e44228e80efcd344",
    sha256 = "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
    content = { size = 60008 },
  }) ..
  filedownloader("test_images.idx",
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/t10k-images-idx3-ubyte.gz", {
    size = 3041136,
    md5 = "5c965bf0a639b31b8f53240b1b52f4d7",
    sha256 = "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
    content = { size = 7840016 },
  }) ..
  filedownloader("test_labels.idx",
    "http://codh.rois.ac.jp/kmnist/dataset/kmnist/t10k-labels-idx1-ubyte.gz", {
    size = 5120,
    md5 = "7320c461ea6c1c855c0b718fb2a4b134",
    sha256 = "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
    content = { size = 10008 },
  }) ..
  datatags("benchmark") ..
  dataset {
    image.ImageClassification,
    url = "http://codh.rois.ac.jp/kmnist/",
    doi = "10.20676/00000341",
    licence = "CC-BY-SA-4.0",
    citation = [[
      @misc{clanuwat2018deep,
        author = {Clanuwat, Tarin and Bober-Irizar, Mikel and Kitamoto, Asanobu and Lamb, Alex and Yamamoto,
          Kazuaki and Ha, David},
        title = {Deep Learning for Classical {Japanese} Literature},
        year = {2018},
        eprint = {1812.01718},
        archiveprefix = {arXiv},
        primaryclass = {cs.CV},
      }]],
    [[The Kuzushiji-MNIST database

    Cursive Japanese characters from old books, in the form of the MNIST database: a training set of 60,000
    examples and a test set of 10,000. Each image has 28 rows of 28 pixels in 256 greys; the ten classes are
    hiragana, one for each row of the syllabary.]],
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
