"""LayerOut [goutam]: Table 1, the shallow network on MNIST, and what freezing saves.

Where the text is silent the choice is stated in data/papers/goutam.yaml; what the variants mean, in VARIANTS.
"""

from __future__ import annotations

import dataclasses
import functools
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mtlcore import data, profiles
from mtlcore.kernels import freezing
from mtlcore.nets import shallow as nets
from mtlcore.prune import LayerOut
from mtlcore.recipes import Grid
from mtlcore.results import Result, key
from mtlcore.train import Precision, train

EFREEZE = (0.9, 0.7, 0.6, 0.5, 0.4, 0.3, 0.1)  # early layers freeze more often [goutam, Section 5.1]
DFREEZE = EFREEZE[::-1]  # deep layers freeze more often
PUBLISHED_RANDOM = (
    0.572,
    0.711,
    0.578,
    0.643,
    0.042,
    0.890,
    0.707,
)  # v of the published warm-up run, seed 23
ROWS = ("baseline", "since_start", "warmup", "dfreeze", "efreeze")
MEAN, STD = 0.1307, 0.3081  # of MNIST's training pixels


@dataclasses.dataclass(frozen=True)
class Config:
    """One training run of the shallow network; the defaults are the document's settings at `full`."""

    seed: int
    source: str
    dataset: str = "mnist"
    train_images: int = 60_000
    test_images: int = 10_000
    epochs: int = 100
    batch_size: int = 128
    lr: float = 0.01
    momentum: float = 0.9
    weight_decay: float = 5e-4
    flip: bool = True
    init: str = "xavier"  # xavier | default
    test_view: str = "pad"  # pad | resize
    layerout: bool = False
    probabilities: tuple[float, ...] | None = None  # None: drawn
    scheme: str = "independent"  # independent | published
    redraw: bool = False
    warmup: int = 0
    reset_optimizer: bool = False
    bf16: bool = False
    channels_last: bool = False
    compile: bool = False

    def __post_init__(self) -> None:
        """Refuse sizes that leave nothing to do, and what no run could use."""
        for name in ("train_images", "test_images", "epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} is {getattr(self, name)}; it must be 1 or more")
        if not 0 <= self.momentum < 1:
            raise ValueError(f"momentum is {self.momentum}; it must be 0 or more and less than 1")
        if self.probabilities is not None:
            if len(self.probabilities) != len(EFREEZE):
                raise ValueError(f"probabilities are {self.probabilities}; give one for each of {len(EFREEZE)} layers")
            freezing.check(torch.tensor(self.probabilities))

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "goutam"


BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {"train_images": 32, "test_images": 32, "epochs": 2},
    "lab": {"train_images": 2_000, "test_images": 2_000, "epochs": 5, "bf16": True, "channels_last": True},
    "desk": {"epochs": 10, "bf16": True, "channels_last": True},
    "full": {"epochs": 100, "bf16": True, "channels_last": True},
}
WARMUP = 0.2  # of the epochs: 20 of 100 [goutam, Section 5]


def settings_of(row: str, variant: str, epochs: int) -> dict[str, Any]:
    """What a row of Table 1 means in a variant, as fields of the configuration."""
    common: dict[str, Any] = {"init": "default", "test_view": "resize"} if variant == "code" else {}
    if row == "baseline":
        return common
    after = max(1, round(WARMUP * epochs))
    fields: dict[str, dict[str, Any]] = {
        "since_start": {"redraw": variant == "paper"},
        "warmup": {"redraw": variant == "paper", "warmup": after},
        "dfreeze": {"probabilities": DFREEZE, "warmup": after},
        "efreeze": {"probabilities": EFREEZE, "warmup": after},
    }
    chosen = {"layerout": True, **common, **fields[row]}
    if variant == "code":
        chosen |= {"scheme": "published", "reset_optimizer": True}
        if row == "since_start":
            chosen["layerout"] = False  # its loop runs over (name, module) pairs: no layer is ever recognised
        if row == "warmup":
            chosen["probabilities"] = PUBLISHED_RANDOM
    return chosen


