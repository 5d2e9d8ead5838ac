"""The pictures of the synthesis: accuracy against what is left, and methods by balancers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.recipes import Evidence
from mtlcore.report.synthesis.evidence import (
    BASE,
    COLOURS,
    FASTER,
    MARKERS,
    TIMES,
    accuracy_gap,
    balancers_in,
    methods_in,
    name_of,
    number,
    values_of,
)

AXES = {
    "parameters": "parameters left (% of the dense network)",
    "time": "time of inference (% of the dense network)",
    "seconds": "training (s)",
}


class Point(NamedTuple):
    """A row in a picture.

    Attributes:
        row: its name.
        cost: mean over the seeds, of times the median.
        accuracy: mean over the tasks and seeds, %.
        across: how far the bar reaches below and above the cost: a standard deviation, of times to the extremes.
        along: standard deviation of the accuracy.
    """

    row: str
    cost: float
    accuracy: float
    across: tuple[float, float] = (0.0, 0.0)
    along: float = 0.0


def points(evidence: Evidence, cost: str, rows: Sequence[str] = ()) -> list[Point]:
    """The rows that have runs, or those of some rows that have."""
    found = []
    for row in rows or evidence.rows:
        costs, shares = (values_of(evidence, row, name) for name in (cost, "accuracy"))
        if costs and shares:
            middle = number(evidence, row, cost)
            across = (middle - min(costs), max(costs) - middle) if cost in TIMES else (_deviation(costs),) * 2
            found.append(Point(row, middle, 100 * number(evidence, row, "accuracy"), across, 100 * _deviation(shares)))
    return found


def _deviation(values: Sequence[float]) -> float:
    return float(np.std(values, ddof=1)) if len(values) > 1 else 0.0


def plain(evidence: Evidence) -> list[str]:
    """The rows with the plain sum: what balances the losses does not alter the time of inference."""
    return [row for row in evidence.rows if row.endswith("/sum")]


def front(found: Sequence[Point], alike: float = 1.0) -> list[Point]:
    """The points that no other dominates, by rising cost: none is at most as dear and at least as accurate.

    Args:
        found: the points.
        alike: costs that are at most so many times apart count as the same.

    >>> [one.row for one in front([Point("a", 1, 90), Point("b", 2, 80), Point("c", 3, 95)])]
    ['a', 'c']
    >>> [one.row for one in front([Point("a", 1, 90), Point("b", 1.05, 95), Point("c", 3, 96)], alike=1.1)]
    ['b', 'c']
    """
    best, kept = -math.inf, []
    for point in sorted(found, key=lambda one: (one.cost, -one.accuracy)):
        if point.accuracy > best:
            kept.append(point)
            best = point.accuracy
    # accuracy rises along them: the next one dominates where it is hardly dearer
    return [
        one for one, after in zip(kept, [*kept[1:], None], strict=True) if not after or after.cost > alike * one.cost
    ]


def draw_pareto(evidence: Evidence, costs: Sequence[str] = ("parameters", "time")) -> Figure:
    """Mean accuracy against costs, a panel each; the front as steps, bars over the seeds; times with the plain sum."""
    figure, grid = plt.subplots(1, len(costs), figsize=(4.2 * len(costs), 4.2), squeeze=False, sharey=True)
    for axes, cost in zip(grid.flat, costs, strict=True):
        found = points(evidence, cost, plain(evidence) if cost in TIMES else ())
        for point in found:
            method, _, second = point.row.partition("/")
            _draw_point(axes, point, method, MARKERS.get(second, "o"))
        best = front(found, FASTER if cost in TIMES else 1.0)
        axes.step([p.cost for p in best], [p.accuracy for p in best], where="post", color="#bbbbbb", lw=1.2, zorder=0)
        axes.set_xlabel(AXES[cost])
    grid.flat[0].set_ylabel("mean accuracy of the tasks (%)")
    _legend(figure, evidence)
    return figure


def _draw_point(axes: Axes, point: Point, method: str, marker: str) -> None:
    colour = COLOURS.get(method, "#555555")
    axes.errorbar(
        point.cost,
        point.accuracy,
        yerr=point.along,
        xerr=[[point.across[0]], [point.across[1]]],
        fmt=marker,
        color=colour,
        ms=6,
        lw=0.9,
        mec="white",
        mew=0.5,
    )


def _legend(figure: Figure, evidence: Evidence) -> None:
    handles = [
        plt.Line2D([], [], marker="o", ls="", color=COLOURS.get(one, "#555555"), label=name_of(one))
        for one in methods_in(evidence)
    ]
    known = [one for one in balancers_in(evidence) if one in MARKERS]
    if len(known) > 1:
        handles += [
            plt.Line2D([], [], marker=MARKERS[one], ls="", color="#999999", label=name_of(one)) for one in known
        ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, fontsize=8.5)


def draw_shares(evidence: Evidence, costs: Sequence[str] = ("parameters", "time")) -> Figure:
    """A line a method over the shares that it is asked for, from the dense network on."""
    figure, grid = plt.subplots(1, len(costs), figsize=(4.2 * len(costs), 4.2), squeeze=False, sharey=True)
    methods = [method for method in methods_in(evidence) if method != "dense"]
    for axes, cost in zip(grid.flat, costs, strict=True):
        for method in methods:
            own = [row for row in evidence.rows if row.startswith(f"{method}/")]
            found = points(evidence, cost, ["dense", *own])
            axes.plot([p.cost for p in found], [p.accuracy for p in found], color=COLOURS[method], lw=1.4)
            for point in found:
                _draw_point(axes, point, point.row.partition("/")[0], "o")
        axes.set_xlabel(AXES[cost])
    grid.flat[0].set_ylabel("mean accuracy of the tasks (%)")
    _legend(figure, evidence)
    return figure


def draw_crossing(evidence: Evidence) -> Figure:
    """A panel a balancer: every method's mean accuracy less that of the dense network with the plain sum."""
    balancers, methods = balancers_in(evidence), methods_in(evidence)
    figure, grid = plt.subplots(1, len(balancers), figsize=(8.4, 3.6), squeeze=False, sharey=True, sharex=True)
    for axes, balancer in zip(grid.flat, balancers, strict=True):
        for place, method in enumerate(methods):
            gap = accuracy_gap(evidence, f"{method}/{balancer}", BASE)
            if gap is None or f"{method}/{balancer}" == BASE:
                continue
            axes.plot([gap.low, gap.high], [place, place], color=COLOURS[method], lw=2)
            axes.plot(gap.mean, place, MARKERS[balancer], color=COLOURS[method], ms=6, mec="white", mew=0.5)
        axes.axvline(0, color="#555555", lw=0.8)
        axes.set_title(name_of(balancer), fontsize=10)
    grid.flat[0].set_yticks(range(len(methods)), [name_of(method) for method in methods])
    grid.flat[0].invert_yaxis()
    figure.supxlabel("mean accuracy less that of dense + sum (percentage points)", fontsize=10)
    return figure
