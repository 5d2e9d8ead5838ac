"""What tables, figures and sentences read out of runs."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

from mtlcore import claims, profiles, results
from mtlcore.claims import Judgement
from mtlcore.recipes import Evidence
from mtlcore.report.verdicts import judge_on


def metric(evidence: Evidence | None, row: str, name: str) -> list[float]:
    """A metric of a row, one number a seed; empty where the row has no runs or does not measure it."""
    records = evidence.rows.get(row, []) if evidence else []
    return [record.metrics[name] for record in records if name in record.metrics]


def mean(evidence: Evidence | None, row: str, name: str) -> float | None:
    """Its mean over the seeds; None where there is nothing to average."""
    values = metric(evidence, row, name)
    return statistics.fmean(values) if values else None


def told(values: Sequence[float], decimals: int = 2, *, seeds: bool = False) -> str:
    """Mean ± sample standard deviation as text, with the number of seeds if asked for; a dash where there is nothing.

    >>> told([99.0, 99.2], seeds=True)
    '99.10 ± 0.14 (2)'
    """
    if not values:
        return "–"
    return results.summary(values, decimals) + (f" ({len(values)})" if seeds else "")


def rows_with_runs(evidence: Evidence, order: Sequence[str] = ()) -> list[str]:
    """The rows that have runs, those of `order` first and in its order."""
    there = [row for row, records in evidence.rows.items() if records]
    return [row for row in order if row in there] + [row for row in there if row not in order]


def kept(runs: Mapping[str, Evidence | None]) -> dict[str, Evidence]:
    """Those of some studies that are recorded; all that have runs where none is: verdicts mix no origins."""
    there = {study: one for study, one in runs.items() if one}
    return {study: one for study, one in there.items() if one.profile in profiles.RECORDED} or there


def partly_recorded(runs: Mapping[str, Evidence | None]) -> bool:
    """Whether some of the studies that have runs are recorded and others are not."""
    return len(kept(runs)) < sum(map(bool, runs.values()))


def judged(short: str, evidence: Mapping[str, Evidence | None]) -> dict[str, Judgement]:
    """Every claim of a document on given runs, by its identifier; a study without runs leaves its claims untestable.

    Args:
        short: the document.
        evidence: study -> its runs.
    """
    return {
        claim.id: judge_on(claim, short, evidence.get(claim.test.study) if claim.test else None)
        for claim in claims.load(short).claims
    }
