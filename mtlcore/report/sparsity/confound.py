"""Optimiser or sparsity: the published pair of optimisers against one for all rows."""

from __future__ import annotations

import statistics

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.studies import CONFOUNDED
from mtlcore.report.block import Block, prose
from mtlcore.report.measures import metric
from mtlcore.report.pairing import gap, paired
from mtlcore.report.sparsity.evidence import (
    ALL,
    MEASURES,
    ROOMS,
    SHORT,
    STRONG,
    WEAK,
    comparison,
    printed,
    short_name,
    tasks_name,
)

ARMS = {
    "published_dense": ("λ = 0, decay in the gradient", "#000000", "o"),
    "same_optimiser": ("λ = 0, the optimiser of the sparse rows", "#E69F00", "s"),
    f"sparse_{WEAK}": (f"λ = {WEAK}", "#56B4E9", "^"),
    f"sparse_{STRONG}": (f"λ = {STRONG}", "#0072B2", "D"),
}
COLUMNS = {
    "iou": ("IoU", 3),
    "cs": ("CS", 3),
    "mae": ("MAE", 3),
    "group_sparsity": ("zero groups (%)", 1),
    "parameter_sparsity": ("zero parameters (%)", 1),
}


def confound_reason() -> Block:
    """What in the printed Table 1 cannot come from zeros."""
    told = []
    for tasks in ROOMS:
        sparse, dense = f"{tasks}_{WEAK}", f"{tasks}_0"
        if printed("table-1", sparse, "group_sparsity"):
            continue
        for key, words in MEASURES.items():
            before, after = (printed("table-1", row, key) for row in (dense, sparse))
            if before is not None and after is not None:
                told.append(f"{words} of {tasks_name(tasks)} goes from {before:.4f} to {after:.4f}")
    return prose(
        f"""In the printed Table 1 some models at λ = {WEAK} have no zero at all, and differ from the dense ones all the
        same: {"; ".join(told)}.
        That is no effect of zeros; what remains is that the penalty shrinks weights, and the optimiser."""
    )


def draw_confound(evidence: Evidence) -> Figure:
    """Three measures by set of tasks and by optimiser; mean of the seeds, bar from lowest to highest."""
    figure, panels = plt.subplots(1, 3, figsize=(9.4, 3.6))
    for axes, (key, words) in zip(panels, MEASURES.items(), strict=True):
        _draw(axes, evidence, key)
        axes.set_title(f"{words}, {'lower' if key == 'mae' else 'higher'} is better", fontsize=9.5)
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=2, fontsize=8.5)
    return figure


def _draw(axes: Axes, evidence: Evidence, key: str) -> None:
    shown = [tasks for tasks in CONFOUNDED if any(metric(evidence, f"{tasks}/{arm}", key) for arm in ARMS)]
    for shift, (arm, (label, colour, mark)) in zip(np.linspace(-0.27, 0.27, len(ARMS)), ARMS.items(), strict=True):
        for place, tasks in enumerate(shown):
            values = metric(evidence, f"{tasks}/{arm}", key)
            if values:
                x = place + shift
                name = label if place == 0 else None
                axes.plot(x, statistics.fmean(values), mark, color=colour, ms=6, label=name)
                axes.plot([x, x], [min(values), max(values)], color=colour, lw=1.2)
    names = ["all three" if tasks == ALL else short_name(tasks).replace(" + ", "\n+ ") for tasks in shown]
    axes.set_xticks(range(len(shown)), names, fontsize=8.5)
    axes.set_xlim(-0.6, len(shown) - 0.4)
    axes.grid(axis="x", visible=False)


def confound_table(evidence: Evidence) -> Block:
    """The same as a table, with what is zero."""
    rows = {
        f"{tasks}/{arm}": f"{tasks_name(tasks)}: {label}" for tasks in CONFOUNDED for arm, (label, *_) in ARMS.items()
    }
    caption = "Dense with the published optimiser, dense with that of the sparse rows, and sparse"
    return comparison(evidence, COLUMNS, caption=caption, name=f"tbl-{SHORT}-confound", rows=rows)


def split(evidence: Evidence, tasks: str, measure: str) -> tuple[float, float] | None:
    """The mean gain of the sparse row over the published dense one in two parts: optimiser, then sparsity.

    None where no seed has all three rows.
    """
    optimiser = paired(evidence, f"{tasks}/same_optimiser", f"{tasks}/published_dense", measure)
    sparsity = paired(evidence, f"{tasks}/sparse_{STRONG}", f"{tasks}/same_optimiser", measure)
    if not optimiser or not sparsity:
        return None
    return statistics.fmean(optimiser), statistics.fmean(sparsity)


def confound_words(evidence: Evidence) -> Block:
    """The two parts of the gain, with their intervals, for every set of tasks and measure."""
    told = []
    for tasks in CONFOUNDED:
        parts = []
        for key, words in MEASURES.items():
            optimiser = gap(evidence, f"{tasks}/same_optimiser", f"{tasks}/published_dense", key, 3)
            sparsity = gap(evidence, f"{tasks}/sparse_{STRONG}", f"{tasks}/same_optimiser", key, 3)
            if optimiser and sparsity:
                parts.append(f"{words} {optimiser} by the optimiser and {sparsity} by sparsity")
        if parts:
            told.append(f"{tasks_name(tasks).capitalize()}: {'; '.join(parts)}")
    if not told:
        return Block("")
    return prose(
        f"""From the published dense row to λ = {STRONG} there are two steps, paired by seed.
        {". ".join(told)}.
        A gain in the first step is none of sparsity."""
    )
