"""Whether a claim holds on given results: a verdict on each pair of rows, the worst of which decides."""

from __future__ import annotations

import dataclasses
import enum
import math
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from scipy import special

from mtlcore.claims.schema import Test, is_number, operand_of
from mtlcore.results import Record

CONFIDENCE = 0.95
FEWEST_SEEDS = 3
NOTHING = 1e-9  # a mean this small is the noise of adding up
NEAR_CEILING = 0.0005  # of the ceiling; a measure this close to it (0.05 of 100 %) cannot show a difference


class Verdict(enum.StrEnum):
    """The closed list of verdicts, from best to worst."""

    HOLDS = "holds"
    DIRECTION = "holds in direction"
    UNTESTABLE = "not testable here"
    DIFFERS = "differs"
    CLEARLY = "clearly differs"


@dataclasses.dataclass(frozen=True)
class Difference:
    """left - right, paired by seed: mean and interval over n seeds."""

    left: Any
    right: Any
    mean: float
    low: float
    high: float
    n: int


@dataclasses.dataclass(frozen=True)
class Outcome:
    """The verdict on one pair of a claim.

    Args:
        left, right: the pair, as the claim names it.
        verdict: on this pair alone.
        why: the reason where it is not testable; elsewhere, which runs lack what a guard asks of them.
        difference: left - right; None where runs or seeds are missing.
        missing: the rows that have no runs.
    """

    left: Any
    right: Any
    verdict: Verdict
    why: str = ""
    difference: Difference | None = None
    missing: tuple[Any, ...] = ()


