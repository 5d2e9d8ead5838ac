"""What freezing saves of a step: figure, sentences and table [goutam]."""

from __future__ import annotations

from collections.abc import Sequence

import matplotlib.pyplot as plt
from matplotlib.figure import Figure

from mtlcore.recipes import Evidence
from mtlcore.recipes.goutam.cost import Point
from mtlcore.recipes.goutam.mnist import ROWS
from mtlcore.report.block import Block, percent, prose
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import metric, told
from mtlcore.report.tables import NAMES, table_of, where

ORDERS = {
    "prefix": ("#009E73", "from the front"),
    "suffix": ("#D55E00", "from the back"),
    "random": ("#666666", "random"),
}


def draw_cost(plain: Sequence[Point], normed: Sequence[Point], normed_frozen: Sequence[Point]) -> Figure:
    """Time saved against parameters frozen, measured and predicted, without and with batch normalisation."""
    figure, panels = plt.subplots(1, 2, figsize=(8.6, 4.1), sharex=True, sharey=True)
    for axes, points, title in zip(
        panels, (plain, normed), ("the document's network", "with batch normalisation"), strict=True
    ):
        axes.plot([0, 100], [0, 100], ls="--", lw=1, color="#999999")
        for order, (colour, label) in ORDERS.items():
            chosen = [point for point in points if point.order == order]
            x = [point.frozen for point in chosen]
            axes.scatter(x, [point.measured for point in chosen], s=26, color=colour, label=label, zorder=3)
            axes.scatter(x, [point.predicted for point in chosen], s=80, facecolors="none", edgecolors=colour, lw=1)
        axes.set_title(title, fontsize=10.5)
        axes.set_xlabel("parameters frozen (%)")
    crosses = [point for point in normed_frozen if point.order == "prefix"]
    panels[1].scatter(
        [point.frozen for point in crosses], [point.measured for point in crosses], marker="x", s=36, color="#009E73"
    )
    panels[0].set_ylabel("step time saved (%)")
    panels[0].legend(loc="upper left", title="layers frozen")
    return figure


def cost_words(
    plain: Sequence[Point], normed: Sequence[Point], normed_frozen: Sequence[Point], *, profile: str
) -> Block:
    """The figure of costs in sentences; `profile`: at which it was timed."""

    def point(points: Sequence[Point], order: str, layers: int) -> Point:
        return next(one for one in points if one.order == order and one.layers == layers)

    front, back = point(plain, "prefix", 3), point(plain, "suffix", 2)
    error = max(abs((100 - one.predicted) / (100 - one.measured) - 1) for one in plain if one.order == "prefix")
    saved = {
        "front": front.measured,
        "back": back.measured,
        "normed": point(normed, "prefix", 3).measured,
        "both": point(normed_frozen, "prefix", 3).measured,
    }
    told = {name: f"{value:.0f} %".replace("-", "−") for name, value in saved.items()}
    return prose(
        f"""Timed when the page was built (`{profile}`): freezing the first three layers, {front.frozen:.0f} % of the
        parameters, saves {told["front"]} of a step;
        freezing the last two, {back.frozen:.0f} % of the parameters, saves {told["back"]}.
        With batch normalisation left trainable the same three layers save {told["normed"]}, and {told["both"]} when it
        is frozen along.
        Over the prefixes of the document's network the predicted time of a step is off by up to {percent(error)} of the
        measured one; how much of that is the model's error and how much the timer's we have not told apart."""
    )


def cost_table(costs: Evidence) -> Block:
    """Per row of Table 1: frozen, backward FLOPs saved, wall time saved."""
    metrics = ("frozen", "backward_saved", "step_saved")
    rows = [[LABELS[row], *(told(metric(costs, row, one), 1) for one in metrics)] for row in ROWS if row in costs.rows]
    caption = (
        f"What the rows of Table 1 save in the epochs that freeze, {NAMES[costs.variant]}, mean ± sd ({where(costs)}): "
        "parameters frozen, backward FLOPs saved (counted), time of a training step saved (measured here)."
    )
    header = ["", "parameters frozen (%)", "backward FLOPs saved (%)", "step time saved (%)"]
    return table_of(costs, header, rows, caption=caption, name="tbl-goutam-cost")
