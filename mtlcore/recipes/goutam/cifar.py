"""LayerOut [goutam] on CIFAR: what a run is, what the rows of Tables 2 to 6 mean, and how far profiles scale them.

Where the text is silent the choice is stated in data/papers/goutam.yaml; what the variants mean, in VARIANTS.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from mtlcore.recipes.goutam.networks import PUBLISHED, RESNET, VGG, sibling

EFREEZE = (0.9, 0.8, 0.8, 0.7, 0.7, 0.6, 0.6, 0.5, 0.5, 0.4, 0.4, 0.3, 0.3, 0.2, 0.2, 0.1)  # [goutam, Section 5.2]
VECTORS: dict[str, tuple[float, ...]] = {"efreeze": EFREEZE, "dfreeze": EFREEZE[::-1]}
ARMS = ("re", "nore")  # with and without random erasing
ERASE = 0.5  # probability; the published scripts leave it at 0
CLASSES = {"cifar10": 10, "cifar100": 100}
VGG_EPOCHS, RESNET_EPOCHS, PUBLISHED_EPOCHS = 300, 164, 200
WARMUP_EPOCHS = 20  # of 300 or of 164 [goutam, Section 5]
OTHER_DECAY = 1e-4  # of the residual networks of the literature, and of the published residual baseline


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run on CIFAR; the defaults are the document's settings of VGG-16 at `full`."""

    seed: int
    source: str
    network: str
    dataset: str = "cifar10"
    train_images: int = 50_000
    test_images: int = 10_000
    epochs: int = VGG_EPOCHS
    batch_size: int = 128
    lr: float = 0.1
    schedule: str = "vgg"  # vgg | resnet | constant
    momentum: float = 0.9
    nesterov: bool = False
    weight_decay: float = 5e-4
    late_weight_decay: float | None = None  # once freezing has begun, where it is another
    erase: float = 0.0
    init: str = "he"  # he | default
    layerout: bool = False
    vector: str = "random"  # random | published | never | efreeze | dfreeze
    scheme: str = "independent"  # independent | published
    redraw: bool = False
    warmup: int = 0
    reset_optimizer: bool = False
    norms: str = "train"  # train | prefix
    survival: float = 1.0  # of the last block: stochastic depth below 1
    policy_epochs: int = 0  # BlockDrop where above 0
    finetune_epochs: int = 0
    penalty: float = -5.0
    policy_lr: float = 1e-3
    finetune_lr: float = 1e-4
    bf16: bool = False
    channels_last: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        """Refuse sizes that leave nothing to do and names that mean nothing."""
        for name in ("train_images", "test_images", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.dataset not in CLASSES:
            raise ValueError(f"dataset {self.dataset!r} is none of {', '.join(CLASSES)}")
        if self.schedule not in SCHEDULES:
            raise ValueError(f"schedule {self.schedule!r} is none of {', '.join(SCHEDULES)}")

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "goutam"


# share of the epochs at which the learning rate becomes this multiple of `lr` [goutam, Section 5.2]
SCHEDULES: dict[str, tuple[tuple[float, float], ...]] = {
    "vgg": ((0, 1.0), (150 / 300, 0.1), (225 / 300, 0.01)),
    "resnet": ((0, 0.1), (4 / 164, 1.0), (82 / 164, 0.1), (123 / 164, 0.01)),
    "constant": ((0, 1.0),),
}


def rate(config: Config, epoch: int) -> float:
    """What the learning rate is multiplied by in an epoch; the last step of the schedule that has begun."""
    begun = [factor for share, factor in SCHEDULES[config.schedule] if round(share * config.epochs) <= epoch]
    return begun[-1]


FAST = {"bf16": True, "channels_last": True}
# profile: settings of every run, then what scales with the network; `size` names the siblings
BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {"size": "tiny", "train_images": 32, "test_images": 32, "batch_size": 16},
    "lab": {"size": "narrow", "train_images": 320, "test_images": 300, "batch_size": 32, **FAST},
    "desk": {"size": "narrow", "train_images": 8_000, "test_images": 4_000, **FAST},
    "full": {"size": None, "compile": True, **FAST},
}
EPOCHS = {  # of VGG-16, and of the residual networks
    "smoke": (2, 2),
    "lab": (3, 3),
    "desk": (12, 10),
}
POLICY_EPOCHS = {"smoke": (1, 1), "lab": (1, 1), "desk": (4, 2), "full": (500, 200)}  # alone, then with the network


