local image = use "image.data"
local IDX = use "datamaestro.data.tensor".IDX

local URL = "https://biometrics.nist.gov/cs_links/EMNIST/gzip.zip"

-- One archive holds all files, each compressed: it is fetched once for the four that a variant wants.
local function part(name, member)
  return concatdownload(name .. ".idx", URL, {
    size = 561753746,
    md5 = "58c8d27c78d21e728a6bc7b3cc06412e",
    sha256 = "fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
    mirrors = { "https://www.itl.nist.gov/iaui/vip/cs_links/EMNIST/gzip.zip" },
    files = { "gzip/" .. member .. ".gz" },
  })
end

EMNIST =
  resources(function(v)
    local prefix = "emnist-" .. v.split
    return part("train_images", prefix .. "-train-images-idx3-ubyte") ..
      part("train_labels", prefix .. "-train-labels-idx1-ubyte") ..
      part("test_images", prefix .. "-test-images-idx3-ubyte") ..
      part("test_labels", prefix .. "-test-labels-idx1-ubyte")
  end) ..
  dataset {
    image.ImageClassification, url = "https://www.nist.gov/itl/products-and-services/emnist-dataset",
    doi = "10.1109/IJCNN.2017.7966217", licence = "NOASSERTION",
    variants = AxesVariants {
      split = Axis({ "byclass", "bymerge", "balanced", "letters", "digits", "mnist" }, {
        description = "Which characters, and how they are grouped to classes",
      }),
    },
    [[EMNIST

    Handwritten letters and digits of NIST's Special Database 19, in the form of MNIST: 28 x 28 pixels. The
    images are transposed: their rows are columns of what was written.]],
  } ..
  function(train_images, train_labels, test_images, test_labels)
    return {
      train = image.LabelledImages {
        images = image.IDXImage { path = train_images }, labels = IDX { path = train_labels },
      },
      test = image.LabelledImages {
        images = image.IDXImage { path = test_images }, labels = IDX { path = test_labels },
      },
    }
  end
