"""What the figures and sentences of the chapter read out of runs [tran]."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mtlcore.claims import FEWEST_SEEDS, Difference, interval
from mtlcore.recipes import Evidence
from mtlcore.recipes.tran.config import TASKS
from mtlcore.report.curves import curves
from mtlcore.report.differences import numbers
from mtlcore.report.measures import metric
from mtlcore.report.pairing import signed

SHORT = "tran"
BALANCING = ("balancing", "balancing-shared", "stationarity")  # studies of the training algorithms
ROWS = ("averaging", "gradnorm", "mgda", "hybrid")
INITIALS = {"fashion": "F", "kmnist": "K", "mnist": "M"}  # as in the thesis's Fig. 8


def switch_of(evidence: Evidence, row: str) -> float | None:
    """Median of the epochs after which a row changed its algorithm; None where it did not in most runs."""
    switched = [epoch for epoch in metric(evidence, row, "switch_epoch") if epoch > 0]
    return float(np.median(switched)) if 2 * len(switched) > len(evidence.rows.get(row, [])) else None


def capped_of(evidence: Evidence, row: str) -> tuple[int, int]:
    """How many runs of a row changed their algorithm in the last epoch allowed, and how many runs there are."""
    records = evidence.rows.get(row, [])
    at_cap = [record.metrics.get("switch_epoch", 0) == record.config.get("switch_by") for record in records]
    return sum(at_cap), len(records)


def mean_of_tasks(evidence: Evidence, row: str, kind: str) -> dict[int, float]:
    """A measure of a row, such as its accuracy, mean of the tasks, by seed; without the seeds that miss a task."""
    names = [f"{kind}_{task}" for task in TASKS]
    return {
        record.seed: sum(record.metrics[name] for name in names) / len(names)
        for record in evidence.rows.get(row, [])
        if all(name in record.metrics for name in names)
    }


def mean_accuracy(evidence: Evidence, row: str) -> list[float]:
    """Accuracy (%) of a row, mean of the tasks, one number a seed; empty where a task is missing."""
    return [100 * value for value in mean_of_tasks(evidence, row, "accuracy").values()]


def mean_accuracies(evidence: Evidence, rows: Sequence[str]) -> dict[str, float]:
    """The accuracy (%) of rows, mean of the tasks and of the seeds that all these rows have; of those that have runs.

    So that means that stand side by side, or beside a difference paired by seed, are of the same runs.
    """
    by_row = {row: found for row in rows if (found := mean_of_tasks(evidence, row, "accuracy"))}
    seeds = sorted(set.intersection(*map(set, by_row.values()))) if by_row else []
    return {row: 100 * sum(found[seed] for seed in seeds) / len(seeds) for row, found in by_row.items() if seeds}


def paired_accuracy(evidence: Evidence, left: str, right: str) -> list[float]:
    """Differences of the mean accuracy of two rows, in points, one for each seed that both have."""
    one, other = (mean_of_tasks(evidence, row, "accuracy") for row in (left, right))
    return [100 * (one[seed] - other[seed]) for seed in sorted(one.keys() & other.keys())]


def difference(values: Sequence[float], places: int = 2, span: tuple[float, float] | None = None) -> str:
    """Differences by seed as text: their mean and 95 % interval; of one seed the difference alone.

    Args:
        values: one a seed.
        places: decimals.
        span: the least and the greatest difference possible.
    """
    if len(values) < 2:
        return signed(values[0], places) if values else "–"
    return numbers(Difference("", "", *interval(values), len(values)), places, span)


def side(values: Sequence[float]) -> int:
    """1 where the interval of some differences lies above 0, -1 where below; 0 where it does neither."""
    if len(values) < FEWEST_SEEDS:
        return 0
    _, low, high = interval(values)
    return int(low > 0) - int(high < 0)


def curve_images(evidence: Evidence) -> tuple[int, int] | None:
    """Of how many test images of each set the curves are, and the scores at the end; None where that is not known."""
    config = evidence.records[0].config if evidence.records else {}
    found = config.get("curve_images"), config.get("test_images")
    return None if None in found else (int(found[0]), int(found[1]))  # type: ignore[arg-type]


def coefficients(evidence: Evidence | None, row: str = "mgda") -> dict[str, float]:
    """The coefficient that each task gets in the last shared block, mean over steps and seeds; empty without runs."""
    records = evidence.rows.get(row, []) if evidence else []
    found = {task: curves(records, f"weight_{task}") for task in TASKS}
    return {task: float(weights.mean()) for task, weights in found.items() if weights.size}


def written(value: float, places: int = 2, *, signed: bool = False) -> str:
    """A number as a reader writes it, with a minus sign and not a hyphen."""
    return f"{value:{'+' if signed else ''}.{places}f}".replace("-", "−")
