"""Settings of one run of the synthesis: what is done to the network, how the tasks are balanced, and the budget.

One number, `share`, says how much every method takes: dropout leaves out this share of the hidden units in each step,
LayerOut freezes each layer with this probability in an epoch, the angles take this share of the hidden units for good,
the penalties rise to this share of zero channels or weights.
"""

from __future__ import annotations

import dataclasses
from typing import Any

from mtlcore.nets.shared_lenet import CHANNELS, HIDDEN
from mtlcore.train import Precision

DIRECTIONAL = ("neuron-behaviour", "weight-matrix", "distinctiveness")  # the hidden units, by their angles
PENALTIES = {"group": "input_channel", "l1": "element"}  # the word for it in ProxAdam
METHODS = ("dropout", *DIRECTIONAL, *PENALTIES, "layerout", "narrow")
DENSE = "dense"  # no method
BALANCERS = ("sum", "gradnorm", "mgda", "pcgrad")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """One training run of the shared LeNet on the digit triple; the defaults are those of `full`.

    Attributes:
        methods: some of METHODS, at most one of the directional ones and one penalty; none is the dense network.
            "narrow" builds the network smaller from the start instead: this share of its channels and units missing.
        balancer: "sum"; "gradnorm" and "mgda" compare the gradients of the representation that the heads read, "pcgrad"
            those of the trunk's parameters.
        share: of what each method takes, above 0 and below 1.
        train_images, test_images: of each of the three sets. curve_images: of the test images, after every epoch.
        augment: rotate and shear the training images as [tran] does.
        channels, hidden: of the network before anything is taken.
        metric: of the proximal step, as ProxAdam. strength: by how much the penalty would shorten a weight over the
            whole training if λ stayed what it is at the first step, from which it rises (see `penalties`).
        alpha, weight_lr: of GradNorm.
        batch: images of a timed inference. timed: turns of the timing.
    """

    seed: int
    source: str
    methods: tuple[str, ...] = ()
    balancer: str = "sum"
    share: float = 0.5
    train_images: int = 54_000
    test_images: int = 10_000
    curve_images: int = 2_000
    augment: bool = True
    epochs: int = 40
    batch_size: int = 128
    lr: float = 1e-3
    channels: tuple[int, ...] = CHANNELS
    hidden: int = HIDDEN
    metric: str = "identity"
    strength: float = 0.12
    alpha: float = 1.0
    weight_lr: float = 0.025
    batch: int = 128
    timed: int = 20
    bf16: bool = False
    channels_last: bool = False

    def __post_init__(self) -> None:
        """Refuse words that mean nothing, methods that exclude each other, and sizes that leave nothing to do."""
        object.__setattr__(self, "methods", tuple(self.methods))
        object.__setattr__(self, "channels", tuple(self.channels))
        refuse_methods(self.methods)
        if self.balancer not in BALANCERS:
            raise ValueError(f"balancer {self.balancer!r} is unknown; choose one of {', '.join(BALANCERS)}")
        if not 0 < self.share < 1:
            raise ValueError(f"share is {self.share}; it must lie between 0 and 1")
        for name in ("train_images", "test_images", "curve_images", "epochs", "hidden", "batch", "timed"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.batch_size < 2 or self.train_images < self.batch_size:
            raise ValueError(
                f"batch_size is {self.batch_size}; normalisation takes 2 or more, and there are {self.train_images} "
                "training images"
            )
        if len(self.channels) != 2:
            raise ValueError(f"channels is {self.channels}; the network has two convolutions")

    @property
    def recipe(self) -> str:
        """The name of the recipe."""
        return "synthesis"

    @property
    def precision(self) -> Precision:
        """How a step computes."""
        return Precision(self.bf16, self.channels_last)

    @property
    def directional(self) -> str | None:
        """The method that takes hidden units by their angles, if any."""
        return next((method for method in self.methods if method in DIRECTIONAL), None)

    @property
    def penalty(self) -> str | None:
        """The penalty, if any."""
        return next((method for method in self.methods if method in PENALTIES), None)

    def size(self, full: int) -> int:
        """How many of so many channels or units the network is built with."""
        return max(1, round(full * (1 - self.share))) if "narrow" in self.methods else full


def refuse_methods(methods: tuple[str, ...]) -> None:
    """Raise ValueError for methods that are unknown, named twice, or exclude each other."""
    if unknown := [method for method in methods if method not in METHODS]:
        raise ValueError(f"method {unknown[0]!r} is unknown; choose some of {', '.join(METHODS)}, or none for dense")
    for kind in (DIRECTIONAL, tuple(PENALTIES), *((method,) for method in METHODS)):
        if sum(method in kind for method in methods) > 1:
            raise ValueError(f"methods {', '.join(methods)}: take one of {' and '.join(kind)} at most, once")


THIN: dict[str, Any] = {"bf16": True, "channels_last": True}
BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {
        **{"train_images": 48, "test_images": 48, "curve_images": 16, "epochs": 3, "batch_size": 24, "augment": False},
        **{"channels": (4, 8), "hidden": 16, "batch": 8, "timed": 1, "lr": 0.005},
    },
    "lab": {
        **THIN,
        **{"train_images": 1_024, "test_images": 800, "curve_images": 100, "epochs": 6, "batch_size": 64},
        **{"lr": 0.003, "batch": 64, "timed": 5},
    },
    "desk": {
        **THIN,
        **{"train_images": 2_560, "test_images": 4_000, "curve_images": 200, "epochs": 10, "lr": 0.002, "timed": 9},
    },
    "full": THIN,
}
