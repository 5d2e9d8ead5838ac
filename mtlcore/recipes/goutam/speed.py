"""How many images a second the document's networks train on this machine, and the hours that its runs would take."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional as F

from mtlcore import profiles
from mtlcore.recipes import Grid
from mtlcore.recipes.goutam.cifar import PUBLISHED_EPOCHS, RESNET_EPOCHS, VGG_EPOCHS
from mtlcore.recipes.goutam.networks import PUBLISHED, RESNET, VGG, build, sibling
from mtlcore.results import Result
from mtlcore.train import Precision

TRAIN_IMAGES = 50_000
EPOCHS = {VGG: VGG_EPOCHS, RESNET: RESNET_EPOCHS, PUBLISHED: PUBLISHED_EPOCHS}
BATCHES = {VGG: 128, RESNET: 32, PUBLISHED: 32}  # [goutam, Section 5.2]


@dataclasses.dataclass(frozen=True)
class Config:
    """Some training steps of a network."""

    seed: int
    network: str
    epochs: int  # of a whole run
    batch_size: int
    steps: int = 100
    bf16: bool = True
    channels_last: bool = True
    compile: bool = False

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "goutam"


BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {"size": "tiny", "steps": 1, "batch_size": 4},
    "lab": {"size": None, "steps": 2, "batch_size": 8},
    "desk": {"size": None, "steps": 5},
    "full": {"size": None, "steps": 200, "compile": True},
}


def grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """One row a network of the document; source and variant do not matter to a speed."""
    budget = dict(BUDGETS[profile])
    size = budget.pop("size")
    return [
        (
            name,
            Config(
                **{
                    **{"seed": seed, "network": sibling(name, size), "epochs": EPOCHS[name]},
                    **{"batch_size": BATCHES[name], **budget, **settings},
                }
            ),
        )
        for seed in range(seeds)
        for name in (VGG, RESNET, PUBLISHED)
    ]


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Time training steps, those that compile and warm up left out.

    Returns:
        metrics: images_per_second, and hours of one run of the document at that speed.
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    memory = torch.channels_last if config.channels_last else torch.contiguous_format
    net = build(config.network).to(device).train()
    net.to(memory_format=memory)  # type: ignore[call-overload]
    images = torch.randn(config.batch_size, 3, 32, 32).to(device, memory_format=memory)
    labels = torch.randint(10, (config.batch_size,)).to(device)
    optimizer = torch.optim.SGD(net.parameters(), 1e-3, 0.9, weight_decay=5e-4)
    forward = torch.compile(net) if config.compile else net
    precision = Precision(config.bf16, config.channels_last, config.compile)

    def steps(count: int) -> float:
        begun = time.perf_counter()
        for _ in range(count):
            optimizer.zero_grad(set_to_none=True)
            with precision.autocast(device):
                loss = F.cross_entropy(forward(images), labels)
            loss.backward()
            optimizer.step()
        loss.item()  # waits for the device
        return time.perf_counter() - begun

    steps(max(1, config.steps // 10))
    rate = config.batch_size * config.steps / steps(config.steps)
    hours = config.epochs * TRAIN_IMAGES / rate / 3600
    return Result(
        metrics={"images_per_second": rate, "hours": hours},
        provenance={
            "device": profiles.device_name(device),
            "seconds": round(time.perf_counter() - started, 1),
            "data": "random images",
        },
    )
