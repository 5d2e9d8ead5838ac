"""What all studies of the thesis [tran] have in common: its tasks, its training settings, and the sets it trains on.

Where the text is silent the choice is stated in data/papers/tran.yaml; what the variants mean, in VARIANTS.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from mtlcore import data
from mtlcore.data.triple import SETTINGS
from mtlcore.train import Precision

TASKS = ("fashion", "kmnist", "mnist")  # in the order of Table 1
DEGREES = {"fashion": 10.0, "kmnist": 20.0, "mnist": 10.0}  # rotation and shear of the published configuration
CHOICES = {"setting": SETTINGS, "statistics": ("estimated", "running")}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """How a network is trained on the three sets; the defaults are the document's settings at `full`.

    Attributes:
        setting: separate | shared; each set with its own images, or one image composed of one of each.
        train_images, held_out: of each set; what is held out decides the end of the hybrid's first phase, and no
            algorithm trains on it. Together no more than the smallest set has.
        test_images: of each set, after the last epoch. curve_images: as many of them after every epoch.
        augment, augment_test: rotate and shear the training images, the test images.
        statistics: by which batch normalisation works on test images: "estimated" anew, on training images of the task
            with separate inputs, or the "running" ones, in which the sets are mixed then.
    """

    seed: int
    source: str
    setting: str
    train_images: int = 54_000
    held_out: int = 6_000
    test_images: int = 10_000
    curve_images: int = 10_000
    epochs: int = 120
    batch_size: int = 256
    lr: float = 1e-3
    momentum: float = 0.9
    augment: bool = True
    augment_test: bool = False
    statistics: str = "estimated"
    bf16: bool = False
    channels_last: bool = False

    def __post_init__(self) -> None:
        """Refuse sizes that leave nothing to do and words that mean nothing."""
        for name in ("train_images", "test_images", "curve_images", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.held_out < 0:
            raise ValueError(f"held_out is {self.held_out}; it must be 0 or more")
        refuse_unknown(self, CHOICES)

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "tran"

    @property
    def precision(self) -> Precision:
        """How a step computes."""
        return Precision(self.bf16, self.channels_last)


def refuse_unknown(config: Any, choices: Mapping[str, tuple[str, ...]]) -> None:
    """Raise ValueError where a field of a configuration is none of its words."""
    for name, words in choices.items():
        if getattr(config, name) not in words:
            raise ValueError(f"{name} {getattr(config, name)!r} is unknown; choose one of {', '.join(words)}")


@dataclasses.dataclass(frozen=True)
class Sets:
    """The images of a run, by task: to train on, held out, and to test on; and one line on where they come from."""

    train: dict[str, data.Dataset]
    held_out: dict[str, data.Dataset]
    test: dict[str, data.Dataset]
    note: str


def sets_of(config: Settings) -> Sets:
    """Load the sets of a configuration, equally many images of each.

    A set that is smaller than asked for (Kuzushiji-MNIST is often there in part) makes all of them smaller, and the
    held-out part in proportion.
    """
    asked = config.train_images + config.held_out
    train = {task: _load(task, config.source, "train", asked) for task in TASKS}
    size = min(len(one) for one in train.values())
    apart = config.held_out * size // asked
    test = {task: _load(task, config.source, "test", config.test_images) for task in TASKS}
    fewest = min(len(one) for one in test.values())
    return Sets(
        {task: part(one, 0, size - apart) for task, one in train.items()},
        {task: part(one, size - apart, size) for task, one in train.items()} if apart else {},
        {task: part(one, 0, fewest) for task, one in test.items()},
        "; ".join(one.note for one in train.values()) + f"; {size - apart:,} images of each to train on",
    )


def triple(
    config: Settings, sets: dict[str, data.Dataset], device: str, *, turned: bool, **options: Any
) -> data.Triple:
    """Batches of sets in the setting of a configuration; `turned` images are rotated and sheared."""
    options = {"setting": config.setting, "batch_size": config.batch_size, "seed": config.seed, **options}
    degrees = {task: DEGREES[task] for task in sets} if turned else {}
    return data.Triple(sets, device=device, degrees=degrees, **options)


def resolved(source: str) -> str:
    """What a source comes to for three sets together: `auto` is real where the files of all of them are there."""
    if source != "auto":
        return source
    return "real" if all(data.source_of(task, "auto") == "real" for task in TASKS) else "twin"


def _load(task: str, source: str, split: str, limit: int) -> data.Dataset:
    return data.load(task, source=source, split=split, limit=limit)


def part(whole: data.Dataset, first: int, last: int) -> data.Dataset:
    """Some of the images of a set, from the first to the one before the last."""
    return dataclasses.replace(whole, images=whole.images[first:last], labels=whole.labels[first:last])
