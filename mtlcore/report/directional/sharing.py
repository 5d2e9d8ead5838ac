"""Soft and hard parameter sharing, and the network that the document prunes [ge, Fig. 1 and Section 2.2]."""

from __future__ import annotations

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch
from torch import nn

from mtlcore.nets.two_task import TwoTask
from mtlcore.report.block import Block, prose
from mtlcore.report.figures import COLOURS

SHARED, LINK, INK = "#b8bec6", "#666666", "#222222"
HEIGHT = 0.56


def draw_sharing(net: TwoTask) -> Figure:
    """Fig. 1: left two columns that stay near each other, right one column for both tasks, the document's network."""
    figure, (soft, hard) = plt.subplots(1, 2, figsize=(8.6, 3.9))
    _draw_soft(soft)
    _draw_hard(hard, net)
    for axes, title in ((soft, "soft sharing"), (hard, "hard sharing: the network of this chapter")):
        axes.set_title(title, fontsize=10.5, weight="bold")
        axes.set_xlim(-1.75, 1.75)
        axes.set_ylim(-0.45, 3.6)
        axes.axis("off")
    return figure


def _draw_soft(axes: Axes) -> None:
    for x, task in ((-0.85, "type"), (0.85, "colour")):
        for depth, name in enumerate(("features", "hidden 1", "hidden 2", task)):
            head = depth == 3
            colour = "white" if depth == 0 else COLOURS[task]
            _box(
                axes,
                (x, depth),
                1.15,
                name,
                colour,
                INK if depth == 0 else "white",
                weight="bold" if head else "normal",
            )
            if depth:
                _arrow(axes, (x, depth - 1 + HEIGHT / 2), (x, depth - HEIGHT / 2))
    for depth in (1, 2):
        _arrow(axes, (-0.25, depth), (0.25, depth), both=True)


def _draw_hard(axes: Axes, net: TwoTask) -> None:
    layers = (
        (f"{net.first.in_features:,} features", "white"),
        (f"hidden 1: {net.first.out_features} units\n{_count(net.first, net.first_norm)} parameters", SHARED),
        (
            f"hidden 2: {net.second.out_features} units, pruned\n{_count(net.second, net.second_norm)} parameters",
            SHARED,
        ),
    )
    for depth, (name, colour) in enumerate(layers):
        _box(axes, (0, depth), 2.5, name, colour, INK)
        if depth:
            _arrow(axes, (0, depth - 1 + HEIGHT / 2), (0, depth - HEIGHT / 2))
    for x, task, head in zip((-0.85, 0.85), net.tasks, net.heads, strict=True):
        _box(
            axes,
            (x, 3),
            1.5,
            f"{task}: {head.out_features} classes\n{_count(head)} parameters",
            COLOURS[task],
            "white",
            weight="bold",
        )
        _arrow(axes, (x * 0.6, 2 + HEIGHT / 2), (x, 3 - HEIGHT / 2))


def _count(*modules: nn.Module) -> str:
    return f"{sum(parameter.numel() for module in modules for parameter in module.parameters()):,}"


def _box(
    axes: Axes, place: tuple[float, float], width: float, text: str, colour: str, ink: str, weight: str = "normal"
) -> None:
    x, y = place
    edge = {"edgecolor": LINK, "lw": 1.2} if colour == "white" else {"lw": 0}
    axes.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - HEIGHT / 2),
            width,
            HEIGHT,
            boxstyle="round,pad=0.03",
            facecolor=colour,
            zorder=3,
            **edge,
        )
    )
    axes.text(x, y, text, ha="center", va="center", color=ink, fontsize=9, weight=weight, zorder=4, linespacing=1.3)


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, both: bool = False) -> None:
    style = "<|-|>" if both else "-|>"
    axes.add_patch(
        FancyArrowPatch(start, end, arrowstyle=style, mutation_scale=10, color=LINK, lw=1.3, shrinkA=2, shrinkB=2)
    )


def network_words(net: TwoTask) -> Block:
    """The network in a sentence, and where its parameters sit."""
    total = sum(parameter.numel() for parameter in net.parameters())
    pruned = [net.second, net.second_norm, *net.heads]
    touched = sum(parameter.numel() for module in pruned for parameter in module.parameters())
    return prose(
        f"""It has {total:,} parameters.
        Only the second hidden layer is pruned: {touched:,} parameters, {100 * touched / total:.0f} % of all, are
        touched if it vanishes altogether; the rest sits between the features and the first hidden layer."""
    )