@dataclasses.dataclass(frozen=True)
class Judgement:
    """The verdict on a claim, and that on each of its pairs, of which the worst decides."""

    verdict: Verdict
    why: str
    worst: Outcome | None = None
    outcomes: tuple[Outcome, ...] = ()

    @property
    def decisive(self) -> Difference | None:
        """The difference that decided, if one could be taken."""
        return self.worst.difference if self.worst else None


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and 95 % t interval of a sample of at least two.

    >>> [round(number, 2) for number in interval([1.0, 2.0, 3.0])]
    [2.0, -0.48, 4.48]
    """
    n = len(values)
    mean = math.fsum(values) / n
    sd = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / (n - 1))
    half = float(special.stdtrit(n - 1, (1 + CONFIDENCE) / 2)) * sd / math.sqrt(n)
    return mean, mean - half, mean + half


def judge(
    test: Test | None, rows: Mapping[str, Sequence[Record]], *, ceilings: Mapping[str, float] | None = None
) -> Judgement:
    """The verdict on a claim, from the runs of a study.

    Args:
        test: the claim's statement; None is not testable.
        rows: the study's records by row (`row` or `row/arm`).
        ceilings: the largest value that a metric can take, for those that have one.

    Returns:
        The worst verdict over the pairs: *holds* where the interval lies on the claimed side, *holds in direction*
        where only the mean does, *differs* where the mean lies on the other side, *clearly* where the interval does
        too; *not testable here* with fewer than three seeds, missing runs, a measure at its ceiling or floor, or
        sides that are not alike where they have to be. The interval is taken as it is, also where it reaches beyond
        the values that the measure can take. All numbers are those of the seeds that both sides have.
    """
    if test is None:
        return Judgement(Verdict.UNTESTABLE, "no experiment here can test it")
    outcomes = tuple(_judge_pair(test, left, right, rows, ceilings or {}) for left, right in test.pairs)
    order = list(Verdict)
    worst = max(outcomes, key=lambda one: (order.index(one.verdict), -_clearance(test, one.difference)))
    return Judgement(worst.verdict, worst.why, worst, outcomes)


def _judge_pair(
    test: Test, left: Any, right: Any, rows: Mapping[str, Sequence[Record]], ceilings: Mapping[str, float]
) -> Outcome:
    sides = [_by_seed(operand, test.metric, rows) for operand in (left, right)]
    missing = tuple(operand for operand, side in zip((left, right), sides, strict=True) if side == {})
    if missing:
        why = f"no runs of {' and '.join(map(str, missing))}"
        return Outcome(left, right, Verdict.UNTESTABLE, why, missing=missing)
    seeds = sorted(set.intersection(*(set(side) for side in sides if isinstance(side, dict))))
    if len(seeds) < FEWEST_SEEDS:
        apart = all(isinstance(side, float) or len(side) >= FEWEST_SEEDS for side in sides)
        found = f"{len(seeds)} seed{'s' * (len(seeds) != 1)}{' in common' * apart}"
        return Outcome(left, right, Verdict.UNTESTABLE, f"{found}; {FEWEST_SEEDS} are needed")
    pairs = [tuple(side[seed] if isinstance(side, dict) else side for side in sides) for seed in seeds]
    difference = Difference(left, right, *interval([a - b for a, b in pairs]), len(seeds))
    why = _unlike(test, (left, right), rows, seeds) or _at_floor(test, (left, right), rows, seeds)
    if test.relation != "equal":
        why = why or _undecidable(test, left, right, pairs, ceilings)
    if why:
        return Outcome(left, right, Verdict.UNTESTABLE, why, difference)
    return Outcome(left, right, _side(test, difference), _unchecked(test, (left, right), rows, seeds), difference)


def _undecidable(
    test: Test, left: Any, right: Any, pairs: Sequence[tuple[float, ...]], ceilings: Mapping[str, float]
) -> str:
    """Why these numbers cannot show that one side is above the other; nothing where they can."""
    found = [ceilings.get(operand_of(side, test.metric)[1], math.inf) for side in (left, right) if not is_number(side)]
    limits = found * 2 if len(found) == 1 else found  # a bound is measured in what it bounds
    if all(
        math.isfinite(limit) and limit - value <= NEAR_CEILING * limit
        for pair in pairs
        for value, limit in zip(pair, limits, strict=True)
    ):
        return f"both sides are at the ceiling of {' and '.join(dict.fromkeys(f'{limit:g}' for limit in limits))}"
    return "both sides are equal in every seed" if all(abs(a - b) <= NOTHING for a, b in pairs) else ""


def _at_floor(test: Test, sides: Sequence[Any], rows: Mapping[str, Sequence[Record]], seeds: Sequence[int]) -> str:
    """Why these numbers say nothing, both being at what can be had without learning; nothing where they are not."""
    if not test.floor:
        return ""
    for side in sides:
        row, metric = operand_of(side, test.metric)
        floor = f"{row}{test.floor}" if test.floor.startswith(":") else f"{test.floor}:{metric}"
        one, least = (_mean(operand, metric, rows, seeds) for operand in (side, floor))
        if one is None or least is None:
            return ""
        above = one - least
        if test.margin is not None and not test.floor.startswith(":"):  # a row's measures may be better when lower
            above = abs(above)
        if above > (test.margin or 0.0):
            return ""
    if test.margin is not None:
        return "what has learned nothing is within the margin of both"
    return "neither side is above what can be had without learning"


def _unlike(test: Test, sides: Sequence[Any], rows: Mapping[str, Sequence[Record]], seeds: Sequence[int]) -> str:
    """Why the sides are not to be compared; nothing where they are."""
    if test.alike is None:
        return ""
    metric, within = test.alike
    left, right = (_mean(f"{operand_of(side, test.metric)[0]}:{metric}", metric, rows, seeds) for side in sides)
    if left is None or right is None or abs(left - right) <= within:
        return ""
    return f"the sides are not alike in {metric.replace('_', ' ')}: {left:.3g} and {right:.3g}"


def _unchecked(test: Test, sides: Sequence[Any], rows: Mapping[str, Sequence[Record]], seeds: Sequence[int]) -> str:
    """How many runs lack a metric that a guard asks of them; nothing where none does."""
    own = dict.fromkeys(operand_of(side, test.metric)[0] for side in sides if not is_number(side))
    asked = ([test.floor[1:]] if test.floor.startswith(":") else []) + ([test.alike[0]] if test.alike else [])
    for metric in asked:
        has = [metric in record.metrics for row in own for record in rows.get(row, ()) if record.seed in seeds]
        if not all(has):
            return f"{has.count(False)} of {len(has)} runs lack the {metric.replace('_', ' ')} to hold it against"
    return ""


def _mean(operand: Any, metric: str, rows: Mapping[str, Sequence[Record]], seeds: Sequence[int]) -> float | None:
    """Mean over those of some seeds that an operand has; the number itself; None where there are none."""
    found = _by_seed(operand, metric, rows)
    if isinstance(found, float):
        return found
    values = [found[seed] for seed in seeds if seed in found]
    return statistics.fmean(values) if values else None


def _by_seed(operand: Any, metric: str, rows: Mapping[str, Sequence[Record]]) -> dict[int, float] | float:
    """A row's metric by seed, or the number itself."""
    if is_number(operand):
        return float(operand)
    row, name = operand_of(operand, metric)
    return {record.seed: record.metrics[name] for record in rows.get(row, ()) if name in record.metrics}


def _clearance(test: Test, difference: Difference | None) -> float:
    """How far the mean lies on the claimed side; negative on the other."""
    if difference is None:
        return math.inf
    if test.relation == "equal":
        return (test.margin or 0.0) - abs(difference.mean)
    return difference.mean if test.relation == "greater" else -difference.mean


def _side(test: Test, difference: Difference) -> Verdict:
    low, high = difference.low, difference.high
    if test.relation == "equal":
        margin = test.margin or 0.0
        wholly, not_at_all = -margin <= low and high <= margin, low > margin or high < -margin
        mean_inside = abs(difference.mean) <= margin
    else:
        low, high = (low, high) if test.relation == "greater" else (-high, -low)
        wholly, not_at_all = low > NOTHING, high < -NOTHING
        mean_inside = _clearance(test, difference) > NOTHING
    if mean_inside:
        return Verdict.HOLDS if wholly else Verdict.DIRECTION
    return Verdict.CLEARLY if not_at_all else Verdict.DIFFERS
