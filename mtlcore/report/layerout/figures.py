"""Figures of the chapter on LayerOut [goutam]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import torch
from matplotlib.axes import Axes
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from mtlcore.nets.shallow import shallow
from mtlcore.prune import LayerOut
from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam.mnist import ROWS
from mtlcore.report.curves import draw_learning_curves
from mtlcore.report.figures import COLOURS
from mtlcore.report.layerout.expected import LAYER_NAMES

COLD, WARM, GRADIENT = "#b8bec6", "#0072B2", "#D55E00"


def draw_idea() -> Figure:
    """Fig. 1: forward through everything, backward past two frozen layers."""
    figure, axes = plt.subplots(figsize=(8, 2.9))
    frozen = (True, False, True, False)
    names = ("hidden 1\nfrozen", "hidden 2\ntrains", "hidden 3\nfrozen", "output\ntrains")
    for index, (cold, name) in enumerate(zip(frozen, names, strict=True)):
        colour = COLD if cold else WARM
        axes.add_patch(FancyBboxPatch((2 * index, 0), 1.2, 1.5, boxstyle="round,pad=0.06", facecolor=colour, lw=0))
        text = "#222222" if cold else "white"
        axes.text(2 * index + 0.6, 0.75, name, ha="center", va="center", color=text, fontsize=10)
    for index in range(5):
        _arrow(axes, (2 * index - 0.72, 1.15), (2 * index - 0.1, 1.15), "#444444")
    for index in (4, 3, 2):
        _arrow(axes, (2 * index - 0.1, 0.35), (2 * index - 0.72, 0.35), GRADIENT)
    for index, cold in enumerate(frozen):
        if not cold:
            _arrow(axes, (2 * index + 0.6, -0.15), (2 * index + 0.6, -0.62), GRADIENT)
            axes.text(2 * index + 0.6, -0.72, "update", ha="center", va="top", color=GRADIENT, fontsize=9)
    axes.plot([1.28, 1.28], [0.12, 0.58], color=GRADIENT, lw=2.5)
    axes.text(1.45, -0.42, "the gradient\nends here", ha="center", va="center", color=GRADIENT, fontsize=8.5)
    axes.text(8.05, 0.75, "loss", ha="left", va="center", fontsize=11)
    axes.text(-0.8, 1.35, "input", ha="left", va="bottom", fontsize=10)
    axes.set_xlim(-1, 8.8)
    axes.set_ylim(-1.15, 1.85)
    axes.axis("off")
    return figure


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], colour: str) -> None:
    axes.add_patch(FancyArrowPatch(start, end, arrowstyle="-|>", mutation_scale=13, color=colour, lw=1.8))


def draw_epochs(vectors: Mapping[str, Sequence[float]], *, epochs: int) -> Figure:
    """Which layers which epoch freezes: as written, and through the published loop."""
    figure, panels = plt.subplots(len(vectors), 2, figsize=(8.4, 1.6 * len(vectors) + 0.5), sharex=True, sharey=True)
    for line, (row, vector) in zip(panels, vectors.items(), strict=True):
        for axes, scheme, title in zip(
            line, ("independent", "published"), ("as written", "published loop"), strict=True
        ):
            policy = LayerOut(shallow(), tuple(vector), scheme=scheme, seed=0)
            frozen = torch.stack([policy.frozen(epoch) for epoch in range(epochs)], 1)
            axes.imshow(frozen, aspect="auto", cmap=_two_colours(COLOURS[row]), vmin=0, vmax=1, interpolation="nearest")
            axes.set_title(f"{row}, {title}", fontsize=10)
            axes.grid(False)
            axes.set_yticks(range(len(LAYER_NAMES)), LAYER_NAMES, fontsize=8)
    for axes in panels[-1]:
        axes.set_xlabel("epoch")
    return figure


def _two_colours(colour: str) -> ListedColormap:
    return ListedColormap(["#f2f3f5", colour])


def draw_curves(evidence: Evidence) -> Figure:
    """Test accuracy over epochs, mean and range over seeds: all of it, and enlarged around the baseline."""
    return draw_learning_curves(evidence, {"accuracy": "test accuracy (%)"}, ROWS, around="baseline")
