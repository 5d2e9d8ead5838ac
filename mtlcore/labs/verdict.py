"""Lab 6: from a claim to a verdict, and how seeds and best epochs mislead."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from scipy import integrate, stats

from mtlcore import claims
from mtlcore.claims import Verdict
from mtlcore.data import seeding
from mtlcore.labs.checking import apart, question


class _Run(NamedTuple):
    """As much of a record as a verdict looks at."""

    seed: int
    metrics: dict[str, float]


def sample(seed: int, count: int, mean: float = 0.0, sd: float = 1.0) -> list[float]:
    """Normal numbers, as of differences between runs."""
    draws = torch.randn(count, generator=seeding.generator(6, seed, count), dtype=torch.float64)
    return (mean + sd * draws).tolist()


def exact_power(effect: float, sd: float, seeds: int) -> float:
    """The probability that the interval over so many seeds lies wholly above 0, by Student's noncentral t."""
    bound = stats.t.ppf((1 + claims.CONFIDENCE) / 2, seeds - 1)
    return float(stats.nct.sf(bound, seeds - 1, effect / sd * math.sqrt(seeds)))


def expected_maximum(count: int) -> float:
    """The mean of the largest of some standard normal numbers."""

    def density(x: float) -> float:
        return x * count * float(stats.norm.cdf(x)) ** (count - 1) * float(stats.norm.pdf(x))

    return float(integrate.quad(density, -10, 10)[0])


@question("verdict-1", points=2)
def _design(answer: Mapping[str, Any]) -> str | None:
    claim = next(one for one in claims.load("goutam").claims if one.id == "mnist-efreeze-best")
    assert claim.test is not None
    missing = {"metric", "relation", "pairs"} - set(answer)
    if missing:
        return f"a test says metric, relation and pairs; {', '.join(sorted(missing))} is missing"
    if answer["metric"] != claim.test.metric:
        return f"the claim is not about {answer['metric']!r}; the columns of the table are named above"
    if answer["relation"] not in ("greater", "less", "equal"):
        return "the relation is greater, less or equal"
    pairs = [tuple(pair) for pair in answer["pairs"]]
    wanted = {tuple(pair) for pair in claim.test.pairs}
    turned = {pair[::-1] for pair in wanted}
    if set(pairs) == turned:
        right = answer["relation"] == "less"
        return None if right else "which side of a pair is claimed to be greater: the left or the right?"
    rows = {row for pair in wanted for row in pair}
    if unknown := {str(row) for pair in pairs for row in pair} - rows:
        return f"{', '.join(sorted(unknown))} is no row of the table; its rows are named above"
    if set(pairs) < wanted:
        return f"{len(set(pairs))} of {len(wanted)} comparisons are there; whom does the best of all have to beat?"
    if set(pairs) != wanted:
        return "a comparison is there that the claim does not make"
    return None if answer["relation"] == "greater" else "which side of a pair is claimed to be greater?"


@question("verdict-2", points=1)
def _paired(answer: Callable[[dict[int, float], dict[int, float]], Any]) -> str | None:
    left = {2: 98.5, 0: 97.0, 1: 99.25, 5: 90.0}
    right = {0: 98.0, 1: 97.0, 2: 98.25, 7: 50.0}
    expected = [left[seed] - right[seed] for seed in (0, 1, 2)]
    found = answer(left, right)
    if isinstance(found, (int, float)):
        return "return one difference for each seed, not their mean"
    found = list(found)
    if len(found) != len(expected):
        return f"{len(found)} differences come back; which seeds do both sides have?"
    if sorted(found) == sorted(-value for value in expected):
        return "left minus right, not the other way round"
    if sorted(found) != sorted(expected):
        return "runs of different seeds are subtracted"
    return None if found == expected else "the differences are right; give them in the order of the seeds"


@question("verdict-3", points=2)
def _interval(answer: Callable[[list[float]], Any]) -> str | None:
    for count in (3, 5, 12):
        values = sample(3, count, mean=0.4)
        found = answer(values)
        if not isinstance(found, (tuple, list)) or len(found) != 3:
            return "return three numbers: mean, lower end, upper end"
        mean, low, high = claims.interval(values)
        if hint := apart(found[0], mean, what="the mean"):
            return hint
        if apart(found[1], low) is None and apart(found[2], high) is None:
            continue
        factor = (float(found[2]) - float(found[0])) / (high - mean)
        return _width_hint(factor, count, apart(found[1], low, what="the lower end") or "the upper end is off")
    return None


