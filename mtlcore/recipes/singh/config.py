"""Settings of one run of the document on distinctiveness pruning of a multi-task encoder [singh].

Where the text is silent the choice is stated in data/papers/singh.yaml; what the variants mean, in VARIANTS of the
package.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from mtlcore.nets.backbones import BACKBONES, check_backbone
from mtlcore.nets.encoder import RELUS
from mtlcore.nets.thin import THIN

TASKS = ("color", "type", "vehicle", "camera")  # in the order of Tables 1 and 3
LABELS = {"color": "colour", "type": "type", "vehicle": "vehicle", "camera": "camera"}  # of the data set
CHOICES = {
    "weights": ("imagenet", "none"),
    "l2_form": ("loss", "decoupled"),
    "relu": RELUS,
    "balance": ("pcgrad", "sum"),
    "pruning": ("each_epoch", "none", "direct"),
    "coefficient": ("one", "cosine", "projection"),
    "opposite": ("merge", "drop"),
    "take": ("one", "disjoint", "until_none"),
    "survivor": ("larger", "first"),
    "statistics": ("running", "estimated"),
}
POSITIVE = (
    "size",
    "train_images",
    "val_images",
    "test_images",
    "angle_images",
    "epochs",
    "patience",
    "hidden",
    "prune_from",
    "vehicles",
)


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run of a multi-task encoder; the defaults are the document's settings at `full`."""

    seed: int
    source: str
    backbone: str = "resnet-50"  # as `nets.backbones`: of the document, its thin sibling, or any of timm
    weights: str = "imagenet"  # imagenet | none; what the backbone starts from
    tasks: tuple[str, ...] = TASKS[:3]
    task_weights: tuple[float, ...] = (1.0,) * len(TASKS)  # λ of Eq. 1, of colour, type, vehicle and camera
    size: int = 256  # pixels of a side
    train_images: int = 45_438  # read of each split; used are those of the first so many vehicles
    val_images: int = 14_936
    test_images: int = 15_142
    vehicles: int = 1_362
    epochs: int = 20
    batch_size: int = 64
    lr: float = 0.001
    patience: int = 2  # epochs without a lower validation loss, after which the rate is divided by ten
    l2: float = 0.005
    l2_form: str = "loss"  # loss | decoupled; a term l2·|w|² of the loss, or AdamW's decay
    hidden: int = 128  # units at the start
    input_width: int = 0  # features that the hidden layer reads, by a fixed projection; 0: the backbone's own
    relu: str = "none"  # none | between | after; ReLU between the layer and its normalisation, or after it
    dropout: float = 0.0  # of hidden units
    hardest: float = 0.7  # share of a batch whose loss is minimised
    balance: str = "pcgrad"  # pcgrad | sum
    pruning: str = "each_epoch"  # each_epoch | none | direct; direct: built at the size that pruning leaves
    prune_from: int = 1  # the epoch at whose end pruning begins
    angle: float = 30.0  # degrees: similar below, opposing above 180 less this
    coefficient: str = "cosine"  # one | cosine | projection; as `prune.Distinctiveness`
    opposite: str = "merge"  # merge | drop
    take: str = "until_none"  # one | disjoint | until_none; pairs at a pruning
    survivor: str = "larger"  # larger | first; of a pair, by the norm of activations or by position
    angle_images: int = 45_438  # training images on which angles are taken
    statistics: str = "running"  # running | estimated; of normalisation when measured, "estimated" anew every epoch
    conflict_batches: int = 8  # training batches on which conflicts of gradients are counted, every epoch
    augment: bool = True
    bf16: bool = False
    channels_last: bool = False

    def __post_init__(self) -> None:
        """Refuse values that have no meaning."""
        for name, known in CHOICES.items():
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose {', '.join(known)}")
        if not self.tasks or not set(self.tasks) <= set(TASKS) or len(set(self.tasks)) < len(self.tasks):
            raise ValueError(f"tasks are {', '.join(self.tasks) or 'none'}; choose some of {', '.join(TASKS)}")
        if len(self.task_weights) != len(TASKS) or not all(0 < weight < math.inf for weight in self.task_weights):
            given = ", ".join(map(str, self.task_weights)) or "none"
            raise ValueError(f"task_weights are {given}; give one above 0 for each of {', '.join(TASKS)}")
        for name in POSITIVE:
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        for name in ("input_width", "conflict_batches", "l2"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        if self.batch_size < 2:
            raise ValueError(f"batch_size is {self.batch_size}; batch normalisation takes 2 or more")
        if not 0 < self.hardest <= 1:
            raise ValueError(f"hardest is {self.hardest}; it must lie above 0, up to 1")
        if not 0 <= self.dropout < 1:
            raise ValueError(f"dropout is {self.dropout}; it must lie from 0 to below 1")
        if not 0 < self.angle <= 90:
            raise ValueError(f"angle is {self.angle}; it must lie above 0, up to 90 degrees")
        check_backbone(self.backbone)

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "singh"

    @property
    def lambdas(self) -> tuple[float, ...]:
        """The weights of the tasks of this run, in its order."""
        return tuple(self.task_weights[TASKS.index(task)] for task in self.tasks)


# A profile has fewer vehicles, not fewer images of each: with two images of every one of 1,362 vehicles there would be
# nothing to learn about them, and their loss would drown the others'.
# At `smoke`, `lab` and `desk` the backbones are thin siblings of the document's, named so, on small images and without
# ImageNet weights; `desk` has the backbones themselves in the study `real-backbones`, for a GPU. Two things follow.
# Features of random weights are alike at first and part within a few epochs, and ImageNet's are beyond that: pruning
# begins half-way (the study `alternatives` has it from the start). And running statistics lag behind the weights by
# tens of steps, which an epoch of these profiles hardly has: they are estimated anew after every epoch.
BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {
        "size": 32,
        "train_images": 8,
        "val_images": 8,
        "test_images": 8,
        "angle_images": 8,
        "epochs": 1,
        "batch_size": 8,
        "conflict_batches": 1,
    },
    "lab": {
        "size": 32,
        "train_images": 12_000,
        "val_images": 4_000,
        "test_images": 10_000,
        "vehicles": 28,
        "angle_images": 320,
        "epochs": 5,
        "prune_from": 3,
        "batch_size": 32,
        "lr": 0.002,
        "conflict_batches": 1,
        "channels_last": True,
    },
    "desk": {
        "size": 32,
        "vehicles": 91,
        "angle_images": 3_000,
        "epochs": 10,
        "prune_from": 5,
        "batch_size": 32,
        "conflict_batches": 4,
        "channels_last": True,
    },
    "full": {"bf16": True, "channels_last": True},
}
REAL_DESK: dict[str, Any] = {
    "size": 128,
    "weights": "none",
    "val_images": 6_000,
    "vehicles": 400,
    "angle_images": 15_000,
    "statistics": "estimated",
    "epochs": 8,
    "prune_from": 4,
    "bf16": True,
    "channels_last": True,
}
WIDTHS = {"full": 512, "thin": 128}  # that every backbone of a kind has at least: the smallest of the six


def thinned(backbone: str, profile: str) -> str:
    """The name of a backbone at a profile: its thin sibling below `full`."""
    return backbone if profile == "full" else THIN[backbone]


def budget(profile: str) -> dict[str, Any]:
    """Fields of the configuration that a profile sets."""
    return BUDGETS[profile] | ({} if profile == "full" else {"weights": "none", "statistics": "estimated"})


__all__ = ["BACKBONES", "BUDGETS", "LABELS", "REAL_DESK", "TASKS", "WIDTHS", "Config", "budget", "thinned"]
