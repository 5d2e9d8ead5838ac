"""What the tables, figures and sentences of the synthesis read out of runs."""

from __future__ import annotations

import dataclasses
import math
import statistics
from collections.abc import Sequence

from mtlcore.claims import FEWEST_SEEDS, interval
from mtlcore.recipes import Evidence
from mtlcore.recipes.tran.config import TASKS
from mtlcore.report.block import Block
from mtlcore.report.figures import LABELS
from mtlcore.report.measures import metric as measured
from mtlcore.report.pairing import paired, signed
from mtlcore.report.sparsity.path import emptied

SHORT = "synthesis"
BASE = "dense/sum"
TIMES = ("inference_ms", "speedup", "speedup_masked", "time")  # a neighbour on the machine makes outliers of them
FASTER = 1.1  # times as fast as dense: less is not worth a sentence, nor above what timing can tell apart
TIE = "\N{NO-BREAK SPACE}"
COLOURS = {  # of Okabe and Ito, the same method in the same colour in all figures of the page
    "dense": "#000000",
    "dropout": "#009E73",
    "neuron-behaviour": "#0072B2",
    "weight-matrix": "#D55E00",
    "distinctiveness": "#56B4E9",
    "group": "#CC79A7",
    "l1": "#E69F00",
    "layerout": "#777777",
    "narrow": "#882255",
}
MARKERS = {"sum": "o", "gradnorm": "s", "mgda": "^", "pcgrad": "D"}
NAMES = {
    **{"dense": "dense", "sum": "sum", "layerout": "LayerOut", "distinctiveness": "distinctiveness"},
    **{"group": "group penalty", "l1": "ℓ1", "narrow": "narrow from the start"},
}


def name_of(part: str) -> str:
    """A method, methods joined by +, or a balancer, in words.

    >>> name_of("group+layerout")
    'group penalty + LayerOut'
    """
    return " + ".join(NAMES.get(word, LABELS.get(word, word)) for word in part.split("+"))


@dataclasses.dataclass(frozen=True)
class Gap:
    """A difference of two rows paired by seed, in points or in what the metric is counted in."""

    mean: float
    low: float
    high: float
    n: int

    @property
    def decided(self) -> int:
        """1 where the interval lies above zero, -1 where it lies below, 0 where it crosses zero or seeds are few."""
        if self.n < FEWEST_SEEDS:
            return 0
        return (self.low > 0) - (self.high < 0)

    def told(self, places: int = 1) -> str:
        """As text, with its interval, which stays on one line, where there is one."""
        if self.n < 2:
            return signed(self.mean, places)
        return f"{signed(self.mean, places)} [{signed(self.low, places)},{TIE}{signed(self.high, places)}]"


def gap_of(evidence: Evidence | None, left: str, right: str, metric: str, scale: float = 1.0) -> Gap | None:
    """The difference left - right; None where no seed has both."""
    return _gap([scale * value for value in paired(evidence, left, right, metric)] if evidence else [])


def _gap(values: Sequence[float]) -> Gap | None:
    if len(values) < 2:
        return Gap(values[0], values[0], values[0], 1) if values else None
    middle, low, high = interval(values)
    return Gap(middle, low, high, len(values))


def accuracy_gap(evidence: Evidence | None, left: str, right: str) -> Gap | None:
    """The difference of mean accuracies, percentage points."""
    return gap_of(evidence, left, right, "accuracy", 100.0)


def overlap(evidence: Evidence, pair: str) -> Gap | None:
    """How far two methods together lie above the sum of what each alone takes from the dense network, points.

    Below zero, both together lose more than their losses added up.
    """
    first, second = pair.split("+")
    known = {
        row: {one.seed: one.metrics["accuracy"] for one in evidence.rows.get(f"{row}/sum", [])}
        for row in ("dense", first, second, pair)
    }
    seeds = sorted(set.intersection(*(set(of) for of in known.values())))
    return _gap([100 * (known[pair][s] + known["dense"][s] - known[first][s] - known[second][s]) for s in seeds])


def worst_gap(evidence: Evidence | None, left: str, right: str) -> tuple[str, Gap] | None:
    """The task that loses most of its accuracy from right to left, and its difference in percentage points."""
    found = {task: gap_of(evidence, left, right, f"accuracy_{task}", 100.0) for task in TASKS}
    known = {task: gap for task, gap in found.items() if gap is not None}
    worst = min(known, key=lambda task: known[task].mean, default=None)
    return (worst, known[worst]) if worst else None


def ratio(evidence: Evidence | None, left: str, right: str, metric: str) -> float | None:
    """Median over the seeds of the quotient left / right; None where no seed has both."""
    if evidence is None:
        return None
    of = {row: {one.seed: one.metrics.get(metric) for one in evidence.rows.get(row, [])} for row in (left, right)}
    pairs = [(of[left][seed], of[right][seed]) for seed in of[left].keys() & of[right].keys()]
    quotients = [a / b for a, b in pairs if a is not None and b]
    return statistics.median(quotients) if quotients else None


def methods_in(evidence: Evidence) -> list[str]:
    """The first parts of the rows that have runs, in the order of the grid."""
    return list(dict.fromkeys(row.partition("/")[0] for row, records in evidence.rows.items() if records))


def balancers_in(evidence: Evidence) -> list[str]:
    """The balancers of the rows that have runs."""
    return list(dict.fromkeys(row.partition("/")[2] for row, records in evidence.rows.items() if records))


def number(evidence: Evidence, row: str, metric: str) -> float:
    """A metric that is known to be there: its mean over the seeds, of times the median; NaN where it is not."""
    values = values_of(evidence, row, metric)
    if not values:
        return math.nan
    return statistics.median(values) if metric in TIMES else statistics.fmean(values)


def values_of(evidence: Evidence, row: str, metric: str) -> list[float]:
    """A metric of a row, one number a seed; `time` is that of inference, in % of the dense network timed beside it."""
    if metric == "time":
        return [100 / value for value in measured(evidence, row, "speedup") if value > 0]
    return measured(evidence, row, metric)


def missing(what: str, study: str) -> Block:
    """What a page shows of a study that nobody has recorded yet."""
    command = f"python -m mtlcore run {SHORT} {study} --profile desk --source auto --seeds 5"
    return Block(f"*{what} is not recorded yet; `{command}` records it.*")


def floor_of(evidence: Evidence, path: Evidence | None) -> str:
    """The row of the document's λ that says on the rooms what an answer that ignores the image gets; "" for none.

    It is one whose backbone is empty, on the same data at the same size as the rows that it is to be set beside.
    """
    strength = emptied(path) if path else None
    if path is None or strength is None or path.source != evidence.source:
        return ""
    sizes = {record.config.get("size") for one in (path, evidence) for record in one.records}
    return f"l{strength}" if len(sizes) == 1 else ""