def budget(profile: str, network: str, *, epochs: int) -> dict[str, Any]:
    """Settings of a profile for one of the document's networks.

    Args:
        profile: as every study.
        network: one of the three of the document; at small profiles its sibling is taken.
        epochs: that it trains for at `full`.
    """
    settings = dict(BUDGETS[profile])
    scaled = EPOCHS[profile][network != VGG] if profile in EPOCHS else epochs
    return {"network": sibling(network, settings.pop("size")), "epochs": scaled, **settings}


def vgg_row(row: str, arm: str, variant: str, dataset: str, epochs: int) -> dict[str, Any]:
    """What a row of Table 2 or 4 means in a variant, as fields of the configuration."""
    code = variant == "code"
    common: dict[str, Any] = {"init": "default"} if code else {"erase": ERASE if arm == "re" else 0.0}
    if code and dataset == "cifar100":
        common |= {"lr": 0.01, "schedule": "constant"}
    if row == "baseline":
        return common
    frozen = {"layerout": True, "vector": row, "warmup": warmup_of(epochs, VGG_EPOCHS)}
    return common | frozen | ({"scheme": "published", "reset_optimizer": True} if code else {})


def resnet_row(row: str, arm: str, variant: str, epochs: int) -> dict[str, Any]:
    """What a row of Table 3 or 5 means in a variant, as fields of the configuration."""
    common: dict[str, Any] = {"batch_size": 32, "schedule": "resnet"}
    if variant != "code":
        common["erase"] = ERASE if arm == "re" else 0.0
        if row == "baseline":
            return common
        chosen = {"layerout": True, "redraw": variant == "paper"}
        return common | chosen | ({"warmup": warmup_of(epochs, RESNET_EPOCHS)} if row == "warmup" else {})
    if row == "baseline":
        return {**common, "weight_decay": OTHER_DECAY}
    published = {"layerout": True, "vector": "published", "scheme": "published", "reset_optimizer": True}
    if row == "warmup":
        after = warmup_of(epochs, PUBLISHED_EPOCHS)
        return common | published | {"warmup": after, "weight_decay": OTHER_DECAY, "late_weight_decay": 5e-4}
    if arm == "re":
        published["layerout"] = False  # its loop runs over (index, module) pairs: no layer is ever recognised
    return common | published


def rival_row(row: str, variant: str, profile: str) -> dict[str, Any]:
    """What Stochastic Depth, BlockDrop and ResNet-110 of Table 6 mean in a variant.

    Corrected and as written, they are trained as LayerOut's own baseline is; as published, with the weight decay of
    their own authors, and Stochastic Depth with Nesterov's momentum, batches of 128 and its own steps of the rate.
    """
    published: dict[str, Any] = {"weight_decay": OTHER_DECAY} if variant == "code" else {}
    common: dict[str, Any] = {"batch_size": 32, "schedule": "resnet", **published}
    if row == "stochastic_depth":
        own = {"nesterov": True, "batch_size": 128, "schedule": "vgg"} if variant == "code" else {}
        return common | {"survival": 0.5} | own
    if row == "blockdrop":
        policy, finetune = POLICY_EPOCHS[profile]
        return common | {"policy_epochs": policy, "finetune_epochs": finetune}
    return common


def warmup_of(epochs: int, of: int) -> int:
    """Epochs of warm-up in a run: the same share as 20 of the document's, one at least."""
    return max(1, round(WARMUP_EPOCHS / of * epochs))


def residual(variant: str) -> tuple[str, int]:
    """The residual network that a variant trains under the name ResNet-110, and its epochs at `full`."""
    return (PUBLISHED, PUBLISHED_EPOCHS) if variant == "code" else (RESNET, RESNET_EPOCHS)
