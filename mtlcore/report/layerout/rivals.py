"""What LayerOut, Stochastic Depth and BlockDrop leave out of a residual network, drawn from the methods themselves."""

from __future__ import annotations

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from torch import Tensor

from mtlcore.nets.resnet_cifar import Block, ResNet, he
from mtlcore.prune import LayerOut
from mtlcore.prune.blockdrop import BlockDrop
from mtlcore.prune.layerout import freezable
from mtlcore.prune.stochastic_depth import StochasticDepth
from mtlcore.recipes.goutam.networks import policy_of
from mtlcore.report.figures import COLOURS

BLOCKS, COLUMNS = 3, 36  # blocks a stage; columns of each panel


def draw_rivals(seed: int = 0) -> Figure:
    """Three grids of residual blocks: trained, computed, and computed in a test."""
    torch.manual_seed(seed)
    net = ResNet(BLOCKS, width=4)
    panels = (
        ("LayerOut: share of a block\nthat trains", "epoch", _trained(net, seed), COLOURS["warmup"]),
        ("Stochastic Depth: blocks\ncomputed in training", "training step", _survivors(net, seed), COLOURS["efreeze"]),
        ("BlockDrop: blocks computed\nin a test", "test image", _chosen(net, seed), COLOURS["dfreeze"]),
    )
    figure, places = plt.subplots(1, 3, figsize=(8.6, 3.1), sharey=True)
    for axes, (title, about, found, colour) in zip(places, panels, strict=True):
        _draw(axes, found, colour)
        axes.set_title(title, fontsize=10)
        axes.set_xlabel(about)
    places[0].set_ylabel("residual block")
    return figure


def _draw(axes: Axes, found: Tensor, colour: str) -> None:
    shades = ListedColormap(["#f2f3f5", f"{colour}88", colour])
    axes.imshow(found.numpy(), aspect="auto", cmap=shades, vmin=0, vmax=1, interpolation="nearest")
    axes.set_yticks(range(len(found)), [str(index + 1) for index in range(len(found))], fontsize=8)
    axes.grid(False)


def _trained(net: ResNet, seed: int) -> Tensor:
    """Share of the two convolutions of each block that an epoch trains, (blocks, epochs): 0, 1/2 or 1."""
    policy = LayerOut(net, None, seed=seed)
    layers = freezable(net)
    blocks = [block for block in net.blocks if isinstance(block, Block)]
    places = [[layers.index(module) for module in freezable(block.branch)] for block in blocks]
    frozen = torch.stack([policy.frozen(epoch) for epoch in range(COLUMNS)])
    return torch.stack([1 - frozen[:, place].double().mean(1) for place in places])


def _survivors(net: ResNet, seed: int) -> Tensor:
    depth = StochasticDepth(len(net.blocks), seed=seed)
    return torch.tensor([depth.draw() for _ in range(COLUMNS)]).T


def _chosen(net: ResNet, seed: int) -> Tensor:
    """The choices of a policy that has not learnt yet, for images of noise."""
    policy = policy_of(net)
    he(policy)
    images = torch.randn(COLUMNS, 3, 32, 32, generator=torch.Generator().manual_seed(seed))
    with torch.no_grad():
        both = BlockDrop(net, policy)
        return both.choice(both.probabilities(images)).T
