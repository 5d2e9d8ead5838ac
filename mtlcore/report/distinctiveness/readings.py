"""What the text leaves silent, and what it would have changed: pairs an epoch, activation, coefficient, penalty."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
from mtlcore.report.curves import curves, draw_band
from mtlcore.report.distinctiveness.constant import unlearned_words
from mtlcore.report.distinctiveness.evidence import (
    BACKBONES,
    HIDDEN,
    THRESHOLD,
    comparison,
    number,
    printed,
)
from mtlcore.report.measures import mean, metric
from mtlcore.report.origin import note, opened, runs_of
from mtlcore.report.pairing import gap, span

# the rows of the study `alternatives`; a variant has those of either coefficient and either penalty that it has not
ROWS = {
    "chosen": "until no pair is left (ours)",
    "from-start": "pruned from the first epoch on",
    "one-pair": "one pair an epoch",
    "disjoint": "all disjoint pairs",
    "relu-after": "ReLU behind the normalisation",
    "relu-between": "ReLU before the normalisation",
    "cosine": "weights moved times cos θ",
    "projection": "least-squares coefficient",
    "l2-in-loss": "ℓ2 in the loss",
    "decoupled": "ℓ2 decoupled",
}
COLUMNS = {
    "final_hidden": ("nodes left", 1),
    "similar": ("similar pairs", 1),
    "opposite": ("opposing pairs", 1),
    "accuracy": ("accuracy (%)", 1),
    "minimum_angle_last": ("smallest angle, last epoch (°)", 1),
    "output_change_merge": ("change of outputs at a prune", 2),
}
TAKES = {"chosen": ("#0072B2", "-"), "disjoint": ("#E69F00", "--"), "one-pair": ("#D55E00", ":")}


def draw_takes(evidence: Evidence) -> Figure:
    """Nodes and the smallest angle over the epochs, by how many pairs go at the end of each."""
    figure, (nodes, angle) = plt.subplots(1, 2, figsize=(8.6, 3.5))
    angle.axhspan(0, THRESHOLD, color="#e9e2cf", lw=0, zorder=0)
    for row, (colour, dashes) in TAKES.items():
        for axes, key in ((nodes, "hidden"), (angle, "minimum_angle")):
            found = curves(evidence.rows.get(row, []), key)
            epochs = np.arange(1, found.shape[1] + 1)
            draw_band(axes, epochs, found, row, color=colour, ls=dashes, label=ROWS[row])
    nodes.set_ylabel("nodes")
    nodes.set_ylim(0, HIDDEN + 4)
    angle.set_ylabel("smallest angle (°)")
    angle.set_ylim(0, None)
    for axes in (nodes, angle):
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    note(figure, runs_of(evidence))
    figure.legend(*nodes.get_legend_handles_labels(), loc="outside lower center", ncols=3, fontsize=9)
    return figure


def takes_words(evidence: Evidence) -> Block:
    """The consequence of the number of pairs, in sentences."""
    left = {row: value for row in TAKES if (value := mean(evidence, row, "final_hidden")) is not None}
    if not left:
        return Block("")
    told = "; ".join(f"{ROWS[row]}: {value:.0f}" for row, value in left.items())
    most = round(number("epochs"))
    sizes = [printed("table-2", row, "final_hidden") for row in BACKBONES]
    beyond = sum(size < HIDDEN - most for size in sizes)
    return prose(
        f"""{opened(f"The nodes left of {HIDDEN} are, {told}.", evidence)}
        {unlearned_words(evidence)}
        One pair an epoch cannot take more nodes than there are epochs, whatever the angles, and the final size then
        says how long one trained.
        In the document's {most} epochs it would leave at least {HIDDEN - most} nodes; {beyond} of its {len(sizes)}
        final sizes are smaller, and need several pairs an epoch."""
    )


def alternatives_table(evidence: Evidence) -> Block:
    """Nodes left, pairs, accuracy and angles under every reading."""
    caption = "Other readings of what the text leaves open"
    return comparison(evidence, COLUMNS, caption=caption, name="tbl-singh-alternatives", rows=ROWS)


def alternatives_words(evidence: Evidence) -> Block:
    """What the place of an activation does to opposing pairs, and what each reading does to the nodes left."""
    opposing = {row: metric(evidence, row, "opposite") for row in ("chosen", "relu-after", "relu-between")}
    parts = []
    if opposing["relu-after"]:
        found = (
            "some all the same" if any(opposing["relu-after"]) else "no opposing pair in any run, as the proof has it"
        )
        parts.append(f"With a ReLU behind the normalisation there is {found}.")
    if opposing["chosen"]:
        parts.append(f"Without an activation {span(opposing['chosen'], 0)} opposing pairs are pruned in a run.")
    told = "; ".join(
        f"{words} {change}"
        for row, words in ROWS.items()
        if row != "chosen" and (change := gap(evidence, row, "chosen", "final_hidden", 1))
    )
    if told:
        parts.append(f"Nodes left, against our reading and paired by seed: {told}.")
    return prose(opened(" ".join(parts), evidence) if parts else "")
