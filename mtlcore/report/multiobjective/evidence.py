"""What the figures and sentences of the chapter read out of runs [tran]."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import NDArray

from mtlcore import claims
from mtlcore.claims import Judgement
from mtlcore.recipes import Evidence
from mtlcore.recipes.tran.config import TASKS
from mtlcore.report.figures import COLOURS, LABELS
from mtlcore.report.verdicts import judge_on
from mtlcore.results import Record, summary

SHORT = "tran"
BALANCING = ("balancing", "balancing-shared", "stationarity")  # studies of the training algorithms
ROWS = ("averaging", "gradnorm", "mgda", "hybrid")
INITIALS = {"fashion": "F", "kmnist": "K", "mnist": "M"}  # as in the thesis's Fig. 8


def metric(evidence: Evidence, row: str, name: str) -> list[float]:
    """A metric of a row, one number a seed; empty where the row has no runs or does not measure it."""
    return [record.metrics[name] for record in evidence.rows.get(row, []) if name in record.metrics]


def mean(evidence: Evidence, row: str, name: str) -> float | None:
    """Its mean over the seeds; None where there is nothing to average."""
    values = metric(evidence, row, name)
    return statistics.fmean(values) if values else None


def switch_of(evidence: Evidence, row: str) -> float | None:
    """Median of the epochs after which a row changed its algorithm; None where it did not in most runs."""
    switched = [epoch for epoch in metric(evidence, row, "switch_epoch") if epoch > 0]
    return float(np.median(switched)) if 2 * len(switched) > len(evidence.rows.get(row, [])) else None


def mean_accuracy(evidence: Evidence, row: str) -> list[float]:
    """Accuracy (%) of a row, mean of the tasks, one number a seed; empty where a task is missing."""
    by_task = [metric(evidence, row, f"accuracy_{task}") for task in TASKS]
    return [100 * sum(values) / len(TASKS) for values in zip(*by_task, strict=True)] if all(by_task) else []


def coefficients(evidence: Evidence | None, row: str = "mgda") -> dict[str, float]:
    """The coefficient that each task gets in the last shared block, mean over steps and seeds; empty without runs."""
    records = evidence.rows.get(row, []) if evidence else []
    found = {task: curves(records, f"weight_{task}") for task in TASKS}
    return {task: float(weights.mean()) for task, weights in found.items() if weights.size}


def written(value: float, places: int = 2, *, signed: bool = False) -> str:
    """A number as a reader writes it, with a minus sign and not a hyphen."""
    return f"{value:{'+' if signed else ''}.{places}f}".replace("-", "−")


def told(values: Sequence[float], places: int = 2) -> str:
    """Mean ± sample standard deviation as text; a dash where there is nothing."""
    return summary(values, places) if values else "–"


def curves(records: Iterable[Record], name: str) -> NDArray[np.float64]:
    """A curve of every record that has it, (records, epochs); runs of unequal length are cut to the shortest."""
    found = [record.curves[name] for record in records if record.curves.get(name)]
    length = min((len(curve) for curve in found), default=0)
    return np.array([curve[:length] for curve in found]).reshape(len(found), length)


def draw_band(axes: Axes, x: NDArray[np.float64], found: NDArray[np.float64], row: str, **style: object) -> None:
    """The mean of curves (seeds, n) over x as a line and their range as a band, in the colour of the row."""
    if not found.size:
        return
    options = {"color": COLOURS.get(row), "label": LABELS.get(row, row), **style}
    axes.plot(x, found.mean(0), **options)  # type: ignore[arg-type]
    if len(found) > 1:
        axes.fill_between(x, found.min(0), found.max(0), color=str(options["color"]), alpha=0.14, lw=0)


def rows_of(evidence: Evidence) -> list[str]:
    """The rows that have runs, in the thesis's order, others behind."""
    there = [row for row, records in evidence.rows.items() if records]
    return [row for row in ROWS if row in there] + [row for row in there if row not in ROWS]


def judged(evidence: Mapping[str, Evidence | None]) -> dict[str, Judgement]:
    """Every claim of the thesis on given runs, by its name; a study without runs leaves its claims untestable.

    Args:
        evidence: study -> its runs.
    """
    return {
        claim.id: judge_on(claim, SHORT, evidence.get(claim.test.study) if claim.test else None)
        for claim in claims.load(SHORT).claims
    }
