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
from mtlcore.recipes.ge.config import centre
from mtlcore.recipes.ge.inspection import Inspected, behaviour
from mtlcore.recipes.ge.preparation import Prepared
from mtlcore.recipes.ge.pruning import Pruning, hidden_layer


def directions(found: Inspected, shares: Sequence[float], *, draws: int = 10) -> dict[str, Tensor]:
    """Validation loss right after units are removed, without training again, by how they are chosen.

    Args:
        shares: of the units that are removed, ascending.
        draws: of random units.

    Returns:
        behaviour, projected, weights: (len(shares),), the nearest pairs merged one after the other, by the angles of
        behaviour, by the same with the least-squares coefficient, and by the angles of incoming weights; pairs and
        random: (draws, len(shares)), units drawn at random, whose weights go to a random survivor, or are lost.
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
    drawn = [_drawn(found, shares, hidden, generator) for _ in range(draws)]
    return merged | {"pairs": torch.stack([one for one, _ in drawn]), "random": torch.stack([two for _, two in drawn])}


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


def _drawn(
    found: Inspected, shares: Sequence[float], hidden: Tensor, generator: torch.Generator
) -> tuple[Tensor, Tensor]:
    """Losses where random units give their weights to random survivors, and where they are silenced."""
    size = hidden.shape[1]
    order = torch.randperm(size, generator=generator)
    given, silenced = [], []
    for share in shares:
        gone, kept = order[: round(share * size)], order[round(share * size) :]
        # a unit whose weights another has taken over speaks with the voice of that other
        voices = hidden.clone()
        voices[:, gone] = hidden[:, kept[torch.randint(len(kept), gone.shape, generator=generator)]]
        given.append(_loss(found.net, voices, found.sets["val"]))
        voices[:, gone] = 0
        silenced.append(_loss(found.net, voices, found.sets["val"]))
    return torch.tensor(given), torch.tensor(silenced)


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
    found: Inspected, rates: Sequence[float] = (0.2, 0.5), *, batch: int = 256, rounds: int = 40
) -> list[Removal]:
    """What masking and what removing some shares of the units gives, beside the networks that lose none.

    Args:
        rates: shares of the units that go, the nearest pairs by incoming weights first.
        batch: samples a timed forward pass.
        rounds: of the timing, each network once in each.
    """
    inputs = found.sets["val"].features[:batch]
    nets = _networks(found, rates)
    every = next(iter(nets.values())).first.in_features
    wide = torch.rand(len(inputs), every, generator=torch.Generator().manual_seed(0))
    given = [wide if net.first.in_features == every else inputs for net in nets.values()]
    seconds = _time(list(zip(nets.values(), given, strict=True)), rounds)
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
def _time(nets: Sequence[tuple[TwoTask, Tensor]], rounds: int) -> list[float]:
    """Seconds of a forward pass of each network over its inputs, in the ratios of the median round.

    A neighbour on the machine slows whole rounds, so that ratios within a round hold where times do not.
    """
    taken = torch.zeros(rounds, len(nets), dtype=torch.float64)
    for index in range(rounds):
        for place, (net, inputs) in enumerate(nets):
            net(inputs)  # its weights are in the cache from here on, whoever went before
            started = time.perf_counter()
            net(inputs)
            taken[index, place] = time.perf_counter() - started
    ratios = (taken / taken[:, :1]).median(0).values
    return (ratios * taken[:, 0].min()).tolist()
