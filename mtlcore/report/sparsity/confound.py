"""Optimiser or sparsity: the published pair of optimisers against one for all rows."""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.config import Config, distance
from mtlcore.recipes.upadhyay.studies import CONFOUNDED
from mtlcore.report.block import Block, prose
from mtlcore.report.measures import mean, metric
from mtlcore.report.origin import note, runs_of
from mtlcore.report.pairing import gap, paired
from mtlcore.report.sparsity.evidence import (
    ALL,
    MEASURES,
    ROOMS,
    SHORT,
    STRONG,
    WEAK,
    alike,
    comparison,
    level,
    printed,
    short_name,
    tasks_name,
)
from mtlcore.report.sparsity.path import emptied, learns_nothing

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


def draw_confound(evidence: Evidence, path: Evidence | None = None) -> Figure:
    """Three measures by set of tasks and by optimiser; mean of the seeds, bar from lowest to highest.

    Args:
        evidence: the runs.
        path: runs over λ; where a λ empties the backbone, a dotted line is what that scores.
    """
    strength = emptied(path) if path and alike(evidence, path) else None
    figure, panels = plt.subplots(1, 3, figsize=(9.4, 3.6))
    for axes, (key, words) in zip(panels, MEASURES.items(), strict=True):
        _draw(axes, evidence, key)
        floor = mean(path, f"l{strength}", key)
        if floor is not None:
            axes.axhline(floor, color="#555555", lw=1, ls=":", label="an answer that ignores the image")
        axes.set_title(f"{words}, {'lower' if key == 'mae' else 'higher'} is better", fontsize=9.5)
    handles, labels = panels[0].get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8.5)
    note(figure, runs_of(evidence))
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
    rows = {f"{tasks}/{arm}": label for tasks in CONFOUNDED for arm, (label, *_) in ARMS.items()}
    groups = {tasks: tasks_name(tasks) for tasks in CONFOUNDED}
    caption = "Dense with the published optimiser, dense with that of the sparse rows, and sparse"
    return comparison(evidence, COLUMNS, caption=caption, name=f"tbl-{SHORT}-confound", rows=rows, groups=groups)


def split(evidence: Evidence, tasks: str, measure: str) -> tuple[float, float] | None:
    """The mean gain of the sparse row over the published dense one in two parts: optimiser, then sparsity.

    None where no seed has all three rows.
    """
    optimiser = paired(evidence, f"{tasks}/same_optimiser", f"{tasks}/published_dense", measure)
    sparsity = paired(evidence, f"{tasks}/sparse_{STRONG}", f"{tasks}/same_optimiser", measure)
    if not optimiser or not sparsity:
        return None
    return statistics.fmean(optimiser), statistics.fmean(sparsity)


def untrained(evidence: Evidence | None, path: Evidence | None, tasks: str = ALL) -> bool:
    """Whether the published dense optimiser learns nothing here, so that no distance to it is one of optimisers.

    Args:
        evidence: the runs of the confound.
        path: runs over λ, for the floor.
        tasks: of which row.
    """
    return evidence is not None and learns_nothing(evidence, f"{tasks}/published_dense", path)


def same_answer(evidence: Evidence, rows: Sequence[str]) -> float | None:
    """The one IoU of all runs of some rows, to the last digit: they say the same of every image; None for others."""
    values = [value for row in rows for value in metric(evidence, row, "iou")]
    return values[0] if len(values) > 1 and max(values) - min(values) < 1e-9 else None


def untrained_short(evidence: Evidence, path: Evidence) -> str:
    """What the published dense row scores where it learns nothing, beside the floor: `IoU 0.165 against 0.224, ...`."""
    row, floor = f"{ALL}/published_dense", f"l{emptied(path)}"
    return ", ".join(
        f"{words} {level(evidence, row, key)} against {level(path, floor, key)}"
        for key, words in MEASURES.items()
        if metric(evidence, row, key)
    )


def by_sparsity(evidence: Evidence, tasks: str, places: int = 3) -> str:
    """What the penalty changes under one optimiser, with intervals: `IoU +0.004 [...], CS ...`."""
    parts = {
        words: gap(evidence, f"{tasks}/sparse_{STRONG}", f"{tasks}/same_optimiser", key, places)
        for key, words in MEASURES.items()
    }
    return ", ".join(f"{words} {found}" for words, found in parts.items() if found)


def confound_words(evidence: Evidence, path: Evidence | None = None) -> Block:
    """The two parts of the gain, with their intervals, for every set of tasks and measure.

    Args:
        evidence: the runs.
        path: runs over λ. Sets of tasks whose published dense row is no better than an empty backbone of theirs are
            told apart from the others, as their distance to it is none of optimisers.
    """
    told = []
    nothing = [tasks for tasks in CONFOUNDED if untrained(evidence, path, tasks)]
    for tasks in CONFOUNDED:
        parts = []
        for key, words in MEASURES.items():
            optimiser = gap(evidence, f"{tasks}/same_optimiser", f"{tasks}/published_dense", key, 3)
            sparsity = gap(evidence, f"{tasks}/sparse_{STRONG}", f"{tasks}/same_optimiser", key, 3)
            if optimiser and sparsity:
                first = "" if tasks in nothing else f"{optimiser} by the optimiser and "
                parts.append(f"{words} {first}{sparsity} by sparsity")
        if parts:
            told.append(f"{tasks_name(tasks).capitalize()}: {'; '.join(parts)}")
    if not told:
        return Block("")
    steps = "the second alone can be measured" if len(nothing) == len(told) else "each is told where it can be measured"
    steps = f"; {steps}" if nothing else ""
    end = "" if len(nothing) == len(told) else "A gain in the first step is none of sparsity."
    return prose(
        f"""From the published dense row to λ = {STRONG} there are two steps, paired by seed{steps}.
        {_nothing(evidence, path, nothing) if path and nothing else ""}
        {". ".join(told)}.
        {end}"""
    )


def _nothing(evidence: Evidence, path: Evidence, sets: Sequence[str]) -> str:
    """Which published dense rows learn nothing, how that is seen, and what may bring it about."""
    rows = [f"{tasks}/published_dense" for tasks in sets]
    runs = sum(len(evidence.rows.get(row, [])) for row in rows)
    one = same_answer(evidence, rows)
    everywhere = (
        f"All {runs} runs have the same IoU to the last digit, {one:.3f}: they answer one class everywhere. "
        if one is not None
        else ""
    )
    strength = emptied(path)
    floor = ", ".join(f"{words} {level(path, f'l{strength}', key)}" for key, words in MEASURES.items())
    where = ", ".join(tasks_name(tasks) for tasks in sets)
    return (
        f"**The published dense optimiser learns nothing here** ({where}). {everywhere}No measure is better than "
        f"that of a backbone without a weight ({floor}). So the distance from it to the other rows is no measure "
        f"of the optimiser at the document's length. {reach_words(evidence)}"
    )


def reach_words(evidence: Evidence) -> str:
    """How far an optimiser can take a weight in these runs and in the document's, under the same decay."""
    full = {field.name: field.default for field in dataclasses.fields(Config)}
    here = full | evidence.records[0].config
    return (
        f"Our learning rate is scaled with the length of the runs, the decay is not: learning rate times steps is "
        f"{distance(here):.2f} here and {distance(full):.2f} at full, the decay {here['weight_decay']:g} in both. "
        "That may be why: inside the gradient the decay is divided by √v as the gradient is, and where the losses pull "
        "less than it, it moves a weight by about the learning rate in a step."
    )
