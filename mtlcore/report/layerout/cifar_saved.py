"""What LayerOut and Stochastic Depth save of a step of the CIFAR networks on average, exactly [goutam].

A few drawn epochs say little of a mean over all patterns: with two draws the share that efreeze freezes of VGG-16 came
out at twice its mean. The means follow from the chances of the layers and from one count of the network.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mtlcore.kernels import freezing
from mtlcore.prune import savings
from mtlcore.prune.layerout import freezable
from mtlcore.prune.stochastic_depth import linear_decay
from mtlcore.recipes.goutam import cifar, networks
from mtlcore.recipes.goutam.networks import SIBLINGS
from mtlcore.recipes.goutam.speed import BATCHES

SHAPE = (1, 3, 32, 32)
DOCUMENTS = {other: name for siblings in SIBLINGS.values() for name, other in siblings.items()}  # sibling -> network


@functools.lru_cache(maxsize=8)
def _net(network: str) -> nn.Module:
    """A network without data; nobody may change what of it trains, but for `savings`, which puts that back."""
    with torch.device("meta"):
        return networks.build(network).train()


@functools.lru_cache(maxsize=8)
def _shares(network: str) -> savings.Shares:
    return savings.shares(_net(network), SHAPE)


def saved(row: str, network: str, *, published: bool = False) -> dict[str, float]:
    """Mean savings of a row of the study "cost", in % of a step without the method.

    Args:
        row: as the study names it; rows of Table 1 have none of these.
        network: the one that is counted.
        published: for the leading-run loop of the published code.

    Returns:
        left_out (parameters or blocks), backward_saved, computed_saved (FLOPs), kept_saved (bytes of activations),
        gradients_saved (bytes), both_saved (of the two, at the document's batch), those with the ending _prefix where
        normalisation is frozen below the lowest layer that trains; what has no exact mean is left out.
    """
    name, _, where = row.partition("/")
    if where == "vgg16":
        return _of_vector(cifar.VECTORS[name], network, published)
    if where == "resnet110":
        return _of_depth(network) if name == "stochastic_depth" else _of_random(network, published)
    return {}


def batch_of(network: str) -> int:
    """The document's batch for a network, or for the one that it is a sibling of."""
    return BATCHES[DOCUMENTS.get(network, network)]


def _of_vector(vector: Sequence[float], network: str, published: bool) -> dict[str, float]:
    known, chances = _shares(network), torch.tensor(vector, dtype=torch.float64)
    found = {"left_out": 100 * freezing.expected_frozen(chances, _sizes(network), published=published)}
    for prefix in (False, True):
        step = savings.expected(known, chances, published=published, prefix=prefix)
        for name, share in _of_step(step, known.whole, batch_of(network)).items():
            found[f"{name}_prefix" if prefix else name] = 100 * (1 - share)
    return found


def _of_step(step: savings.Step, whole: savings.Step, batch: int) -> dict[str, float]:
    return {
        "backward_saved": step.backward / whole.backward,
        "computed_saved": step.computed / whole.computed,
        "kept_saved": step.kept / whole.kept,
        "gradients_saved": step.gradients / whole.gradients,
        "both_saved": (batch * step.kept + step.gradients) / (batch * whole.kept + whole.gradients),
    }


def _of_random(network: str, published: bool) -> dict[str, float]:
    """With a random v: a uniform v freezes each layer half of the time, and a run of k layers with chance 2^-k."""
    flops, sizes = _forward_flops(network), _sizes(network).double()
    chance = torch.full((len(flops),), 0.5, dtype=torch.float64)
    chance = chance.cumprod(0) if published else chance
    frozen = float((chance * flops).sum())  # of their weight gradients; the normalisation asks for all others
    backward = float(2 * flops.sum() - flops[0])
    gradients = float((chance * sizes).sum()) / sum(one.numel() for one in _net(network).parameters())
    return {
        "left_out": 100 * float((chance * sizes).sum() / sizes.sum()),
        "backward_saved": 100 * frozen / backward,
        "computed_saved": 100 * frozen / (backward + float(flops.sum())),
        "gradients_saved": 100 * gradients,
    }


def _of_depth(network: str) -> dict[str, float]:
    """Of Stochastic Depth: each block's branch is missing with its own chance, in both passes."""
    net, flops = _net(network), _forward_flops(network)
    places = {layer: place for place, layer in enumerate(freezable(net))}
    blocks = list(net.blocks)  # type: ignore[arg-type]
    missing = [1 - one for one in linear_decay(len(blocks))]
    branches = [sum(float(flops[places[layer]]) for layer in freezable(block.branch)) for block in blocks]
    left_out = sum(chance * branch for chance, branch in zip(missing, branches, strict=True))
    forward = float(flops.sum())
    backward = 2 * forward - float(flops[0])
    return {
        "left_out": 100 * sum(missing) / len(missing),
        "backward_saved": 100 * 2 * left_out / backward,
        "computed_saved": 100 * 3 * left_out / (forward + backward),
    }


def depth_share(network: str, last: float) -> float:
    """Share of the blocks that a mean step of Stochastic Depth computes."""
    survival = linear_decay(len(list(_net(network).blocks)), last)  # type: ignore[arg-type]
    return sum(survival) / len(survival)


@functools.lru_cache(maxsize=8)
def _forward_flops(network: str) -> Tensor:
    return savings.forward_flops(_net(network), SHAPE)


@functools.lru_cache(maxsize=8)
def _sizes(network: str) -> Tensor:
    return torch.tensor([sum(p.numel() for p in layer.parameters()) for layer in freezable(_net(network))])
