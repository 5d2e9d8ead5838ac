"""Settings of one run of the document on directional and random pruning [ge].

Where the text is silent the choice is stated in data/papers/ge.yaml; what the variants mean, in VARIANTS of the
package.
"""

from __future__ import annotations

import dataclasses
from typing import Any, Literal

TECHNIQUES = ("none", "neuron_behaviour", "weight_matrix", "dropout")


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run of the two-task network; the defaults are the document's settings at `full`."""

    seed: int
    source: str
    features: str = "genetic"  # genetic | random | all; which of the 2048
    kept: int = 1024
    train_samples: int = 45_438
    val_samples: int = 14_936
    test_samples: int = 15_142
    selection_samples: int = 45_438  # on which the distances between features are taken
    generations: int = 100
    selection_seed: int = 1000
    epochs: int = 400
    batch_size: int = 256
    lr: float = 0.001
    momentum: float = 0.0
    l2: float = 0.0
    activation: str = "sigmoid"
    technique: str = "none"
    dropout: float = 0.0
    angle: float = 15.0  # degrees: similar below, complementary above 180 less this
    rate: float | None = None  # prune the nearest pairs up to this share of the units instead
    center: float | Literal["mean"] | None = None  # of the behaviour vectors: none as written; `centre` as corrected
    interval: float = 0.05  # of the epochs, between two prunings of Neuron Behaviour
    condition: str = "falling"  # falling | training | always; which loss must lie below that at the last pruning:
    # that of validation, that of training, or none
    bias: bool = False  # whether the weight vectors that are compared contain the bias
    retrain: str = "continue"  # continue | afresh; the weights from which Weight Matrix trains again
    pretraining: int | None = None  # epochs before Weight Matrix prunes; none: as many as after
    bf16: bool = False

    def __post_init__(self) -> None:
        """Refuse values that have no meaning."""
        for name, known in (
            ("technique", TECHNIQUES),
            ("features", ("genetic", "random", "all")),
            ("condition", ("falling", "training", "always")),
            ("retrain", ("continue", "afresh")),
        ):
            if getattr(self, name) not in known:
                raise ValueError(f"{name} is {getattr(self, name)!r}; choose {', '.join(known)}")
        for name in ("train_samples", "val_samples", "test_samples", "selection_samples", "epochs", "kept"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.batch_size < 2:
            raise ValueError(f"batch_size is {self.batch_size}; batch normalisation takes 2 or more")
        if not 0 < self.angle < 90:
            raise ValueError(f"angle is {self.angle}; it must lie between 0 and 90 degrees")
        if self.rate is not None and not 0 < self.rate < 1:
            raise ValueError(f"rate is {self.rate}; it must lie between 0 and 1")
        if isinstance(self.center, str) and self.center != "mean":
            raise ValueError(f"center is {self.center!r}; it is a number, 'mean' or none")

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "ge"


def centre(activation: str) -> float | Literal["mean"]:
    """From where angles of behaviour are measured: the middle of the outputs' range, else each unit's own mean.

    Gedeon and Harris have 0.5, the middle of what a sigmoid gives.
    """
    middles: dict[str, float] = {"sigmoid": 0.5, "tanh": 0.0}
    return middles.get(activation, "mean")


# At `lab` and `desk` time runs faster: learning rates are `hurry` times larger and epochs as many times fewer, in all
# rows alike, so that a network goes as far as the samples allow. The document's own Table 1 has such a row.
HURRY = {"smoke": 20.0, "lab": 20.0, "desk": 10.0, "full": 1.0}
SAMPLES: dict[str, dict[str, Any]] = {
    "smoke": {
        "train_samples": 256,
        "val_samples": 128,
        "test_samples": 128,
        "selection_samples": 256,
        "generations": 10,
    },
    "lab": {"train_samples": 4_000, "val_samples": 2_000, "test_samples": 2_000, "selection_samples": 4_000},
    "desk": {"train_samples": 15_146, "val_samples": 5_000},
    "full": {},
}


def budget(profile: str, epochs: int = 400, lr: float = 0.001) -> dict[str, Any]:
    """Fields of the configuration that a profile sets, for a row with so many epochs and such a rate at `full`."""
    hurry = HURRY[profile]
    shorter = {"smoke": 8.0}.get(profile, 1.0)
    lengths: dict[str, Any] = {"epochs": max(3, round(epochs / hurry / shorter)), "lr": lr * hurry}
    return SAMPLES[profile] | lengths | ({} if profile == "full" else {"bf16": True})
