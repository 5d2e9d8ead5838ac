"""What LayerOut freezes and saves in expectation, exactly, from its vectors [goutam]."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mtlcore.kernels import freezing
from mtlcore.nets.shallow import shallow
from mtlcore.prune import cost
from mtlcore.recipes.goutam.cost import flops_of_shallow
from mtlcore.recipes.goutam.mnist import DFREEZE, EFREEZE

SHORT = "goutam"
LAYER_NAMES = ("conv1", "conv2", "conv3", "conv4", "conv5", "fc1", "fc2")
MANUAL = {"efreeze": EFREEZE, "dfreeze": DFREEZE}


def sizes() -> torch.Tensor:
    """Parameters of the seven layers."""
    return torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in cost.freezable(shallow())])


def expected_saving(vector: Sequence[float], *, published: bool = False) -> float:
    """Share of the backward FLOPs that LayerOut saves in expectation, exactly, in an epoch that freezes."""
    net = shallow()
    flops = flops_of_shallow()
    patterns, chance = freezing.patterns(torch.tensor(vector), published=published)
    full = cost.backward(flops, net, torch.zeros(1, len(vector), dtype=torch.bool))[0]
    return float(1 - (chance * cost.backward(flops, net, patterns)).sum() / full)


def expected_share(vector: Sequence[float], *, published: bool = False) -> float:
    """Share of the parameters that LayerOut freezes in expectation, exactly, in an epoch that freezes."""
    return freezing.expected_frozen(torch.tensor(vector), sizes(), published=published)
