"""What LayerOut saves of a training step [goutam, Sections 1, 4.2 and 7]: FLOPs counted, seconds measured."""

from __future__ import annotations

import dataclasses
import functools
import time
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mtlcore.nets.shallow import shallow
from mtlcore.prune import LayerOut, cost
from mtlcore.recipes import Grid
from mtlcore.recipes.goutam.mnist import ROWS, settings_of
from mtlcore.results import Result


@dataclasses.dataclass(frozen=True)
class Config:
    """One row's freezing over one drawn training."""

    seed: int
    row: str
    epochs: int = 100  # whose draws are counted
    timed: int = 20  # of them are timed
    repeats: int = 5
    batch_size: int = 128
    layerout: bool = False
    probabilities: tuple[float, ...] | None = None
    scheme: str = "independent"
    redraw: bool = False
    bf16: bool = False
    channels_last: bool = False

    @property
    def recipe(self) -> str:
        """The short name of the document."""
        return "goutam"


BUDGETS: dict[str, dict[str, Any]] = {
    "smoke": {"timed": 1, "repeats": 1, "batch_size": 2},
    "lab": {"timed": 4, "repeats": 2, "batch_size": 32},
    "desk": {"bf16": True, "channels_last": True},
    "full": {"bf16": True, "channels_last": True},
}


def grid(profile: str, source: str, seeds: int, variant: str, **settings: Any) -> Grid:
    """The rows of Table 1 behind their warm-up; `source` does not matter to a cost."""
    budget = {**BUDGETS[profile], **settings}
    known = {field.name for field in dataclasses.fields(Config)}

    def config(row: str, seed: int) -> Config:
        fields = {name: value for name, value in settings_of(row, variant, 1).items() if name in known}
        return Config(seed=seed, row=row, **(fields | budget))

    return [(row, config(row, seed)) for seed in range(seeds) for row in ROWS]


def run(config: Config, *, device: str = "cpu", checkpoints: Path | None = None) -> Result:
    """Count and time the backward passes of one drawn training.

    Returns:
        metrics: frozen (% of parameters, mean over the draws), backward_saved (% of the backward FLOPs),
        step_saved (% of a training step's wall time), seconds_full and seconds_frozen (a step).
    """
    started = time.perf_counter()
    torch.manual_seed(config.seed)
    net = shallow()
    draws = _draws(net, config)
    images = torch.randn(config.batch_size, 1, 32, 32)
    labels = torch.randint(10, (config.batch_size,))
    flops = flops_of_shallow()
    nothing = torch.zeros(1, draws.shape[1], dtype=torch.bool)
    saved = 1 - cost.backward(flops, net, draws).mean() / cost.backward(flops, net, nothing)[0]
    timed = torch.cat([nothing, draws[: config.timed]])
    seconds = cost.step_seconds(
        net,
        images,
        labels,
        timed,
        repeats=config.repeats,
        device=device,
        bf16=config.bf16,
        channels_last=config.channels_last,
    )
    full, frozen = float(seconds[0]), float(seconds[1:].mean())
    sizes = torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in cost.freezable(net)]).double()
    return Result(
        metrics={
            "frozen": 100 * float((draws.double() @ sizes / sizes.sum()).mean()),
            "backward_saved": 100 * float(saved),
            "step_saved": 100 * (1 - frozen / full),
            "seconds_full": full,
            "seconds_frozen": frozen,
        },
        provenance={"device": device, "seconds": round(time.perf_counter() - started, 1), "data": "random images"},
    )


@functools.cache
def flops_of_shallow() -> cost.Costs:
    """FLOPs of the parts of the shallow network for one image; they depend on no weight."""
    return cost.layer_flops(shallow(), torch.zeros(1, 1, 32, 32))


def _draws(net: torch.nn.Module, config: Config) -> Tensor:
    """What each epoch freezes, (epochs, K)."""
    if not config.layerout:
        return torch.zeros(config.epochs, len(cost.freezable(net)), dtype=torch.bool)
    policy = LayerOut(net, config.probabilities, scheme=config.scheme, redraw=config.redraw, seed=config.seed)
    return torch.stack([policy.frozen(epoch) for epoch in range(config.epochs)])


@dataclasses.dataclass(frozen=True)
class Point:
    """A pattern of frozen layers: where it lies, what it freezes, and what that saves of a step's wall time."""

    order: str  # prefix | suffix | random
    layers: int
    frozen: float  # % of the parameters
    measured: float  # % of a step's seconds saved
    predicted: float  # the same, from the cost of the parts


def curve(profile: str, *, norm: bool = False, norms_frozen: bool = False, seed: int = 0) -> list[Point]:
    """Measured and predicted savings on the CPU for layers frozen from the front, from the back and at random.

    Args:
        profile: as every study.
        norm: of the shallow network with batch normalisation.
        norms_frozen: freeze the normalisation behind a frozen layer with it; LayerOut does not.
        seed: of the random patterns, weights and images.
    """
    budget = Config(seed=seed, row="", **BUDGETS[profile])
    torch.manual_seed(seed)
    net = shallow(norm=norm)
    count = len(cost.freezable(net))
    named = [("prefix", [index < k for index in range(count)]) for k in range(count)]
    named += [("suffix", [index >= count - k for index in range(count)]) for k in range(1, count)]
    named += [("random", [bool(bit) for bit in torch.rand(count) < 0.5]) for _ in range(6)]
    patterns = torch.tensor([pattern for _, pattern in named])
    images, labels = torch.randn(budget.batch_size, 1, 32, 32), torch.randint(10, (budget.batch_size,))
    seconds, model = cost.compare(
        net,
        images,
        labels,
        patterns,
        turns=budget.repeats,
        bf16=budget.bf16,
        channels_last=budget.channels_last,
        norms=norms_frozen,
    )
    sizes = torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in cost.freezable(net)]).double()
    share = patterns.double() @ sizes / sizes.sum()
    return [
        Point(order, sum(pattern), *(100 * float(value) for value in values))
        for (order, pattern), *values in zip(named, share, 1 - seconds / seconds[0], 1 - model / model[0], strict=True)
    ]
