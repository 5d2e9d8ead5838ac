"""The tables of the synthesis: methods, methods by balancers, methods together, and the rooms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mtlcore.recipes import Evidence
from mtlcore.recipes.synthesis.studies import PAIRS, SHARES, TRACED
from mtlcore.recipes.tran.config import TASKS
from mtlcore.report.block import Block
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import metric, told
from mtlcore.report.synthesis.evidence import (
    BASE,
    SHORT,
    Gap,
    accuracy_gap,
    balancers_in,
    gap_of,
    methods_in,
    missing,
    name_of,
    number,
)
from mtlcore.report.tables import table_of, where

SIGNS = {1: "▲", 0: "", -1: "▼"}


class Measure(NamedTuple):
    """A column: the metric, its title, what it is multiplied by, its decimals."""

    metric: str
    title: str
    scale: float = 1.0
    places: int = 1


DIGITS = (
    *(Measure(f"accuracy_{task}", f"{LABELS[task]} (%)", 100.0) for task in TASKS),
    Measure("accuracy", "mean (%)", 100.0),
    Measure("parameters", "parameters left (%)"),
    Measure("nonzero", "not zero (%)"),
    Measure("inference_ms", "inference (ms)"),
    Measure("speedup", "times as fast", places=2),
    Measure("seconds", "training (s)"),
)
ROOMS = (
    Measure("miou", "mIoU (%)", 100.0),
    Measure("angle", "normals (°)"),
    Measure("mae_metres", "depth (m)", places=2),
    Measure("compact_parameters", "backbone left (%)"),
    Measure("parameter_sparsity", "zero weights (%)"),
    Measure("inference_ms", "inference (ms)"),
    Measure("speedup", "times as fast", places=2),
    Measure("seconds", "training (s)"),
)


def methods_table(evidence: Evidence) -> Block:
    """Every method alone with the plain sum: all axes."""
    rows = [row for row, records in evidence.rows.items() if records and row.endswith("/sum")]
    caption = (
        f"Every method alone, losses added up, {where(evidence)}: mean ± sample standard deviation over the seeds. "
        "Parameters, inference and how much faster are those of the compacted network; inference is one batch."
    )
    return _measured(evidence, rows, DIGITS, caption, "methods")


def rooms_table(evidence: Evidence | None) -> Block:
    """The rows on NYU-v2."""
    if evidence is None:
        return missing("The second setting", "rooms")
    rows = [row for row, records in evidence.rows.items() if records]
    caption = (
        f"NYU-v2, three tasks from one thin backbone, {where(evidence)}: mean ± sample standard deviation over the "
        "seeds. Of the first column more is better, of the two after it less. Inference is that of the compacted "
        "backbone on one batch."
    )
    return _measured(evidence, rows, ROOMS, caption, "rooms")


def _measured(evidence: Evidence, rows: Sequence[str], measures: Sequence[Measure], caption: str, name: str) -> Block:
    body = [
        [
            name_of(row.partition("/")[0]),
            *(told([one.scale * value for value in metric(evidence, row, one.metric)], one.places) for one in measures),
        ]
        for row in rows
    ]
    return table_of(evidence, ["", *(one.title for one in measures)], body, caption=caption, name=f"tbl-{SHORT}-{name}")


def crossing_table(evidence: Evidence | None) -> Block:
    """Methods by balancers: the difference of the mean accuracy from the dense network with the plain sum."""
    if evidence is None:
        return missing("The crossing", "crossing")
    balancers = balancers_in(evidence)
    body = [
        [name_of(method), *(_cell(accuracy_gap(evidence, f"{method}/{one}", BASE)) for one in balancers)]
        for method in methods_in(evidence)
    ]
    rows = dict(zip(methods_in(evidence), body, strict=True))
    if "dense" in rows and "sum" in balancers:
        base = told([100 * value for value in metric(evidence, BASE, "accuracy")], 1)
        rows["dense"][1 + balancers.index("sum")] = f"{base} %"
    cells = len(methods_in(evidence)) * len(balancers) - 1
    caption = (
        f"Mean accuracy of the tasks less that of the dense network with the plain sum, percentage points, "
        f"{where(evidence)}; differences paired by seed with their 95 % intervals. ▲ and ▼ mark intervals on one side "
        f"of zero; of {cells} intervals about {math.ceil(0.05 * cells)} would lie there by chance alone."
    )
    return table_of(evidence, ["", *map(name_of, balancers)], body, caption=caption, name=f"tbl-{SHORT}-crossing")


def tasks_table(evidence: Evidence | None) -> Block:
    """What each balancer does to each task in the dense network, and to the time of training; empty without runs."""
    if evidence is None:
        return Block()
    body = []
    for balancer in balancers_in(evidence):
        row = f"dense/{balancer}"
        gaps = [gap_of(evidence, row, BASE, f"accuracy_{task}", 100.0) for task in TASKS]
        time = told(metric(evidence, row, "seconds"), 1)
        cells = ["–"] * len(TASKS) if row == BASE else [_cell(gap) for gap in gaps]
        body.append([name_of(balancer), *cells, time])
    caption = (
        "The dense network with each balancer: accuracy of each task less that with the plain sum, percentage points, "
        f"and seconds of training, {where(evidence)}."
    )
    header = ["", *(LABELS[task] for task in TASKS), "training (s)"]
    return table_of(evidence, header, body, caption=caption, name=f"tbl-{SHORT}-balancers")


def pairs_table(evidence: Evidence | None) -> Block:
    """Two methods together beside each alone: what is lost, what is left, and whether the losses add up."""
    if evidence is None:
        return missing("Two methods at once", "pairs")
    body, above = [], 0
    for pair in PAIRS:
        if not evidence.rows.get(f"{pair}/sum"):
            continue
        together = accuracy_gap(evidence, f"{pair}/sum", BASE)
        alone = [accuracy_gap(evidence, f"{part}/sum", BASE) for part in pair.split("+")]
        added = sum(gap.mean for gap in alone if gap)
        above += bool(together and together.mean > added)
        size = (f"{number(evidence, f'{row}/sum', 'parameters'):.0f}" for row in (*pair.split("+"), pair))
        first, second, both = size
        body.append(
            [
                name_of(pair),
                *(_cell(gap) for gap in alone),
                f"{added:+.1f}".replace("-", "−"),
                _cell(together),
                f"{first}, {second}: {both}",
                f"{number(evidence, f'{pair}/sum', 'speedup'):.2f}",
            ]
        )
    header = ["", "first alone", "second alone", "their sum", "together", "parameters left (%)", "times as fast"]
    caption = (
        f"Two methods at once, losses added up, {where(evidence)}: mean accuracy less that of the dense network, "
        f"percentage points. Where *together* is above *their sum*, one method takes in part what the other would have "
        f"taken: so it is in {above} of {len(body)}. Parameters left: of the first, of the second, and of both."
    )
    return table_of(evidence, header, body, caption=caption, name=f"tbl-{SHORT}-pairs")


def shares_table(evidence: Evidence | None) -> Block:
    """What is lost and left as more is taken; nothing without runs."""
    if evidence is None:
        return Block()
    known = [method for method in TRACED if any(evidence.rows.get(f"{method}/{share:g}") for share in SHARES)]
    body = []
    for method in known:
        rows = [f"{method}/{share:g}" for share in SHARES]
        left, speed = ([number(evidence, row, name) for row in rows] for name in ("parameters", "speedup"))
        body.append(
            [
                name_of(method),
                *(_cell(accuracy_gap(evidence, row, "dense")) for row in rows),
                ", ".join(f"{share:.0f}" for share in left),
                ", ".join(f"{times:.1f}" for times in speed),
            ]
        )
    taken = [f"{100 * share:.0f} %" for share in SHARES]
    caption = (
        f"Mean accuracy less that of the dense network as {', '.join(taken)} are taken, percentage points, "
        f"{where(evidence)}; parameters left, and how many times as fast the compacted network is (medians), at each."
    )
    return table_of(
        evidence,
        ["", *taken, "parameters left (%)", "times as fast"],
        body,
        caption=caption,
        name=f"tbl-{SHORT}-shares",
    )


def _cell(gap: Gap | None) -> str:
    return "–" if gap is None else f"{gap.told()} {SIGNS[gap.decided]}".strip()
