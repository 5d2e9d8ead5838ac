"""The proximal step in pictures, and what the metric changes [upadhyay, Eq. 4 and 5]."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray
from torch import Tensor

from mtlcore.kernels.prox import group_soft_threshold
from mtlcore.kernels.prox_metric import metric_group_soft_threshold
from mtlcore.recipes.upadhyay.inspection import Critical
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.origin import note

STEP, PROX, DECAY = "#555555", "#D55E00", "#009E73"
EQ5, METRIC, INK = "#0072B2", "#D55E00", "#222222"
THRESHOLD = 1.0
GROUPS = (((3.1, 2.3), (2.3, 1.6)), ((-0.6, 1.7), (-0.35, 0.75)))  # before and behind the gradient's step
START, UNEVEN = (2.0, 2.0), (1.0, 0.35)  # a group of two weights, and D of each
CURVES = {"Eq. 5": (EQ5, "-"), "in the metric": (METRIC, "--")}


def draw_step() -> Figure:
    """Two groups of two weights under a gradient step and the proximal step; lengths before and after; many steps."""
    figure, (plane, length, time) = plt.subplots(1, 3, figsize=(9.4, 3.4), width_ratios=(1.15, 1, 1))
    _draw_plane(plane)
    before = torch.linspace(0, 4, 81)
    after = group_soft_threshold(before[None], THRESHOLD, dim=1)[0]
    length.plot(before, before, color="#aaaaaa", lw=1.2, ls=":")
    length.plot(before, after, color=PROX)
    length.set_xlabel("length of a group before, in αλ√n", fontsize=9)
    length.set_ylabel("behind the proximal step", fontsize=9)
    length.set_title("the same length off every group", fontsize=9.5)
    _draw_time(time)
    return figure


def _draw_plane(axes: Axes) -> None:
    axes.add_patch(Circle((0, 0), THRESHOLD, facecolor="#f3d9c9", edgecolor=PROX, lw=1, ls="--", zorder=0))
    for old, new in GROUPS:
        shrunk = group_soft_threshold(torch.tensor([new]).t(), THRESHOLD, dim=1).flatten().tolist()
        _arrow(axes, old, new, STEP)
        _arrow(axes, new, tuple(shrunk), PROX)
        axes.plot(*old, "o", color=STEP, ms=5)
        axes.plot(*shrunk, "o", color=PROX, ms=5)
    axes.text(3.05, 2.5, "$\\theta_g$", fontsize=11, ha="right")
    axes.text(2.85, 1.6, "$-\\alpha\\nabla L$", fontsize=9, color=STEP)
    axes.text(1.95, 0.85, "prox", fontsize=9, color=PROX)
    axes.text(0.06, -0.72, "zero", fontsize=9, color=PROX, ha="center")
    axes.axhline(0, color="#bbbbbb", lw=0.8)
    axes.axvline(0, color="#bbbbbb", lw=0.8)
    axes.set_xlim(-1.5, 3.7)
    axes.set_ylim(-1.3, 3.0)
    axes.set_aspect("equal")
    axes.set_xlabel("first weight", fontsize=9)
    axes.set_ylabel("second weight", fontsize=9)
    axes.set_title("a step, then the proximal step", fontsize=9.5)


def _arrow(axes: Axes, start: tuple[float, ...], end: tuple[float, ...], colour: str) -> None:
    style = {"arrowstyle": "-|>", "color": colour, "lw": 1.8, "shrinkA": 0, "shrinkB": 2}
    axes.annotate("", (end[0], end[1]), (start[0], start[1]), arrowprops=style)


def _draw_time(axes: Axes) -> None:
    """A group that gets no gradient, step by step, under the proximal step and under weight decay."""
    steps = np.arange(31)
    lengths = [torch.tensor([[3.0]])]
    for _ in steps[1:]:
        lengths.append(group_soft_threshold(lengths[-1], 0.2, dim=1))
    axes.plot(steps, [float(one) for one in lengths], color=PROX, label="group penalty")
    axes.plot(steps, 3.0 * 0.9**steps, color=DECAY, ls="--", label="weight decay")
    axes.set_xlabel("step, no gradient", fontsize=9)
    axes.set_ylabel("length of a group", fontsize=9)
    axes.set_title("zero is reached, not approached", fontsize=9.5)
    axes.legend(fontsize=8.5)


def path(metric: tuple[float, float] | None, thresholds: Tensor) -> NDArray[np.float64]:
    """Where a group of two weights goes as the threshold grows, (thresholds, 2); metric None is Eq. 5."""
    start = torch.tensor([START], dtype=torch.float64).t()
    found = []
    for threshold in thresholds.tolist():
        if metric is None:
            found.append(group_soft_threshold(start, threshold, dim=1))
        else:
            weights = torch.tensor([metric], dtype=torch.float64).t()
            found.append(metric_group_soft_threshold(start, weights, threshold, dim=1))
    return torch.cat(found, 1).t().numpy()


def draw_metrics(found: Critical, strengths: dict[str, float], about: str) -> Figure:
    """Left: what the metric does to a group; right: the λ that ends each channel of a trained backbone in one step.

    Args:
        found: of a dense network of this page.
        strengths: what to call it -> λ as the optimiser takes it.
        about: which network it is.
    """
    figure, (plane, lambdas) = plt.subplots(1, 2, figsize=(9.0, 3.5), width_ratios=(0.85, 1.4))
    thresholds = torch.linspace(0, 3, 61, dtype=torch.float64)
    for (label, (colour, dashes)), metric in zip(CURVES.items(), (None, UNEVEN), strict=True):
        x, y = path(metric, thresholds).T
        plane.plot(x, y, dashes, color=colour, label=f"{label}{_about(metric)}")
        plane.plot(x[::10], y[::10], "o", color=colour, ms=3.5)
    plane.plot(*START, "o", color=INK, ms=6)
    plane.set_xlim(-0.1, 2.2)
    plane.set_ylim(-0.1, 2.2)
    plane.set_aspect("equal")
    plane.set_xlabel("first weight", fontsize=9)
    plane.set_ylabel("second weight", fontsize=9)
    plane.legend(fontsize=8, loc="upper left")
    _draw_lambdas(lambdas, found, strengths)
    note(figure, f"right: {about}")
    return figure


def _about(metric: tuple[float, float] | None) -> str:
    return "" if metric is None else f" D = ({metric[0]:g}, {metric[1]:g})"


def _draw_lambdas(axes: Axes, found: Critical, strengths: dict[str, float]) -> None:
    bins = np.linspace(*_range(found, strengths), 60).tolist()
    for values, (label, (colour, _)) in zip(found[:2], CURVES.items(), strict=True):
        axes.hist(_logarithms(values), bins=bins, color=colour, alpha=0.65, label=label)
    top = axes.get_ylim()[1]
    for label, strength in strengths.items():
        axes.axvline(np.log10(strength), color=INK, lw=1.2, ls=":")
        axes.text(np.log10(strength), 1.02 * top, label, ha="center", fontsize=8.5)
    axes.set_xlabel("λ that ends a channel in one step (powers of ten)", fontsize=9)
    axes.set_ylabel("input channels", fontsize=9)
    axes.legend(fontsize=8.5)


def _logarithms(values: Tensor) -> NDArray[np.float64]:
    return np.log10(values[values > 0].double().numpy())


def _range(found: Critical, strengths: dict[str, float]) -> tuple[float, float]:
    known = np.concatenate([*map(_logarithms, found[:2]), np.log10(list(strengths.values()))])
    return float(known.min()) - 0.3, float(known.max()) + 0.3


def metric_words(found: Critical, strengths: dict[str, float], about: str) -> Block:
    """How far the two metrics are apart on a trained network, and which share of channels one step would end."""
    median = [float(values.median()) for values in found[:2]]
    told = []
    for label, strength in strengths.items():
        shares = [percent(float((values <= strength).double().mean()), 1) for values in found[:2]]
        told.append(f"at {label} {shares[0]} of the channels by Eq. 5 and {shares[1]} in the metric of Adam")
    return prose(
        f"""In {about} the median channel would need λ = {median[0]:.2g} to be ended by one step of the
        document's Eq. 5, and {median[1]:.2g} in the metric of Adam, {median[0] / median[1]:,.0f} times less: √v + ε
        is {float(found.metric.median()):.1g} in the median channel.
        One single step ends, {"; ".join(told)}.
        A run has many steps, between which gradients pull back."""
    )