def table_1(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The five rows of Table 1."""
    budget = {**BUDGETS[profile], **settings}
    epochs = budget["epochs"]
    dataset = budget.get("dataset", "mnist")
    resolved = data.source_of(dataset, source) if source == "auto" else source
    return [
        (row, Config(seed=seed, source=resolved, **(settings_of(row, variant, epochs) | budget)))
        for seed in range(seeds)
        for row in ROWS
    ]


@functools.lru_cache(maxsize=4)
def _load(dataset: str, source: str, split: str, limit: int) -> data.Dataset:
    return data.load(dataset, source=source, split=split, limit=limit)


def _cross_entropy(net: nn.Module, images: Tensor, labels: Tensor) -> Tensor:
    return F.cross_entropy(net(images), labels)


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Train the shallow network once; its checkpoint, `<key>.pt`, is left to whoever stores the result.

    Returns:
        metrics: accuracy of the last epoch and of the best test epoch (%), test loss (nats), frozen (% of the
        parameters, mean over all epochs); curves: accuracy, loss, test_loss, frozen, seconds.
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    net = nets.shallow()
    if config.init == "xavier":
        nets.xavier(net)
    train_set = _load(config.dataset, config.source, "train", config.train_images)
    test_set = _load(config.dataset, config.source, "test", config.test_images)
    view: dict[str, Any] = {
        "device": device,
        "mean": MEAN,
        "std": STD,
        "channels_last": config.channels_last,
    }
    batches = data.Resident(
        train_set,
        batch_size=config.batch_size,
        seed=config.seed,
        crop_padding=4,
        crop_size=32,
        flip=config.flip,
        **view,
    )
    size: dict[str, Any] = {"pad": 2} if config.test_view == "pad" else {"resize": 32}
    tests = data.Resident(test_set, batch_size=1000, shuffle=False, **size, **view)
    policy = _policy(net, config)
    checkpoint = checkpoints / f"{key(config)}.pt" if checkpoints else None
    curves = train(
        net,
        batches,
        objective=_cross_entropy,
        make_optimizer=lambda net: torch.optim.SGD(
            net.parameters(), config.lr, config.momentum, weight_decay=config.weight_decay
        ),
        epochs=config.epochs,
        device=device,
        precision=Precision(config.bf16, config.channels_last, config.compile),
        start_epoch=lambda epoch: {"frozen": 100 * policy.share(policy.apply(epoch))} if policy else {"frozen": 0.0},
        reset_optimizer=lambda epoch: config.reset_optimizer and epoch >= config.warmup,
        evaluate=lambda net: _evaluate(net, tests),
        checkpoint=checkpoint,
    )
    accuracy = curves["accuracy"]
    return Result(
        metrics={
            "accuracy": accuracy[-1],
            "best_accuracy": max(accuracy),
            "test_loss": curves["test_loss"][-1],
            "frozen": sum(curves["frozen"]) / len(curves["frozen"]),
        },
        curves={name: [round(value, 5) for value in curve] for name, curve in curves.items()},
        provenance=profiles.provenance(device, started, curves, train_set.note),
    )


def _policy(net: nn.Module, config: Config) -> LayerOut | None:
    if not config.layerout:
        return None
    return LayerOut(
        net,
        config.probabilities,
        scheme=config.scheme,
        redraw=config.redraw,
        warmup=config.warmup,
        seed=config.seed,
    )


def _evaluate(net: nn.Module, tests: data.Resident) -> dict[str, float]:
    outputs = [(net(images).float(), labels) for images, labels in tests.epoch(0)]
    logits = torch.cat([logits for logits, _ in outputs])
    labels = torch.cat([labels for _, labels in outputs])
    return {
        "accuracy": 100 * float((logits.argmax(1) == labels).double().mean()),
        "test_loss": float(F.cross_entropy(logits, labels)),
    }
