"""The network of the document drawn from the module, and where its parameters are [singh, Fig. 1 and Table 2]."""

from __future__ import annotations

import itertools

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import nn

from mtlcore.nets.backbones import INSTALL
from mtlcore.nets.encoder import Encoder
from mtlcore.report.block import Block, prose
from mtlcore.report.distinctiveness.evidence import TASK_HUES, TASK_NAMES
from mtlcore.report.distinctiveness.parameters import per_node

SHARED, PRUNED, LINK, INK = "#b8bec6", "#f0c987", "#666666", "#222222"
HEIGHT = 1.5


def draw_network(net: Encoder, size: int, called: str) -> Figure:
    """Fig. 1: image, backbone, one fully connected layer with its normalisation, one decoder a task.

    Args:
        net: the module; numbers of features, nodes, classes and parameters are read from it.
        size: pixels of a side of the images.
        called: the name of its backbone.
    """
    figure, axes = plt.subplots(figsize=(8.8, 3.4))
    features = f"{net.width:,} features"
    layer = f"{_count(net.hidden, net.norm)} parameters\n{net.size} nodes"
    hidden = f"hidden layer, pruned,\nbatch normalisation\n{layer}"
    boxes = (
        (0.0, 1.3, f"image\n3×{size}×{size}", "white"),
        (2.15, 2.0, f"{called}\n{_count(net.backbone)} parameters\n{features}", SHARED),
        (4.75, 2.2, hidden, PRUNED),
    )
    for x, width, text, colour in boxes:
        _box(axes, (x, 0.0), width, HEIGHT, text, colour, INK)
    for (x, width, *_), (other, wide, *_) in itertools.pairwise(boxes):
        _arrow(axes, (x + width / 2, 0.0), (other - wide / 2, 0.0))
    gap = 1.05
    for place, (task, decoder) in enumerate(_decoders(net).items()):
        y = gap * ((len(net.tasks) - 1) / 2 - place)
        text = f"{TASK_NAMES[task]}: {decoder.out_features:,} classes\n{_count(decoder)} parameters"
        _box(axes, (7.7, y), 2.15, 0.72, text, TASK_HUES[task], "white")
        _arrow(axes, (4.75 + 1.1, 0.0), (7.7 - 1.08, y))
    axes.set_xlim(-0.85, 8.95)
    axes.set_ylim(-2.1, 2.1)
    axes.axis("off")
    return figure


def _decoders(net: Encoder) -> dict[str, nn.Linear]:
    """The decoder of each task."""
    linear = (decoder for decoder in net.decoders if isinstance(decoder, nn.Linear))
    return dict(zip(net.tasks, linear, strict=True))


def _count(*modules: nn.Module) -> str:
    return f"{sum(parameter.numel() for module in modules for parameter in module.parameters()):,}"


def _box(axes: Axes, at: tuple[float, float], width: float, height: float, text: str, colour: str, ink: str) -> None:
    edge = {"edgecolor": LINK, "lw": 1.2} if colour == "white" else {"lw": 0}
    corner = (at[0] - width / 2, at[1] - height / 2)
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0.03", facecolor=colour, zorder=3, **edge))
    axes.text(*at, text, ha="center", va="center", color=ink, fontsize=8.8, zorder=4, linespacing=1.4)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=10, color=LINK, lw=1.2, shrinkA=4, shrinkB=3)
    )


def network_words(net: Encoder, called: str) -> Block:
    """What the backbone is, and where the parameters of the network are, in sentences."""
    total = sum(parameter.numel() for parameter in net.parameters())
    around = per_node(net.width, sum(decoder.out_features for decoder in _decoders(net).values()))
    thin = called.removeprefix("thin ")
    sibling = (
        f"""The backbone is no published network but a thin sibling of {thin}, of the same blocks, fewer and with a
        quarter of the channels, so that the chapter runs without a GPU.
        """
        if thin != called
        else ""
    )
    return prose(
        f"""{sibling}Backbones are made with timm; where it is missing, `{INSTALL}` brings it.
        The network of the figure has {total:,} parameters.
        A hidden node costs {around:,} of them: a row of the layer with its bias, a scale and a shift of the
        normalisation, a column of every decoder.
        All {net.size} nodes together are {100 * net.size * around / total:.1f} % of the network."""
    )
