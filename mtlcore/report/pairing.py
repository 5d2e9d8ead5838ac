"""Differences of two rows paired by seed, runs put together, and how sentences write numbers; for every chapter."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from mtlcore.claims import FEWEST_SEEDS, interval
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, items


def whole(evidence: Evidence | None) -> Evidence | None:
    """Runs of which every row has enough seeds for a verdict; None for others, such as a recording under way."""
    if evidence and min(map(len, evidence.rows.values()), default=0) >= FEWEST_SEEDS:
        return evidence
    return None


def origins(runs: Mapping[str, Evidence | None], where: Callable[[Evidence], str]) -> str:
    """Where the runs of some studies are from: each origin once, with its studies where there are several.

    Args:
        runs: study -> its runs.
        where: of runs, in a few words.
    """
    studies: dict[str, list[str]] = {}
    for study, evidence in runs.items():
        if evidence and evidence.records:
            studies.setdefault(where(evidence), []).append(study)
    if len(studies) == 1:
        return next(iter(studies))
    return "; ".join(f"{words} ({study_names(names)})" for words, names in studies.items())


def study_names(studies: Iterable[str]) -> str:
    """Studies as a reader knows them.

    >>> study_names(["table-1", "real-backbones"])
    'Table 1, real backbones'
    """
    return ", ".join(study.replace("table-", "Table ").replace("-", " ") for study in studies)


def seeds_of(evidence: Evidence) -> str:
    """How many seeds the rows that have runs have, in words: `5 seeds`, `3 to 5 seeds`."""
    counts = [len(records) for records in evidence.rows.values() if records] or [0]
    return f"{span(counts, 0)} seed{'s' * (max(counts) != 1)}"


def merged(first: Evidence, *others: Evidence) -> Evidence:
    """Studies as one, the first to have a row giving it; those of another profile, source or variant are left out."""
    origin = (first.profile, first.source, first.variant)
    alike = [first, *(one for one in others if (one.profile, one.source, one.variant) == origin)]
    rows = {row: records for one in reversed(alike) for row, records in one.rows.items()}
    return Evidence(first.recipe, first.study, *origin, rows, first.settings)


def paired(evidence: Evidence, left: str, right: str, metric: str) -> list[float]:
    """Differences of a metric between two rows, one for each seed that both have."""
    return [one - other for one, other in zip(*shared(evidence, (left, right), metric), strict=True)]


def shared(evidence: Evidence, rows: Sequence[str], metric: str) -> list[list[float]]:
    """A metric by row and seed, of the seeds that all these rows have; empty where there are none."""
    sides = [
        {record.seed: record.metrics[metric] for record in evidence.rows.get(row, []) if metric in record.metrics}
        for row in rows
    ]
    seeds = sorted(set.intersection(*map(set, sides)))
    return [[side[seed] for seed in seeds] for side in sides] if seeds else []


def shared_means(evidence: Evidence, rows: Sequence[str], metric: str) -> list[float]:
    """The mean by row of `shared`: means that stand beside a difference paired by seed are of the same runs as it."""
    return [statistics.fmean(values) for values in shared(evidence, rows, metric)]


def gap(evidence: Evidence, left: str, right: str, metric: str, places: int = 2) -> str:
    """The difference of two rows paired by seed as text, with its 95 % interval; nothing where there is none."""
    values = paired(evidence, left, right, metric)
    if len(values) < 2:
        return signed(values[0], places) if values else ""
    mean, low, high = interval(values)
    if high - low <= 1e-9:
        return signed(mean, places)
    return f"{signed(mean, places)} [{signed(low, places)}, {signed(high, places)}]"


def of_both(evidence: Evidence, left: str, right: str) -> str:
    """Over how many seeds two rows are compared, where one has seeds that the other has not; nothing of equal ones."""
    one, other = ({record.seed for record in evidence.rows.get(row, [])} for row in (left, right))
    count = len(one & other)
    return "" if one == other else f" (over the {count} seed{'s' * (count != 1)} that both have)"


def signed(value: float, places: int = 2) -> str:
    """A difference as text, with its sign.

    >>> signed(-0.6), signed(-0.001)
    ('−0.60', '+0.00')
    """
    return f"{round(value, places) + 0.0:+.{places}f}".replace("-", "−")


def bullets(points: Iterable[str]) -> Block:
    """Sentences as a list."""
    return Block(items(points))


def span(values: Sequence[float], places: int = 1) -> str:
    """Lowest to highest as text, or the one value that all are.

    >>> span([3.0, 5.25]), span([2.0, 2.0], 0)
    ('3.0 to 5.2', '2')
    """
    low, high = (f"{value:.{places}f}".replace("-", "−") for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
