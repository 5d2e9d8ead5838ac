"""What freezing and skipping save of a step of VGG-16 and ResNet-110 [goutam, Abstract, Sections 4.2 and 6.3].

Three ways: LayerOut as published, which leaves batch normalisation trainable; LayerOut that freezes it below the
lowest layer that trains, so that nothing there needs a gradient or an activation; Stochastic Depth, which skips blocks.
FLOPs and bytes are counted on the document's networks from `lab` on, seconds are measured, up to `lab` on their
siblings.
"""

from __future__ import annotations

import dataclasses
import functools
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mtlcore import profiles
from mtlcore.prune import LayerOut, cost
from mtlcore.prune.layerout import freezable, freeze, norms_of_prefix
from mtlcore.prune.savings import Step, count, without_data
from mtlcore.prune.stochastic_depth import StochasticDepth
from mtlcore.recipes import Grid
from mtlcore.recipes.goutam import cost as shallow_cost
from mtlcore.recipes.goutam.cifar import FAST, VECTORS
from mtlcore.recipes.goutam.networks import RESNET, VGG, build, sibling
from mtlcore.results import Result


@dataclasses.dataclass(frozen=True)
class Config:
    """One way of saving over some drawn epochs, or of Stochastic Depth over some drawn steps."""

    seed: int
    network: str  # whose FLOPs and bytes are counted
    timed_network: str
    vector: str | None = None  # efreeze | dfreeze; None is drawn
    scheme: str = "independent"
    redraw: bool = False
    survival: float = 1.0  # of the last block: Stochastic Depth below 1
    draws: int = 100  # counted
    timed: int = 10  # of them are timed
    repeats: int = 3
    batch_size: int = 128
    bf16: bool = False
    channels_last: bool = False

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "goutam"


BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {"size": "tiny", "draws": 1, "timed": 1, "repeats": 1, "batch_size": 4},
    "lab": {"size": "narrow", "draws": 2, "timed": 2, "repeats": 2, "batch_size": 16},
    "desk": {"size": None, "draws": 40, "timed": 4, "repeats": 2, "batch_size": 32, **FAST},
    "full": {"size": None, **FAST},
}
ROWS: dict[str, dict[str, Any]] = {
    "dfreeze/vgg16": {"network": VGG, "vector": "dfreeze"},
    "efreeze/vgg16": {"network": VGG, "vector": "efreeze"},
    "warmup/resnet110": {"network": RESNET},
    "stochastic_depth/resnet110": {"network": RESNET, "survival": 0.5},
}


def grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The rows of Table 1 (`recipes.goutam.cost`), then those of the CIFAR networks; `source` does not matter."""
    known = {field.name for field in dataclasses.fields(Config)}
    scheme = {"scheme": "published"} if variant == "code" else {}
    found = []
    for seed in range(seeds):
        for row, own in ROWS.items():
            fields = own | ({"redraw": variant == "paper"} if row.startswith("warmup") else {})
            fields |= {} if "survival" in own else scheme
            budget = dict(BUDGETS[profile])
            size = budget.pop("size")
            fields["timed_network"] = sibling(own["network"], size)
            if size == "tiny":  # a check that all of it runs
                fields["network"] = fields["timed_network"]
            chosen = {name: value for name, value in {**budget, **settings}.items() if name in known}
            found.append((row, Config(seed=seed, **{**fields, **chosen})))
    return shallow_cost.grid(profile, source, seeds, variant, **settings) + found


def run(config: Config | shallow_cost.Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Count and time the steps of some draws.

    Returns:
        metrics, each in % of a step without the method, mean over the draws: frozen (parameters) or dropped (blocks),
        backward_saved, computed_saved (FLOPs of both passes), kept_saved (bytes of activations), step_saved (wall
        time), and for LayerOut the same four with the ending _prefix, where normalisation below the lowest layer that
        trains is frozen too; seconds_full.
    """
    if isinstance(config, shallow_cost.Config):
        return shallow_cost.run(config, device=device, checkpoints=checkpoints)
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    measure = _skipping if config.survival < 1 else _freezing
    metrics = measure(config, device)
    return Result(
        metrics=metrics,
        provenance={
            "device": profiles.device_name(device),
            "seconds": round(time.perf_counter() - started, 1),
            "data": "random images",
        },
    )


