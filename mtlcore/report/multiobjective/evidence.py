"""What the figures and sentences of the chapter read out of runs [tran]."""

from __future__ import annotations

import numpy as np

from mtlcore.recipes import Evidence
from mtlcore.recipes.tran.config import TASKS
from mtlcore.report.curves import curves
from mtlcore.report.measures import metric

SHORT = "tran"
BALANCING = ("balancing", "balancing-shared", "stationarity")  # studies of the training algorithms
ROWS = ("averaging", "gradnorm", "mgda", "hybrid")
INITIALS = {"fashion": "F", "kmnist": "K", "mnist": "M"}  # as in the thesis's Fig. 8


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
