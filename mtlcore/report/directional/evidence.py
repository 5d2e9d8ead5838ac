"""What the figures and sentences of the chapter read out of runs [ge]."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from mtlcore.claims import FEWEST_SEEDS, interval
from mtlcore.recipes import Evidence
from mtlcore.report.block import Block, prose
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


def whole(evidence: Evidence | None) -> Evidence | None:
    """Runs of which every row has enough seeds for a verdict; None for others, such as a recording under way."""
    if evidence and min(map(len, evidence.rows.values()), default=0) >= FEWEST_SEEDS:
        return evidence
    return None


def merged(first: Evidence, *others: Evidence) -> Evidence:
    """Studies as one, the first to have a row giving it; those of another profile, source or variant are left out."""
    origin = (first.profile, first.source, first.variant)
    alike = [first, *(one for one in others if (one.profile, one.source, one.variant) == origin)]
    rows = {row: records for one in reversed(alike) for row, records in one.rows.items()}
    return Evidence(first.recipe, first.study, *origin, rows)


def paired(evidence: Evidence, left: str, right: str, metric: str) -> list[float]:
    """Differences of a metric between two rows, one for each seed that both have."""
    sides = [
        {record.seed: record.metrics[metric] for record in evidence.rows.get(row, []) if metric in record.metrics}
        for row in (left, right)
    ]
    return [sides[0][seed] - sides[1][seed] for seed in sorted(set(sides[0]) & set(sides[1]))]


def gap(evidence: Evidence, left: str, right: str, metric: str) -> str:
    """The difference of two rows paired by seed as text, with its 95 % interval; nothing where there is none."""
    values = paired(evidence, left, right, metric)
    if len(values) < 2:
        return signed(values[0]) if values else ""
    mean, low, high = interval(values)
    return f"{signed(mean)} [{signed(low)}, {signed(high)}]" if high - low > 1e-9 else signed(mean)


def gaps(evidence: Evidence, left: str, right: str) -> str:
    """The differences of two rows on both tasks, in words; nothing where there are none."""
    known = {task: gap(evidence, left, right, name) for name, task in TASKS.items()}
    return " and ".join(f"{difference} points on {task}" for task, difference in known.items() if difference)


def compared(evidence: Evidence, pairs: Mapping[str, tuple[str, str]]) -> Block:
    """Differences of some pairs of rows in a sentence, those without runs left out: what a pair is -> its rows."""
    told = {words: gaps(evidence, *pair) for words, pair in pairs.items()}
    parts = "; ".join(f"{words}: {difference}" for words, difference in told.items() if difference)
    return prose(f"Paired by seed, {parts}." if parts else "")


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
    """A difference as text, with its sign.

    >>> signed(-0.6), signed(-0.001)
    ('−0.60', '+0.00')
    """
    return f"{round(value, places) + 0.0:+.{places}f}".replace("-", "−")


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
