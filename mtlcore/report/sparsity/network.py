"""The network drawn from the module, and where its parameters and its groups are [upadhyay, Fig. 2]."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch, Rectangle
from torch import nn

from mtlcore.nets.dense_tasks import DenseTasks
from mtlcore.nets.resnet_dilated import DILATIONS
from mtlcore.recipes.upadhyay import running
from mtlcore.recipes.upadhyay.config import Config
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.sparsity.evidence import TASK_HUES, TASK_NAMES

SHARED, PENALISED, LINK, INK = "#cfd6de", "#f6e3c0", "#666666", "#222222"
HEIGHT = 1.0


class Part(NamedTuple):
    """A part of the backbone: what it is called, the shape behind it, and how much there is of it."""

    name: str
    channels: int
    side: int
    parameters: int
    convolutions: int


def published() -> Config:
    """The three-task network of the document."""
    return Config(seed=0, source="twin", tasks=("seg", "normal", "depth"))


def outline(config: Config) -> DenseTasks:
    """The network of a configuration, without memory for its weights."""
    with torch.device("meta"):
        return running.network(config)


def parts(net: DenseTasks, size: int) -> list[Part]:
    """The stem and the stages of a backbone without weights, with the shapes that an image of that size has there."""
    found, hidden = [], torch.zeros(1, 3, size, size, device="meta")
    stages = {f"stage {place}": stage for place, stage in enumerate(net.backbone.stages, 1)}
    with torch.no_grad():
        for name, module in {"stem": net.backbone.stem, **stages}.items():
            hidden = module(hidden)
            convolutions = sum(isinstance(one, nn.Conv2d) for one in module.modules())
            found.append(Part(name, hidden.shape[1], hidden.shape[2], _count(module), convolutions))
    return found


def _count(module: nn.Module) -> int:
    return sum(parameter.numel() for parameter in module.parameters())


def draw_network(config: Config) -> Figure:
    """Fig. 2: image, penalised backbone, one head a task, and the losses that become one.

    Args:
        config: of the network, whose sizes are read from the module itself.
    """
    net = outline(config)
    figure, axes = plt.subplots(figsize=(9.6, 3.9))
    _box(axes, (-0.05, 0.0), 1.05, HEIGHT, f"image\n3×{config.size}×{config.size}", "white", INK)
    x, places = 1.45, [0.0]
    for part, dilation in zip(parts(net, config.size), (1, *DILATIONS), strict=True):
        about = f"{part.name}\n{part.convolutions} conv.\n{part.channels:,}×{part.side}×{part.side}"
        dilated = f"\ndilated ×{dilation}" if dilation > 1 else ""
        _box(axes, (x, 0.0), 1.28, HEIGHT + 0.35, f"{about}\n{_short(part.parameters)}{dilated}", PENALISED, INK)
        places.append(x)
        x += 1.53
    for left, right in itertools.pairwise(places):
        _arrow(axes, (left + (0.49 if left == 0 else 0.66), 0.0), (right - 0.66, 0.0))
    axes.add_patch(Rectangle((0.68, -0.85), x - 1.53 + 0.1, 2.02, fill=False, edgecolor="#b07d2b", lw=1.3, ls="--"))
    shared = "shared backbone, its input channels penalised: $\\lambda\\,\\Sigma\\,\\sqrt{n_g}\\,\\|\\theta_g\\|_2$"
    axes.text((0.68 + x - 0.75) / 2, 0.86, shared, ha="center", fontsize=9.5, color="#7a5518")
    _draw_heads(axes, net, config, places[-1] + 0.66, x + 0.55)
    axes.set_xlim(-0.7, x + 3.2)
    axes.set_ylim(-1.75, 1.75)
    axes.axis("off")
    return figure


def _draw_heads(axes: Axes, net: DenseTasks, config: Config, start: float, x: float) -> None:
    step = 1.15
    for place, (task, head) in enumerate(net.heads.items()):
        y = step * ((len(net.heads) - 1) / 2 - place)
        last = [module for module in head.modules() if isinstance(module, nn.Conv2d | nn.Linear)][-1]
        outputs = last.weight.shape[0]
        shape = f"{outputs}×{config.grid}×{config.grid}" if isinstance(last, nn.Conv2d) else f"{outputs}"
        _box(axes, (x, y), 1.5, 0.8, f"{TASK_NAMES[task]}\n{shape}\n{_short(_count(head))}", TASK_HUES[task], "white")
        _arrow(axes, (start, 0.0), (x - 0.78, y))
        _arrow(axes, (x + 0.78, y), (x + 1.55, 0.0))
    _box(axes, (x + 2.0, 0.0), 0.8, 0.7, "one loss\n(Eq. 2)", "white", INK)


def _short(count: int) -> str:
    """A number of parameters in few letters.

    >>> _short(23_631_808), _short(4_160)
    ('23.6 M', '4.2 k')
    """
    return f"{count / 1e6:.1f} M" if count >= 1e6 else f"{count / 1e3:.1f} k"


def _box(axes: Axes, at: tuple[float, float], width: float, height: float, text: str, colour: str, ink: str) -> None:
    edge = {"edgecolor": LINK, "lw": 1.2} if colour == "white" else {"lw": 0}
    corner = (at[0] - width / 2, at[1] - height / 2)
    axes.add_patch(FancyBboxPatch(corner, width, height, boxstyle="round,pad=0.02", facecolor=colour, zorder=3, **edge))
    axes.text(*at, text, ha="center", va="center", color=ink, fontsize=8.3, zorder=4, linespacing=1.35)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=9, color=LINK, lw=1.2, shrinkA=1, shrinkB=1)
    )


def network_words(config: Config, profile: str) -> Block:
    """The published network in numbers, and how much of it runs here.

    Args:
        config: of the runs of this page.
        profile: of these runs.
    """
    whole = outline(published())
    backbone, heads = _count(whole.backbone), {task: _count(head) for task, head in whole.heads.items()}
    groups = _groups(whole)
    convolutions = len(groups)
    thin = outline(config)
    runs = f"The runs that this page makes itself ({profile})"
    sibling = (
        f"""{runs} take a thin sibling: width {config.width} in place of {published().width},
        {"-".join(map(str, config.blocks))} blocks, {len(_groups(thin))} convolutions with {sum(_groups(thin)):,} input
        channels, {_count(thin.backbone):,} parameters."""
        if (config.width, config.blocks) != (published().width, published().blocks)
        else f"{runs} take this network."
    )
    return prose(
        f"""The backbone has {backbone:,} parameters in {convolutions} convolutions, and these have {sum(groups):,}
        input channels, the groups of the penalty.
        The heads have no penalty: with one for segmentation the backbone is
        {percent(backbone / (backbone + heads["seg"]))} of the parameters, with all three
        {percent(backbone / (backbone + sum(heads.values())))}.
        {sibling}"""
    )


def _groups(net: DenseTasks) -> list[int]:
    """Input channels of every convolution of the backbone."""
    return [module.in_channels for module in net.backbone.modules() if isinstance(module, nn.Conv2d)]
