"""A trained network of one seed, and the angles between its units, for the chapter's pictures [ge]."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import Tensor

from mtlcore.kernels.angles import AngleGram, Center
from mtlcore.nets.two_task import TwoTask
from mtlcore.prune import incoming, observe
from mtlcore.recipes.ge import grids, preparation, training
from mtlcore.recipes.ge.config import Config, centre
from mtlcore.recipes.ge.preparation import Prepared
from mtlcore.recipes.ge.pruning import ROWS, hidden_layer


class Inspected(NamedTuple):
    """A trained network, what it was trained by, and the splits as it reads them."""

    config: Config
    net: TwoTask
    sets: dict[str, Prepared]


def config(profile: str, source: str, variant: str, *, seed: int = 0, **settings: Any) -> Config:
    """The configuration of a seed's baseline, the row `chosen` of Table 1.

    Args:
        profile, source, variant, settings: as the grid of Table 1 takes them.
        seed: of the run.
    """
    grid = grids.table_1(profile, source, seed + 1, variant, **settings)
    found: Config = next(config for row, config in grid if row == "chosen" and config.seed == seed)
    return found


def trained(config: Config, *, device: str = "cpu") -> Inspected:
    """Train the network of a configuration that prunes nothing, and keep it, on the CPU and in evaluation mode."""
    torch.manual_seed(config.seed)
    sets = {split: preparation.prepared(config, split) for split in preparation.SPLITS}
    net = TwoTask(sets["train"].features.shape[1], activation=config.activation)
    training.fit(config, net, sets, device, None)
    del net.pruning
    return Inspected(config, net.cpu().eval(), sets)


def behaviour(found: Inspected, center: Center) -> AngleGram:
    """The behaviour of the second hidden layer over the training samples."""
    with observe(found.net, hidden_layer(found.net), center=center) as gram:
        for patterns in found.sets["train"].features.split(ROWS):
            found.net(patterns)
    return gram


def angles(found: Inspected) -> dict[str, Tensor]:
    """Angles (degrees) between all pairs of units, by what is compared: origin, centre, incoming, outgoing.

    The first two are of the behaviour, about either point; the others of the weights. A pair with a unit that has no
    direction, dead or constant, has NaN.
    """
    outgoing = AngleGram(found.net.second.out_features)
    outgoing.update(torch.cat([consumer.weight for consumer in hidden_layer(found.net).consumers]))
    grams = {
        "origin": behaviour(found, None),
        "centre": behaviour(found, centre(found.config.activation)),
        "incoming": incoming(hidden_layer(found.net)),
        "outgoing": outgoing,
    }
    return {name: _pairs(gram.angles()) for name, gram in grams.items()}


def _pairs(angles: Tensor) -> Tensor:
    return angles[torch.ones_like(angles, dtype=torch.bool).triu(1)]
