"""Lab 5: feature selection by a genetic algorithm whose fitness is one matrix product."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from mtlcore.data import seeding
from mtlcore.kernels.genetic import feature_distances
from mtlcore.labs.checking import apart, question


def distances(seed: int = 0, features: int = 40, samples: int = 200) -> Tensor:
    """Euclidean distances (p, p) between features of very different spread, some of which say nearly the same."""
    generator = seeding.generator(5, seed)
    causes = torch.randn(samples, 8, generator=generator)
    mixing = torch.randn(8, features, generator=generator)
    spread = 0.3 + 1.7 * torch.rand(features, generator=generator)
    data = (causes @ mixing / 3 + 0.5 * torch.randn(samples, features, generator=generator)) * spread
    return feature_distances(data)


def population(seed: int, number: int, features: int, keep: int) -> Tensor:
    """Random selections, (number, features) boolean, each of `keep` features."""
    return torch.rand(number, features, generator=seeding.generator(5, 1, seed)).argsort(1) < keep


def _fitness(distance: Tensor, selected: Tensor) -> Tensor:
    return distance[selected][:, ~selected].sum() / int(selected.sum()) ** 2


class _Operations(TorchDispatchMode):
    """Counts the tensor operations that are done."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += 1
        return func(*args, **(kwargs or {}))


@question("genetic-1", points=1)
def _by_loops(answer: Callable[[Tensor, Tensor], Any]) -> str | None:
    for seed in range(3):
        distance = distances(seed, 10, 30)
        selected = population(seed, 1, 10, 3 + seed)[0]
        expected = _fitness(distance, selected)
        found = answer(distance, selected)
        if hint := apart(found, expected, what="the fitness"):
            keep = int(selected.sum())
            typical = {
                "the sum is not divided by k squared": expected * keep**2,
                "the sum is divided by k, not by k squared": expected * keep,
                "that is the distance among the selected; the fitness is that from them to the dropped": (
                    distance[selected][:, selected].sum() / keep**2
                ),
                "each pair is counted twice; the first of it is selected, the second dropped": 2 * expected,
            }
            return next((told for told, wrong in typical.items() if apart(found, wrong) is None), hint)
    return None


@question("genetic-2", points=2)
def _at_once(answer: Callable[[Tensor, Tensor], Any]) -> str | None:
    distance = distances(3, 12, 30)
    counts = []
    for number in (4, 40):
        individuals = population(number, number, 12, 5)
        expected = torch.stack([_fitness(distance, selected) for selected in individuals])
        with _Operations() as operations:
            found = answer(distance, individuals)
        counts.append(operations.count)
        if hint := apart(found, expected, what="the fitness of the population"):
            if isinstance(found, Tensor) and found.shape == (number, number):
                return f"{hint}: its diagonal is what you want; multiply element by element, then sum"
            return hint
    if counts[1] > counts[0]:
        return f"right, but {counts[0]} operations for 4 individuals become {counts[1]} for 40: there is a loop left"
    return None


@question("genetic-3", points=2)
def _tournaments(answer: Callable[[Tensor, int, torch.Generator], Any]) -> str | None:
    generator = seeding.generator(5, 3)
    fitness = torch.tensor([0.3, 0.9, 0.1, 0.5, 0.7, 0.2])
    number, rounds = len(fitness), 1500
    winners = []
    for _ in range(rounds):
        found = answer(fitness, 3, generator)
        if not isinstance(found, Tensor) or found.shape != fitness.shape:
            return f"return as many winners as there are individuals, {number} here"
        if found.dtype.is_floating_point:
            return "return which individuals win, as whole numbers, not their fitness"
        winners.append(found)
    shares = torch.bincount(torch.cat(winners), minlength=number).double() / (number * rounds)
    shares = shares[fitness.argsort()]  # from the worst to the best
    ends = (torch.arange(number + 1, dtype=torch.float64) / number) ** 3
    expected = ends.diff()
    if apart(shares, expected.flip(0), tolerance=0.015) is None:
        return "the least fit of each tournament wins"
    if apart(shares, torch.full_like(shares, 1 / number), tolerance=0.015) is None:
        return "everybody wins equally often: does the fitness count?"
    if shares[-1] > 0.99:
        return "the fittest of all always wins; each place has a tournament of its own, among a few that are drawn"
    if shares[-1] > expected[-1] + 0.03:
        return "the best wins too often: draw with replacement, so that one may be drawn twice, and 3 of them"
    return apart(shares, expected, tolerance=0.015, what="the shares of wins, from the worst to the best")


