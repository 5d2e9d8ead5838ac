"""Curves over epochs: the mean of the seeds as a line, their range as a band, one colour a row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from mtlcore.recipes import Evidence
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.measures import rows_with_runs
from mtlcore.results import Record


def curves(records: Iterable[Record], name: str) -> NDArray[np.float64]:
    """A curve of every record that has it, (records, epochs); runs of unequal length are cut to the shortest."""
    found = [record.curves[name] for record in records if record.curves.get(name)]
    length = min((len(curve) for curve in found), default=0)
    return np.array([curve[:length] for curve in found]).reshape(len(found), length)


def draw_band(
    axes: Axes, x: Sequence[float] | NDArray[Any], found: NDArray[np.float64], row: str, **style: Any
) -> None:
    """The mean of curves (seeds, n) over x (n,) as a line, and their range as a band, in the row's colour.

    Args:
        axes: to draw into.
        x, found: as above; nothing is drawn of no curves.
        row: whose colour and name to take.
        style: of the line, in matplotlib's words; `color` and `label` go before the row's own.
    """
    if not found.size:
        return
    options = {"color": COLOURS.get(row), "label": LABELS.get(row, row), **style}
    (line,) = axes.plot(x, found.mean(0), **options)
    if len(found) > 1:
        axes.fill_between(x, found.min(0), found.max(0), color=line.get_color(), alpha=0.14, lw=0)


def draw_learning_curves(
    evidence: Evidence,
    metrics: Mapping[str, str],
    rows: Sequence[str] = (),
    *,
    scale: float = 1.0,
    around: str | None = None,
    room: tuple[float, float] = (1.0, 0.5),
) -> Figure:
    """Curves of some rows over the epochs, a panel a metric.

    Args:
        evidence: the runs.
        metrics: curve of a record -> label of its axis, with its unit.
        rows: which to draw, in this order; none takes all that have runs.
        scale: what the curves are multiplied by: 100 shows shares as percentages.
        around: a row; beside each panel stands the same one enlarged around this row, its first epoch left out.
        room: below and above that row, in the unit of the axis.
    """
    drawn = [row for row in rows_with_runs(evidence, rows) if not rows or row in rows]
    wide = 2 if around or len(metrics) > 1 else 1
    panels = len(metrics) * (2 if around else 1)
    high = -(-panels // wide)
    figure, grid = plt.subplots(high, wide, figsize=(4.3 * wide, 3.6 * high), squeeze=False)
    places = iter(grid.flat)
    for name, label in metrics.items():
        axes = next(places)
        _draw_panel(axes, evidence, name, drawn, scale)
        axes.set_ylabel(label)
        if around:
            axes = next(places)
            _draw_panel(axes, evidence, name, drawn, scale)
            near = scale * curves(evidence.rows.get(around, []), name)
            later = near[:, 1:] if near.shape[1] > 1 else near
            if later.size:
                axes.set_ylim(later.min() - room[0], later.max() + room[1])
            axes.set_title(f"enlarged around {LABELS.get(around, around)}", fontsize=10)
    for axes in places:
        axes.remove()
    handles, labels = grid.flat[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=min(3, len(labels)), fontsize=9)
    return figure


def _draw_panel(axes: Axes, evidence: Evidence, name: str, rows: Sequence[str], scale: float) -> None:
    for row in rows:
        found = scale * curves(evidence.rows[row], name)
        draw_band(axes, np.arange(1, found.shape[1] + 1), found, row)
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
