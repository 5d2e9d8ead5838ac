"""The tables of the synthesis: methods, methods by balancers, methods together, and the rooms."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence
from typing import NamedTuple

from mtlcore.recipes import Evidence
from mtlcore.recipes.synthesis.studies import PAIRS, SHARES, TRACED
from mtlcore.recipes.tran.config import TASKS
from mtlcore.report.block import Block, folded
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import metric, told
from mtlcore.report.synthesis.evidence import (
    BASE,
    SHORT,
    TIE,
    TIMES,
    Gap,
    accuracy_gap,
    balancers_in,
    floor_of,
    gap_of,
    methods_in,
    missing,
    name_of,
    number,
    overlap,
)
from mtlcore.report.synthesis.figures import plain
from mtlcore.report.tables import table_of, where

SIGNS = {1: "▲", 0: "", -1: "▼"}
MEDIAN = (
    "How many times as fast is the median over the seeds, with the lowest and the highest, of the compacted network "
    "against the dense one timed beside it"
)


class Measure(NamedTuple):
    """A column: the metric, its title, what it is multiplied by, its decimals."""

    metric: str
    title: str
    scale: float = 1.0
    places: int = 1


DIGITS = (
    Measure("accuracy", "mean accuracy (%)", 100.0),
    Measure("parameters", "parameters left (%)"),
    Measure("nonzero", "not zero (%)"),
    Measure("speedup", "times as fast", places=2),
    Measure("seconds", "training (s)"),
)
EACH_TASK = tuple(Measure(f"accuracy_{task}", f"{LABELS[task]} (%)", 100.0) for task in TASKS)
ROOMS = (
    Measure("miou", "mIoU (%)", 100.0),
    Measure("angle", "normals (°)"),
    Measure("mae_metres", "depth (m)", places=2),
    Measure("compact_parameters", "backbone left (%)", places=0),
    Measure("parameter_sparsity", "zero weights (%)", places=0),
    Measure("speedup", "times as fast", places=2),
    Measure("seconds", "training (s)"),
)


def methods_table(evidence: Evidence) -> Block:
    """Every method alone with the plain sum: all axes, and folded away each task."""
    rows = [row for row in plain(evidence) if evidence.rows[row]]
    alone = dataclasses.replace(evidence, study="methods", rows={row: evidence.rows[row] for row in rows})
    over = f"{where(alone)}: mean ± sample standard deviation over the seeds"
    caption = (
        f"Every method alone, losses added up, {over}. Parameters and speed are those of the compacted network. "
        f"{MEDIAN}; one batch takes the dense one {number(alone, BASE, 'inference_ms'):.1f} ms."
    )
    each = f"Every method alone, losses added up: accuracy of each task, {over}."
    return _measured(alone, rows, DIGITS, caption, "methods") + folded(
        "Each task of its own", _measured(alone, rows, EACH_TASK, each, "tasks")
    )


def rooms_table(evidence: Evidence | None, path: Evidence | None = None) -> Block:
    """The rows on NYU-v2; below them, from the runs of the document's λ, an answer that ignores the image."""
    if evidence is None:
        return missing("The second setting", "rooms")
    rows = [row for row, records in evidence.rows.items() if records]
    caption = (
        f"NYU-v2, three tasks from one thin backbone, {where(evidence)}: mean ± sample standard deviation over the "
        f"seeds. Of the first column more is better, of the two after it less. {MEDIAN}; one batch takes the dense "
        f"one {number(evidence, 'dense', 'inference_ms'):.1f} ms."
    )
    floor = floor_of(evidence, path)
    if path is None or not floor:
        return _measured(evidence, rows, ROOMS, caption, "rooms")
    tested = {record.config.get("test_images") for record in path.rows[floor]}
    caption += (
        f" The last row is a network of the document's chapter whose backbone is empty ({where(path)}, on "
        f"{', '.join(f'{n:,}' for n in sorted(filter(None, tested)))} test images): what can be had without looking."
    )
    answers = {"miou", "angle", "mae_metres"}
    last = [
        _told(one, [one.scale * value for value in metric(path, floor, one.metric)]) if one.metric in answers else "–"
        for one in ROOMS
    ]
    return _measured(evidence, rows, ROOMS, caption, "rooms", ("ignoring the image", *last), path)


def _measured(
    evidence: Evidence,
    rows: Sequence[str],
    measures: Sequence[Measure],
    caption: str,
    name: str,
    last: Sequence[str] = (),
    of: Evidence | None = None,
) -> Block:
    """Rows in some measures; below them a last row of other runs."""
    body = [
        [
            name_of(row.partition("/")[0]),
            *(_told(one, [one.scale * value for value in metric(evidence, row, one.metric)]) for one in measures),
        ]
        for row in rows
    ]
    body += [list(last)] if last else []
    header = ["", *(one.title for one in measures)]
    return table_of(evidence, header, body, caption=caption, name=f"tbl-{SHORT}-{name}", last=of)


def _told(measure: Measure, values: Sequence[float]) -> str:
    """Mean ± deviation, the mean alone where all seeds agree; of times the median, lowest and highest."""
    if not values:
        return "–"
    if measure.metric in TIMES:
        middle, low, high = (
            f"{value:.{measure.places}f}" for value in (statistics.median(values), min(values), max(values))
        )
        return middle if len(values) == 1 else f"{middle} ({low}{TIE}to{TIE}{high})"
    alike = max(values) - min(values) < 10**-measure.places / 1000
    return told(values[:1] if alike else values, measure.places).replace(" ", TIE)


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
        rows["dense"][1 + balancers.index("sum")] = f"{base} %".replace(" ", TIE)
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
        time = told(metric(evidence, row, "seconds"), 1).replace(" ", TIE)
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
    body = []
    for pair in PAIRS:
        if not evidence.rows.get(f"{pair}/sum"):
            continue
        together = accuracy_gap(evidence, f"{pair}/sum", BASE)
        alone = [accuracy_gap(evidence, f"{part}/sum", BASE) for part in pair.split("+")]
        added = sum(gap.mean for gap in alone if gap)
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
    gaps = [overlap(evidence, pair) for pair in PAIRS if evidence.rows.get(f"{pair}/sum")]
    caption = (
        f"Two methods at once, losses added up, {where(evidence)}: mean accuracy less that of the dense network, "
        f"percentage points. Where *together* is above *their sum*, one method takes in part what the other would have "
        f"taken: so it is in {sum(gap.mean > 0 for gap in gaps if gap)} of {len(body)}. Parameters left: of the first, "
        "of the second, and of both. How many times as fast is the median over the seeds."
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
                f",{TIE}".join(f"{share:.0f}" for share in left),
                f",{TIE}".join(f"{times:.1f}" for times in speed),
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
    """A sign that decides, the mean, and the interval, which may stand on a second line."""
    return "–" if gap is None else f"{SIGNS[gap.decided]}{TIE}{gap.told()}".strip()
