"""Merging and removing, surgery, dropout: each against its alternative, the rest held fixed [singh, Sections 2.3-6]."""

from __future__ import annotations

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.distinctiveness.evidence import (
    TASK_NAMES,
    TASKS,
    THRESHOLD,
    comparison,
    side,
)
from mtlcore.report.measures import metric
from mtlcore.report.origin import note, opened, runs_of, unrecorded
from mtlcore.report.pairing import gap, shared_means

DISSIMILARITY = {"merge": "opposing pairs merged", "remove-both": "both nodes removed"}
SURGERY = {"pcgrad": ("PCGrad", "#009E73", "-"), "sum": ("gradients added", "#000000", "--")}
FEWER = {
    None: "One seed does not say whether surgery leaves fewer conflicts.",
    -1: "Surgery leaves fewer conflicts than there are without it.",
    0: "Whether surgery leaves fewer conflicts these seeds do not say: the interval covers nought.",
    1: "Surgery leaves more conflicts than there are without it.",
}
LARGER = {
    None: "one seed, which decides nothing",
    -1: "the nodes are less distinct with it",
    0: "the interval covers nought",
    1: "the nodes are more distinct with it",
}
DROPOUT = {"none": "no dropout", "dropout": "dropout of hidden nodes"}
MEASURED = {
    "accuracy": ("accuracy (%)", 1),
    "final_hidden": ("nodes left", 1),
    "similar": ("similar pairs", 1),
    "opposite": ("opposing pairs", 1),
    "minimum_angle_first": ("smallest angle, first epoch (°)", 1),
    "minimum_angle_last": ("last epoch (°)", 1),
}


def opposing_table(evidence: Evidence) -> Block:
    """Opposing pairs merged against both nodes removed: accuracy and nodes left."""
    columns = {key: MEASURED[key] for key in ("accuracy", "final_hidden", "similar", "opposite")}
    caption = "Opposing pairs merged, and both of their nodes removed"
    return comparison(evidence, columns, caption=caption, name="tbl-singh-opposing", rows=DISSIMILARITY)


def opposing_words(evidence: Evidence) -> Block:
    """What removing both nodes of an opposing pair costs, in nodes and in accuracy."""
    change = gap(evidence, "merge", "remove-both", "accuracy", 1)
    left = shared_means(evidence, tuple(DISSIMILARITY), "final_hidden")
    if not change or not left:
        return Block("")
    differ = round(left[0]) != round(left[1])
    nodes = f"Merging leaves {left[0]:.0f} nodes and removing both {left[1]:.0f}"
    return prose(
        f"""{opened(nodes, evidence)}; in accuracy merging is ahead by {change} points, paired by seed.
        {"The two end at different sizes, so that more than the way of pruning is compared." if differ else ""}"""
    )


def outputs_words(evidence: Evidence) -> Block:
    """How much all outputs change at a prune, weights moved or lost, beside what the bound says of one node."""
    merged, deleted = (metric(evidence, row, "output_change") for row in ("merge", "delete"))
    if not merged or not deleted:
        return prose("No prune of these runs removed a node, so that no output changed.")
    moved, lost = sum(merged) / len(merged), sum(deleted) / len(deleted)
    bound = math.sin(math.radians(THRESHOLD))
    return prose(
        f"""{opened("Right after a prune", evidence)} the outputs of all tasks differ by {percent(moved)} of their size
        where weights are moved, and by {percent(lost)} where they are lost: {percent(moved / lost)} of it.
        For a single node the bound is sin {THRESHOLD:g}°, {percent(bound)}; several merges in one prune can add up to
        more, or cancel."""
    )


def draw_conflicts(evidence: Evidence) -> Figure:
    """Share of pairs of tasks with opposing gradients over the epochs, with surgery and without; and the losses."""
    figure, (share, loss) = plt.subplots(1, 2, figsize=(8.6, 3.5))
    for row, (label, colour, dashes) in SURGERY.items():
        for axes, key in ((share, "conflict_share"), (loss, "val_loss")):
            found = curves(evidence.rows.get(row, []), key)
            epochs = np.arange(1, found.shape[1] + 1)
            draw_band(axes, epochs, found, row, color=colour, ls=dashes, label=label)
    share.set_ylabel("pairs of tasks in conflict (%)")
    share.set_ylim(0, None)
    loss.set_ylabel("validation loss (nats)")
    for axes in (share, loss):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    note(figure, runs_of(evidence))
    figure.legend(*share.get_legend_handles_labels(), loc="outside lower center", ncols=2, fontsize=9)
    return figure


def conflict_words(evidence: Evidence) -> Block:
    """Conflicts and accuracy with surgery and without."""
    shares = shared_means(evidence, tuple(SURGERY), "conflict_share")
    if not shares:
        return Block("")
    found = dict(zip(SURGERY, shares, strict=True))
    by_task = "; ".join(
        f"{TASK_NAMES[task]} {change}"
        for task in TASKS
        if (change := gap(evidence, "pcgrad", "sum", f"accuracy_{task}", 1))
    )
    return prose(
        f"""{opened("In the mean epoch", evidence)} {found["pcgrad"]:.0f} % of the pairs of tasks are in conflict with
        surgery and {found["sum"]:.0f} % without it: {gap(evidence, "pcgrad", "sum", "conflict_share", 1)} points,
        paired by seed.
        {FEWER[side(evidence, "pcgrad", "sum", "conflict_share")]}
        In accuracy, in points: {by_task}."""
    )


def dropout_table(evidence: Evidence) -> Block:
    """Nodes left, angles and accuracy with dropout and without."""
    columns = {key: MEASURED[key] for key in ("final_hidden", "minimum_angle_first", "minimum_angle_last", "accuracy")}
    caption = "Dropout of hidden nodes while the layer is pruned"
    return comparison(evidence, columns, caption=caption, name="tbl-singh-dropout", rows=DROPOUT)


def dropout_words(evidence: Evidence, unpruned: Evidence | None = None) -> Block:
    """What dropout does to the nodes that are left, and to the angles of nodes that are never pruned.

    Args:
        evidence: the study `dropout`.
        unpruned: the study `dropout-unpruned`.
    """
    nodes = gap(evidence, "dropout", "none", "final_hidden", 1)
    accuracy = gap(evidence, "dropout", "none", "accuracy", 1)
    if not nodes:
        return Block("")
    return prose(
        f"""{opened("Dropout changes", evidence)} the nodes left by {nodes} and the accuracy by {accuracy} points,
        paired by seed.
        {_unpruned(unpruned)}"""
    )


def _unpruned(evidence: Evidence | None) -> str:
    """Distinctiveness itself: the smallest angle at the end of runs that took no node away."""
    change = gap(evidence, "dropout", "none", "minimum_angle_last", 1) if evidence else ""
    if not evidence or not change:
        return ""
    runs = unrecorded(evidence)
    words = LARGER[side(evidence, "dropout", "none", "minimum_angle_last")]
    return f"""Where nothing is pruned{f" ({runs})" if runs else ""}, dropout changes the smallest angle after the last
        epoch by {change}°: {words}."""
