"""Losses over the epochs, what pruning does to them, and how many units it leaves [ge, Figs. 3 and 4]."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.directional.evidence import ANGLES, TASKS, repeats_baseline, signed, span
from mtlcore.report.directional.noise import printed
from mtlcore.report.figures import COLOURS
from mtlcore.report.measures import mean, metric
from mtlcore.report.origin import aside, note, runs_of
from mtlcore.results import Record

TRAINING, VALIDATION = "#7a828e", "#000000"
THIRD = "#eef1f4"


def draw_losses(evidence: Evidence, row: str = "chosen") -> Figure:
    """Fig. 3: the mean loss of both tasks in training and validation; beside it the same of each task.

    Older runs have not kept the training loss of each task; it is drawn where it is known.
    """
    figure, (both, each) = plt.subplots(1, 2, figsize=(8.6, 3.6))
    records = evidence.rows.get(row, [])
    for axes, names in (
        (both, {"loss": ("training", TRAINING, "--"), "val_loss": ("validation", VALIDATION, "-")}),
        (
            each,
            {f"val_loss_{task}": (f"{task}, validation", COLOURS[task], "-") for task in TASKS.values()}
            | {f"loss_{task}": (f"{task}, training", COLOURS[task], "--") for task in TASKS.values()},
        ),
    ):
        for name, (label, colour, dashes) in names.items():
            found = curves(records, name)
            draw_band(axes, np.arange(1, found.shape[1] + 1), found, row, color=colour, label=label, ls=dashes)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.legend(fontsize=9)
    both.set_ylabel("loss, mean of both tasks (nats)")
    each.set_ylabel("loss of a task (nats)")
    note(figure, runs_of(evidence))
    return figure


def losses_words(evidence: Evidence, row: str = "chosen") -> Block:
    """Whether the validation loss has converged, and how far the two losses are apart."""
    found = curves(evidence.rows.get(row, []), "val_loss").mean(0)
    tenth = max(1, len(found) // 10)
    fall = float(found[-1 - tenth] - found[-1])
    gap = mean(evidence, row, "loss_gap") or 0.0
    verb = "still falls" if fall > 0 else "no longer falls"
    kept = all(curves(evidence.rows.get(row, []), f"loss_{task}").size for task in TASKS.values())
    absent = "" if kept else "These runs have kept the training loss of both tasks together only."
    return prose(
        f"""In the last tenth of the epochs the validation loss {verb} ({signed(-fall, 3)} nats), and at the end it lies
        {signed(gap, 3)} nats from the training loss.
        An overfitted network would have a validation loss that rises and a wide gap.
        {absent}
        {aside(evidence)}"""
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
    note(figure, runs_of(evidence))
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
    """Fig. 4 in sentences: what the first pruning that takes units out does to the loss, and the units gone at the end.

    A run without a jump in its metrics has not measured it there; it is left out, and counted.
    """
    told = []
    names = {"nb-15": "At 15°", "nb-30": "At 30°", "nb-origin": "From the origin, at 30°,"}
    for row in _jump_rows(evidence):
        words = names[row]
        gone = metric(evidence, row, "neurons_pruned")
        pruned = [record.metrics for record in evidence.rows[row] if record.metrics.get("neurons_pruned")]
        jumps = [found["loss_jump"] for found in pruned if "loss_jump" in found]
        of = (
            f" (mean of {len(jumps)} of {len(pruned)} runs; older ones measured it where no unit went yet, and are out)"
        )
        changed = f"the first pruning changes the validation loss by {signed(statistics.fmean(jumps or [0]), 3)} nats"
        if not pruned:
            told.append(f"{words} nothing is pruned in any run, so that nothing can jump.")
        elif jumps:
            of = of if len(jumps) < len(pruned) else " on average"
            told.append(f"{words} {changed}{of}, and {span(gone, 0)} units are gone at the end.")
        else:
            told.append(f"{words} {span(gone, 0)} units are gone at the end; no run has measured the first jump.")
    return prose(" ".join((*told, aside(evidence) if told else "")).strip())


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
    words = f"From {ANGLES[0]}° to {ANGLES[-1]}°, on average over the seeds, {' and '.join(parts)}."
    if instead := repeats_baseline(evidence):
        words += (
            f" Weight Matrix is then {instead}, and whatever it gains, it does not gain by pruning. The document's own "
            "removes units at every threshold. It may have compared other vectors, or its longer training on the real "
            "features may have brought the weights nearer to each other; its text does not let us decide."
        )
    return prose(" ".join(filter(None, (words, _without_direction(evidence), aside(evidence)))))


def _without_direction(evidence: Evidence) -> str:
    """How many dead or constant units the prunings met, where the runs have counted them."""
    counts = [record.metrics["units_undefined"] for record in evidence.records if "units_undefined" in record.metrics]
    if not counts:
        return ""
    most = f"at most {max(counts):.0f} in a run" if any(counts) else "none in any run"
    return f"Dead or constant units have no angle and stay; the prunings met {most} ({len(counts)} runs counted them)."


def time_words(evidence: Evidence) -> Block:
    """What the times of Table 2 count, and what they say of two thirds."""
    rows = {method: [row for row in evidence.rows if row.startswith(f"{method}-")] for method in ("nb", "wm")}
    share = _share(rows, lambda row: mean(evidence, row, "time"))
    theirs = _share(rows, lambda row: printed("table-2", row, "time"))
    if share is None or theirs is None:
        return Block("")
    words = (
        f"The four rows of Weight Matrix together take {percent(share)} of the time of those of Neuron Behaviour; in "
        f"the document {percent(theirs)}."
    )
    config = next(record.config for row in rows["wm"] for record in evidence.rows[row])
    if before := config.get("pretraining"):
        after = config["epochs"]
        words += (
            f" Ours counts the {before} epochs before the pruning and the {after} behind it, so that all rows train as "
            "long; the document's leaves the pretraining out."
        )
        behind = _share(rows, lambda row: _seconds(evidence, row))
        if behind is not None:
            words += (
                f" Once the trained weights are there, what remains takes {percent(behind)}, because it is fewer "
                "epochs: this is no speed of the method."
            )
    elif (whole := _share(rows, lambda row: mean(evidence, row, "time_with_pretraining"))) is not None:
        words += f" Both leave its pretraining out; with it, ours is {percent(whole)}."
    return prose(f"{words} {aside(evidence)}".strip())


def _share(rows: Mapping[str, Sequence[str]], time: Callable[[str], float | None]) -> float | None:
    """The time of all rows of Weight Matrix over that of all rows of Neuron Behaviour; None where one is unknown."""
    weights, behaviour = ([time(row) for row in rows[method]] for method in ("wm", "nb"))
    known = [[value for value in values if value is not None] for values in (weights, behaviour)]
    if not weights or list(map(len, known)) != [len(weights), len(behaviour)] or not sum(known[1]):
        return None
    return sum(known[0]) / sum(known[1])


def _seconds(evidence: Evidence, row: str) -> float | None:
    """Seconds that the epochs of a row's own training took by the clock, mean of its runs; None where none says."""
    found = [sum(record.curves["seconds"]) for record in evidence.rows[row] if record.curves.get("seconds")]
    return statistics.fmean(found) if found else None


def _removed(by_angle: list[list[float]]) -> str:
    means = [sum(found) / len(found) for found in by_angle if found]
    if not any(means):
        return "no"
    return ", ".join(f"{value:.0f}" if value == round(value) else f"{value:.1f}" for value in means)


LITTLE = 1.25  # times as long: up to here a gain does not pay for what it takes


def stacking_words(speedup: float, networks: int) -> Block:
    """Whether the networks of a table are better trained as one, and what we do.

    Args:
        speedup: as `recipes.ge.stacking.speedup` measures it.
        networks: how many it was measured with.
    """
    cost = "On this machine that gives little away." if speedup < LITTLE else "On this machine that has its price."
    return prose(
        f"""The networks of a table could also train side by side, as one network that has them all (`StackedTwoTask`).
        Its first steps are those of each network alone, which a test checks, with masks and learning rates of their
        own.
        Measured just now on this machine, {networks} networks one after another take {speedup:.2f} times as long a step
        as side by side.
        We train them one by one: each run is then stored, continued and timed by itself, and processes share the cores.
        {cost}
        `python benchmarks/stacked.py` measures it with more rounds, also in half precision and, with `--device cuda`,
        on a GPU."""
    )