@question("genetic-4", points=1)
def _crossover(answer: Callable[[Tensor, Tensor, int], Any]) -> str | None:
    first, second = population(4, 2, 9, 4)
    kept = first.clone(), second.clone()
    for cut in (1, 4, 8):
        expected = torch.cat([first[:cut], second[cut:]]), torch.cat([second[:cut], first[cut:]])
        found = answer(first, second, cut)
        if not (torch.equal(first, kept[0]) and torch.equal(second, kept[1])):
            return "the parents have been changed; children are new"
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            return "two parents have two children: return both"
        pairs = list(zip(found, expected, strict=True))
        if any(apart(child, wanted) for child, wanted in pairs):
            if not any(apart(child, wanted) for child, wanted in zip(found, expected[::-1], strict=True)):
                return "the heads are exchanged; the first child begins as the first parent does"
            return next(hint for child, wanted in pairs if (hint := apart(child, wanted, what="a child")))
    return None


@question("genetic-5", points=2)
def _repair(answer: Callable[[Tensor, int, torch.Generator], Any]) -> str | None:
    generator = seeding.generator(5, 5)
    flips = torch.zeros(2, 12)
    for trial in range(400):
        individual = torch.arange(12) % 2 == 0 if trial % 2 else torch.arange(12) % 3 == 0  # 6 or 4 of 12
        before, keep = individual.clone(), 3 if trial % 2 else 6
        found = answer(individual, keep, generator)
        if not torch.equal(individual, before):
            return "the individual that was given has been changed; work on a copy"
        if not isinstance(found, Tensor) or found.shape != before.shape or found.dtype != torch.bool:
            return "return a selection like the one that was given: as long, and boolean"
        if int(found.sum()) != keep:
            return f"{int(before.sum())} features are selected where {keep} should be, and {int(found.sum())} come back"
        changed = found != before
        if int(changed.sum()) != abs(int(before.sum()) - keep):
            return "more is changed than has to be: the child should keep what its parents gave it"
        flips[trial % 2] += changed
    often = flips[flips > 0] / 200
    if bool((flips > 0).sum(1).ne(torch.tensor([8, 6])).any()) or float(often.max()) > 0.7:
        return "always the same features are flipped; choose them at random among those that may be"
    return None


@question("genetic-6", points=1)
def _number(answer: float) -> str | None:
    if isinstance(answer, (int, float)) and answer == 2**40:
        return "that counts selections of any number of features"
    if isinstance(answer, (int, float)) and answer == math.perm(40, 10):
        return "that counts every order in which they may be chosen; a selection has no order"
    return apart(float(answer), float(math.comb(40, 10)), relative=1e-9, what="the number of selections")


@question("genetic-7", points=2)
def _random_search(answer: Callable[[Tensor, int, int, torch.Generator], Any]) -> str | None:
    distance = distances(7, 6, 30)
    ranked = torch.stack(
        [
            _fitness(distance, torch.tensor([bool(number >> bit & 1) for bit in range(6)]))
            for number in range(64)
            if number.bit_count() == 2
        ]
    )
    found = torch.as_tensor(answer(distance, 2, 400, seeding.generator(5, 7)))
    if hint := apart(found, ranked.max(), what="the best of 400 tries, where there are only 15 selections,"):
        if apart(found, ranked.min()) is None:
            return "the worst is returned, not the best"
        return f"{hint}; does every try keep exactly k features, and is each selection possible?"
    few = torch.tensor([float(answer(distance, 2, 1, seeding.generator(5, 8, seed))) for seed in range(300)])
    if abs(float(few.mean() - ranked.mean())) > 4 * float(ranked.std()) / math.sqrt(300):
        return "one try should find an average selection: is each selection as probable as any other?"
    return None
