"""The points of the audit that change a number, each with the size of its effect, measured or counted here."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping

from torch import nn

from mtlcore.recipes import Evidence
from mtlcore.recipes.upadhyay.inspection import Critical
from mtlcore.recipes.upadhyay.losses import CONSTANT
from mtlcore.report.block import Block, table
from mtlcore.report.curves import curves
from mtlcore.report.measures import mean
from mtlcore.report.sparsity.confound import split
from mtlcore.report.sparsity.evidence import ALL, MEASURES, SHORT, STRONG, TASK_NAMES
from mtlcore.report.sparsity.faces import sigmoid, steepest
from mtlcore.report.sparsity.layers import left_out
from mtlcore.report.sparsity.network import outline, published

Runs = Mapping[str, Evidence | None]
ROW = f"{ALL}_{STRONG}"


def effects_table(runs: Runs, found: Critical) -> Block:
    """What each point of the audit changes: study -> its runs, and the critical λ of a dense network."""
    table_1 = runs.get("table-1")
    rows = {
        "optimiser of the dense rows": _optimiser(runs.get("confound")),
        "proximal step: the document's Eq. 5, or weighted": _metric(found),
        "penalty in the loss too, by √C in place of √n": _penalty(),
        "weights of the losses never learnt": _weights(table_1),
        "zero channels counted as inputs, or as filters": _two(
            table_1, "group_sparsity", "filter_sparsity", "{:.1f} % of the inputs, {:.1f} % of the filters are zero"
        ),
        "zeros in place, or taken out": _two(
            table_1, "speedup_masked", "speedup", "{:.2f} times as fast with zeros, {:.2f} times without them"
        ),
        "IoU of all pixels, or mean over classes": _two(table_1, "iou", "miou", "{:.3f}, and {:.3f} on the same runs"),
        "depth as a share, or in metres": _two(table_1, "mae", "mae_metres", "{:.3f}, and {:.2f} m on the same runs"),
        "classifier with two sigmoids": _sigmoids(),
        "layers that Figure 3 leaves out": _layers(),
        "backbone run once a task": _passes(),
    }
    body = [[point, effect] for point, effect in rows.items() if effect]
    caption = (
        f"What points of the audit change, measured in the runs of this page (three tasks, λ = {STRONG}) or counted on "
        "the published network."
    )
    return table(["point", "effect"], body, caption=caption, name=f"tbl-{SHORT}-effects", words=True)


def _optimiser(evidence: Evidence | None) -> str:
    parts = {words: split(evidence, ALL, key) for key, words in MEASURES.items()} if evidence else {}
    told = [
        f"{words} {part[0]:+.3f} by the optimiser, {part[1]:+.3f} by sparsity" for words, part in parts.items() if part
    ]
    return "; ".join(told).replace("-", "−")


def _metric(found: Critical) -> str:
    ratio = float(found.identity.median() / found.adam.median())
    return f"the median channel is ended by a λ {ratio:,.0f} times smaller in the metric of Adam"


def penalty_ratios() -> list[float]:
    """√C / √n of every convolution of the published backbone: C its input channels, n the elements of one."""
    net = outline(published())
    layers = [module for module in net.backbone.modules() if isinstance(module, nn.Conv2d)]
    return [math.sqrt(layer.in_channels / (layer.weight.numel() // layer.in_channels)) for layer in layers]


def _penalty() -> str:
    ratios = penalty_ratios()
    return (
        "between layers the added penalty differs from the document's Eq. 3 by factors of "
        f"{min(ratios):.2f} to {max(ratios):.2f}"
    )


def _weights(evidence: Evidence | None) -> str:
    records = evidence.rows.get(ROW, []) if evidence else []
    told = []
    for task in ALL.split("_"):
        found = curves(records, f"weight_{task}")
        if found.size:
            told.append(f"{TASK_NAMES[task]} {statistics.fmean(found[:, -1].tolist()):.2f}")
    return f"learnt ones end at {', '.join(told)}; the published one stays {CONSTANT:.2f}" if told else ""


def _two(evidence: Evidence | None, one: str, other: str, words: str) -> str:
    """Two measures of the three-task row in a sentence; nothing where either is missing."""
    values = [mean(evidence, ROW, key) for key in (one, other)]
    return words.format(*values) if None not in values else ""


def _sigmoids() -> str:
    return (
        f"the loss sees probabilities of {sigmoid(0.0):.2f} to {sigmoid(1.0):.2f} only, and its gradient is at most "
        f"{steepest():.2f}, where behind one sigmoid it is up to 1"
    )


def _layers() -> str:
    skipped, whole = left_out()
    return f"{skipped:,} of {whole:,} input channels"


def _passes() -> str:
    tasks = len(published().tasks)
    return f"{tasks} passes in place of 1 in the three-task rows, and as many updates of running statistics"
