"""λ that follows a wanted sparsity, which the last paragraph of the document asks for."""

from __future__ import annotations

import statistics

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.studies import TARGETS
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves
from mtlcore.report.measures import metric
from mtlcore.report.origin import note, runs_of
from mtlcore.report.sparsity.evidence import SHORT, STRONG, comparison, gains

FIXED = "fixed_1e-5"
NAMES = {
    "fixed_0": "λ = 0",
    FIXED: f"λ = {STRONG}, fixed",
    **{row: f"scheduled to {wanted['wanted']:g} %" for row, wanted in TARGETS.items() if row.startswith("scheduled")},
    "learned_70": f"learnt as a multiplier, {TARGETS['learned_70']['wanted']:g} %",
    "l1_75": f"ℓ1 scheduled to {TARGETS['l1_75']['wanted']:g} % of the weights",
}
LOOKS = {
    FIXED: ("#000000", "-"),
    "scheduled_50": ("#56B4E9", "-"),
    "scheduled_70": ("#0072B2", "-"),
    "scheduled_90": ("#D55E00", "-"),
    "learned_70": ("#009E73", "--"),
}
COLUMNS = {
    "group_sparsity": ("zero groups (%)", 1),
    "parameter_sparsity": ("zero parameters (%)", 1),
    "iou": ("IoU", 3),
    "cs": ("CS", 3),
    "mae": ("MAE", 3),
    "compact_macs": ("multiplications left (%)", 0),
    "speedup": ("times as fast, compacted", 2),
}


def wanted_of(row: str) -> tuple[str, float]:
    """What a led row measures its sparsity by, and how much of it is wanted, %."""
    measure = "parameter_sparsity" if TARGETS[row].get("penalty") == "element" else "group_sparsity"
    return measure, float(TARGETS[row]["wanted"])


def draw_target(evidence: Evidence) -> Figure:
    """Sparsity and λ over the epochs; mean of the seeds, dotted what was wanted."""
    figure, (zeros, strengths) = plt.subplots(1, 2, figsize=(9.0, 3.6))
    for row, (colour, dashes) in LOOKS.items():
        for axes, key in ((zeros, "group_sparsity"), (strengths, "strength")):
            found = curves(evidence.rows.get(row, []), key)
            if found.size:
                _draw(axes, found, colour, dashes, NAMES[row])
        if row in TARGETS:
            zeros.axhline(wanted_of(row)[1], color=colour, lw=1, ls=":")
    zeros.set_ylabel("zero groups (%)", fontsize=9)
    zeros.set_ylim(-2, 102)
    strengths.set_ylabel("λ, as the optimiser takes it", fontsize=9)
    strengths.set_yscale("log")
    _widen(strengths)
    for axes in (zeros, strengths):
        axes.set_xlabel("epoch", fontsize=9)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    handles, labels = zeros.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8.5)
    note(figure, runs_of(evidence))
    return figure


def _widen(axes: Axes) -> None:
    """Room on a logarithmic axis whose values may all be the same."""
    values = np.concatenate([np.asarray(line.get_ydata(), dtype=float) for line in axes.lines] or [np.ones(1)])
    positive = values[values > 0]
    if positive.size:
        axes.set_ylim(positive.min() / 2, positive.max() * 2)


def _draw(axes: Axes, found: np.ndarray, colour: str, dashes: str, label: str) -> None:
    epochs = np.arange(1, found.shape[1] + 1)
    mark = "o" if len(epochs) == 1 else ""
    axes.plot(epochs, found.mean(0), dashes, marker=mark, color=colour, label=label)
    axes.set_xlim(0.6, len(epochs) + 0.4)
    if len(found) > 1:
        axes.fill_between(epochs, found.min(0), found.max(0), color=colour, alpha=0.14, lw=0)


def target_table(evidence: Evidence) -> Block:
    """What each way of choosing λ leads to."""
    caption = "The three-task model with λ fixed, and with λ led to a wanted sparsity"
    return comparison(evidence, COLUMNS, caption=caption, name=f"tbl-{SHORT}-target", rows=NAMES)


def target_words(evidence: Evidence) -> Block:
    """How near the led rows come to what was wanted, what that costs, and ℓ1 in the same metric beside groups."""
    missed = []
    for row in TARGETS:
        measure, wanted = wanted_of(row)
        values = metric(evidence, row, measure)
        if values:
            far = statistics.fmean(abs(value - wanted) for value in values)
            missed.append(f"{NAMES[row]}: {statistics.fmean(values):.0f} % reached, {far:.1f} points off on average")
    if not missed:
        return Block("")
    return prose(
        f"""What was wanted, and what came of it, mean of the seeds: {"; ".join(missed)}.
        {_differences(evidence, "scheduled_70", FIXED)}
        {_differences(evidence, "l1_75", "scheduled_70")}
        What is led is the sparsity that a user asks for; λ then follows from images, width and epochs."""
    )


def _differences(evidence: Evidence, left: str, right: str) -> str:
    told = gains(evidence, left, right)
    return f"Paired by seed, {NAMES[left]} less {NAMES[right]}: {told}." if told else ""