def _width_hint(factor: float, count: int, hint: str) -> str:
    """What is wrong with an interval that is so many times as wide as it should be."""
    exact = float(stats.t.ppf(0.975, count - 1))
    typical = {
        "too narrow: with few seeds the quantile is Student's t, not the normal one": (
            float(stats.norm.ppf(0.975)) / exact
        ),
        "too narrow: divide the squares by n - 1 for the spread of a sample": math.sqrt((count - 1) / count),
        "too wide: the mean of n numbers spreads less than one of them, by the root of n": math.sqrt(count),
        "too narrow: 95 % lie within the interval, so 2.5 % on either side of it": (
            float(stats.t.ppf(0.95, count - 1)) / exact
        ),
        "too narrow: Student's t has n - 1 degrees of freedom here": float(stats.t.ppf(0.975, count)) / exact,
    }
    return next((told for told, wrong in typical.items() if math.isclose(factor, wrong, rel_tol=1e-3)), hint)


@question("verdict-4", points=3)
def _verdict(answer: Callable[[list[float]], Any]) -> str | None:
    cases = {
        "fewer than three seeds, however clear": [5.0, 5.1],
        "an interval wholly on the claimed side": [1.0, 1.1, 1.2],
        "a mean on the claimed side and an interval that crosses zero": [3.0, -1.0, 0.5],
        "a mean on the other side and an interval that crosses zero": [-3.0, 1.0, -0.5],
        "an interval wholly on the other side": [-1.0, -1.1, -1.2],
        "both equal in every seed": [0.0, 0.0, 0.0],
    }
    names = ", ".join(str(verdict) for verdict in Verdict)
    for case, values in cases.items():
        found = answer(values)
        if str(found) not in set(Verdict):
            return f"{found!r} is no verdict; there are {names}"
        if str(found) != _expected_verdict(values):
            return f"{str(found)!r} is not the verdict on {case}"
    for seed, count in itertools.product(range(20), (3, 6)):
        values = sample(100 + seed, count, mean=(seed % 5 - 2) * 0.6)
        if str(answer(values)) != _expected_verdict(values):
            return f"{str(answer(values))!r} is not the verdict on some other differences of {count} seeds"
    return None


def _expected_verdict(differences: Sequence[float]) -> str:
    """The verdict of `mtlcore.claims` on a claim that the left side is greater."""
    rows: dict[str, Any] = {
        "left": [_Run(seed, {"m": value}) for seed, value in enumerate(differences)],
        "right": [_Run(seed, {"m": 0.0}) for seed in range(len(differences))],
    }
    return str(claims.judge(claims.Test("", "m", "greater", (("left", "right"),)), rows).verdict)


@question("verdict-5", points=1)
def _worst(answer: Callable[[list[str]], Any]) -> str | None:
    order = [str(verdict) for verdict in Verdict]
    mixes = [list(mix) for size in (1, 2, 3) for mix in itertools.product(order, repeat=size)]
    found = [str(answer(list(mix))) for mix in mixes]
    if found == [min(mix, key=order.index) for mix in mixes]:
        return "the best of the verdicts is taken; a claim stands only if all its pairs do"
    for mix, one in zip(mixes, found, strict=True):
        if one != max(mix, key=order.index):
            return f"of {', '.join(mix)} the worst is not {one!r}; the order is given above"
    return None


@question("verdict-6", points=2)
def _power(answer: Callable[[float, float, int, int, np.random.Generator], Any]) -> str | None:
    trials = 4000
    for number, (effect, sd, seeds) in enumerate(((0.0, 1.0, 5), (0.5, 0.5, 3), (0.5, 1.0, 10), (2.0, 1.0, 6))):
        found = answer(effect, sd, seeds, trials, np.random.default_rng(number))
        expected = exact_power(effect, sd, seeds)
        slack = 4 * math.sqrt(expected * (1 - expected) / trials) + 0.004
        if hint := apart(found, expected, tolerance=slack, relative=0, what="the share of trials that hold"):
            if apart(found, 100 * expected, tolerance=100 * slack, relative=0) is None:
                return "that is in per cent; return a share"
            if effect == 0 and apart(found, 0.05, tolerance=0.012, relative=0) is None:
                return "intervals on the wrong side of zero are counted too: the claim says greater"
            if effect == 0 and apart(found, 0.5, tolerance=0.03, relative=0) is None:
                return "that counts every mean above zero; it holds only if the whole interval is"
            return f"{hint} where the effect is {effect:g}, the spread {sd:g} and there are {seeds} seeds"
    return None


@question("verdict-7", points=2)
def _best_epoch(answer: Callable[[float, int, int, np.random.Generator], Any]) -> str | None:
    trials = 6000
    for number, (sd, epochs) in enumerate(((1.0, 1), (1.0, 10), (0.3, 50))):
        found = answer(sd, epochs, trials, np.random.default_rng(number))
        expected = sd * expected_maximum(epochs)
        slack = 5 * sd / math.sqrt(trials)
        if hint := apart(found, expected, tolerance=slack, relative=0, what="what is gained"):
            if epochs > 1 and apart(found, 0.0, tolerance=slack, relative=0) is None:
                return "that is the mean over all epochs, which is honest; take the best epoch of each run"
            if epochs == 1 and float(found) > 2:
                return "the best is taken over all runs; it should be that of each run, then the mean over the runs"
            return f"{hint} with {epochs} epochs and a spread of {sd:g}"
    return None
