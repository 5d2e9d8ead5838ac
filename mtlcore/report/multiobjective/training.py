"""Loss curves, step times and final scores of the training algorithms (Fig. 6) [tran]."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.measures import mean, metric, rows_with_runs, told
from mtlcore.report.multiobjective.evidence import ROWS, TASKS, coefficients, switch_of
from mtlcore.report.tables import table_of


def draw_training(evidence: Evidence) -> Figure:
    """Fig. 6: (a)-(c) test loss of the three tasks over the epochs, (d) the time of a step."""
    figure, axes = plt.subplots(2, 2, figsize=(8.6, 6.2))
    rows = [row for row in ROWS if evidence.rows.get(row)]
    for place, letter, task in zip(axes.flat, "abc", TASKS, strict=False):
        for row in rows:
            _loss(place, evidence, row, task)
        _log_axis(place)
        place.set_title(f"({letter}) {LABELS[task]}", fontsize=10.5)
        place.set_ylabel("test loss (nats)")
    _draw_time(axes[1, 1], evidence, rows)
    for place in axes.flat:
        place.set_xlabel("epoch")
        place.xaxis.set_major_locator(MaxNLocator(integer=True))
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, len(labels)))
    return figure


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
            for row in rows_with_runs(evidence, ROWS)
        ]
    caption = (
        f"{about} {evidence.profile} runs on {evidence.source} data, {evidence.seeds} seeds, last epoch, mean ± sd."
    )
    return table_of(evidence, ["", *(LABELS[task] for task in TASKS)], rows, caption=caption, name=name)


def quality_words(evidence: Evidence) -> Block:
    """Which algorithm of the thesis ends lowest and highest on each task, and whom MGDA's coefficients favour."""
    told = []
    for task in TASKS:
        ends = {row: loss for row in ROWS if (loss := mean(evidence, row, f"loss_{task}")) is not None}
        if len(ends) > 1:
            low, high = min(ends, key=ends.__getitem__), max(ends, key=ends.__getitem__)
            told.append(f"on {LABELS[task]} {LABELS[low]} ends lowest and {LABELS[high]} highest")
    shares = ", ".join(f"{LABELS[task]} {weight:.2f}" for task, weight in coefficients(evidence).items())
    favour = f" MGDA's coefficients, mean over all steps and seeds: {shares}." if shares else ""
    sentence = "; ".join(told)
    return prose(f"{sentence[:1].upper()}{sentence[1:]}.{favour}" if told else "There are too few runs to compare.")
