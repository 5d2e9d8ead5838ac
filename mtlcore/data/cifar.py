"""CIFAR-10 and CIFAR-100 [krizhevsky2009cifar]: addresses, names of classes and checksums.

The checksums of the archives are those that its readers agree on (its authors publish MD5 sums of the same files);
`labels` and `head` of CIFAR-10 were computed from a copy in which these parts are lossless.
"""

from __future__ import annotations

import dataclasses

import torch

from mtlcore.data.cifarset import Archive, CifarSet, Part
from mtlcore.data.dataset import DataError, Dataset

SUPERCLASSES: dict[str, tuple[str, ...]] = {
    "aquatic mammals": ("beaver", "dolphin", "otter", "seal", "whale"),
    "fish": ("aquarium fish", "flatfish", "ray", "shark", "trout"),
    "flowers": ("orchid", "poppy", "rose", "sunflower", "tulip"),
    "food containers": ("bottle", "bowl", "can", "cup", "plate"),
    "fruit and vegetables": ("apple", "mushroom", "orange", "pear", "sweet pepper"),
    "household electrical devices": ("clock", "keyboard", "lamp", "telephone", "television"),
    "household furniture": ("bed", "chair", "couch", "table", "wardrobe"),
    "insects": ("bee", "beetle", "butterfly", "caterpillar", "cockroach"),
    "large carnivores": ("bear", "leopard", "lion", "tiger", "wolf"),
    "large man-made outdoor things": ("bridge", "castle", "house", "road", "skyscraper"),
    "large natural outdoor scenes": ("cloud", "forest", "mountain", "plain", "sea"),
    "large omnivores and herbivores": ("camel", "cattle", "chimpanzee", "elephant", "kangaroo"),
    "medium-sized mammals": ("fox", "porcupine", "possum", "raccoon", "skunk"),
    "non-insect invertebrates": ("crab", "lobster", "snail", "spider", "worm"),
    "people": ("baby", "boy", "girl", "man", "woman"),
    "reptiles": ("crocodile", "dinosaur", "lizard", "snake", "turtle"),
    "small mammals": ("hamster", "mouse", "rabbit", "shrew", "squirrel"),
    "trees": ("maple tree", "oak tree", "palm tree", "pine tree", "willow tree"),
    "vehicles 1": ("bicycle", "bus", "motorcycle", "pickup truck", "train"),
    "vehicles 2": ("lawn mower", "rocket", "streetcar", "tank", "tractor"),
}
FINE = tuple(sorted(name for names in SUPERCLASSES.values() for name in names))
COARSE_OF_FINE = tuple(
    next(place for place, names in enumerate(SUPERCLASSES.values()) if name in names) for name in FINE
)
_MIRRORS = ("https://www.cs.toronto.edu/~kriz/",)
_HOME = "https://www.cs.toronto.edu/~kriz/cifar.html"

CIFAR10 = CifarSet(
    name="cifar10",
    title="CIFAR-10",
    classes=("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"),
    limits=(10,),
    place="cifar10",
    folders=("cifar-10-batches-bin", "cifar-10-batches-py"),
    files={
        "train": (
            Part(
                "data_batch_1.bin",
                "data_batch_1",
                10_000,
                sha256="cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
                md5="c99cafc152244af753f735de768cd75f",
                labels="d829dbdf32167c9d7b3687cee66d92d80d46c441308b5aca0d11e8b69e27dac9",
                head="1c5f9ea0fc1111d586f29115efd3db25eecf7db27b29aaebbe84721446b052cc",
            ),
            Part(
                "data_batch_2.bin",
                "data_batch_2",
                10_000,
                sha256="a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
                md5="d4bba439e000b95fd0a9bffe97cbabec",
                labels="5d18f7371ed35ea9ade77952fe958b0660a45cd6c8b8a8970030f21612cfd7e3",
                head="4f979f9b23aaa1ed4caa123051abf301d1bf3efaafb71eb652c88915b5724f2d",
            ),
            Part(
                "data_batch_3.bin",
                "data_batch_3",
                10_000,
                sha256="bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
                md5="54ebc095f3ab1f0389bbae665268c751",
                labels="32cf77b0ee2e790b1c4384d2d82e42dc1571b87e67f6da8f444b2725b2973f65",
                head="b22c7fc2fb3577032913fa43c14b40b539abf70f40cfc257fa90f035d3728e34",
            ),
            Part(
                "data_batch_4.bin",
                "data_batch_4",
                10_000,
                sha256="014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
                md5="634d18415352ddfa80567beed471001a",
                labels="d2815e3f8f656272864920fc0edde56b04ec9cf81bf397c0dd3069f4aea51aeb",
                head="998398a620412db9b26cad6a83aff2d049fef005e171474ed2676c0397c7157f",
            ),
            Part(
                "data_batch_5.bin",
                "data_batch_5",
                10_000,
                sha256="755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
                md5="482c414d41f54cd18b22e5b47cb7c3cb",
                labels="2ddf3ab27d5d04409c94ce7b56849c243129c10de1058ae0bfe14c77e934800c",
                head="d427e63de6374fb63b5a1d61a35cf7a9457aaac5f1af2ef2ac87ecfef4877085",
            ),
        ),
        "test": (
            Part(
                "test_batch.bin",
                "test_batch",
                10_000,
                sha256="8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
                md5="40351d587109b95175f43aff81a1287e",
                labels="cec8a24a1e92aa2ecaa0bbd3dbfa86bf6cd8759fbd209a832824c8cf0afca9d5",
                head="8314c96d7cd65618193bab23acdd5d4c4af15bf6dd00a1781d55beedf3be1ef5",
            ),
        ),
    },
    archive=Archive(
        "cifar-10-binary.tar.gz",
        170_052_171,
        "c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
        "cifar-10-batches-bin",
    ),
    mirrors=_MIRRORS,
    home=_HOME,
)

CIFAR100 = CifarSet(
    name="cifar100",
    title="CIFAR-100",
    classes=FINE,
    limits=(20, 100),
    place="cifar100",
    folders=("cifar-100-binary", "cifar-100-python"),
    files={
        "train": (
            Part(
                "train.bin",
                "train",
                50_000,
                sha256="f31298fc616915fa142368359df1c4ca2ae984d6915ca468b998a5ec6aeebf29",
                md5="16019d7e3df5f24257cddd939b257f8d",
            ),
        ),
        "test": (
            Part(
                "test.bin",
                "test",
                10_000,
                sha256="d8b1e6b7b3bee4020055f0699b111f60b1af1e262aeb93a0b659061746f8224a",
                md5="f0ef6b0ae62326f3e7ffdfab6717acfc",
            ),
        ),
    },
    archive=Archive(
        "cifar-100-binary.tar.gz",
        168_513_733,
        "58a81ae192c23a4be8b1804d68e518ed807d710a4eb253b1f2a199162a40d8ec",
        "cifar-100-binary",
    ),
    mirrors=_MIRRORS,
    home=_HOME,
)


def coarse(dataset: Dataset) -> Dataset:
    """CIFAR-100, original or twin, with the 20 superclasses as labels: a superclass is a function of the class.

    Raises DataError for a data set of other classes.
    """
    if dataset.classes != FINE:
        raise DataError(f"{dataset.name} of {len(dataset.classes)} classes has no superclasses: give cifar100.")
    labels = torch.tensor(COARSE_OF_FINE)[dataset.labels]
    return dataclasses.replace(dataset, labels=labels, classes=tuple(SUPERCLASSES))