def _freezing(config: Config, device: str) -> dict[str, float]:
    counted, timed = build(config.network), build(config.timed_network)
    layerout = _layerout(counted, config)
    draws = torch.stack([layerout.frozen(epoch) for epoch in range(config.draws)])
    metrics = {"frozen": 100 * statistics.fmean(layerout.share(draw) for draw in draws)}
    empty = without_data(counted)
    whole = count(empty, (1, 3, 32, 32))
    other = _layerout(timed, config)
    patterns = torch.stack([other.frozen(epoch) for epoch in range(config.timed)])
    patterns = torch.cat([torch.zeros_like(patterns[:1]), patterns])
    published = [_count_frozen(empty, draw, prefix=False) for draw in draws]
    # where the first layer trains, no normalisation lies below it
    deep = [_count_frozen(empty, d, prefix=True) if d[0] else same for d, same in zip(draws, published, strict=True)]
    for prefix, steps in ((False, published), (True, deep)):
        end = "_prefix" if prefix else ""
        metrics |= {f"{name}{end}": value for name, value in _saved(whole, steps).items()}
        seconds = cost.step_seconds(timed, *_batch(config), patterns, prefix=prefix, **_how(config, device))
        metrics[f"step_saved{end}"] = 100 * float(1 - seconds[1:].mean() / seconds[0])
        metrics.setdefault("seconds_full", float(seconds[0]))
    return metrics


def _layerout(net: nn.Module, config: Config) -> LayerOut:
    vector = VECTORS[config.vector] if config.vector else None
    return LayerOut(net, vector, scheme=config.scheme, redraw=config.redraw, seed=config.seed)


def _count_frozen(net: nn.Module, frozen: Tensor, *, prefix: bool) -> Step:
    net.requires_grad_(True)
    freeze(freezable(net), frozen)
    if prefix:
        freeze(*norms_of_prefix(net, frozen))
    return count(net, (1, 3, 32, 32))


def _skipping(config: Config, device: str) -> dict[str, float]:
    counted, timed = build(config.network), build(config.timed_network)
    empty = without_data(counted)
    whole = count(empty, (1, 3, 32, 32))
    draws = _drawn(len(counted.blocks), config, config.draws)  # type: ignore[arg-type]
    steps = [count(empty, (1, 3, 32, 32), forward=functools.partial(_forward, keep)) for keep in draws]
    mean_depth = statistics.fmean(sum(keep) / len(keep) for keep in draws)
    metrics = {"dropped": 100 * (1 - mean_depth), **_saved(whole, steps)}
    kept = [None, *_drawn(len(timed.blocks), config, config.timed)]  # type: ignore[arg-type]
    nothing = torch.zeros(1, len(freezable(timed)), dtype=torch.bool)
    seconds = [
        float(cost.step_seconds(_Skipping(timed, keep), *_batch(config), nothing, **_how(config, device))[0])
        for keep in kept
    ]
    metrics["step_saved"] = 100 * (1 - statistics.fmean(seconds[1:]) / seconds[0])
    return metrics | {"seconds_full": seconds[0]}


def _drawn(blocks: int, config: Config, count: int) -> list[list[float]]:
    depth = StochasticDepth(blocks, last=config.survival, seed=config.seed)
    return [depth.draw() for _ in range(count)]


def _forward(keep: Sequence[float], net: nn.Module, images: Tensor) -> Tensor:
    return net(images, keep)


class _Skipping(nn.Module):
    """A network that is called with some of its blocks."""

    def __init__(self, net: nn.Module, keep: Sequence[float] | None) -> None:
        super().__init__()
        self.net, self.keep = net, keep

    def forward(self, images: Tensor) -> Tensor:
        return self.net(images, self.keep)


def _saved(whole: Step, steps: Sequence[Step]) -> dict[str, float]:
    """Percentages saved of the backward FLOPs, of all FLOPs, and of the bytes kept, mean over steps."""
    shares = {
        "backward_saved": [step.backward / whole.backward for step in steps],
        "computed_saved": [step.computed / whole.computed for step in steps],
        "kept_saved": [step.kept / whole.kept for step in steps],
    }
    return {name: 100 * (1 - statistics.fmean(values)) for name, values in shares.items()}


def _batch(config: Config) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(config.seed)
    images = torch.randn(config.batch_size, 3, 32, 32, generator=generator)
    return images, torch.randint(10, (config.batch_size,), generator=generator)


def _how(config: Config, device: str) -> dict[str, Any]:
    return {
        "repeats": config.repeats,
        "device": device,
        "bf16": config.bf16,
        "channels_last": config.channels_last,
    }
