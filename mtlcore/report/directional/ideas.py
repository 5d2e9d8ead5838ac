"""The angle between two units as a picture: three units, two patterns, two places to measure from [ge, Section 2.3]."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc
from torch import Tensor

from mtlcore.kernels.angles import pairwise_angles

# outputs of three units on ten patterns: b follows a, c does the opposite
OUTPUTS = torch.tensor(
    [
        [0.88, 0.35, 0.72, 0.20, 0.60, 0.81, 0.28, 0.66, 0.15, 0.75],
        [0.84, 0.41, 0.68, 0.26, 0.52, 0.77, 0.36, 0.60, 0.24, 0.71],
        [0.13, 0.68, 0.25, 0.77, 0.43, 0.20, 0.70, 0.31, 0.86, 0.29],
    ]
)
PATTERNS = (0, 1)  # the two that make the plane
UNITS = {"a": "#332288", "b": "#88CCEE", "c": "#CC6677"}
BESIDE = {"a": (0.06, -0.06), "b": (0.0, 0.1), "c": (-0.01, 0.1)}  # where the names stand
MARKS = "o^s"
INK = "#222222"
MIDDLE = 0.5


def draw_angles() -> Figure:
    """Outputs over patterns; two of these patterns as a plane, with angles from the origin and from its middle."""
    figure, (over, origin, middle) = plt.subplots(1, 3, figsize=(8.8, 3.1), width_ratios=(1.25, 1, 1))
    for mark, (name, colour), outputs in zip(MARKS, UNITS.items(), OUTPUTS, strict=True):
        over.plot(range(1, len(outputs) + 1), outputs, f"-{mark}", color=colour, ms=5, lw=1.4, label=f"unit {name}")
    over.set_xlabel("pattern")
    over.set_ylabel("output of the unit")
    over.set_xticks(range(1, OUTPUTS.shape[1] + 1))
    over.set_ylim(0, 1)
    over.legend(
        fontsize=8.5, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0), columnspacing=0.8, handlelength=1.4
    )
    plane = OUTPUTS[:, PATTERNS]
    _draw_plane(origin, plane, 0.0, "from the origin")
    _draw_plane(middle, plane, MIDDLE, "from the middle")
    return figure


def _draw_plane(axes: Axes, points: Tensor, center: float, title: str) -> None:
    for mark, (name, colour), point in zip(MARKS, UNITS.items(), points.tolist(), strict=True):
        arrow = {"arrowstyle": "-", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 0}
        axes.annotate("", point, (center, center), arrowprops=arrow)
        axes.plot(*point, mark, color=colour, ms=7)
        (x, y), (right, up) = point, BESIDE[name]
        axes.text(x + right, y + up, name, color=INK, ha="center", va="center", weight="bold")
    angles = pairwise_angles(points, center=center)
    for other, radius in ((1, 0.34), (2, 0.22)):
        _draw_arc(axes, points, center, other, radius)
    words = "\n".join(f"{pair}: {float(angles[0, other]):.0f}°" for pair, other in (("a, b", 1), ("a, c", 2)))
    corner = (0.97, 0.03) if center == 0 else (0.03, 0.03)
    axes.text(
        *corner, words, transform=axes.transAxes, ha="right" if center == 0 else "left", va="bottom", fontsize=9.5
    )
    axes.plot(center, center, "+", color=INK, ms=10, zorder=6)
    axes.set_title(title, fontsize=10.5)
    axes.set_xlim(0, 1)
    axes.set_ylim(0, 1)
    axes.set_aspect("equal")
    axes.set_xlabel("output on pattern 1")
    axes.set_ylabel("output on pattern 2")


def _draw_arc(axes: Axes, points: Tensor, center: float, other: int, radius: float) -> None:
    """The angle between the first unit and another, counted the short way round."""
    turns = [float(np.degrees(np.arctan2(y - center, x - center))) for x, y in points[[0, other]].tolist()]
    start, end = sorted(turns)
    if end - start > 180:
        start, end = end, start + 360
    colour = list(UNITS.values())[other]
    axes.add_patch(Arc((center, center), 2 * radius, 2 * radius, theta1=start, theta2=end, color=colour, lw=1.4))
