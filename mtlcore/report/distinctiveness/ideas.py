"""The idea in pictures: two patterns and what merging leaves, and how much outputs change [singh, Section 2.3]."""

from __future__ import annotations

import math
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Arc

from mtlcore.report.block import Block, percent, prose
from mtlcore.report.distinctiveness.bounds import break_even, change, signed_energy
from mtlcore.report.distinctiveness.evidence import THRESHOLD

SURVIVOR, REMOVED, RESIDUAL, INK = "#0072B2", "#D55E00", "#555555", "#222222"
LENGTH, SHORTER = 1.0, 0.86  # of the survivor and of the removed in the picture
WIDE = 40.0  # degrees; wider than the threshold, so that the residual can be seen
LINES = {
    "projection": ("least squares", "#009E73", "-"),
    "cosine": ("cos θ, as written (Eq. 12)", "#D55E00", "--"),
    "one": ("±1 (Eq. 15)", "#0072B2", ":"),
    "delete": ("nothing taken over", "#000000", "-."),
}
RATIOS = (1.0, 3.0)


def draw_idea() -> Figure:
    """A similar and an opposing pair with what is left over, and the change of outputs over the angle."""
    figure = plt.figure(figsize=(9.2, 4.3))
    grid = figure.add_gridspec(2, 3, width_ratios=(1.15, 1, 1))
    for row, (angle, title) in enumerate(((WIDE, "similar"), (180 - WIDE, "opposing"))):
        _draw_pair(figure.add_subplot(grid[row, 0]), angle, title)
    equal = figure.add_subplot(grid[:, 1])
    longer = figure.add_subplot(grid[:, 2], sharey=equal)
    for axes, ratio in zip((equal, longer), RATIOS, strict=True):
        _draw_change(axes, ratio)
    equal.set_ylabel("change of an output, as a share of $|w_{py}|\\,\\|h_y\\|$", fontsize=9)
    figure.legend(*equal.get_legend_handles_labels(), loc="outside lower right", ncols=4, fontsize=8.5)
    return figure


def _draw_pair(axes: Axes, angle: float, title: str) -> None:
    radians = math.radians(angle)
    tip = (math.cos(radians) * SHORTER, math.sin(radians) * SHORTER)
    side = 1 if tip[0] > 0 else -1
    _arrow(axes, (LENGTH, 0.0), SURVIVOR)
    _arrow(axes, tip, REMOVED)
    axes.plot([0, tip[0]], [0, 0], color=REMOVED, lw=7, alpha=0.28, solid_capstyle="butt", zorder=1)
    axes.plot([tip[0], tip[0]], [0, tip[1]], color=RESIDUAL, lw=1.6, ls="--")
    axes.add_patch(Arc((0, 0), 0.4, 0.4, theta1=0, theta2=angle, color=INK, lw=1.2))
    middle = math.radians(angle / 2)
    axes.text(0.29 * math.cos(middle), 0.29 * math.sin(middle), "θ", ha="center", va="center", color=INK)
    axes.text(LENGTH + 0.04, 0, "$h_x$ stays", ha="left", va="center", color=SURVIVOR, fontsize=9.5)
    axes.text(tip[0], tip[1] + 0.04, "$h_y$ goes", ha="center", va="bottom", color=REMOVED, fontsize=9.5)
    lost: dict[str, Any] = {"ha": "left" if side > 0 else "right", "va": "center", "fontsize": 9, "color": INK}
    axes.text(tip[0] + 0.04 * side, tip[1] * 0.55, "$\\|h_y\\|\\,\\sin\\theta$ lost", **lost)
    axes.text(tip[0] / 2, -0.06, "$c\\,h_x$", ha="center", va="top", color=REMOVED, fontsize=9.5)
    axes.plot(0, 0, "o", color=INK, ms=4)
    axes.set_title(f"{title}, θ = {angle:.0f}°", fontsize=10)
    axes.set_xlim(-1.2, 1.4)
    axes.set_ylim(-0.22, 0.75)
    axes.set_aspect("equal")
    axes.axis("off")


def _arrow(axes: Axes, tip: tuple[float, float], colour: str) -> None:
    axes.annotate(
        "", tip, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 2.2, "shrinkA": 0, "shrinkB": 0}
    )


def _draw_change(axes: Axes, ratio: float) -> None:
    """Change of an output over the angle by the rule; beyond 90° an opposing pair is merged with its sign."""
    angles = np.linspace(0, 180, 361)
    for start, end in ((0, THRESHOLD), (180 - THRESHOLD, 180)):
        axes.axvspan(start, end, color="#e9e2cf", lw=0, zorder=0)
    for rule, (label, colour, dashes) in LINES.items():
        axes.plot(angles, [change(angle, ratio, rule) for angle in angles], dashes, color=colour, label=label, lw=1.7)
    times = "" if ratio == 1 else f"{ratio:g}\\,"
    axes.set_title(f"$\\|h_x\\|={times}\\|h_y\\|$", fontsize=10)
    axes.set_xlabel("θ (°)", fontsize=9)
    axes.set_xticks(range(0, 181, 30))
    axes.tick_params(labelsize=8)
    axes.set_xlim(0, 180)
    axes.set_ylim(0, 2.2)


def bound_words(threshold: float = THRESHOLD) -> Block:
    """The bound at the threshold in sentences."""
    kept = change(threshold, 1.0, "projection")
    plain = change(threshold, 1.0, "one")
    return prose(
        f"""At {threshold:g}° that is {percent(kept)} of what the node gave, with equal lengths for both coefficients;
        plain addition changes {percent(plain)}.
        Deleting the node changes all of it.
        With unequal lengths the cosine of Eq. 12 does worse.
        With a survivor more than {break_even():g} times as long as the removed node it is worse than deletion, at
        every angle but 90°: with {RATIOS[1]:g} times the length and {threshold:g}° it changes
        {percent(change(threshold, RATIOS[1], "cosine"))}, least squares still
        {percent(change(threshold, RATIOS[1], "projection"))}."""
    )


def signed_words(threshold: float = THRESHOLD) -> Block:
    """How much of their squared length opposing nodes must have on either side of zero."""
    far = 180 - threshold
    return prose(
        f"""For two nodes with the same *a* that lie {far:g}° apart, at least {percent(signed_energy(far))} of the
        squared length of each is on either side of zero."""
    )
