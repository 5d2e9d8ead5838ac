"""Losses over the epochs, what pruning does to them, and how many units it leaves [ge, Figs. 3 and 4]."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.directional.evidence import ANGLES, repeats_baseline, signed, span
from mtlcore.report.figures import COLOURS
from mtlcore.report.measures import mean, metric
from mtlcore.results import Record

TRAINING, VALIDATION = "#7a828e", "#000000"
THIRD = "#eef1f4"


def draw_losses(evidence: Evidence, row: str = "chosen") -> Figure:
    """Fig. 3: the mean loss of both tasks in training and validation; beside it the validation loss of each task."""
    figure, (both, each) = plt.subplots(1, 2, figsize=(8.6, 3.6))
    records = evidence.rows.get(row, [])
    for axes, names in (
        (both, {"loss": ("training", TRAINING, "--"), "val_loss": ("validation", VALIDATION, "-")}),
        (each, {f"val_loss_{task}": (task, COLOURS[task], "-") for task in ("type", "colour")}),
    ):
        for name, (label, colour, dashes) in names.items():
            found = curves(records, name)
            draw_band(axes, np.arange(1, found.shape[1] + 1), found, row, color=colour, label=label, ls=dashes)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=9)
    both.set_ylabel("loss, mean of both tasks (nats)")
    each.set_ylabel("validation loss (nats)")
    return figure


def losses_words(evidence: Evidence, row: str = "chosen") -> Block:
    """Whether the validation loss has converged, and how far the two losses are apart."""
    found = curves(evidence.rows.get(row, []), "val_loss").mean(0)
    tenth = max(1, len(found) // 10)
    fall = float(found[-1 - tenth] - found[-1])
    gap = mean(evidence, row, "loss_gap") or 0.0
    verb = "still falls" if fall > 0 else "no longer falls"
    return prose(
        f"""In the last tenth of the epochs the validation loss {verb} ({signed(-fall, 3)} nats), and at the end it lies
        {signed(gap, 3)} nats from the training loss.
        An overfitted network would have a validation loss that rises and a wide gap."""
    )


JUMPS = {
    "nb-15": "similar below 15°",
    "nb-30": "similar below 30°",
    "nb-origin": "below 30°, from the origin",
}


def draw_jumps(evidence: Evidence, baseline: Evidence | None = None) -> Figure:
    """Fig. 4: losses of Neuron Behaviour at the narrowest and the widest angle, and the units that are left.

    Args:
        evidence: rows nb-15 and nb-30, and nb-origin, the widest angle measured as written, where there are runs of it.
        baseline: a study that has the unpruned baseline, for comparison.
    """
    rows = _jump_rows(evidence)
    figure, grid = plt.subplots(
        2, len(rows), figsize=(8.8, 4.8), sharex=True, sharey="row", height_ratios=(2, 1), squeeze=False
    )
    for (losses, units), row in zip(grid.T, rows, strict=True):
        _draw_jump(losses, units, evidence.rows[row], row)
        _draw_baseline(losses, baseline)
        losses.set_title(JUMPS[row], fontsize=10)
        units.set_xlabel("epoch")
        units.xaxis.set_major_locator(MaxNLocator(integer=True))
        units.set_ylim(0, None)
    grid[0, 0].set_ylabel("loss (nats)")
    grid[1, 0].set_ylabel("units left")
    figure.legend(*grid[0, 0].get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return figure


def _jump_rows(evidence: Evidence) -> list[str]:
    """The rows that have runs, without one that repeats another's: as written, all angles are from the origin."""
    keys = {row: [record.key for record in evidence.rows.get(row, [])] for row in JUMPS}
    return [row for row, own in keys.items() if own and not (row == "nb-origin" and own == keys["nb-30"])]


def _draw_jump(losses: Axes, units: Axes, records: Sequence[Record], row: str) -> None:
    length = curves(records, "val_loss").shape[1]
    for axes in (losses, units):  # the middle third, in which pruning is allowed
        axes.axvspan(math.ceil(length / 3) + 0.5, math.ceil(2 * length / 3) + 0.5, color=THIRD, lw=0, zorder=0)
    epochs = np.arange(1, length + 1)
    colour = COLOURS["neuron-behaviour"]
    draw_band(losses, epochs, curves(records, "loss"), row, color=colour, ls="--", lw=1.5, label="training")
    draw_band(losses, epochs, curves(records, "val_loss"), row, color=colour, label="validation")
    draw_band(units, epochs, curves(records, "alive"), row, color=colour, label="units")


def _draw_baseline(axes: Axes, baseline: Evidence | None) -> None:
    found = curves(baseline.rows.get("baseline", []), "val_loss") if baseline else np.empty((0, 0))
    if found.size:
        epochs = np.arange(1, found.shape[1] + 1)
        axes.plot(epochs, found.mean(0), color=COLOURS["baseline"], lw=1.2, ls=":", label="validation, baseline")


def jump_words(evidence: Evidence) -> Block:
    """Fig. 4 in sentences: the loss right after less right before the first pruning, and the units gone at the end."""
    told = []
    names = {"nb-15": "At 15°", "nb-30": "At 30°", "nb-origin": "From the origin, at 30°,"}
    for row in _jump_rows(evidence):
        words = names[row]
        jumps, gone = metric(evidence, row, "loss_jump"), metric(evidence, row, "neurons_pruned")
        if jumps and not any(gone):
            told.append(f"{words} nothing is pruned in any run, so that nothing can jump.")
        elif jumps:
            told.append(
                f"{words} the first pruning changes the validation loss by {signed(statistics.fmean(jumps), 3)} "
                f"nats on average, and {span(gone, 0)} units are gone at the end."
            )
    return prose(" ".join(told))


def pruned_words(evidence: Evidence) -> Block:
    """How many units each method removes, and what a method that removes none has done instead."""
    gone = {
        method: [metric(evidence, f"{method}-{angle}", "neurons_pruned") for angle in ANGLES] for method in ("nb", "wm")
    }
    parts = [
        f"{name} removes {_removed(gone[method])} units"
        for method, name in (("nb", "Neuron Behaviour"), ("wm", "Weight Matrix"))
        if any(gone[method])
    ]
    if not parts:
        return Block("")
    words = f"From {ANGLES[0]}° to {ANGLES[-1]}°, in the mean run, {' and '.join(parts)}."
    if instead := repeats_baseline(evidence):
        words += (
            f" Weight Matrix is then {instead}, and whatever it gains, it does not gain by pruning. The document's own "
            "removes units at every threshold, so that it must have compared other vectors than the incoming weights "
            "of a trained layer; its text does not say which."
        )
    return prose(words)


def _removed(by_angle: list[list[float]]) -> str:
    means = [sum(found) / len(found) for found in by_angle if found]
    if not any(means):
        return "no"
    return ", ".join(f"{value:.0f}" if value == round(value) else f"{value:.1f}" for value in means)
