local csv = use "datamaestro.data.csv"

Iris =
  filedownloader("iris.csv", "https://archive.ics.uci.edu/ml/machine-learning-databases/iris/iris.data", {
    size = 4551,
    sha256 = "6f608b71a7317216319b4d27b4d9bc84e6abd734eda7872b71a458569e2656c0",
  }) ..
  datatags("table") ..
  datatasks("classification") ..
  dataset {
    csv.Generic,
    url = "https://archive.ics.uci.edu/dataset/53/iris",
    doi = "10.24432/C56C76",
    licence = "CC-BY-4.0",
    citation = [[
      @misc{iris53,
        author = {Fisher, R. A.},
        title = {Iris},
        howpublished = {UCI Machine Learning Repository},
        year = {1936},
        doi = {10.24432/C56C76},
      }]],
    [[The Iris flower data set

    Length and width of sepals and petals, in centimetres, of 150 iris flowers: 50 of each of the species
    setosa, versicolor and virginica. Each row holds the four measures, then the species; there is no row
    of names. This copy has two known typing errors against R. A. Fisher's paper of 1936.]],
  } ..
  function(iris)
    return { path = iris }
  end
