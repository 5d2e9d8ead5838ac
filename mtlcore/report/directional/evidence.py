"""What the figures and sentences of the chapter read out of runs [ge]."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from mtlcore.claims import interval
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block
from mtlcore.report.tables import NAMES

SHORT = "ge"
TASKS = {"accuracy_t1": "type", "accuracy_t2": "colour"}
ANGLES = (15, 20, 25, 30)
METHODS = {"nb": "neuron-behaviour", "wm": "weight-matrix", "dropout": "dropout"}
SOURCES = {"real": "the VehicleX features", "twin": "the twin of the features"}


def method_of(row: str) -> str:
    """The method behind a row such as `nb-15` or `dropout-r20`, under the name that has a colour.

    >>> method_of("wm-r23"), method_of("dropout"), method_of("chosen")
    ('weight-matrix', 'dropout', 'chosen')
    """
    return METHODS.get(row.partition("-")[0], row)


def merged(*evidence: Evidence | None) -> Evidence | None:
    """Several studies of the same profile, source and variant as one, the first to have a row giving it."""
    there = [one for one in evidence if one]
    if not there:
        return None
    rows = {row: records for one in reversed(there) for row, records in one.rows.items()}
    first = there[0]
    return Evidence(first.recipe, first.study, first.profile, first.source, first.variant, rows)


def paired(evidence: Evidence, left: str, right: str, metric: str) -> list[float]:
    """Differences of a metric between two rows, one for each seed that both have."""
    sides = [
        {record.seed: record.metrics[metric] for record in evidence.rows.get(row, []) if metric in record.metrics}
        for row in (left, right)
    ]
    return [sides[0][seed] - sides[1][seed] for seed in sorted(set(sides[0]) & set(sides[1]))]


def gap(evidence: Evidence, left: str, right: str, metric: str) -> str:
    """The difference of two rows paired by seed as text, with its 95 % interval where there is one."""
    values = paired(evidence, left, right, metric)
    if len(values) < 2:
        return signed(values[0]) if values else "–"
    mean, low, high = interval(values)
    return f"{signed(mean)} [{signed(low)}, {signed(high)}]" if high - low > 1e-9 else signed(mean)


def gaps(evidence: Evidence, left: str, right: str) -> str:
    """The differences of two rows on both tasks, in words."""
    return " and ".join(f"{gap(evidence, left, right, name)} points on {task}" for name, task in TASKS.items())


def repeats_baseline(evidence: Evidence | None) -> str:
    """What Weight Matrix is where it prunes nothing in any run; nothing where it prunes, or there are no runs."""
    records = [record for angle in ANGLES for record in (evidence.rows.get(f"wm-{angle}", []) if evidence else [])]
    if not records or any(record.metrics["neurons_pruned"] for record in records):
        return ""
    halved = records[0].config.get("pretraining") is not None
    return "the baseline with its training interrupted once" if halved else "the baseline trained twice as long"


def where(evidence: Evidence) -> str:
    """Data, variant, profile, budget and seeds of some runs, in a few words."""
    config = evidence.records[0].config if evidence.records else {}
    budget = ", ".join(
        f"{config[field]:,} {word}"
        for field, word in (("train_samples", "training samples"), ("epochs", "epochs"))
        if field in config
    )
    seeds = f"{evidence.seeds} seed{'s' * (evidence.seeds != 1)}"
    parts = [NAMES[evidence.variant], evidence.profile, budget, seeds]
    return f"{SOURCES.get(evidence.source, evidence.source)}; {', '.join(part for part in parts if part)}"


def signed(value: float, places: int = 2) -> str:
    """A difference as text, with its sign: `−0.60`."""
    return f"{value:+.{places}f}".replace("-", "−")


def bullets(points: Iterable[str]) -> Block:
    """Sentences as a list."""
    return Block("\n".join(f"- {point}" for point in points))


def span(values: Sequence[float], places: int = 1) -> str:
    """Lowest to highest as text, or the one value that all are.

    >>> span([3.0, 5.25]), span([2.0, 2.0], 0)
    ('3.0 to 5.2', '2')
    """
    low, high = (f"{value:.{places}f}".replace("-", "−") for value in (min(values), max(values)))
    return low if low == high else f"{low} to {high}"
