"""What it costs to take units out of a trained network, and what it saves [ge]; one seed, no training."""

from __future__ import annotations

import copy
import dataclasses
import math
import time
from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch import Tensor
from torch.nn import functional as F

from mtlcore.kernels.angles import AngleGram
from mtlcore.nets.two_task import TwoTask
from mtlcore.prune import Distinctiveness, incoming
from mtlcore.recipes.ge import preparation, training
from mtlcore.recipes.ge.inspection import Inspected, behaviour, centre
from mtlcore.recipes.ge.preparation import Prepared
from mtlcore.recipes.ge.pruning import Pruning, hidden_layer


def directions(found: Inspected, shares: Sequence[float], *, draws: int = 10) -> dict[str, Tensor]:
    """Validation loss right after units are removed, without training again, by how they are chosen.

    Args:
        shares: of the units that are removed, ascending.
        draws: of random units.

    Returns:
        behaviour, projected, weights: (len(shares),), the nearest pairs merged one after the other, by the angles of
        behaviour, by the same with the least-squares coefficient, and by the angles of incoming weights; random:
        (draws, len(shares)), units silenced at random.
    """
    seen = behaviour(found, centre(found.config.activation))
    weights = incoming(hidden_layer(found.net))
    with torch.no_grad():
        hidden = found.net.behaviour(found.sets["val"].features)
    merged = {
        "behaviour": _merged(found, seen, shares, hidden, "one"),
        "projected": _merged(found, seen, shares, hidden, "projection"),
        "weights": _merged(found, weights, shares, hidden, "one"),
    }
    generator = torch.Generator().manual_seed(found.config.seed)
    drawn = [_silenced(found, shares, hidden, generator) for _ in range(draws)]
    return merged | {"random": torch.stack(drawn)}


def _merged(found: Inspected, gram: AngleGram, shares: Sequence[float], hidden: Tensor, coefficient: str) -> Tensor:
    net = copy.deepcopy(found.net)
    method = Distinctiveness(
        hidden_layer(net), similar=89.9, complementary=180.0, coefficient=coefficient, take="one"
    )  # opposites stay: dropping both would be another method
    losses = []
    for share in shares:
        while int((~method.alive).sum()) < round(share * method.layer.size):
            if not len(method.prune(gram).removed):
                break
        losses.append(_loss(net, hidden, found.sets["val"]))
    return torch.tensor(losses)


def _silenced(found: Inspected, shares: Sequence[float], hidden: Tensor, generator: torch.Generator) -> Tensor:
    order = torch.randperm(hidden.shape[1], generator=generator)
    losses = []
    for share in shares:
        kept = torch.ones(hidden.shape[1])
        kept[order[: round(share * len(order))]] = 0
        losses.append(_loss(found.net, hidden * kept, found.sets["val"]))
    return torch.tensor(losses)


@torch.no_grad()
def _loss(net: TwoTask, hidden: Tensor, split: Prepared) -> float:
    losses = [F.cross_entropy(head(hidden), label) for head, label in zip(net.heads, split.labels, strict=True)]
    return training.WEIGHT * float(torch.stack(losses).sum())


class Removal(NamedTuple):
    """A network with fewer units: masked or taken out."""

    name: str
    units: int  # of the second hidden layer that say something
    parameters: int
    seconds: float  # of a forward pass over a batch, on one thread of this machine
    difference: float  # largest difference of a logit from that of the masked network; NaN where there is none


def removals(
    found: Inspected, rates: Sequence[float] = (0.2, 0.5), *, batch: int = 256, repeats: int = 20
) -> list[Removal]:
    """What masking and what removing some shares of the units gives, beside the networks that lose none.

    Args:
        rates: shares of the units that go, the nearest pairs by incoming weights first.
        batch: samples a timed forward pass.
        repeats: of the timing, network after network in turn, so that a busy moment hits all; the fastest counts.
    """
    inputs = found.sets["val"].features[:batch]
    nets = _networks(found, rates)
    every = next(iter(nets.values())).first.in_features
    wide = torch.rand(len(inputs), every, generator=torch.Generator().manual_seed(0))
    given = [wide if net.first.in_features == every else inputs for net in nets.values()]
    seconds = _time(list(zip(nets.values(), given, strict=True)), repeats)
    return [
        Removal(
            name,
            int((net.second.weight != 0).any(1).sum()),
            sum(parameter.numel() for parameter in net.parameters()),
            taken,
            _difference(net, nets[name.replace("removed", "masked")], inputs)
            if name.endswith("% removed")
            else math.nan,
        )
        for (name, net), taken in zip(nets.items(), seconds, strict=True)
    ]


def _networks(found: Inspected, rates: Sequence[float]) -> dict[str, TwoTask]:
    """The networks by name: of all features, of those selected, and with shares of the units masked and removed."""
    every = preparation.load(found.config.source, "train", found.config.train_samples).features.shape[1]
    nets = {f"{every} features, no unit removed": TwoTask(every, activation=found.config.activation).eval()}
    width = found.net.first.in_features
    nets[f"{width} features, no unit removed"] = found.net
    for rate in rates:
        for way in ("masked", "removed"):
            nets[f"{width} features, {100 * rate:.0f} % {way}"] = _pruned(found, rate, compacted=way == "removed")
    return nets


def _pruned(found: Inspected, rate: float, *, compacted: bool) -> TwoTask:
    net = copy.deepcopy(found.net)
    config = dataclasses.replace(found.config, technique="weight_matrix", rate=rate)
    pruning = Pruning(net, config, found.sets["train"].features, lambda: 0.0)
    pruning.start_epoch(0)
    if compacted:
        pruning.method.compact()
    del net.pruning
    return net.eval()


@torch.no_grad()
def _difference(net: TwoTask, other: TwoTask, inputs: Tensor) -> float:
    pairs = zip(net(inputs).values(), other(inputs).values(), strict=True)
    return max(float((one - two).abs().max()) for one, two in pairs)


@torch.no_grad()
def _time(nets: Sequence[tuple[TwoTask, Tensor]], repeats: int) -> list[float]:
    """The fastest of some forward passes of each network over its inputs, in seconds."""
    best = [math.inf] * len(nets)
    for _ in range(repeats):
        for index, (net, inputs) in enumerate(nets):
            started = time.perf_counter()
            net(inputs)
            best[index] = min(best[index], time.perf_counter() - started)
    return best
