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
from mtlcore.report.measures import metric
from mtlcore.report.synthesis.evidence import (
    BASE,
    COLOURS,
    MARKERS,
    accuracy_gap,
    balancers_in,
    methods_in,
    name_of,
)

AXES = {
    "parameters": "parameters left (% of the dense network)",
    "inference_ms": "inference of one batch, compacted (ms)",
    "seconds": "training (s)",
}


class Point(NamedTuple):
    """A row in a picture: its cost and its mean accuracy (%), means over the seeds, and their standard deviations."""

    row: str
    cost: float
    accuracy: float
    spread: tuple[float, float] = (0.0, 0.0)


def points(evidence: Evidence, cost: str, rows: Sequence[str] = ()) -> list[Point]:
    """The rows that have runs, or those of some rows that have."""
    found = []
    for row in rows or evidence.rows:
        costs, shares = metric(evidence, row, cost), [100 * value for value in metric(evidence, row, "accuracy")]
        if costs and shares:
            spread = (float(np.std(costs, ddof=1)), float(np.std(shares, ddof=1))) if len(costs) > 1 else (0.0, 0.0)
            found.append(Point(row, float(np.mean(costs)), float(np.mean(shares)), spread))
    return found


def front(found: Sequence[Point]) -> list[Point]:
    """The points that no other dominates, by rising cost: none is at most as dear and at least as accurate.

    >>> [one.row for one in front([Point("a", 1, 90), Point("b", 2, 80), Point("c", 3, 95)])]
    ['a', 'c']
    """
    best, kept = -math.inf, []
    for point in sorted(found, key=lambda one: (one.cost, -one.accuracy)):
        if point.accuracy > best:
            kept.append(point)
            best = point.accuracy
    return kept


def draw_pareto(evidence: Evidence, costs: Sequence[str] = ("parameters", "inference_ms")) -> Figure:
    """Mean accuracy against costs, a panel each; the front as steps, standard deviations over the seeds as bars."""
    figure, grid = plt.subplots(1, len(costs), figsize=(4.2 * len(costs), 4.2), squeeze=False, sharey=True)
    for axes, cost in zip(grid.flat, costs, strict=True):
        found = points(evidence, cost)
        for point in found:
            method, _, second = point.row.partition("/")
            _draw_point(axes, point, method, MARKERS.get(second, "o"))
        best = front(found)
        axes.step([p.cost for p in best], [p.accuracy for p in best], where="post", color="#bbbbbb", lw=1.2, zorder=0)
        axes.set_xlabel(AXES[cost])
    grid.flat[0].set_ylabel("mean accuracy of the tasks (%)")
    _legend(figure, evidence)
    return figure


def _draw_point(axes: Axes, point: Point, method: str, marker: str) -> None:
    across, along = point.spread
    colour = COLOURS.get(method, "#555555")
    axes.errorbar(
        point.cost,
        point.accuracy,
        yerr=along,
        xerr=across,
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


def draw_shares(evidence: Evidence, costs: Sequence[str] = ("parameters", "inference_ms")) -> Figure:
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
