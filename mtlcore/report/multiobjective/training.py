"""Loss curves and running time of the training algorithms (Fig. 6) [tran]."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, prose, table
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.multiobjective.evidence import ROWS, TASKS, curves, draw_band, mean, metric, rows_of, told


def draw_training(evidence: Evidence) -> Figure:
    """Fig. 6: (a)-(c) test loss of the three tasks over the epochs, (d) the time of a step."""
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 6.2))
    rows = [row for row in ROWS if evidence.rows.get(row)]
    for place, letter, task in zip(axes.flat, "abc", TASKS, strict=False):
        for row in rows:
            _loss(place, evidence, row, task)
        place.set_yscale("log")
        place.yaxis.set_major_locator(plt.LogLocator(subs=(1, 2, 3, 5)))
        place.yaxis.set_major_formatter(plt.FuncFormatter(lambda value, _: f"{value:g}"))
        place.yaxis.set_minor_locator(plt.NullLocator())
        place.set_title(f"({letter}) {LABELS[task]}", fontsize=10.5)
        place.set_ylabel("test loss (nats)")
    _draw_time(axes[1, 1], evidence, rows)
    for place in axes.flat:
        place.set_xlabel("epoch")
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)))
    return figure


def _loss(axes: Axes, evidence: Evidence, row: str, task: str) -> None:
    found = curves(evidence.rows[row], f"loss_{task}")
    x = np.arange(1, found.shape[1] + 1)
    draw_band(axes, x, found, row)
    switch = switch_of(evidence, row)
    if found.size and switch is not None and 0 < switch <= found.shape[1]:
        epoch = round(switch)
        axes.plot(epoch, found.mean(0)[epoch - 1], "D", color=COLOURS[row], mec="white", ms=7, zorder=5)


def switch_of(evidence: Evidence, row: str) -> float | None:
    """Median of the epochs after which a row changed its algorithm; None where it did not in most runs."""
    switched = [epoch for epoch in metric(evidence, row, "switch_epoch") if epoch > 0]
    return float(np.median(switched)) if 2 * len(switched) > len(evidence.rows.get(row, [])) else None


def _draw_time(axes: Axes, evidence: Evidence, rows: Sequence[str]) -> None:
    """The time of a step over the epochs: what lies below a line is the time of its training."""
    for row in rows:
        found = 1000 * curves(evidence.rows[row], "step_seconds")
        if found.size:
            x = np.arange(found.shape[1] + 1)
            level = np.median(found, 0)
            style = "--" if row == "hybrid" else "-"  # it lies on others' lines
            axes.stairs(level, x, color=COLOURS[row], lw=2, ls=style, baseline=None, label=LABELS[row])
    axes.set_ylim(bottom=0)
    axes.set_ylabel("time of a step (ms)")
    axes.set_title("(d) running time", fontsize=10.5)


def epochs_to_common_loss(evidence: Evidence) -> dict[str, int]:
    """Epochs after which the mean test loss of every task is as low as that with which the worst row ends.

    Every row gets there, so that they can be compared: how long for the same result, not what in the same time.
    """
    rows = rows_of(evidence)
    losses = {row: [curves(evidence.rows[row], f"loss_{task}") for task in TASKS] for row in rows}
    known = {row: np.array([loss.mean(0) for loss in found]) for row, found in losses.items() if found[0].size}
    target = np.max([found[:, -1] for found in known.values()], axis=0) if known else np.array([])
    return {row: int((found <= target[:, None]).all(0).argmax()) + 1 for row, found in known.items()}


def time_table(evidence: Evidence, *, name: str) -> Block:
    """Time taken apart: milliseconds a step, steps, their product, and what it takes to a loss that all rows reach."""
    reached = epochs_to_common_loss(evidence)
    rows = []
    for row in rows_of(evidence):
        rows.append(
            [
                LABELS.get(row, row),
                told([1000 * value for value in metric(evidence, row, "step_seconds")], 1),
                told(metric(evidence, row, "slowdown")),
                told(metric(evidence, row, "steps")[:1], 0),
                told(metric(evidence, row, "seconds"), 1),
                str(reached.get(row, "–")),
                told(_seconds_until(evidence, row, reached.get(row, 0)), 1),
            ]
        )
    header = ["", "ms a step", "÷ averaging", "steps", "seconds in all", "epochs to the common loss", "seconds to it"]
    caption = (
        f"Running time taken apart: {evidence.profile} runs, {evidence.seeds} seeds, mean ± sd. A step includes all "
        "backward passes and the solver, not the evaluation. The common loss is, for each task, the highest with "
        "which any row ends, mean of the seeds."
    )
    return table(header, rows, caption=caption, name=name)


def _seconds_until(evidence: Evidence, row: str, epochs: int) -> list[float]:
    """Seconds of training that so many epochs took, one number a seed."""
    found = curves(evidence.rows[row], "step_seconds")
    steps = metric(evidence, row, "steps")
    if not epochs or not found.size or not steps:
        return []
    return [float(level[:epochs].sum() * steps[0] / found.shape[1]) for level in found]


def quality_table(evidence: Evidence, *, name: str, about: str) -> Block:
    """Accuracy and loss of every algorithm on every task after the last epoch."""
    rows: list[list[str]] = []
    for kind, scale, places, title in (("accuracy", 100, 2, "Accuracy (%)"), ("loss", 1, 4, "Test loss (nats)")):
        rows.append([title])
        rows += [
            [
                LABELS.get(row, row),
                *(told([scale * value for value in metric(evidence, row, f"{kind}_{task}")], places) for task in TASKS),
            ]
            for row in rows_of(evidence)
        ]
    caption = (
        f"{about} {evidence.profile} runs on {evidence.source} data, {evidence.seeds} seeds, last epoch, mean ± sd."
    )
    return table(["", *(LABELS[task] for task in TASKS)], rows, caption=caption, name=name)


def time_words(evidence: Evidence, *, solver: float) -> Block:
    """Where the time goes, in sentences.

    Args:
        evidence: runs of a balancing study, on separate inputs or on a shared one.
        solver: seconds that the exact solver takes for one Gramian on this machine.
    """
    slow = {row: mean(evidence, row, "slowdown") for row in rows_of(evidence)}
    step = mean(evidence, "averaging", "step_seconds")
    if not slow.get("mgda") or not step:
        return prose("Averaging or MGDA has no runs yet, so that their times cannot be compared.")
    shared = evidence.records[0].config.get("setting") == "shared"
    passes = _shared_passes(slow) if shared else _separate_passes(slow)
    return prose(
        f"""All algorithms take the same number of steps, so a difference in time is one of time per step.
        {passes}
        Solving the convex problem takes {1e6 * solver:.0f} µs for a shared block, {percent(solver / step, 2)} of a step
        of averaging.
        {_switch_words(evidence)}"""
    )


def _separate_passes(slow: Mapping[str, float | None]) -> str:
    others = _listed({row: slow.get(row) for row in ("gradnorm", "hybrid")})
    return (
        "With separate inputs every task has its own passes through the trunk, forward and back, whatever is made "
        f"of the gradients: a step of MGDA takes {slow['mgda']:.2f} times as long as one of averaging{others}."
    )


def _shared_passes(slow: Mapping[str, float | None]) -> str:
    others = _listed({row: slow.get(row) for row in ("gradnorm", "hybrid")})
    on_parameters = slow.get("mgda_parameters")
    full = f"takes {on_parameters:.2f} times as long" if on_parameters else "has no runs yet"
    return (
        "On a shared input averaging goes back through the trunk once, MGDA on parameters once a task: its step "
        f"{full}. On the representation only the heads are passed once a task, and a step of MGDA takes "
        f"{slow['mgda']:.2f} times as long{others}."
    )


def _listed(slow: Mapping[str, float | None]) -> str:
    return "".join(f", of {LABELS[row]} {value:.2f} times" for row, value in slow.items() if value)


def _switch_words(evidence: Evidence) -> str:
    if not evidence.rows.get("hybrid"):
        return ""
    switch = switch_of(evidence, "hybrid")
    if switch is None:
        return "In most runs the hybrid never changes to MGDA."
    return f"The hybrid changes from its first phase to MGDA after epoch {switch:g} (median)."
