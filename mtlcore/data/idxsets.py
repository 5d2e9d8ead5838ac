"""The published sets in IDX files: addresses, terms as their authors state them, and checksums.

`sha256` and `size` are of the .gz files as published. `content` is the SHA-256 of the bytes inside them, `head` that
of their first 1,000 items; both were computed from copies whose every byte is the original's. Of Kuzushiji-MNIST's
training files no whole copy was at hand, so `content` is None there.
"""

from __future__ import annotations

from mtlcore.data.idxset import IdxSet, Published

MNIST = IdxSet(
    name="mnist",
    title="MNIST",
    classes=tuple("0123456789"),
    folders=("mnist", "MNIST/raw"),
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    files={
        ("train", "images"): Published(
            name="train-images-idx3-ubyte",
            items=60_000,
            size=9_912_422,
            sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
            content="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            head="2304e0137aea1f236247daacc2dcaf275996895e40c4bb0760c448434d361d1a",
        ),
        ("train", "labels"): Published(
            name="train-labels-idx1-ubyte",
            items=60_000,
            size=28_881,
            sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
            content="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            head="b03ead2884240483d956c7feac7a9b39d28685062da0a980bb73d2196dc506b8",
        ),
        ("test", "images"): Published(
            name="t10k-images-idx3-ubyte",
            items=10_000,
            size=1_648_877,
            sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
            content="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            head="f8f3c5a608a9f7d4bd5e9d69b90c53932b8b99371d9db26121b42f62f3abcd56",
        ),
        ("test", "labels"): Published(
            name="t10k-labels-idx1-ubyte",
            items=10_000,
            size=4_542,
            sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            content="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            head="d14ba0a1a3818edefa35518ed001ece84b7ac0eabe9394551c73928493175d3f",
        ),
    },
    home="http://yann.lecun.com/exdb/mnist/",
    licence="none stated by its authors; usually quoted as CC BY-SA 3.0",
    cite="LeCun, Cortes and Burges, 1998",
)

FASHION = IdxSet(
    name="fashion",
    title="Fashion-MNIST",
    classes=(
        "T-shirt/top",
        "Trouser",
        "Pullover",
        "Dress",
        "Coat",
        "Sandal",
        "Shirt",
        "Sneaker",
        "Bag",
        "Ankle boot",
    ),
    folders=("fashion", "FashionMNIST/raw"),
    mirrors=(
        "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
    ),
    files={
        ("train", "images"): Published(
            name="train-images-idx3-ubyte",
            items=60_000,
            size=26_421_880,
            sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
            content="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            head="7350186bf86b76af65f1c8f921436fd67c69c61ba7dd0f51a5047991359cd2d9",
        ),
        ("train", "labels"): Published(
            name="train-labels-idx1-ubyte",
            items=60_000,
            size=29_515,
            sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
            content="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            head="a2d1512599a9270ae0b22c236d1bb6c9faf54db68c3cb38be103496028e48209",
        ),
        ("test", "images"): Published(
            name="t10k-images-idx3-ubyte",
            items=10_000,
            size=4_422_102,
            sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
            content="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            head="8d46efb2efae7259de048298adb99140d06082b91c430833a54d7ce30f21c9c9",
        ),
        ("test", "labels"): Published(
            name="t10k-labels-idx1-ubyte",
            items=10_000,
            size=5_148,
            sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            content="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            head="86fea14d645de73ec2f8e0e859add59c557ccdf73e3e419692220b128c15ec47",
        ),
    },
    home="https://github.com/zalandoresearch/fashion-mnist",
    licence="MIT",
    cite="Xiao, Rasul and Vollgraf, 2017",
)

KMNIST = IdxSet(
    name="kmnist",
    title="Kuzushiji-MNIST",
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    folders=("kmnist", "KMNIST/raw"),
    mirrors=(
        "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
    ),
    files={
        ("train", "images"): Published(
            name="train-images-idx3-ubyte",
            items=60_000,
            size=18_165_135,
            sha256="51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
            content=None,
            head="9f1dec4a3857f15e3b19946e243386be731bf77974ed2cff80a1d832b4d184a6",
        ),
        ("train", "labels"): Published(
            name="train-labels-idx1-ubyte",
            items=60_000,
            size=29_497,
            sha256="e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
            content=None,
            head="e2364e99077676d5d7c2ef77d00f035f6152a5180f03758c41d266172848b74f",
        ),
        ("test", "images"): Published(
            name="t10k-images-idx3-ubyte",
            items=10_000,
            size=3_041_136,
            sha256="edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
            content="76fbd229ce87db80dd281af5e6670de4ad0e42fb30a7bd643972994c47c1f42e",
            head="3bf5c00d550dd8ecd4aa435904fcc6567b2d456dfbedd5b0d22782c73bbe35b1",
        ),
        ("test", "labels"): Published(
            name="t10k-labels-idx1-ubyte",
            items=10_000,
            size=5_120,
            sha256="20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            content="a11dc742be8e781a40a92f53d6a4957e7b7d36df2faa097659131ebfd8fd60c6",
            head="6a4f03238058b27be0eaa7291da4986cdd00a67f60f35fa4edd81d309860cfb7",
        ),
    },
    home="http://codh.rois.ac.jp/kmnist/",
    licence='CC BY-SA 4.0; "KMNIST Dataset" (created by CODH), adapted from "Kuzushiji Dataset" (created by NIJL)',
    cite="Clanuwat et al., 2018",
)
