"""Settings of one run of the document on channel-wise group sparsity [upadhyay].

Where the text is silent the choice is stated in data/papers/upadhyay.yaml; what the variants mean, in VARIANTS of the
package. The defaults are variant "corrected" at `full`, on NYU-v2.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

from mtlcore.train import Precision

TASKS = {"nyuv2": ("seg", "normal", "depth"), "celebamask": ("seg", "male", "smile")}
CHOICES = {
    "dataset": tuple(TASKS),
    "penalty": ("group", "element"),
    "metric": ("adam", "identity"),
    "control": ("fixed", "scheduled", "learned"),
    "decay": ("decoupled", "coupled"),
    "balance": ("uncertainty", "constant"),
    "resize": ("nearest", "published"),
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Config:
    """One training run of a shared backbone and one head a task.

    Attributes:
        tasks: in the order of TASKS.
        strength: λ as the document prints it; the optimiser takes `strength * scale` (see `scale_of`).
        penalty: "group", whole input channels [Eq. 6], or "element", single weights [Table 3].
        metric: of the proximal step: "identity" is the closed form of Eq. 5, "adam" that of the published code.
        loss_penalty: add the penalty to the loss too, scaled as the published code does.
        control: λ stays "fixed", follows a "scheduled" sparsity, or is "learned" as the multiplier of a constraint.
        wanted: % of the groups (of the weights, for "element") that a controlled λ is to bring to zero.
        train_images, val_images, test_images: at most; fewer where the set has fewer.
        size: of a side, in pixels; predictions have an eighth of it. width, blocks: of the backbone. rates: of the
            pixel heads, for feature maps smaller than 32 x 32.
        decay: of the weights, behind the step or inside the gradient. epsilon: of Adam, and of the metric.
        restart: forget the optimiser's moments at every epoch.
        balance: losses weighted as Eq. 2 has it, or by exp(-1) for good.
        smoothing: of the labels. outputs: of the segmentation head on NYU-v2.
        resize: targets by the nearest pixel, or as the published code does: depth and face masks bilinear, labels and
            normals by the pixel at a block's corner, pixels without depth as depth 0.
        double_sigmoid: hand an output that is a probability already to a loss that takes logits. threshold: of the
            probability above which an image counts as male, or smiling.
        pass_per_task: running statistics as if the backbone ran once for each task.
        drop_last: leave out incomplete batches, also of test images (batches of 8, or 32 faces).
        timed: turns in which dense, masked and compacted backbone are timed on one batch; 0 leaves it out.
    """

    seed: int
    source: str
    tasks: tuple[str, ...]
    dataset: str = "nyuv2"
    strength: float = 0.0
    scale: float = 1.0
    penalty: str = "group"
    metric: str = "adam"
    loss_penalty: bool = False
    control: str = "fixed"
    wanted: float = 0.0
    train_images: int = 716
    val_images: int = 79
    test_images: int = 654
    size: int = 256
    width: int = 64
    blocks: tuple[int, ...] = (3, 4, 6, 3)
    rates: tuple[int, ...] = (12, 24, 36)
    epochs: int = 100
    batch_size: int = 16
    lr: float = 1e-4
    weight_decay: float = 0.1
    decay: str = "decoupled"
    epsilon: float = 1e-6
    restart: bool = False
    balance: str = "uncertainty"
    smoothing: float = 0.0
    outputs: int = 40
    resize: str = "nearest"
    double_sigmoid: bool = False
    threshold: float = 0.5
    pass_per_task: bool = False
    drop_last: bool = False
    timed: int = 20
    bf16: bool = False
    channels_last: bool = False

    def __post_init__(self) -> None:
        """Refuse words that mean nothing and sizes that leave nothing to do."""
        object.__setattr__(self, "tasks", tuple(self.tasks))
        for name, words in CHOICES.items():
            if getattr(self, name) not in words:
                raise ValueError(f"{name} {getattr(self, name)!r} is unknown; choose one of {', '.join(words)}")
        known = TASKS[self.dataset]
        if not self.tasks or [task for task in known if task in self.tasks] != list(self.tasks):
            raise ValueError(f"tasks {self.tasks} are not some of {', '.join(known)}, in this order")
        for name in ("train_images", "val_images", "test_images", "epochs", "width"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if self.batch_size < 2:
            raise ValueError(f"batch_size is {self.batch_size}; batch normalisation takes 2 or more")
        if self.size < 16 or self.size % 8:
            raise ValueError(f"size is {self.size}; it must be a multiple of 8, 16 or more")
        for name in ("strength", "scale", "weight_decay", "smoothing", "timed"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 0 or more")
        if (self.control != "fixed") != (0 < self.wanted < 100):
            raise ValueError(f"wanted is {self.wanted}; a controlled λ, and no other, wants between 0 and 100 %")

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "upadhyay"

    @property
    def precision(self) -> Precision:
        """How a step computes."""
        return Precision(self.bf16, self.channels_last)

    @property
    def grid(self) -> int:
        """Side of a prediction, in its own pixels."""
        return self.size // 8


FACES = {  # as many steps as on NYU-v2
    "train_images": 18_000,
    "val_images": 6_000,
    "test_images": 6_000,
    "epochs": 8,
    "batch_size": 32,
}
THIN: dict[str, Any] = {"bf16": True, "channels_last": True}
BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {
        **THIN,
        **{"train_images": 8, "val_images": 8, "test_images": 8, "epochs": 1, "batch_size": 8, "lr": 0.003},
        **{"size": 16, "width": 2, "blocks": (1, 1, 1, 1), "rates": (1,), "timed": 1},
    },
    "lab": {
        **THIN,
        **{"train_images": 128, "val_images": 32, "test_images": 96, "epochs": 4, "lr": 0.01},
        **{"size": 32, "width": 4, "blocks": (1, 1, 1, 1), "rates": (1, 2, 3), "timed": 9},
    },
    "desk": {**THIN, "epochs": 12, "lr": 0.003, "size": 64, "width": 8, "rates": (3, 6, 9), "timed": 15},
    "full": {"bf16": True, "channels_last": True},
}
FACE_BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {},
    "lab": {},
    "desk": {"train_images": 1_920, "val_images": 192, "test_images": 960, "epochs": 8, "batch_size": 32},
    "full": FACES,
}


def budget(profile: str, dataset: str, settings: dict[str, Any]) -> dict[str, Any]:
    """Fields of the configuration that a profile sets, with the settings that were asked for and their `scale`."""
    faces = {"dataset": dataset, **FACE_BUDGETS[profile]} if dataset != "nyuv2" else {}
    return {**BUDGETS[profile], **faces, **settings}


def scale_of(fields: dict[str, Any]) -> float:
    """By how much λ is larger, where a run is shorter, thinner or sees smaller images than at `full`.

    A proximal step shortens a weight w by lr λ / D, and a run by its number of steps as often. D is the metric: 1, or
    the root mean square of a weight's gradient. What decides over a channel is this length against |w|: with the metric
    of Adam, λ lr steps against D |w|. At the start of training |w| is proportional to 1 / sqrt(width), and so is D,
    which also is proportional to 1 / size, being a mean over pixels that agree little. So λ is multiplied by the lr
    steps of `full` over those of the run, and by (width x size of `full`) over those of the run; with metric "identity"
    by the root of the widths' quotient. The rule has no free number, and is the same in all rows.
    """
    full: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(Config)}
    run = full | fields
    full |= FACES if run["dataset"] == "celebamask" else {}
    ways = distance(full) / distance(run)
    width, size = full["width"] / run["width"], full["size"] / run["size"]
    return ways * (width * size if run["metric"] == "adam" else math.sqrt(width))


def distance(fields: dict[str, Any]) -> float:
    """Learning rate times steps: how far the optimiser can take a weight."""
    return fields["lr"] * fields["epochs"] * math.ceil(fields["train_images"] / fields["batch_size"])


def settings_of(variant: str, dataset: str, *, dense: bool = False) -> dict[str, Any]:
    """What a variant means, as fields of the configuration; the published code trains its dense rows otherwise."""
    if variant == "corrected":
        return {}
    if variant == "paper":
        return {"metric": "identity", "weight_decay": 0.0, "epsilon": 1e-8}
    chosen: dict[str, Any] = {
        **{"loss_penalty": not dense, "restart": True, "balance": "constant", "smoothing": 0.1},
        **{"resize": "published", "double_sigmoid": True, "threshold": 0.4},
        **{"pass_per_task": True, "drop_last": True},
    }
    if dataset == "nyuv2":
        chosen["outputs"] = 41
    return chosen | (PUBLISHED_DENSE if dense else {})


PUBLISHED_DENSE: dict[str, Any] = {"decay": "coupled", "epsilon": 1e-8}
