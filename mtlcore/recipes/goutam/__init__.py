"""LayerOut [goutam]: the studies behind its tables."""

from __future__ import annotations

import functools

from mtlcore.recipes import Study
from mtlcore.recipes.goutam import cifar, cifar_cost, cifar_grids, cost, dropping, mnist, speed
from mtlcore.recipes.goutam.fields import FIELDS

__all__ = ["FIELDS", "STUDIES", "VARIANTS", "cifar", "cost", "mnist"]


def _table(about: str, grid: str, dataset: str) -> Study:
    return Study(about, functools.partial(getattr(cifar_grids, f"{grid}_table"), dataset), dropping.run)


STUDIES = {
    "table-1": Study("MNIST, the shallow network: baseline and four ways of LayerOut.", mnist.table_1, mnist.run),
    "cost": Study("What freezing saves of a step, counted and timed.", cifar_cost.grid, cifar_cost.run, alone=True),
    "table-2": _table("CIFAR-10, VGG-16: baseline and LayerOut with two fixed vectors.", "vgg", "cifar10"),
    "table-3": _table("CIFAR-10, the residual network: baseline and LayerOut at random.", "resnet", "cifar10"),
    "table-4": _table("CIFAR-100, VGG-16: baseline and LayerOut with two fixed vectors.", "vgg", "cifar100"),
    "table-5": _table("CIFAR-100, the residual network: baseline and LayerOut at random.", "resnet", "cifar100"),
    "table-6": Study("LayerOut beside Stochastic Depth and BlockDrop.", cifar_grids.table_6, dropping.run),
    "speed": Study("Images a second, and the hours of a whole run.", speed.grid, speed.run, alone=True),
    "confounds": Study("What else differs between the compared runs.", cifar_grids.confounds, dropping.run),
}

# the field, and what it is as written, as published and as corrected; choices where the text is silent are in
# data/papers/goutam.yaml
VARIANTS = [
    ["initial weights", "Glorot", "PyTorch's default: Glorot's is named and never applied", "Glorot"],
    ["test image", "padded to 32×32", "stretched to 32×32", "padded to 32×32"],
    ["layers drawn", "each on its own", "leading run only (a slip)", "each on its own"],
    ["random v", "new every epoch", "one vector for all runs", "one vector a run (our reading)"],
    ["since start", "freezes", "freezes nothing (a slip)", "freezes"],
    ["optimiser", "kept", "rebuilt every epoch, momentum lost", "kept"],
    ["initial weights, VGG-16", "He's", "PyTorch's default: He's is named and never applied", "He's"],
    ["residual network", "ResNet-110, basic blocks", "164 layers of bottlenecks", "ResNet-110, basic blocks"],
    ["residual weight decay", "5e-4", "1e-4, and 5e-4 once layers freeze", "5e-4"],
    ["random erasing", "half of the images", "none: its probability is 0", "half of the images"],
    ["VGG-16 on CIFAR-100", "rate 0.1, two steps", "constant rate 0.01", "rate 0.1, two steps"],
    [
        "rivals of Table 6",
        "as our baseline (BlockDrop: longer)",
        "as their own authors",
        "as our baseline (BlockDrop: longer)",
    ],
    ["reported epoch", "last", "best on the test set, beside the last", "last"],
]
