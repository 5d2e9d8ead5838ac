"""Loss curves and step times of the training algorithms (Fig. 6) [tran]."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.multiobjective.evidence import ROWS, TASKS, curve_images, switch_of


def draw_training(evidence: Evidence) -> Figure:
    """Fig. 6: (a)-(c) test loss of the three tasks over the epochs, (d) the time of a step."""
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 6.2))
    rows = [row for row in ROWS if evidence.rows.get(row)]
    for place, letter, task in zip(axes.flat, "abc", TASKS, strict=False):
        for row in rows:
            _loss(place, evidence, row, task)
        _log_axis(place)
        place.set_title(f"({letter}) {LABELS[task]}", fontsize=10.5)
        place.set_ylabel(f"test loss (nats){_first_images(evidence)}")
    _draw_time(axes[1, 1], evidence, rows)
    for place in axes.flat:
        place.set_xlabel("epoch")
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)))
    return figure


def _first_images(evidence: Evidence) -> str:
    """For an axis: that the curves are of some of the test images only."""
    sizes = curve_images(evidence)
    return f",\nfirst {sizes[0]:,} test images" if sizes and sizes[0] < sizes[1] else ""


def _log_axis(axes: Axes) -> None:
    """A logarithmic axis with a handful of round numbers on it, however little of a decade it spans."""
    axes.set_yscale("log")
    low, high = axes.get_ylim()
    if high < 4 * low:
        ticks = [float(tick) for tick in MaxNLocator(5).tick_values(low, high)]
    else:
        ticks = [digit * 10.0**power for power in range(-6, 3) for digit in (1, 2, 5)]
    ticks = [tick for tick in ticks if low <= tick <= high]
    axes.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.minorticks_off()


def _loss(axes: Axes, evidence: Evidence, row: str, task: str) -> None:
    found = curves(evidence.rows[row], f"loss_{task}")
    x = np.arange(1, found.shape[1] + 1)
    draw_band(axes, x, found, row)
    switch = switch_of(evidence, row)
    if found.size and switch is not None and 0 < switch <= found.shape[1]:
        epoch = round(switch)
        axes.plot(epoch, found.mean(0)[epoch - 1], "D", color=COLOURS[row], mec="white", ms=7, zorder=5)


def _draw_time(axes: Axes, evidence: Evidence, rows: Sequence[str]) -> None:
    """The time of a step over the epochs: what lies below a line is the time of its training."""
    highest = 0.0
    for row in rows:
        found = 1000 * curves(evidence.rows[row], "step_seconds")
        if found.size:
            x = np.arange(found.shape[1] + 1)
            level = np.median(found, 0)
            highest = max(highest, float(level.max()))
            style = "--" if row == "hybrid" else "-"  # it lies on others' lines
            axes.stairs(level, x, color=COLOURS[row], lw=2, ls=style, baseline=None, label=LABELS[row])
    axes.set_ylim(0, 1.15 * highest or 1.0)
    axes.set_ylabel("time of a step (ms)")
    axes.set_title("(d) running time", fontsize=10.5)
